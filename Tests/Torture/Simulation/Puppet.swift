import CAlphaLoop
import Foundation

/// What the fixture plugin `puppet.c` calls: the line of the run that goes on.
final class Puppet {
  var line: Line?
  private let table = UnsafeMutablePointer<al_broker_v1>.allocate(capacity: 1)
  private let strings = UnsafeMutablePointer<(UnsafeMutableRawPointer?, UnsafePointer<al_broker_v1>?)>.allocate(
    capacity: 1)
  private let account: [UInt8] = Array("SIM".utf8)

  init() {
    table.initialize(to: al_broker_v1())
    table.pointee.size = UInt32(MemoryLayout<al_broker_v1>.size)
    strings.initialize(to: (Unmanaged.passUnretained(self).toOpaque(), UnsafePointer(table)))
    fill()
    setenv("ALPHALOOP_PUPPET", String(UInt(bitPattern: strings), radix: 16), 1)
  }

  deinit {
    unsetenv("ALPHALOOP_PUPPET")
    table.deallocate()
    strings.deallocate()
  }

  private static func line(_ ctx: UnsafeMutableRawPointer?) -> Line? {
    ctx.flatMap { Unmanaged<Puppet>.fromOpaque($0).takeUnretainedValue().line }
  }

  private func fill() {
    table.pointee.bind = { ctx, _, feed, _ in
      guard let feed, let line = Puppet.line(ctx) else { return AL_OK }
      line.bind(feed.pointee)
      return AL_OK
    }
    table.pointee.submit = { ctx, orders, n, acks, _ in
      guard let line = Puppet.line(ctx), let acks else { return AL_E_STATE }
      return line.submit(Array(UnsafeBufferPointer(start: orders, count: Int(n))), acks)
    }
    table.pointee.cancel = { ctx, ids, n, acks, _ in
      guard let line = Puppet.line(ctx), let acks else { return AL_E_STATE }
      return line.cancel(Array(UnsafeBufferPointer(start: ids, count: Int(n))), acks)
    }
    table.pointee.open_orders = { ctx, out, _ in
      guard let line = Puppet.line(ctx) else { return AL_E_STATE }
      if !line.ask(0) {
        if line.bug == .answersEmpty, !line.isDead {
          line.pretend()
          return Puppet.give([], out, line)
        }
        return AL_E_TIMEOUT
      }
      return Puppet.give(line.exchange.openOrders(), out, line)
    }
    table.pointee.executions = { ctx, since, out, _ in
      guard let line = Puppet.line(ctx), line.ask(1) else { return AL_E_TIMEOUT }
      var rows = line.exchange.executions(since: since)
      if line.bug == .repeatsNumbers { for i in rows.indices { rows[i].execution.1 %= 4 } }
      return Puppet.give(rows, out, line)
    }
    table.pointee.positions = { ctx, out, _ in
      guard let line = Puppet.line(ctx), line.ask(2), let out else { return AL_E_TIMEOUT }
      let held = line.exchange.foreign.indices.map { line.exchange.ours($0) + line.exchange.foreign[$0] }
      out.pointee.len = 0
      for (i, quantity) in held.enumerated() where quantity != 0 {
        guard out.pointee.len < out.pointee.cap else { return AL_E_CAPACITY }
        out.pointee.rows[Int(out.pointee.len)] = al_holding_v1(
          instrument: UInt32(i), reserved: 0, quantity: quantity, average_cost: line.exchange.prices[i],
          symbol: al_str_v1(ptr: nil, len: 0))
        out.pointee.len += 1
      }
      return AL_OK
    }
    table.pointee.account = { ctx, out, _ in
      guard let line = Puppet.line(ctx), line.ask(3), let out else { return AL_E_TIMEOUT }
      out.pointee.cash = line.exchange.cash
      return AL_OK
    }
  }

  private static func give(_ rows: [al_report_v1], _ out: UnsafeMutablePointer<al_reports_v1>?, _ line: Line)
    -> al_status
  {
    guard let out else { return AL_E_ARGUMENT }
    guard rows.count <= Int(out.pointee.cap) else {
      out.pointee.needed = UInt32(rows.count)
      return AL_E_CAPACITY
    }
    for (i, row) in rows.enumerated() { out.pointee.rows[i] = row }
    out.pointee.len = UInt32(rows.count)
    line.answered(rows)
    return AL_OK
  }
}

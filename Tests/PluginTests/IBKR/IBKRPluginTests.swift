import CAlphaLoop
import Foundation
import Testing

@testable import IBKRClient
@testable import PluginProbe

/// A host for plugins with threads of their own: everything it offers may be called from anywhere.
private final class ThreadedHost: @unchecked Sendable {
  private let lock = NSLock()
  private var lines: [String] = []
  let table: UnsafeMutablePointer<al_host_v1>
  let message = UnsafeMutablePointer<CChar>.allocate(capacity: 1024)

  var logs: [String] { lock.withLock { lines } }

  init(mode: UInt32) {
    table = .allocate(capacity: 1)
    table.initialize(
      to: al_host_v1(
        size: UInt32(MemoryLayout<al_host_v1>.size), abi_major: AL_ABI_MAJOR, abi_minor: AL_ABI_MINOR, mode: mode,
        ctx: nil, now: { _ in TimeSource.system.wall() }, random: { _, _ in 42 },
        log: { ctx, _, message in
          guard let ctx else { return }
          let host = Unmanaged<ThreadedHost>.fromOpaque(ctx).takeUnretainedValue()
          host.lock.withLock { host.lines.append(text(message)) }
        }, metric: { _, _, _ in 0 }, metric_set: { _, _, _ in }, secret: { _, _, _, _, _ in AL_E_AUTH },
        timer: { _, _, _ in AL_OK }, stopping: { _ in 0 }, get_interface: { _, _ in nil }))
    table.pointee.ctx = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    table.deallocate()
    message.deallocate()
  }

  /// Runs a call of the contract; its status and text.
  func call(_ body: (UnsafeMutablePointer<al_error_v1>) -> al_status) -> (status: al_status, text: String) {
    var error = al_error_v1()
    (error.size, error.buf, error.cap) = (UInt32(MemoryLayout<al_error_v1>.size), message, 1024)
    let status = body(&error)
    return (status, text(al_str_v1(ptr: message, len: UInt64(error.len))))
  }
}

@Suite("IBKR plugin") struct IBKRPluginTests {
  private static let library: ProbeLibrary? = try? ProbeLibrary("ibkr")

  private func make(_ id: String, _ host: ThreadedHost, _ given: [String: Any]) throws -> al_instance_v1 {
    let library = try #require(Self.library)
    let resolved = try ProbeParameters(schema: String(cString: library.descriptor(id).parameters), given: given)
    var made = al_instance_v1()
    let arena = TextArena()
    let (status, problem) = host.call { error in
      resolved.withC { table, n, json in
        var create = al_create_v1()
        create.size = UInt32(MemoryLayout<al_create_v1>.size)
        (create.n_parameters, create.parameters, create.parameters_json) = (n, table, json)
        (create.id, create.instance) = (arena.add(id), arena.add("test"))
        return library.entry.pointee.create(host.table, &create, &made, error)
      }
    }
    guard status == AL_OK else { throw ProbeError(problem, status: status) }
    return made
  }

  @Test("the library offers the broker and the data source")
  func ids() throws { #expect(try #require(Self.library).ids == ["broker.ibkr", "data.ibkr"]) }

  @Test(
    "a port that contradicts the mode, a wrong window and a wrong zone are refused when the instance is made",
    arguments: [
      (AL_MODE_PAPER, ["port": 7496] as [String: any Sendable], "live port"),
      (AL_MODE_LIVE, ["port": 4002], "paper port"),
      (AL_MODE_PAPER, ["login_zone": "Nowhere"], "Nowhere"),
    ])
  func parameters(_ mode: UInt32, _ given: [String: any Sendable], _ word: String) throws {
    let error = #expect(throws: ProbeError.self) { try make("broker.ibkr", ThreadedHost(mode: mode), given) }
    #expect(error?.status == AL_E_CONFIG && error?.description.contains(word) == true)
  }

  @Test("without a gateway the start fails with what to do")
  func noGateway() throws {
    let server = try ScriptedGateway()
    let port = Int(server.port)
    server.stop()
    let host = ThreadedHost(mode: AL_MODE_PAPER)
    let instance = try make("broker.ibkr", host, ["port": port])
    defer { instance.destroy(instance.ctx) }
    let (status, text) = host.call { instance.start(instance.ctx, $0) }
    #expect(status == AL_E_IO)
    #expect(text.contains("127.0.0.1:\(port)") && text.contains("Enable ActiveX and Socket Clients"))
  }

  @Test("broker and data share one connection; an order goes out and its fill is pushed; a lost stop loses nothing")
  func whole() throws {
    let server = try ScriptedGateway()
    defer { server.stop() }
    let host = ThreadedHost(mode: AL_MODE_PAPER)
    let given: [String: Any] = ["port": Int(server.port), "client_id": 9]
    let broker = try make("broker.ibkr", host, given)
    let data = try make("data.ibkr", host, given)
    let inbox = Inbox()
    var feed = al_report_feed_v1()
    feed.size = UInt32(MemoryLayout<al_report_feed_v1>.size)
    feed.ctx = Unmanaged.passUnretained(inbox).toOpaque()
    feed.push = { ctx, rows, n in
      guard let ctx else { return AL_E_ARGUMENT }
      Unmanaged<Inbox>.fromOpaque(ctx).takeUnretainedValue().push(UnsafeBufferPointer(start: rows, count: Int(n)))
      return AL_OK
    }
    let arena = TextArena()
    var instrument = al_instrument_v1()
    instrument.size = UInt32(MemoryLayout<al_instrument_v1>.size)
    (instrument.asset, instrument.tick, instrument.lot, instrument.multiplier) = (
      AL_ASSET_EQUITY, 1_000_000, AL_UNIT, AL_UNIT
    )
    (instrument.symbol, instrument.currency) = (arena.add("AAPL"), arena.add("USD"))
    let table = try #require(broker.get_interface(broker.ctx, "alphaloop.broker/1")).assumingMemoryBound(
      to: al_broker_v1.self)
    #expect(table.pointee.flags == AL_BROKER_REPLACES && table.pointee.advance == nil)
    try withUnsafePointer(to: instrument) { row in
      try withUnsafePointer(to: feed) { feed in
        var rows: [UnsafePointer<al_instrument_v1>?] = [row]
        rows.withUnsafeMutableBufferPointer { list in
          var universe = al_universe_v1()
          (universe.size, universe.n) = (UInt32(MemoryLayout<al_universe_v1>.size), 1)
          universe.instruments = UnsafePointer(list.baseAddress)
          #expect(host.call { table.pointee.bind(broker.ctx, &universe, feed, $0) }.status == AL_OK)
        }
        #expect(host.call { broker.start(broker.ctx, $0) }.status == AL_OK)
        #expect(host.call { data.start(data.ctx, $0) }.status == AL_OK)
        #expect(server.sessions == 1, "one connection for both")
        try trade(host, broker, table, server, inbox)
        #expect(host.call { broker.stop(broker.ctx, $0) }.status == AL_OK)
        #expect(host.call { data.stop(data.ctx, $0) }.status == AL_OK)
      }
    }
    broker.destroy(broker.ctx)
    data.destroy(data.ctx)
  }

  private func trade(
    _ host: ThreadedHost, _ broker: al_instance_v1, _ table: UnsafePointer<al_broker_v1>, _ server: ScriptedGateway,
    _ inbox: Inbox
  ) throws {
    var order = GatewayFixture.order(1)
    var ack = al_ack_v1()
    let early = host.call { table.pointee.submit(broker.ctx, &order, 1, &ack, $0) }
    #expect(early.status == AL_E_STATE && early.text.contains("nothing was sent"))
    var rows = [al_report_v1](repeating: al_report_v1(), count: 16)
    let status: [al_status] = rows.withUnsafeMutableBufferPointer { buffer in
      var reports = al_reports_v1()
      (reports.size, reports.cap, reports.rows) = (UInt32(MemoryLayout<al_reports_v1>.size), 16, buffer.baseAddress)
      return [
        host.call { table.pointee.open_orders(broker.ctx, &reports, $0) }.status,
        host.call { table.pointee.executions(broker.ctx, 0, &reports, $0) }.status,
      ]
    }
    #expect(status == [AL_OK, AL_OK])
    #expect(host.call { table.pointee.submit(broker.ctx, &order, 1, &ack, $0) }.status == AL_OK)
    #expect(ack.status == AL_AGAIN && ack.broker_id == 1)
    #expect(eventually { server.requests(3).count == 1 })
    server.send([GatewayMessages.execution(1, "0001.aa.01.01", sequence: 1, client: 9)])
    #expect(eventually { inbox.all(AL_REPORT_FILL).count == 1 })
    #expect(inbox.all(AL_REPORT_FILL).first?.id == OrderKey(order.id))
    var account = al_account_v1()
    account.size = UInt32(MemoryLayout<al_account_v1>.size)
    #expect(host.call { table.pointee.account(broker.ctx, &account, $0) }.status == AL_OK)
    #expect(account.equity == 10_000_050_000_000)
  }
}

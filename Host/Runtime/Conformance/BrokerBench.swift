import CAlphaLoop

/// A simulated broker with a market of three instruments that goes on bar by bar, and everything it reported.
final class BrokerBench {
  struct Bar {
    var open: Double
    var high: Double
    var low: Double
    var close: Double
  }

  let instance: Instance
  let table: al_broker_v1
  private(set) var reports: [al_report_v1] = []
  private(set) var step = 0
  private let universe: UniverseMemory
  private let blocks = InputBlocks(.plain)
  private var sequence: UInt64 = 0
  static let instruments = 3

  /// Bound and started, one bar in; or restored from what another saved after four bars.
  init(_ context: CheckContext, restoring state: [UInt8]? = nil) throws(Finding) {
    let subject = try context.subject()
    if subject.descriptor.flags & AL_FLAG_NETWORK != 0 {
      throw .skip("it talks to a service; only its tables are checked")
    }
    instance = try subject.make()
    table = try instance.table(AL_INTERFACE_BROKER, al_broker_v1.self)
    guard table.flags & AL_BROKER_SIMULATED != 0 else {
      throw .skip("it is no simulated broker: advance does not drive it")
    }
    universe = UniverseMemory(
      SyntheticMarket(instruments: Self.instruments, bars: 1, seed: context.seed), blocks: blocks)
    guard let bind = table.bind else { throw .fail("bind is NULL") }
    let answer = try reply("bind") { bind(instance.c.ctx, universe.table, nil, $0) }
    if answer.isFailure { throw .fail("bind fails: \(answer.description)") }
    if let state {
      let restored = try AgentState.restore(instance, state)
      if restored.isFailure { throw .fail("refuses its own state: \(restored.description)") }
      step = 4
    }
    try instance.start()
    if state == nil { try advance() }
  }

  func end() throws(Finding) {
    try instance.stop()
    instance.destroy()
  }

  // MARK: Orders

  func order(_ units: Int64, instrument: UInt32 = 0, type: UInt8 = AL_ORDER_MARKET, limit: Double = 0) -> al_order_v1 {
    sequence += 1
    var order = al_order_v1()
    order.id = al_order_id_v1(session: 0xA1, sequence: sequence)
    order.instrument = instrument
    order.type = type
    order.time_in_force = AL_TIF_GTC
    order.quantity = units * AL_UNIT
    order.limit_price = Int64((limit * 100).rounded()) * (AL_UNIT / 100)
    order.decided_ns = Self.time(step - 1)
    return order
  }

  /// The acks, each overwritten by the broker.
  func submit(_ orders: [al_order_v1]) throws(Finding) -> [al_ack_v1] {
    guard let submit = table.submit else { throw .fail("submit is NULL") }
    return try acked("submit", orders.count) { submit(instance.c.ctx, orders, UInt32(orders.count), $0, $1) }
  }

  func cancel(_ ids: [al_order_id_v1]) throws(Finding) -> [al_ack_v1] {
    guard let cancel = table.cancel else { throw .fail("cancel is NULL") }
    return try acked("cancel", ids.count) { cancel(instance.c.ctx, ids, UInt32(ids.count), $0, $1) }
  }

  func replace(_ orders: [al_order_v1]) throws(Finding) -> [al_ack_v1] {
    guard let replace = table.replace else { throw .fail("replace is NULL") }
    return try acked("replace", orders.count) { replace(instance.c.ctx, orders, UInt32(orders.count), $0, $1) }
  }

  private func acked(
    _ what: String, _ count: Int,
    _ call: (UnsafeMutablePointer<al_ack_v1>?, UnsafeMutablePointer<al_error_v1>) -> al_status
  ) throws(Finding) -> [al_ack_v1] {
    let unset = al_ack_v1(status: 12345, code: 0, broker_id: 0)
    var acks = [al_ack_v1](repeating: unset, count: count)
    let answer = try reply(what) { error in acks.withUnsafeMutableBufferPointer { call($0.baseAddress, error) } }
    if answer.isFailure { return acks.map { _ in al_ack_v1(status: answer.status, code: 0, broker_id: 0) } }
    if let k = acks.firstIndex(where: { $0.status == unset.status }) {
      throw .fail("\(what) left ack \(k) of \(count) unset")
    }
    return acks
  }

  // MARK: The market

  static func time(_ step: Int) -> Int64 {
    (16437 + Int64(step)) * SyntheticMarket.day + 21 * 60 * SyntheticMarket.minute
  }

  /// Prices rise by one a bar and swing by two.
  static func bar(_ step: Int, _ instrument: Int) -> Bar {
    let base = 100 * Double(instrument + 1) + Double(step % 40)
    return Bar(open: base, high: base + 2, low: base - 2, close: base + 1)
  }

  static let volume: Int64 = 10_000

  /// The next bar. Returns what is new.
  @discardableResult
  func advance(room: Int = 4096) throws(Finding) -> [al_report_v1] {
    let answer = try tryAdvance(room: room)
    guard answer.status >= 0 else {
      throw .fail("advance answers status \(answer.status) with room for \(room) reports")
    }
    return answer.new
  }

  func tryAdvance(room: Int) throws(Finding) -> (status: al_status, needed: Int, new: [al_report_v1]) {
    guard let advance = table.advance else { throw .fail("advance is NULL") }
    let n = Self.instruments
    let fixed = { (value: Double) in Int64((value * 1e8).rounded()) }
    let bars = (0..<n).map { Self.bar(step, $0) }
    let ts = [Int64](repeating: Self.time(step), count: n)
    let (open, high) = (bars.map { fixed($0.open) }, bars.map { fixed($0.high) })
    let (low, close) = (bars.map { fixed($0.low) }, bars.map { fixed($0.close) })
    let volumes = [Int64](repeating: Self.volume * AL_UNIT, count: n)
    let memory = CArguments()
    var market = al_market_v1()
    market.size = UInt32(MemoryLayout<al_market_v1>.size)
    market.session_flags = AL_MARKET_SESSION_OPENS | AL_MARKET_SESSION_CLOSES
    market.as_of_ns = Self.time(step)
    market.bars = al_bars_v1(
      size: UInt32(MemoryLayout<al_bars_v1>.size), columns: SyntheticMarket.allColumns, n: UInt64(n),
      ts: memory.array(ts),
      instrument: nil, open: memory.array(open), high: memory.array(high), low: memory.array(low),
      close: memory.array(close), volume: memory.array(volumes))
    instance.host.now = Self.time(step)
    let rows = memory.mutable([al_report_v1](repeating: al_report_v1(), count: max(1, room)))
    var out = al_reports_v1(
      size: UInt32(MemoryLayout<al_reports_v1>.size), cap: UInt32(room), len: 0, needed: 0, rows: rows)
    let status = advance(instance.c.ctx, &market, &out)
    guard out.len <= out.cap else { throw .fail("advance says it wrote \(out.len) reports where \(room) fit") }
    let new = status >= 0 ? (0..<Int(out.len)).map { rows[$0] } : []
    if status >= 0 {
      step += 1
      reports += new
    }
    return withExtendedLifetime(memory) { (status, Int(out.needed), new) }
  }

  // MARK: Queries

  func openOrders() throws(Finding) -> [al_report_v1] {
    guard let call = table.open_orders else { throw .fail("open_orders is NULL") }
    return try asked("open_orders") { call(instance.c.ctx, $0, $1) }
  }

  func executions(since: Int64) throws(Finding) -> [al_report_v1] {
    guard let call = table.executions else { throw .fail("executions is NULL") }
    return try asked("executions") { call(instance.c.ctx, since, $0, $1) }
  }

  private func asked(
    _ what: String, _ call: (UnsafeMutablePointer<al_reports_v1>, UnsafeMutablePointer<al_error_v1>) -> al_status
  ) throws(Finding) -> [al_report_v1] {
    var room = 0
    for _ in 0..<3 {
      var rows = [al_report_v1](repeating: al_report_v1(), count: max(1, room))
      var len: UInt32 = 0
      var needed: UInt32 = 0
      let answer = try reply(what) { error in
        rows.withUnsafeMutableBufferPointer { buffer in
          var out = al_reports_v1(
            size: UInt32(MemoryLayout<al_reports_v1>.size), cap: UInt32(room), len: 0, needed: 0,
            rows: buffer.baseAddress)
          let status = call(&out, error)
          (len, needed) = (out.len, out.needed)
          return status
        }
      }
      if answer.status == AL_E_CAPACITY {
        guard Int(needed) > room else { throw .fail("\(what) with room for \(room) rows needs \(needed)") }
        room = Int(needed)
        continue
      }
      if answer.isFailure { throw .fail("\(what) fails: \(answer.description)") }
      guard Int(len) <= room else { throw .fail("\(what) says it wrote \(len) rows where \(room) fit") }
      return Array(rows.prefix(Int(len)))
    }
    throw .fail("\(what) never has enough room")
  }

  /// Units held by instrument.
  func positions() throws(Finding) -> [UInt32: Int64] {
    guard let call = table.positions else { throw .fail("positions is NULL") }
    var rows = [al_holding_v1](repeating: al_holding_v1(), count: 64)
    var len: UInt32 = 0
    let answer = try reply("positions") { error in
      rows.withUnsafeMutableBufferPointer { buffer in
        var out = al_holdings_v1(
          size: UInt32(MemoryLayout<al_holdings_v1>.size), cap: 64, len: 0, needed: 0, rows: buffer.baseAddress)
        let status = call(instance.c.ctx, &out, error)
        len = out.len
        return status
      }
    }
    if answer.isFailure { throw .fail("positions fails: \(answer.description)") }
    guard len <= 64 else { throw .fail("positions says it wrote \(len) rows where 64 fit") }
    var held: [UInt32: Int64] = [:]
    for row in rows.prefix(Int(len)) where row.quantity != 0 { held[row.instrument, default: 0] += row.quantity }
    return held
  }

  /// Signed fills of an order, each execution once.
  func filled(_ id: al_order_id_v1) -> Int64 {
    var seen: Set<[UInt64]> = []
    return reports.filter { $0.kind == AL_REPORT_FILL && $0.id == id }.reduce(0) { sum, report in
      seen.insert([report.execution.0, report.execution.1]).inserted ? sum + report.quantity : sum
    }
  }

  func kinds(_ id: al_order_id_v1) -> [UInt16] { reports.filter { $0.id == id }.map(\.kind) }
}

extension al_order_id_v1 {
  static func == (a: Self, b: Self) -> Bool { a.session == b.session && a.sequence == b.sequence }
}

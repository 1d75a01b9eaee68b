import CAlphaLoop

typealias Orders = UnsafeBufferPointer<al_order_v1>
typealias OrderIDs = UnsafeBufferPointer<al_order_id_v1>
typealias Acks = UnsafeMutableBufferPointer<al_ack_v1>
typealias ErrorBuffer = UnsafeMutablePointer<al_error_v1>?

/// The broker half of an instance behind one virtual call.
class BrokerFace {
  final var isBound = false
  /// Symbols that the last `positions` handed out; valid until the next call.
  final var symbols = TextArena()

  func bind(_ universe: [Instrument], _ feed: ReportFeed?) throws(PluginError) {}
  func submit(_ orders: Orders, _ acks: Acks, _ err: ErrorBuffer) -> al_status { AL_E_UNSUPPORTED }
  func cancel(_ ids: OrderIDs, _ acks: Acks, _ err: ErrorBuffer) -> al_status { AL_E_UNSUPPORTED }
  func replace(_ orders: Orders, _ acks: Acks, _ err: ErrorBuffer) -> al_status { AL_E_UNSUPPORTED }
  func advance(_ market: UnsafePointer<al_market_v1>, _ out: UnsafeMutablePointer<al_reports_v1>) -> al_status {
    AL_E_UNSUPPORTED
  }
  func openOrders(_ out: UnsafeMutablePointer<al_reports_v1>) throws(PluginError) -> al_status { AL_E_UNSUPPORTED }
  func executions(_ since: Int64, _ out: UnsafeMutablePointer<al_reports_v1>) throws(PluginError) -> al_status {
    AL_E_UNSUPPORTED
  }
  func positions() throws(PluginError) -> [Holding] { [] }
  func account() throws(PluginError) -> Account { throw .state("not a broker") }
}

final class BrokerOf<P: Broker & ~Copyable>: BrokerFace {
  private let plugin: UnsafeMutablePointer<P>
  init(_ plugin: UnsafeMutablePointer<P>) { self.plugin = plugin }

  override func bind(_ universe: [Instrument], _ feed: ReportFeed?) throws(PluginError) {
    guard !isBound else { throw .state("bind is called once per instance") }
    try plugin.pointee.bind(universe, feed)
    isBound = true
  }
  override func submit(_ orders: Orders, _ acks: Acks, _ err: ErrorBuffer) -> al_status {
    guarded(err) { () throws(PluginError) in try plugin.pointee.submit(orders, acks) }
  }
  override func cancel(_ ids: OrderIDs, _ acks: Acks, _ err: ErrorBuffer) -> al_status {
    guarded(err) { () throws(PluginError) in try plugin.pointee.cancel(ids, acks) }
  }
  override func replace(_ orders: Orders, _ acks: Acks, _ err: ErrorBuffer) -> al_status {
    guarded(err) { () throws(PluginError) in try plugin.pointee.replace(orders, acks) }
  }
  override func advance(_ market: UnsafePointer<al_market_v1>, _ out: UnsafeMutablePointer<al_reports_v1>) -> al_status
  {
    let bound = UInt32(clamping: plugin.pointee.reportBound)
    if out.pointee.cap < bound {
      out.pointee.len = 0
      out.pointee.needed = bound
      return AL_E_CAPACITY
    }
    var writer = ReportWriter(out)
    let status = guarded(nil) { () throws(PluginError) in try plugin.pointee.advance(market, &writer) }
    guard status == AL_OK else { return status }
    // More rows than its own bound: the plugin broke its promise, and the state has already moved.
    return writer.finish() == AL_OK ? AL_OK : AL_E_INTERNAL
  }
  override func openOrders(_ out: UnsafeMutablePointer<al_reports_v1>) throws(PluginError) -> al_status {
    var writer = ReportWriter(out)
    try plugin.pointee.openOrders(&writer)
    return writer.finish()
  }
  override func executions(_ since: Int64, _ out: UnsafeMutablePointer<al_reports_v1>) throws(PluginError) -> al_status
  {
    var writer = ReportWriter(out)
    try plugin.pointee.executions(since: since, &writer)
    return writer.finish()
  }
  override func positions() throws(PluginError) -> [Holding] { try plugin.pointee.positions() }
  override func account() throws(PluginError) -> Account { try plugin.pointee.account() }
}

/// The hot way to the broker: no retain, no release.
@inline(__always)
private func withBroker(_ ctx: UnsafeMutableRawPointer?, _ body: (BrokerFace) -> al_status) -> al_status {
  guard let ctx else { return AL_E_ARGUMENT }
  return Unmanaged<HostedPlugin>.fromOpaque(ctx)._withUnsafeGuaranteedRef { box in
    guard box.isStarted, let face = box.broker else { return AL_E_STATE }
    return face._withUnsafeGuaranteedRef { $0.isBound ? body($0) : AL_E_STATE }
  }
}

private func query(
  _ ctx: UnsafeMutableRawPointer?, _ err: ErrorBuffer, _ body: (BrokerFace) throws(PluginError) -> al_status
) -> al_status {
  hosted(ctx, err) { (box) throws(PluginError) in
    guard let face = box.broker?.takeUnretainedValue(), face.isBound else {
      throw .state("'\(box.instance)' is not bound to a universe")
    }
    return try body(face)
  }
}

extension Tables {
  static func broker(_ flags: BrokerFlags) -> UnsafePointer<al_broker_v1> {
    var table = al_broker_v1()
    table.size = UInt32(MemoryLayout<al_broker_v1>.size)
    table.flags = flags.rawValue
    table.bind = { ctx, universe, feed, err in
      guard let universe else { return AL_E_ARGUMENT }
      return hosted(ctx, err, needsStart: false) { (box) throws(PluginError) in
        guard let face = box.broker?.takeUnretainedValue() else { return AL_E_UNSUPPORTED }
        try face.bind(try Tables.instruments(universe.pointee), feed.map(ReportFeed.init))
        return AL_OK
      }
    }
    table.submit = { ctx, orders, n, acks, err in
      guard n == 0 || (orders != nil && acks != nil) else { return AL_E_ARGUMENT }
      return withBroker(ctx) {
        $0.submit(Orders(start: orders, count: Int(n)), Acks(start: acks, count: Int(n)), err)
      }
    }
    table.cancel = { ctx, ids, n, acks, err in
      guard n == 0 || (ids != nil && acks != nil) else { return AL_E_ARGUMENT }
      return withBroker(ctx) { $0.cancel(OrderIDs(start: ids, count: Int(n)), Acks(start: acks, count: Int(n)), err) }
    }
    if flags.contains(.replaces) {
      table.replace = { ctx, orders, n, acks, err in
        guard n == 0 || (orders != nil && acks != nil) else { return AL_E_ARGUMENT }
        return withBroker(ctx) {
          $0.replace(Orders(start: orders, count: Int(n)), Acks(start: acks, count: Int(n)), err)
        }
      }
    }
    if flags.contains(.simulated) {
      table.advance = { ctx, market, out in
        guard let market, let out else { return AL_E_ARGUMENT }
        return withBroker(ctx) { $0.advance(market, out) }
      }
    }
    addQueries(to: &table)
    return make(table)
  }

  private static func addQueries(to table: inout al_broker_v1) {
    table.open_orders = { ctx, out, err in
      guard let out else { return AL_E_ARGUMENT }
      return query(ctx, err) { (face) throws(PluginError) in try face.openOrders(out) }
    }
    table.executions = { ctx, since, out, err in
      guard let out else { return AL_E_ARGUMENT }
      return query(ctx, err) { (face) throws(PluginError) in try face.executions(since, out) }
    }
    table.positions = { ctx, out, err in
      guard let out else { return AL_E_ARGUMENT }
      return query(ctx, err) { (face) throws(PluginError) in
        let holdings = try face.positions()
        guard holdings.count <= Int(out.pointee.cap), holdings.isEmpty || out.pointee.rows != nil else {
          out.pointee.len = 0
          out.pointee.needed = UInt32(clamping: holdings.count)
          return AL_E_CAPACITY
        }
        face.symbols.removeAll()
        for (i, holding) in holdings.enumerated() {
          out.pointee.rows[i] = al_holding_v1(
            instrument: holding.instrument.map { UInt32(clamping: $0) } ?? AL_NONE, reserved: 0,
            quantity: holding.quantity, average_cost: holding.averageCost, symbol: face.symbols.keep(holding.symbol))
        }
        out.pointee.len = UInt32(clamping: holdings.count)
        out.pointee.needed = 0
        return AL_OK
      }
    }
    table.account = { ctx, out, err in
      guard let out else { return AL_E_ARGUMENT }
      return query(ctx, err) { (face) throws(PluginError) in
        let account = try face.account()
        out.pointee.equity = account.equity
        out.pointee.cash = account.cash
        out.pointee.buying_power = account.buyingPower
        out.pointee.currency_len = UInt32(try Tables.put(account.currency, into: &out.pointee.currency, "currency"))
        _ = try Tables.put(account.account, into: &out.pointee.account, "account")
        return AL_OK
      }
    }
  }

  /// Copies a text into a zero-padded field; a longer one is an error, never cut.
  private static func put<T: BitwiseCopyable>(_ text: String, into field: inout T, _ name: String) throws(PluginError)
    -> Int
  {
    let bytes = Array(text.utf8)
    guard bytes.count <= MemoryLayout<T>.size else {
      throw .data("\(name) '\(text)' has \(bytes.count) bytes; the most is \(MemoryLayout<T>.size)")
    }
    withUnsafeMutableBytes(of: &field) { raw in
      for i in 0..<raw.count { raw[i] = i < bytes.count ? bytes[i] : 0 }
    }
    return bytes.count
  }

  static func instruments(_ universe: al_universe_v1) throws(PluginError) -> [Instrument] {
    var list: [Instrument] = []
    for i in 0..<Int(universe.n) {
      guard let c = universe.instruments?[i] else { throw PluginError(AL_E_ARGUMENT, "universe entry \(i) is NULL") }
      list.append(Instrument(c.pointee))
    }
    return list
  }
}

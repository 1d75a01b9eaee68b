import CAlphaLoop
import Foundation

@testable import PluginProbe

/// Money, price or quantity in 1e-8 units.
func fixed(_ value: Double) -> Int64 { Int64((value * 1e8).rounded()) }

/// A bar in units; nil columns are missing from the market.
struct TestBar {
  var open: Double
  var high: Double
  var low: Double
  var close: Double
  var volume: Double = 1_000_000
  init(_ open: Double, _ high: Double, _ low: Double, _ close: Double, volume: Double = 1_000_000) {
    (self.open, self.high, self.low, self.close, self.volume) = (open, high, low, close, volume)
  }
}

/// A report copied out of the host's buffer.
struct TestReport: Equatable, CustomStringConvertible {
  var sequence: UInt64
  var kind: UInt16
  var ts: Int64
  var quantity: Int64
  var price: Int64
  var fee: Int64
  var remaining: Int64
  var instrument: UInt32
  var code: Int32
  var execution: [UInt64]
  var text: String

  init(_ r: al_report_v1) {
    (sequence, kind, ts, quantity) = (r.id.sequence, r.kind, r.ts, r.quantity)
    (price, fee, remaining, instrument) = (r.price, r.fee, r.remaining, r.instrument)
    (code, execution) = (r.code, [r.execution.0, r.execution.1])
    text = PluginProbe.text(al_str_v1(ptr: r.text, len: UInt64(r.text_len)))
  }

  static let names: [UInt16: String] = [
    AL_REPORT_ACCEPTED: "accepted", AL_REPORT_REJECTED: "rejected", AL_REPORT_FILL: "fill",
    AL_REPORT_CANCELLED: "cancelled", AL_REPORT_CANCEL_REJECTED: "cancel rejected", AL_REPORT_REPLACED: "replaced",
    AL_REPORT_REPLACE_REJECTED: "replace rejected", AL_REPORT_EXPIRED: "expired", AL_REPORT_TRIGGERED: "triggered",
    AL_REPORT_WORKING: "working",
  ]

  /// "1 fill 100 @ 99.5", "2 expired": what the tables below compare.
  var description: String {
    let name = Self.names[kind] ?? "kind \(kind)"
    return kind == AL_REPORT_FILL ? "\(sequence) fill \(plain(quantity)) @ \(plain(price))" : "\(sequence) \(name)"
  }
}

/// A fixed-point number as people write it.
func plain(_ value: Int64) -> String {
  let whole = value.magnitude / 100_000_000
  var rest = String(value.magnitude % 100_000_000)
  rest = String(repeating: "0", count: 8 - rest.count) + rest
  while rest.hasSuffix("0") { rest.removeLast() }
  return (value < 0 ? "-" : "") + String(whole) + (rest.isEmpty ? "" : "." + rest)
}

/// One instance of `broker.simulated`, driven through its C table as the host does.
final class BrokerSubject {
  struct Instrument {
    var symbol = "AAA"
    var asset = AL_ASSET_EQUITY
    var flags = AL_INSTRUMENT_TRADABLE | AL_INSTRUMENT_SHORTABLE
    var tick = fixed(0.01)
    var lot = fixed(1)
    var multiplier = fixed(1)
    var currency = "USD"
  }

  static let session: UInt64 = 0x5e55_1011
  private static let library: ProbeLibrary? = try? ProbeLibrary("simulated")

  let host: ProbeHost
  let count: Int
  private let arena = TextArena()
  private let instance: al_instance_v1
  private let broker: UnsafePointer<al_broker_v1>
  private let state: UnsafePointer<al_state_v1>
  private var rows: UnsafeMutableBufferPointer<al_report_v1>
  private let instruments: UnsafeMutablePointer<al_instrument_v1>
  private let pointers: UnsafeMutablePointer<UnsafePointer<al_instrument_v1>?>
  private let message = UnsafeMutablePointer<CChar>.allocate(capacity: 512)

  init(
    _ parameters: [String: Any] = [:], _ universe: [Instrument] = [Instrument()], seed: UInt64 = 1,
    started: Bool = true
  ) throws {
    guard let library = Self.library else { throw ProbeError("libsimulated.so is not built") }
    host = ProbeHost(seed: seed)
    count = universe.count
    rows = .allocate(capacity: 4096)
    instruments = .allocate(capacity: max(count, 1))
    pointers = .allocate(capacity: max(count, 1))
    for (i, spec) in universe.enumerated() {
      var c = al_instrument_v1()
      (c.size, c.index, c.uid) = (UInt32(MemoryLayout<al_instrument_v1>.size), UInt32(i), UInt64(i + 1))
      (c.asset, c.flags, c.tick, c.lot, c.multiplier) = (spec.asset, spec.flags, spec.tick, spec.lot, spec.multiplier)
      (c.underlying, c.symbol, c.currency) = (AL_NONE, arena.add(spec.symbol), arena.add(spec.currency))
      (instruments + i).initialize(to: c)
      (pointers + i).initialize(to: UnsafePointer(instruments + i))
    }
    let schema = String(cString: try library.descriptor("broker.simulated").parameters)
    let resolved = try ProbeParameters(schema: schema, given: parameters)
    var error = al_error_v1()
    (error.size, error.buf, error.cap) = (UInt32(MemoryLayout<al_error_v1>.size), message, 512)
    var made = al_instance_v1()
    let (arena, host) = (arena, host)
    let status = resolved.withC { table, n, json in
      var create = al_create_v1()
      create.size = UInt32(MemoryLayout<al_create_v1>.size)
      (create.n_parameters, create.parameters, create.parameters_json) = (n, table, json)
      (create.id, create.instance) = (arena.add("broker.simulated"), arena.add("sim"))
      return library.entry.pointee.create(host.table, &create, &made, &error)
    }
    instance = made
    guard status == AL_OK else { throw Self.failure(error, status) }
    guard let table = instance.get_interface(instance.ctx, AL_INTERFACE_BROKER),
      let saved = instance.get_interface(instance.ctx, AL_INTERFACE_STATE)
    else { throw ProbeError("broker.simulated does not answer its interfaces") }
    broker = table.assumingMemoryBound(to: al_broker_v1.self)
    state = saved.assumingMemoryBound(to: al_state_v1.self)
    var c = al_universe_v1(
      size: UInt32(MemoryLayout<al_universe_v1>.size), n: UInt32(count), instruments: UnsafePointer(pointers))
    let bound = broker.pointee.bind(instance.ctx, &c, nil, &error)
    guard bound == AL_OK else { throw Self.failure(error, bound) }
    if started { try start() }
  }

  deinit {
    if let stop = instance.stop { _ = stop(instance.ctx, nil) }
    instance.destroy?(instance.ctx)
    rows.deallocate()
    instruments.deallocate()
    pointers.deallocate()
    message.deallocate()
  }

  private static func failure(_ error: al_error_v1, _ status: al_status) -> ProbeError {
    var failure = ProbeError(text(al_str_v1(ptr: error.buf, len: UInt64(error.len))), status: status)
    failure.status = status
    return failure
  }

  private func call(_ body: (UnsafeMutablePointer<al_error_v1>) -> al_status) throws {
    var error = al_error_v1()
    (error.size, error.buf, error.cap) = (UInt32(MemoryLayout<al_error_v1>.size), message, 512)
    let status = body(&error)
    if status != AL_OK { throw Self.failure(error, status) }
  }

  func start() throws { try call { instance.start(instance.ctx, $0) } }
  func stop() throws { try call { instance.stop(instance.ctx, $0) } }

  // MARK: orders

  @discardableResult func submit(_ orders: al_order_v1...) throws -> [al_ack_v1] { try submit(orders) }

  @discardableResult func submit(_ orders: [al_order_v1]) throws -> [al_ack_v1] {
    var acks = [al_ack_v1](repeating: al_ack_v1(), count: orders.count)
    try call { broker.pointee.submit(instance.ctx, orders, UInt32(orders.count), &acks, $0) }
    return acks
  }

  @discardableResult func cancel(_ sequence: UInt64) throws -> al_ack_v1 {
    var ack = al_ack_v1()
    var id = al_order_id_v1(session: Self.session, sequence: sequence)
    try call { broker.pointee.cancel(instance.ctx, &id, 1, &ack, $0) }
    return ack
  }

  @discardableResult func replace(_ order: al_order_v1) throws -> al_ack_v1 {
    var ack = al_ack_v1()
    var order = order
    try call { broker.pointee.replace(instance.ctx, &order, 1, &ack, $0) }
    return ack
  }

  // MARK: time

  /// One market of one instrument.
  @discardableResult
  func advance(_ bar: TestBar?, at ts: Int64, _ flags: UInt32 = 0, columns: UInt32 = 31, capacity: Int? = nil) throws
    -> [TestReport]
  { try advance([bar], at: ts, flags, columns: columns, capacity: capacity) }

  /// Bars by universe index; nil has no row.
  @discardableResult
  func advance(
    _ bars: [TestBar?], at ts: Int64, _ flags: UInt32 = 0, columns: UInt32 = 31, capacity: Int? = nil,
    quotes: [al_quote_v1]? = nil
  ) throws -> [TestReport] {
    let present = bars.indices.filter { bars[$0] != nil }
    let list = bars.compactMap { $0 }
    let (open, high, low) = (list.map { fixed($0.open) }, list.map { fixed($0.high) }, list.map { fixed($0.low) })
    let (close, volume) = (list.map { fixed($0.close) }, list.map { fixed($0.volume) })
    let times = [Int64](repeating: ts, count: list.count)
    let names = present.map { UInt32($0) }
    let quoteRows = quotes ?? []
    return try quoteRows.withUnsafeBufferPointer { base in
      let table = (0..<quoteRows.count).map { base.baseAddress.map { $0 + 0 } == nil ? nil : base.baseAddress! + $0 }
      return try pin(times, names, open, high, low, close, volume, table) { t, n, o, h, l, c, v, q in
        var market = al_market_v1()
        market.size = UInt32(MemoryLayout<al_market_v1>.size)
        (market.session_flags, market.as_of_ns) = (flags, ts)
        market.quotes = quotes == nil ? nil : q
        market.bars = al_bars_v1(
          size: UInt32(MemoryLayout<al_bars_v1>.size), columns: columns, n: UInt64(list.count), ts: t, instrument: n,
          open: columns & AL_COLUMN_OPEN != 0 ? o : nil, high: columns & AL_COLUMN_HIGH != 0 ? h : nil,
          low: columns & AL_COLUMN_LOW != 0 ? l : nil, close: c, volume: columns & AL_COLUMN_VOLUME != 0 ? v : nil)
        return try reports(capacity) { broker.pointee.advance(instance.ctx, &market, $0) }
      }
    }
  }

  private func reports(_ capacity: Int?, _ body: (UnsafeMutablePointer<al_reports_v1>) -> al_status) throws
    -> [TestReport]
  {
    var out = al_reports_v1(
      size: UInt32(MemoryLayout<al_reports_v1>.size), cap: UInt32(capacity ?? rows.count), len: 0, needed: 0,
      rows: rows.baseAddress)
    let status = body(&out)
    if status == AL_E_CAPACITY && capacity == nil {
      rows.deallocate()
      rows = .allocate(capacity: Int(out.needed))
      return try reports(nil, body)
    }
    guard status == AL_OK else { throw ProbeError("status \(status), needed \(out.needed)", status: status) }
    return (0..<Int(out.len)).map { TestReport(rows[$0]) }
  }

  // MARK: questions

  func openOrders() throws -> [TestReport] { try reports(nil) { broker.pointee.open_orders(instance.ctx, $0, nil) } }

  func executions(since time: Int64 = 0) throws -> [TestReport] {
    try reports(nil) { broker.pointee.executions(instance.ctx, time, $0, nil) }
  }

  func account() throws -> al_account_v1 {
    var account = al_account_v1()
    account.size = UInt32(MemoryLayout<al_account_v1>.size)
    try call { broker.pointee.account(instance.ctx, &account, $0) }
    return account
  }

  /// Quantity and average cost by universe index.
  func positions() throws -> [UInt32: (quantity: Int64, cost: Int64)] {
    var holdings = [al_holding_v1](repeating: al_holding_v1(), count: max(count, 1))
    var n: UInt32 = 0
    try holdings.withUnsafeMutableBufferPointer { rows in
      var out = al_holdings_v1(
        size: UInt32(MemoryLayout<al_holdings_v1>.size), cap: UInt32(rows.count), len: 0, needed: 0,
        rows: rows.baseAddress)
      try call { broker.pointee.positions(instance.ctx, &out, $0) }
      n = out.len
    }
    var found: [UInt32: (quantity: Int64, cost: Int64)] = [:]
    for holding in holdings.prefix(Int(n)) { found[holding.instrument] = (holding.quantity, holding.average_cost) }
    return found
  }

  // MARK: state

  private final class Bytes {
    var all: [UInt8] = []
    var at = 0
  }

  func save() throws -> [UInt8] {
    let bytes = Bytes()
    try withExtendedLifetime(bytes) {
      var sink = al_sink_v1(
        size: UInt32(MemoryLayout<al_sink_v1>.size), reserved: 0, ctx: Unmanaged.passUnretained(bytes).toOpaque(),
        write: { ctx, data, n in
          guard let ctx else { return AL_E_ARGUMENT }
          let bytes = Unmanaged<Bytes>.fromOpaque(ctx).takeUnretainedValue()
          bytes.all.append(contentsOf: UnsafeRawBufferPointer(start: data, count: Int(n)))
          return AL_OK
        })
      try call { state.pointee.save(instance.ctx, &sink, $0) }
    }
    return bytes.all
  }

  func restore(_ saved: [UInt8]) throws {
    let bytes = Bytes()
    bytes.all = saved
    try withExtendedLifetime(bytes) {
      var source = al_source_v1(
        size: UInt32(MemoryLayout<al_source_v1>.size), reserved: 0, ctx: Unmanaged.passUnretained(bytes).toOpaque(),
        read: { ctx, buffer, cap in
          guard let ctx, let buffer else { return -1 }
          let bytes = Unmanaged<Bytes>.fromOpaque(ctx).takeUnretainedValue()
          let n = min(bytes.all.count - bytes.at, Int(cap))
          bytes.all.withUnsafeBytes { raw in
            if n > 0, let base = raw.baseAddress { buffer.copyMemory(from: base + bytes.at, byteCount: n) }
          }
          bytes.at += n
          return Int64(n)
        })
      try call { state.pointee.restore(instance.ctx, 1, &source, $0) }
    }
  }
}

/// Keeps columns in place for one call.
private func pin<R>(
  _ ts: [Int64], _ names: [UInt32], _ open: [Int64], _ high: [Int64], _ low: [Int64], _ close: [Int64],
  _ volume: [Int64], _ quotes: [UnsafePointer<al_quote_v1>?],
  _ body: (
    UnsafePointer<Int64>?, UnsafePointer<UInt32>?, UnsafePointer<Int64>?, UnsafePointer<Int64>?, UnsafePointer<Int64>?,
    UnsafePointer<Int64>?, UnsafePointer<Int64>?, UnsafePointer<UnsafePointer<al_quote_v1>?>?
  ) throws -> R
) rethrows -> R {
  try ts.withUnsafeBufferPointer { t in
    try names.withUnsafeBufferPointer { n in
      try open.withUnsafeBufferPointer { o in
        try high.withUnsafeBufferPointer { h in
          try low.withUnsafeBufferPointer { l in
            try close.withUnsafeBufferPointer { c in
              try volume.withUnsafeBufferPointer { v in
                try quotes.withUnsafeBufferPointer { q in
                  try body(
                    t.baseAddress, n.baseAddress, o.baseAddress, h.baseAddress, l.baseAddress, c.baseAddress,
                    v.baseAddress, q.baseAddress)
                }
              }
            }
          }
        }
      }
    }
  }
}

extension al_order_v1 {
  /// Quantities and prices in units; decided at time 0 unless said otherwise.
  static func test(
    _ sequence: UInt64, _ type: UInt8, _ quantity: Double, limit: Double = 0, stop: Double = 0, trailPPM: Int64 = 0,
    tif: UInt8 = AL_TIF_GTC, expire: Int64 = 0, at time: Int64 = 0, instrument: UInt32 = 0, flags: UInt16 = 0
  ) -> al_order_v1 {
    var order = al_order_v1()
    order.id = al_order_id_v1(session: BrokerSubject.session, sequence: sequence)
    (order.instrument, order.type, order.time_in_force, order.flags) = (instrument, type, tif, flags)
    (order.quantity, order.limit_price, order.stop_price) = (fixed(quantity), fixed(limit), fixed(stop))
    (order.trail_ppm, order.expire_ns, order.decided_ns) = (trailPPM, expire, time)
    return order
  }
}

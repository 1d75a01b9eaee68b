import CAlphaLoop

public struct BrokerFlags: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// `advance` drives it; it pushes nothing by itself.
  public static let simulated = BrokerFlags(rawValue: AL_BROKER_SIMULATED)
  /// Execution ids are {tag, n} with n rising and never used again, and each fill is final: no corrections, no later fees.
  public static let orderedExecutions = BrokerFlags(rawValue: AL_BROKER_ORDERED_EXECUTIONS)
  public static let replaces = BrokerFlags(rawValue: AL_BROKER_REPLACES)
}

/// Takes orders, reports facts. The functions on orders and markets work on the C rows in place: no allocation, no ARC.
public protocol Broker: Plugin, ~Copyable {
  static var flags: BrokerFlags { get }
  /// Once, before start. `feed` is nil for simulated brokers; pushing is legal between start and stop.
  mutating func bind(_ universe: [Instrument], _ feed: ReportFeed?) throws(PluginError)
  /// Fills one answer for each order. Idempotent on the order id. Throwing means: none of them was sent.
  mutating func submit(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  mutating func cancel(_ ids: UnsafeBufferPointer<al_order_id_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  /// New total quantity, limit and stop under the same id; called only with `.replaces`.
  mutating func replace(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  /// The most reports that `advance` can write from the present state. The host's buffer is checked against it before
  /// `advance` is called, so that a short buffer changes nothing.
  var reportBound: Int { get }
  /// Matches working orders against this market in order of acceptance; called only with `.simulated`.
  mutating func advance(_ market: UnsafePointer<al_market_v1>, _ reports: inout ReportWriter) throws(PluginError)
  /// Every order working now, as `AL_REPORT_WORKING`. Where the broker does not answer: throw `AL_E_TIMEOUT`, never none.
  /// This and `executions` run again with more room when the host's buffer was short.
  mutating func openOrders(_ reports: inout ReportWriter) throws(PluginError)
  /// Executions at or after `time` (ns UTC), as `AL_REPORT_FILL`.
  mutating func executions(since time: Int64, _ reports: inout ReportWriter) throws(PluginError)
  mutating func positions() throws(PluginError) -> [Holding]
  mutating func account() throws(PluginError) -> Account
}

extension Broker where Self: ~Copyable {
  public mutating func replace(
    _ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) throws(PluginError) {
    throw PluginError(AL_E_UNSUPPORTED, "this broker cannot replace an order; cancel it and send a new one")
  }
  public var reportBound: Int { 0 }
  public mutating func advance(_ market: UnsafePointer<al_market_v1>, _ reports: inout ReportWriter) throws(PluginError)
  {
    throw PluginError(AL_E_UNSUPPORTED, "this broker is not a simulated one")
  }
}

/// A position of the account. Quantities and money in 1e-8 units, quantity signed.
public struct Holding: Sendable, Equatable {
  /// Universe index; nil: not in the universe, named by `symbol`.
  public var instrument: Int?
  public var symbol: String
  public var quantity: Int64
  public var averageCost: Int64

  public init(instrument: Int?, symbol: String, quantity: Int64, averageCost: Int64) {
    self.instrument = instrument
    self.symbol = symbol
    self.quantity = quantity
    self.averageCost = averageCost
  }
}

/// The account, money in 1e-8 units. `currency` has at most 8 bytes, `account` at most 24.
public struct Account: Sendable, Equatable {
  public var account: String
  public var currency: String
  public var equity: Int64
  public var cash: Int64
  public var buyingPower: Int64

  public init(account: String, currency: String, equity: Int64, cash: Int64, buyingPower: Int64) {
    self.account = account
    self.currency = currency
    self.equity = equity
    self.cash = cash
    self.buyingPower = buyingPower
  }
}

/// Where a connected broker pushes facts, from any of its threads.
public struct ReportFeed: @unchecked Sendable {
  private let c: UnsafePointer<al_report_feed_v1>
  init(_ c: UnsafePointer<al_report_feed_v1>) { self.c = c }

  /// Blocks while the host's inbox is full: a fact is never dropped. The rows are copied before it returns.
  @discardableResult
  public func push(_ reports: UnsafeBufferPointer<al_report_v1>) -> al_status {
    c.pointee.push(c.pointee.ctx, reports.baseAddress, UInt32(clamping: reports.count))
  }

  @discardableResult
  public func push(_ report: al_report_v1) -> al_status {
    withUnsafePointer(to: report) { push(UnsafeBufferPointer(start: $0, count: 1)) }
  }
}

/// Writes reports into the host's buffer. Rows beyond its room are counted, never written; the host then repeats the call.
public struct ReportWriter: ~Copyable {
  @usableFromInline let c: UnsafeMutablePointer<al_reports_v1>
  @usableFromInline init(_ c: UnsafeMutablePointer<al_reports_v1>) {
    self.c = c
    c.pointee.len = 0
    c.pointee.needed = 0
  }

  @inlinable public var count: Int { Int(c.pointee.len) }
  @inlinable public var room: Int { Int(c.pointee.cap &- c.pointee.len) }

  /// Inlined so that the fields go straight into the row: a report is 104 bytes.
  @inlinable @inline(__always) public mutating func append(_ report: al_report_v1) {
    let n = c.pointee.len
    if n < c.pointee.cap, c.pointee.needed == 0, let rows = c.pointee.rows {
      rows[Int(n)] = report
      c.pointee.len = n &+ 1
    } else {
      if c.pointee.needed == 0 { c.pointee.needed = n }
      c.pointee.needed &+= 1
    }
  }

  /// AL_OK, or AL_E_CAPACITY with nothing written and `needed` the whole number of rows.
  func finish() -> al_status {
    guard c.pointee.needed != 0 else { return AL_OK }
    c.pointee.len = 0
    return AL_E_CAPACITY
  }
}

extension PluginKind where P: Broker & ~Copyable {
  public static var broker: PluginKind {
    PluginKind(
      mask: AL_KIND_BROKER, interface: "alphaloop.broker/1", table: UnsafeRawPointer(Tables.broker(P.flags))
    ) { box, plugin in box.broker = box.keep(BrokerOf(plugin) as BrokerFace) }
  }
}

import AlphaLoopSDK
import CAlphaLoop

/// `broker.simulated`: matches orders against bars, for backtests and simulated sessions.
///
/// Assumptions of the fill model, beside those of `Venue`:
/// - An order may fill on the first bar stamped later than its arrival (decision time plus latency), so at that bar's open
///   even when a latency ends inside the bar. Cancels and replacements that arrive by the bar's stamp act before it.
/// - Market orders fill at the open; limit orders when the bar reaches the limit, at the better of open and limit, whole,
///   as if first in the queue; stops at the worse of open and stop. See `decideOther` for the rest.
/// - Market, stop and auction fills without a limit pay half the spread and the slippage; fills at a limit pay neither.
/// - A series without opens does everything at its close. Prices are above 0. Buying power is not enforced.
/// - Volume already taken counts for each side of each instrument apart, in order of acceptance; without a volume column
///   there is no cap.
struct SimulatedBroker: Broker, ~Copyable {
  static let flags: BrokerFlags = [.simulated, .orderedExecutions, .replaces]

  private let options: Options
  private let host: Host
  private let instance: String
  private var symbols: [String] = []
  private var venue: UnsafeMutablePointer<Venue>

  init(_ setup: Setup) throws(PluginError) {
    options = try Options(setup.parameters)
    host = setup.host
    instance = setup.instance
    venue = .make(options.settings, fees: options.fees, books: [], halts: [], cash: options.cash, salt: 0)
  }

  mutating func bind(_ universe: [Instrument], _ feed: ReportFeed?) throws(PluginError) {
    try options.check(universe)
    symbols = universe.map(\.symbol)
    let (books, halts) = try options.books(universe)
    venue.destroy()
    venue = .make(
      options.settings, fees: options.fees, books: books, halts: halts, cash: options.cash,
      salt: Venue.hash(instance))
  }

  mutating func start() throws(PluginError) {
    if options.seed != 0 {
      venue.pointee.seed = UInt64(bitPattern: Int64(options.seed))
    } else if venue.pointee.seed == 0 {
      venue.pointee.seed = host.random() | 1
    }
  }

  deinit { venue.destroy() }

  mutating func submit(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>) {
    venue.submit(orders, acks)
  }

  mutating func cancel(_ ids: UnsafeBufferPointer<al_order_id_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>) {
    venue.cancel(ids, acks)
  }

  mutating func replace(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>) {
    venue.replace(orders, acks)
  }

  var reportBound: Int { venue.reportBound }

  mutating func advance(_ market: UnsafePointer<al_market_v1>, _ reports: inout ReportWriter) {
    venue.advance(market, &reports)
  }

  mutating func openOrders(_ reports: inout ReportWriter) { venue.openOrders(&reports) }

  mutating func executions(since time: Int64, _ reports: inout ReportWriter) throws(PluginError) {
    try venue.executions(since: time, &reports)
  }

  mutating func positions() -> [Holding] { venue.holdings(symbols) }

  mutating func account() -> Account {
    let (equity, gross) = venue.worth()
    let free = Int64(clamping: Int128(equity) - Int128(gross))
    return Account(
      account: options.account, currency: options.currency, equity: equity, cash: venue.pointee.cash,
      buyingPower: max(0, free))
  }

  func save(to writer: inout StateWriter) { venue.save(to: &writer, symbols: symbols) }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    try venue.restore(from: &reader, symbols: symbols)
  }
}

@c(alphaloop_register)
public func registerPlugins() { Library.add(broker: SimulatedBroker.self) }

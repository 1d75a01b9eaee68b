import AlphaLoopSDK
import CAlphaLoop
import IBKRClient
import TWSProtocol

/// `data.ibkr`: bars, quotes and trades of the past and of the present, by way of TWS or IB Gateway. It shares the connection
/// of `broker.ibkr` where both have the same host, port and client id in one process.
struct IBKRData: DataSource, ~Copyable {
  static let kinds: [UInt32] = [AL_DATA_BARS, AL_DATA_QUOTES, AL_DATA_TRADES]
  static let isLive = true

  static let descriptor = Descriptor(
    id: "data.ibkr", name: "Interactive Brokers data",
    summary: "Bars, quotes and trades by the TWS protocol, from TWS or IB Gateway, past and live",
    flags: AL_FLAG_NETWORK | AL_FLAG_THREADS,
    parameters: ConnectionParameters.specs + [
      .choice(
        "what_to_show", default: "auto",
        of: ["auto", "TRADES", "ADJUSTED_LAST", "MIDPOINT", "BID", "ASK", "AGGTRADES"],
        "What bars are made of; auto: TRADES, for currencies MIDPOINT, for crypto AGGTRADES"),
      .flag("use_rth", default: true, "Regular trading hours alone"),
      .choice(
        "market_data", default: "live", of: ["live", "frozen", "delayed", "delayed_frozen"],
        "Kind of quotes and trades; delayed ones need no subscription"),
      .flag(
        "tick_by_tick", default: false,
        "Every quote and trade instead of samples; only about 5 instruments at a time can have that"),
      .integer("interval", default: 60, in: 1...2_592_000, "Seconds of a bar where a query names no length"),
      .text("daily_close", default: "16:00", "When a day's bar is known"),
      .text("daily_zone", default: "America/New_York", "The zone of daily_close"),
    ])

  private let source: SourceSettings
  private let settings: GatewaySettings
  private let host: Host
  private var gateway: Gateway?

  init(_ setup: Setup) throws(PluginError) {
    let made = try ConnectionParameters.settings(setup)
    let options = try SourceSettings(setup.parameters)
    settings = made
    source = options
    host = setup.host
  }

  mutating func start() throws(PluginError) {
    let gateway = try connect(settings, host)
    if source.marketDataType != 1 { try? gateway.setMarketDataType(source.marketDataType) }
    self.gateway = gateway
  }

  mutating func stop() throws(PluginError) {
    guard let gateway else { return }
    GatewayRegistry.shared.release(gateway)
    self.gateway = nil
  }

  mutating func open(_ query: Query) throws(PluginError) -> any DataCursor {
    guard !query.symbols.isEmpty else {
      throw PluginError(AL_E_ARGUMENT, "a query of IBKR has to name its symbols")
    }
    let reader = try source.reader(query)
    return RangeCursor(try running(), query, source, reader, lot: settings.sizesInLots ? 100 : 1)
  }

  mutating func subscribe(_ query: Query, _ feed: Feed) throws(PluginError) -> Subscription {
    let gateway = try running()
    guard !query.symbols.isEmpty else {
      throw PluginError(AL_E_ARGUMENT, "a subscription of IBKR has to name its symbols")
    }
    guard IBKRData.kinds.contains(query.kind) else {
      throw PluginError(AL_E_UNSUPPORTED, "there is no live data of kind \(query.kind) here")
    }
    let reader = try source.reader(query)
    var listings: [Listing] = []
    for symbol in query.symbols { listings.append(try source.resolve(symbol, gateway)) }
    let live = LiveSubscription(gateway, feed, query, host, lot: settings.sizesInLots ? 100 : 1)
    live.begin(listings, source, reader)
    return live
  }

  private func running() throws(PluginError) -> Gateway {
    guard let gateway else { throw .state("the source is not started") }
    return gateway
  }
}

/// What the source makes of instruments.
struct SourceSettings: Sendable {
  var whatToShow: String
  var useRTH: Bool
  var isTickByTick: Bool
  var marketDataType: Int32
  private var interval: Int64
  private var dailyClose: Int64
  private var dailyZone: TimeZoneTable
  private var overrides: [String: ContractOverride]

  init(_ p: Parameters) throws(PluginError) {
    whatToShow = try p.text("what_to_show")
    useRTH = try p.flag("use_rth")
    isTickByTick = try p.flag("tick_by_tick")
    let kinds = ["live": 1, "frozen": 2, "delayed": 3, "delayed_frozen": 4] as [String: Int32]
    marketDataType = kinds[try p.text("market_data")] ?? 1
    interval = Int64(try p.integer("interval")) * 1_000_000_000
    let clock = try p.text("daily_close").split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 2, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]) else {
      throw .configuration("daily_close is not a time of day such as 16:00")
    }
    dailyClose = clock[0] * 3600 + clock[1] * 60
    let zone = try p.text("daily_zone")
    guard let table = TimeZoneTable(zone) else { throw .configuration("daily_zone: there is no time zone \"\(zone)\"") }
    dailyZone = table
    overrides = try ContractOverride.read(p)
  }

  func reader(_ query: Query) throws(PluginError) -> BarReader {
    let asked = query.kind == AL_DATA_BARS && query.interval != 0 ? query.interval : interval
    guard let length = BarLength(nanoseconds: asked) else {
      throw PluginError(
        AL_E_UNSUPPORTED,
        "the gateway makes no bars of \(asked / 1_000_000_000) s; it has 1, 5, 10, 15, 30 s, 1, 2, 3, "
          + "5, 10, 15, 20, 30 min, 1, 2, 3, 4, 8 h, 1 day, 1 week")
    }
    var reader = BarReader(length)
    reader.dailyClose = dailyClose
    reader.dailyZone = dailyZone
    return reader
  }

  func resolve(_ symbol: String, _ gateway: Gateway) throws(PluginError) -> Listing {
    let listing = ContractOverride.listing(symbol, currency: "", asset: AL_ASSET_EQUITY, overrides)
    do throws(IBKRError) { return try gateway.resolve(listing) } catch { throw PluginError(error) }
  }

  func show(_ contract: Contract) -> String {
    guard whatToShow == "auto" else { return whatToShow }
    return ["CASH": "MIDPOINT", "CRYPTO": "AGGTRADES", "CMDTY": "MIDPOINT"][contract.secType] ?? "TRADES"
  }
}

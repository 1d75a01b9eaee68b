import AlphaLoopRuntime

/// The folder of one host's life: configuration, data and journal. Six names, an agent on each that holds 100 or nothing.
struct HostFolder {
  static let symbols = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"]
  static let account = "DU1"
  /// Units that an agent holds at most. `max_position` of risk.yaml bars a second hundred while the first may still fill,
  /// and no name is sold short, whatever is on its way.
  static let most: Int64 = 125

  /// Who owns everything in a name.
  static func agent(of symbol: String) -> String { "of_\(symbol.lowercased())" }

  let path: String
  /// Libraries of the plugins.
  let plugins: String

  var config: String { "\(path)/config" }
  var journals: String { "\(path)/journal" }
  var journal: String { "\(journals)/paper-\(Self.account).db" }

  /// Writes the configuration.
  ///
  /// - Parameter isTurned: names and agents in the opposite order: an index of an earlier session means another one now.
  func write(_ exchange: any Counterparty, isTurned: Bool) throws {
    makeFolder("\(config)/sectors")
    let symbols = isTurned ? Self.symbols.reversed() : Self.symbols
    let agents = symbols.map { symbol in
      "  - {agent: bench.ema_cross, id: \(Self.agent(of: symbol)), universe: [\(symbol)], "
        + "parameters: {fast: 2, slow: 6, warm_up: 5, quantity: 100}}"
    }
    let manifest = """
      version: 1
      seed: 3
      initial_cash: 1000000
      currency: USD
      plugin_folder: \(plugins)
      journal: \(journals)
      libraries:
        - {id: bench, path: libbench.so, required: true, isolation: none}
        - {id: files, path: libfiles.so, required: true}
        - {id: simulated, path: libsimulated.so, required: true}
        - \(exchange.library)
      connected: {account: \(Self.account), external: halt, \(exchange.times), broker: \(exchange.broker)}
      data: [{id: bars, plugin: data.files, parameters: {path: \(path)/bars.csv}}]
      broker: {plugin: broker.simulated}
      store: {plugin: store.sqlite, enabled: false}
      agents:
      \(agents.joined(separator: "\n"))
      policies: []
      services: []
      """
    let universe = """
      defaults: {kind: equity, currency: USD, tick: 0.01, lot: 1, multiplier: 1, venue: X, calendar: ALL}
      instruments:
      \(symbols.map { "  - {symbol: \($0), sector: all}" }.joined(separator: "\n"))
      """
    let risk = """
      limits:
        stale_quote: 100d
        max_position: 1.25 %
        daily_loss: none
        drawdown: none
        short_locate: required
        sector_exposure: 100 %
        reject_burst: none
      """
    let files = [
      "alphaloop.yaml": manifest, "universe.yaml": universe, "risk.yaml": risk, "sessions.yaml": Self.sessions,
      "sectors/all.yaml": "name: All\nenabled: true\nsymbols: [\(symbols.joined(separator: ", "))]\nagents: []\n",
    ]
    for (name, text) in files { try writeAtomically(Array(text.utf8), to: "\(config)/\(name)") }
    try writeAtomically(Array(Self.bars().utf8), to: "\(path)/bars.csv")
  }

  private static let sessions = """
    calendar: ALL
    calendars:
      - {id: ALL, time_zone: UTC, days: [monday, tuesday, wednesday, thursday, friday], open: "09:30", close: "16:00", holidays: {source: none}}
    phases: {collect: "17:30", train: "19:00", validate: "04:00", promote: "05:00", pre_open_checks: "08:30", opening_orders: "09:25", report: "16:15", reload: "17:00"}
    deadlines: {collected: "19:00", promoted: "09:00", opened: "09:28"}
    """

  /// Four weeks of warm-up and more weekdays of prices from 100.00 to 106.00 that cross their averages often.
  private static func bars() -> String {
    var text = "symbol,timestamp,open,high,low,close,volume\n"
    // 2024-01-01 was a Monday.
    let lengths = [31, 29, 31, 30, 31, 30]
    for (k, symbol) in symbols.enumerated() {
      var (day, month) = (1, 0)
      for i in 0..<125 {
        let phase = k * 5
        let close = 10_000 + 40 * abs((i + phase) % 14 - 7) + 30 * abs((i * 3 + phase) % 22 - 11)
        func two(_ v: Int) -> String { v < 10 ? "0\(v)" : "\(v)" }
        func money(_ cents: Int) -> String { "\(cents / 100).\(two(cents % 100))" }
        let (low, high) = (money(close - 10), money(close + 10))
        text += "\(symbol),2024-\(two(month + 1))-\(two(day))T21:00:00Z,\(money(close)),\(high),\(low),"
        text += "\(money(close)),100000\n"
        day += i % 5 == 4 ? 3 : 1
        if day > lengths[month] { (day, month) = (day - lengths[month], month + 1) }
      }
    }
    return text
  }
}

import AlphaLoopCore
import AlphaLoopRuntime
import CAlphaLoop
import Foundation
import PluginProbe

/// What all runs share: a folder with a small market and its configurations, one for each policy on others' positions.
final class Market {
  static let symbols = ["AAA", "BBB", "CCC", "DDD"]
  static let days = 7
  static let barsADay = 12
  static let firstTradedDay = 2
  static let limits = Watcher.Limits(position: 30_000 * AL_UNIT, gross: 60_000 * AL_UNIT)
  /// Time between bars, ns, and of the first one of a day.
  static let interval = 120 * second
  static let opening = 36_000 * second
  static let day = 86_400 * second

  let folder: String
  private(set) var configurations: [ExternalPolicy: (Configuration, PluginCatalog)] = [:]
  /// Close by batch and instrument, 1e-8.
  private(set) var closes: [[Int64]] = []
  private(set) var times: [Int64] = []

  init(folder: String, plugins: String, puppet: String) throws {
    self.folder = folder
    for name in ["journal", "adopt/sectors", "ignore/sectors", "halt/sectors"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try Data(bars().utf8).write(to: URL(fileURLWithPath: "\(folder)/bars.csv"))
    for policy in ExternalPolicy.allCases {
      try write(policy, plugins: plugins, puppet: puppet)
      let configuration = try Configuration.load(directory: "\(folder)/\(policy)").trading(in: AL_MODE_PAPER)
      configurations[policy] = (configuration, PluginCatalog(configuration))
    }
  }

  var journal: String { "\(folder)/journal" }

  /// 2020-01-06 was a Monday.
  static func date(_ day: Int) -> Int64 { Int64(18_267 + day / 5 * 7 + day % 5) }

  private func bars() -> String {
    var random = SeededRandom(seed: 4)
    var cents: [Int64] = [10_000, 8_000, 5_000, 12_000]
    var text = "symbol,timestamp,open,high,low,close,volume\n"
    var rows: [[String]] = Self.symbols.map { _ in [] }
    for day in 0..<Self.days {
      for bar in 0..<Self.barsADay {
        let time = Self.date(day) * Self.day + Self.opening + Int64(bar) * Self.interval
        times.append(time)
        for i in cents.indices {
          let open = cents[i]
          cents[i] = max(1000, open + Int64(random.next() % 161) - 80)
          func money(_ c: Int64) -> String { "\(c / 100).\(c % 100 < 10 ? "0" : "")\(c % 100)" }
          let (high, low) = (max(open, cents[i]) + 10, min(open, cents[i]) - 10)
          rows[i].append(
            "\(Self.symbols[i]),\(Self.stamp(time)),\(money(open)),\(money(high)),\(money(low)),\(money(cents[i])),1000"
          )
        }
        closes.append(cents.map { $0 * 1_000_000 })
      }
    }
    for list in rows { text += list.joined(separator: "\n") + "\n" }
    return text
  }

  private static func stamp(_ time: Int64) -> String {
    let seconds = time % day / second
    let date = time / day - 18_262  // days since 2020-01-01, all in January here
    func two(_ v: Int64) -> String { v < 10 ? "0\(v)" : "\(v)" }
    return "2020-01-\(two(date + 1))T\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))Z"
  }

  private func write(_ policy: ExternalPolicy, plugins: String, puppet: String) throws {
    let cross = "agent: bench.ema_cross"
    let manifest = """
      version: 1
      seed: 3
      initial_cash: 1000000
      currency: USD
      plugin_folder: \(plugins)
      journal: \(folder)/journal
      libraries:
        - {id: bench, path: libbench.so, required: true, isolation: none}
        - {id: files, path: libfiles.so, required: true}
        - {id: simulated, path: libsimulated.so, required: true}
        - {id: puppet, path: \(puppet), required: true, isolation: none}
      connected: {external: \(policy), settle_after: 5s, retry_after: 1s, reconcile_every: 60s, broker:
        {plugin: broker.puppet, answer_timeout: 30s}}
      data: [{id: bars, plugin: data.files, parameters: {path: ../bars.csv}}]
      broker: {plugin: broker.simulated}
      store: {plugin: store.none, enabled: false}
      agents:
        - {\(cross), id: a, universe: [AAA], parameters: {fast: 2, slow: 4, warm_up: 2, quantity: 120}}
        - {\(cross), id: b, universe: [BBB], parameters: {fast: 2, slow: 5, warm_up: 2, quantity: 150}}
        - {\(cross), id: d, universe: [DDD], parameters: {fast: 3, slow: 5, warm_up: 2, quantity: 100}}
        - {agent: puppet.limits, id: limits, universe: [CCC, DDD], parameters: {salt: 11}}
      policies: []
      services: []
      """
    let universe = """
      defaults: {kind: equity, currency: USD, tick: 0.01, lot: 1, multiplier: 1, venue: X, calendar: ALL}
      instruments:
        - {symbol: AAA, sector: all}
        - {symbol: BBB, sector: all}
        - {symbol: CCC, sector: all}
        - {symbol: DDD, sector: all}
      """
    let sessions = """
      calendar: ALL
      calendars:
        - {id: ALL, time_zone: UTC, days: [monday, tuesday, wednesday, thursday, friday], open: "09:30", close: "16:00", holidays: {source: none}}
      phases: {collect: "17:30", train: "19:00", validate: "04:00", promote: "05:00", pre_open_checks: "08:30", opening_orders: "09:25", report: "16:15", reload: "17:00"}
      deadlines: {collected: "19:00", promoted: "09:00", opened: "09:28"}
      """
    let risk = """
      pending_exposure: worst_case
      limits:
        stale_quote: 100d
        short_locate: not_required
        daily_loss: none
        drawdown: none
        max_position: {amount: \(Self.limits.position / AL_UNIT)}
        gross_exposure: {amount: \(Self.limits.gross / AL_UNIT)}
        net_exposure: none
        sector_exposure: none
        buying_power: none
        reject_burst: {count: 4, per: 120s}
      """
    let files = [
      "alphaloop.yaml": manifest, "universe.yaml": universe, "sessions.yaml": sessions, "risk.yaml": risk,
      "sectors/all.yaml": "name: All\nenabled: true\nsymbols: [AAA, BBB, CCC, DDD]\nagents: []\n",
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(policy)/\(name)"))
    }
  }
}

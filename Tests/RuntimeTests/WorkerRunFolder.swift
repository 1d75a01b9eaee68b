import AlphaLoopCore
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// A configuration folder with generated closes of four names over 420 days.
final class WorkerRunFolder {
  let path = NSTemporaryDirectory() + "alphaloop-worker-run-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var text = "date,symbol,close\n"
    var state: UInt64 = 4
    var prices = [90.0, 40.0, 120.0, 15.0]
    var day = DateComponents(calendar: Calendar(identifier: .gregorian), timeZone: .gmt, year: 2015, month: 1, day: 1)
      .date
    let format = DateFormatter()
    format.dateFormat = "yyyy-MM-dd"
    format.timeZone = .gmt
    for _ in 0..<420 {
      guard let date = day else { break }
      for (i, name) in ["AAA", "BBB", "CCC", "DDD"].enumerated() {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        prices[i] *= 1 + 0.02 * (Double(state >> 11) / Double(1 << 53) - 0.48)
        text += "\(format.string(from: date)),\(name),\(String(format: "%.2f", prices[i]))\n"
      }
      day = date.addingTimeInterval(86_400)
    }
    try text.write(toFile: path + "/bars.csv", atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func configuration(isolation: String, libraries extra: String = "", agents: String = "", policies: String = "") throws
    -> Configuration
  {
    let plugins = URL(fileURLWithPath: try WorkerFixture.product("momentum")).deletingLastPathComponent().path
    let texts = [
      "alphaloop.yaml": """
      version: 1
      seed: 7
      initial_cash: 1000000
      currency: USD
      plugin_folder: \(plugins)
      journal: journal
      libraries:
        - {id: files, path: libfiles.so}
        - {id: simulated, path: libsimulated.so}
        - {id: momentum, path: libmomentum.so, isolation: \(isolation)}
        - {id: arbitrage, path: libarbitrage.so, isolation: \(isolation)}
      \(extra)
      data: [{plugin: data.files, files: [bars.csv], parameters: {path: \(path)/bars.csv}}]
      broker: {plugin: broker.simulated}
      store: {plugin: store.sqlite, enabled: false}
      agents:
        - {agent: mom.tsmom, universe: all}
        - {agent: arb.xs_reversal, universe: all}
      \(agents)
      policies:
      \(policies.isEmpty ? "  []" : policies)

      """,
      "universe.yaml": """
      defaults: {kind: equity, currency: USD, tick: 0.01, venue: NYSE, calendar: XNYS}
      instruments:
        - {symbol: AAA, sector: energy}
        - {symbol: BBB, sector: energy}
        - {symbol: CCC, sector: energy}
        - {symbol: DDD, sector: energy}

      """,
      "risk.yaml": "limits:\n  daily_loss: 20 %\n  drawdown: 50 %\n  max_position: 30 %\n",
      "sessions.yaml": ConfigurationFixture.sessions,
      "sectors/energy.yaml": "name: Energy\nenabled: true\nsymbols: [AAA, BBB, CCC, DDD]\n",
    ]
    return try Configuration.load(
      from: ConfigurationSources(directory: path, files: texts.mapValues { Array($0.utf8) }))
  }

  func run(
    _ configuration: Configuration, _ name: String,
    log: @escaping @Sendable (String, Int32, String) -> Void = { _, _, _ in }
  ) throws -> (run: BacktestRun, journal: [UInt8]) {
    var options = BacktestRun.Options()
    options.journal = "\(path)/\(name).journal"
    options.recordsOutputs = true
    options.log = log
    let catalog = PluginCatalog(configuration)
    let run = try BacktestRun(configuration, catalog: catalog, options: options)
    try run.run()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name).journal"))
    return (run, Array(bytes))
  }
}

import AlphaLoopLoader
import Glibc

/// A configuration that is made up for one run of one agent over one CSV file: no manifest, no limits but the account's
/// money, so that results compare with other engines.
public struct AdHocConfiguration {
  public var bars: String
  public var agent: String
  public var parameters: JSONValue
  public var symbols: [String]
  public var cash: String
  public var fill: String
  public var commissionBPS: Double
  public var dataParameters: [String: String]
  public var quantity: Double?
  /// Of the agent; nil: the first that offers it.
  public var library: String?

  public init(bars: String, agent: String, parameters: JSONValue) {
    self.bars = bars
    self.agent = agent
    self.parameters = parameters
    symbols = []
    cash = "1000000"
    fill = "next_open"
    commissionBPS = 0
    dataParameters = [:]
  }

  /// The installation's own plugins: beside the executable, or where ALPHALOOP_PLUGINS says.
  static func folder() -> String { environment("ALPHALOOP_PLUGINS") ?? executableFolder() }

  /// A library from elsewhere is a third party's: its code runs in a worker.
  static func isolation(of library: String) -> PluginLibrary.Isolation {
    let own = [folder(), executableFolder()].map(canonicalPath)
    return own.contains(canonicalPath(parent(library))) ? .none : .process
  }

  /// Libraries of the plugin folder.
  public static func libraries() -> [String] {
    let folder = folder()
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix("lib"), name.hasSuffix(".so") { names.append("\(folder)/\(name)") }
    }
    return names.sorted()
  }

  /// The library that offers a plugin: the given one, else the first beside the executable.
  static func library(offering id: String) throws(HostError) -> String {
    for path in libraries() {
      guard let file = try? ELFFile(path: path), (try? file.pluginNote()) != nil,
        let library = try? LoadedLibrary.load(path)
      else { continue }
      if library.descriptor(id) != nil { return path }
    }
    throw HostError(
      .usage, "no plugin library beside the executable offers '\(id)'; set ALPHALOOP_PLUGINS to their folder")
  }

  public func configuration() throws(HostError) -> Configuration {
    let folder = executableFolder()
    let agentLibrary: String
    if let library { agentLibrary = canonicalPath(library) } else { agentLibrary = try Self.library(offering: agent) }
    var libraries = [("agent", agentLibrary)]
    for name in ["simulated", "files", "sizing", "sqlitestore"] where !agentLibrary.hasSuffix("/lib\(name).so") {
      libraries.append((name, "\(folder)/lib\(name).so"))
    }
    var data = JSONObject()
    data["path"] = .string(canonicalPath(bars))
    for key in dataParameters.keys.sorted() { data[key] = .string(dataParameters[key] ?? "") }
    let broker: JSONValue = [
      "commission": .string(commissionBPS > 0 ? "bps" : "none"),
      "commission_bps": JSONNumber(commissionBPS).map { .number($0) } ?? .integer(0), "fill": .string(fill),
    ]
    let policy = quantity.map { "  - {plugin: policy.fixed_quantity, parameters: {quantity: \($0)}}\n" }
    let manifest = """
      version: 1
      seed: 1
      initial_cash: \(cash)
      currency: USD
      plugin_folder: \(JSONValue.string(folder).text)
      journal: /nonexistent
      libraries:
      \(libraries.map(Self.line).joined(separator: "\n"))
      data:
        - {id: bars, plugin: data.files, parameters: \(JSONValue.object(data).text)}
      broker: {plugin: broker.simulated, parameters: \(broker.text)}
      store: {plugin: store.sqlite, enabled: false}
      agents:
        - {agent: \(agent), universe: all, capabilities: [bars, portfolio, views], parameters: \(parameters.text)}
      policies:
      \(policy ?? "  []")
      services: []
      """
    let instruments = symbols.map { "  - {symbol: \(JSONValue.string($0).text), sector: all}" }.joined(separator: "\n")
    let universe = """
      defaults: {kind: equity, currency: USD, tick: 0.00000001, lot: 1, multiplier: 1, venue: SIM, calendar: ALL}
      instruments:
      \(instruments)
      """
    let files: [String: String] = [
      "alphaloop.yaml": manifest, "universe.yaml": universe, "risk.yaml": Self.risk, "sessions.yaml": Self.sessions,
      "sectors/all.yaml":
        "name: All\nenabled: true\nsymbols: [\(symbols.map { JSONValue.string($0).text }.joined(separator: ", "))]\nagents: []\n",
    ]
    do {
      return try Configuration.load(
        from: ConfigurationSources(directory: "", files: files.mapValues { Array($0.utf8) }))
    } catch {
      throw HostError(.configuration, "\(error)")
    }
  }

  private static func line(_ library: (id: String, path: String)) -> String {
    "  - {id: \(library.id), path: \(JSONValue.string(library.path).text), required: true, "
      + "isolation: \(isolation(of: library.path).rawValue), "
      + "deadlines: {call: \(AgentEvaluation.standardDeadline / 1_000_000_000)s}}"
  }

  private static let risk = """
    limits:
      daily_loss: 100 %
      drawdown: 100 %
      max_positions: 10000
      max_position: 100 %
      kelly_fraction: 1
      sector_exposure: 100 %
      gross_exposure: 100 %
      net_exposure: 100 %
      price_collar: 100 %
      stale_quote: 10000d
      duplicate_order_window: 0s
      order_rate: {count: 1000000, per: 1s}
      message_rate: {count: 1000000, per: 1s}
      buying_power: 100 %
      short_locate: not_required
    pending_exposure: committed
    """

  private static let sessions = """
    calendar: ALL
    calendars:
      - {id: ALL, time_zone: UTC, days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday], open: "09:30", close: "16:00", holidays: {source: none}}
    phases: {collect: "17:30", train: "19:00", validate: "04:00", promote: "05:00", pre_open_checks: "08:30", opening_orders: "09:25", report: "16:15", reload: "17:00"}
    deadlines: {collected: "19:00", promoted: "09:00", opened: "09:28"}
    """
}

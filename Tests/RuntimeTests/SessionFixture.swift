import AlphaLoopCore
import CAlphaLoop
import Glibc

@testable import AlphaLoopRuntime

/// A configuration of its own in a temporary folder: two names with full bars over 120 weekdays, an EMA cross on each.
final class SessionFixture {
  let folder: String
  var isolation = "none"
  var slow = 12
  /// Empty: none.
  var policy = ""
  var broker = "parameters: {commission: bps}"
  var store = "{plugin: store.sqlite, enabled: false}"
  var risk = "limits:\n  stale_quote: 100d\n  short_locate: not_required\n"
  var libraries = executableFolder()
  /// A third party's agent on both names beside the others.
  var guest: Guest?
  /// `connected:` of the manifest; empty: none.
  var connected = ""
  /// Lines of `libraries:` beside the rest.
  var moreLibraries = ""

  struct Guest {
    var id: String
    /// In the fixture's folder; a new build is put there by compiling again.
    var file = "guest.so"
    /// nil: left to the host, which isolates it.
    var isolation: String?
    var deadline = "5s"
    var parameters = "{}"
    /// A risk policy, the only one, instead of an agent.
    var isPolicy = false
    /// Its library is in the manifest, no instance of it.
    var isIdle = false

    init(_ name: String) { id = "fixture.\(name)" }
  }

  init() throws {
    var template = Array("/tmp/alphaloop-session-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw HostError(.data, errorText()) }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    makeFolder("\(folder)/config/sectors")
    try writeAtomically(Array(Self.bars().utf8), to: "\(folder)/bars.csv")
    try write()
  }

  deinit { _ = removeAll(folder) }

  /// Prices that cross their averages often: two sums of whole-number waves, the same everywhere.
  private static func bars() -> String {
    var text = "symbol,timestamp,open,high,low,close,volume\n"
    for (symbol, phase) in [("AAA", 0), ("BBB", 7)] {
      var day = 0
      for i in 0..<120 {
        while (day + 3) % 7 >= 5 { day += 1 }
        let close = 10_000 + 40 * abs((i + phase) % 16 - 8) + 25 * abs((i * 3 + phase) % 22 - 11)
        let open = close + (i % 3 - 1) * 5
        let (year, month, date) = civilDate(Int64(18_000 + day))
        func two(_ v: Int64) -> String { v < 10 ? "0\(v)" : "\(v)" }
        func money(_ cents: Int) -> String { "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)" }
        text += "\(symbol),\(year)-\(two(month))-\(two(date))T21:00:00Z,\(money(open)),\(money(max(open, close) + 10)),"
        text += "\(money(min(open, close) - 10)),\(money(close)),100000\n"
        day += 1
      }
    }
    return text
  }

  private var guestLibrary: String {
    guard let guest else { return "" }
    let isolation = guest.isolation.map { ", isolation: \($0)" } ?? ""
    return "  - {id: guest, path: \(folder)/\(guest.file), deadlines: {call: \(guest.deadline)}\(isolation)}"
  }

  private var guestPolicy: String {
    guard let guest, guest.isPolicy else { return policy }
    return "{plugin: \(guest.id), id: guest, parameters: \(guest.parameters)}"
  }

  private var guestAgent: String {
    guard let guest, !guest.isPolicy, !guest.isIdle else { return "" }
    return "  - {agent: \(guest.id), id: guest, universe: [AAA, BBB], parameters: \(guest.parameters)}"
  }

  /// Writes the YAML files as the properties stand.
  func write() throws {
    let manifest = """
      version: 1
      seed: 3
      initial_cash: 1000000
      currency: USD
      plugin_folder: \(libraries)
      journal: \(folder)/journal
      libraries:
        - {id: bench, path: libbench.so, required: true, isolation: \(isolation)}
        - {id: files, path: libfiles.so, required: true}
        - {id: simulated, path: libsimulated.so, required: true}
        - {id: sqlitestore, path: libsqlitestore.so}
        - {id: sizing, path: libsizing.so, isolation: \(isolation)}
        - {id: report, path: libreport.so}
      \(guestLibrary)
      \(moreLibraries)
      \(connected)
      data: [{id: bars, plugin: data.files, parameters: {path: \(folder)/bars.csv}}]
      broker: {plugin: broker.simulated, \(broker)}
      store: \(store)
      agents:
        - {agent: bench.ema_cross, id: a, universe: [AAA], parameters: {fast: 3, slow: \(slow), warm_up: 5}}
        - {agent: bench.ema_cross, id: b, universe: [BBB], parameters: {fast: 3, slow: 12, warm_up: 5}}
      \(guestAgent)
      policies: [\(guestPolicy)]
      services: []
      """
    let universe = """
      defaults: {kind: equity, currency: USD, tick: 0.01, lot: 1, multiplier: 1, venue: X, calendar: ALL}
      instruments:
        - {symbol: AAA, sector: all}
        - {symbol: BBB, sector: all}
      """
    let sessions = """
      calendar: ALL
      calendars:
        - {id: ALL, time_zone: UTC, days: [monday, tuesday, wednesday, thursday, friday], open: "09:30", close: "16:00", holidays: {source: none}}
      phases: {collect: "17:30", train: "19:00", validate: "04:00", promote: "05:00", pre_open_checks: "08:30", opening_orders: "09:25", report: "16:15", reload: "17:00"}
      deadlines: {collected: "19:00", promoted: "09:00", opened: "09:28"}
      """
    let files = [
      "alphaloop.yaml": manifest, "universe.yaml": universe, "sessions.yaml": sessions,
      "risk.yaml": risk,
      "sectors/all.yaml": "name: All\nenabled: true\nsymbols: [AAA, BBB]\nagents: []\n",
    ]
    for (name, text) in files { try writeAtomically(Array(text.utf8), to: "\(folder)/config/\(name)") }
  }

  func configuration() throws -> Configuration { try Configuration.load(directory: "\(folder)/config") }

  func session(_ sessions: Int, notices: @escaping (String) -> Void = { _ in }) throws -> TradeSession {
    let configuration = try configuration()
    var options = TradeSession.Options()
    options.sessions = sessions
    options.onNotice = notices
    return try TradeSession(
      configuration, catalog: PluginCatalog(configuration), options: options,
      calendar: try SessionTimes(configuration).event)
  }

  /// The canonical export of the newest session, header included.
  func export() throws -> String {
    let reader = try SessionReader(session: "last", folder: "\(folder)/journal")
    var text = CanonicalExport.header(reader.header)
    try reader.export { text += $0.text + "\n" }
    return text
  }
}

/// Removes a folder and everything in it.
private func removeAll(_ path: String) -> Bool {
  guard let directory = opendir(path) else { return unlink(path) == 0 }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  closedir(directory)
  for name in names { _ = removeAll("\(path)/\(name)") }
  return rmdir(path) == 0
}

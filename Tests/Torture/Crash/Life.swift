import AlphaLoopCore
import AlphaLoopRuntime
import Foundation

/// One life: a host is killed at a point, perhaps its successor as well; the next one trades to the end, and the books are
/// compared. The broker's book is outside of all of them.
struct Life {
  /// Where the parts of a life lie.
  struct Tools {
    /// Folder of the programs and plugins.
    var programs: String
    var interposer: String
    var broker: Broker
    /// Folder of the lives, in memory where there is such: a killed process loses nothing that was written.
    var root: String
    var seed: UInt64
    /// Who trades: `alphaloop trade`, or the host that sends before it commits.
    var isControl = false
  }

  enum Broker {
    /// With the path of the plugin.
    case desk(String)
    case gateway

    var name: String { if case .desk = self { "desk" } else { "gateway" } }
  }

  struct Result {
    var findings = Findings()
    /// Processes that died at their point.
    var kills: [CrashPoint.Kind] = []
    /// What the interposer counted in the first process.
    var log = CrashLog(path: "")
    var broker = BrokerBook()
    var own = OwnBooks()
    /// Orders at the broker when the first process was gone.
    var firstOrders = 0
    var replays = 0
  }

  let tools: Tools
  let name: String
  /// The first of them, then that of its successor.
  var points: [CrashPoint] = []
  /// Names and agents stand in the opposite order after the first process.
  var isTurned = false
  var isReplayed = false
  /// Seconds that a process may take.
  private let patience = 60.0

  private var folder: HostFolder { HostFolder(path: "\(tools.root)/\(name)", plugins: tools.programs) }
  var path: String { folder.path }

  init(_ tools: Tools, name: String) {
    self.tools = tools
    self.name = name
  }

  func run() throws -> Result {
    makeFolder(folder.journals)
    let exchange: any Counterparty =
      switch tools.broker {
      case .desk(let plugin): DeskExchange(folder: folder.path, plugin: plugin, seed: tools.seed)
      case .gateway: try GatewayExchange(folder: folder.path, programs: tools.programs, seed: tools.seed)
      }
    defer { exchange.close() }
    var result = Result()
    var isTurned = false
    for (k, point) in (points.isEmpty ? [CrashPoint(number: 0, how: .before)] : points).enumerated() {
      try folder.write(exchange, isTurned: isTurned)
      isTurned = self.isTurned
      let run = try process(exchange, point, "run-\(k)")
      if k == 0 {
        result.log = run.log
        result.firstOrders = try exchange.book().orders.count
      }
      guard let kind = run.log.killed else {
        result.findings = result.findings + findings(of: run.ending, "run-\(k)")
        continue
      }
      result.kills.append(kind)
      result.findings = result.findings + (try lookAtTheDead(exchange))
    }
    try folder.write(exchange, isTurned: isTurned)
    try finish(exchange, &result)
    return result
  }

  /// Trades to the end, and compares. A market that moved as the host was leaving is heard by another one.
  private func finish(_ exchange: any Counterparty, _ result: inout Result) throws {
    for attempt in 0..<3 {
      let run = try process(exchange, CrashPoint(number: 0, how: .before), "last-\(attempt)")
      let found = findings(of: run.ending, "last-\(attempt)")
      result.findings = result.findings + found
      if !found.isEmpty || run.isQuiet { break }
    }
    result.broker = try exchange.book()
    do {
      result.own = try OwnBooks(folder, foldsAccount: true)
    } catch {
      result.findings.broken.append("the journal cannot be read: \(error)")
      return
    }
    result.findings = result.findings + Comparison(broker: result.broker, own: result.own).afterEnd()
    result.findings.broken += unequalStatus(result.own)
    if isReplayed { try replay(&result) }
  }

  // MARK: processes

  private struct Run {
    /// nil: it did not end by itself.
    var ending: HostProcess.Ending?
    var log: CrashLog
    /// The market rested for a while before the end.
    var isQuiet: Bool
  }

  /// Runs one process beside the market and the operator until it ends.
  private func process(_ exchange: any Counterparty, _ point: CrashPoint, _ name: String) throws -> Run {
    let log = "\(folder.path)/\(name).count"
    try writeAtomically([UInt8](repeating: 0, count: CrashLog.size), to: log)
    let process = try HostProcess(
      command(exchange), environment: environment(exchange, point, log), output: "\(folder.path)/\(name)")
    var person = Operator(folder, orders: exchange.orders)
    let until = monotonic() + patience
    while monotonic() < until {
      if let ending = process.ending() {
        return Run(ending: ending, log: CrashLog(path: log), isQuiet: monotonic() - exchange.lastMove > 0.15)
      }
      try exchange.step()
      person.step(orders: exchange.orders)
      usleep(1500)
    }
    process.end()
    return Run(ending: nil, log: CrashLog(path: log), isQuiet: false)
  }

  private func command(_ exchange: any Counterparty) -> [String] {
    if tools.isControl {
      return ["\(tools.programs)/torture", "host", folder.config, "\(exchange.days)", "\(exchange.pace)"]
    }
    return [
      "\(tools.programs)/alphaloop", "trade", "--paper", "--config", folder.config, "--sessions", "\(exchange.days)",
      "--pace",
      "\(exchange.pace)", "--json",
    ]
  }

  private func environment(_ exchange: any Counterparty, _ point: CrashPoint, _ log: String) -> [String] {
    var all = [
      "PATH=/usr/bin:/bin", "SWIFT_BACKTRACE=enable=no", "LD_PRELOAD=\(tools.interposer)",
      "CRASH_JOURNAL=\(folder.journals)", "CRASH_LOG=\(log)", "CRASH_AT=\(point.number)",
      "CRASH_HOW=\(point.how.rawValue)",
    ]
    if let line = exchange.line { all.append("CRASH_BOOK=\(line)") }
    if point.isOfOrders { all.append("CRASH_ORDERS=1") }
    if let only = point.only { all.append("CRASH_ONLY=\(only.map { "\($0.rawValue)" }.joined())") }
    return all
  }

  private func findings(of ending: HostProcess.Ending?, _ name: String) -> Findings {
    var found = Findings()
    switch ending {
    // Halted at the end is told by the code; why is looked at in the journal.
    case .exit(0), .exit(HostError.Code.halted.rawValue): break
    case nil: found.broken.append("\(name) did not end within \(Int(patience)) s: \(lastWords(name))")
    default: found.broken.append("\(name) ended with \(ending.map { "\($0)" } ?? "nothing"): \(lastWords(name))")
    }
    return found
  }

  private func lastWords(_ name: String) -> String {
    let text = readFile("\(folder.path)/\(name).err").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").suffix(3).joined(separator: " | ")
  }

  // MARK: looking

  private func lookAtTheDead(_ exchange: any Counterparty) throws -> Findings {
    let book = try exchange.book()
    // Where nothing is committed yet there is no journal to open, and nothing may be at the broker.
    let own = (try? OwnBooks(folder, foldsAccount: false)) ?? OwnBooks()
    return Comparison(broker: book, own: own).afterKill()
  }

  /// The account that the last process had, as it said itself, against that of its journal.
  private func unequalStatus(_ own: OwnBooks) -> [String] {
    guard let name = ["last-2", "last-1", "last-0"].first(where: { readFile("\(folder.path)/\($0)") != nil }),
      let line = readFile("\(folder.path)/\(name)"), let status = try? JSONValue.parse(line),
      let statement = own.statement
    else { return ["the last process said nothing of its account"] }
    let held = Comparison.positions(statement).values.filter { $0.quantity != 0 }.count
    let orders = statement["orders"]?.array?.count ?? 0
    let pairs: [(String, String?, String?)] = [
      ("cash", status["cash"]?.string, statement["cash"]?.string),
      ("equity", status["equity"]?.string, statement["equity"]?.string),
      ("positions", status["positions"].map(\.text), "\(held)"),
      ("working orders", status["working_orders"].map(\.text), "\(orders)"),
    ]
    return pairs.filter { $0.1 != $0.2 }.map {
      "\($0.0): the process had \($0.1 ?? "?"), its journal makes \($0.2 ?? "?")"
    }
  }

  /// Every session of the journal, those of the killed too, decides the same again.
  private func replay(_ result: inout Result) throws {
    for session in result.own.sessions {
      let id = String(session, radix: 16)
      let words = ["\(tools.programs)/alphaloop", "replay", id, "--config", folder.config]
      let process = try HostProcess(words, environment: ["PATH=/usr/bin:/bin"], output: "\(folder.path)/replay-\(id)")
      let ending = process.wait(seconds: patience)
      result.replays += 1
      if ending == .exit(0) { continue }
      let said = readFile("\(folder.path)/replay-\(id)").map { String(decoding: $0, as: UTF8.self) } ?? ""
      result.findings.broken.append("replay of \(id): \(said)\(lastWords("replay-\(id)"))")
    }
  }
}

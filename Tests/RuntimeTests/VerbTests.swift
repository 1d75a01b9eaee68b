import Foundation
import Testing

@testable import AlphaLoopRuntime

/// What the verbs say and leave with when something is not as it should be.
@Suite(.serialized) struct VerbTests {
  private func alphaloop(_ arguments: String...) throws -> AlphaLoopProcess.Ending {
    try AlphaLoopProcess.run(arguments)
  }

  struct Misuse: Sendable {
    var arguments: [String]
    var message: String
    init(_ arguments: String, _ message: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.message = message
    }
  }

  static let misuses = [
    Misuse("bactest", "'bactest' is no verb of `alphaloop`; did you mean 'backtest'?"),
    Misuse("plugin valdate x.so", "'valdate' is no verb of `alphaloop plugin`; did you mean 'validate'?"),
    Misuse("agent evil", "'evil' is no verb of `alphaloop agent`; did you mean 'eval'?"),
    Misuse("backtest --bars a.csv", "--bars FILE and --agent ID go together"),
    Misuse("backtest --agent mom.donchian", "--bars FILE and --agent ID go together"),
    Misuse(
      "backtest --bars a.csv --agent a --report r.html",
      "--report, --document and --sweep are of runs with a manifest; leave them or --bars out"),
    Misuse("backtest --bars a.csv --agent a --params {", "--params is not JSON: "),
    Misuse("backtest --bars a.csv --agent a --params []", "--params is no JSON object"),
    Misuse("backtest --bars a.csv --agent a --cash plenty", "--cash 'plenty' is no amount of money"),
    Misuse("backtest --bars a.csv --agent a --cash=-1", "--cash '-1' is no amount of money"),
    Misuse("backtest --bars a.csv --agent a --fill never", "--fill 'never' is neither next_open nor same_close"),
    Misuse("backtest --bars a.csv --agent a --commission-bps=-1", "--commission-bps -1.0 is below zero or no number"),
    Misuse("backtest --bars a.csv --agent a --quantity 0", "--quantity 0.0 is not above zero"),
    Misuse("trade --sessions 0", "--sessions is at least 1, --pace 0 to 1000000"),
    Misuse("trade --pace=-1", "--sessions is at least 1, --pace 0 to 1000000"),
    Misuse("trade --account a/b", "'a/b' is no account name"),
    Misuse("agent eval a --data . --from 2020-13-01", "'2020-13-01' is no date: write YYYY-MM-DD"),
    Misuse(
      "agent eval a --data . --from 2020-02-01 --to 2020-01-01", "--from 2020-02-01 is not before --to 2020-01-01"),
    Misuse("resume --reason \u{a0}", "--reason is empty; say why"),
    Misuse("backtest --repeat 2", "Unknown option '--repeat'"),
  ]

  @Test("wrong usage is told, with the nearest word, and leaves with 2", arguments: misuses)
  func usage(_ misuse: Misuse) throws {
    let ended = try AlphaLoopProcess.run(misuse.arguments)
    #expect(ended.code == 2)
    #expect(ended.errors.contains(misuse.message), "\(ended.errors)")
    #expect(ended.output.isEmpty)
  }

  @Test("numbers of a run are checked before the run", arguments: ["--moments", "--repeats", "--threads"])
  func counts(_ option: String) throws {
    let fixture = try SessionFixture()
    let ended = try alphaloop("backtest", "--config", "\(fixture.folder)/config", option, "0")
    #expect(ended.code == 2)
    #expect(ended.errors.contains("--moments, --repeats and --threads are at least 1"))
  }

  @Test("a report that cannot be written ends a run before it begins", arguments: ["--report", "--document"])
  func unwritable(_ option: String) throws {
    let fixture = try SessionFixture()
    let config = "\(fixture.folder)/config"
    for (target, problem) in [
      ("\(fixture.folder)/bars.csv/r.html", "Not a directory"), (fixture.folder, "is a folder; name a file in it"),
    ] {
      let ended = try alphaloop("backtest", "--config", config, option, target)
      #expect(ended.code == 4)
      #expect(ended.errors.contains(problem) && ended.errors.contains(target.replacing("/r.html", with: "")))
      let demo = try alphaloop("demo", "--config", config, "-o", target)
      #expect(demo.code == 4)
      #expect(demo.errors.contains(problem))
    }
    #expect(!FileManager.default.fileExists(atPath: "\(fixture.folder)/journal"), "nothing was run")
    let report = "\(fixture.folder)/new/r.html"
    #expect(try alphaloop("backtest", "--config", config, "--report", report).code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(fixture.folder)/new") == ["r.html"])
  }

  @Test("a broken run document is broken data")
  func brokenDocument() throws {
    let fixture = try SessionFixture()
    let document = "\(fixture.folder)/run.json"
    try writeAtomically(Array(#"{"format": "alphaloop.run/1"}"#.utf8), to: document)
    let ended = try alphaloop(
      "report", "--config", "\(fixture.folder)/config", "--document", document, "-o", "\(fixture.folder)/r.html")
    #expect(ended.code == 4, "\(ended.errors)")
    #expect(ended.errors.contains("service.report: report failed (data)"))
  }

  @Test("a store that cannot be opened is named with its path and its entry")
  func store() throws {
    let fixture = try SessionFixture()
    fixture.store = "{plugin: store.sqlite, parameters: {path: \(fixture.folder)/bars.csv/store}}"
    try fixture.write()
    let ended = try alphaloop("backtest", "--config", "\(fixture.folder)/config")
    #expect(ended.code == 4, "\(ended.errors)")
    #expect(ended.errors.contains("\(fixture.folder)/bars.csv"))
    #expect(ended.errors.contains("/config/alphaloop.yaml:"))
    #expect(ended.errors.contains("make its place writable"))
  }

  @Test("the store of a manifest that names no path lies beside the configuration, not in it")
  func defaultStore() throws {
    let fixture = try SessionFixture()
    fixture.store = "{plugin: store.sqlite}"
    try fixture.write()
    let before = try FileManager.default.contentsOfDirectory(atPath: "\(fixture.folder)/config").sorted()
    #expect(try alphaloop("backtest", "--config", "\(fixture.folder)/config", "--json").code == 0)
    #expect(FileManager.default.fileExists(atPath: "\(fixture.folder)/var/store/state.db"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(fixture.folder)/config").sorted() == before)
  }

  @Test("a pipe is no file of bars, and is not waited for")
  func pipe() throws {
    let fixture = try SessionFixture()
    let path = "\(fixture.folder)/pipe.csv"
    try #require(mkfifo(path, 0o600) == 0)
    let ended = try alphaloop("backtest", "--bars", path, "--agent", "bench.ema_cross")
    #expect(ended.code == 4)
    #expect(ended.errors.contains("\(path): cannot read a pipe"), "\(ended.errors)")
    let folder = try alphaloop("backtest", "--bars", fixture.folder, "--agent", "bench.ema_cross")
    #expect(folder.code == 4)
    #expect(folder.errors.contains("\(fixture.folder): cannot read a directory"), "\(folder.errors)")
  }

  // MARK: the kill switch

  static let journals = [
    "journal: [a, b]", "journal: 5", "journal:", "journal: *nowhere", "journal: {a: b}", "# journal: var",
    "journal: bars.csv",
    "journal: /proc/self/mem",
  ]

  @Test("where the journals are must be known before the kill switch is told", arguments: journals)
  func statusOfNothing(_ line: String) throws {
    let fixture = try SessionFixture()
    let path = "\(fixture.folder)/config/alphaloop.yaml"
    try writeAtomically(Array("x".utf8), to: "\(fixture.folder)/config/bars.csv")
    let text = String(decoding: try #require(readFile(path)), as: UTF8.self)
    try writeAtomically(Array(text.replacing("journal: \(fixture.folder)/journal", with: line).utf8), to: path)
    let ended = try alphaloop("status", "--config", "\(fixture.folder)/config")
    #expect(ended.code == 3)
    #expect(ended.output.isEmpty)
    #expect(ended.errors.contains("/config/") || ended.errors.contains("journal:"), "\(ended.errors)")
  }

  @Test("the kill switch works while the rest of the manifest is broken")
  func brokenManifest() throws {
    let fixture = try SessionFixture()
    let config = "\(fixture.folder)/config"
    let text = "seed: [\n  }\njournal:\n  \"\(fixture.folder)/journal\"  # here\nagents: {\n"
    try writeAtomically(Array(text.utf8), to: "\(config)/alphaloop.yaml")
    #expect(try alphaloop("status", "--config", config).output.contains("the kill switch is armed"))
    #expect(try alphaloop("flatten", "--config", config, "--reason", "test").code == 0)
    let status = try alphaloop("status", "--config", config)
    #expect(status.code == 0)
    #expect(status.output.contains("the kill switch is flattening"))
    try writeAtomically(Array("no database".utf8), to: "\(fixture.folder)/journal/simulation-SIM.db")
    let unreadable = try alphaloop("status", "--config", config)
    #expect(unreadable.code == 4)
    #expect(unreadable.output.isEmpty)
  }

  // MARK: signals

  /// Waits until the process has opened its journal and so is at its work.
  private func isAtWork(_ fixture: SessionFixture) throws {
    for _ in 0..<2000 where !FileManager.default.fileExists(atPath: "\(fixture.folder)/work") { usleep(5000) }
    try #require(FileManager.default.fileExists(atPath: "\(fixture.folder)/work"))
  }

  @Test("a backtest that a signal stops leaves with 1 and says so", arguments: [SIGINT, SIGTERM])
  func stopped(_ signal: Int32) throws {
    let fixture = try SessionFixture()
    let run = try AlphaLoopProcess.start([
      "backtest", "--config", "\(fixture.folder)/config", "--repeats", "1000000", "--journal", "\(fixture.folder)/work",
    ])
    try isAtWork(fixture)
    // The same request to a process and to its group is one.
    run.send(signal)
    run.send(signal)
    let ended = run.end()
    #expect(ended.code == 1)
    #expect(ended.errors.contains("stopped by a signal: what is shown is the part of the run up to then"))
    #expect(ended.output.contains("\"final_equity\""))
  }

  @Test(
    "a second signal ends a process that does not stop, and what was committed stays", arguments: [SIGINT, SIGTERM])
  func twice(_ signal: Int32) throws {
    let fixture = try SessionFixture()
    let config = "\(fixture.folder)/config"
    #expect(try alphaloop("backtest", "--config", config, "--json").code == 0)
    let before = try alphaloop("export", "--config", config).output
    // Nobody reads the pipe: the process cannot come to the point where it looks at the signal.
    try #require(mkfifo("\(fixture.folder)/stuck", 0o600) == 0)
    let run = try AlphaLoopProcess.start([
      "backtest", "--config", config, "--journal", "\(fixture.folder)/stuck",
    ])
    usleep(700_000)
    run.send(signal)
    usleep(500_000)
    #expect(run.process.isRunning)
    run.send(signal)
    #expect(run.end().code == 128 + signal)
    #expect(try alphaloop("export", "--config", config).output == before)
  }
}

import AlphaLoopCore
import AlphaLoopRuntime
import ArgumentParser
import CAlphaLoop
import Glibc

struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The main job on sample data: a backtest of the enabled agents, then a simulated session.",
    discussion:
      "Runs on real daily prices when scripts/quickstart has fetched them, else on a generated market, labelled SYNTHETIC."
  )

  @OptionGroup var configurationOptions: ConfigurationOptions
  @Option(name: .shortAndLong, help: "Where to write the HTML report.") var output = "report.html"
  @Option(name: .long, help: "Sessions to simulate after the backtest.") var sessions = 5
  @Flag(name: .long, help: "Print one JSON line.") var json = false

  func run() throws {
    Signals.install()
    let sessionReport = output.replacing(".html", with: "") + "-session.html"
    for path in [output, sessionReport] { try checkWritable(path) }
    let (configuration, sample) = try DemoConfiguration(configurationOptions.directory).load()
    let catalog = loadCatalog(configuration)
    let backtest = try backtest(configuration, catalog, sample)
    try endIfStopped()
    let session = try simulate(configuration, catalog, sample)
    defer { session.close() }
    let document = try session.finish()
    try endIfStopped()
    let answer = try JobRunner(catalog, warn: Console.warn).run(
      id: "service.report", verb: "report", input: backtest.document().canonicalBytes
    ) { Signals.wantsStop }
    try writeAtomically(answer.output, to: output)
    let second = try JobRunner(catalog, warn: Console.warn).run(
      id: "service.report", verb: "report", input: document.canonicalBytes)
    try writeAtomically(second.output, to: sessionReport)
    backtest.close()
    if json { return Console.out(jsonLine(backtest, session, sample, sessionReport)) }
    Console.out(answer.text)
    let c = session.engine.counts
    Console.out(
      "Simulated session\(sample.isSynthetic ? " (SYNTHETIC)" : ""): \(sessions) days, \(c.orders) orders, \(c.fills) fills, "
        + "\(c.denials) denials, equity \(session.engine.equity), kill switch \(session.engine.halt)")
    Console.out("report: \(output)   session report: \(sessionReport)")
    Console.out(
      "sessions: \(backtest.sessionID) (backtest), \(session.sessionName) (simulation); alphaloop replay last")
  }

  private func endIfStopped() throws {
    if Signals.wantsStop { throw HostError(.failedCheck, "stopped by a signal before the end of the demonstration") }
  }

  private func backtest(_ configuration: Configuration, _ catalog: PluginCatalog, _ sample: SampleData) throws
    -> BacktestRun
  {
    var options = BacktestRun.Options()
    options.title = "Demonstration backtest"
    options.recordsSession = true
    options.recordsOutputs = false
    options.notices = sample.notices
    options.isSynthetic = sample.isSynthetic
    options.sources = SampleFacts(sample).sources
    options.log = { name, level, text in if level >= 2 { Console.warn("\(name): \(text)") } }
    let run = try BacktestRun(configuration, catalog: catalog, options: options)
    for absence in run.generation.absences { Console.warn("\(absence.instance) takes no part: \(absence.reason)") }
    try run.run { Signals.wantsStop }
    return run
  }

  private func simulate(_ configuration: Configuration, _ catalog: PluginCatalog, _ sample: SampleData) throws
    -> TradeSession
  {
    var options = TradeSession.Options()
    options.title = "Demonstration session"
    options.sessions = sessions
    options.account = "DEMO"
    options.reloads = false
    options.onNotice = { Console.note($0) }
    options.apply(SampleFacts(sample))
    // The demonstration's own account begins anew each time, whatever halted it last.
    let journal = TradeSession.journalPath(configuration, mode: "simulation", account: options.account)
    for suffix in ["", "-wal", "-shm"] { unlink(journal + suffix) }
    return try TradeRun(configuration, catalog, options).run()
  }

  private func jsonLine(_ backtest: BacktestRun, _ session: TradeSession, _ sample: SampleData, _ sessionReport: String)
    -> String
  {
    let object: JSONValue = [
      "synthetic": .bool(sample.isSynthetic), "notices": .array(sample.notices.map { .string($0) }),
      "backtest": [
        "session": .string(backtest.sessionID), "final_equity": .string(backtest.engine.equity.description),
        "fills": .integer(Int64(backtest.engine.counts.fills)),
        "denials": .integer(Int64(backtest.engine.counts.denials)),
        "run_s": JSONNumber(backtest.timings.run).map { .number($0) } ?? .null,
      ],
      "session": [
        "session": .string(session.sessionName), "equity": .string(session.engine.equity.description),
        "fills": .integer(Int64(session.engine.counts.fills)),
      ],
      "report": .string(output), "session_report": .string(sessionReport),
    ]
    return object.text
  }
}

/// The configuration of the folder, on the sample data that is there.
struct DemoConfiguration {
  private let directory: String
  init(_ directory: String) { self.directory = directory }

  func load() throws -> (Configuration, SampleData) {
    let sample = try SampleData.prepare(root: parent(canonicalPath(directory)))
    var sources = ConfigurationSources(directory: directory)
    if sample.isSynthetic, let manifest = sources.files[ConfigurationSources.manifestName] {
      let text = String(decoding: manifest, as: UTF8.self).replacing("/data/sample/", with: "/data/synthetic/")
      sources.files[ConfigurationSources.manifestName] = Array(text.utf8)
    }
    do {
      return (try Configuration.load(from: sources), sample)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
  }
}

/// What every surface must say of the data of a configuration, when they are the sample's.
struct SampleFacts {
  var notices: [String] = []
  var isSynthetic = false
  var sources: [(name: String, licence: String, detail: String)] = []

  init(_ sample: SampleData) {
    notices = sample.notices
    isSynthetic = sample.isSynthetic
    sources =
      sample.isSynthetic
      ? [("SYNTHETIC generated market", "none", "made on this machine from a seed")]
      : [
        ("20 US large caps, daily closes 1990-2022", "BSD-3-Clause", "skfolio 1.12.2"),
        ("S&P 500, daily bars", "NCSA", "arch 8.0.0"),
      ]
  }

  /// Nothing when the configured files are not the sample's.
  init(_ configuration: Configuration) {
    let root = parent(canonicalPath(configuration.directory))
    let files = configuration.instances(of: .data).flatMap(\.files).map {
      canonicalPath(configuration.resolve(path: $0))
    }
    let sample = SampleData.locate(root: root)
    let known = Set((sample?.files ?? []).map { canonicalPath($0) })
    if files.contains(where: { $0.contains("/data/synthetic/") }) {
      self.init(SampleData.synthetic(root: root))
    } else if let sample, files.contains(where: { known.contains($0) }) {
      self.init(sample)
    } else {
      self.init()
    }
  }

  private init() {}
}

extension TradeSession.Options {
  mutating func apply(_ facts: SampleFacts) {
    notices = facts.notices
    isSynthetic = facts.isSynthetic
    sources = facts.sources
  }
}

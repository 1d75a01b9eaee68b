import AlphaLoopCSV
import AlphaLoopCore
import AlphaLoopRuntime
import ArgumentParser
import Glibc

struct Backtest: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the enabled agents over history, or one agent over one CSV file.",
    discussion: """
      With --bars and --agent no manifest is read: one agent, one CSV (columns date|timestamp, open, high, low, close,
      volume, symbol; see the README), no limits but the money, market orders at the next open.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "Print one JSON line.") var json = false
  @Option(name: .long, help: "CSV file of bars, for a run without a manifest.") var bars: String?
  @Option(name: .long, help: "Plugin id of the agent, with --bars.") var agent: String?
  @Option(name: .long, help: "Parameters of the agent as JSON, with --bars.") var params = "{}"
  @Option(name: .long, help: "Cash at the start, with --bars.") var cash = "1000000"
  @Option(name: .long, help: "next_open or same_close, with --bars.") var fill = "next_open"
  @Option(name: .long, help: "Commission in basis points of notional, with --bars.") var commissionBps = 0.0
  @Option(name: .long, help: "Trade this many units in the direction of each view, with --bars.") var quantity: Double?
  @Option(name: .long, help: "Library of the agent, with --bars (default: those beside the executable).") var library:
    String?
  @Flag(name: .long, help: "Leave bad rows of the CSV out and say how many there were, with --bars.") var skipBadRows =
    false
  @Option(name: .long, help: "Bars from this date on (YYYY-MM-DD).") var from: String?
  @Option(name: .long, help: "Bars before this date (YYYY-MM-DD).") var to: String?
  @Option(name: .long, help: "Write the record of the run to this file.") var journal: String?
  @Option(name: .long, help: "Write the run document to this file.") var document: String?
  @Option(name: .long, help: "Write the HTML report to this file.") var report: String?
  @Option(name: .long, help: "Run this often over the same data and print the run with the median time.") var repeats =
    1
  @Flag(name: .long, help: "Keep no fills, no equity curve and no session: for timing.") var bare = false
  @Flag(name: .long, help: "Make no record of the run: for timing.") var noJournal = false
  @Option(name: .long, help: "Only the first so many moments of the data.") var moments: Int?
  @Option(
    name: .long,
    help: "Run once for each line of this file, a JSON object of parameters of the only agent, on all processors.")
  var sweep: String?
  @Option(name: .long, help: "Threads of a sweep (default: one a processor).") var threads: Int?

  func run() throws {
    if bars != nil || agent != nil { return try runAdHoc() }
    for path in [report, document].compactMap({ $0 }) { try checkWritable(path) }
    let configuration = try configurationOptions.load()
    let catalog = loadCatalog(configuration)
    var options = try options()
    options.recordsSession = !bare && repeats == 1
    let facts = SampleFacts(configuration)
    options.notices = facts.notices
    options.isSynthetic = facts.isSynthetic
    options.sources = facts.sources
    if let sweep { return try runSweep(sweep, configuration, catalog, options) }
    var feed: MarketFeed?
    var lines: [BacktestLine] = []
    for _ in 0..<max(repeats, 1) {
      let run = try BacktestRun(configuration, catalog: catalog, options: options, feed: feed)
      defer { run.close() }
      feed = run.feed
      try run.run { Signals.wantsStop }
      lines.append(BacktestLine(run))
      if repeats == 1 { try finish(run, catalog, configuration) }
      if Signals.wantsStop { break }
    }
    lines.sort { $0.cpu < $1.cpu }
    if json || repeats > 1 { Console.out(lines[lines.count / 2].json) }
    try sayIfStopped()
  }

  /// A run that was stopped half-way ends like a failed check, whatever it printed of the part that it did.
  private func sayIfStopped() throws {
    guard Signals.wantsStop else { return }
    Console.warn("stopped by a signal: what is shown is the part of the run up to then")
    throw ExitCode(1)
  }

  private func options() throws -> BacktestRun.Options {
    guard moments ?? 1 > 0, repeats > 0, threads ?? 1 > 0 else {
      throw HostError(.usage, "--moments, --repeats and --threads are at least 1")
    }
    Signals.install()
    var options = BacktestRun.Options()
    options.journal = journal
    options.recordsRun = !bare
    options.recordsOutputs = !bare
    options.keepsJournal = !noJournal
    options.moments = moments
    options.from = try from.map { try Dates.parse($0) } ?? 0
    options.to = try to.map { try Dates.parse($0) } ?? 0
    try Dates.check(from: from, to: to)
    options.log = { name, level, text in if level >= 2 { Console.warn("\(name): \(text)") } }
    return options
  }

  private func finish(_ run: BacktestRun, _ catalog: PluginCatalog, _ configuration: Configuration) throws {
    for fault in run.barFaults.filter({ $0.line > 0 }).prefix(5) {
      Console.warn("\(fault.place):\(fault.line): \(fault.what)")
    }
    for absence in run.generation.absences { Console.warn("\(absence.instance) takes no part: \(absence.reason)") }
    guard !bare else { return }
    let made = run.document()
    if let document { try writeAtomically(made.canonicalBytes, to: document) }
    let needsReport = report != nil || !json
    guard needsReport else { return }
    let answer = try JobRunner(catalog, warn: Console.warn).run(
      id: "service.report", verb: "report", input: made.canonicalBytes)
    if let report { try writeAtomically(answer.output, to: report) }
    if !json {
      Console.out(answer.text)
      if let report { Console.out("report: \(report)") }
      Console.out("session: \(run.sessionID)")
    }
  }

  // MARK: one agent, one file

  private func runAdHoc() throws {
    guard let bars, let agent else { throw HostError(.usage, "--bars FILE and --agent ID go together") }
    guard report == nil, document == nil, sweep == nil else {
      throw HostError(.usage, "--report, --document and --sweep are of runs with a manifest; leave them or --bars out")
    }
    let parameters: JSONValue
    do {
      parameters = try JSONValue.parse(params)
    } catch {
      throw HostError(.usage, "--params is not JSON: \(error)")
    }
    try checkAdHoc(parameters)
    var adHoc = AdHocConfiguration(bars: bars, agent: agent, parameters: parameters)
    adHoc.cash = cash
    adHoc.fill = fill
    adHoc.commissionBPS = commissionBps
    adHoc.quantity = quantity
    adHoc.library = library
    do {
      let settings = skipBadRows ? ["on_bad_row": "skip"] : [:]
      adHoc.dataParameters = settings
      let file = try BarFile.read(path: bars, options: try BarFileOptions(settings: settings))
      adHoc.symbols = file.series.map(\.symbol)
      if file.badRows.count > 0 {
        Console.warn("\(bars): \(file.badRows.count) bad rows left out\n  \(file.badRows.list)")
      }
      if file.barCount == 0 { throw HostError(.data, "\(bars): has no bars") }
    } catch let error as HostError {
      throw error
    } catch CSVError.badRows(let path, let rows) {
      throw HostError(.data, "\(CSVError.badRows(path: path, rows: rows))\n--skip-bad-rows leaves them out")
    } catch {
      throw HostError(.data, "\(error)")
    }
    let run = try makeRun(adHoc)
    defer { run.close() }
    for absence in run.generation.absences { throw HostError(.configuration, "\(absence.instance): \(absence.reason)") }
    // A run whose agent failed is no result; with other agents it would go on without this one.
    let workers = run.generation.agents.compactMap { $0 as? WorkerAgent }
    try run.run { Signals.wantsStop || workers.contains { $0.firstFault != nil } }
    for worker in workers {
      guard let fault = worker.firstFault else { continue }
      throw HostError(.failedCheck, "\(worker.name): at \(isoTime(fault.time)): \(fault.reason)")
    }
    if json {
      Console.out(AdHocResult(run).json)
    } else {
      Console.out(AdHocResult(run).text)
    }
    try sayIfStopped()
  }

  private func makeRun(_ adHoc: AdHocConfiguration) throws -> BacktestRun {
    var options = try options()
    options.recordsOutputs = false
    do {
      let configuration = try adHoc.configuration()
      return try BacktestRun(configuration, catalog: PluginCatalog(configuration), options: options)
    } catch {
      throw HostError(error.code, AdHocConfiguration.withoutPlaces(error.message))
    }
  }

  /// What the made-up manifest would say of a file that nobody wrote is said of the options.
  private func checkAdHoc(_ parameters: JSONValue) throws {
    guard parameters.object != nil else {
      throw HostError(.usage, "--params is no JSON object: write '{\"name\": value}'")
    }
    guard let amount = Double(cash), amount.isFinite, amount >= 0 else {
      throw HostError(.usage, "--cash '\(cash)' is no amount of money")
    }
    guard ["next_open", "same_close"].contains(fill) else {
      throw HostError(.usage, "--fill '\(fill)' is neither next_open nor same_close")
    }
    guard commissionBps >= 0, commissionBps.isFinite else {
      throw HostError(.usage, "--commission-bps \(commissionBps) is below zero or no number")
    }
    if let quantity, !(quantity > 0 && quantity.isFinite) {
      throw HostError(.usage, "--quantity \(quantity) is not above zero")
    }
  }
}

/// The result of one agent on one file: trades, final equity, timings.
struct AdHocResult {
  let json: String
  let text: String

  init(_ run: BacktestRun) {
    let e = run.engine
    let symbols = e.settings.instruments.map(\.symbol)
    let fills = run.recorder.fills.map { f -> JSONValue in
      [
        "time": .string(isoTime(f.time)), "symbol": .string(symbols[Int(f.instrument)]),
        "quantity": .string(Quantity(raw: f.quantity).description), "price": .string(Price(raw: f.price).description),
        "fee": .string(Money(raw: f.fee).description),
      ]
    }
    func number(_ value: Double) -> JSONValue { JSONNumber(value).map { .number($0) } ?? .null }
    let agent = e.agentStates.first
    let object: JSONValue = [
      "agent": .string(agent?.descriptorID ?? ""), "bars": .integer(Int64(e.counts.bars)),
      "trades": .integer(Int64(e.counts.fills)), "final_equity": .string(e.equity.description),
      "cash": .string(e.cash.description), "max_drawdown": number(e.maximumDrawdown),
      "denials": .integer(Int64(e.counts.denials)), "halt": .string("\(e.halt)"),
      "timings": [
        "load_s": number(run.timings.load), "run_s": number(run.timings.run), "report_s": number(run.timings.report),
      ],
      "fills": .array(fills),
    ]
    json = object.text
    text =
      "\(e.counts.bars) bars, \(e.counts.fills) trades, final equity \(e.equity), largest drawdown "
      + "\(Double((e.maximumDrawdown * 10000).rounded()) / 100) %\n"
      + "load \(run.timings.load) s, run \(run.timings.run) s"
  }
}

/// The one-line result of a backtest.
struct BacktestLine {
  let json: String
  let cpu: Double
  init(_ run: BacktestRun) {
    let e = run.engine
    let c = e.counts
    cpu = run.timings.cpu
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    json =
      "{\"session\":\"\(run.sessionID)\",\"bars\":\(c.bars),\"orders\":\(c.orders),\"fills\":\(c.fills),\"denials\":\(c.denials),"
      + "\"final_equity\":\(e.equity),\"max_drawdown\":\(e.maximumDrawdown),\"halt\":\"\(e.halt)\",\"load_s\":\(run.timings.load),"
      + "\"run_s\":\(run.timings.run),\"cpu_s\":\(run.timings.cpu),\"peak_rss_kb\":\(usage.ru_maxrss)}"
  }
}

enum Dates {
  /// - Throws: when both ends are given and nothing lies between them.
  static func check(from: String?, to: String?) throws {
    guard let from, let to else { return }
    let (first, end) = (try parse(from), try parse(to))
    if first >= end { throw HostError(.usage, "--from \(from) is not before --to \(to)") }
  }

  /// Start of a date, ns UTC.
  static func parse(_ text: String) throws -> Int64 {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    let date = parts.count == 3 ? CivilDate(year: parts[0], month: parts[1], day: parts[2]) : nil
    guard let date, date.isValid else { throw HostError(.usage, "'\(text)' is no date: write YYYY-MM-DD") }
    return date.dayNumber * 86_400_000_000_000
  }
}

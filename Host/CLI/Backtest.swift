import AlphaLoopCore
import AlphaLoopRuntime
import ArgumentParser
import CSystem
import Glibc

struct Backtest: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the enabled agents over history.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "Print one JSON line.") var json = false
  @Option(name: .long, help: "Write the record of the run to this file.") var journal: String?
  @Option(name: .long, help: "Write the run document to this file.") var document: String?
  @Option(name: .long, help: "Run this often over the same data and print the run with the median time.") var repeats =
    1
  @Flag(name: .long, help: "Keep no fills and no equity curve: for timing.") var bare = false
  @Flag(name: .long, help: "Make no record of the run: for timing.") var noJournal = false
  @Option(name: .long, help: "Only the first so many moments of the data.") var moments: Int?
  @Option(
    name: .long,
    help: "Run once for each line of this file, a JSON object of parameters of the only agent, on all processors.")
  var sweep: String?
  @Option(name: .long, help: "Threads of a sweep (default: one a processor).") var threads: Int?

  func run() throws {
    let configuration = try configurationOptions.load()
    let catalog = PluginCatalog(configuration)
    var options = BacktestRun.Options()
    options.journal = journal
    options.recordsRun = !bare
    options.keepsJournal = !noJournal
    options.moments = moments
    if let sweep { return try runSweep(sweep, configuration, catalog, options) }
    var feed: MarketFeed?
    var lines: [BacktestLine] = []
    for _ in 0..<max(repeats, 1) {
      let run = try BacktestRun(configuration, catalog: catalog, options: options, feed: feed)
      defer { run.close() }
      feed = run.feed
      try run.run()
      lines.append(BacktestLine(run))
    }
    lines.sort { $0.cpu < $1.cpu }
    print(lines[lines.count / 2].json)
  }

  private func runSweep(
    _ path: String, _ configuration: Configuration, _ catalog: PluginCatalog, _ options: BacktestRun.Options
  ) throws {
    let agents = configuration.instances(of: .agent).filter(\.isEnabled)
    guard agents.count == 1, let agent = agents.first else {
      throw HostError(.usage, "--sweep needs a configuration with one enabled agent; this one has \(agents.count)")
    }
    let sets = try BacktestSweep.sets(path)
    let first = try BacktestRun(configuration, catalog: catalog, options: options)
    let feed = first.feed
    first.close()
    let sweep = BacktestSweep(configuration, catalog: catalog, agent: agent.id, sets: sets, feed: feed)
    let start = al_monotonic_ns()
    let results = try sweep.run(threads: threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let seconds = Double(al_monotonic_ns() - start) / 1e9
    for (set, result) in zip(sets, results) {
      print(
        "{\"parameters\":\(JSONValue.object(set).canonicalText),\"fills\":\(result.fills),\"final_equity\":\(result.equity),"
          + "\"max_drawdown\":\(result.maximumDrawdown),\"cpu_s\":\(result.cpu)}")
    }
    let fills = results.reduce(0) { $0 + $1.fills }
    let cpu = results.reduce(0) { $0 + $1.cpu }
    let best = results.map(\.equity).max() ?? .zero
    print(
      "{\"sets\":\(results.count),\"fills\":\(fills),\"best_equity\":\(best),\"run_s\":\(seconds),\"cpu_s\":\(cpu)}")
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
      "{\"bars\":\(c.bars),\"orders\":\(c.orders),\"fills\":\(c.fills),\"denials\":\(c.denials),"
      + "\"final_equity\":\(e.equity),\"max_drawdown\":\(e.maximumDrawdown),\"halt\":\"\(e.halt)\",\"load_s\":\(run.timings.load),"
      + "\"run_s\":\(run.timings.run),\"cpu_s\":\(run.timings.cpu),\"peak_rss_kb\":\(usage.ru_maxrss)}"
  }
}

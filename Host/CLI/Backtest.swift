import AlphaLoopCore
import AlphaLoopRuntime
import ArgumentParser

struct Backtest: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the enabled agents over history.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "Print one JSON line.") var json = false
  @Option(name: .long, help: "Write the record of the run to this file.") var journal: String?
  @Option(name: .long, help: "Write the run document to this file.") var document: String?
  @Option(name: .long, help: "Run this often over the same data and print the run with the median time.") var repeats = 1
  @Flag(name: .long, help: "Keep no fills and no equity curve: for timing.") var bare = false

  func run() throws {
    let configuration = try configurationOptions.load()
    let catalog = PluginCatalog(configuration)
    var options = BacktestRun.Options()
    options.journal = journal
    options.recordsRun = !bare
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
}

/// The one-line result of a backtest.
struct BacktestLine {
  let json: String
  let cpu: Double
  init(_ run: BacktestRun) {
    let e = run.engine
    let c = e.counts
    cpu = run.timings.cpu
    json =
      "{\"bars\":\(c.bars),\"orders\":\(c.orders),\"fills\":\(c.fills),\"denials\":\(c.denials),"
      + "\"final_equity\":\(e.equity),\"max_drawdown\":\(e.maximumDrawdown),\"halt\":\"\(e.halt)\",\"load_s\":\(run.timings.load),"
      + "\"run_s\":\(run.timings.run),\"cpu_s\":\(run.timings.cpu)}"
  }
}

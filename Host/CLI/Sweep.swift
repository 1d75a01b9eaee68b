import AlphaLoopCore
import AlphaLoopRuntime
import CSystem
import Glibc

extension Backtest {
  /// One run for each line of a file of parameter sets, on all processors.
  func runSweep(
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
      Console.out(
        "{\"parameters\":\(JSONValue.object(set).canonicalText),\"fills\":\(result.fills),\"final_equity\":\(result.equity),"
          + "\"max_drawdown\":\(result.maximumDrawdown),\"cpu_s\":\(result.cpu)}")
    }
    let fills = results.reduce(0) { $0 + $1.fills }
    let cpu = results.reduce(0) { $0 + $1.cpu }
    let best = results.map(\.equity).max() ?? .zero
    Console.out(
      "{\"sets\":\(results.count),\"fills\":\(fills),\"best_equity\":\(best),\"run_s\":\(seconds),\"cpu_s\":\(cpu)}")
  }
}

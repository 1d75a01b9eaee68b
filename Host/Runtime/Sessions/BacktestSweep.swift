import AlphaLoopCore
import Glibc

/// One backtest a set of parameters, on all processors, over one reading of the data. The runs share the feed and the
/// loaded libraries and nothing that changes.
public final class BacktestSweep: @unchecked Sendable {
  public struct Result: Sendable {
    public var fills: UInt64
    public var equity: Money
    public var maximumDrawdown: Double
    /// Processor time of the run alone, s.
    public var cpu: Double
  }

  private let configuration: Configuration
  private let catalog: PluginCatalog
  private let agent: String
  private let sets: [JSONObject]
  private let feed: MarketFeed
  private var lock = pthread_mutex_t()
  // Under the lock.
  private var next = 0
  private var results: [Result?]
  private var failure: HostError?

  /// - Parameters:
  ///   - agent: whose parameters the sets replace.
  ///   - feed: the data of every run.
  public init(
    _ configuration: Configuration, catalog: PluginCatalog, agent: String, sets: [JSONObject], feed: MarketFeed
  ) {
    self.configuration = configuration
    self.catalog = catalog
    self.agent = agent
    self.sets = sets
    self.feed = feed
    results = Array(repeating: nil, count: sets.count)
    pthread_mutex_init(&lock, nil)
  }

  /// The sets of a file: one JSON object a line.
  public static func sets(_ path: String) throws(HostError) -> [JSONObject] {
    guard let bytes = readFile(path) else { throw HostError(.usage, "\(path): cannot be read") }
    var sets: [JSONObject] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      do {
        guard case .object(let set) = try JSONValue.parse(String(decoding: line, as: UTF8.self)) else {
          throw HostError(.usage, "\(path):\(index + 1): expected a JSON object of parameters, such as {\"fast\": 5}")
        }
        sets.append(set)
      } catch let error as HostError {
        throw error
      } catch {
        throw HostError(.usage, "\(path):\(index + 1): \(error)")
      }
    }
    return sets
  }

  deinit { pthread_mutex_destroy(&lock) }

  /// - Returns: a result a set, in their order.
  public func run(threads: Int) throws(HostError) -> [Result] {
    var workers: [pthread_t] = []
    for _ in 0..<max(1, min(threads, sets.count)) {
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { context in
          if let context { Unmanaged<BacktestSweep>.fromOpaque(context).takeUnretainedValue().work() }
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
      if status == 0 { workers.append(thread) }
    }
    if workers.isEmpty { work() }
    for worker in workers { pthread_join(worker, nil) }
    if let failure { throw failure }
    return results.compactMap { $0 }
  }

  private func work() {
    while true {
      do throws(HostError) {
        guard let (index, run) = try begin() else { return }
        defer { close(run) }
        try run.run()
        keep(run, index)
      } catch {
        pthread_mutex_lock(&lock)
        if failure == nil { failure = error }
        pthread_mutex_unlock(&lock)
        return
      }
    }
  }

  /// Instances are made and destroyed one after the other: plugins are promised that of their control calls.
  private func begin() throws(HostError) -> (Int, BacktestRun)? {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    guard next < sets.count, failure == nil else { return nil }
    var options = BacktestRun.Options()
    options.recordsRun = false
    options.keepsJournal = false
    let index = next
    next += 1
    let run = try BacktestRun(
      configuration.setting(sets[index], of: agent), catalog: catalog, options: options, feed: feed)
    return (index, run)
  }

  private func keep(_ run: BacktestRun, _ index: Int) {
    pthread_mutex_lock(&lock)
    results[index] = Result(
      fills: run.engine.counts.fills, equity: run.engine.equity, maximumDrawdown: run.engine.maximumDrawdown,
      cpu: run.timings.cpu)
    pthread_mutex_unlock(&lock)
  }

  private func close(_ run: BacktestRun) {
    pthread_mutex_lock(&lock)
    run.close()
    pthread_mutex_unlock(&lock)
  }
}

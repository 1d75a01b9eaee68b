import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// A backtest of a configuration, from its files to a result.
public final class BacktestRun {
  public struct Options {
    public var mode = AL_MODE_BACKTEST
    /// Only these agents; nil: all that are enabled.
    public var agents: Set<String>?
    /// Bars known from here on; 0: all.
    public var from: Int64 = 0
    public var to: Int64 = 0
    /// Record of the run; nil: chained and dropped.
    public var journal: String?
    /// Keep fills, denials and the equity curve for a report.
    public var recordsRun = true
    /// Make the records of the run; without, they are neither chained nor counted.
    public var keepsJournal = true
    /// Only so many moments of the data; nil: all.
    public var moments: Int?
    public var recordsOutputs = false
    public var title = "Backtest"
    public var notices: [String] = []
    public var isSynthetic = false
    public var log: @Sendable (String, Int32, String) -> Void = { _, _, _ in }
    public init() {}
  }

  public struct Timings: Sendable {
    public var load = 0.0
    public var run = 0.0
    public var cpu = 0.0
    public var report = 0.0
  }

  public let generation: Generation
  public let feed: MarketFeed
  public private(set) var engine: Engine
  public let recorder: RunRecorder
  public private(set) var timings = Timings()
  public let options: Options
  public let barFaults: [BarLoader.Fault]
  private let journal: FileJournal?
  private let discarded: DiscardingJournal?
  private let broker: BrokerLink
  private let memory: any InputMemory

  /// - Parameter feed: bars read before, for a run over the same data; nil: they are read from the data sources.
  public init(
    _ configuration: Configuration, catalog: PluginCatalog, options: Options, feed known: MarketFeed? = nil
  ) throws(HostError) {
    let start = al_monotonic_ns()
    self.options = options
    memory = HeapInputMemory()
    var settings = Generation.Options(mode: options.mode, memory: memory)
    settings.only = options.agents
    settings.log = options.log
    generation = try Generation(number: 1, configuration, catalog: catalog, options: settings)
    broker = try generation.bindBroker(memory)
    try generation.start()
    if let known {
      feed = known
      barFaults = []
    } else {
      var loader = try BarLoader(generation, from: options.from, to: options.to)
      barFaults = loader.faults
      guard let built = FeedBuilder.build(loader.takeSeries()) else {
        throw HostError(
          .data, "the data sources have no bars for the configured instruments; check data: in alphaloop.yaml")
      }
      feed = built
    }
    let cursor: JournalCursor
    if options.keepsJournal {
      let file = try FileJournal(path: options.journal)
      cursor = JournalCursor(sink: file, block: file.firstBlock)
      (journal, discarded) = (file, nil)
    } else {
      let none = DiscardingJournal()
      cursor = JournalCursor(sink: none, block: none.block)
      (journal, discarded) = (nil, none)
    }
    engine = try generation.makeEngine(
      available: feed.available, session: generation.configuration.decisionHash,
      initialCash: Money(raw: generation.configuration.manifest.initialCash.units), memory: memory, journal: cursor,
      recordsOutputs: options.recordsOutputs)
    recorder = RunRecorder(engine)
    if options.recordsRun { engine.observer = recorder }
    timings.load = Double(al_monotonic_ns() - start) / 1e9
  }

  private var fill: BacktestDriver.Fill {
    let parameters = generation.configuration.instances(of: .broker).first?.parameters.value
    return parameters?["fill"]?.string == "same_close" ? .sameClose : .nextOpen
  }

  /// Runs the whole feed, or as far as the process is not asked to stop.
  public func run(isStopping: () -> Bool = { false }) throws(HostError) {
    let driver = BacktestDriver(engine: engine, feed: feed, broker: broker, fill: fill)
    if options.recordsRun {
      driver.onSessionClose = { [unowned self] index in self.recorder.sample(self.feed.ts[index]) }
    }
    let start = al_monotonic_ns()
    let cpu = threadCPU()
    do {
      try driver.run(0..<min(feed.batches, options.moments ?? .max), isStopping: isStopping)
    } catch {
      throw HostError(.broker, "\(error)")
    }
    timings.cpu = threadCPU() - cpu
    engine.journal.flush()
    journal?.finish()
    timings.run = Double(al_monotonic_ns() - start) / 1e9
    if let failure = journal?.failure, failure != 0 {
      throw HostError(.data, "the journal cannot be written: \(String(cString: strerror(failure)))")
    }
  }

  private func threadCPU() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
  }

  public var sessionID: String { String(engine.settings.session, radix: 16) }

  /// The run document for reports.
  public func document() -> JSONValue {
    var description = RunDescription(
      title: options.title, mode: Names.mode(options.mode), session: sessionID,
      configurationHash: String(generation.configuration.hash, radix: 16),
      seed: "\(generation.configuration.manifest.seed)",
      currency: generation.configuration.manifest.currency)
    description.notices = options.notices
    description.isSynthetic = options.isSynthetic
    return RunDocumentWriter(engine, recorder, descriptors: generation.agents.map(\.descriptor)).document(description)
  }

  public func close() {
    _ = generation.stop()
    generation.destroy()
  }
}

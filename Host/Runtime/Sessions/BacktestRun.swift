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
    /// Keep the session in the backtest journal, for export and replay.
    public var recordsSession = false
    public var sources: [(name: String, licence: String, detail: String)] = []
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
  private var sessionSink: SessionSink?
  private let outcomes = OutcomeLog()
  private let discarded: DiscardingJournal?
  private let broker: BrokerLink
  private let memory: any InputMemory

  /// - Parameter feed: bars read before, for a run over the same data; nil: they are read from the data sources.
  public init(
    _ configuration: Configuration, catalog: PluginCatalog, options: Options, feed known: MarketFeed? = nil
  ) throws(HostError) {
    let start = al_monotonic_ns()
    self.options = options
    memory = try catalog.inputMemory()
    var settings = Generation.Options(mode: options.mode, memory: memory)
    settings.only = options.agents
    settings.log = options.log
    settings.outcomes = outcomes
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
          .data,
          options.from == 0 && options.to == 0
            ? "the data sources have no bars for the configured instruments; check data: in alphaloop.yaml"
            : "the data sources have no bars of the configured instruments in the time that was asked for; "
              + "leave --from and --to out to run over all there is")
      }
      feed = built
    }
    // Mode, configuration (and its seed), data and how much of them: the same run has the same id.
    let session = FNV1a.hash(
      Array("\(options.mode)/\(generation.configuration.decisionHash)/\(feed.digest)/\(options.moments ?? -1)".utf8))
    let sink: any JournalSink
    let block: UnsafeMutablePointer<JournalRecord>
    if options.recordsSession, options.journal == nil {
      let configuration = generation.configuration
      let path = TradeSession.journalPath(configuration, mode: Names.mode(options.mode), account: "SIM")
      let made = try SessionSink(
        try SessionJournal(path: path, mode: Names.mode(options.mode), account: "SIM"),
        SessionHeader(
          session: session, mode: Names.mode(options.mode), account: "SIM", date: 0,
          seed: configuration.manifest.seed, initialCash: configuration.manifest.initialCash.units,
          files: configuration.sources.files, directory: canonicalPath(configuration.directory),
          decisionHash: configuration.decisionHash, dataDigest: feed.digest,
          libraries: generation.deciding.digests, agents: generation.agents.map(\.name),
          isSynthetic: options.isSynthetic, notices: options.notices, recordsOutputs: options.recordsOutputs,
          from: options.from, to: feed.end))
      sessionSink = made
      let store = LibraryStore(journals: parent(path))
      for problem in store.keep(generation.deciding) { options.log("host", AL_LOG_WARNING, problem) }
      journal = nil
      (sink, block) = (made, made.block)
      discarded = nil
    } else if options.keepsJournal {
      let made = try FileJournal(path: options.journal)
      journal = made
      discarded = nil
      (sink, block) = (made, made.firstBlock)
    } else {
      let none = DiscardingJournal()
      journal = nil
      discarded = none
      (sink, block) = (none, none.block)
    }
    let cursor = JournalCursor(sink: sink, block: block)
    engine = try generation.makeEngine(
      available: feed.available, session: session,
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
    let times = try SessionTimes(generation.configuration)
    driver.onSessionOpen = { [unowned self] index in times.fill(self.engine.session, at: self.feed.ts[index]) }
    let start = al_monotonic_ns()
    let cpu = threadCPU()
    try sessionSink?.append(.backtest(first: 0, last: min(feed.batches, options.moments ?? .max)))
    do {
      try driver.run(0..<min(feed.batches, options.moments ?? .max), isStopping: isStopping)
    } catch {
      throw HostError(.broker, "\(error)")
    }
    timings.cpu = threadCPU() - cpu
    engine.journal.flush()
    for outcome in outcomes.drain() { try sessionSink?.append(.outcome(outcome)) }
    journal?.finish()
    timings.run = Double(al_monotonic_ns() - start) / 1e9
    if isStopping() {
      // Stopped half-way: what was recorded stays, open, and is not passed off as a whole run.
      try sessionSink?.leaveOpen()
      return
    }
    if let sessionSink {
      if let failure = sessionSink.failure { throw failure }
      try sessionSink.end(document().canonicalBytes)
      let summary: JSONValue = [
        "final_equity": .string(engine.equity.description), "fills": .integer(Int64(engine.counts.fills)),
        "denials": .integer(Int64(engine.counts.denials)), "data": .string(feed.digest),
      ]
      generation.keepRun(sessionID, summary.text)
    }
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
      configurationHash: String(generation.configuration.decisionHash, radix: 16),
      seed: "\(generation.configuration.manifest.seed)",
      currency: generation.configuration.manifest.currency)
    description.notices = options.notices
    description.sources = options.sources
    description.isSynthetic = options.isSynthetic
    return RunDocumentWriter(engine, recorder, descriptors: generation.agents.map(\.descriptor)).document(description)
  }

  public func close() {
    _ = generation.stop()
    generation.destroy()
  }
}

/// Writes a backtest's records into the session journal, a block a row.
final class SessionSink: JournalSink {
  let block = UnsafeMutablePointer<JournalRecord>.allocate(capacity: JournalCursor.blockCapacity)
  private let journal: SessionJournal
  /// The first failed write; the run goes on and says so at its end.
  private(set) var failure: HostError?

  init(_ journal: SessionJournal, _ header: SessionHeader) throws(HostError) {
    self.journal = journal
    try journal.begin(header)
  }

  deinit { block.deallocate() }

  func append(_ event: RecordedEvent) throws(HostError) { try journal.append(event, time: 0) }

  func take(_ block: UnsafeMutablePointer<JournalRecord>, count: Int) -> UnsafeMutablePointer<JournalRecord> {
    guard failure == nil else { return block }
    do throws(HostError) {
      try journal.append(records: UnsafeBufferPointer(start: block, count: count), time: 0)
    } catch {
      failure = error
    }
    return block
  }

  func leaveOpen() throws(HostError) { try journal.commit() }

  func end(_ document: [UInt8]) throws(HostError) { try journal.end(time: 0, document: document) }
}

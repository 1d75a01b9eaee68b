import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Re-runs a recorded session from its inputs and compares every record with what was recorded, byte for byte. Reloads are
/// made again where they were; calls that a worker did not answer are not made.
public struct Replay {
  public struct Result: Sendable {
    public var events = 0
    public var records = 0
    /// Generations that took over on the way.
    public var reloads = 0
    /// Calls that ended in the session for a reason outside of the plugin.
    public var outcomes = 0
    /// The first difference; nil: none.
    public var difference: String?
  }

  private let reader: SessionReader

  public init(_ reader: SessionReader) { self.reader = reader }

  /// - Parameter print: given the canonical export of what the replay decided, line by line.
  public func run(print: ((String) -> Void)? = nil) throws(HostError) -> Result {
    let script = OutcomeScript()
    var isOpenBacktest = false
    try reader.rows { row in
      if row.kind == .end { isOpenBacktest = false }
      guard row.kind == .event else { return }
      switch RecordedEvent(encoded: row.payload) {
      case .outcome(let outcome)?: script.add(outcome)
      case .backtest?: isOpenBacktest = true
      default: break
      }
    }
    if isOpenBacktest {
      throw HostError(.data, "the backtest was stopped before its end, and where is not recorded: run it again")
    }
    let rig = try ReplayRig(reader, script, LibraryStore(journals: parent(reader.path)))
    defer { rig.close() }
    let walk = ReplayWalk(rig, SessionPrinter(reader.header), print)
    print?(CanonicalExport.header(reader.header))
    try reader.rows { row in try walk.take(row) }
    return walk.finish()
  }
}

/// Goes along a session's rows: inputs are applied, records compared.
private final class ReplayWalk {
  private let rig: ReplayRig
  private var names: SessionPrinter
  private let print: ((String) -> Void)?
  private var result = Replay.Result()
  private var produced: [JournalRecord] = []
  private var position = 0

  init(_ rig: ReplayRig, _ names: SessionPrinter, _ print: ((String) -> Void)?) {
    self.rig = rig
    self.names = names
    self.print = print
  }

  func take(_ row: SessionJournal.Row) throws {
    guard result.difference == nil else { return }
    switch row.kind {
    case .event:
      guard let event = RecordedEvent(encoded: row.payload) else {
        throw HostError(.data, "an input of the session cannot be read; the journal is from another version")
      }
      names.follow(event)
      try apply(event, at: row.time)
      print?(names.printer.line(event) + "\n")
    case .records: for recorded in journalRecords(row.payload) where result.difference == nil { compare(recorded) }
    case .header, .document, .end: break
    }
    if position > 65536 {
      produced.removeFirst(position)
      position = 0
    }
  }

  private func apply(_ event: RecordedEvent, at time: Int64) throws {
    result.events += 1
    switch event {
    case .outcome: result.outcomes += 1
    case .reload(let change):
      result.reloads += 1
      produced += try rig.switchGeneration(change)
    default:
      do {
        produced += try rig.apply(event, at: time)
      } catch let error as HostError where error.code == .failedCheck {
        result.difference = "record \(result.records): \(error.message)"
      }
    }
  }

  private func compare(_ recorded: JournalRecord) {
    let number = "record \(result.records)"
    guard position < produced.count else {
      result.difference = "\(number): recorded \"\(names.printer.line(recorded))\", the replay decided nothing"
      return
    }
    let replayed = produced[position]
    guard replayed == recorded else {
      result.difference =
        "\(number): recorded \"\(names.printer.line(recorded))\", replayed \"\(names.printer.line(replayed))\""
      return
    }
    print?(names.printer.line(replayed) + "\n")
    position += 1
    result.records += 1
  }

  func finish() -> Replay.Result {
    guard result.difference == nil else { return result }
    if position < produced.count {
      result.difference =
        "record \(result.records): the replay decided \"\(names.printer.line(produced[position]))\", nothing was recorded"
    } else if let missed = rig.missed {
      let line = names.printer.line(.outcome(missed))
      result.difference = "the end: \"\(line)\" was recorded, the replay made no such call"
    }
    return result
  }
}

/// An engine with everything a replay needs around it.
private final class ReplayRig {
  private var generation: Generation
  private let engine: Engine
  private let feed: MarketFeed
  private let records = EventJournal()
  private let memory: any InputMemory
  private let broker: BrokerLink
  private let applier: EventApplier
  private let header: SessionHeader
  private let journal: SessionJournal
  private let script: OutcomeScript
  private let store: LibraryStore

  init(_ reader: SessionReader, _ script: OutcomeScript, _ store: LibraryStore) throws(HostError) {
    let header = reader.header
    self.header = header
    journal = reader.journal
    self.script = script
    self.store = store
    let configuration = try Self.configuration(header, header.files)
    let catalog = PluginCatalog(configuration, files: try store.find(header.libraries, configuration))
    // A library that lay idle in the session takes no part here, but a reload may have named an agent of it.
    memory = try PluginCatalog.inputMemory(
      isShared: catalog.entries.contains { PluginCatalog.isIsolated($0.library, path: $0.path, configuration) })
    generation = try Generation(
      number: 1, configuration, catalog: catalog, options: Self.options(header, script, memory, header.agents))
    broker = try generation.bindBroker(memory)
    try generation.start()
    if generation.agents.map(\.name) != header.agents {
      let absences = generation.absences.map { "\n  \($0.instance): \($0.reason)" }.joined()
      throw HostError(.data, "agents that took part in the session cannot be made again:\(absences)")
    }
    var loader = try BarLoader(generation, from: header.from, to: header.to)
    guard let feed = FeedBuilder.build(loader.takeSeries()) else {
      throw HostError(.data, "the data sources have no bars any more")
    }
    if feed.digest != header.dataDigest {
      throw HostError(
        .data, "the data is not what the session ran on (digest \(feed.digest), recorded \(header.dataDigest))")
    }
    self.feed = feed
    engine = try generation.makeEngine(
      available: feed.available, session: header.session, initialCash: Money(raw: header.initialCash), memory: memory,
      journal: JournalCursor(sink: records, block: records.block), recordsOutputs: header.recordsOutputs)
    applier = EventApplier(engine: engine, feed: feed)
  }

  private static func configuration(_ header: SessionHeader, _ files: [String: [UInt8]]) throws(HostError)
    -> Configuration
  {
    do {
      return try Configuration.load(from: ConfigurationSources(directory: header.directory, files: files))
        .trading(in: Names.modeNumber(header.mode))
    } catch {
      throw HostError(.configuration, "the session's own configuration cannot be read again: \(error)")
    }
  }

  private static func options(
    _ header: SessionHeader, _ script: OutcomeScript, _ memory: any InputMemory, _ agents: [String]
  ) -> Generation.Options {
    var options = Generation.Options(mode: Names.modeNumber(header.mode), memory: memory)
    options.only = Set(agents)
    options.outcomes = script.log
    options.script = script
    return options
  }

  /// Outcomes that no call has come for.
  var missed: CallOutcome? { script.missed }

  /// Applies an input and gives the records that came of it.
  func apply(_ event: RecordedEvent, at time: Int64) throws -> [JournalRecord] {
    switch event {
    case .backtest(let first, let last): try backtest(first..<last)
    case .fold(let last):
      var fold = AccountFold(journal, engine)
      try fold.enter(upTo: last)
    default: try applier.apply(event, at: time)
    }
    try checkOwnWorkers()
    let list = drain()
    switch event {
    // What history and earlier sessions made happen is not this session's.
    case .warmUp, .fold: return []
    default: return list
    }
  }

  private func drain() -> [JournalRecord] {
    engine.journal.flush()
    return records.drain()
  }

  private func backtest(_ range: Range<Int>) throws {
    let fill = generation.configuration.instances(of: .broker).first?.parameters.value["fill"]?.string
    let driver = BacktestDriver(
      engine: engine, feed: feed, broker: broker, fill: fill == "same_close" ? .sameClose : .nextOpen)
    let times = try SessionTimes(generation.configuration)
    driver.onSessionOpen = { [engine, feed] index in times.fill(engine.session, at: feed.ts[index]) }
    try driver.run(range)
  }

  /// Makes the switch again that the session made.
  func switchGeneration(_ change: GenerationSwitch) throws(HostError) -> [JournalRecord] {
    let configuration = try Self.configuration(header, change.files)
    let catalog = PluginCatalog(
      configuration, reusing: generation.catalog, files: try store.find(change.libraries, configuration))
    let reloader = Reloader(settings: Self.options(header, script, memory, change.agents))
    let next: Generation
    do {
      next = try reloader.repeating(change, configuration, catalog, after: generation, engine: engine)
    } catch {
      throw HostError(.data, "generation \(change.number) of the session cannot be made again: \(error.message)")
    }
    generation.retire(keeping: next)
    generation = next
    if engine.agentNames != change.agents {
      throw HostError(
        .data, "generation \(change.number) has the agents \(engine.agentNames) where the session had \(change.agents)")
    }
    return drain()
  }

  /// A worker that fails now makes the replay worthless; it is no difference of the session.
  private func checkOwnWorkers() throws(HostError) {
    if let failure = script.failure { throw HostError(.data, failure) }
    guard let own = script.log.drain().first else { return }
    throw HostError(
      .data,
      "the worker of '\(own.agent)' failed in the replay at call \(own.call), which it answered in the session: "
        + "this says nothing about the session; replay it again")
  }

  func close() {
    _ = generation.stop()
    generation.destroy()
  }
}

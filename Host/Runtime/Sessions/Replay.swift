import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Re-runs a recorded session from its inputs and compares every record with what was recorded, byte for byte.
public struct Replay {
  public struct Result: Sendable {
    public var events = 0
    public var records = 0
    /// The first difference; nil: none.
    public var difference: String?
    public var notes: [String] = []
  }

  /// Ends the walk where the session went on with another generation.
  private static let stopped = "another generation"

  private let reader: SessionReader

  public init(_ reader: SessionReader) { self.reader = reader }

  public func run() throws(HostError) -> Result {
    let header = reader.header
    let configuration: Configuration
    do {
      configuration = try Configuration.load(
        from: ConfigurationSources(directory: header.directory, files: header.files))
    } catch {
      throw HostError(.configuration, "the session's own configuration cannot be read again: \(error)")
    }
    var result = Result()
    let catalog = PluginCatalog(configuration)
    for entry in catalog.entries where header.libraries[entry.path].map({ $0 != entry.sha256 }) ?? false {
      result.notes.append("\(entry.path) is another build than the session ran")
    }
    let rig = try ReplayRig(header, configuration, catalog)
    defer { rig.close() }
    if rig.feed.digest != header.dataDigest {
      throw HostError(
        .data, "the data is not what the session ran on (digest \(rig.feed.digest), recorded \(header.dataDigest))")
    }
    if rig.engine.settings.session != header.session {
      result.notes.append("the configuration resolves to another session id: a plugin's parameter defaults changed")
    }
    let printer = CanonicalExport(
      symbols: configuration.instruments.map(\.symbol), agents: rig.generation.agents.map(\.name))
    var produced: [JournalRecord] = []
    var position = 0
    do {
      try reader.rows { row in
        guard result.difference == nil else { return }
        switch row.kind {
        case .event:
          guard let event = RecordedEvent(encoded: row.payload) else {
            throw HostError(.data, "an input of the session cannot be read; the journal is from another version")
          }
          if case .reload(let number, _) = event {
            result.notes.append(
              "generation \(number) took over here: what follows is not replayed, only what came before")
            throw HostError(.failedCheck, Self.stopped)
          }
          result.events += 1
          produced += try rig.apply(event, at: row.time)
        case .records:
          for recorded in journalRecords(row.payload) {
            guard result.difference == nil else { break }
            guard position < produced.count else {
              result.difference =
                "record \(result.records): recorded \"\(printer.line(recorded))\", the replay decided nothing"
              break
            }
            if produced[position] != recorded {
              result.difference =
                "record \(result.records): recorded \"\(printer.line(recorded))\", replayed \"\(printer.line(produced[position]))\""
              break
            }
            position += 1
            result.records += 1
          }
          if position > 65536 {
            produced.removeFirst(position)
            position = 0
          }
        case .header, .document, .end: break
        }
      }
    } catch {
      if error.code != .failedCheck || error.message != Self.stopped { throw error }
    }
    if result.difference == nil, position < produced.count {
      result.difference =
        "record \(result.records): the replay decided \"\(printer.line(produced[position]))\", nothing was recorded"
    }
    return result
  }
}

/// An engine with everything a replay needs around it.
final class ReplayRig {
  let generation: Generation
  let engine: Engine
  let feed: MarketFeed
  private let records = EventJournal()
  private let memory: any InputMemory
  private let broker: BrokerLink
  private let applier: EventApplier
  private let recorder: RunRecorder

  init(_ header: SessionHeader, _ configuration: Configuration, _ catalog: PluginCatalog) throws(HostError) {
    let mode = Names.modeNumber(header.mode)
    memory = try catalog.inputMemory()
    generation = try Generation(
      number: 1, configuration, catalog: catalog, options: Generation.Options(mode: mode, memory: memory))
    broker = try generation.bindBroker(memory)
    try generation.start()
    var loader = try BarLoader(generation, from: header.from, to: header.to)
    guard let feed = FeedBuilder.build(loader.takeSeries()) else {
      throw HostError(.data, "the data sources have no bars any more")
    }
    self.feed = feed
    engine = try generation.makeEngine(
      available: feed.available, session: header.session, initialCash: Money(raw: header.initialCash), memory: memory,
      journal: JournalCursor(sink: records, block: records.block), recordsOutputs: header.recordsOutputs)
    recorder = RunRecorder(engine)
    engine.observer = recorder
    applier = EventApplier(engine: engine, feed: feed)
  }

  /// Applies an input and gives the records that came of it.
  func apply(_ event: RecordedEvent, at time: Int64) throws -> [JournalRecord] {
    if case .backtest(let first, let last) = event {
      let fill = generation.configuration.instances(of: .broker).first?.parameters.value["fill"]?.string
      let driver = BacktestDriver(
        engine: engine, feed: feed, broker: broker, fill: fill == "same_close" ? .sameClose : .nextOpen)
      let times = try SessionTimes(generation.configuration)
      driver.onSessionOpen = { [engine, feed] index in times.fill(engine.session, at: feed.ts[index]) }
      try driver.run(first..<last)
    } else {
      try applier.apply(event, at: time)
    }
    engine.journal.flush()
    let list = records.drain()
    if case .warmUp = event { return [] }
    return list
  }

  func close() {
    _ = generation.stop()
    generation.destroy()
  }
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// What the trade loop is told by other threads.
public enum TradeEvent: Sendable {
  /// Batch `index` of the feed has come.
  case bars(Int)
  case feedEnded
  case command(ControlCommand, Reply)
  case stop

  /// Where the answer to a command goes.
  public final class Reply: @unchecked Sendable {
    private let inbox = Inbox<String>(capacity: 1)
    public init() {}
    public func answer(_ text: String) { inbox.post(text) }
    public func wait(milliseconds: Int) -> String? { inbox.take(milliseconds: milliseconds) }
  }
}

public enum ControlCommand: Sendable, Equatable {
  case status
  case halt(reason: String, actor: String)
  case resume(reason: String, actor: String)
  case flatten(reason: String, actor: String)
  case reload
  case why(String)
}

/// A live session: real threads feed a bounded inbox, one loop trades. Without `--paper` or `--live` it is a simulation: the
/// same loop, the simulated broker, data replayed at real speed or faster.
///
/// Every input is in the journal before the engine's commands leave, and the records of what was decided with it.
public final class TradeSession {
  public struct Options {
    public var mode = AL_MODE_SIMULATION
    public var account = "SIM"
    /// Sessions to trade at the end of the data.
    public var sessions = 1
    /// Time between two batches of the replay, ns; 0: as fast as they are taken.
    public var pace: Int64 = 0
    /// Whether changed files are taken over between sessions.
    public var reloads = true
    public var title = "Simulated session"
    public var notices: [String] = []
    public var sources: [(name: String, licence: String, detail: String)] = []
    public var isSynthetic = false
    public var agents: Set<String>?
    public var log: @Sendable (String, Int32, String) -> Void = { _, _, _ in }
    public var onNotice: (String) -> Void = { _ in }
    public init() {}
  }

  public private(set) var generation: Generation
  public let engine: Engine
  public let recorder: RunRecorder
  public let feed: MarketFeed
  public let options: Options
  public let journalPath: String
  public let inbox: Inbox<TradeEvent>
  private let journal: SessionJournal
  private let records = EventJournal()
  private let broker: BrokerLink
  private let memory: any InputMemory
  private let applier: EventApplier
  private var market = al_market_v1()
  private var reports: al_reports_v1
  private let calendar: (Int64) -> RecordedEvent.SessionEvent?
  private let first: Int
  private let reloader: Reloader
  /// The files of a reload that was refused: not tried again until they change.
  private var refusedDigest = ""
  private var isStopping = false
  private let catalog: PluginCatalog
  private let hub: NoticeHub
  private let fan: ObserverFan

  public init(
    _ configuration: Configuration, catalog: PluginCatalog, options: Options,
    inbox: Inbox<TradeEvent> = Inbox(capacity: 1024),
    calendar: @escaping (Int64) -> RecordedEvent.SessionEvent? = { _ in nil }
  ) throws(HostError) {
    self.options = options
    self.inbox = inbox
    self.calendar = calendar
    self.catalog = catalog
    memory = try catalog.inputMemory()
    var settings = Generation.Options(mode: options.mode, memory: memory)
    settings.only = options.agents
    settings.log = options.log
    generation = try Generation(number: 1, configuration, catalog: catalog, options: settings)
    broker = try generation.bindBroker(memory)
    try generation.start()
    var loader = try BarLoader(generation)
    guard let feed = FeedBuilder.build(loader.takeSeries()) else {
      throw HostError(
        .data, "the data sources have no bars for the configured instruments; check data: in alphaloop.yaml")
    }
    self.feed = feed
    first = Self.firstBatch(feed, sessions: options.sessions)
    let resolved = generation.configuration
    let date = feed.ts[first] / FeedBuilder.day * FeedBuilder.day
    let session = Self.sessionID(resolved, options, date)
    engine = try generation.makeEngine(
      available: feed.available, session: session, initialCash: Money(raw: resolved.manifest.initialCash.units),
      memory: memory, journal: JournalCursor(sink: records, block: records.block), recordsOutputs: true)
    recorder = RunRecorder(engine)
    hub = NoticeHub(generation.services, log: options.log)
    fan = ObserverFan(recorder, hub, session: session)
    engine.observer = fan
    applier = EventApplier(engine: engine, feed: feed)
    reloader = Reloader(settings: settings)
    reports = al_reports_v1(
      size: UInt32(MemoryLayout<al_reports_v1>.size), cap: 1024, len: 0, needed: 0, rows: .allocate(capacity: 1024))
    market.size = UInt32(MemoryLayout<al_market_v1>.size)
    market.bars.size = UInt32(MemoryLayout<al_bars_v1>.size)
    journalPath = Self.journalPath(resolved, mode: Names.mode(options.mode), account: options.account)
    journal = try SessionJournal(path: journalPath, mode: Names.mode(options.mode), account: options.account)
    try journal.begin(header(session, date))
    try restoreLatch()
  }

  deinit { reports.rows.deallocate() }

  public static func journalPath(_ configuration: Configuration, mode: String, account: String) -> String {
    "\(configuration.resolve(path: configuration.manifest.journal))/\(mode)-\(account).db"
  }

  /// Mode, account, date, configuration and seed: the same session has the same id.
  static func sessionID(_ configuration: Configuration, _ options: Options, _ date: Int64) -> UInt64 {
    FNV1a.hash(
      Array(
        "\(options.mode)/\(options.account)/\(date)/\(configuration.decisionHash)/\(configuration.manifest.seed)".utf8))
  }

  /// The first batch of the last `sessions` sessions.
  static func firstBatch(_ feed: MarketFeed, sessions: Int) -> Int {
    var left = max(sessions, 1)
    var index = feed.batches
    while index > 0 {
      index -= 1
      if UInt32(feed.flags[index]) & AL_MARKET_SESSION_OPENS != 0 {
        left -= 1
        if left == 0 { break }
      }
    }
    return index
  }

  private func header(_ session: UInt64, _ date: Int64) -> SessionHeader {
    let configuration = generation.configuration
    return SessionHeader(
      session: session, mode: Names.mode(options.mode), account: options.account, date: date,
      seed: configuration.manifest.seed, initialCash: configuration.manifest.initialCash.units,
      files: configuration.sources.files, directory: configuration.directory,
      decisionHash: configuration.decisionHash, dataDigest: feed.digest,
      libraries: Dictionary(catalog.entries.map { ($0.path, $0.sha256) }, uniquingKeysWith: { $1 }),
      isSynthetic: options.isSynthetic, notices: options.notices, recordsOutputs: true)
  }

  /// A halt outlives the process that set it.
  private func restoreLatch() throws(HostError) {
    guard let latch = try journal.latch(), latch.state != .armed else { return }
    let event = RecordedEvent.latch(state: latch.state.rawValue)
    try record(event, at: 0)
    try applier.apply(event, at: 0)
    options.onNotice(
      "the kill switch is \(latch.state) since an earlier session (\(latch.actor): \(latch.reason)); "
        + "nothing new is risked until: alphaloop resume --reason TEXT")
  }

  // MARK: the loop

  /// Trades until the feed ends, a stop is asked for, or the journal fails.
  public func run(
    isStopping stop: @escaping @Sendable () -> Bool = { false }, wantsReload: @escaping @Sendable () -> Bool = { false }
  )
    throws(HostError)
  {
    try record(.warmUp(first: 0, last: first), at: feed.ts[max(first - 1, 0)])
    applier.warmUp(0..<first)
    // What history made the agents say is not this session's.
    engine.journal.flush()
    _ = records.drain()
    try journal.commit()
    let thread = FeedThread(inbox: inbox, range: first..<feed.batches, pace: options.pace)
    thread.start()
    defer {
      inbox.close()
      thread.join()
    }
    hub.post(AL_NOTICE_SESSION, time: feed.ts[first], text: "started \(sessionName)")
    // Nothing that cannot be recorded may leave: a journal that fails ends the session here.
    try loop(stop, wantsReload)
    hub.post(AL_NOTICE_SESSION, time: engine.clock.pointee, text: "ended \(sessionName)")
    recorder.sample(engine.clock.pointee)
    try journal.commit()
  }

  private func loop(_ stop: () -> Bool, _ wantsReload: () -> Bool) throws(HostError) {
    while true {
      if stop() { return }
      guard let event = inbox.take(milliseconds: 200) else { continue }
      switch event {
      case .bars(let index):
        try trade(feed.batch(index))
        if UInt32(feed.flags[index]) & AL_MARKET_SESSION_CLOSES != 0 { try sessionEnded(wantsReload()) }
      case .feedEnded, .stop: return
      case .command(let command, let reply): reply.answer(try obey(command))
      }
    }
  }

  /// One batch: the broker's reports, the market, the decision, durable, then out.
  private func trade(_ batch: BarBatch) throws(HostError) {
    if batch.flags & AL_MARKET_SESSION_OPENS != 0, let session = calendar(batch.ts) {
      try input(.session(session), at: batch.ts)
    }
    if engine.liveOrders > 0 { try hearBroker(batch, extra: 0) }
    try input(.bars(RecordedEvent.BarsEvent(batch)), at: batch.ts)
    hub.post(
      AL_NOTICE_DECISION, time: batch.ts, a: engine.equity.raw, b: engine.cash.raw, c: engine.grossExposure)
    try send(at: batch.ts, batch)
    if batch.flags & AL_MARKET_SESSION_CLOSES != 0 { recorder.sample(batch.ts) }
  }

  /// Records an input, applies it, and records what came of it.
  private func input(_ event: RecordedEvent, at time: Int64) throws(HostError) {
    try record(event, at: time)
    try applier.apply(event, at: time)
    try keepRecords(time)
  }

  private func record(_ event: RecordedEvent, at time: Int64) throws(HostError) {
    try journal.append(event, time: time)
  }

  private func keepRecords(_ time: Int64) throws(HostError) {
    engine.journal.flush()
    let list = records.drain()
    var failure: HostError?
    list.withUnsafeBufferPointer { buffer in
      do throws(HostError) { try journal.append(records: buffer, time: time) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Commits before a byte leaves; then sends, and takes the answers as the next input.
  private func send(at time: Int64, _ batch: BarBatch? = nil) throws(HostError) {
    // A halt is durable with the records of it, before anything else happens.
    if let latch = latchMove() { try journal.record(latch) }
    try journal.commit()
    while engine.hasCommands || engine.hasCancels {
      if engine.hasCommands { try submit(at: time, batch) }
      if engine.hasCancels { try sendCancels(time) }
      try journal.commit()
    }
  }

  private func submit(at time: Int64, _ batch: BarBatch?) throws(HostError) {
    let orders = engine.pendingCommands
    // What the broker does not answer is on its way, not accepted.
    for i in 0..<orders.count { engine.ackBuffer[i] = al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0) }
    var failure: LoadError?
    failure = check("broker", "submit") { err in
      broker.table.pointee.submit(broker.context, orders.baseAddress, UInt32(orders.count), engine.ackBuffer, err)
    }
    var acks = (0..<orders.count).map { RecordedEvent.Ack(engine.ackBuffer[$0]) }
    if let failure {
      options.log("host", AL_LOG_ERROR, failure.description)
      acks = acks.map { _ in RecordedEvent.Ack(status: AL_E_REJECTED, code: 0, brokerID: 0) }
    }
    try input(.acks(acks), at: time)
    if let batch, fillsAtClose { try hearBroker(batch, extra: AL_MARKET_SAME_CLOSE) }
  }

  private var fillsAtClose: Bool {
    generation.configuration.instances(of: .broker).first?.parameters.value["fill"]?.string == "same_close"
  }

  private func sendCancels(_ time: Int64) throws(HostError) {
    let ids = engine.pendingCancels
    var acks = [al_ack_v1](repeating: al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0), count: ids.count)
    let status = broker.table.pointee.cancel(broker.context, ids, UInt32(ids.count), &acks, nil)
    if status < 0 { for i in acks.indices { acks[i].status = AL_E_REJECTED } }
    try input(.cancelAcks(acks.map { RecordedEvent.Ack($0) }), at: time)
  }

  private func hearBroker(_ batch: BarBatch, extra: UInt32) throws(HostError) {
    market.describe(batch, extra)
    reports.len = 0
    var status = broker.table.pointee.advance(broker.context, &market, &reports)
    if status == AL_E_CAPACITY {
      reports.rows.deallocate()
      reports.cap = max(reports.needed, reports.cap * 2)
      reports.rows = .allocate(capacity: Int(reports.cap))
      reports.len = 0
      status = broker.table.pointee.advance(broker.context, &market, &reports)
    }
    guard status >= 0 else { throw HostError(.broker, "the simulated broker failed (\(statusName(status)))") }
    guard reports.len <= reports.cap else { throw HostError(.broker, "the broker reports more than there is room for") }
    guard reports.len > 0 else { return }
    let list = (0..<Int(reports.len)).map { RecordedEvent.Report(reports.rows[$0]) }
    try input(.reports(list), at: batch.ts)
  }

  // MARK: between sessions

  private func sessionEnded(_ wantsReload: Bool) throws(HostError) {
    if let latch = latchMove() { try journal.record(latch) }
    // A worker that dies from here on is restarted from what its agent knew now.
    for agent in generation.agents {
      do { try (agent as? WorkerAgent)?.checkpoint() } catch { options.log(agent.name, AL_LOG_WARNING, "\(error)") }
    }
    do { try generation.policy?.checkpoint() } catch { options.log("policy", AL_LOG_WARNING, "\(error)") }
    if wantsReload || options.reloads && reloader.hasChanged(generation, since: &refusedDigest) { _ = try reload() }
  }

  private var recordedHalts = 0
  /// The last move of the kill switch since the latch was written.
  private func latchMove() -> SessionJournal.Latch? {
    guard recorder.halts.count > recordedHalts, let last = recorder.halts.last else { return nil }
    recordedHalts = recorder.halts.count
    return SessionJournal.Latch(
      time: last.time, state: last.to, trigger: last.trigger, actor: last.actor,
      reason: last.reason.isEmpty ? Names.trigger(last.trigger) : last.reason)
  }

  /// Loads generation N+1 beside N and switches to it; a failure at any point leaves N running and says why.
  private func reload() throws(HostError) -> String {
    do {
      let (next, times) = try reloader.next(after: generation, engine: engine, memory: memory)
      hub.replace(next.services)
      generation.retire(keeping: next)
      generation = next
      try record(
        .reload(number: next.number, configuration: next.configuration.canonicalText), at: engine.clock.pointee)
      try keepRecords(engine.clock.pointee)
      let text = "generation \(next.number) is running (\(times.text))"
      options.onNotice(text)
      return text
    } catch {
      let text = "reload refused, generation \(generation.number) goes on:\n\(error.message)"
      options.onNotice(text)
      return text
    }
  }

  // MARK: commands

  private func obey(_ command: ControlCommand) throws(HostError) -> String {
    let time = engine.clock.pointee
    switch command {
    case .status: return status()
    case .halt(let reason, let actor):
      try input(.halt(state: HaltState.halted.rawValue, actor: actor, reason: reason), at: time)
    case .flatten(let reason, let actor):
      try input(.halt(state: HaltState.flattening.rawValue, actor: actor, reason: reason), at: time)
    case .resume(let reason, let actor): try input(.resume(actor: actor, reason: reason), at: time)
    case .reload:
      var any = ""
      if !reloader.hasChanged(generation, since: &any) {
        return "nothing has changed, generation \(generation.number) goes on"
      }
      return try reload()
    case .why(let order): return OrderStory(journal: journalPath, session: engine.settings.session).text(order)
    }
    if let latch = latchMove() { try journal.record(latch) }
    try send(at: time)
    return status()
  }

  /// One JSON line: what an operator asks first.
  public func status() -> String {
    let object: JSONValue = [
      "mode": .string(Names.mode(options.mode)), "account": .string(options.account),
      "session": .string(String(engine.settings.session, radix: 16)), "generation": .integer(Int64(generation.number)),
      "time": .integer(engine.clock.pointee), "equity": .string(engine.equity.description),
      "cash": .string(engine.cash.description), "gross": .string(Money(raw: engine.grossExposure).description),
      "positions": .integer(Int64(engine.openNames)), "working_orders": .integer(Int64(engine.liveOrders)),
      "halt": .string("\(engine.halt)"), "orders": .integer(Int64(engine.counts.orders)),
      "fills": .integer(Int64(engine.counts.fills)), "denials": .integer(Int64(engine.counts.denials)),
      "synthetic": .bool(options.isSynthetic), "pid": .integer(Int64(getpid())),
    ]
    return object.text
  }

  /// Ends the session in the journal with its run document.
  public func finish() throws(HostError) -> JSONValue {
    let document = self.document()
    if let latch = latchMove() { try journal.record(latch) }
    try journal.end(time: engine.clock.pointee, document: document.canonicalBytes)
    generation.keepRun(sessionName, status())
    return document
  }

  public var sessionName: String { String(engine.settings.session, radix: 16) }

  private func document() -> JSONValue {
    var d = RunDescription(
      title: options.title, mode: Names.mode(options.mode), session: sessionName,
      configurationHash: String(generation.configuration.decisionHash, radix: 16),
      seed: "\(generation.configuration.manifest.seed)", currency: generation.configuration.manifest.currency)
    d.notices = options.notices
    d.sources = options.sources
    d.isSynthetic = options.isSynthetic
    return RunDocumentWriter(engine, recorder, descriptors: generation.agents.map(\.descriptor)).document(d)
  }

  public func close() {
    hub.close()
    for failure in generation.stop() { options.log("host", AL_LOG_ERROR, failure.description) }
    generation.destroy()
  }
}

extension al_market_v1 {
  /// The rows of one batch, where they are.
  mutating func describe(_ batch: BarBatch, _ extra: UInt32) {
    let c = batch.columns
    let first = batch.firstRow
    as_of_ns = batch.ts
    session_flags = batch.flags | extra
    bars.n = UInt64(batch.count)
    bars.instrument = c.instruments.map { $0 + first }
    bars.open = c.open.map { $0 + first }
    bars.high = c.high.map { $0 + first }
    bars.low = c.low.map { $0 + first }
    bars.close = c.close + first
    bars.volume = c.volume.map { $0 + first }
  }
}

/// Replays batches into the inbox at a pace.
final class FeedThread: @unchecked Sendable {
  private let inbox: Inbox<TradeEvent>
  private let range: Range<Int>
  private let pace: Int64
  private var thread = pthread_t()

  init(inbox: Inbox<TradeEvent>, range: Range<Int>, pace: Int64) {
    self.inbox = inbox
    self.range = range
    self.pace = pace
  }

  func start() {
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<FeedThread>.fromOpaque(context).takeUnretainedValue().run() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func join() { pthread_join(thread, nil) }

  private func run() {
    for index in range {
      if !inbox.post(.bars(index)) { return }
      var left = pace
      while left > 0 {
        // Short sleeps, so that a closed inbox is noticed soon.
        let slice = min(left, 100_000_000)
        var t = timespec(tv_sec: 0, tv_nsec: Int(slice))
        nanosleep(&t, nil)
        left -= slice
        if inbox.isClosedNow { return }
      }
    }
    inbox.post(.feedEnded)
  }
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

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
    /// Where the loop shows that it turns; nil: nobody watches.
    public var heartbeat: Heartbeat?
    public var clock = TradeClock()
    public var log: @Sendable (String, Int32, String) -> Void = { _, _, _ in }
    public var onNotice: (String) -> Void = { _ in }
    /// Breaks the order path, for the proof that its breaking is noticed: intents are durable only after they were sent.
    package var commitsAfterSending = false
    public init() {}
  }

  public internal(set) var generation: Generation
  public let engine: Engine
  public let recorder: RunRecorder
  public let feed: MarketFeed
  public let options: Options
  public let journalPath: String
  public let inbox: Inbox<TradeEvent>
  let journal: SessionJournal
  private let records = EventJournal()
  private let outcomes = OutcomeLog()
  /// The builds that the session runs, for its replay.
  let libraries: LibraryStore
  let broker: BrokerLink
  private let reportInbox: ReportInbox
  let memory: any InputMemory
  let applier: EventApplier
  var watch = Watch()
  var live = Live()
  /// Prices come from a live source; otherwise from history, as fast as the pace says.
  let isLive: Bool
  var market = al_market_v1()
  var reports: al_reports_v1
  let calendar: (Int64) -> RecordedEvent.SessionEvent?
  private let first: Int
  let reloader: Reloader
  /// The files of a reload that was refused: not tried again until they change.
  var refusedDigest = ""
  private var recordedHalts = 0
  let hub: NoticeHub
  private let fan: ObserverFan

  public init(
    _ configuration: Configuration, catalog: PluginCatalog, options: Options,
    inbox: Inbox<TradeEvent> = Inbox(capacity: 1024),
    calendar: @escaping (Int64) -> RecordedEvent.SessionEvent? = { _ in nil }
  ) throws(HostError) {
    self.options = options
    self.inbox = inbox
    self.calendar = calendar
    memory = try catalog.inputMemory()
    var settings = Generation.Options(mode: options.mode, memory: memory)
    settings.only = options.agents
    settings.log = options.log
    settings.outcomes = outcomes
    generation = try Generation(
      number: 1, configuration, catalog: catalog, options: settings)
    reportInbox = ReportInbox(inbox)
    broker = try generation.bindBroker(memory, reports: reportInbox.feed)
    try generation.start()
    var loader = try BarLoader(generation)
    guard let feed = FeedBuilder.build(loader.takeSeries()) else {
      throw HostError(
        .data, "the data sources have no bars for the configured instruments; check data: in alphaloop.yaml")
    }
    self.feed = feed
    let resolved = generation.configuration
    isLive =
      resolved.manifest.connected != nil && options.mode != AL_MODE_SIMULATION
      && LiveFeed.isPossible(generation)
    first = isLive ? feed.batches : Self.firstBatch(feed, sessions: options.sessions)
    let start = isLive ? options.clock.wall() : feed.ts[first]
    let date = start / FeedBuilder.day * FeedBuilder.day
    journalPath = Self.journalPath(resolved, mode: Names.mode(options.mode), account: options.account)
    journal = try SessionJournal(path: journalPath, mode: Names.mode(options.mode), account: options.account)
    let isConnected = try generation.isConnected
    // What happened at a broker is never made anew: every start is a session of its own.
    let session = Self.sessionID(resolved, options, date, start: isConnected ? try journal.sessions().count : 0)
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
    libraries = LibraryStore(journals: parent(journalPath))
    for problem in libraries.keep(generation.deciding) { options.onNotice(problem) }
    watch.foldEnd = try journal.lastRow()
    try journal.begin(header(session, date), replaces: !isConnected)
    try restoreLatch()
  }

  deinit { reports.rows.deallocate() }

  public static func journalPath(_ configuration: Configuration, mode: String, account: String) -> String {
    "\(configuration.resolve(path: configuration.manifest.journal))/\(mode)-\(account).db"
  }

  /// Mode, account, date, configuration and seed: the same session has the same id. With a connected broker also the number of
  /// starts before it: no order id is ever given out twice.
  static func sessionID(_ configuration: Configuration, _ options: Options, _ date: Int64, start: Int) -> UInt64 {
    let number = start == 0 ? "" : "/\(start)"
    let hash = configuration.decisionHash
    return FNV1a.hash(
      Array("\(options.mode)/\(options.account)/\(date)/\(hash)/\(configuration.manifest.seed)\(number)".utf8))
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
      files: configuration.sources.files, directory: canonicalPath(configuration.directory),
      decisionHash: configuration.decisionHash, dataDigest: feed.digest,
      libraries: generation.deciding.digests, agents: engine.agentNames,
      isSynthetic: options.isSynthetic, notices: options.notices, recordsOutputs: true, to: feed.end)
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
    try begin()
    if isConnected, try !awaitBroker(stop) { return }
    if isLive {
      defer {
        inbox.close()
        refuseCommands()
      }
      try runLive(stop, wantsReload)
      return try end()
    }
    let thread = FeedThread(inbox: inbox, range: batches, pace: options.pace)
    thread.start()
    defer {
      inbox.close()
      refuseCommands()
      thread.join()
    }
    // Nothing that cannot be recorded may leave: a journal that fails ends the session here.
    try loop(stop, wantsReload)
    try end()
  }

  /// Batches of the feed that are traded.
  public var batches: Range<Int> { first..<feed.batches }

  /// Warms the agents up; with a connected broker, recovers the account.
  package func begin() throws(HostError) {
    try record(.warmUp(first: 0, last: first), at: feed.ts[max(first - 1, 0)])
    applier.warmUp(0..<first)
    // What history made the agents say is not this session's.
    engine.journal.flush()
    _ = records.drain()
    try keepOutcomes(feed.ts[max(first - 1, 0)])
    if isConnected { try recover() }
    try journal.commit()
    sayWhatIsNotWatched()
    options.heartbeat?.begin(session: engine.settings.session)
    hub.post(AL_NOTICE_SESSION, time: engine.clock.pointee, text: "started \(sessionName)")
  }

  package func end() throws(HostError) {
    hub.post(AL_NOTICE_SESSION, time: engine.clock.pointee, text: "ended \(sessionName)")
    recorder.sample(engine.clock.pointee)
    try journal.commit()
  }

  /// A trigger that cannot be raised is no protection: it is said before anything is traded.
  private func sayWhatIsNotWatched() {
    guard let breaker = generation.configuration.risk.circuitBreaker else {
      return options.onNotice(RiskConfiguration.noCircuitBreaker)
    }
    let time = engine.circuitBreakerPriceTime ?? 0
    let limit = engine.settings.limits.staleAfter
    let now = isLive ? options.clock.wall() : feed.ts[first]
    if time == 0 || limit > 0 && now - time > limit {
      let since = time == 0 ? "has no price" : "has had no price since \(isoTime(time))"
      options.onNotice("circuit_breaker: \(breaker.symbol) \(since); a fall of the market is not noticed")
    }
  }

  private func loop(_ stop: () -> Bool, _ wantsReload: () -> Bool) throws(HostError) {
    while true {
      if stop() { return }
      options.heartbeat?.beat()
      try tend()
      guard let event = inbox.take(milliseconds: isConnected ? 20 : 150) else { continue }
      switch event {
      case .feedEnded: return try settle(stop)
      case .stop: return
      default: try handle(event, wantsReload)
      }
    }
  }

  /// One event of the inbox, with all that comes of it.
  package func handle(_ event: TradeEvent, _ wantsReload: () -> Bool = { false }) throws(HostError) {
    switch event {
    case .reports(let list): try hear(list)
    case .bars(let index):
      try trade(feed.batch(index))
      if UInt32(feed.flags[index]) & AL_MARKET_SESSION_CLOSES != 0 { try sessionEnded(wantsReload()) }
    case .clock(let time): try pass(time)
    case .live(let bars, let arrived): try take(bars, arrived: arrived)
    case .health(let source, let state, let text): note(source, state, text)
    case .command(let command, let reply): try answer(command, reply)
    case .feedEnded, .stop: break
    }
  }

  func answer(_ command: ControlCommand, _ reply: TradeEvent.Reply) throws(HostError) {
    do throws(HostError) {
      reply.answer(try obey(command))
    } catch {
      reply.answer("error: \(error.message)")
      throw error
    }
  }

  func drainRecords() -> [JournalRecord] { records.drain() }
  var observer: any EngineObserver { fan }

  /// Who asked as the session ended is told so; nobody waits for an answer that cannot come.
  private func refuseCommands() {
    while let event = inbox.take(milliseconds: 0) {
      switch event {
      case .command(_, let reply): reply.answer(ControlSocket.ending)
      case .reports(let list):
        // Facts that came before the end are kept, whoever asked for it.
        do { try input(.reports(list), at: engine.clock.pointee) } catch {
          options.log("host", AL_LOG_ERROR, "\(error)")
        }
      default: break
      }
    }
  }

  /// One batch: the broker's reports, the market, the decision, durable, then out.
  private func trade(_ batch: BarBatch) throws(HostError) {
    if batch.flags & AL_MARKET_SESSION_OPENS != 0, let session = calendar(batch.ts) {
      try input(.session(session), at: batch.ts)
    }
    if engine.liveOrders > 0, !isConnected { try hearBroker(batch, extra: 0) }
    try input(.bars(RecordedEvent.BarsEvent(batch)), at: batch.ts)
    hub.post(
      AL_NOTICE_DECISION, time: batch.ts, a: engine.equity.raw, b: engine.cash.raw, c: engine.grossExposure)
    try send(at: batch.ts, batch)
    if batch.flags & AL_MARKET_SESSION_CLOSES != 0 { recorder.sample(batch.ts) }
  }

  /// Lets time go on to `time` where no data came.
  func pass(_ time: Int64) throws(HostError) {
    guard time > engine.clock.pointee else { return }
    try input(.clock, at: time)
    try send(at: time)
  }

  /// Records an input, applies it, and records what came of it.
  func input(_ event: RecordedEvent, at time: Int64) throws(HostError) {
    try record(event, at: time)
    try applier.apply(event, at: time)
    try keepRecords(time)
  }

  func record(_ event: RecordedEvent, at time: Int64) throws(HostError) {
    try journal.append(event, time: time)
  }

  /// What became of the calls of an input is known after it, and belongs to it.
  private func keepOutcomes(_ time: Int64) throws(HostError) {
    for outcome in outcomes.drain() { try record(.outcome(outcome), at: time) }
  }

  func keepRecords(_ time: Int64) throws(HostError) {
    try keepOutcomes(time)
    engine.journal.flush()
    let list = records.drain()
    var failure: HostError?
    list.withUnsafeBufferPointer { buffer in
      do throws(HostError) { try journal.append(records: buffer, time: time) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Commits before a byte leaves; then sends, and takes the answers as the next input.
  func send(at time: Int64, _ batch: BarBatch? = nil) throws(HostError) {
    // A halt is durable with the records of it, before anything else happens.
    if let latch = latchMove() { try journal.record(latch) }
    try journal.commit()
    while engine.hasCommands || engine.hasCancels {
      if engine.hasCommands {
        try recordIntents(time)
        try submit(at: time, batch)
      }
      if engine.hasCancels {
        try recordCancels(time)
        try sendCancels(time)
      }
      if let latch = latchMove() { try journal.record(latch) }
      try journal.commit()
    }
  }

  /// The last move of the kill switch since the latch was written.
  func latchMove() -> SessionJournal.Latch? {
    guard recorder.halts.count > recordedHalts, let last = recorder.halts.last else { return nil }
    recordedHalts = recorder.halts.count
    return SessionJournal.Latch(
      time: last.time, state: last.to, trigger: last.trigger, actor: last.actor,
      reason: last.reason.isEmpty ? Names.trigger(last.trigger) : last.reason)
  }

  // MARK: the end

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

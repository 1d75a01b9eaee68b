import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// A session with a connected broker: recovery at the start, reconciliation after every break and at intervals.
extension TradeSession {
  /// What a connected session keeps in mind about its broker; times are monotonic, ns.
  struct Watch {
    /// The last row of the journal before this session.
    var foldEnd: Int64 = 0
    /// When the session with the broker last came up; nil: it is down.
    var upSince: Int64?
    /// When the line broke, or the session began without one.
    var downSince: Int64?
    var isAlarmed = false
    var nextReconciliation: Int64 = 0
    /// The last comparison that agreed, ns, by our clock or the broker's, whichever is behind; 0: none yet.
    var agreedAt: Int64 = 0
    /// The broker's time of what it told last; 0: nothing yet.
    var brokerTime: Int64 = 0
    var lastProblem = ""
  }

  var isConnected: Bool { engine.settings.isConnected }

  /// The start is the recovery path: the account is folded out of the journal, what has no answer is unknown, and nothing is
  /// sent before the broker's books were compared.
  func recover() throws(HostError) {
    engine.observer = nil
    try record(.fold(last: watch.foldEnd), at: engine.clock.pointee)
    var fold = AccountFold(journal, engine)
    try fold.enter(upTo: watch.foldEnd)
    engine.journal.flush()
    _ = drainRecords()
    try takeIn(WatchdogJournal.takeovers(beside: journalPath, after: fold.watchdogRow))
    engine.observer = observer
    watch.downSince = options.clock.monotonic()
    let unknown = engine.unknownOrders
    if unknown > 0 {
      options.onNotice(
        "\(unknown) order\(unknown == 1 ? "" : "s") of an earlier session had no answer; the broker is asked")
    }
  }

  /// What a watchdog did at the broker becomes part of the account, and a person has to look before trading goes on.
  private func takeIn(_ takeovers: [WatchdogTakeover]) throws(HostError) {
    for takeover in takeovers {
      let places = takeover.symbols.map { symbol in
        engine.settings.instruments.firstIndex { $0.symbol == symbol }.map { UInt32($0) } ?? AL_NONE
      }
      let facts = takeover.events.map {
        RecordedEvent.WatchdogFact(time: $0.time, event: $0.event.mappingInstruments(places))
      }
      try input(
        .watchdog(last: takeover.lastRow, session: takeover.beginning.session, facts: facts), at: engine.clock.pointee)
    }
    guard let last = takeovers.last else { return }
    let reason =
      "the watchdog found the host \(last.beginning.condition) at \(isoTime(last.began)), cancelled "
      + "\(last.cancelled.count) orders and sent \(last.flattenOrders.count) to close positions"
    try input(
      .trip(state: HaltState.halted.rawValue, trigger: HaltTrigger.watchdog.rawValue, value: 0, reason: reason),
      at: engine.clock.pointee)
    try keepLatch(.halted, .watchdog, reason)
    options.onNotice(reason + "; nothing new is risked until: alphaloop resume --reason TEXT")
  }

  /// The observer is away while the account is made: what it would tell the journal is told here.
  private func keepLatch(_ state: HaltState, _ trigger: HaltTrigger, _ reason: String) throws(HostError) {
    guard engine.halt == state else { return }
    // In one transaction with what the watchdog did: both or neither.
    try journal.record(
      SessionJournal.Latch(
        time: engine.clock.pointee, state: state, trigger: trigger, actor: "watchdog", reason: reason))
  }

  /// Waits until the broker is there and its books agree, or a person has to look.
  ///
  /// - Returns: false when a stop was asked for.
  func awaitBroker(_ stop: () -> Bool) throws(HostError) -> Bool {
    while engine.connection.isFrozen {
      if stop() { return false }
      options.heartbeat?.beat()
      try tend()
      guard engine.connection.isFrozen, let event = inbox.take(milliseconds: 20) else { continue }
      if case .stop = event { return false }
      try handle(event)
    }
    return true
  }

  /// The data is at its end: what was sent is still answered, for a while. What is not stays open in the journal.
  func settle(_ stop: () -> Bool) throws(HostError) {
    guard isConnected else { return }
    let quiet: Int64 = 300_000_000
    var until = options.clock.monotonic() + quiet
    let latest = until + 5_000_000_000
    while options.clock.monotonic() < min(until, latest), !stop() {
      options.heartbeat?.beat()
      try tend()
      guard let event = inbox.take(milliseconds: 20) else { continue }
      if case .stop = event { return }
      if case .reports = event { until = options.clock.monotonic() + quiet }
      try handle(event)
    }
  }

  /// Facts that the broker pushed.
  func hear(_ list: [RecordedEvent.Report]) throws(HostError) {
    let wasUp = engine.connection.isUp
    try input(.reports(list), at: engine.clock.pointee)
    for report in list where report.kind == AL_REPORT_CONNECTION { note(report) }
    if let time = list.last(where: { $0.ts > 0 })?.ts { watch.brokerTime = time }
    if engine.connection.isUp {
      let isAgain = list.contains { $0.kind == AL_REPORT_CONNECTION && $0.brokerID <= AL_LAYER_SESSION }
      if !wasUp || isAgain {
        watch.upSince = options.clock.monotonic()
        watch.nextReconciliation = 0
      }
      watch.downSince = nil
      watch.isAlarmed = false
    } else if wasUp || watch.downSince == nil {
      watch.upSince = nil
      watch.downSince = options.clock.monotonic()
    }
    try send(at: engine.clock.pointee)
  }

  private func note(_ report: RecordedEvent.Report) {
    let state = Names.connection(UInt32(bitPattern: report.code))
    let number = report.quantity == 0 ? "" : " (\(report.quantity))"
    let text = "\(Names.layer(report.brokerID)) is \(state)\(number): \(report.text)"
    options.onNotice("broker: \(text)")
    hub.post(
      AL_NOTICE_HEALTH, time: engine.clock.pointee, code: report.code, a: report.brokerID, b: report.quantity,
      text: text)
  }

  /// What a live source says of itself.
  func note(_ source: String, _ state: UInt32, _ text: String) {
    options.onNotice("\(source): \(Names.connection(state)): \(text)")
    hub.post(
      AL_NOTICE_HEALTH, time: engine.clock.pointee, code: Int32(bitPattern: state), a: AL_LAYER_SUBSCRIPTION,
      text: "\(source): \(text)")
  }

  /// What is due by the clock on the wall, between two events.
  package func tend() throws(HostError) {
    guard isConnected else { return }
    let now = options.clock.monotonic()
    if let down = watch.downSince, !watch.isAlarmed, now - down > settingsOfConnection.downAfter {
      watch.isAlarmed = true
      let text = "no line to the broker for \((now - down) / 1_000_000_000) s; nothing new is risked until it is back"
      options.log("broker", AL_LOG_ERROR, text)
      hub.post(AL_NOTICE_HEALTH, time: engine.clock.pointee, code: Int32(AL_CONNECTION_DOWN), text: text)
    }
    if engine.connection.isUp, now >= watch.nextReconciliation { try reconcile(now) }
  }

  /// Compares the books. A query without an answer is asked again: silence says nothing.
  private func reconcile(_ now: Int64) throws(HostError) {
    let wall = options.clock.wall()
    let settings = settingsOfConnection
    // Our clock may not be the broker's: where the books do not agree, everything that it still tells is asked for.
    let hasAgreed = watch.agreedAt != 0 && watch.lastProblem.isEmpty
    let since = hasAgreed ? watch.agreedAt - 3_600_000_000_000 : 0
    let answers: BrokerBooks.Answers
    do {
      answers = try BrokerBooks(broker: broker).ask(since: since)
    } catch {
      watch.nextReconciliation = options.clock.monotonic() + settings.retryAfter
      return say("the broker's books cannot be read, asked again: \(error)")
    }
    let told = answers.account.accountName
    if !told.isEmpty, told != options.account {
      throw HostError(
        .broker, "the broker's account is \(told), and this session is for \(options.account): nothing was sent")
    }
    var snapshot = BrokerSnapshot()
    snapshot.time = engine.clock.pointee
    snapshot.policy = settings.external
    snapshot.isSettled = watch.upSince.map { now - $0 >= settings.settleAfter } ?? false
    snapshot.dayStart = dayStart
    snapshot.holdings = answers.holdings
    snapshot.cash = answers.account.cash
    let comparison = RecordedEvent.Reconciliation(
      snapshot: snapshot, orders: answers.orders, executions: answers.executions)
    try record(.reconciliation(comparison), at: engine.clock.pointee)
    let outcome = applier.apply(comparison)
    try keepRecords(engine.clock.pointee)
    watch.nextReconciliation = options.clock.monotonic() + settings.every
    switch outcome {
    case .agreed:
      if watch.agreedAt == 0 { options.onNotice("the books agree with the broker's: \(engine.openNames) positions") }
      watch.agreedAt = watch.brokerTime == 0 ? wall : min(wall, watch.brokerTime)
      watch.lastProblem = ""
    case .again(let differences):
      watch.nextReconciliation = options.clock.monotonic() + settings.retryAfter
      say("does not agree with the broker yet: \(differences.joined(separator: "; "))")
    case .halted(let differences):
      say("does not agree with the broker, trading is \(engine.halt): \(differences.joined(separator: "; "))")
    }
    try send(at: engine.clock.pointee)
  }

  /// The trading day that it is now, or the next one, also before the first bar of it.
  private var dayStart: Int64 {
    let now = isLive ? max(engine.clock.pointee, options.clock.wall()) : engine.clock.pointee
    guard let day = calendar(now) else { return engine.session.pointee.date_ns }
    return day.date != 0 ? day.date : day.nextDate
  }

  /// Once for each problem.
  private func say(_ text: String) {
    if watch.lastProblem == text { return }
    watch.lastProblem = text
    options.onNotice(text)
    options.log("reconciliation", AL_LOG_WARNING, text)
  }

  private var settingsOfConnection: ConnectedSettings {
    generation.configuration.manifest.connected?.settings(options.mode) ?? ConnectedSettings()
  }

  /// What leaves is durable before it leaves, whole: a later start knows it without any agent.
  func recordIntents(_ time: Int64) throws(HostError) {
    guard isConnected else { return }
    try record(.intents(engine.pendingIntents.map(RecordedEvent.Intent.init)), at: time)
    if !options.commitsAfterSending { try journal.commit() }
  }

  func recordCancels(_ time: Int64) throws(HostError) {
    guard isConnected else { return }
    let ids = engine.pendingCancels.map { OrderID(session: $0.session, sequence: $0.sequence) }
    try record(.cancels(ids), at: time)
    try journal.commit()
  }
}

extension RecordedEvent.Intent {
  init(_ pending: Engine.PendingIntent) {
    self.init(order: pending.order, label: pending.label, shares: pending.shares)
  }
}

/// The clocks of a trade loop, ns; a simulation of the whole system brings its own.
public struct TradeClock {
  public var monotonic: () -> Int64 = { al_monotonic_ns() }
  public var wall: () -> Int64 = {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
  public init() {}
}

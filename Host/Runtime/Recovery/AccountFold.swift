import AlphaLoopCore
import CAlphaLoop

/// Rebuilds an account out of the journal: every fact of every session is entered into an engine again, in its order. The
/// journal is the truth; nothing else is read.
struct AccountFold {
  let journal: SessionJournal
  let symbols: [String: UInt32]
  let agents: [String: UInt32]
  private let engine: Engine
  /// The last row of the watchdog's journal that is part of the account.
  private(set) var watchdogRow: Int64 = 0

  /// - Parameter engine: whose account is still empty; it becomes that of the journal.
  init(_ journal: SessionJournal, _ engine: Engine) {
    self.journal = journal
    self.engine = engine
    symbols = Self.index(engine.settings.instruments.map(\.symbol))
    agents = Self.index(engine.agentNames)
  }

  private static func index(_ names: [String]) -> [String: UInt32] {
    Dictionary(names.enumerated().map { ($1, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Enters the rows up to `last`, and marks what they leave unanswered.
  ///
  /// - Throws: when a row is damaged or unreadable, or something is held that the configuration does not name.
  /// - Parameter marksUnanswered: the process that wrote the last row is gone; false: the account as that process had it.
  mutating func enter(upTo last: Int64, marksUnanswered: Bool = true) throws(HostError) {
    engine.beginFold()
    var session: FoldedFacts?
    var watchdogRow: Int64 = 0
    try journal.everyRow(upTo: last) { row in
      switch row.kind {
      case .header:
        if let refusal = SessionHeader.refusal(row.payload) {
          throw HostError(.data, "journal \(journal.path): a session \(refusal); its positions cannot be known again")
        }
        guard let header = SessionHeader(encoded: row.payload) else {
          throw HostError(.data, "journal \(journal.path): the header of a session cannot be read")
        }
        engine.foldSession(header.session)
        session = try FoldedFacts(header, engine, self)
      case .event:
        guard let event = RecordedEvent(encoded: row.payload) else {
          throw HostError(.data, "journal \(journal.path): an input cannot be read; it is from another version")
        }
        if case .watchdog(let last, _, _) = event { watchdogRow = max(watchdogRow, last) }
        try session?.enter(event, at: row.time)
      case .records: for record in journalRecords(row.payload) { try session?.enter(record) }
      case .document, .end: break
      }
    }
    self.watchdogRow = watchdogRow
    if marksUnanswered { engine.markUnanswered() }
    engine.finishFold()
  }
}

/// One session's facts, with its numbers of instruments and agents turned into those of today.
struct FoldedFacts {
  private let session: UInt64
  private let engine: Engine
  private let agents: [String: UInt32]
  /// The session's index -> today's; nil: not configured any more.
  private let instruments: [UInt32?]
  private let names: [String]
  private var owners: [UInt32]
  /// The intent record that the owners after it belong to.
  private var open: (order: al_order_v1, shares: [Ownership.Share])?

  /// Facts in the numbers of today.
  init(_ engine: Engine) {
    self.engine = engine
    session = engine.settings.session
    names = engine.settings.instruments.map(\.symbol)
    instruments = names.indices.map { UInt32($0) }
    agents = [:]
    owners = engine.agentNames.indices.map { UInt32($0) }
  }

  init(_ header: SessionHeader, _ engine: Engine, _ fold: AccountFold) throws(HostError) {
    session = header.session
    self.engine = engine
    agents = fold.agents
    let configuration: Configuration
    do {
      configuration = try Configuration.load(
        from: ConfigurationSources(directory: header.directory, files: header.files))
    } catch {
      throw HostError(
        .data, "the configuration of session \(String(header.session, radix: 16)) cannot be read: \(error)")
    }
    names = configuration.instruments.map(\.symbol)
    instruments = names.map { fold.symbols[$0] }
    owners = header.agents.map { fold.agents[$0] ?? Owner.unattributed.index }
  }

  mutating func enter(_ event: RecordedEvent, at time: Int64) throws(HostError) {
    switch event {
    case .bars(let bars): mapped(bars).withBatch { engine.foldBars($0) }
    case .clock: engine.foldClock(time)
    case .intents(let list):
      engine.clock.pointee = max(engine.clock.pointee, time)
      var intents: [(order: al_order_v1, owner: Owner, label: UInt32)] = []
      for intent in list {
        var order = intent.order
        order.instrument = try today(order.instrument)
        // A watchdog closes what is there, whoever holds it.
        let owner = intent.shares.isEmpty ? engine.holder(of: order.instrument) : owner(intent.shares)
        intents.append((order, owner, intent.label))
      }
      engine.foldIntents(intents)
    case .cancels(let ids):
      engine.foldCancels(ids.map { al_order_id_v1(session: $0.session, sequence: $0.sequence) })
    case .acks(let acks):
      guard acks.count == engine.pendingCommands.count else { throw unreadable("answers without their orders") }
      for (i, ack) in acks.enumerated() { engine.ackBuffer[i] = ack.c }
      engine.applyAcks()
    case .cancelAcks(let acks):
      guard acks.count == engine.pendingCancels.count else { throw unreadable("answers without their cancels") }
      engine.applyCancelAcks(acks.map(\.c))
    case .reports(let list):
      engine.clock.pointee = max(engine.clock.pointee, time)
      let reports = try mapped(list)
      reports.withUnsafeBufferPointer { engine.apply($0) }
    case .reconciliation(let r): try enter(r)
    case .fold: engine.markUnanswered()
    case .reload(let change): owners = change.agents.map { agents[$0] ?? Owner.unattributed.index }
    case .watchdog(_, let session, let facts): try enterWatchdog(session, facts)
    case .warmUp, .session, .halt, .resume, .backtest, .latch, .outcome, .trip: break
    }
  }

  /// What a watchdog did, with the orders that it gave.
  mutating func enterWatchdog(_ session: UInt64, _ facts: [RecordedEvent.WatchdogFact]) throws(HostError) {
    engine.foldSession(session)
    let isFolding = engine.isFolding
    if !isFolding { engine.beginFold() }
    for fact in facts { try enter(fact.event, at: engine.clock.pointee) }
    engine.markUnanswered()
    if !isFolding { engine.finishFold() }
  }

  /// What our own gate refused, and that losses count anew.
  mutating func enter(_ record: JournalRecord) throws(HostError) {
    switch record.kind {
    case .intent:
      var order = al_order_v1()
      order.id = al_order_id_v1(session: session, sequence: record.a)
      order.instrument = try today(record.subject)
      order.type = record.state
      order.time_in_force = UInt8(truncatingIfNeeded: record.code)
      order.quantity = record.b
      order.limit_price = record.c
      open = (order, [])
    case .owner: open?.shares.append(Ownership.Share(agent: record.subject, weight: record.b))
    case .denial:
      guard let denied = open, record.state == AL_STATE_DENIED, denied.order.id.sequence == record.a else { break }
      engine.foldDenied(denied.order, owner: owner(denied.shares))
    case .halt: if record.state == HaltState.armed.rawValue { engine.foldResume() }
    default: break
    }
  }

  private func enter(_ r: RecordedEvent.Reconciliation) throws(HostError) {
    var snapshot = r.snapshot
    for i in snapshot.holdings.indices {
      guard let instrument = snapshot.holdings[i].instrument else { continue }
      snapshot.holdings[i].instrument = Int(instrument) < instruments.count ? instruments[Int(instrument)] : nil
    }
    _ = engine.reconcile(snapshot, orders: try mapped(r.orders), executions: try mapped(r.executions))
  }

  private func mapped(_ reports: [RecordedEvent.Report]) throws(HostError) -> [al_report_v1] {
    var list: [al_report_v1] = []
    for report in reports {
      var c = report.c
      // A number that no configuration ever had says nothing; a name that was removed since is another matter.
      if Int(c.instrument) >= instruments.count {
        c.instrument = AL_NONE
      } else if c.kind != AL_REPORT_CONNECTION {
        c.instrument = try today(c.instrument)
      }
      list.append(c)
    }
    return list
  }

  private func mapped(_ bars: RecordedEvent.BarsEvent) -> RecordedEvent.BarsEvent {
    var mapped = bars
    mapped.instruments = bars.instruments.map {
      Int($0) < instruments.count ? instruments[Int($0)] ?? AL_NONE : AL_NONE
    }
    return mapped
  }

  private func owner(_ shares: [Ownership.Share]) -> Owner {
    var sums: [UInt32: Int64] = [:]
    for share in shares {
      let agent = Int(share.agent) < owners.count ? owners[Int(share.agent)] : Owner.unattributed.index
      sums[agent, default: 0] += share.weight
    }
    let today = sums.keys.sorted().map { Ownership.Share(agent: $0, weight: sums[$0] ?? 1) }
    return engine.ledger.ownership.owner(of: today) ?? .unattributed
  }

  private func today(_ instrument: UInt32) throws(HostError) -> UInt32 {
    if Int(instrument) < instruments.count, let index = instruments[Int(instrument)] { return index }
    let name = Int(instrument) < names.count ? names[Int(instrument)] : "#\(instrument)"
    throw HostError(
      .configuration,
      "the journal has orders of \(name), which universe.yaml no longer names; add it again (with its sector disabled "
        + "nothing new is traded in it)")
  }

  private func unreadable(_ what: String) -> HostError {
    HostError(.data, "the journal of session \(String(session, radix: 16)) does not fit together: \(what)")
  }
}

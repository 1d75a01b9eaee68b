import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Applies recorded inputs to an engine exactly as the session did. The trade loop and the replay go through the same code,
/// so that what is recorded is what is decided.
struct EventApplier {
  let engine: Engine
  let feed: MarketFeed

  /// - Throws: when the event does not fit what the engine is waiting for.
  /// - Parameter time: when the session received it, engine time.
  func apply(_ event: RecordedEvent, at time: Int64) throws(HostError) {
    switch event {
    case .warmUp(let first, let last): warmUp(first..<last)
    case .bars(let bars): bars.withBatch { engine.process($0) }
    case .acks(let acks): try applyAcks(acks)
    case .cancelAcks(let acks):
      guard acks.count == engine.pendingCancels.count else {
        throw HostError(
          .failedCheck,
          "the session recorded \(acks.count) answers to cancels, the engine asked for \(engine.pendingCancels.count)")
      }
      engine.applyCancelAcks(acks.map(\.c))
    case .reports(let reports): apply(reports, at: time)
    case .session(let s): set(s)
    case .halt(let state, let actor, let reason):
      engine.setHalt(
        HaltState(rawValue: state) ?? .halted, .operatorRequest, limit: 0, value: 0, actor: actor, reason: reason)
      engine.pursueHalt(engine.clock.pointee)
    case .resume(let actor, let reason): engine.resume(actor: actor, reason: reason)
    case .latch(let state): engine.restore(halt: HaltState(rawValue: state) ?? .halted)
    case .clock: engine.advance(to: time)
    case .reconciliation(let r): apply(r)
    case .trip(let state, let trigger, let value, let reason):
      engine.setHalt(
        HaltState(rawValue: state) ?? .paused, HaltTrigger(rawValue: trigger) ?? .stalled, limit: 0, value: value,
        actor: "host", reason: reason)
    case .reload, .backtest, .outcome, .intents, .cancels, .fold: break
    case .watchdog(_, let session, let facts):
      var folded = FoldedFacts(engine)
      try folded.enterWatchdog(session, facts)
    }
  }

  func warmUp(_ range: Range<Int>) {
    engine.isTrading = false
    for index in range { engine.process(feed.batch(index)) }
    engine.isTrading = true
    engine.finishWarmUp()
  }

  private func applyAcks(_ acks: [RecordedEvent.Ack]) throws(HostError) {
    guard acks.count == engine.pendingCommands.count else {
      throw HostError(
        .failedCheck,
        "the session recorded \(acks.count) answers of the broker, the engine has \(engine.pendingCommands.count) orders out"
      )
    }
    for (i, ack) in acks.enumerated() { engine.ackBuffer[i] = ack.c }
    engine.applyAcks()
  }

  private func apply(_ reports: [RecordedEvent.Report], at time: Int64) {
    engine.clock.pointee = time
    let list = reports.map(\.c)
    list.withUnsafeBufferPointer { engine.apply($0) }
  }

  /// What a halt asks for is looked at again: a name that nothing works in any more can be closed now.
  @discardableResult
  func apply(_ r: RecordedEvent.Reconciliation) -> ReconcileOutcome {
    defer { engine.pursueHalt(engine.clock.pointee) }
    return engine.reconcile(r.snapshot, orders: r.orders.map(\.c), executions: r.executions.map(\.c))
  }

  private func set(_ s: RecordedEvent.SessionEvent) {
    engine.session.pointee.early_close = s.earlyClose
    engine.session.pointee.date_ns = s.date
    engine.session.pointee.open_ns = s.open
    engine.session.pointee.close_ns = s.close
    engine.session.pointee.previous_date_ns = s.previousDate
    engine.session.pointee.next_date_ns = s.nextDate
  }
}

extension RecordedEvent.Ack {
  init(_ c: al_ack_v1) { self.init(status: c.status, code: c.code, brokerID: c.broker_id) }
  var c: al_ack_v1 { al_ack_v1(status: status, code: code, broker_id: brokerID) }
}

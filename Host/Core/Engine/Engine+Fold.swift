import CAlphaLoop

/// The account as the journal's facts make it: intents, answers, reports, prices and reconciliations of every session before
/// this one, applied by the code that applied them then. No agent takes part, and nothing is decided.
extension Engine {
  /// From here on facts of earlier sessions are entered, until `finishFold`.
  public func beginFold() {
    // History's prices are not among the facts: without them a fold is the same whoever makes it.
    ledger.forgetMarks()
    isFolding = true
    isTrading = false
  }

  /// Who holds what there is of an instrument.
  public func holder(of instrument: UInt32) -> Owner {
    holders(of: instrument, ledger.positions[Int(instrument)].holding.quantity.raw)
  }

  /// Facts of this session come from here on; its own orders are known by its id.
  public func foldSession(_ session: UInt64) {
    if knownSessions[session] == nil { knownSessions[session] = 0 }
  }

  /// The process that wrote the journal ended here. Whatever it was not told is of unknown fate: asked about, never resent.
  public func markUnanswered() {
    commands.removeAll()
    cancels.removeAll()
    answers.removeAll()
    needsDriver = false
    for i in 0..<settings.instruments.count {
      var slot = machine.pool.books[i].head
      while slot >= 0 {
        let here = slot
        let order = machine.pool[slot]
        slot = order.next
        if order.state.isWorking, !order.flags.contains(.acknowledged) { applyFact(.answerOverdue, to: here, code: 0) }
      }
    }
    connection = Connection(isConnected: connection.isConnected)
    resetWake()
  }

  /// A person had looked: losses count anew from here.
  public func foldResume() {
    dayStartEquity = ledger.balances.pointee.equity.raw
    peakEquity = dayStartEquity
    resetTrips()
  }

  public func finishFold() {
    isFolding = false
    isTrading = true
    resetTrips()
    resetWatch()
    for i in 0..<settings.instruments.count { gateUpdate(UInt32(i)) }
  }

  /// Prices of a moment: marks and what they do to equity, its peak and the start of the day.
  public func foldBars(_ batch: BarBatch) {
    clock.pointee = batch.ts
    if batch.flags & AL_MARKET_SESSION_OPENS != 0 { openFoldedSession() }
    if batch.ts >= timers.next { noteOverdue(batch.ts) }
    let columns = batch.columns
    for row in batch.firstRow..<batch.firstRow + batch.count {
      let i = columns.instruments.map { Int($0[row]) } ?? row - batch.firstRow
      guard i < settings.instruments.count, columns.close[row] > 0 else { continue }
      if ledger.mark(UInt32(i), at: Price(raw: columns.close[row])) { gate.mark(i, columns.close[row], batch.ts) }
    }
    foldEquity()
    resetWake()
  }

  /// Time went on to here without prices.
  public func foldClock(_ now: Int64) {
    guard now > clock.pointee else { return }
    clock.pointee = now
    if now >= timers.next { noteOverdue(now) }
    foldEquity()
    resetWake()
  }

  private func foldEquity() {
    let equity = ledger.balances.pointee.equity.raw
    if equity > peakEquity || equity <= drawdownWatch { equityMoved(equity) }
  }

  /// Orders that an earlier session made durable before it sent them. Their answers, or none, come next.
  public func foldIntents(_ intents: [(order: al_order_v1, owner: Owner, label: UInt32)]) {
    for intent in intents {
      note(intent.order.id)
      let row = commands.free()
      row.pointee = intent.order
      let slot = enter(row, owner: intent.owner, label: intent.label)
      guard slot >= 0 else { continue }
      commands.keep(slot)
      gateUpdate(intent.order.instrument)
    }
  }

  /// An order that our own gate refused.
  public func foldDenied(_ order: al_order_v1, owner: Owner) {
    note(order.id)
    withUnsafePointer(to: order) { row in
      let slot = enter(row, owner: owner, label: 0)
      if slot >= 0 { machine.apply(.denied, to: slot, at: UnixNanoseconds(clock.pointee)) }
    }
  }

  /// Cancels that an earlier session asked for: these left, whatever else entering its facts wants cancelled.
  public func foldCancels(_ ids: [al_order_id_v1]) {
    cancels.removeAll(keepingCapacity: true)
    for id in ids {
      let slot = find(id)
      if slot >= 0 { machine.apply(.cancelRequested, to: slot, at: UnixNanoseconds(clock.pointee)) }
      cancels.append(id)
    }
  }

  /// Orders that may still fill, by instrument and age.
  public var openOrders: [Order] {
    var list: [Order] = []
    for i in 0..<settings.instruments.count {
      var slot = machine.pool.books[i].head
      while slot >= 0 {
        list.append(machine.pool[slot])
        slot = machine.pool[slot].next
      }
    }
    return list
  }

  private func note(_ id: al_order_id_v1) {
    knownSessions[id.session] = max(knownSessions[id.session] ?? 0, id.sequence)
  }

  /// Whether an order id is one that this account's journal has given out.
  func isOurs(_ id: al_order_id_v1) -> Bool {
    guard id.sequence > 0 else { return false }
    if id.session == settings.session { return id.sequence <= sequence }
    return id.sequence <= knownSessions[id.session] ?? 0
  }
}

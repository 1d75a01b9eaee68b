import CAlphaLoop

/// Orders: asked for, checked, created, sent, answered, filled.
extension Engine {
  /// Passes a wish through the gate and enters it into the order machine. Denied ones are entered too, as denied.
  func request(_ wish: al_order_v1, owner: Owner, label: UInt32) {
    commands.free().pointee = wish
    requestFree(owner: owner, label: label)
  }

  /// The same for the order that stands in the free row of `commands`, which is kept when it passes.
  @inline(never)
  func requestFree(owner: Owner, label: UInt32) {
    if !isTrading { return }
    let order = commands.rows + commands.count
    let now = clock.pointee
    sequence &+= 1
    order.pointee.id = al_order_id_v1(session: settings.session, sequence: sequence)
    order.pointee.decided_ns = now
    let instrument = Int(order.pointee.instrument)
    let position = ledger.positions[instrument].holding.quantity.raw
    let book = machine.pool.books + instrument
    let denial = gate.check(order, position: position, book: book, context: gateContext(order.pointee.instrument))
    let slot = enter(order, owner: owner, label: label)
    guard slot >= 0 else { return refuseOversized(order.pointee, owner) }
    counts.orders &+= 1
    stamp()
    journal.write(
      JournalRecord(
        .intent, subject: order.pointee.instrument, state: order.pointee.type,
        code: UInt16(order.pointee.time_in_force), a: sequence, b: order.pointee.quantity,
        c: order.pointee.limit_price))
    if owner.isGroup {
      recordOwners(owner)
    } else {
      journal.write(JournalRecord(.owner, subject: owner.index, a: sequence, b: 1))
    }
    if settings.recordsOutputs { recordChecks(order.pointee, position) }
    if let denial { return deny(slot, order.pointee, owner, denial) }
    if isFrozen { return denyFrozen(slot, order.pointee, owner) }
    gate.passed(order, now)
    gate.update(instrument, position: position, book: book)
    portfolios.changed(instrument)
    if gate.exposures[instrument].lastTime < watch.priceFloor { watchPrice(gate.exposures[instrument].lastTime) }
    commands.keep(slot)
    needsDriver = true
  }

  /// The numbers of every limit, with the order's own quantity taken out of what is reserved again.
  @inline(never) private func recordChecks(_ order: al_order_v1, _ position: Int64) {
    var book = machine.pool.books[Int(order.instrument)]
    if order.quantity > 0 {
      book.reservedBuy.raw &-= order.quantity
    } else {
      book.reservedSell.raw &+= order.quantity
    }
    for check in gate.checks(order, position: position, book: book, context: gateContext(order.instrument)) {
      journal.write(
        JournalRecord(
          .check, subject: order.instrument, code: check.reason, a: order.id.sequence, b: check.limit, c: check.value))
    }
  }

  /// Nothing can reach the broker now, or what it holds is not known.
  @inline(never) private func denyFrozen(_ slot: Int32, _ order: al_order_v1, _ owner: Owner) {
    let state = connection[connection[AL_LAYER_SOCKET] == AL_CONNECTION_UP ? AL_LAYER_SESSION : AL_LAYER_SOCKET]
    deny(slot, order, owner, Denial(reason: AL_DENY_DISCONNECTED, limit: Int64(AL_CONNECTION_UP), value: Int64(state)))
  }

  @inline(__always) private func gateContext(_ instrument: UInt32) -> GateContext {
    let veto = hasVetoes ? standingVeto(instrument) : 0
    return GateContext(
      now: clock.pointee, equity: ledger.balances.pointee.equity.raw, halt: halt, vetoed: veto != 0, vetoReason: veto)
  }

  @inline(__always)
  func enter(_ order: UnsafePointer<al_order_v1>, owner: Owner, label: UInt32) -> Int32 {
    let slot = machine.create(
      Order(
        id: OrderID(session: order.pointee.id.session, sequence: order.pointee.id.sequence),
        instrument: order.pointee.instrument, owner: owner, quantity: Quantity(raw: order.pointee.quantity),
        type: OrderType(abi: order.pointee.type),
        timeInForce: TimeInForce(rawValue: order.pointee.time_in_force) ?? .day,
        limit: Price(raw: order.pointee.limit_price), stop: Price(raw: order.pointee.stop_price),
        at: UnixNanoseconds(clock.pointee), expiresAt: UnixNanoseconds(order.pointee.expire_ns), tag: label))
    recentSlots[Int(order.pointee.id.sequence & Self.recentMask)] = slot
    return slot
  }

  @inline(never) private func refuseOversized(_ order: al_order_v1, _ owner: Owner) {
    counts.denials += 1
    stamp()
    journal.write(
      JournalRecord(.denial, subject: order.instrument, code: AL_DENY_INVALID, a: order.id.sequence, c: order.quantity))
    notifyDenied(
      order, owner, Denial(reason: AL_DENY_INVALID, limit: OrderMachine.largestQuantity.raw, value: order.quantity))
  }

  @inline(never) func deny(_ slot: Int32, _ order: al_order_v1, _ owner: Owner, _ denial: Denial) {
    counts.denials += 1
    machine.apply(.denied, to: slot, at: UnixNanoseconds(clock.pointee))
    journal.write(
      JournalRecord(
        .denial, subject: order.instrument, state: AL_STATE_DENIED, code: denial.reason, a: order.id.sequence,
        b: denial.limit, c: denial.value))
    tell(slot, reason: denial.reason)
    notifyDenied(order, owner, denial)
  }

  private func notifyDenied(_ order: al_order_v1, _ owner: Owner, _ denial: Denial) {
    guard hasObserver else { return }
    observer?.denied(
      DenialEvent(
        time: clock.pointee, instrument: order.instrument, agent: owner.isGroup ? UInt32.max : owner.index,
        sequence: order.id.sequence, quantity: order.quantity, reason: denial.reason, limit: denial.limit,
        value: denial.value))
  }

  @inline(never) private func recordOwners(_ owner: Owner) {
    for share in ledger.ownership.shares(of: owner) {
      journal.write(JournalRecord(.owner, subject: share.agent, a: sequence, b: share.weight))
    }
  }

  /// Writes the time once before the records of a moment.
  @inline(__always) func stamp() {
    let now = clock.pointee
    if now == lastRecordedTime { return }
    lastRecordedTime = now
    journal.write(JournalRecord(.time, b: now, c: ledger.balances.pointee.equity.raw))
  }

  // MARK: what waits to be sent

  public var pendingCommands: UnsafeBufferPointer<al_order_v1> {
    UnsafeBufferPointer(start: commands.rows, count: commands.count)
  }
  public struct PendingIntent {
    public var order: al_order_v1
    public var label: UInt32
    public var shares: [Ownership.Share]
  }

  /// The same with whose they are.
  public var pendingIntents: [PendingIntent] {
    (0..<commands.count).map { i in
      let order = machine.pool[commands.slots[i]]
      return PendingIntent(
        order: commands.rows[i], label: order.tag, shares: ledger.ownership.shares(of: order.owner))
    }
  }

  /// Room for the answers to `pendingCommands`.
  public var ackBuffer: UnsafeMutablePointer<al_ack_v1> { commands.acks }
  public var pendingCancels: [al_order_id_v1] { cancels }
  public var hasCommands: Bool { commands.count != 0 }
  public var hasCancels: Bool { !cancels.isEmpty }
  /// Orders that may still fill.
  public var liveOrders: Int { machine.pool.count - machine.pool.lingeringCount }

  /// The commands have left, and these are the direct answers (in `ackBuffer`).
  public func applyAcks() {
    let now = UnixNanoseconds(clock.pointee)
    stamp()
    var i = 0
    let n = commands.count
    while i < n {
      let slot = commands.slots[i]
      let ack = commands.acks + i
      if ack.pointee.status == AL_OK {
        machine.applySentAndAccepted(to: slot, at: now)
        settle(slot, .accepted)
      } else {
        settleOther(slot, ack.pointee.status)
      }
      i &+= 1
    }
    commands.removeAll()
    needsDriver = !cancels.isEmpty
  }

  /// The whole submission failed and nothing was sent.
  public func failSubmission() {
    for i in 0..<commands.count { commands.acks[i] = al_ack_v1(status: AL_E_REJECTED, code: 0, broker_id: 0) }
    applyAcks()
  }

  @inline(never) private func settleOther(_ slot: Int32, _ status: al_status) {
    let now = UnixNanoseconds(clock.pointee)
    machine.apply(kind: .sent, to: slot, at: now)
    let fact: OrderFactKind? = status == AL_AGAIN ? nil : status == AL_E_TIMEOUT ? .answerOverdue : .rejected
    if let fact { machine.apply(kind: fact, to: slot, at: now) }
    settle(slot, fact ?? .sent)
    if fact == nil { awaitAnswer(machine.pool[slot].id, .submission) }
    if fact == .rejected { noteReject() }
  }

  /// Records and tells what the answer to a submission made of an order.
  @inline(__always) private func settle(_ slot: Int32, _ fact: OrderFactKind) {
    let order = machine.pool.orders + Int(slot)
    journal.write(
      JournalRecord(
        .order, subject: order.pointee.instrument, state: order.pointee.state.rawValue,
        code: UInt16(fact.rawValue), a: order.pointee.id.sequence, b: order.pointee.filled.raw,
        c: order.pointee.reserved.raw))
    if order.pointee.state != .accepted { gateUpdate(order.pointee.instrument) }
    tell(slot, reason: 0)
  }

  @inline(__always) func gateUpdate(_ instrument: UInt32) {
    let i = Int(instrument)
    gate.update(i, position: ledger.positions[i].holding.quantity.raw, book: machine.pool.books + i)
    portfolios.changed(i)
  }

  /// Cancels were sent; their answers come as reports, or here when the broker answers at once.
  public func applyCancelAcks(_ acks: UnsafePointer<al_ack_v1>) {
    for (i, id) in cancels.enumerated() {
      let slot = find(id)
      guard slot >= 0 else { continue }
      let fact: OrderFact? =
        switch acks[i].status {
        case AL_OK: .cancelConfirmed
        case AL_AGAIN: nil
        // Whether it arrived is not known, so neither is whether the order works.
        case AL_E_TIMEOUT: .answerOverdue
        default: .cancelRejected
        }
      guard let fact else {
        awaitAnswer(machine.pool[slot].id, .cancel)
        continue
      }
      applyFact(fact, to: slot, code: acks[i].code)
    }
    cancels.removeAll(keepingCapacity: true)
    needsDriver = commands.count != 0
  }

  func requestCancel(_ slot: Int32) {
    let order = machine.pool[slot]
    machine.apply(.cancelRequested, to: slot, at: UnixNanoseconds(clock.pointee))
    gate.countMessage(clock.pointee)
    stamp()
    journal.write(
      JournalRecord(
        .order, subject: order.instrument, state: machine.pool[slot].state.rawValue,
        code: UInt16(OrderFactKind.cancelRequested.rawValue), a: order.id.sequence, b: order.filled.raw,
        c: order.reserved.raw))
    cancels.append(al_order_id_v1(session: order.id.session, sequence: order.id.sequence))
    needsDriver = true
  }

  // MARK: facts from the broker

  @inline(__always) func find(_ id: al_order_id_v1) -> Int32 {
    machine.pool.find(
      OrderID(session: id.session, sequence: id.sequence), hint: recentSlots[Int(id.sequence & Self.recentMask)])
  }

  /// Applies what a broker reported. Any order, duplicates, and facts after the end are legal.
  public func apply(_ reports: UnsafeBufferPointer<al_report_v1>) {
    var i = 0
    while i < reports.count {
      let report = reports.baseAddress.unsafelyUnwrapped + i
      if report.pointee.kind == AL_REPORT_FILL {
        applyFill(report)
      } else {
        applyReport(report)
      }
      i &+= 1
    }
  }

  @inline(__always) private func applyFill(_ report: UnsafePointer<al_report_v1>) {
    let slot = find(report.pointee.id)
    guard slot >= 0,
      let fill = Fill(
        execution: ExecutionID(high: report.pointee.execution.0, low: report.pointee.execution.1),
        quantity: Quantity(raw: report.pointee.quantity), price: Price(raw: report.pointee.price),
        fee: Money(raw: report.pointee.fee))
    else { return placelessFill(report) }
    let order = machine.pool.orders + Int(slot)
    let before = order.pointee.filled
    let effects = machine.apply(fill: fill, to: slot, at: UnixNanoseconds(clock.pointee))
    guard effects.contains(.booked) else { return repeatedFill(report) }
    let instrument = order.pointee.instrument
    let owner = order.pointee.owner
    let books = viewTables.hasReaders ? realised(instrument, owner) : []
    if !ledger.book(fill, instrument: instrument, owner: owner, filledBefore: before) { return overflowed(report) }
    if !books.isEmpty { countResults(instrument, books, fill) }
    counts.fills &+= 1
    gateUpdate(instrument)
    stamp()
    journal.write(
      JournalRecord(
        .fill, subject: instrument, state: order.pointee.state.rawValue, a: report.pointee.id.sequence,
        b: fill.quantity.raw, c: fill.price.raw))
    if fill.fee.raw != 0 {
      journal.write(JournalRecord(.fee, subject: instrument, a: report.pointee.id.sequence, c: fill.fee.raw))
    }
    tellFill(slot, fill)
    if keepsExecutions { keepExecution(fill, slot, filledBefore: before) }
    if !effects.isDisjoint(with: [.lateFill, .overfill, .contradiction]) { unexpectedFill(report, effects) }
    if hasObserver { notifyFilled(report, instrument, owner) }
  }

  /// What each agent behind an owner has realised in an instrument so far.
  @inline(never) private func realised(_ instrument: UInt32, _ owner: Owner) -> [(agent: UInt32, realised: Int64)] {
    ledger.ownership.shares(of: owner).map { ($0.agent, ledger.agentPosition($0.agent, instrument)?.realised.raw ?? 0) }
  }

  /// Counts wins and losses of the parts that this fill closed, as returns on what they were worth.
  @inline(never)
  private func countResults(_ instrument: UInt32, _ before: [(agent: UInt32, realised: Int64)], _ fill: Fill) {
    let worth = Double(abs(fill.notional.raw)) / Double(max(before.count, 1))
    for book in before where Int(book.agent) < agents.count {
      guard let now = ledger.agentPosition(book.agent, instrument)?.realised.raw, now != book.realised, worth > 0 else {
        continue
      }
      let result = Double(now &- book.realised) / worth
      let k = Int(book.agent)
      if result > 0 {
        agents[k].wins &+= 1
        agents[k].sumWin += result
      } else {
        agents[k].losses &+= 1
        agents[k].sumLoss -= result
      }
    }
  }

  @inline(never) func notifyFilled(_ report: UnsafePointer<al_report_v1>, _ instrument: UInt32, _ owner: Owner) {
    observer?.filled(
      FillEvent(
        time: clock.pointee, instrument: instrument, owner: owner, sequence: report.pointee.id.sequence,
        quantity: report.pointee.quantity, price: report.pointee.price, fee: report.pointee.fee))
  }

  @inline(never) func anomaly(_ report: UnsafePointer<al_report_v1>) {
    counts.anomalies += 1
    stamp()
    journal.write(
      JournalRecord(
        .anomaly, subject: report.pointee.instrument, code: report.pointee.kind, a: report.pointee.id.sequence,
        b: report.pointee.quantity, c: report.pointee.price))
    // A fill of an order that nobody knows is a position that nobody decided.
    if report.pointee.kind == AL_REPORT_FILL {
      setHalt(settings.limits.reconciliationAction, .reconciliation, limit: 0, value: report.pointee.quantity)
    }
  }

  @inline(never) func overflowed(_ report: UnsafePointer<al_report_v1>) {
    anomaly(report)
    // The books no longer say what is held: at least nothing may go on working.
    setHalt(
      max(.halted, settings.limits.reconciliationAction), .reconciliation, limit: 0, value: report.pointee.quantity)
  }

  @inline(never) func unexpectedFill(_ report: UnsafePointer<al_report_v1>, _ effects: OrderEffects) {
    counts.anomalies += 1
    journal.write(
      JournalRecord(
        .anomaly, subject: report.pointee.instrument, state: 1, code: effects.rawValue, a: report.pointee.id.sequence,
        b: report.pointee.quantity, c: report.pointee.price))
    setHalt(settings.limits.reconciliationAction, .lateFill, limit: 0, value: report.pointee.quantity)
  }

  private func applyReport(_ report: UnsafePointer<al_report_v1>) {
    if report.pointee.kind == AL_REPORT_CONNECTION { return heard(report.pointee) }
    if report.pointee.kind == AL_REPORT_TRIGGERED { return }
    if report.pointee.kind == AL_REPORT_CORRECTION || report.pointee.kind == AL_REPORT_FEE { return amend(report) }
    let slot = find(report.pointee.id)
    guard slot >= 0, let fact = fact(report.pointee, machine.pool[slot]) else { return anomaly(report) }
    if report.pointee.kind == AL_REPORT_REJECTED, !machine.pool[slot].state.isTerminal { noteReject() }
    applyFact(fact, to: slot, code: report.pointee.code)
  }

  private func heard(_ report: al_report_v1) {
    let before = connection
    _ = connection.heard(report.broker_id, UInt32(bitPattern: report.code), at: clock.pointee)
    if connection == before { return }
    stamp()
    journal.write(
      JournalRecord(
        .connection, subject: UInt32(clamping: report.broker_id), state: UInt8(clamping: report.code),
        a: UInt64(connection.isFrozen ? 1 : 0), b: report.quantity))
  }

  private func fact(_ report: al_report_v1, _ order: Order) -> OrderFact? {
    switch report.kind {
    case AL_REPORT_ACCEPTED: .accepted
    case AL_REPORT_REJECTED: .rejected
    case AL_REPORT_CANCELLED: .cancelConfirmed
    case AL_REPORT_CANCEL_REJECTED: .cancelRejected
    case AL_REPORT_REPLACED:
      .replaceConfirmed(quantity: Quantity(raw: report.quantity), limit: Price(raw: report.price))
    case AL_REPORT_REPLACE_REJECTED: .replaceRejected
    case AL_REPORT_EXPIRED: .expired
    case AL_REPORT_WORKING: .foundOpen
    default: nil
    }
  }

  func applyFact(_ fact: OrderFact, to slot: Int32, code: Int32) {
    let effects = machine.apply(fact, to: slot, at: UnixNanoseconds(clock.pointee))
    let order = machine.pool[slot]
    stamp()
    journal.write(
      JournalRecord(
        .order, subject: order.instrument, state: order.state.rawValue, code: UInt16(fact.kind.rawValue),
        a: order.id.sequence,
        b: order.filled.raw, c: order.reserved.raw))
    gateUpdate(order.instrument)
    if effects.contains(.changed) { tell(slot, reason: 0) }
    if effects.contains(.contradiction) { counts.anomalies += 1 }
  }

  /// Many rejects in a short time say that something is wrong with us, not with the orders.
  private func noteReject() {
    counts.rejects += 1
    rejectTimes.add(clock.pointee)
    if settings.limits.rejectBurst != nil, rejectTimes.isFull(clock.pointee) {
      setHalt(settings.limits.rejectBurstAction, .rejectBurst, limit: rejectTimes.limit, value: Int64(counts.rejects))
    }
  }
}

import CAlphaLoop

/// What a broker says of executions after it reported them: corrections, busts and fees. Each report names an execution and
/// what it is now, so the newest word on its size and the newest on its fee stand, whatever order the words come in and
/// however often. Booked is always the difference: the old taken back exactly, the new in its place.
///
/// Brokers whose executions carry rising numbers name each once (`AL_BROKER_ORDERED_EXECUTIONS`); a correction from one of
/// those fits nothing and is for reconciliation.
extension Engine {
  /// A correction or a fee.
  @inline(never) func amend(_ report: UnsafePointer<al_report_v1>) {
    let id = ExecutionID(high: report.pointee.execution.0, low: report.pointee.execution.1)
    guard keepsExecutions, id.high | id.low != 0, var booked = booked(id, report.pointee) else {
      return unapplied(report)
    }
    let word = BookedExecution.Word(report.pointee)
    // A sum that no ledger can hold is not taken down as heard: it says nothing that can be booked.
    if word.isSize, booked.fill(word.quantity, word.price, fee: 0) == nil { return overflowed(report) }
    if booked.words.contains(word) { return }
    booked.words.append(word)
    let wanted = booked.heard(word)
    rebook(id, &booked, to: wanted, report)
    executions[id] = booked
  }

  /// What is known of an execution: as it was booked, or nothing yet of an order of ours.
  private func booked(_ id: ExecutionID, _ report: al_report_v1) -> BookedExecution? {
    let isNamed = report.id.session != 0 || report.id.sequence != 0
    if let known = executions[id] {
      let isSame = known.order.session == report.id.session && known.order.sequence == report.id.sequence
      return isSame || !isNamed ? known : nil
    }
    let order = OrderID(session: report.id.session, sequence: report.id.sequence)
    let slot = machine.pool.find(order)
    if slot >= 0 {
      let order = machine.pool[slot]
      return BookedExecution(
        order: order.id, instrument: order.instrument, owner: order.owner, filledBefore: order.filled.raw, version: id)
    }
    guard isOurs(report.id), Int(report.instrument) < settings.instruments.count else { return nil }
    return BookedExecution(
      order: order, instrument: report.instrument, owner: .unattributed, filledBefore: 0, version: id)
  }

  private func unapplied(_ report: UnsafePointer<al_report_v1>) {
    anomaly(report)
    setHalt(settings.limits.reconciliationAction, .reconciliation, limit: 0, value: report.pointee.quantity)
  }

  // MARK: fills

  /// A fill was booked: what later words on it start from.
  @inline(never) func keepExecution(_ fill: Fill, _ slot: Int32, filledBefore: Quantity) {
    let order = machine.pool[slot]
    keep(fill, order.id, order.instrument, order.owner, filledBefore)
  }

  private func keep(_ fill: Fill, _ order: OrderID, _ instrument: UInt32, _ owner: Owner, _ filledBefore: Quantity) {
    var booked = BookedExecution(
      order: order, instrument: instrument, owner: owner, filledBefore: filledBefore.raw, version: fill.execution)
    booked.quantity = fill.quantity.raw
    booked.price = fill.price.raw
    booked.fee = fill.fee.raw
    booked.hasFill = true
    // A fee that was reported before its fill is booked already, and is the word on it.
    if let early = executions[fill.execution] {
      booked.words = early.words
      booked.feeTime = early.feeTime
      booked.hasFee = early.hasFee
      booked.fee = early.fee &+ fill.fee.raw
      if early.feeTime != .min, fill.fee.raw != 0, charge(booked, 0 &- fill.fee.raw) {
        booked.fee = early.fee
        writeFee(order, instrument, 0 &- fill.fee.raw)
      }
    }
    executions[fill.execution] = booked
  }

  /// A fill that the order machine has counted already: its fee may be news, when a correction came before it.
  @inline(never) func repeatedFill(_ report: UnsafePointer<al_report_v1>) {
    let id = ExecutionID(high: report.pointee.execution.0, low: report.pointee.execution.1)
    guard keepsExecutions, var booked = executions[id], !booked.hasFill else { return }
    booked.hasFill = true
    if booked.feeTime == .min {
      var wanted = booked.size
      wanted.fee = report.pointee.fee
      rebook(id, &booked, to: wanted, report)
    }
    executions[id] = booked
  }

  /// A fill that fits no order at hand. One of our own orders that ended long ago still has it booked, once: its owners are
  /// no longer known, and why it came is for reconciliation. Any other is a position that nobody decided.
  @inline(never) func placelessFill(_ report: UnsafePointer<al_report_v1>) {
    let id = OrderID(session: report.pointee.id.session, sequence: report.pointee.id.sequence)
    guard isOurs(report.pointee.id), Int(report.pointee.instrument) < settings.instruments.count,
      machine.pool.find(id) < 0, report.pointee.quantity != 0,
      let fill = Fill(
        execution: ExecutionID(high: report.pointee.execution.0, low: report.pointee.execution.1),
        quantity: Quantity(raw: report.pointee.quantity), price: Price(raw: report.pointee.price),
        fee: Money(raw: report.pointee.fee))
    else { return anomaly(report) }
    if !machine.executions.insert(fill.execution) { return repeatedFill(report) }
    let instrument = report.pointee.instrument
    guard ledger.book(fill, instrument: instrument, owner: .unattributed) else { return overflowed(report) }
    counts.fills &+= 1
    positionMoved(instrument)
    write(fill, id, instrument, state: .unknown)
    if keepsExecutions { keep(fill, id, instrument, .unattributed, .zero) }
    anomaly(report)
    if hasObserver { notifyFilled(report, instrument, .unattributed) }
  }

  // MARK: booking

  /// Takes back what is booked of an execution and books what it is now.
  private func rebook(
    _ id: ExecutionID, _ booked: inout BookedExecution, to wanted: BookedExecution.Size,
    _ report: UnsafePointer<al_report_v1>
  ) {
    let isFirst = booked.versions == 0 && !booked.hasFill && booked.quantity == 0
    if wanted.quantity == booked.quantity, wanted.price == booked.price || wanted.quantity == 0 {
      // Void before it came: when it comes it does not count.
      if isFirst, booked.sizeTime != .min { void(id, &booked) }
      return rebookFee(&booked, wanted.fee, report)
    }
    let next = isFirst ? id : booked.nextVersion(id)
    guard let old = booked.fill(booked.quantity, booked.price, fee: booked.fee), let undo = old.reversed,
      var new = booked.fill(wanted.quantity, wanted.price, fee: wanted.fee)
    else { return overflowed(report) }
    new.execution = next
    let (order, instrument) = (booked.order, booked.instrument)
    guard exchange(undo, old, new, booked) else { return overflowed(report) }
    let effects = tellMachine(old, new, order)
    booked.set(wanted, version: next)
    positionMoved(instrument)
    record(report, order, instrument)
    let slot = machine.pool.find(order)
    let state = slot >= 0 ? machine.pool[slot].state : .unknown
    if old.quantity.raw != 0 { write(undo, order, instrument, state: state) }
    if new.quantity.raw != 0 { write(new, order, instrument, state: state) }
    if old.quantity.raw == 0, old.fee.raw != 0 { writeFee(order, instrument, 0 &- old.fee.raw) }
    if new.quantity.raw == 0, new.fee.raw != 0 { writeFee(order, instrument, new.fee.raw) }
    if hasObserver { notify([undo, new], booked) }
    if slot >= 0 { tell(slot, reason: 0) }
    if booked.owner == .unattributed { return unapplied(report) }
    if !effects.isDisjoint(with: [.lateFill, .overfill, .contradiction]) { unexpectedFill(report, effects) }
  }

  /// In the ledger; both or neither.
  private func exchange(_ undo: Fill, _ old: Fill, _ new: Fill, _ booked: BookedExecution) -> Bool {
    let after = Quantity(raw: booked.filledBefore &+ old.quantity.raw)
    let before = Quantity(raw: booked.filledBefore)
    guard book(undo, booked, after) else { return false }
    if book(new, booked, before) { return true }
    _ = book(old, booked, before)
    return false
  }

  /// A fill, or the fee of one that is void.
  private func book(_ fill: Fill, _ booked: BookedExecution, _ filledBefore: Quantity) -> Bool {
    if fill.quantity.raw == 0 { return charge(booked, fill.fee.raw) }
    return ledger.book(fill, instrument: booked.instrument, owner: booked.owner, filledBefore: filledBefore)
  }

  /// The order counts the new version of its execution.
  private func tellMachine(_ old: Fill, _ new: Fill, _ order: OrderID) -> OrderEffects {
    let slot = machine.pool.find(order)
    let now = UnixNanoseconds(clock.pointee)
    guard slot >= 0 else {
      _ = machine.executions.void(old.execution)
      if new.quantity.raw != 0 { _ = machine.executions.insert(new.execution) }
      return []
    }
    if old.quantity.raw == 0 { return machine.apply(fill: new, to: slot, at: now) }
    if new.quantity.raw == 0 { return machine.apply(.busted(old), to: slot, at: now) }
    return machine.apply(.corrected(old: old, new: new), to: slot, at: now)
  }

  private func void(_ id: ExecutionID, _ booked: inout BookedExecution) {
    booked.set(booked.size, version: id)
    let slot = machine.pool.find(booked.order)
    guard slot >= 0, let nothing = booked.fill(0, 0, fee: 0) else {
      _ = machine.executions.void(id)
      return
    }
    machine.apply(.busted(nothing), to: slot, at: UnixNanoseconds(clock.pointee))
    gateUpdate(booked.instrument)
  }

  private func rebookFee(_ booked: inout BookedExecution, _ fee: Int64, _ report: UnsafePointer<al_report_v1>) {
    let (change, overflow) = fee.subtractingReportingOverflow(booked.fee)
    if change == 0, !overflow { return }
    record(report, booked.order, booked.instrument, fee: fee)
    guard !overflow, charge(booked, change) else { return overflowed(report) }
    writeFee(booked.order, booked.instrument, change)
    gateUpdate(booked.instrument)
    booked.fee = fee
    if booked.owner == .unattributed { unapplied(report) }
  }

  private func charge(_ booked: BookedExecution, _ fee: Int64) -> Bool {
    fee == 0 || ledger.charge(Money(raw: fee), instrument: booked.instrument, owner: booked.owner)
  }

  private func positionMoved(_ instrument: UInt32) {
    gateUpdate(instrument)
    let time = gate.exposures[Int(instrument)].lastTime
    if time < watch.priceFloor { watchPrice(time) }
  }

  // MARK: telling

  /// - Parameter fee: what the fee is now; nil: the size is what changed.
  private func record(
    _ report: UnsafePointer<al_report_v1>, _ order: OrderID, _ instrument: UInt32, fee: Int64? = nil
  ) {
    stamp()
    journal.write(
      JournalRecord(
        .ledger, subject: instrument, code: fee == nil ? AL_REPORT_CORRECTION : AL_REPORT_FEE, a: order.sequence,
        b: fee ?? report.pointee.quantity, c: fee == nil ? report.pointee.price : 0))
  }

  private func write(_ fill: Fill, _ order: OrderID, _ instrument: UInt32, state: OrderState) {
    stamp()
    journal.write(
      JournalRecord(
        .fill, subject: instrument, state: state.rawValue, a: order.sequence, b: fill.quantity.raw, c: fill.price.raw))
    if fill.fee.raw != 0 { writeFee(order, instrument, fill.fee.raw) }
  }

  private func writeFee(_ order: OrderID, _ instrument: UInt32, _ fee: Int64) {
    journal.write(JournalRecord(.fee, subject: instrument, a: order.sequence, c: fee))
  }

  private func notify(_ fills: [Fill], _ booked: BookedExecution) {
    for fill in fills where fill.quantity.raw != 0 {
      observer?.filled(
        FillEvent(
          time: clock.pointee, instrument: booked.instrument, owner: booked.owner, sequence: booked.order.sequence,
          quantity: fill.quantity.raw, price: fill.price.raw, fee: fill.fee.raw))
    }
  }
}

extension Owner {
  /// Behind fills whose order nobody remembers: the host itself.
  public static let unattributed = Owner.agent(UInt32(Int32.max))
}

import CAlphaLoop

/// Child orders stay in the host until their time and meet every limit then: what they were planned under may have changed.
extension Engine {
  /// Sends the children whose time has come. Called when the prices of this moment are in, equity was looked at and the
  /// agents have spoken, so that a child meets the halts, limits and vetoes of its release.
  @inline(never) func releaseChildren(_ now: Int64) {
    while let child = work.pop(upTo: now) { requestChild(child) }
  }

  @inline(never) func requestChild(_ child: WorkBook.Child) {
    var row = child.row
    // What was to close a position never opens one: the position may have gone since.
    if row.flags & AL_ORDER_REDUCE_ONLY != 0 {
      let held = ledger.positions[Int(row.instrument)].holding.quantity.raw
      let isAgainst = held != 0 && (held > 0) != (row.quantity > 0)
      let room = isAgainst ? closable(row.instrument, held, later: 0) : 0
      if room == 0 { return refuseChild(row, child) }
      if abs(row.quantity) > room { row.quantity = row.quantity > 0 ? room : -room }
    }
    request(row, owner: child.owner, label: child.label)
  }

  private func refuseChild(_ row: al_order_v1, _ child: WorkBook.Child) {
    if !isTrading { return }
    var order = row
    sequence &+= 1
    order.id = al_order_id_v1(session: settings.session, sequence: sequence)
    order.decided_ns = clock.pointee
    let slot = enter(&order, owner: child.owner, label: child.label)
    guard slot >= 0 else { return }
    counts.orders &+= 1
    stamp()
    journal.write(
      JournalRecord(
        .intent, subject: order.instrument, state: order.type, code: UInt16(order.time_in_force), a: sequence,
        b: order.quantity, c: order.limit_price))
    for share in ledger.ownership.shares(of: child.owner) {
      journal.write(JournalRecord(.owner, subject: share.agent, a: sequence, b: share.weight))
    }
    deny(slot, order, child.owner, Denial(reason: AL_DENY_INVALID, limit: 0, value: order.quantity))
  }

  /// What of a position no working order is closing yet, nor a child that waits; absolute.
  func closable(_ instrument: UInt32, _ held: Int64) -> Int64 {
    let waiting = work.next == .max ? 0 : work.waiting(instrument)
    return closable(instrument, held, later: (waiting > 0) != (held > 0) ? abs(waiting) : 0)
  }

  private func closable(_ instrument: UInt32, _ held: Int64, later: Int64) -> Int64 {
    let book = machine.pool.books + Int(instrument)
    let closing = held > 0 ? book.pointee.reservedSell.raw : book.pointee.reservedBuy.raw
    return max(0, abs(held) &- closing &- later)
  }

  /// What is still to be asked for beyond the children that wait. Those on the other side are taken back first.
  @inline(never) func beyondWaiting(_ instrument: UInt32, _ difference: Int64) -> Int64 {
    let waiting = work.waiting(instrument)
    let rest = difference &- waiting
    if waiting == 0 || rest == 0 || (rest > 0) == (waiting > 0) { return rest }
    return rest &+ work.withdraw(instrument, upTo: abs(rest), sign: waiting.signum())
  }

  /// The kill switch moved after orders of the same moment had passed the gate: what would add risk does not leave.
  @inline(never) func recallCommands() {
    var refused: Set<Int> = []
    // The last first: what it reserved is free for those before it.
    for i in (0..<commands.count).reversed() where addsRisk(commands.rows[i]) {
      refused.insert(i)
      let slot = commands.slots[i]
      let owner = machine.pool[slot].owner
      stamp()
      deny(slot, commands.rows[i], owner, Denial(reason: AL_DENY_HALTED, limit: 0, value: Int64(halt.rawValue)))
      gateUpdate(commands.rows[i].instrument)
    }
    if refused.isEmpty { return }
    commands.filter { !refused.contains($0) }
    needsDriver = commands.count != 0 || !cancels.isEmpty
  }

  /// With all that works on its side, does the order more than close what is held?
  private func addsRisk(_ order: al_order_v1) -> Bool {
    let held = ledger.positions[Int(order.instrument)].holding.quantity.raw
    let book = machine.pool.books + Int(order.instrument)
    if held == 0 || (held > 0) == (order.quantity > 0) { return true }
    return (held > 0 ? book.pointee.reservedSell.raw : book.pointee.reservedBuy.raw) > abs(held)
  }
}

import CAlphaLoop

/// The kill switch: a latch that moves up by itself and down only when a person resumes.
extension Engine {
  /// Moves the latch up to `state`; a lower or equal one changes nothing.
  public func setHalt(
    _ state: HaltState, _ trigger: HaltTrigger, limit: Int64, value: Int64, actor: String = "engine",
    reason: String = ""
  ) {
    // History is not to halt today's session.
    guard state > halt, isTrading else { return }
    move(to: state, trigger, limit: limit, value: value, actor: actor, reason: reason)
  }

  /// The only way back to `armed`.
  public func resume(actor: String, reason: String) {
    guard halt != .armed else { return }
    move(to: .armed, .resumed, limit: 0, value: 0, actor: actor, reason: reason)
    // What was lost stays lost: the day and the peak count anew from here, else the same number would trip at once.
    dayStartEquity = ledger.balances.pointee.equity.raw
    peakEquity = dayStartEquity
    resetTrips()
    resumeWatch()
  }

  /// Puts back a latch that was set before a restart.
  public func restore(halt state: HaltState) { halt = state }

  private func move(
    to state: HaltState, _ trigger: HaltTrigger, limit: Int64, value: Int64, actor: String, reason: String
  ) {
    let from = halt
    halt = state
    stamp()
    journal.write(
      JournalRecord(
        .halt, subject: UInt32(from.rawValue), state: state.rawValue, code: trigger.rawValue, b: limit, c: value))
    observer?.halted(
      HaltEvent(
        time: clock.pointee, from: from, to: state, trigger: trigger, limit: limit, value: value, actor: actor,
        reason: reason))
    if state >= .halted { work.removeAll() }
  }

  /// What the latch asks for, after every event while it is set: cancel what works, then flatten, then rest. A fill that comes
  /// after that is closed as well.
  public func pursueHalt(_ now: Int64) {
    if commands.count != 0 { recallCommands() }
    // Without a line nothing can be cancelled or closed; it is tried again when there is one.
    guard halt >= .halted, !isFrozen else { return }
    var isFlat = true
    for i in 0..<settings.instruments.count {
      let live = cancelWorking(i)
      // Name by name: an order whose fate is not known bars the way out of no other.
      if halt >= .flattening, live == 0, ledger.positions[i].holding.quantity.raw != 0 {
        close(i)
        isFlat = false
      }
      if live != 0 { isFlat = false }
    }
    if halt == .flattening, isFlat { setHalt(.flat, .flattened, limit: 0, value: 0) }
  }

  /// Asks for the cancel of what works in an instrument.
  /// - Returns: orders that may still fill.
  private func cancelWorking(_ i: Int) -> Int {
    var live = 0
    var slot = machine.pool.books[i].head
    while slot >= 0 {
      let order = machine.pool[slot]
      slot = order.next
      live += 1
      // While flattening, our own closing orders are to fill.
      if halt >= .flattening, isClosing(order) { continue }
      // One of unknown fate may be working; its cancel is asked for once, and the answer is evidence.
      let isUnknown = order.state == .unknown && !order.flags.contains(.cancelOutstanding)
      if isUnknown || order.state == .accepted || order.state == .partiallyFilled || order.state == .submitted {
        requestCancel(machine.pool.find(order.id))
      }
    }
    return live
  }

  private func isClosing(_ order: Order) -> Bool {
    let held = ledger.positions[Int(order.instrument)].holding.quantity.raw
    return held != 0 && (order.quantity.raw > 0) != (held > 0) && order.type == .market
      && order.remaining.magnitude <= held.magnitude
  }

  private func close(_ i: Int) {
    let held = ledger.positions[i].holding.quantity.raw
    var row = al_order_v1()
    row.instrument = UInt32(i)
    row.quantity = -held
    row.type = AL_ORDER_MARKET
    row.flags = AL_ORDER_REDUCE_ONLY
    request(row, owner: holders(of: UInt32(i), held), label: 0)
  }
}

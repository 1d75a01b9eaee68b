import CAlphaLoop

/// Telling the agents what became of their orders.
extension Engine {
  @inline(__always) func tell(_ slot: Int32, reason: UInt16) {
    let owner = machine.pool.orders[Int(slot)].owner
    if owner.isGroup || Int(owner.index) >= agents.count { return }
    let agent = slots + Int(owner.index)
    if agent.pointee.wantsUpdates { pushUpdate(agent, slot, reason, 0, 0) }
  }

  @inline(__always) func tellFill(_ slot: Int32, _ fill: Fill) {
    let owner = machine.pool.orders[Int(slot)].owner
    if owner.isGroup || Int(owner.index) >= agents.count { return }
    let agent = slots + Int(owner.index)
    if agent.pointee.wantsUpdates { pushUpdate(agent, slot, 0, fill.quantity.raw, fill.price.raw) }
  }

  @inline(__always) private func pushUpdate(
    _ agent: UnsafeMutablePointer<AgentSlot>, _ slot: Int32, _ reason: UInt16, _ quantity: Int64, _ price: Int64
  ) {
    let n = agent.pointee.input.pointee.n_order_updates
    if n == agent.pointee.updateCapacity { growUpdates(agent) }
    let order = machine.pool.orders + Int(slot)
    agent.pointee.updates[Int(n)] = al_order_update_v1(
      id: al_order_id_v1(session: order.pointee.id.session, sequence: order.pointee.id.sequence), ts: clock.pointee,
      instrument: universeIndex(agent, order.pointee.instrument), state: order.pointee.state.rawValue,
      type: order.pointee.type.abi, reason: reason, quantity: order.pointee.quantity.raw,
      filled: order.pointee.filled.raw,
      last_quantity: quantity, last_price: price, label: order.pointee.tag, reserved: 0)
    agent.pointee.input.pointee.n_order_updates = n &+ 1
  }

  /// An agent that is not evaluated for long still misses nothing.
  @inline(never) private func growUpdates(_ agent: UnsafeMutablePointer<AgentSlot>) {
    let n = Int(agent.pointee.updateCapacity)
    let larger = memory.allocate(al_order_update_v1.self, count: 2 * n)
    larger.update(from: agent.pointee.updates, count: n)
    agent.pointee.updates = larger
    agent.pointee.updateCapacity = UInt32(2 * n)
    agent.pointee.input.pointee.order_updates = UnsafePointer(larger)
  }

  @inline(__always) private func universeIndex(_ agent: UnsafeMutablePointer<AgentSlot>, _ instrument: UInt32) -> UInt32
  {
    let n = agent.pointee.input.pointee.n_instruments
    var i: UInt32 = 0
    while i < n {
      if agent.pointee.members[Int(i)] == instrument { return i }
      i &+= 1
    }
    return AL_NONE
  }
}

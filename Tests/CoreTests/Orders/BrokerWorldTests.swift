import Testing

@testable import AlphaLoopCore

@Suite("The order machine against a broker that really holds the order")
struct BrokerWorldTests {
  /// One life of an order, at most `steps` events, then everything still on its way arrives.
  /// - Returns: what went wrong, nil when nothing did.
  static func live(
    seed: UInt64, steps: Int, table: TransitionTable = .standard, visited: inout Set<OrderState>
  ) -> String? {
    var states: Set<OrderState> = []
    defer { visited.formUnion(states) }
    var random = SplitMix64(seed: seed)
    var world = BrokerWorld()
    world.quantity = 5
    var machine = OrderMachine(
      pool: OrderPool(instruments: 1, capacity: 1, lingering: 4),
      executions: ExecutionIndex(ordered: false, capacity: 8), table: table)
    var order = OrderEnumeration.newOrder()
    order.quantity = Quantity(raw: 5)
    let slot = machine.create(order)
    var history: [OrderFact] = []

    func tell(_ fact: OrderFact, _ machine: inout OrderMachine) -> String? {
      history.append(fact)
      machine.apply(fact, to: slot, at: UnixNanoseconds(0))
      states.insert(machine.pool[slot].state)
      let reserved = machine.pool.books[0].reservedBuy.raw
      let trail = "seed \(seed): \(history.map { "\($0.kind)" })"
      if reserved < world.open { return "\(trail): reserves \(reserved), the broker may execute \(world.open)" }
      let position = machine.pool[slot].filled.raw
      return position > world.executed ? "\(trail): filled \(position) of \(world.executed)" : nil
    }

    for _ in 0..<steps {
      var fact: OrderFact?
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3: world.act(&random)
      case 3..<7: fact = world.deliver(&random)
      case 7: fact = .answerOverdue
      default: fact = act(&world, machine.pool[slot], &random)
      }
      if let fact, let problem = tell(fact, &machine) { return problem }
    }
    while !world.messages.isEmpty {
      if let fact = world.deliver(&random), let problem = tell(fact, &machine) { return problem }
    }
    let final = machine.pool[slot]
    if final.filled.raw != world.executed {
      return "seed \(seed): lost a fill: \(final.filled.raw) of \(world.executed)"
    }
    if world.life == .ended, !final.state.isTerminal, final.state != .unknown, world.requests.isEmpty {
      return "seed \(seed): all was said, yet \(final.state): \(history.map { "\($0.kind)" })"
    }
    return nil
  }

  /// We do something, as far as the machine's state allows it.
  static func act(_ world: inout BrokerWorld, _ order: Order, _ random: inout SplitMix64) -> OrderFact? {
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      guard world.life == .nowhere, order.state == .intended || order.state == .cancelPending else { return nil }
      world.life = .travelling
      return .sent
    case 1:
      guard world.life != .nowhere, !order.state.isTerminal else { return nil }
      world.requests.append(.cancelRequested)
      return .cancelRequested
    case 2:
      guard order.state == .accepted || order.state == .partiallyFilled else { return nil }
      let size = Quantity(raw: Int64.random(in: 1...9, using: &random))
      let request = OrderFact.replaceRequested(
        quantity: size, limit: Price(raw: Int64.random(in: 90..<99, using: &random)))
      world.requests.append(request)
      return request
    case 3:
      // Asked, the broker answers from what it holds at that moment.
      if world.life == .live { return .foundOpen }
      return world.life == .ended ? .foundAbsent : nil
    default: return nil
    }
  }

  @Test("whatever the network does, it reserves what the broker may still execute, and no fill is lost")
  func neverUnderCounts() {
    var visited: Set<OrderState> = []
    for seed in UInt64(0)..<4000 {
      if let problem = Self.live(seed: seed, steps: 40, visited: &visited) {
        Issue.record("\(problem)")
        return
      }
    }
    // Our own gate takes no part in this world; an order is `intended` only before anything happens.
    #expect(visited == Set(OrderState.allCases).subtracting([.intended, .denied]))
  }

  @Test("a table that trusts a timer, or a snapshot of absence, is caught under-counting")
  func controls() {
    var timer = TransitionTable.standard
    for state in [OrderState.submitted, .cancelPending, .replacePending] {
      timer[state, .answerOverdue] = TransitionTable.Cell(.cancelled)
    }
    var absence = TransitionTable.standard
    for state in [OrderState.submitted, .accepted, .unknown] {
      absence[state, .foundAbsent] = TransitionTable.Cell(.expired)
      absence[state, .answerOverdue] = TransitionTable.Cell(.expired)
    }
    for table in [timer, absence] {
      var visited: Set<OrderState> = []
      #expect((UInt64(0)..<400).contains { Self.live(seed: $0, steps: 40, table: table, visited: &visited) != nil })
    }
  }
}

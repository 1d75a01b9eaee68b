import Testing

@testable import AlphaLoopCore

/// The rules one would ask about first, each by itself.
@Suite("The order machine")
struct OrderMachineTests {
  /// Applies facts to an order of `quantity`; the order after them, what the last one did, and what its book reserves.
  static func run(
    _ quantity: Int64 = 3, _ facts: OrderFact...
  ) -> (order: Order, effects: OrderEffects, book: OrderPool.Book) {
    var machine = OrderPoolTests.machine(lingering: 1)
    let slot = machine.create(OrderPoolTests.order(1, quantity))
    var effects: OrderEffects = []
    for fact in facts { effects = machine.apply(fact, to: slot, at: UnixNanoseconds(0)) }
    return (machine.pool[slot], effects, machine.pool.books[0])
  }

  static func fill(_ id: UInt64, _ quantity: Int64) -> OrderFact { .fill(OrderEnumeration.fill(id, quantity)) }

  @Test("a fill counts in every state", arguments: OrderState.allCases)
  func fillEverywhere(state: OrderState) {
    let ways: [OrderState: [OrderFact]] = [
      .intended: [], .submitted: [.sent], .accepted: [.sent, .accepted], .partiallyFilled: [.sent, Self.fill(8, 1)],
      .filled: [Self.fill(8, 3)], .cancelPending: [.sent, .cancelRequested],
      .replacePending: [.sent, .replaceRequested(quantity: Quantity(raw: 2), limit: .zero)],
      .cancelled: [.cancelConfirmed], .rejected: [.rejected], .expired: [.expired], .denied: [.denied],
      .unknown: [.answerOverdue],
    ]
    var machine = OrderPoolTests.machine(lingering: 1)
    let slot = machine.create(OrderPoolTests.order(1, 3))
    for fact in ways[state] ?? [] { machine.apply(fact, to: slot, at: UnixNanoseconds(0)) }
    #expect(machine.pool[slot].state == state)
    let before = machine.pool[slot].filled.raw
    let effects = machine.apply(Self.fill(1, 1), to: slot, at: UnixNanoseconds(0))
    #expect(effects.contains(.booked))
    #expect(effects.contains(.lateFill) == state.isTerminal)
    #expect(machine.pool[slot].filled.raw == before + 1)
    #expect(machine.apply(Self.fill(1, 1), to: slot, at: UnixNanoseconds(0)) == .duplicate)
    #expect(machine.pool[slot].filled.raw == before + 1)
  }

  @Test(
    "sent and accepted at once is sent, then accepted, from any past and by any table",
    arguments: [
      [], [fill(1, 1)], [fill(1, 3)], [.sent], [.cancelRequested], [.answerOverdue], [.denied], [.foundOpen],
    ] as [[OrderFact]], [false, true])
  func sentAndAccepted(past: [OrderFact], isMutated: Bool) {
    var table = TransitionTable.standard
    if isMutated { table[.submitted, .accepted] = .init(.unknown) }
    func machine() -> OrderMachine {
      OrderMachine(
        pool: OrderPool(instruments: 1, capacity: 16, lingering: 1), executions: ExecutionIndex(ordered: false),
        table: table)
    }
    var slowly = machine()
    var atOnce = machine()
    let slot = slowly.create(OrderPoolTests.order(1, 3))
    #expect(atOnce.create(OrderPoolTests.order(1, 3)) == slot)
    for fact in past {
      slowly.apply(fact, to: slot, at: UnixNanoseconds(1))
      atOnce.apply(fact, to: slot, at: UnixNanoseconds(1))
    }
    slowly.apply(.sent, to: slot, at: UnixNanoseconds(2))
    slowly.apply(.accepted, to: slot, at: UnixNanoseconds(2))
    atOnce.applySentAndAccepted(to: slot, at: UnixNanoseconds(2))
    let (a, b) = (slowly.pool[slot], atOnce.pool[slot])
    #expect(a.state == b.state)
    #expect(a.flags == b.flags)
    #expect(a.reserved == b.reserved)
    #expect(a.updatedAt == b.updatedAt)
    #expect(past.isEmpty == false || a.state == (isMutated ? .unknown : .accepted))
  }

  @Test("an overfill is booked and flagged")
  func overfill() {
    let result = Self.run(3, .sent, Self.fill(1, 2), Self.fill(2, 2))
    #expect(result.order.state == .filled)
    #expect(result.effects == [.booked, .overfill, .changed, .ended])
    #expect(result.order.remaining == Quantity(raw: -1))
    #expect(result.order.filledNotional == Money(raw: 4))
    #expect(result.book.reservedBuy == .zero)
  }

  @Test("a replace that shrinks below what is filled ends the order as filled")
  func shrink() {
    let less = OrderFact.replaceRequested(quantity: Quantity(raw: 2), limit: .zero)
    let confirmed = OrderFact.replaceConfirmed(quantity: Quantity(raw: 2), limit: .zero)
    let waiting = Self.run(5, .sent, Self.fill(1, 3), less)
    #expect(waiting.order.state == .replacePending && waiting.book.reservedBuy == Quantity(raw: 2))
    #expect(Self.run(5, .sent, Self.fill(1, 3), less, confirmed).order.state == .filled)
  }

  @Test("while a replace is out the larger version is reserved; a full execution of the smaller is no end")
  func growing() {
    let more = OrderFact.replaceRequested(quantity: Quantity(raw: 9), limit: .zero)
    let filled = Self.run(3, .sent, .accepted, more, Self.fill(1, 3))
    #expect(filled.order.state == .replacePending && filled.book.reservedBuy == Quantity(raw: 6))
    #expect(Self.run(3, .sent, .accepted, more, Self.fill(1, 3), .replaceRejected).order.state == .filled)
  }

  @Test("acknowledgement, fills and one end lead to the same order whatever their sequence")
  func confluence() {
    for end in [OrderFact.cancelConfirmed, .expired, .rejected] {
      let facts: [OrderFact] = [.accepted, Self.fill(1, 1), Self.fill(2, 1), end]
      var states: Set<OrderState> = []
      for order in permutations(of: facts) {
        var machine = OrderPoolTests.machine(lingering: 1)
        let slot = machine.create(OrderPoolTests.order(1, 3))
        machine.apply(.sent, to: slot, at: UnixNanoseconds(0))
        for fact in order { machine.apply(fact, to: slot, at: UnixNanoseconds(0)) }
        #expect(machine.pool[slot].filled == Quantity(raw: 2) && machine.pool[slot].reserved == .zero)
        states.insert(machine.pool[slot].state)
      }
      #expect(states.count == 1)
    }
  }

  private func permutations(of facts: [OrderFact]) -> [[OrderFact]] {
    if facts.count < 2 { return [facts] }
    return facts.indices.flatMap { index in
      var rest = facts
      let first = rest.remove(at: index)
      return permutations(of: rest).map { [first] + $0 }
    }
  }

  @Test("a bust or correction that overtakes its execution still leaves the right sum")
  func overtaking() {
    let (old, new, newer) = (
      OrderEnumeration.fill(1, 1), OrderEnumeration.fill(2, 2), OrderEnumeration.fill(3, 3)
    )
    #expect(Self.run(5, .sent, .busted(old), .fill(old)).order.filled == .zero)
    #expect(Self.run(5, .sent, .corrected(old: old, new: new), .fill(old)).order.filled == Quantity(raw: 2))
    let chain = Self.run(
      5, .sent, .fill(old), .corrected(old: new, new: newer), .corrected(old: old, new: new))
    #expect(chain.order.filled == Quantity(raw: 3))
    let plain = Self.run(5, .sent, .fill(old), .corrected(old: old, new: new))
    #expect(plain.effects == [.booked, .unbooked])
    #expect(Self.run(1, .sent, .fill(old), .busted(old)).effects == [.unbooked, .changed, .becameUnknown])
  }

  @Test("a sell is the mirror of a buy", arguments: 0..<200)
  func mirror(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var buys = OrderPoolTests.machine(lingering: 1)
    var sells = OrderPoolTests.machine(lingering: 1)
    let buy = buys.create(OrderEnumeration.newOrder())
    var mirrored = OrderEnumeration.newOrder()
    mirrored.quantity = -mirrored.quantity
    let sell = sells.create(mirrored)
    for _ in 0..<30 {
      let fact = OrderEnumeration.alphabet.randomElement(using: &random) ?? .sent
      let first = buys.apply(fact, to: buy, at: UnixNanoseconds(0))
      #expect(sells.apply(reflected(fact), to: sell, at: UnixNanoseconds(0)) == first)
      #expect(sells.pool[sell].state == buys.pool[buy].state)
      #expect(sells.pool[sell].filled == -buys.pool[buy].filled)
      #expect(sells.pool.books[0].reservedSell == buys.pool.books[0].reservedBuy)
    }
  }

  private func reflected(_ fact: OrderFact) -> OrderFact {
    switch fact {
    case .fill(let fill): .fill(reversed(fill))
    case .corrected(let old, let new): .corrected(old: reversed(old), new: reversed(new))
    case .busted(let fill): .busted(reversed(fill))
    case .replaceRequested(let quantity, let limit): .replaceRequested(quantity: -quantity, limit: limit)
    case .replaceConfirmed(let quantity, let limit): .replaceConfirmed(quantity: -quantity, limit: limit)
    default: fact
    }
  }

  private func reversed(_ fill: Fill) -> Fill { OrderEnumeration.fill(fill.execution.low, -fill.quantity.raw) }

  @Test("an execution on the wrong side is booked as it is and contradicts; one of nothing is ignored")
  func strangeFills() {
    let wrong = Self.run(3, .sent, Self.fill(1, -1))
    #expect(wrong.effects == [.booked, .contradiction, .changed])
    #expect(wrong.book.reservedBuy == Quantity(raw: 4))
    #expect(Self.run(3, .sent, Self.fill(1, 0)).effects == .ignored)
  }

  @Test("a replace to the other side, to nothing or beyond measure is ignored")
  func strangeVersions() {
    for size in [-1, 0, Int64.max] {
      let asked = Self.run(3, .sent, .replaceRequested(quantity: Quantity(raw: size), limit: .zero))
      #expect(asked.effects == .ignored && asked.order.state == .submitted)
      let told = Self.run(3, .sent, .replaceConfirmed(quantity: Quantity(raw: size), limit: .zero))
      #expect(told.effects == .ignored && told.book.reservedBuy == Quantity(raw: 3))
    }
  }

  @Test("a change of the order that we did not ask for is a contradiction and reserves the larger size")
  func unsolicited() {
    let larger = Self.run(3, .sent, .accepted, .replaceConfirmed(quantity: Quantity(raw: 8), limit: .zero))
    #expect(larger.effects == .contradiction && larger.book.reservedBuy == Quantity(raw: 8))
    let smaller = Self.run(3, .sent, .accepted, .replaceConfirmed(quantity: Quantity(raw: 1), limit: .zero))
    #expect(smaller.effects == .contradiction && smaller.book.reservedBuy == Quantity(raw: 3))
  }
}

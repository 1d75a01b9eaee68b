import Testing

@testable import AlphaLoopCore

@Suite("The order pool")
struct OrderPoolTests {
  static func machine(lingering: Int, ordered: Bool = false) -> OrderMachine {
    OrderMachine(
      pool: OrderPool(instruments: 3, capacity: 4, lingering: lingering),
      executions: ExecutionIndex(ordered: ordered, capacity: 4))
  }

  static func order(_ sequence: UInt64, _ quantity: Int64 = 1, instrument: UInt32 = 0) -> Order {
    Order(
      id: OrderID(session: 3, sequence: sequence), instrument: instrument, owner: .agent(0),
      quantity: Quantity(raw: quantity), type: .market, at: UnixNanoseconds(0))
  }

  /// Ids in a book's list, from its head, and the same from its tail.
  static func list(_ machine: borrowing OrderMachine, _ instrument: Int) -> ([UInt64], [UInt64]) {
    var forward: [UInt64] = []
    var slot = machine.pool.books[instrument].head
    while slot >= 0 {
      forward.append(machine.pool[slot].id.sequence)
      slot = machine.pool[slot].next
    }
    var backward: [UInt64] = []
    slot = machine.pool.books[instrument].tail
    while slot >= 0 {
      backward.append(machine.pool[slot].id.sequence)
      slot = machine.pool[slot].previous
    }
    return (forward, backward.reversed())
  }

  @Test("live orders of an instrument are listed in order of arrival, whichever ends first")
  func lists() {
    var machine = Self.machine(lingering: 0)
    let slots = (1...5).map { machine.create(Self.order($0, instrument: $0 == 3 ? 1 : 0)) }
    #expect(Self.list(machine, 0) == ([1, 2, 4, 5], [1, 2, 4, 5]))
    #expect(Self.list(machine, 1) == ([3], [3]))
    machine.apply(.rejected, to: slots[1], at: UnixNanoseconds(0))
    #expect(Self.list(machine, 0) == ([1, 4, 5], [1, 4, 5]))
    machine.apply(.rejected, to: slots[0], at: UnixNanoseconds(0))
    machine.apply(.rejected, to: slots[4], at: UnixNanoseconds(0))
    #expect(Self.list(machine, 0) == ([4], [4]))
    #expect(machine.pool.books[0].live == 1)
  }

  @Test("an ended order is found until as many others have ended as may linger, and a late fill finds it")
  func lingering() throws {
    var machine = Self.machine(lingering: 2)
    let first = machine.create(Self.order(1))
    machine.apply(.cancelConfirmed, to: first, at: UnixNanoseconds(0))
    let effects = machine.apply(
      .fill(OrderEnumeration.fill(9, 1)), to: machine.pool.find(Self.order(1).id), at: UnixNanoseconds(0))
    #expect(effects == [.booked, .lateFill, .changed, .ended])
    for sequence in UInt64(2)...3 {
      machine.apply(.denied, to: machine.create(Self.order(sequence)), at: UnixNanoseconds(0))
    }
    #expect(machine.pool.find(Self.order(1).id) == first)
    _ = machine.create(Self.order(4))
    #expect(machine.pool.find(Self.order(1).id) == -1)
    #expect(machine.pool.find(Self.order(2).id) >= 0)
    #expect(machine.pool.find(Self.order(2).id, hint: 99) == machine.pool.find(Self.order(2).id))
    #expect(machine.pool.find(Self.order(77).id, hint: 0) == -1)
  }

  @Test("nothing grows with history; growth keeps every order, list and reservation")
  func growth() {
    var machine = Self.machine(lingering: 3)
    for sequence in UInt64(1)...10_000 {
      let slot = machine.create(Self.order(sequence, 2))
      machine.apply(.sent, to: slot, at: UnixNanoseconds(0))
      machine.apply(.fill(OrderEnumeration.fill(sequence, 2)), to: slot, at: UnixNanoseconds(0))
    }
    #expect(machine.pool.count == 4)  // three linger, one more until the next comes
    #expect(machine.pool.capacity == 16)
    #expect(machine.pool.books[0].reservedBuy == .zero)
    for sequence in UInt64(20_001)...20_300 { _ = machine.create(Self.order(sequence, -3, instrument: 2)) }
    #expect(machine.pool.capacity >= 300)
    #expect(machine.pool.books[2].reservedSell == Quantity(raw: 900))
    #expect(Self.list(machine, 2).0 == Array(20_001...20_300))
    for sequence in UInt64(20_001)...20_300 {
      #expect(machine.pool[machine.pool.find(Self.order(sequence).id)].id.sequence == sequence)
    }
  }

  @Test("a random life of many orders keeps lists, look-ups and reservations")
  func randomLife() {
    var random = SplitMix64(seed: 42)
    var machine = Self.machine(lingering: 5)
    var live: [[UInt64]] = [[], [], []]
    var sequence: UInt64 = 0
    for _ in 0..<4000 {
      let instrument = Int.random(in: 0..<3, using: &random)
      if Bool.random(using: &random) || live[instrument].isEmpty {
        sequence += 1
        _ = machine.create(Self.order(sequence, sequence % 2 == 0 ? 4 : -4, instrument: UInt32(instrument)))
        live[instrument].append(sequence)
      } else {
        let index = Int.random(in: 0..<live[instrument].count, using: &random)
        let gone = live[instrument].remove(at: index)
        machine.apply(.expired, to: machine.pool.find(Self.order(gone).id), at: UnixNanoseconds(0))
      }
    }
    for instrument in 0..<3 {
      #expect(Self.list(machine, instrument) == (live[instrument], live[instrument]))
      let buys = Int64(live[instrument].filter { $0 % 2 == 0 }.count)
      #expect(machine.pool.books[instrument].reservedBuy.raw == 4 * buys)
      #expect(machine.pool.books[instrument].reservedSell.raw == 4 * (Int64(live[instrument].count) - buys))
    }
  }

  @Test("the worst case takes each side's orders in full and none of the other's")
  func worstCase() {
    var machine = Self.machine(lingering: 0)
    _ = machine.create(Self.order(1, 30))
    let sell = machine.create(Self.order(2, -50))
    machine.apply(.answerOverdue, to: sell, at: UnixNanoseconds(0))
    let book = machine.pool.books[0]
    #expect(book.worstCaseExposure(from: Quantity(raw: 10)) == (Quantity(raw: 40), Quantity(raw: -40)))
    #expect(book.unknown == 1)
    #expect(book.worstCaseExposure(from: Quantity(raw: .max)).longest == Quantity(raw: .max))
  }

  @Test("an order without quantity, of an unknown instrument or beyond the largest reservation is refused")
  func refused() {
    var machine = Self.machine(lingering: 0)
    #expect(machine.create(Self.order(1, 0)) == -1)
    #expect(machine.create(Self.order(1, 1, instrument: 3)) == -1)
    #expect(machine.create(Self.order(1, .min)) == -1)
    #expect(machine.create(Self.order(1, .max)) == -1)
    #expect(machine.create(Self.order(1, OrderMachine.largestQuantity.raw)) == 0)
    #expect(machine.create(Self.order(2, 1)) == -1)
    #expect(machine.create(Self.order(3, -1)) == 1)
  }

  @Test("an order from the journal comes back in its state, with what it reserves")
  func adoption() {
    var first = Self.machine(lingering: 0)
    let slot = first.create(Self.order(5, -7))
    first.apply(.sent, to: slot, at: UnixNanoseconds(1))
    first.apply(.fill(OrderEnumeration.fill(1, -2)), to: slot, at: UnixNanoseconds(2))
    first.apply(.foundAbsent, to: slot, at: UnixNanoseconds(3))
    var second = Self.machine(lingering: 0)
    let adopted = second.adopt(first.pool[slot])
    #expect(second.pool[adopted].state == .unknown)
    #expect(second.pool.books[0].reservedSell == Quantity(raw: 5))
    #expect(second.pool.books[0].unknown == 1)
    #expect(second.adopt(first.pool[slot]) == adopted)
  }
}

@Suite("Executions count once")
struct ExecutionIndexTests {
  @Test("an id is new once, for ever, through growth and for the null id", arguments: [4, 1000])
  func set(capacity: Int) {
    var index = ExecutionIndex(ordered: false, capacity: capacity)
    let ids = (UInt64(0)..<5000).map { ExecutionID(high: $0 % 7, low: $0 &* 0x1_0000_0001) }
    for id in ids {
      #expect(index.contains(id) == false)
      #expect(index.insert(id) == true)
    }
    for id in ids {
      #expect(index.contains(id) == true)
      #expect(index.insert(id) == false)
    }
  }

  @Test("ordered ids need only the highest")
  func ordered() {
    var index = ExecutionIndex(ordered: true)
    #expect(index.insert(ExecutionID(high: 0, low: 0)) == true)
    #expect(index.insert(ExecutionID(high: 0, low: 0)) == false)
    #expect(index.insert(ExecutionID(high: 0, low: 9)) == true)
    #expect(index.insert(ExecutionID(high: 0, low: 8)) == false)
    #expect(index.insert(ExecutionID(high: 1, low: 0)) == true)
    #expect(index.contains(ExecutionID(high: 0, low: 5)) == true)
    #expect(index.contains(ExecutionID(high: 1, low: 1)) == false)
    #expect(index.count == 0)
  }
}

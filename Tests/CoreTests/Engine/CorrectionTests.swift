import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("Corrections, busts, fees and stray fills are booked exactly, once")
struct CorrectionTests {
  /// Orders of 1,000 units each of A: one of agent 0, one of agents 0 and 1 with shares 1 and 2; both accepted.
  private func rig() throws -> EngineRig {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open(), cash: 10_000_000, worker: true)
    rig.panel(seconds(1), [100, 100])
    let shares = [Ownership.Share(agent: 0, weight: 1), Ownership.Share(agent: 1, weight: 2)]
    let both = rig.engine.ledger.ownership.owner(of: shares)
    let group = try #require(both)
    for owner in [Owner.agent(0), group] {
      var row = al_order_v1()
      row.quantity = 1000 * fixedPointScale
      row.type = AL_ORDER_LIMIT
      row.limit_price = 100 * fixedPointScale
      rig.engine.request(row, owner: owner, label: 0)
    }
    rig.accept()
    return rig
  }

  struct Word: Equatable, Sendable {
    var kind: UInt16
    var order: UInt64
    var execution: UInt64
    var time: Int64
    var quantity: Int64 = 0
    var price: Int64 = 0
    var fee: Int64 = 0
  }

  private func say(_ word: Word, _ rig: EngineRig) {
    rig.report(word.kind, word.order, at: seconds(2)) {
      $0.ts = word.time
      $0.execution = (77, word.execution)
      $0.quantity = word.quantity
      $0.price = word.price
      $0.fee = word.fee
    }
  }

  private func fill(_ order: UInt64, _ execution: UInt64, _ units: Int64, at price: Int64, fee: Int64 = 0) -> Word {
    Word(
      kind: AL_REPORT_FILL, order: order, execution: execution, time: 1, quantity: units * fixedPointScale,
      price: price * fixedPointScale, fee: fee * fixedPointScale)
  }

  private func correction(_ order: UInt64, _ execution: UInt64, _ units: Int64, at price: Int64, time: Int64) -> Word {
    Word(
      kind: AL_REPORT_CORRECTION, order: order, execution: execution, time: time, quantity: units * fixedPointScale,
      price: price * fixedPointScale)
  }

  private func fee(_ order: UInt64, _ execution: UInt64, _ fee: Int64, time: Int64) -> Word {
    Word(kind: AL_REPORT_FEE, order: order, execution: execution, time: time, fee: fee * fixedPointScale)
  }

  /// Units of A, cash spent, fees, in whole money.
  private func books(_ rig: EngineRig) -> [Int64] {
    let position = rig.engine.ledger.position(0)
    return [position.quantity.raw, 10_000_000 * fixedPointScale - rig.engine.cash.raw, position.fees.raw].map {
      $0 / fixedPointScale
    }
  }

  /// Cash, positions and everybody's part add up, to the last unit.
  private func expectWhole(_ rig: EngineRig) {
    let ledger = rig.engine.ledger.recomputedEquity()
    #expect(ledger == rig.engine.equity)
    for i in 0..<2 {
      let position = rig.engine.ledger.position(UInt32(i))
      var (quantity, fees, result) = (Int64(0), Int64(0), Int64(0))
      for agent in rig.engine.ledger.agentPositions(of: UInt32(i)) {
        quantity += agent.quantity.raw
        fees += agent.fees.raw
        result += agent.realised.raw - agent.holding.cost.raw
      }
      let net = position.realised.raw - position.holding.cost.raw
      #expect(quantity == position.quantity.raw)
      #expect(fees == position.fees.raw)
      #expect(result == net)
    }
    // Realised profit and open value, less fees, are what the equity gained.
    var equity = 10_000_000 * fixedPointScale
    for i in 0..<2 {
      let p = rig.engine.ledger.position(UInt32(i))
      equity += p.realised.raw + p.unrealised.raw - p.fees.raw
    }
    #expect(rig.engine.equity.raw == equity)
  }

  @Test("a correction replaces quantity and price, a fee report the fee; a bust takes all of it back")
  func simple() throws {
    let rig = try rig()
    say(fill(1, 1, 100, at: 100, fee: 3), rig)
    say(fill(1, 2, 50, at: 101), rig)
    #expect(books(rig) == [150, 15_053, 3])
    say(correction(1, 1, 90, at: 99, time: 5), rig)
    #expect(books(rig) == [140, 13_963, 3])
    let slot = rig.engine.machine.pool.find(OrderID(session: 7, sequence: 1))
    let filled = rig.engine.machine.pool[slot].filled.raw
    let reserved = rig.engine.machine.pool.books[0].reservedBuy.raw
    #expect(filled == 140 * fixedPointScale)
    #expect(reserved == 1860 * fixedPointScale)
    say(fee(1, 2, 7, time: 6), rig)
    #expect(books(rig) == [140, 13_970, 10])
    say(correction(1, 1, 0, at: 0, time: 7), rig)
    #expect(books(rig) == [50, 5057, 7])
    #expect(rig.engine.counts.anomalies == 0)
    #expect(rig.engine.halt == .armed)
    expectWhole(rig)
  }

  @Test("said again, and older words after newer ones, change nothing")
  func repeated() throws {
    let rig = try rig()
    let words = [
      fill(1, 1, 100, at: 100, fee: 3), correction(1, 1, 90, at: 99, time: 5), correction(1, 1, 80, at: 98, time: 6),
      fee(1, 1, 4, time: 5), fee(1, 1, 9, time: 6),
    ]
    for word in words { say(word, rig) }
    rig.engine.journal.flush()
    _ = rig.journal.drain()
    for word in words + words.reversed() { say(word, rig) }
    rig.engine.journal.flush()
    #expect(rig.journal.drain().filter { $0.kind != .time }.isEmpty)
    #expect(books(rig) == [80, 7849, 9])
    // A correction that is news does change it: the words above were known, not ignored.
    say(correction(1, 1, 79, at: 98, time: 6), rig)
    #expect(books(rig) == [79, 7751, 9])
  }

  @Test("what the journal says of fills and fees adds up to the account")
  func fold() throws {
    let rig = try rig()
    for word in [
      fee(1, 1, 2, time: 3), fill(1, 1, 100, at: 100, fee: 3), correction(1, 1, 90, at: 99, time: 5),
      correction(2, 2, 10, at: 100, time: 5), fill(2, 2, 11, at: 100, fee: 1), correction(1, 1, 0, at: 0, time: 8),
      correction(1, 3, 0, at: 0, time: 9), fill(1, 3, 5, at: 100, fee: 1),
    ] { say(word, rig) }
    rig.engine.journal.flush()
    let records = rig.journal.drain()
    let quantity = records.reduce(Int64(0)) { $0 + ($1.kind == .fill ? $1.b : 0) }
    let fees = records.reduce(Int64(0)) { $0 + ($1.kind == .fee ? $1.c : 0) }
    let spent = records.reduce(Int64(0)) { $0 + ($1.kind == .fill ? $1.b / fixedPointScale * $1.c : 0) }
    #expect(books(rig) == [10, 1001, 1])
    let folded = [quantity, spent + fees, fees].map { $0 / fixedPointScale }
    #expect(folded == books(rig))
    expectWhole(rig)
  }

  /// What must come out, from the words alone: the newest size and the newest fee of each execution.
  private func expected(_ words: [Word]) -> (quantity: Int64, spent: Int64, fees: Int64) {
    var result = (quantity: Int64(0), spent: Int64(0), fees: Int64(0))
    for execution in Set(words.map(\.execution)) {
      let own = words.filter { $0.execution == execution }
      let sizes = own.filter { $0.kind == AL_REPORT_CORRECTION }.sorted { $0.time < $1.time }
      guard let size = sizes.last ?? own.first(where: { $0.kind == AL_REPORT_FILL }) else { continue }
      var fee = own.first { $0.kind == AL_REPORT_FILL }?.fee ?? 0
      for word in own.sorted(by: { $0.time < $1.time }) {
        if word.kind == AL_REPORT_FEE { fee = word.fee }
        if word.kind == AL_REPORT_CORRECTION, word.quantity == 0 { fee = 0 }
      }
      result.quantity += size.quantity
      result.spent += Int64(
        dividedHalfEven(Int128(size.quantity) * Int128(size.price), by: Int128(fixedPointScale)))
      result.fees += fee
    }
    return result
  }

  /// A few executions of both orders with their corrections, busts and fees; times differ.
  private func story(_ random: inout SplitMix64) -> [Word] {
    var words: [Word] = []
    var time: Int64 = 10
    for execution in 1...UInt64(1 + random.below(6)) {
      let order = UInt64(1 + random.below(2))
      func size() -> (Int64, Int64) {
        (
          1 + Int64(random.below(100 * 100_000_000)),
          1 + Int64(random.below(200 * 100_000_000))
        )
      }
      let (quantity, price) = size()
      words.append(
        Word(
          kind: AL_REPORT_FILL, order: order, execution: execution, time: 1, quantity: quantity, price: price,
          fee: Int64(random.below(1000))))
      for _ in 0..<random.below(4) {
        time += 1
        var word = Word(kind: AL_REPORT_CORRECTION, order: order, execution: execution, time: time)
        if random.below(4) > 0 { (word.quantity, word.price) = size() }
        if random.below(3) == 0 {
          word = Word(
            kind: AL_REPORT_FEE, order: order, execution: execution, time: time,
            fee: Int64(random.below(1000)) - 100)
        }
        words.append(word)
      }
    }
    return words
  }

  @Test("in every order, with repetitions, the same is booked and everything adds up", arguments: 0..<150)
  func property(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed + 1))
    let words = story(&random)
    let wanted = expected(words)
    for _ in 0..<3 {
      let rig = try rig()
      var list = words + words.filter { _ in random.below(3) == 0 }
      for i in list.indices.reversed() where i > 0 { list.swapAt(i, random.below(i + 1)) }
      for word in list {
        say(word, rig)
        #expect(rig.engine.ledger.recomputedEquity() == rig.engine.equity)
      }
      let position = rig.engine.ledger.position(0)
      #expect(position.quantity.raw == wanted.quantity)
      #expect(position.fees.raw == wanted.fees)
      let spent = 10_000_000 * fixedPointScale - rig.engine.cash.raw
      #expect(spent == wanted.spent + wanted.fees)
      expectWhole(rig)
      var filled: Int64 = 0
      for sequence in 1...2 {
        filled +=
          rig.engine.machine.pool[
            rig.engine.machine.pool.find(OrderID(session: 7, sequence: UInt64(sequence)))
          ].filled.raw
      }
      #expect(filled == wanted.quantity)
      #expect(rig.engine.counts.anomalies == 0)
    }
  }

  @Test("the owners of a netted order share its fees and corrections by their shares")
  func attribution() throws {
    let rig = try rig()
    say(fill(2, 1, 300, at: 100, fee: 3), rig)
    say(correction(2, 1, 150, at: 100, time: 5), rig)
    say(fee(2, 1, 9, time: 6), rig)
    let agents = rig.engine.ledger.agentPositions(of: 0)
    #expect(agents.map { $0.quantity.raw / fixedPointScale } == [50, 100])
    #expect(agents.map { $0.fees.raw / fixedPointScale } == [3, 6])
  }

  // MARK: what fits nothing

  @Test("a correction or fee of nobody's execution is not booked and is for reconciliation")
  func foreign() throws {
    for word in [correction(99, 1, 5, at: 100, time: 5), fee(99, 1, 5, time: 5)] {
      let rig = try rig()
      say(word, rig)
      #expect(books(rig) == [0, 0, 0])
      #expect(rig.engine.counts.anomalies == 1)
      #expect(rig.engine.halt == .halted)
    }
    // Nor is one that names another order than the execution is of.
    let rig = try rig()
    say(fill(1, 1, 100, at: 100), rig)
    say(correction(2, 1, 90, at: 100, time: 5), rig)
    #expect(books(rig) == [100, 10_000, 0])
    #expect(rig.engine.halt == .halted)
  }

  @Test("a correction that fills too much is booked and is for reconciliation")
  func overfill() throws {
    let rig = try rig()
    say(fill(1, 1, 100, at: 100), rig)
    say(correction(1, 1, 1001, at: 100, time: 5), rig)
    #expect(books(rig)[0] == 1001)
    #expect(rig.engine.halt == .halted)
    #expect(rig.trips().map(\.code) == [HaltTrigger.lateFill.rawValue])
  }

  @Test("a correction that the ledger cannot hold changes nothing and halts")
  func overflow() throws {
    let rig = try rig()
    say(fill(1, 1, 100, at: 100), rig)
    var word = correction(1, 1, 0, at: 0, time: 5)
    (word.quantity, word.price) = (.max / 4, .max / 4)
    say(word, rig)
    #expect(books(rig) == [100, 10_000, 0])
    #expect(rig.engine.halt == .halted)
    expectWhole(rig)
  }

  // MARK: fills of orders that left

  /// Order 1 is cancelled, and so many more after it that the pool has forgotten it.
  private func forgotten() throws -> EngineRig {
    let rig = try rig()
    rig.report(AL_REPORT_CANCELLED, 1, at: seconds(2))
    for k in 0..<1100 {
      var row = al_order_v1()
      row.instrument = 1
      row.quantity = fixedPointScale
      rig.engine.request(row, owner: .agent(0), label: 0)
      rig.accept()
      rig.report(AL_REPORT_CANCELLED, UInt64(3 + k), at: seconds(2))
    }
    #expect(rig.state(1) == nil)
    return rig
  }

  @Test("a fill of an order of ours that is long gone is booked once, to its instrument, for nobody, and halts")
  func stray() throws {
    let rig = try forgotten()
    #expect(rig.engine.halt == .armed)
    for _ in 0..<3 { say(fill(1, 9, 10, at: 100, fee: 1), rig) }
    #expect(books(rig) == [10, 1001, 1])
    #expect(rig.engine.counts.anomalies == 1)
    #expect(rig.engine.halt == .halted)
    #expect(rig.trips().map(\.code) == [HaltTrigger.reconciliation.rawValue])
    #expect(rig.engine.ledger.agentPositions(of: 0).map(\.agent) == [Owner.unattributed.index])
    #expect(rig.engine.grossExposure == 101_000 * fixedPointScale)
    say(correction(1, 9, 8, at: 100, time: 5), rig)
    #expect(books(rig) == [8, 801, 1])
    expectWhole(rig)
  }

  @Test("one of an order that the pool still has is booked to its owner; one of nobody's order is not booked")
  func strayControls() throws {
    let rig = try rig()
    rig.report(AL_REPORT_CANCELLED, 1, at: seconds(2))
    say(fill(1, 9, 10, at: 100), rig)
    #expect(rig.engine.ledger.agentPositions(of: 0).map(\.agent) == [0])
    let other = try forgotten()
    say(fill(5000, 9, 10, at: 100), other)
    #expect(books(other) == [0, 0, 0])
    #expect(other.engine.halt == .halted)
  }
}

extension SplitMix64 {
  fileprivate mutating func below(_ n: Int) -> Int { Int.random(in: 0..<n, using: &self) }
}

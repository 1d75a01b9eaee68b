import AlphaLoopCore
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("A session with a connected broker recovers, reconciles and trades", .serialized)
struct ConnectedSessionTests {
  @Test("orders reach the exchange once, and its book is ours")
  func trades() throws {
    let fixture = try ConnectedFixture()
    var held: [String: Double] = [:]
    let running = try fixture.run(40) { session in
      #expect(session.engine.halt == .armed)
      for (i, symbol) in ["AAA", "BBB"].enumerated() {
        held[symbol] = Double(session.engine.ledger.position(UInt32(i)).quantity.raw) / 1e8
      }
    }
    let contents = fixture.book.contents()
    #expect(contents.ours.count > 4, "\(fixture.notices)")
    #expect(contents.orders.allSatisfy { $0.repeats == 0 })
    for (symbol, quantity) in held { #expect(contents.positions[symbol, default: 0] == quantity) }
    #expect(try fixture.folded() == running)
  }

  @Test(
    "a second start knows what the first left, without asking an agent", arguments: ["immediate", "partial", "none"])
  func restart(fill: String) throws {
    let fixture = try ConnectedFixture("answer: again, fill: \(fill)")
    for _ in 0..<3 {
      let running = try fixture.run(30)
      #expect(try fixture.folded() == running, "\(fixture.notices)")
    }
    let contents = fixture.book.contents()
    #expect(contents.ours.count > 2)
    #expect(Set(contents.ours.map { "\($0.session)/\($0.sequence)" }).count == contents.ours.count)
    #expect(!fixture.notices.contains { $0.contains("does not agree") }, "\(fixture.notices)")
  }

  @Test("what was filled while nobody was there is found, once, and belongs to its agents")
  func fillsInTheGap() throws {
    let fixture = try ConnectedFixture("answer: again, fill: none")
    try fixture.run(30)
    let left = fixture.book.contents().working
    #expect(left.count > 0)
    for order in left { try fixture.book.fill(order.session, order.sequence) }
    try fixture.book.set("fill", "immediate")
    try fixture.run(3) { session in
      #expect(session.engine.halt == .armed, "\(fixture.notices)")
      for (i, symbol) in ["AAA", "BBB"].enumerated() {
        let ours = Double(session.engine.ledger.position(UInt32(i)).quantity.raw) / 1e8
        #expect(ours == fixture.book.contents().positions[symbol, default: 0])
        let agents = session.engine.ledger.agentPositions(of: UInt32(i))
        #expect(agents.allSatisfy { $0.agent < 2 })
      }
    }
  }

  @Test("an order that the broker lost is settled by its absence, never sent again")
  func lost() throws {
    let fixture = try ConnectedFixture()
    try fixture.run(1)
    try fixture.book.set("lose_every", "2")
    try fixture.run(30)
    let before = fixture.book.contents().orders.count
    #expect(fixture.book.contents().orders.contains { $0.state == .lost })
    try fixture.book.set("lose_every", "0")
    try fixture.run(2) { session in
      #expect(session.engine.unknownOrders == 0, "\(fixture.notices)")
      #expect(session.engine.halt == .armed)
    }
    #expect(fixture.book.contents().orders.allSatisfy { $0.repeats == 0 })
    #expect(fixture.book.contents().orders.count >= before)
  }

  @Test("an execution that the ledger does not know halts and names itself; resume does not make it go away")
  func foreignExecution() throws {
    let fixture = try ConnectedFixture()
    try fixture.run(20)
    try fixture.book.addPosition("AAA", quantity: 7)
    try fixture.run(2, patience: 3) { session in
      #expect(session.engine.halt == .halted)
      #expect(fixture.notices.contains { $0.contains("AAA: the broker holds") }, "\(fixture.notices)")
    }
  }

  @Test("positions that were there before us", arguments: ["adopt", "ignore", "halt"])
  func external(policy: String) throws {
    let fixture = try ConnectedFixture(external: policy)
    try fixture.book.addCash(1_000_000)
    try fixture.book.addPosition("AAA", quantity: 30, cost: 90)
    try fixture.book.addOrderOfOthers("BBB", quantity: 5, limit: 1)
    try fixture.run(5, patience: 3) { session in
      let agents = session.engine.ledger.agentPositions(of: 0)
      let adopted = agents.first { $0.agent == Owner.unattributed.index }?.quantity.raw ?? 0
      #expect(adopted == (policy == "adopt" ? 30 * fixedPointScale : 0))
      #expect(
        session.engine.halt == (policy == "halt" ? .halted : .armed), "\(session.engine.equity) \(fixture.notices)")
    }
    if policy == "halt" { #expect(fixture.notices.contains { $0.contains("30 AAA that are not ours") }) }
    #expect(fixture.book.contents().orders.filter { !$0.isOurs }.allSatisfy { $0.state == .working })
  }

  @Test("a query that is not answered is no empty answer: nothing is sent until it is")
  func silence() throws {
    let fixture = try ConnectedFixture()
    try fixture.book.addCash(1_000_000)
    try fixture.book.set("answer", "again")
    try fixture.book.set("fill", "immediate")
    try fixture.book.set("query_timeout", "executions")
    try fixture.run(10, patience: 1) { session in
      #expect(session.engine.connection.isFrozen)
      #expect(session.engine.counts.orders == 0)
    }
    #expect(fixture.book.contents().orders.isEmpty)
    #expect(fixture.notices.contains { $0.contains("cannot be read, asked again") })
    try fixture.book.set("query_timeout", "none")
    try fixture.run(30) { #expect($0.engine.counts.orders > 0, "\($0.engine.counts) \($0.status())") }
    #expect(!fixture.book.contents().orders.isEmpty, "\(fixture.notices) \(fixture.book.lines)")
  }

  @Test("a paper session replays byte for byte, its recovery too")
  func replays() throws {
    let fixture = try ConnectedFixture("answer: again, fill: partial")
    for _ in 0..<2 {
      try fixture.run(25)
      let reader = try SessionReader(session: "last", folder: "\(fixture.files.folder)/journal")
      let result = try Replay(reader).run()
      #expect(result.difference == nil)
      #expect(result.records > 50)
    }
  }

  @Test("what a watchdog did is part of the account at the next start, once, and trading waits for a person")
  func watchdog() throws {
    let fixture = try ConnectedFixture("answer: again, fill: none")
    try fixture.run(30)
    let left = fixture.book.contents().working
    #expect(left.count > 0)
    let ids = left.map { OrderID(session: $0.session, sequence: $0.sequence) }
    let watchdog = try WatchdogJournal(beside: fixture.journal)
    try watchdog.append(
      .began(.init(session: 0xD06, hostSession: 1, host: "test", condition: .dead, policy: .cancel)))
    try watchdog.append(.connected(symbols: ["BBB", "AAA"]))
    try watchdog.append(.event(.cancels(ids)))
    for id in ids { try fixture.book.cancel(id.session, id.sequence) }
    try watchdog.append(.event(.cancelAcks(ids.map { _ in .init(status: AL_OK, code: 0, brokerID: 0) })))
    try watchdog.append(.ended(.done))
    for start in 0..<2 {
      try fixture.run(2, patience: 3) { session in
        #expect(session.engine.halt == .halted, "\(fixture.notices)")
        #expect(session.engine.openOrders.isEmpty)
        #expect(session.engine.counts.orders == session.engine.counts.denials)
      }
      #expect(fixture.notices.filter { $0.hasPrefix("the watchdog found the host dead") }.count == 1, "start \(start)")
    }
  }
}

import Testing

@testable import AlphaLoopCore

@Suite("Attribution of the account to agents")
struct AttributionTests {
  typealias Share = Ownership.Share

  @Test(
    "the largest remainder gives parts that sum to the whole",
    arguments: [
      (100, [1, 1, 1], [34, 33, 33]), (-100, [1, 1, 1], [-34, -33, -33]), (10, [6, 3, 1], [6, 3, 1]),
      (7, [3, 2, 2], [3, 2, 2]), (1, [1, 2], [0, 1]), (0, [5, 5], [0, 0]), (8, [0, 1], [0, 8]),
    ] as [(Int64, [Int64], [Int64])])
  func remainders(total: Int64, weights: [Int64], parts: [Int64]) {
    #expect(apportioned(total, over: weights) == parts)
  }

  @Test("partial fills of a netted order end in exactly the agents' shares")
  func partialFills() throws {
    var ledger = try LedgerTests.account("10000")
    let shares = [Share(agent: 4, weight: 1), Share(agent: 2, weight: 2)]
    let netted = ledger.ownership.owner(of: shares)
    let owner = try #require(netted)
    var filled = Quantity.zero
    for size in ["1", "1", "1", "97"] {
      let fill = LedgerTests.fill(size, "10", fee: "0.01")
      #expect(ledger.book(fill, instrument: 0, owner: owner, filledBefore: filled) == true)
      filled += fill.quantity
    }
    let parts = ledger.agentPositions(of: 0)
    #expect(parts.map(\.agent) == [2, 4])
    #expect(parts.map(\.quantity) == [Quantity("66.66666667")!, Quantity("33.33333333")!])
    #expect(parts.map(\.holding.cost.raw).reduce(0, +) == Money("1000")!.raw)
    #expect(parts.map(\.fees.raw).reduce(0, +) == Money("0.04")!.raw)
  }

  @Test("agents on both sides keep their own books; together they are the account")
  func offsetting() throws {
    var ledger = try LedgerTests.account("10000")
    #expect(ledger.book(LedgerTests.fill("100", "10"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.book(LedgerTests.fill("-40", "12"), instrument: 0, owner: .agent(1)) == true)
    // The account closed 40 of its long; agent 1 opened a short of its own.
    #expect(ledger.position(0).realised == Money("80")!)
    #expect(ledger.agentPosition(0, 0)?.quantity == Quantity("100")!)
    #expect(ledger.agentPosition(0, 0)?.realised == .zero)
    #expect(ledger.agentPosition(1, 0)?.holding.cost == Money("-480")!)
    #expect(ledger.agentPosition(9, 0)?.quantity == .zero)
    try Self.expectSums(ledger)
    #expect(ledger.agentValues(of: 0) == [Money("1000")!, Money("-400")!])
  }

  @Test("an assignment falls on the agents of that side; one that does not fit changes nothing")
  func assignment() throws {
    var ledger = try LedgerTests.account("1000")
    try ledger.define(1, multiplier: Quantity("100")!, currency: 0)
    for (agent, contracts) in [(0, "-3"), (1, "-1"), (2, "1")] as [(UInt32, String)] {
      #expect(ledger.book(LedgerTests.fill(contracts, "2"), instrument: 1, owner: .agent(agent)) == true)
    }
    // Two of the three net short calls are assigned: 200 units are sold at 50, three quarters of them for agent 0.
    try ledger.deliver(
      option: 1, contracts: Quantity("-2")!, underlying: 0, delivered: Quantity("-200")!, strike: Price("50")!)
    #expect(ledger.agentPosition(0, 0)?.quantity == Quantity("-150")!)
    #expect(ledger.agentPosition(1, 0)?.quantity == Quantity("-50")!)
    #expect(ledger.agentPosition(1, 1)?.quantity == Quantity("-0.5")!)
    #expect(ledger.agentPosition(2, 1)?.quantity == Quantity("1")!)
    #expect(ledger.balance().cash == Money("11600")!)  // 1000 + 600 premium + 10000
    try Self.expectSums(ledger)

    try ledger.deposit(Money("92000000000")!)
    let before = (ledger.balance(), ledger.position(1).holding, ledger.agentPositions(of: 1))
    #expect(throws: Ledger.Fault.overflow) {
      try ledger.deliver(
        option: 1, contracts: Quantity("-1")!, underlying: 0, delivered: Quantity("-100")!, strike: Price("9000000")!)
    }
    #expect(ledger.balance() == before.0 && ledger.position(1).holding == before.1)
    #expect(ledger.agentPositions(of: 1) == before.2)
    try Self.expectSums(ledger)
  }

  @Test("shares without sense have no owner")
  func badShares() {
    var ownership = Ownership()
    let bad = [[], [Share(agent: 1, weight: 0)], [Share(agent: 1, weight: 1), Share(agent: 1, weight: 2)]]
    for shares in bad { #expect(ownership.owner(of: shares) == nil) }
    #expect(ownership.owner(of: [Share(agent: 1, weight: 5)]) == .agent(1))
    let pair = [Share(agent: 1, weight: 5), Share(agent: 0, weight: 5)]
    #expect(ownership.owner(of: pair) == ownership.owner(of: pair.reversed()))
  }

  /// Every sum over agents that must equal the account, to the last unit.
  static func differences(_ ledger: borrowing Ledger) -> [String] {
    var differences: [String] = []
    for index in 0..<UInt32(ledger.instruments) {
      let account = ledger.position(index)
      let parts = ledger.agentPositions(of: index)
      if parts.isEmpty { continue }
      let sums: [(String, Int64, Int64)] = [
        ("quantity", parts.map(\.quantity.raw).reduce(0, +), account.quantity.raw),
        ("fees", parts.map(\.fees.raw).reduce(0, +), account.fees.raw),
        ("dividends", parts.map(\.dividends.raw).reduce(0, +), account.dividends.raw),
        (
          "realised - cost", parts.map { $0.realised.raw - $0.holding.cost.raw }.reduce(0, +),
          account.realised.raw - account.holding.cost.raw
        ),
        ("value", ledger.agentValues(of: index).map(\.raw).reduce(0, +), account.value.raw),
      ]
      for (name, sum, whole) in sums where sum != whole {
        differences.append("instrument \(index): \(name) of agents \(sum), account \(whole)")
      }
    }
    return differences
  }

  static func expectSums(_ ledger: borrowing Ledger) throws {
    let found = differences(ledger)
    #expect(found.isEmpty, "\(found)")
  }
}

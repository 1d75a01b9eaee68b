import Testing

@testable import AlphaLoopCore

/// Seeded lives of an account with fractions, shorts, flips, groups, dividends, splits, expiries and marks.
@Suite("Whatever happens to an account")
struct LedgerPropertyTests {
  static let instruments = 4

  static func newLedger() throws -> Ledger {
    var ledger = Ledger(instruments: instruments)
    try ledger.deposit(Money("1000000")!)
    try ledger.define(1, multiplier: Quantity("100")!, currency: 0)
    try ledger.define(2, multiplier: Quantity("0.1")!, currency: 0)
    return ledger
  }

  /// One random event. - Returns: the money that it added from outside: dividends, and nothing else.
  static func step(_ ledger: inout Ledger, whole: Bool, _ random: inout SplitMix64) throws {
    let instrument = UInt32.random(in: 0..<UInt32(instruments), using: &random)
    let price = Price(raw: Int64.random(in: 1...50_000, using: &random) * 1_000_000)
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<10:
      let unit: Int64 = whole ? fixedPointScale : 1
      let size = Int64.random(in: -300...300, using: &random) * (whole ? 1 : 7_654_321)
      let fill = Fill(
        execution: ExecutionID(high: 0, low: 1), quantity: Quantity(raw: size * unit), price: price,
        fee: Money(raw: Int64.random(in: -5...99, using: &random)))
      let booked = ledger.book(
        try #require(fill), instrument: instrument, owner: owner(&ledger, &random),
        filledBefore: Quantity(raw: Int64.random(in: 0...9, using: &random)))
      #expect(booked)
    case 10..<17: #expect(ledger.mark(instrument, at: price) == true)
    case 17: try ledger.dividend(instrument, perUnit: Price(raw: Int64.random(in: 1...99_999_999, using: &random)))
    case 18:
      try ledger.split(
        instrument, numerator: Int64.random(in: 1...3, using: &random),
        denominator: Int64.random(in: 1...3, using: &random), cashInLieu: whole ? price : nil)
    default:
      if Bool.random(using: &random) {
        try ledger.expire(instrument, at: price)
      } else {
        try ledger.charge(Money(raw: 12_345), instrument: instrument, agent: UInt32.random(in: 0..<4, using: &random))
      }
    }
  }

  static func owner(_ ledger: inout Ledger, _ random: inout SplitMix64) -> Owner {
    let count = Int.random(in: 1...3, using: &random)
    let agents = Array(UInt32(0)..<4).shuffled(using: &random).prefix(count)
    let shares = agents.map { Ownership.Share(agent: $0, weight: Int64.random(in: 1...9, using: &random)) }
    return ledger.ownership.owner(of: shares) ?? .agent(0)
  }

  @Test(
    "equity is cash plus marked positions, agents sum to the account, profit explains equity", arguments: [true, false])
  func invariants(whole: Bool) throws {
    for seed in UInt64(0)..<60 {
      var random = SplitMix64(seed: seed)
      var ledger = try Self.newLedger()
      for number in 0..<80 {
        try Self.step(&ledger, whole: whole, &random)
        let equity = ledger.balance().equity
        try #require(ledger.recomputedEquity() == equity, "seed \(seed), event \(number)")
        let differences = AttributionTests.differences(ledger)
        try #require(differences.isEmpty, "seed \(seed), event \(number): \(differences)")
        var explained = Money("1000000")!.raw
        for index in 0..<UInt32(Self.instruments) {
          let position = ledger.position(index)
          explained += position.realised.raw + position.unrealised.raw + position.dividends.raw - position.fees.raw
        }
        try #require(explained == equity.raw, "seed \(seed), event \(number): profit explains \(explained)")
      }
    }
  }

  @Test("the audits see a difference of one unit")
  func controls() throws {
    var random = SplitMix64(seed: 5)
    var ledger = try Self.newLedger()
    for _ in 0..<50 { try Self.step(&ledger, whole: false, &random) }
    ledger.balances[0].equity.raw += 1
    #expect(ledger.recomputedEquity() != ledger.balance().equity)
    ledger.balances[0].equity.raw -= 1
    #expect(ledger.recomputedEquity() == ledger.balance().equity)
    ledger.positions[0].fees.raw += 1
    #expect(!AttributionTests.differences(ledger).isEmpty)
  }
}

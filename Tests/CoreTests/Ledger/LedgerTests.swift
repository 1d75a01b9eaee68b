import Testing

@testable import AlphaLoopCore

/// Numbers derived by hand.
@Suite("The ledger")
struct LedgerTests {
  static func fill(_ quantity: String, _ price: String, fee: String = "0") -> Fill {
    Fill(
      execution: ExecutionID(high: 0, low: 1), quantity: Quantity(quantity)!, price: Price(price)!, fee: Money(fee)!)!
  }

  static func account(_ cash: String, instruments: Int = 2) throws -> Ledger {
    var ledger = Ledger(instruments: instruments)
    try ledger.deposit(Money(cash)!)
    return ledger
  }

  @Test("buying, adding and selling a part keep average cost, profit, cash and equity")
  func longPosition() throws {
    var ledger = try Self.account("20000")
    #expect(ledger.book(Self.fill("100", "50", fee: "1"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.balance().cash == Money("14999")!)
    #expect(ledger.balance().equity == Money("19999")!)
    #expect(ledger.book(Self.fill("100", "60", fee: "1"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.position(0).averageCost == Price("55")!)
    #expect(ledger.balance().equity == Money("18998")!)  // 8998 cash, 200 at the last mark of 50
    #expect(ledger.mark(0, at: Price("60")!) == true)
    #expect(ledger.balance().equity == Money("20998")!)
    #expect(ledger.book(Self.fill("-50", "62", fee: "1"), instrument: 0, owner: .agent(0)) == true)
    let position = ledger.position(0)
    #expect(position.realised == Money("350")!)
    #expect(position.fees == Money("3")!)
    #expect(position.unrealised == Money("750")!)  // 150 x (60 - 55)
    #expect(ledger.balance() == Ledger.Balance(cash: Money("12097")!, equity: Money("21097")!))
    #expect(ledger.recomputedEquity() == Money("21097")!)
  }

  @Test("a short that flips through zero takes its profit and opens the rest at the new price")
  func flip() throws {
    var ledger = try Self.account("1000")
    #expect(ledger.book(Self.fill("-10", "20"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.position(0).averageCost == Price("20")!)
    #expect(ledger.book(Self.fill("25", "18"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.position(0).realised == Money("20")!)
    #expect(ledger.position(0).quantity == Quantity("15")!)
    #expect(ledger.position(0).averageCost == Price("18")!)
    #expect(ledger.balance().cash == Money("750")!)  // 1000 + 200 - 450
  }

  @Test("a contract multiplier scales money, whole or not; fractions are exact to 1e-8")
  func multipliers() throws {
    var ledger = try Self.account("0", instruments: 3)
    try ledger.define(0, multiplier: Quantity("50")!, currency: 0)
    try ledger.define(1, multiplier: Quantity("0.1")!, currency: 0)
    #expect(ledger.book(Self.fill("2", "4000.25"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.mark(0, at: Price("4010.25")!) == true)
    #expect(ledger.balance().equity == Money("1000")!)
    #expect(ledger.book(Self.fill("3", "50000.5"), instrument: 1, owner: .agent(0)) == true)
    #expect(ledger.position(1).value == Money("15000.15")!)
    #expect(ledger.position(1).averageCost == Price("50000.5")!)
    #expect(ledger.mark(1, at: Price("50001.5")!) == true)
    #expect(ledger.balance().equity == Money("1000.3")!)
    // 0.12345678 x 30000.01 = 3703.7046345678
    #expect(ledger.book(Self.fill("0.12345678", "30000.01"), instrument: 2, owner: .agent(0)) == true)
    #expect(ledger.position(2).value == Money("3703.70463457")!)
    #expect(ledger.balance().equity == ledger.recomputedEquity())
  }

  @Test("a long receives a dividend, a short pays it")
  func dividends() throws {
    var ledger = try Self.account("1000")
    #expect(ledger.book(Self.fill("-10", "20"), instrument: 0, owner: .agent(3)) == true)
    #expect(try ledger.dividend(0, perUnit: Price("0.5")!) == Money("-5")!)
    #expect(ledger.balance() == Ledger.Balance(cash: Money("1195")!, equity: Money("995")!))
    #expect(ledger.agentPosition(3, 0)?.dividends == Money("-5")!)
  }

  @Test("a split keeps equity and cost; the fraction is paid in cash and realises its part")
  func splits() throws {
    var ledger = try Self.account("2000")
    #expect(ledger.book(Self.fill("101", "10"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.mark(0, at: Price("12")!) == true)
    let before = ledger.balance().equity
    // 3:2: 151.5 units at 8; half a unit sold at 8; its cost is 1010 x 0.5 / 151.5 = 3.33333333.
    #expect(try ledger.split(0, numerator: 3, denominator: 2, cashInLieu: Price("8")!) == Money("4")!)
    #expect(ledger.position(0).quantity == Quantity("151")!)
    #expect(ledger.position(0).last == Price("8")!)
    #expect(ledger.position(0).realised == Money("0.66666667")!)
    #expect(ledger.balance().equity == before)
    #expect(ledger.recomputedEquity() == before)
  }

  @Test("a reverse split of a short pays for the fraction; without cash in lieu the fraction stays")
  func reverseSplits() throws {
    var ledger = try Self.account("2000")
    #expect(ledger.book(Self.fill("-25", "10"), instrument: 0, owner: .agent(0)) == true)
    #expect(ledger.book(Self.fill("-25", "10"), instrument: 1, owner: .agent(0)) == true)
    #expect(try ledger.split(0, numerator: 1, denominator: 10, cashInLieu: Price("100")!) == Money("-50")!)
    #expect(ledger.position(0).quantity == Quantity("-2")!)
    #expect(try ledger.split(1, numerator: 1, denominator: 10, cashInLieu: nil) == .zero)
    #expect(ledger.position(1).quantity == Quantity("-2.5")!)
    #expect(ledger.position(1).averageCost == Price("100")!)
    #expect(ledger.balance().equity == Money("2000")!)
    #expect(ledger.recomputedEquity() == Money("2000")!)
    #expect(throws: Ledger.Fault.self) { try ledger.split(0, numerator: 0, denominator: 1, cashInLieu: nil) }
  }

  @Test("an option expires worthless or is delivered into its underlying at the strike")
  func options() throws {
    var ledger = try Self.account("20000")
    try ledger.define(1, multiplier: Quantity("100")!, currency: 0)
    #expect(ledger.book(Self.fill("4", "5"), instrument: 1, owner: .agent(2)) == true)  // 2000 paid
    try ledger.deliver(
      option: 1, contracts: Quantity("1")!, underlying: 0, delivered: Quantity("100")!, strike: Price("50")!)
    #expect(ledger.position(1).quantity == Quantity("3")!)
    #expect(ledger.position(1).realised == Money("-500")!)
    #expect(ledger.agentPosition(2, 0)?.quantity == Quantity("100")!)
    #expect(ledger.balance().cash == Money("13000")!)
    try ledger.expire(1, at: .zero)
    #expect(ledger.position(1).realised == Money("-2000")!)
    #expect(ledger.position(1).quantity == .zero)
    #expect(ledger.balance().equity == Money("18000")!)
    #expect(throws: Ledger.Fault.self) {
      try ledger.deliver(
        option: 1, contracts: Quantity("1")!, underlying: 0, delivered: Quantity("100")!, strike: Price("50")!)
    }
  }

  @Test("a booking or a mark that passes 64 bits is refused whole")
  func overflow() throws {
    var ledger = try Self.account("90000000000")
    #expect(ledger.book(Self.fill("1", "1"), instrument: 0, owner: .agent(0)) == true)
    let before = ledger.balance()
    #expect(ledger.book(Self.fill("-1", "90000000000"), instrument: 0, owner: .agent(0)) == false)
    #expect(ledger.mark(0, at: Price("90000000000")!) == false)
    #expect(ledger.balance() == before)
    #expect(ledger.position(0).quantity == Quantity("1")!)
    #expect(throws: Ledger.Fault.overflow) { try ledger.deposit(Money("9000000000")!) }
  }

  @Test("cash, equity and fees are kept a currency")
  func currencies() throws {
    var ledger = Ledger(instruments: 2, currencies: 2)
    try ledger.define(1, multiplier: Quantity("1")!, currency: 1)
    #expect(ledger.book(Self.fill("10", "5", fee: "1"), instrument: 1, owner: .agent(0)) == true)
    #expect(ledger.balance(0) == Ledger.Balance())
    #expect(ledger.balance(1) == Ledger.Balance(cash: Money("-51")!, equity: Money("-1")!))
    #expect(throws: Ledger.Fault.self) { try ledger.define(0, multiplier: Quantity("1")!, currency: 2) }
    #expect(throws: Ledger.Fault.self) { try ledger.define(1, multiplier: Quantity("2")!, currency: 0) }
  }
}

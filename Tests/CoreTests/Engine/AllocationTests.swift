import Testing

@testable import AlphaLoopCore

@Suite("From weights to quantities")
struct AllocationTests {
  @Test("an account without equity wants nothing, whatever the price", arguments: [0, -1, -1_000_000] as [Int64])
  func nothingToInvest(equity: Int64) {
    for price in [1, 1000, 100 * fixedPointScale] as [Int64] {
      let wanted = quantity(
        weight: 1, equity: equity * fixedPointScale, price: price, lot: fixedPointScale, multiplier: fixedPointScale)
      #expect(wanted == 0)
    }
  }

  @Test("no more is wanted than an order can be")
  func largest() {
    for price in 1...3000 as ClosedRange<Int64> {
      let wanted = quantity(
        weight: 1, equity: 1_000_000 * fixedPointScale, price: price, lot: fixedPointScale, multiplier: fixedPointScale)
      #expect(wanted <= OrderMachine.largestQuantity.raw)
    }
  }
}

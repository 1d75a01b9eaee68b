import Testing

@testable import AlphaLoopCore

@Suite("Fixed-point numbers")
struct FixedPointTests {
  @Test(
    "decimal text is read exactly and printed without trailing zeros",
    arguments: [
      ("0", 0, "0"), ("12.5", 1_250_000_000, "12.5"), ("-0.00000001", -1, "-0.00000001"), ("+3", 300_000_000, "3"),
      ("100.10", 10_010_000_000, "100.1"), (".5", 50_000_000, "0.5"), ("7.", 700_000_000, "7"),
      ("1.000000000", 100_000_000, "1"), ("92233720368.54775807", Int64.max, "92233720368.54775807"),
      ("-92233720368.54775808", Int64.min, "-92233720368.54775808"),
    ] as [(String, Int64, String)])
  func text(text: String, raw: Int64, printed: String) {
    #expect(Money(text)?.raw == raw)
    #expect(Money(raw: raw).description == printed)
    #expect(Money(printed)?.raw == raw)
  }

  @Test(
    "text that is not an exact decimal is refused",
    arguments: [
      "", "-", ".", "1e3", "1,5", " 1", "1 ", "0x10", "--1", "1.2.3", "0.000000001", "nan", "92233720368.54775808",
      "-92233720368.54775809", "١",
    ])
  func refused(text: String) { #expect(Price(text) == nil) }

  @Test("price times quantity is exact for whole units and rounds half to even otherwise")
  func product() {
    #expect(Price("12.34")! * Quantity("100")! == Money("1234")!)
    #expect(Price("12.34")! * Quantity("-100")! == Money("-1234")!)
    // 0.00000001 x 0.5 is half a unit: to even, zero. 0.00000003 x 0.5 is a unit and a half: to even, two.
    #expect(Price(raw: 1) * Quantity("0.5")! == Money(raw: 0))
    #expect(Price(raw: 3) * Quantity("0.5")! == Money(raw: 2))
    #expect(Price(raw: -3) * Quantity("0.5")! == Money(raw: -2))
    #expect(Price(raw: 5) * Quantity("0.3")! == Money(raw: 2))
    #expect(Price("92233720368")!.times(Quantity("2")!) == nil)
    #expect(Price("92233720368")!.times(Quantity("0.5")!) == Money("46116860184")!)
    #expect(Money(raw: .max).adding(Money(raw: 1)) == nil)
    #expect(Money(raw: .min).subtracting(Money(raw: 1)) == nil)
  }

  @Test(
    "a Double becomes a price by rounding half to even on the tick",
    arguments: [
      (0.125, "0.01", "0.12"), (0.135, "0.01", "0.14"), (-0.125, "0.01", "-0.12"), (10.126, "0.05", "10.15"),
      (4000.375, "0.25", "4000.5"), (4000.125, "0.25", "4000"), (1.0, "0.01", "1"), (0.1 + 0.2, "0.1", "0.3"),
    ])
  func rounding(double: Double, tick: String, expected: String) {
    #expect(Price(rounding: double, tick: Price(tick)!) == Price(expected)!)
  }

  @Test("a Double that is no price gives none")
  func roundingRefused() {
    for double in [Double.nan, .infinity, -.infinity, 1e12] {
      #expect(Price(rounding: double, tick: Price("0.01")!) == nil)
    }
    #expect(Price(rounding: 1, tick: Price.zero) == nil)
    #expect(Price(rounding: 1, tick: Price("-0.01")!) == nil)
  }

  @Test("a portion is what 128-bit division gives, at all sizes")
  func portions() {
    var random = SplitMix64(seed: 11)
    for _ in 0..<20_000 {
      let whole = UInt64.random(in: 1...UInt64(Int64.max), using: &random) >> UInt64.random(in: 0..<62, using: &random)
      let size = max(whole, 1)
      let part = UInt64.random(in: 0...size, using: &random)
      let value = Int64.random(in: .min + 1 ... .max, using: &random) >> Int64.random(in: 0..<62, using: &random)
      let exact = dividedHalfEven(Int128(value) * Int128(part), by: Int128(size))
      #expect(Int128(portion(of: value, part, size)) == exact)
    }
    // Ties, by hand: 5 x 1/2 = 2.5 to 2; 7 x 1/2 = 3.5 to 4; -5 x 1/2 to -2.
    #expect(portion(of: 5, 1, 2) == 2)
    #expect(portion(of: 7, 1, 2) == 4)
    #expect(portion(of: -5, 1, 2) == -2)
    #expect(portion(of: -7, 1, 2) == -4)
  }

  @Test("an order id is 32 hexadecimal digits that sort by sequence inside a session")
  func orderID() {
    let first = OrderID(session: 0xABC, sequence: 9)
    let second = OrderID(session: 0xABC, sequence: 16)
    #expect(first.description == "0000000000000abc0000000000000009")
    #expect(first.description < second.description && first < second)
    #expect(OrderID(first.description) == first)
    #expect(OrderID("0000000000000ABC0000000000000009") == first)
    for bad in ["", "0000000000000abc000000000000009", "0000000000000abc00000000000000099", "g".padded] {
      #expect(OrderID(bad) == nil)
    }
  }
}

extension String {
  /// To 32 characters, with zeros after.
  fileprivate var padded: String { self + String(repeating: "0", count: 32 - count) }
}

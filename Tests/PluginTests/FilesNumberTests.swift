import AlphaLoopCSV
import Foundation
import Testing

private func decimal(_ text: String) -> DecimalNumber? { Array(text.utf8).withUnsafeBytes { DecimalNumber($0) } }

private func double(_ text: String) -> Double? {
  Array(text.utf8).withUnsafeBytes { bytes in DecimalNumber(bytes)?.double(bytes) }
}

@Suite("Decimal numbers")
struct FilesNumberTests {
  @Test(
    "a text becomes the exact fixed-point number, halves rounded to even",
    arguments: [
      ("0", 0), ("-0", 0), ("1", 100_000_000), ("+1.5", 150_000_000), ("0.00000001", 1), (".5", 50_000_000),
      ("5.", 500_000_000), ("0.1", 10_000_000), ("104.06", 10_406_000_000), ("-2.25", -225_000_000),
      ("0.000000005", 0), ("0.000000015", 2), ("0.0000000050000000000000000000000001", 1), ("0.000000025", 2),
      ("1e3", 100_000_000_000), ("1.25E-2", 1_250_000), ("1e-400", 0), ("0e99999999999", 0),
      ("92233720368.54775807", Int64.max), ("00000000000000000000000000001.5", 150_000_000),
      ("0.30000000000000004", 30_000_000), ("2012.25343589", 201_225_343_589),
    ])
  func fixedPoint(_ text: String, _ expected: Int64) throws {
    #expect(try #require(decimal(text)).fixedPoint == expected)
  }

  @Test(
    "numbers beyond Int64 are refused",
    arguments: ["92233720368.54775808", "1e12", "99999999999999999999", "1e300"])
  func tooLarge(_ text: String) throws { #expect(try #require(decimal(text)).fixedPoint == nil) }

  @Test(
    "what is no plain decimal is refused",
    arguments: ["", "-", ".", "1,5", "0x10", "1e", "1e+", "nan", "1 2", "--1"])
  func refused(_ text: String) { #expect(decimal(text) == nil) }

  @Test("doubles are the correctly rounded ones, by the C library's own reader, over 200,000 seeded texts")
  func doubles() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<200_000 {
      let digits = Int.random(in: 1...21, using: &random)
      var text = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
      let point = text.index(text.startIndex, offsetBy: Int.random(in: 0...digits, using: &random))
      text.insert(".", at: point)
      if Bool.random(using: &random) { text += "e\(Int.random(in: -40...40, using: &random))" }
      let expected = strtod(text, nil)
      if double(text)?.bitPattern != expected.bitPattern { Issue.record("\(text)") }
    }
  }

  @Test("fixed-point numbers equal Decimal arithmetic over 20,000 seeded texts")
  func fixedPointReference() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<20_000 {
      let whole = Int.random(in: 0...90_000_000, using: &random)
      let places = Int.random(in: 0...14, using: &random)
      let fraction = (0..<places).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
      let text = "\(whole).\(fraction)"
      var exact = (Decimal(string: text) ?? .nan) * 100_000_000
      var rounded = Decimal()
      NSDecimalRound(&rounded, &exact, 0, .bankers)
      if decimal(text)?.fixedPoint != NSDecimalNumber(decimal: rounded).int64Value { Issue.record("\(text)") }
    }
  }
}

/// A decimal number in units of 1e-8, exact: money, prices and quantities as the run document writes them.
struct FixedDecimal: Equatable, Comparable, Sendable {
  static let unitsPerOne: Int64 = 100_000_000

  var units: Int64

  static let zero = FixedDecimal(units: 0)

  init(units: Int64) { self.units = units }

  /// Parses `[-]digits[.digits]` with at most 8 decimals; nil when the text is anything else or the number does not fit.
  init?(_ text: String) {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, Self.isDigits(whole) else { return nil }
    var fraction = ""
    if parts.count == 2 {
      guard Self.isDigits(parts[1]), parts[1].utf8.count <= 8 else { return nil }
      fraction = String(parts[1])
    }
    fraction += String(repeating: "0", count: 8 - fraction.utf8.count)
    guard let parsed = Int64((isNegative ? "-" : "") + whole + fraction) else { return nil }
    units = parsed
  }

  private static func isDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  var double: Double { Double(units) / Double(Self.unitsPerOne) }

  static func < (a: FixedDecimal, b: FixedDecimal) -> Bool { a.units < b.units }

  /// The exact sum, held at the ends of the range: a report shows a number that large, it does not trap on it.
  static func + (a: FixedDecimal, b: FixedDecimal) -> FixedDecimal {
    let (sum, overflow) = a.units.addingReportingOverflow(b.units)
    return FixedDecimal(units: overflow ? (a.units < 0 ? .min : .max) : sum)
  }

  /// The product rounded half to even, held at the ends of the range.
  static func * (a: FixedDecimal, b: FixedDecimal) -> FixedDecimal {
    let product = Int128(a.units) * Int128(b.units)
    let one = Int128(unitsPerOne)
    var quotient = product / one
    let remainder = product % one
    let twice = remainder.magnitude * 2
    if twice > one.magnitude || (twice == one.magnitude && quotient % 2 != 0) { quotient += product < 0 ? -1 : 1 }
    return FixedDecimal(units: Int64(clamping: quotient))
  }

  /// The exact magnitude, held at the end of the range.
  var magnitude: FixedDecimal { FixedDecimal(units: Int64(clamping: units.magnitude)) }

  /// With thousands separators and a fixed number of decimals (0 to 8), rounded half to even.
  func formatted(decimals: Int) -> String {
    var step: UInt64 = 1
    for _ in decimals..<8 { step *= 10 }
    var scaled = units.magnitude / step
    let remainder = units.magnitude % step
    if remainder * 2 > step || (remainder * 2 == step && scaled % 2 == 1) { scaled += 1 }
    return NumberText.fixed(scaled: scaled, decimals: decimals, isNegative: units < 0)
  }

  /// With thousands separators and as few decimals as the number has, but at least so many.
  func exact(minimumDecimals: Int = 0) -> String {
    var decimals = 8
    var rest = units.magnitude
    while decimals > minimumDecimals, rest % 10 == 0 {
      rest /= 10
      decimals -= 1
    }
    return formatted(decimals: decimals)
  }
}

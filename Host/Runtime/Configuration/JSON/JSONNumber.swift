/// A JSON number with the text it was written in. Two numbers are equal when they are the same number, however written:
/// `1.0`, `1` and `10e-1`.
public struct JSONNumber: Sendable, CustomStringConvertible {
  /// The exact text, in the grammar of RFC 8259, section 6.
  public let text: String

  /// The largest power of ten a number may carry; it keeps comparisons cheap and no measured quantity needs more.
  public static let exponentLimit = 9_999

  /// - Returns: nil when the text is not a JSON number, or its exponent passes ``exponentLimit``.
  public init?(_ text: String) {
    guard let decimal = Decimal(text) else { return nil }
    self.text = text
    self.decimal = decimal
  }

  public init(_ value: Int64) {
    text = String(value)
    decimal = Decimal(text) ?? Decimal(isNegative: false, digits: [], exponent: 0)
  }

  /// The shortest text that reads back as the same double.
  ///
  /// - Returns: nil for infinities and not-a-number, which JSON cannot say.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    self.init(value == 0 ? "0" : JSONNumber.normalised(value.description))
  }

  /// The nearest double; infinite when out of range.
  public var double: Double { Double(text) ?? .nan }

  /// The value as an integer when it is one and fits.
  public var int64: Int64? {
    guard decimal.exponent >= 0, decimal.digits.count + decimal.exponent <= 19 else {
      return decimal.digits.isEmpty ? 0 : nil
    }
    let digits = decimal.digits.map { String($0) }.joined() + String(repeating: "0", count: decimal.exponent)
    return Int64((decimal.isNegative ? "-" : "") + (digits.isEmpty ? "0" : digits))
  }

  public var isInteger: Bool { decimal.digits.isEmpty || decimal.exponent >= 0 }

  public var isZero: Bool { decimal.digits.isEmpty }

  public var description: String { text }

  /// The one text for this number: shortest digits, in the layout of ECMAScript's `Number::toString`, which RFC 8785
  /// (section 3.2.2.3) prescribes; digits beyond a double's are kept.
  public var canonicalText: String { decimal.canonicalText }

  let decimal: Decimal

  /// `Double.description` writes `1e-07` and `5.0`; both are valid, neither is needed.
  private static func normalised(_ description: String) -> String {
    Decimal(description)?.canonicalText ?? description
  }

  /// Sign, significant digits without zeros at either end, and power of ten. Zero has no digits.
  struct Decimal: Hashable, Sendable {
    var isNegative: Bool
    var digits: [UInt8]
    var exponent: Int
  }
}

extension JSONNumber: Hashable, Comparable {
  public static func == (left: JSONNumber, right: JSONNumber) -> Bool { left.decimal == right.decimal }

  public func hash(into hasher: inout Hasher) { hasher.combine(decimal) }

  public static func < (left: JSONNumber, right: JSONNumber) -> Bool {
    let (a, b) = (left.decimal, right.decimal)
    if a.sign != b.sign { return a.sign < b.sign }
    return a.isNegative ? b.isSmallerMagnitude(than: a) : a.isSmallerMagnitude(than: b)
  }

  /// Whether this is a whole multiple of `divisor`, decided exactly on the decimal digits.
  ///
  /// - Parameter divisor: not zero, at most 18 significant digits.
  func isMultiple(of divisor: JSONNumber) -> Bool {
    let (value, unit) = (decimal, divisor.decimal)
    if value.digits.isEmpty { return true }
    let shift = value.exponent - unit.exponent
    // Without trailing zeros the digits cannot be divided by ten.
    guard shift >= 0, unit.digits.count <= 18, !unit.digits.isEmpty else { return false }
    let modulus = unit.digits.reduce(Int128(0)) { $0 * 10 + Int128($1) }
    var remainder = value.digits.reduce(Int128(0)) { ($0 * 10 + Int128($1)) % modulus }
    for _ in 0..<shift where remainder != 0 { remainder = remainder * 10 % modulus }
    return remainder == 0
  }
}

extension JSONNumber.Decimal {
  var sign: Int { digits.isEmpty ? 0 : (isNegative ? -1 : 1) }

  func isSmallerMagnitude(than other: JSONNumber.Decimal) -> Bool {
    let (mine, theirs) = (digits.count + exponent, other.digits.count + other.exponent)
    return mine != theirs ? mine < theirs : digits.lexicographicallyPrecedes(other.digits)
  }

  /// Parses the grammar of RFC 8259, section 6, and nothing else.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    func digits() -> ArraySlice<UInt8> {
      let found = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      rest = rest.dropFirst(found.count)
      return found
    }
    isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    let whole = digits()
    guard let first = whole.first, whole.count == 1 || first != UInt8(ascii: "0") else { return nil }
    var fraction: ArraySlice<UInt8> = []
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = digits()
      guard !fraction.isEmpty else { return nil }
    }
    var power = 0
    if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      let isDown = rest.first == UInt8(ascii: "-")
      if isDown || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      let written = digits()
      guard !written.isEmpty else { return nil }
      let value = written.reduce(0) { min($0 * 10 + Int($1 - UInt8(ascii: "0")), 1_000_000) }
      guard value <= JSONNumber.exponentLimit else { return nil }
      power = isDown ? -value : value
    }
    guard rest.isEmpty else { return nil }
    var all = (whole + fraction).map { $0 - UInt8(ascii: "0") }
    exponent = power - fraction.count
    while all.last == 0 {
      all.removeLast()
      exponent += 1
    }
    self.digits = Array(all.drop { $0 == 0 })
    if self.digits.isEmpty {
      isNegative = false
      exponent = 0
    }
  }

  var canonicalText: String {
    guard !digits.isEmpty else { return "0" }
    let text = String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    let point = digits.count + exponent  // the decimal point stands after this many digits
    var body: String
    if exponent >= 0, point <= 21 {
      body = text + String(repeating: "0", count: exponent)
    } else if point > 0, point <= 21 {
      body = text.prefix(point) + "." + text.dropFirst(point)
    } else if point > -6, point <= 0 {
      body = "0." + String(repeating: "0", count: -point) + text
    } else {
      let power = point - 1
      body = text.prefix(1) + (digits.count > 1 ? "." + text.dropFirst(1) : "")
      body += "e" + (power < 0 ? "-" : "+") + String(power.magnitude)
    }
    return (isNegative ? "-" : "") + body
  }
}

extension FixedPoint {
  /// Exact decimal text with no trailing zeros: `12.5`, `-0.00000001`, `100`.
  public var description: String {
    let size = raw.magnitude
    let (whole, fraction) = size.quotientAndRemainder(dividingBy: UInt64(fixedPointScale))
    let sign = raw < 0 ? "-" : ""
    if fraction == 0 { return "\(sign)\(whole)" }
    var digits = String(fraction)
    digits = String(repeating: "0", count: 8 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(whole).\(digits)"
  }

  /// Decimal text, `[+-]digits[.digits]`, read exactly. Nil when it is anything else, has more than eight decimals that
  /// are not zero (nothing is rounded away in silence), or does not fit.
  public init?(_ text: some StringProtocol) {
    var bytes = text.utf8.makeIterator()
    var byte = bytes.next()
    let negative = byte == UInt8(ascii: "-")
    if negative || byte == UInt8(ascii: "+") { byte = bytes.next() }
    var value: Int64 = 0
    var digits = 0
    var decimals = -1
    while let character = byte {
      byte = bytes.next()
      if character == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
        continue
      }
      guard character >= UInt8(ascii: "0"), character <= UInt8(ascii: "9") else { return nil }
      let digit = Int64(character - UInt8(ascii: "0"))
      digits += 1
      if decimals >= 8 {
        if digit != 0 { return nil }
        continue
      }
      guard let next = Self.append(digit, to: value, negative: negative) else { return nil }
      value = next
      if decimals >= 0 { decimals += 1 }
    }
    guard digits > 0 else { return nil }
    for _ in max(decimals, 0)..<8 {
      guard let next = Self.append(0, to: value, negative: negative) else { return nil }
      value = next
    }
    self.init(raw: value)
  }

  /// Grows towards the sign, so that the lowest value can be read back.
  private static func append(_ digit: Int64, to value: Int64, negative: Bool) -> Int64? {
    let (tens, first) = value.multipliedReportingOverflow(by: 10)
    let (sum, second) = tens.addingReportingOverflow(negative ? -digit : digit)
    return first || second ? nil : sum
  }
}

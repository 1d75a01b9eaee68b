/// A decimal number read from text: sign, digits and a power of ten, nothing rounded that 19 digits can hold.
///
/// Accepts an optional sign, digits with an optional point, and an optional exponent. No thousands separators, no
/// hexadecimal, no "inf": what looks unusual is a mistake in a data file.
public struct DecimalNumber: Equatable, Sendable {
  public let isNegative: Bool
  /// The first 19 significant digits.
  public let digits: UInt64
  /// The value is `digits * 10^exponent`, plus less than one unit of the last digit when `isTruncated`.
  public let exponent: Int
  /// Digits other than zero follow the ones kept.
  public let isTruncated: Bool

  /// The number in `text`, or nil when it is not one.
  @inline(__always)
  public init?(_ text: UnsafeRawBufferPointer) {
    var position = 0
    var digits: UInt64 = 0
    var kept = 0
    var exponent = 0
    var isTruncated = false
    var hasDigit = false
    var hasPoint = false
    var isNegative = false
    if let sign = text.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      position = 1
    }
    while position < text.count {
      let byte = text[position]
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 {
        hasDigit = true
        if kept < 19 {
          digits = digits &* 10 &+ UInt64(digit)
          if digits != 0 { kept &+= 1 }
          if hasPoint { exponent &-= 1 }
        } else {
          if digit != 0 { isTruncated = true }
          if !hasPoint { exponent &+= 1 }
        }
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      position &+= 1
    }
    guard hasDigit else { return nil }
    if position < text.count {
      guard let power = DecimalNumber.exponent(text, from: position) else { return nil }
      exponent += power
    }
    self.isNegative = isNegative
    self.digits = digits
    self.exponent = digits == 0 ? 0 : exponent
    self.isTruncated = isTruncated
  }

  /// The number after "e"; beyond five digits it is cut, since no such number is representable anyway.
  private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
    var position = start + 1
    var sign = 1
    if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      if text[position] == UInt8(ascii: "-") { sign = -1 }
      position += 1
    }
    guard position < text.count else { return nil }
    var value = 0
    while position < text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = min(value * 10 + Int(digit), 99_999)
      position += 1
    }
    return sign * value
  }

  /// The number in units of 1e-8, rounded half to even on the decimal digits; nil when an Int64 cannot hold it.
  @inline(__always)
  public var fixedPoint: Int64? {
    let shift = exponent &+ 8
    if shift >= 0 {
      guard digits != 0 else { return 0 }
      guard shift < 19 else { return nil }
      let (high, low) = digits.multipliedFullWidth(by: DecimalNumber.powers[shift])
      guard high == 0, low <= UInt64(Int64.max), !isTruncated else { return nil }
      return isNegative ? -Int64(low) : Int64(low)
    }
    return roundedFixedPoint(dropping: -shift)
  }

  private func roundedFixedPoint(dropping places: Int) -> Int64? {
    // Fewer than 20 digits are kept, so that a shift of 20 leaves less than half a unit.
    guard places < 20 else { return 0 }
    let divisor = places == 19 ? 10_000_000_000_000_000_000 : DecimalNumber.powers[places]
    var (quotient, remainder) = digits.quotientAndRemainder(dividingBy: divisor)
    let half = divisor / 2
    if remainder > half || (remainder == half && (isTruncated || quotient & 1 == 1)) { quotient += 1 }
    guard quotient <= UInt64(Int64.max) else { return nil }
    return isNegative ? -Int64(quotient) : Int64(quotient)
  }

  /// The nearest double (ties to even). `text` must be the text this number was read from.
  public func double(_ text: UnsafeRawBufferPointer) -> Double {
    // Both operands exact, so that the one rounding of the operation is the only one (Clinger, PLDI 1990).
    if digits < 1 << 53, !isTruncated, abs(exponent) <= 22 {
      let power = DecimalNumber.doublePowers[abs(exponent)]
      let magnitude = exponent < 0 ? Double(digits) / power : Double(digits) * power
      return isNegative ? -magnitude : magnitude
    }
    return Double(String(decoding: text, as: UTF8.self)) ?? .nan
  }

  private static let powers: [UInt64] = (0..<19).map { (0..<$0).reduce(1) { power, _ in power * 10 } }
  private static let doublePowers: [Double] = (0...22).map { (0..<$0).reduce(1) { power, _ in power * 10 } }
}

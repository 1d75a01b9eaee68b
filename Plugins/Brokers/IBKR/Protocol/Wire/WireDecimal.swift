/// A decimal number as it stands on the wire: sizes and quantities, which never pass through binary floating point.
///
/// The value is `mantissa` x 10^-`scale`; the scale is kept, so that `37.0` is written back as `37.0`. Two numbers are equal
/// when their values are.
public struct WireDecimal: Sendable {
  public let mantissa: Int64
  public let scale: UInt8

  public init(mantissa: Int64, scale: UInt8 = 0) {
    self.mantissa = mantissa
    self.scale = scale
  }

  public static let zero = WireDecimal(mantissa: 0)

  /// An optional sign, digits, and a point among or before them; an exponent as `E-7`. Anything else, or more than 18
  /// digits after leading zeros, is nil: it cannot be held exactly.
  public init?(_ text: Substring.UTF8View) {
    var digits = text[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    var (value, decimals, seen, isPast) = (Int64(0), 0, 0, false)
    var exponent = 0
    while let byte = digits.first {
      digits = digits.dropFirst()
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, more) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
        if overflow || more { return nil }
        value = sum
        seen += 1
        if isPast { decimals += 1 }
      case UInt8(ascii: ".") where !isPast: isPast = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        guard seen > 0, let e = Int(String(decoding: digits, as: UTF8.self)), (-40...40).contains(e) else { return nil }
        exponent = e
        digits = digits.suffix(0)
      default: return nil
      }
    }
    guard seen > 0 else { return nil }
    decimals -= exponent
    while decimals < 0 {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = shifted
      decimals += 1
    }
    guard decimals <= 60 else { return nil }
    self.init(mantissa: isNegative ? -value : value, scale: UInt8(decimals))
  }

  public init?(_ text: String) { self.init(text[...].utf8) }
}

extension WireDecimal: CustomStringConvertible {
  /// Plain decimal text without an exponent.
  public var description: String {
    guard scale > 0 else { return String(mantissa) }
    var digits = String(mantissa.magnitude)
    if digits.count <= Int(scale) { digits = String(repeating: "0", count: Int(scale) + 1 - digits.count) + digits }
    let point = digits.index(digits.endIndex, offsetBy: -Int(scale))
    return "\(mantissa < 0 ? "-" : "")\(digits[..<point]).\(digits[point...])"
  }
}

extension WireDecimal: Hashable {
  /// Without trailing zeros after the point.
  private var reduced: (Int64, UInt8) {
    var (m, s) = (mantissa, scale)
    while s > 0, m % 10 == 0 { (m, s) = (m / 10, s - 1) }
    return (m, s)
  }
  public static func == (a: WireDecimal, b: WireDecimal) -> Bool { a.reduced == b.reduced }
  public func hash(into hasher: inout Hasher) {
    let (m, s) = reduced
    hasher.combine(m)
    hasher.combine(s)
  }
}

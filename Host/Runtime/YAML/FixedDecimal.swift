/// A decimal number read exactly from text, in units of 1e-8: the host's scale for money, prices and quantities.
public struct FixedDecimal: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The value times 100,000,000.
  public var units: Int64

  public static let unitsPerOne: Int64 = 100_000_000

  public init(units: Int64) { self.units = units }

  /// Why a text is not a fixed decimal.
  public enum Fault: Error, Equatable, Sendable {
    case notANumber
    /// More than eight decimal places that are not zero.
    case tooPrecise
    case tooLarge
  }

  /// - Parameters:
  ///   - text: `[-]digits[.digits]`, no exponent.
  ///   - scale: places to shift the point to the left; 2 reads per cent.
  public init(parsing text: String, scale: Int = 0) throws(Fault) {
    var bytes = Array(text.utf8)[...]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes = bytes.dropFirst() }
    let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, !whole.isEmpty, parts.count == 1 || !parts[1].isEmpty else { throw .notANumber }
    let fraction = parts.count == 2 ? parts[1] : []
    var value: Int64 = 0
    // The digit at place p (units are place 0) is worth 10^(p + 8 - scale) units.
    let digits = whole + fraction
    let kept = whole.count + 8 - scale
    for (index, byte) in digits.enumerated() {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { throw .notANumber }
      guard index < kept else {
        guard byte == UInt8(ascii: "0") else { throw .tooPrecise }
        continue
      }
      try Self.append(Int64(byte - UInt8(ascii: "0")), to: &value)
    }
    for _ in 0..<max(0, kept - digits.count) { try Self.append(0, to: &value) }
    units = isNegative ? -value : value
  }

  private static func append(_ digit: Int64, to value: inout Int64) throws(Fault) {
    let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
    let (sum, overflow) = tens.addingReportingOverflow(digit)
    if tooLarge || overflow { throw .tooLarge }
    value = sum
  }

  /// The shortest exact decimal text.
  public var description: String {
    let magnitude = units.magnitude
    let one = UInt64(Self.unitsPerOne)
    var text = (units < 0 ? "-" : "") + String(magnitude / one)
    var fraction = magnitude % one
    guard fraction > 0 else { return text }
    var digits = 8
    while fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    let tail = String(fraction)
    text += "." + String(repeating: "0", count: digits - tail.count) + tail
    return text
  }

  public static func < (left: FixedDecimal, right: FixedDecimal) -> Bool { left.units < right.units }

  /// A share in parts per million, rounded toward zero.
  public var ppm: Int64 { units / 100 }
}

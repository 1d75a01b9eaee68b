import TWSProtocol

/// Between the wire's numbers and 1e-8 units.
enum FixedPoint {
  static let unit: Int64 = 100_000_000

  /// nil beyond the range, and for what is no multiple of 1e-8.
  static func units(_ decimal: WireDecimal) -> Int64? {
    var value = decimal.mantissa
    var scale = Int(decimal.scale)
    while scale > 8 {
      guard value % 10 == 0 else { return nil }
      value /= 10
      scale -= 1
    }
    while scale < 8 {
      guard let larger = value.multipliedSafely(by: 10) else { return nil }
      value = larger
      scale += 1
    }
    return value
  }

  /// The nearest multiple of 1e-8; nil beyond the range.
  static func units(_ number: Double) -> Int64? { Int64(exactly: (number * 1e8).rounded()) }

  static func decimal(_ units: Int64) -> WireDecimal {
    var (mantissa, scale) = (units, UInt8(8))
    while scale > 0, mantissa % 10 == 0 { (mantissa, scale) = (mantissa / 10, scale - 1) }
    return WireDecimal(mantissa: mantissa, scale: scale)
  }

  /// The double that is nearest to the decimal number: a division rounds once.
  static func double(_ units: Int64) -> Double { Double(units) / 1e8 }
}

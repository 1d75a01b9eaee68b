import TWSProtocol

/// A quantity in hundred-millionths of a unit: exact, as sizes on the wire are.
struct Size: Comparable, Hashable, Sendable {
  static let scale: Int64 = 100_000_000
  var raw: Int64

  static let zero = Size(raw: 0)
  static let one = Size(raw: scale)

  init(raw: Int64) { self.raw = raw }
  init(units: Int) { raw = Int64(units) * Self.scale }

  /// nil for a number with more digits than are held.
  init?(_ decimal: WireDecimal) {
    var (mantissa, digits) = (decimal.mantissa, Int(decimal.scale))
    while digits > 8 {
      guard mantissa % 10 == 0 else { return nil }
      (mantissa, digits) = (mantissa / 10, digits - 1)
    }
    while digits < 8 {
      let (shifted, isOver) = mantissa.multipliedReportingOverflow(by: 10)
      guard !isOver else { return nil }
      (mantissa, digits) = (shifted, digits + 1)
    }
    raw = mantissa
  }

  var decimal: WireDecimal {
    var (mantissa, digits) = (raw, UInt8(8))
    while digits > 0, mantissa % 10 == 0 { (mantissa, digits) = (mantissa / 10, digits - 1) }
    return WireDecimal(mantissa: mantissa, scale: digits)
  }

  var double: Double { Double(raw) / Double(Self.scale) }

  static func < (a: Size, b: Size) -> Bool { a.raw < b.raw }
  static func + (a: Size, b: Size) -> Size { Size(raw: a.raw &+ b.raw) }
  static func - (a: Size, b: Size) -> Size { Size(raw: a.raw &- b.raw) }
  static prefix func - (a: Size) -> Size { Size(raw: -a.raw) }
}

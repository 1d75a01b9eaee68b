/// A decimal number kept as an integer count of 1e-8 units: what money, prices and quantities are made of.
///
/// `+` and `-` trap on overflow, as the integers of the language do; values that come from outside go through
/// `adding` and `subtracting`, which answer nil instead.
public protocol FixedPoint: Comparable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// The value in 1e-8 units.
  var raw: Int64 { get set }
  init(raw: Int64)
}

/// Units in one whole: 1e8.
public let fixedPointScale: Int64 = 100_000_000

extension FixedPoint {
  @inlinable public static var zero: Self { Self(raw: 0) }

  /// A whole number of units; nil when it does not fit.
  @inlinable public init?(units: Int64) {
    let (raw, overflow) = units.multipliedReportingOverflow(by: fixedPointScale)
    if overflow { return nil }
    self.init(raw: raw)
  }

  @inlinable @inline(__always) public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
  @inlinable @inline(__always) public static func + (a: Self, b: Self) -> Self { Self(raw: a.raw + b.raw) }
  @inlinable @inline(__always) public static func - (a: Self, b: Self) -> Self { Self(raw: a.raw - b.raw) }
  @inlinable @inline(__always) public static prefix func - (a: Self) -> Self { Self(raw: 0 - a.raw) }
  @inlinable @inline(__always) public static func += (a: inout Self, b: Self) { a.raw += b.raw }
  @inlinable @inline(__always) public static func -= (a: inout Self, b: Self) { a.raw -= b.raw }

  /// The sum, nil when it does not fit 64 bits.
  @inlinable public func adding(_ other: Self) -> Self? {
    let (sum, overflow) = raw.addingReportingOverflow(other.raw)
    return overflow ? nil : Self(raw: sum)
  }

  /// The difference, nil when it does not fit 64 bits.
  @inlinable public func subtracting(_ other: Self) -> Self? {
    let (difference, overflow) = raw.subtractingReportingOverflow(other.raw)
    return overflow ? nil : Self(raw: difference)
  }

  /// The distance from zero; as an unsigned number, since the lowest value has no positive twin.
  @inlinable public var magnitude: UInt64 { raw.magnitude }
  /// The nearest Double, for analytics.
  @inlinable public var double: Double { Double(raw) / Double(fixedPointScale) }
  /// True when the value is a whole number of units.
  @inlinable public var isWhole: Bool { raw % fixedPointScale == 0 }

  /// The nearest fixed-point value to `double`, half to even; nil for NaN, infinity and values that do not fit.
  @inlinable public init?(rounding double: Double) {
    let scaled = (double * Double(fixedPointScale)).rounded(.toNearestOrEven)
    guard let raw = Int64(exactly: scaled) else { return nil }
    self.init(raw: raw)
  }
}

/// `numerator / denominator` rounded half to even; the denominator is not zero.
@inlinable func dividedHalfEven(_ numerator: Int128, by denominator: Int128) -> Int128 {
  let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  let twice = remainder.magnitude &* 2
  let size = denominator.magnitude
  if twice < size || (twice == size && quotient & 1 == 0) { return quotient }
  return (numerator < 0) == (denominator < 0) ? quotient + 1 : quotient - 1
}

/// `a * b / c` rounded half to even, through 128 bits; nil when `c` is zero or the result does not fit 64 bits.
@inlinable func scaledHalfEven(_ a: Int64, _ b: Int64, over c: Int64) -> Int64? {
  if c == 0 { return nil }
  return Int64(exactly: dividedHalfEven(Int128(a) * Int128(b), by: Int128(c)))
}

/// A number below a power of two, such that its product with `factor` and with anything smaller stays below 2^`bits`; 0 when
/// there is none.
@inline(__always) func largestPlain(times factor: UInt64, bits: Int) -> UInt64 {
  let width = 64 &- factor.leadingZeroBitCount
  return UInt64(1) &<< UInt64(truncatingIfNeeded: max(0, bits &- width)) &- 1
}

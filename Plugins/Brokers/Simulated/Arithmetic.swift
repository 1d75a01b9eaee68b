/// Fixed-point helpers of the venue: everything in 1e-8 units, no trap, no allocation.
enum Fixed {
  static let unit: Int64 = 100_000_000
  static let million: Int64 = 1_000_000

  /// The value of `quantity` at `price`, half to even to 1e-8, as the ledger books it; nil when it does not fit.
  @inline(__always) static func money(_ price: Int64, _ quantity: Int64, _ multiplier: Int64) -> Int64? {
    let units = quantity / unit
    if quantity == units &* unit && multiplier == unit {
      let (product, overflow) = units.multipliedReportingOverflow(by: price)
      if !overflow { return product }
    }
    return slowMoney(price, quantity, multiplier)
  }

  @inline(never) private static func slowMoney(_ price: Int64, _ quantity: Int64, _ multiplier: Int64) -> Int64? {
    guard let one = scaled(price, quantity, over: unit) else { return nil }
    return multiplier == unit ? one : scaled(one, multiplier, over: unit)
  }

  /// `a * b / c` half to even through 128 bits; `c` above 0; nil when it does not fit.
  static func scaled(_ a: Int64, _ b: Int64, over c: Int64) -> Int64? {
    let (quotient, remainder) = (Int128(a) * Int128(b)).quotientAndRemainder(dividingBy: Int128(c))
    let twice = remainder.magnitude &* 2
    if twice < UInt128(c) || (twice == UInt128(c) && quotient & 1 == 0) { return Int64(exactly: quotient) }
    return Int64(exactly: a.signum() == b.signum() ? quotient + 1 : quotient - 1)
  }

  /// `amount * parts / 1,000,000` truncated; amount and parts not negative; saturates.
  @inline(__always) static func share(_ amount: Int64, ppm parts: Int64) -> Int64 {
    let whole = amount / million
    let rest = amount &- whole &* million
    let (head, first) = whole.multipliedReportingOverflow(by: parts)
    let (tail, second) = rest.multipliedReportingOverflow(by: parts)
    let (sum, third) = head.addingReportingOverflow(tail / million)
    return first || second || third ? .max : sum
  }

  /// The same, rounded up.
  @inline(__always) static func shareUp(_ amount: Int64, ppm parts: Int64) -> Int64 {
    let whole = amount / million
    let rest = amount &- whole &* million
    let (head, first) = whole.multipliedReportingOverflow(by: parts)
    let (tail, second) = rest.multipliedReportingOverflow(by: parts)
    let (sum, third) = head.addingReportingOverflow(tail / million &+ (tail % million == 0 ? 0 : 1))
    return first || second || third ? .max : sum
  }

  /// Sum of two numbers that are not negative, stopping at the largest.
  @inline(__always) static func add(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}

/// A fixed share of amounts, truncated: one multiplication where the share is one part in a whole number.
struct Share {
  private let parts: Int64
  /// Granlund and Montgomery (1994), section 4, for dividends below 2^63: quotient = high(n * multiplier) >> shift.
  private let multiplier: UInt64
  private let shift: UInt64

  /// - Parameter ppm: not negative.
  init(ppm: Int64) {
    parts = ppm
    let divisor = ppm > 0 && Fixed.million % ppm == 0 ? UInt64(Fixed.million / ppm) : 0
    guard divisor > 1 else {
      (multiplier, shift) = (0, 0)
      return
    }
    let bits = UInt64(64 - (divisor - 1).leadingZeroBitCount)
    multiplier = divisor.dividingFullWidth((1 << (bits - 1), divisor - 1)).quotient
    shift = bits - 1
  }

  @inline(__always) func of(_ amount: Int64) -> Int64 {
    multiplier == 0
      ? Fixed.share(amount, ppm: parts)
      : Int64(bitPattern: UInt64(bitPattern: amount).multipliedFullWidth(by: multiplier).high &>> shift)
  }
}

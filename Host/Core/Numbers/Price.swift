/// A price of one unit of an instrument in its currency, in 1e-8 units. May be negative (spreads, some futures).
@frozen public struct Price: FixedPoint {
  public var raw: Int64
  @inlinable @inline(__always) public init(raw: Int64) { self.raw = raw }

  /// The multiple of `tick` nearest to `double`, half to even on the tick count; nil when `double` is not finite, `tick`
  /// is not positive, or the result does not fit.
  ///
  /// The Double is first read as the nearest 1e-8, so that 0.125 on a tick of 0.01 is the tie that a person sees.
  @inlinable public init?(rounding double: Double, tick: Price) {
    guard tick.raw > 0, let exact = Price(rounding: double) else { return nil }
    let ticks = dividedHalfEven(Int128(exact.raw), by: Int128(tick.raw))
    guard let raw = Int64(exactly: ticks * Int128(tick.raw)) else { return nil }
    self.init(raw: raw)
  }

  /// The value of `quantity` at this price, rounded half to even to 1e-8; nil when it does not fit.
  @inlinable @inline(__always) public func times(_ quantity: Quantity) -> Money? {
    let (units, rest) = quantity.raw.quotientAndRemainder(dividingBy: fixedPointScale)
    if rest == 0 {
      let (product, overflow) = units.multipliedReportingOverflow(by: raw)
      if !overflow { return Money(raw: product) }
    }
    return timesThrough128Bits(quantity)
  }

  @usableFromInline @inline(never) func timesThrough128Bits(_ quantity: Quantity) -> Money? {
    scaledHalfEven(raw, quantity.raw, over: fixedPointScale).map(Money.init(raw:))
  }

  /// As `times`, trapping on overflow.
  @inlinable @inline(__always) public static func * (price: Price, quantity: Quantity) -> Money {
    guard let money = price.times(quantity) else { preconditionFailure("price x quantity overflows Money") }
    return money
  }
}

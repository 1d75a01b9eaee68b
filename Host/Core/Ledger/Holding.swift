/// An open quantity, what it cost and what closing has earned: average-cost accounting, exact in 1e-8 units.
///
/// `cost` is the sum for the open quantity, so that the average is a quotient read when needed and rounding never gathers
/// in it. Whatever is rounded when a part is closed stays between `cost` and `realised`: `realised - cost` is always minus
/// the sum of the notionals traded, to the last unit, for an account and for any split of it over agents alike.
public struct Holding: Equatable, Sendable, BitwiseCopyable {
  /// Signed: negative is short.
  public internal(set) var quantity = Quantity.zero
  /// Sum of price x quantity x multiplier of the open quantity, signed as it is.
  public internal(set) var cost = Money.zero
  /// Profit taken by closing, before fees and dividends.
  public internal(set) var realised = Money.zero

  /// The most that is held of anything, either way: with as much reserved by orders it still fits.
  static let largest = OrderMachine.largestQuantity.raw

  /// The holding after trading `change` for `notional` (signed as the change); nil when a number does not fit.
  @inline(__always) func trading(_ change: Int64, _ notional: Int64) -> Holding? {
    var after = self
    let held = quantity.raw
    let (quantity, tooMuch) = held.addingReportingOverflow(change)
    if tooMuch || quantity.magnitude > UInt64(Self.largest) { return nil }
    after.quantity.raw = quantity
    if held == 0 || (held ^ change) >= 0 {
      let (cost, tooDear) = cost.raw.addingReportingOverflow(notional)
      if tooDear { return nil }
      after.cost.raw = cost
      return after
    }
    var closed = (cost: cost.raw, notional: notional)
    if change.magnitude <= held.magnitude {
      closed.cost = portion(of: cost.raw, change.magnitude, held.magnitude)
      after.cost.raw = cost.raw &- closed.cost
    } else {
      closed.notional = portionThrough128Bits(of: notional, held.magnitude, change.magnitude)
      after.cost.raw = notional &- closed.notional
    }
    let (spent, tooLarge) = closed.notional.addingReportingOverflow(closed.cost)
    if tooLarge { return nil }
    let (realised, tooRich) = realised.raw.subtractingReportingOverflow(spent)
    if tooRich { return nil }
    after.realised.raw = realised
    return after
  }
}

/// `value * part / whole` rounded half to even, for `part <= whole`, `whole > 0`.
///
/// A Double estimate is taken when its remainder, which is small enough to be right modulo 2^64, proves that it is the
/// nearest integer: the exact result at a fraction of the time of a 128-bit division.
@inline(__always) func portion(of value: Int64, _ part: UInt64, _ whole: UInt64) -> Int64 {
  if part == whole { return value }
  if value.magnitude >= 1 << 51 || whole >= 1 << 58 { return portionThrough128Bits(of: value, part, whole) }
  let (a, b) = (Int64(bitPattern: part), Int64(bitPattern: whole))
  // Adding 1.5 x 2^52 leaves the rounded integer in the low bits of the sum, without a conversion.
  let shifted = Double(value) * (Double(a) / Double(b)) + 0x1.8p52
  let quotient = Int64(bitPattern: shifted.bitPattern &- (0x1.8p52).bitPattern)
  let remainder = value &* a &- quotient &* b
  return (2 &* remainder).magnitude < whole ? quotient : portionThrough128Bits(of: value, part, whole)
}

@inline(never) private func portionThrough128Bits(of value: Int64, _ part: UInt64, _ whole: UInt64) -> Int64 {
  Int64(truncatingIfNeeded: dividedHalfEven(Int128(value) * Int128(part), by: Int128(whole)))
}

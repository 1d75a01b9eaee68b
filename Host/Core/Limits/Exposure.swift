/// The gate's view of one instrument: what it and its working orders are worth at worst.
struct Exposure: BitwiseCopyable {
  /// Absolute quantity x multiplier in whole units; 0 when it has decimals.
  var units: Int64 = 0
  /// The signed one, all orders filled.
  var netUnits: Int64 = 0
  var last: Int64 = 0
  var lastTime: Int64 = 0
  /// Both quantities in 1e-8 units when they have decimals.
  var fraction: Int64 = 0
  var netFraction: Int64 = 0
  var sector: UInt32 = 0
  var flags: UInt32 = 0
  /// Prices from 1 to here move the sums without a product that is too large; 0: every price takes the general way.
  var plainPrices: UInt64 = 0

  static let tradable: UInt32 = 1
  static let shortable: UInt32 = 2
  static let restricted: UInt32 = 4
  static let fractional: UInt32 = 8
  static let counted: UInt32 = 16
  /// The sum of its sector is wanted.
  static let tracked: UInt32 = 32
  /// Its value is larger than any that counts: the sums say nothing until a price or a quantity is another.
  static let immense: UInt32 = 64

  /// A value of one name from here on, 11.5 billion, passes every limit there is: the sums of 64 bits hold seven below it.
  static let largestValue: Int64 = 1 << 60

  /// Finds the prices that may go the short way.
  @inline(__always) mutating func measure() {
    let largest = max(units.magnitude, netUnits.magnitude)
    plainPrices = flags & (Exposure.fractional | Exposure.immense) == 0 ? largestPlain(times: largest, bits: 60) : 0
  }

  /// Whether the worth at a price is below `largestValue`, on both counts.
  func fits(at price: Int64) -> Bool {
    func isSmall(_ units: Int64, _ fraction: Int64) -> Bool {
      let whole = Int128(units) * Int128(price)
      let rest = Int128(fraction) * Int128(price) / Int128(fixedPointScale)
      return (whole + rest).magnitude < UInt128(Exposure.largestValue)
    }
    return isSmall(units, fraction) && isSmall(netUnits, netFraction)
  }
}

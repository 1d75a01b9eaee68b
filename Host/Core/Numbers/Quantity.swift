/// A signed amount of an instrument (shares, contracts, coins) in 1e-8 units: positive long or buy, negative short or sell.
@frozen public struct Quantity: FixedPoint {
  public var raw: Int64
  @inlinable @inline(__always) public init(raw: Int64) { self.raw = raw }
}

/// An amount of one currency in 1e-8 units: about 92 billion either way.
@frozen public struct Money: FixedPoint {
  public var raw: Int64
  @inlinable @inline(__always) public init(raw: Int64) { self.raw = raw }
}

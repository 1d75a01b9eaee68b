/// A moment: nanoseconds since 1970-01-01 00:00:00 UTC.
@frozen public struct UnixNanoseconds: Comparable, Hashable, Sendable, BitwiseCopyable {
  public var raw: Int64
  @inlinable @inline(__always) public init(_ raw: Int64) { self.raw = raw }
  @inlinable @inline(__always) public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
  /// The moment `nanoseconds` later (earlier when negative).
  @inlinable public func advanced(by nanoseconds: Int64) -> Self { Self(raw + nanoseconds) }
}

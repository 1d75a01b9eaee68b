/// Cuts the stream of a socket into frames: a length of four bytes, the highest first, and that many bytes. Reads may end
/// anywhere and hold any number of frames.
public struct FrameSplitter: Sendable {
  /// A longer frame is no message of this protocol.
  public static let longest = 0xFF_FFFF

  private var held: [UInt8] = []
  private var start = 0
  public init() {}

  /// Bytes that were fed and are not yet a whole frame.
  public var pending: Int { held.count - start }

  public mutating func feed(_ bytes: some Sequence<UInt8>) {
    if start > 0, start == held.count || start >= 1 << 16 {
      held.removeFirst(start)
      start = 0
    }
    held.append(contentsOf: bytes)
  }

  /// The payload of the next whole frame; nil: more bytes are needed.
  ///
  /// - Throws: ``WireError/frameTooLong(_:)``. Nothing after that can be trusted, the connection has to end.
  public mutating func next() throws(WireError) -> ArraySlice<UInt8>? {
    guard pending >= 4 else { return nil }
    let length = held[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.longest else { throw .frameTooLong(length) }
    guard pending >= 4 + length else { return nil }
    let payload = held[start + 4..<start + 4 + length]
    start += 4 + length
    return payload
  }

  /// A payload with its length before it.
  public static func frame(_ payload: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
  }
}

/// What is wrong with bytes of the wire, or with values that cannot be put on it.
public enum WireError: Error, Sendable, Equatable {
  case frameTooLong(Int)
  /// The message ended before the named field.
  case missing(field: String)
  /// The field's text is no value of its kind.
  case malformed(field: String, text: String)
  /// A count that the message cannot hold.
  case impossibleCount(field: String, Int)
  /// A character outside of printable ASCII, which the gateway refuses.
  case unprintable(field: String)
  /// The server's version has no such request or attribute.
  case needsVersion(Int, for: String)
}

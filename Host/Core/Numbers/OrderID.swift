/// Our own identity of an order: the session that made it and its number in that session. It travels in the broker's
/// client field; broker ids are aliases of a connection.
@frozen public struct OrderID: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
  public var session: UInt64
  public var sequence: UInt64

  @inlinable @inline(__always) public init(session: UInt64, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }

  @inlinable public static func < (a: Self, b: Self) -> Bool {
    a.session != b.session ? a.session < b.session : a.sequence < b.sequence
  }

  /// 32 lower-case hexadecimal digits, session first, so that the text sorts by sequence inside a session.
  public var description: String { Self.hexadecimal(session) + Self.hexadecimal(sequence) }

  /// The text form read back; nil when it is not exactly 32 hexadecimal digits.
  public init?(_ text: some StringProtocol) {
    var words: (UInt64, UInt64) = (0, 0)
    var count = 0
    for byte in text.utf8 {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      if count < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
      count += 1
      if count > 32 { return nil }
    }
    guard count == 32 else { return nil }
    self.init(session: words.0, sequence: words.1)
  }

  private static func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// A broker's identity of one execution, hashed or packed by the adapter into 128 bits. Unique for ever at one broker.
@frozen public struct ExecutionID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var high: UInt64
  public var low: UInt64

  @inlinable @inline(__always) public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  @inlinable @inline(__always) public static func < (a: Self, b: Self) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }
}

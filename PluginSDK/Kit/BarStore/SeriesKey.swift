/// Names one series of bars: where it came from, of what, and how long its bars are.
public struct SeriesKey: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var source: String
  public var symbol: String
  /// Length of a bar in nanoseconds; a day is 86,400 s.
  public var interval: Int64

  public init(source: String, symbol: String, interval: Int64) {
    self.source = source
    self.symbol = symbol
    self.interval = interval
  }

  public static func < (left: SeriesKey, right: SeriesKey) -> Bool {
    if left.source != right.source { return left.source.utf8.lexicographicallyPrecedes(right.source.utf8) }
    if left.symbol != right.symbol { return left.symbol.utf8.lexicographicallyPrecedes(right.symbol.utf8) }
    return left.interval < right.interval
  }

  public var description: String { "\(source) \(symbol) \(timeframe)" }

  /// The interval in its largest whole unit: "1d", "5m", "250ms".
  public var timeframe: String {
    let units: [(String, Int64)] = [
      ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
      ("ms", 1_000_000), ("us", 1_000),
    ]
    for (name, length) in units where interval % length == 0 { return "\(interval / length)\(name)" }
    return "\(interval)ns"
  }

  /// The directory of its segments below the store's.
  var directory: String { "bars/\(PathName.escape(source))/\(timeframe)/\(PathName.escape(symbol))" }
}

/// Turns any name into one that every file system takes, and back.
enum PathName {
  /// Letters, digits, "-" and "_" stand for themselves, "." too but in front; every other byte of the UTF-8 becomes
  /// "%" and two hexadecimal digits. An empty name becomes "%".
  static func escape(_ name: String) -> String {
    if name.isEmpty { return "%" }
    var escaped = ""
    for (index, byte) in name.utf8.enumerated() {
      let scalar = Unicode.Scalar(byte)
      if isPlain(byte) || (byte == UInt8(ascii: ".") && index > 0) {
        escaped.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        escaped += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return escaped
  }

  /// The name that `escape` gave this text for; nil when it gives none this text.
  static func unescape(_ text: String) -> String? {
    if text == "%" { return "" }
    var bytes: [UInt8] = []
    var rest = Substring(text)
    while let character = rest.utf8.first {
      guard character == UInt8(ascii: "%") else {
        bytes.append(character)
        rest = rest.dropFirst()
        continue
      }
      guard let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(3)
    }
    let name = String(decoding: bytes, as: UTF8.self)
    return escape(name) == text ? name : nil
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// The backslash escapes by which the server writes what is not ASCII.
enum Escapes {
  static let backslash = UInt8(ascii: "\\")

  /// Every escape resolved once; what is no escape stays as it is. Halves of a character that do not belong together are
  /// replaced.
  static func resolve(_ raw: ArraySlice<UInt8>) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(raw.count)
    var rest = raw
    while let byte = rest.first {
      guard byte == backslash, rest.count >= 2 else {
        out.append(byte)
        rest = rest.dropFirst()
        continue
      }
      let kind = rest[rest.startIndex + 1]
      if let plain = single(kind) {
        out.append(plain)
        rest = rest.dropFirst(2)
      } else if kind == UInt8(ascii: "u"), let unit = unit(rest) {
        rest = rest.dropFirst(6)
        append(unit, &rest, to: &out)
      } else {
        out.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func single(_ kind: UInt8) -> UInt8? {
    switch kind {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): kind
    default: nil
    }
  }

  /// The number of `\uXXXX` at the start of the bytes.
  private static func unit(_ raw: ArraySlice<UInt8>) -> UInt32? {
    guard raw.count >= 6, raw[raw.startIndex] == backslash, raw[raw.startIndex + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var value: UInt32 = 0
    for byte in raw[raw.startIndex + 2..<raw.startIndex + 6] {
      guard let digit = hexDigit(byte) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }

  /// The character of a unit, together with the second half that may follow in `rest`.
  private static func append(_ first: UInt32, _ rest: inout ArraySlice<UInt8>, to out: inout [UInt8]) {
    var value = first
    if (0xD800..<0xDC00).contains(first), let second = unit(rest), (0xDC00..<0xE000).contains(second) {
      value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
      rest = rest.dropFirst(6)
    }
    out.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
  }

  /// The text with everything that is not printable ASCII, and the backslash itself, as escapes.
  static func escape(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != backslash }) { return text }
    var out = ""
    for unit in text.utf16 {
      switch unit {
      case 0x0A: out += "\\n"
      case 0x0D: out += "\\r"
      case 0x09: out += "\\t"
      case 0x5C: out += "\\\\"
      case 0x20..<0x7F: out.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return out
  }
}

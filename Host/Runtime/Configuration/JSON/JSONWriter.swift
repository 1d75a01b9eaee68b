extension JSONValue {
  /// The canonical text: one for every value, whatever order or spelling it was written in. Keys in the order of their
  /// UTF-16 code units, numbers shortest, no spaces (RFC 8785).
  public var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }

  /// ``canonicalText`` as UTF-8.
  public var canonicalBytes: [UInt8] {
    var writer = JSONWriter(isCanonical: true)
    writer.write(self)
    return writer.bytes
  }

  /// The value as written: members in their order, numbers in their text, no spaces.
  public var text: String {
    var writer = JSONWriter(isCanonical: false)
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

private struct JSONWriter {
  let isCanonical: Bool
  var bytes: [UInt8] = []

  init(isCanonical: Bool) { self.isCanonical = isCanonical }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let number): bytes.append(contentsOf: (isCanonical ? number.canonicalText : number.text).utf8)
    case .string(let text): write(text)
    case .array(let items):
      bytes.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(item)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      var order = Array(object.keys.indices)
      if isCanonical {
        order.sort { object.keys[$0].utf16.lexicographicallyPrecedes(object.keys[$1].utf16) }
      }
      bytes.append(UInt8(ascii: "{"))
      for (count, index) in order.enumerated() {
        if count > 0 { bytes.append(UInt8(ascii: ",")) }
        write(object.keys[index])
        bytes.append(UInt8(ascii: ":"))
        write(object.values[index])
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case 0x08: bytes.append(contentsOf: "\\b".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0C: bytes.append(contentsOf: "\\f".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

internal import AlphaLoopYAML

/// Why bytes are not the JSON this reader accepts.
public struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1, in Unicode scalars.
  public var line: Int
  public var column: Int
  public var message: String

  public var description: String { "\(line):\(column): \(message)" }
}

extension JSONValue {
  /// Parses strict JSON: RFC 8259 with no extension, no byte order mark, each key once, no lone surrogates.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - depthLimit: levels of arrays and objects.
  /// - Throws: the first fault with its line and column.
  public static func parse(_ bytes: [UInt8], depthLimit: Int = 128) throws(JSONSyntaxError) -> JSONValue {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      let place = SourceLocation.of(offset: error.byteOffsets.lowerBound, in: bytes, file: "")
      throw JSONSyntaxError(line: place.line, column: place.column, message: "not UTF-8: \(error.kind)")
    }
    var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
    do {
      return try parser.document()
    } catch {
      let place = SourceLocation.of(offset: error.offset, in: bytes, file: "")
      throw JSONSyntaxError(line: place.line, column: place.column, message: error.message)
    }
  }

  public static func parse(_ text: String, depthLimit: Int = 128) throws(JSONSyntaxError) -> JSONValue {
    try parse(Array(text.utf8), depthLimit: depthLimit)
  }
}

private struct JSONParser {
  struct Fault: Error {
    var offset: Int
    var message: String
  }

  let bytes: [UInt8]
  let depthLimit: Int
  var position = 0

  init(bytes: [UInt8], depthLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
  }

  mutating func document() throws(Fault) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault("more text after the value; JSON is one value") }
    return value
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func fault(_ message: String, at offset: Int? = nil) -> Fault {
    Fault(offset: offset ?? position, message: message)
  }

  /// The character here in words, for messages.
  private var found: String {
    guard let byte = current else { return "the end of the text" }
    if byte < 0x20 || byte == 0x7F { return "the control character 0x" + String(byte, radix: 16) }
    let character = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self).unicodeScalars
      .first
    return character.map { "'\($0)'" } ?? "the end of the text"
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private mutating func value(depth: Int) throws(Fault) -> JSONValue {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
    default: throw fault("expected a value, found \(found)")
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(Fault) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else {
      throw fault("expected true, false or null")
    }
    position += text.utf8.count
    return value
  }

  private mutating func number() throws(Fault) -> JSONValue {
    let start = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        position += 1
        continue
      default: break
      }
      break
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = JSONNumber(text) else {
      throw fault("'\(text.prefix(40))' is not a JSON number, or its exponent is beyond 9999", at: start)
    }
    return .number(number)
  }

  private mutating func array(depth: Int) throws(Fault) -> JSONValue {
    guard depth <= depthLimit else { throw fault("nested more than \(depthLimit) levels deep") }
    position += 1
    var items: [JSONValue] = []
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array(items)
    }
    while true {
      items.append(try value(depth: depth))
      skipSpace()
      if current == UInt8(ascii: "]") { break }
      guard current == UInt8(ascii: ",") else { throw fault("expected ',' or ']', found \(found)") }
      position += 1
    }
    position += 1
    return .array(items)
  }

  private mutating func object(depth: Int) throws(Fault) -> JSONValue {
    guard depth <= depthLimit else { throw fault("nested more than \(depthLimit) levels deep") }
    position += 1
    var object = JSONObject()
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object(object)
    }
    while true {
      skipSpace()
      let keyStart = position
      guard current == UInt8(ascii: "\"") else { throw fault("expected a key in quotes, found \(found)") }
      let key = try string()
      guard object[key] == nil else { throw fault("the key \"\(key)\" is written twice", at: keyStart) }
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw fault("expected ':', found \(found)") }
      position += 1
      object[key] = try value(depth: depth)
      skipSpace()
      if current == UInt8(ascii: "}") { break }
      guard current == UInt8(ascii: ",") else { throw fault("expected ',' or '}', found \(found)") }
      position += 1
    }
    position += 1
    return .object(object)
  }

  private mutating func string() throws(Fault) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw fault("\(found) inside a string; write it as an escape")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw fault("a string without its closing quote")
  }

  private mutating func escape() throws(Fault) -> Character {
    let start = position
    position += 1
    guard let byte = current else { throw fault("a string without its closing quote") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return Character(try unicodeEscape(start: start))
    default: throw fault("an unknown escape; the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX", at: start)
    }
  }

  private mutating func unicodeEscape(start: Int) throws(Fault) -> Unicode.Scalar {
    let first = try hexadecimal(start: start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800..<0xDC00).contains(first), bytes[position...].starts(with: "\\u".utf8) else {
      throw fault("half a surrogate pair", at: start)
    }
    position += 2
    let second = try hexadecimal(start: start)
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw fault("half a surrogate pair", at: start) }
    return scalar
  }

  private mutating func hexadecimal(start: Int) throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = current.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw fault("\\u needs four hexadecimal digits", at: start)
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}

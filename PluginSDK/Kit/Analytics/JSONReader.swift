/// Reads JSON (RFC 8259) strictly and keeps the place of every value, so that a reader of a document can say where it is wrong.
///
/// Stricter than the RFC where leniency hides mistakes: a repeated key, a lone surrogate and nesting past `maximumDepth` are
/// errors. Integers that fit are kept exact as `Int64`, which a reader through `Double` would lose above 2^53.
public struct JSONReader {
  /// Deep enough for any document a person designs, shallow enough that hostile input cannot exhaust the stack.
  public static let maximumDepth = 64

  private let bytes: [UInt8]
  private let file: String
  private var position = 0

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// Parses one JSON text.
  ///
  /// - Parameters:
  ///   - bytes: the whole text, UTF-8, without a byte order mark.
  ///   - file: the name to put into errors.
  /// - Returns: a cursor at the root value.
  /// - Throws: `JSONError` naming file, line and column of the first fault.
  public static func parse(_ bytes: [UInt8], file: String) throws(JSONError) -> JSONCursor {
    var reader = JSONReader(bytes: bytes, file: file)
    reader.skipBlanks()
    let root = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == bytes.count else { throw reader.error("text after the end of the document; remove it") }
    return JSONCursor(node: root, path: "", bytes: bytes, file: file)
  }

  private func error(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(file: file, bytes: bytes, offset: offset ?? position, path: "", problem: problem)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONNode {
    guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    let start = position
    switch current {
    case UInt8(ascii: "{"): return JSONNode(value: .object(try members(depth: depth)), offset: start)
    case UInt8(ascii: "["): return JSONNode(value: .array(try elements(depth: depth)), offset: start)
    case UInt8(ascii: "\""): return JSONNode(value: .string(try string()), offset: start)
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return try number()
    case nil: throw error("the document ends where a value should stand; it may be truncated")
    default: throw error("a value should stand here (object, array, string, number, true, false or null)")
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONNode {
    let start = position
    let matches = text.withUTF8Buffer { expected in
      position + expected.count <= bytes.count && bytes[position..<position + expected.count].elementsEqual(expected)
    }
    guard matches else { throw error("expected \(text)") }
    position += text.utf8CodeUnitCount
    return JSONNode(value: value, offset: start)
  }

  private mutating func members(depth: Int) throws(JSONError) -> [JSONMember] {
    position += 1
    var result: [JSONMember] = []
    var seen: Set<String> = []
    skipBlanks()
    if current == UInt8(ascii: "}") {
      position += 1
      return result
    }
    while true {
      skipBlanks()
      let start = position
      guard current == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
      let key = try string()
      guard seen.insert(key).inserted else { throw error("the key \"\(key)\" stands twice in one object", at: start) }
      skipBlanks()
      guard current == UInt8(ascii: ":") else { throw error("expected ':' after the key \"\(key)\"") }
      position += 1
      skipBlanks()
      result.append(JSONMember(key: key, offset: start, node: try value(depth: depth + 1)))
      skipBlanks()
      if try closes(UInt8(ascii: "}")) { return result }
    }
  }

  private mutating func elements(depth: Int) throws(JSONError) -> [JSONNode] {
    position += 1
    var result: [JSONNode] = []
    skipBlanks()
    if current == UInt8(ascii: "]") {
      position += 1
      return result
    }
    while true {
      skipBlanks()
      result.append(try value(depth: depth + 1))
      skipBlanks()
      if try closes(UInt8(ascii: "]")) { return result }
    }
  }

  private mutating func closes(_ end: UInt8) throws(JSONError) -> Bool {
    switch current {
    case end:
      position += 1
      return true
    case UInt8(ascii: ","):
      position += 1
      return false
    case nil: throw error("the document ends inside an object or array; it may be truncated")
    default: throw error("expected ',' or '\(Character(UnicodeScalar(end)))'")
    }
  }
}

extension JSONReader {
  private mutating func number() throws(JSONError) -> JSONNode {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0 else { throw error("expected a digit") }
    let first = bytes[position - whole]
    guard whole == 1 || first != UInt8(ascii: "0") else { throw error("a number may not begin with 0", at: start) }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digits() > 0 else { throw error("expected a digit after the decimal point") }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw error("expected a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return JSONNode(value: .integer(integer), offset: start) }
    guard let double = Double(text), double.isFinite else { throw error("the number is too large", at: start) }
    return JSONNode(value: .number(double), offset: start)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var buffer: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: buffer, as: UTF8.self) else {
          throw error("the string is not valid UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"):
        try escape(into: &buffer)
      case 0..<0x20:
        throw error("a control character inside a string; write it as \\u00XX")
      default:
        buffer.append(byte)
        position += 1
      }
    }
    throw error("the string is not closed", at: start)
  }

  private mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
    let start = position
    position += 1
    guard let letter = current else { throw error("the string is not closed", at: start) }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(letter)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourHexDigits()
      if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\") {
        position += 1
        guard current == UInt8(ascii: "u") else { throw error("a lone surrogate", at: start) }
        position += 1
        let low = try fourHexDigits()
        guard (0xDC00..<0xE000).contains(low) else { throw error("a lone surrogate", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(code) else { throw error("a lone surrogate", at: start) }
      buffer.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw error("unknown escape", at: start)
    }
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
        throw error("expected four hexadecimal digits after \\u")
      }
      code = code << 4 + UInt32(digit)
      position += 1
    }
    return code
  }
}

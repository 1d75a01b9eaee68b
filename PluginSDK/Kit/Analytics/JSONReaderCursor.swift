/// A JSON value with the byte offset it starts at.
public struct JSONNode: Sendable {
  public let value: JSONValue
  public let offset: Int
}

/// A member of a JSON object; members keep the order of the document.
public struct JSONMember: Sendable {
  public let key: String
  public let offset: Int
  public let node: JSONNode
}

public enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONNode])
  case object([JSONMember])

  /// The kind as a reader of an error would call it.
  public var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A fault in a JSON document: where, in which field, what is wrong.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  public let file: String
  /// 1-based; the column counts bytes.
  public let line: Int
  public let column: Int
  /// The field, such as `equity[12]`; empty when the text itself is broken.
  public let path: String
  public let problem: String

  init(file: String, bytes: [UInt8], offset: Int, path: String, problem: String) {
    self.file = file
    let before = bytes.prefix(offset)
    line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    column = offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    self.path = path
    self.problem = problem
  }

  public var description: String {
    "\(file):\(line):\(column): \(path.isEmpty ? "" : path + ": ")\(problem)"
  }
}

/// A place in a parsed document: typed reads that fail with the field's path and position.
///
///     let root = try JSONReader.parse(bytes, file: "run.json")
///     try root.allow(["title", "seed"])
///     let title = try root.member("title").string()
public struct JSONCursor: Sendable {
  public let node: JSONNode
  public let path: String
  let bytes: [UInt8]
  let file: String

  /// An error at this place.
  public func error(_ problem: String) -> JSONError {
    JSONError(file: file, bytes: bytes, offset: node.offset, path: path, problem: problem)
  }

  private func at(_ node: JSONNode, _ step: String) -> JSONCursor {
    JSONCursor(
      node: node, path: step.hasPrefix("[") || path.isEmpty ? path + step : path + "." + step, bytes: bytes, file: file)
  }

  private func mismatch(_ expected: String) -> JSONError { error("expected \(expected), found \(node.value.kind)") }

  private func fields() throws(JSONError) -> [JSONMember] {
    guard case .object(let members) = node.value else { throw mismatch("an object") }
    return members
  }

  /// Refuses keys other than these, so that a misspelt optional field is not silently ignored.
  public func allow(_ keys: [String]) throws(JSONError) {
    for member in try fields() where !keys.contains(member.key) {
      throw JSONError(
        file: file, bytes: bytes, offset: member.offset, path: path,
        problem: "unknown key \"\(member.key)\"; known keys: \(keys.joined(separator: ", "))")
    }
  }

  /// The members in document order.
  public func members() throws(JSONError) -> [(key: String, value: JSONCursor)] {
    try fields().map { ($0.key, at($0.node, $0.key)) }
  }

  /// The member of that name; throws when it is missing.
  public func member(_ key: String) throws(JSONError) -> JSONCursor {
    guard let cursor = try optional(key, nullIsAbsent: false) else { throw error("the key \"\(key)\" is missing") }
    return cursor
  }

  /// The member of that name, or nil when it is missing or null.
  public func optional(_ key: String) throws(JSONError) -> JSONCursor? { try optional(key, nullIsAbsent: true) }

  private func optional(_ key: String, nullIsAbsent: Bool) throws(JSONError) -> JSONCursor? {
    for member in try fields() where member.key == key {
      if nullIsAbsent, case .null = member.node.value { return nil }
      return at(member.node, key)
    }
    return nil
  }

  /// The elements of an array.
  public func elements() throws(JSONError) -> [JSONCursor] {
    guard case .array(let nodes) = node.value else { throw mismatch("an array") }
    return nodes.enumerated().map { at($1, "[\($0)]") }
  }

  public func string() throws(JSONError) -> String {
    guard case .string(let text) = node.value else { throw mismatch("a string") }
    return text
  }

  public func boolean() throws(JSONError) -> Bool {
    guard case .boolean(let flag) = node.value else { throw mismatch("true or false") }
    return flag
  }

  public func integer() throws(JSONError) -> Int64 {
    guard case .integer(let integer) = node.value else { throw mismatch("an integer") }
    return integer
  }

  /// A count: an integer of at least 0 that fits `Int`.
  public func count() throws(JSONError) -> Int {
    let integer = try integer()
    guard integer >= 0 else { throw error("expected a count of at least 0, found \(integer)") }
    return Int(integer)
  }

  /// A finite number.
  public func double() throws(JSONError) -> Double {
    switch node.value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: throw mismatch("a number")
    }
  }
}

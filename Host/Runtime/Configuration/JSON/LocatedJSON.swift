public import AlphaLoopYAML

/// A JSON value read from YAML, with the place each part was written at.
public struct LocatedJSON: Sendable {
  public var value: JSONValue
  /// Where the whole value is written, or would be if it is missing.
  public var location: SourceLocation
  /// By JSON pointer (RFC 6901): where the member's key, or the list item, is written.
  public private(set) var keyLocations: [String: SourceLocation] = [:]
  /// By JSON pointer: where the value is written.
  public private(set) var valueLocations: [String: SourceLocation] = [:]

  /// A value that was not written: an empty object at `location`.
  public static func empty(at location: SourceLocation) -> LocatedJSON {
    LocatedJSON(value: .object(JSONObject()), location: location)
  }

  private init(value: JSONValue, location: SourceLocation) {
    self.value = value
    self.location = location
  }

  /// Converts a YAML node, reporting what JSON cannot say.
  public init(_ node: YAMLNode, issues: IssueCollector) {
    self.init(value: .null, location: node.location)
    value = convert(node, pointer: "", issues: issues)
  }

  /// The place of a part, or of the nearest part around it that was written (a default has no place of its own).
  ///
  /// - Parameter key: whether to prefer the key's place to the value's.
  public func location(of pointer: String, key: Bool = false) -> SourceLocation {
    var rest = pointer[...]
    while true {
      let part = String(rest)
      if key, let place = keyLocations[part] { return place }
      if let place = valueLocations[part] { return place }
      guard let slash = rest.lastIndex(of: "/") else { return location }
      rest = rest[..<slash]
    }
  }

  private mutating func convert(_ node: YAMLNode, pointer: String, issues: IssueCollector) -> JSONValue {
    valueLocations[pointer] = node.location
    switch node.content {
    case .scalar(let scalar): return convert(scalar, at: node.location, issues: issues)
    case .sequence(let items):
      var values: [JSONValue] = []
      for (index, item) in items.enumerated() {
        let inner = "\(pointer)/\(index)"
        keyLocations[inner] = item.location
        values.append(convert(item, pointer: inner, issues: issues))
      }
      return .array(values)
    case .mapping(let entries):
      var object = JSONObject()
      for entry in entries {
        let inner = pointer + "/" + JSONPointer.escaped(entry.key)
        keyLocations[inner] = entry.keyLocation
        object[entry.key] = convert(entry.value, pointer: inner, issues: issues)
      }
      return .object(object)
    }
  }

  private func convert(_ scalar: YAMLScalar, at location: SourceLocation, issues: IssueCollector) -> JSONValue {
    switch scalar.meaning {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .text(let text): return .string(text)
    case .number(let text):
      if let number = JSONNumber(text) { return .number(number) }
      issues.report(location, "the exponent of \(scalar.shortened) is beyond 9999; write a smaller one")
    case .refused(let reason): issues.report(location, "'\(scalar.shortened)': \(reason)")
    }
    return .null
  }
}

/// Text forms of JSON pointers (RFC 6901).
public enum JSONPointer {
  /// A key as one part of a pointer: `~` becomes `~0` and `/` becomes `~1`.
  public static func escaped(_ key: String) -> String {
    var text = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  public static func unescaped(_ part: some StringProtocol) -> String {
    var text = ""
    var afterTilde = false
    for scalar in part.unicodeScalars {
      if afterTilde {
        text += scalar == "0" ? "~" : scalar == "1" ? "/" : "~" + String(scalar)
        afterTilde = false
      } else if scalar == "~" {
        afterTilde = true
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text + (afterTilde ? "~" : "")
  }
}

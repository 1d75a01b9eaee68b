/// A node of a YAML document with the place it was written at. The tree holds what the text says, unresolved beyond
/// the core schema of YAML 1.2, section 10.3; aliases are replaced by the nodes they name.
public struct YAMLNode: Sendable {
  public var location: SourceLocation
  public var content: Content

  public enum Content: Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    /// In the order written; keys are text and unique.
    case mapping([Entry])
  }

  public struct Entry: Sendable {
    public var key: String
    public var keyLocation: SourceLocation
    public var value: YAMLNode
  }

  public init(location: SourceLocation, content: Content) {
    self.location = location
    self.content = content
  }

  /// What the node is, for messages: `a list`, `a mapping`, `text 'x'`, `the number 5`, ...
  public var summary: String {
    switch content {
    case .scalar(let scalar): scalar.summary
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// A scalar as written.
public struct YAMLScalar: Hashable, Sendable {
  public var text: String
  /// Quoted, a block scalar, or tagged `!!str`: always text, whatever it looks like.
  public var isText: Bool

  public init(text: String, isText: Bool) {
    self.text = text
    self.isText = isText
  }

  /// What a scalar means under the core schema.
  public enum Meaning: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The number in JSON's grammar (no plus sign, no bare point, hexadecimal and octal turned into decimal).
    case number(String)
    /// Something that looks like a number but that this reader refuses, with the reason.
    case refused(String)
    case text(String)
  }

  public var meaning: Meaning {
    if isText { return .text(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: return YAMLNumber.meaning(of: text) ?? .text(text)
    }
  }

  var summary: String {
    switch meaning {
    case .null: text.isEmpty ? "nothing" : "null"
    case .bool(let value): "the boolean \(value)"
    case .number: "the number \(text)"
    case .refused: "'\(shortened)'"
    case .text: text.isEmpty ? "empty text" : "the text '\(shortened)'"
    }
  }

  /// Long or multi-line text cut for a message.
  public var shortened: String {
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    return line.count > 40 || line.count < text.count ? "\(line.prefix(40))..." : line
  }
}

/// The number forms of the core schema (YAML 1.2.2, section 10.3.2).
enum YAMLNumber {
  static func meaning(of text: String) -> YAMLScalar.Meaning? {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, bytes.count <= 400 else { return nil }
    if let special = special(text) { return special }
    if bytes.count > 2, first == UInt8(ascii: "0"), bytes[1] == UInt8(ascii: "x") || bytes[1] == UInt8(ascii: "o") {
      return radix(text)
    }
    return decimal(bytes)
  }

  private static func special(_ text: String) -> YAMLScalar.Meaning? {
    let unsigned = text.first == "+" || text.first == "-" ? String(text.dropFirst()) : text
    switch unsigned {
    case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN":
      return .refused("infinity and not-a-number are not values here; write a finite number")
    default: return nil
    }
  }

  private static func radix(_ text: String) -> YAMLScalar.Meaning? {
    let base = text.utf8.dropFirst().first == UInt8(ascii: "x") ? 16 : 8
    let digits = text.dropFirst(2)
    guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
    if let value = UInt64(digits, radix: base) { return .number(String(value)) }
    let isNumber = digits.allSatisfy { $0.isASCII && ($0.hexDigitValue ?? 16) < base }
    return isNumber ? .refused("the number does not fit 64 bits; write a smaller one") : nil
  }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
  private static func decimal(_ bytes: [UInt8]) -> YAMLScalar.Meaning? {
    var rest = bytes[...]
    func digits() -> [UInt8] {
      let found = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      rest = rest.dropFirst(found.count)
      return Array(found)
    }
    var sign = ""
    if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      sign = first == UInt8(ascii: "-") ? "-" : ""
      rest = rest.dropFirst()
    }
    let whole = digits()
    var fraction: [UInt8] = []
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = digits()
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    var exponent = ""
    if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      exponent = "e"
      if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
        exponent += first == UInt8(ascii: "-") ? "-" : ""
        rest = rest.dropFirst()
      }
      let power = digits()
      guard !power.isEmpty else { return nil }
      exponent += String(decoding: power, as: UTF8.self)
    }
    guard rest.isEmpty else { return nil }
    // YAML 1.1 reads a leading zero as octal and YAML 1.2 as decimal: whoever wrote it may mean either.
    if whole.count > 1, whole[0] == UInt8(ascii: "0") {
      return .refused("a number does not start with 0; drop the zero, or quote it to mean text")
    }
    let integer = whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self)
    let tail = fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self)
    return .number(sign + integer + tail + exponent)
  }
}

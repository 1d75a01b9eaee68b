/// How one value is read: what is expected, and how a node becomes it. Rules compose: `.list(of: .text)`.
///
/// A rule that fails has reported exactly why; the caller goes on reading, so that all errors come out together.
public struct YAMLRule<Value> {
  let read: (YAMLNode, IssueCollector) -> Value?

  public init(_ read: @escaping (YAMLNode, IssueCollector) -> Value?) { self.read = read }

  public func callAsFunction(_ node: YAMLNode, _ issues: IssueCollector) -> Value? { read(node, issues) }

  /// The same rule with a further step that may refuse, by returning the rest of the message "'x' ...".
  public func mapping<Other>(
    _ transform: @escaping (Value) -> YAMLRuleOutcome<Other>
  ) -> YAMLRule<Other> {
    YAMLRule<Other> { node, issues in
      guard let value = read(node, issues) else { return nil }
      switch transform(value) {
      case .value(let other): return other
      case .refused(let message):
        issues.report(node.location, message)
        return nil
      }
    }
  }
}

public enum YAMLRuleOutcome<Value> {
  case value(Value)
  case refused(String)
}

func expected(_ what: String, _ node: YAMLNode, _ issues: IssueCollector) {
  issues.report(node.location, "expected \(what), found \(node.summary)")
}

/// The text of a scalar whatever it looks like; nil, with a report, for anything else.
func scalarText(_ what: String, _ node: YAMLNode, _ issues: IssueCollector) -> String? {
  guard case .scalar(let scalar) = node.content, scalar.meaning != .null, !scalar.text.isEmpty else {
    expected(what, node, issues)
    return nil
  }
  return scalar.text
}

extension YAMLRule where Value == String {
  /// Text. A plain scalar that YAML reads as a number, boolean or null must be quoted: `"TRUE"` is a ticker, `TRUE` is not.
  public static var text: YAMLRule<String> {
    YAMLRule { node, issues in
      guard case .scalar(let scalar) = node.content else {
        expected("text", node, issues)
        return nil
      }
      switch scalar.meaning {
      case .text(let text) where !text.isEmpty: return text
      case .text, .null: expected("text", node, issues)
      default:
        issues.report(node.location, "expected text, found \(node.summary); to mean text, write \"\(scalar.text)\"")
      }
      return nil
    }
  }

  /// An identifier: letters, digits and `. _ - /`, starting with a letter or digit, up to 64 characters.
  public static var identifier: YAMLRule<String> {
    YAMLRule.text.mapping { text in
      let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "/"):
          true
        default: false
        }
      }
      guard isPlain, let first = text.first, first.isLetter || first.isNumber, text.utf8.count <= 64 else {
        return .refused("'\(text.prefix(80))' is not an identifier; use up to 64 letters, digits, '.', '_', '-', '/'")
      }
      return .value(text)
    }
  }
}

extension YAMLRule where Value == Bool {
  public static var bool: YAMLRule<Bool> {
    YAMLRule { node, issues in
      if case .scalar(let scalar) = node.content, case .bool(let value) = scalar.meaning { return value }
      expected("true or false", node, issues)
      return nil
    }
  }
}

extension YAMLRule where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases, by raw value.
  public static var choice: YAMLRule<Value> {
    YAMLRule { node, issues in
      let words = Value.allCases.map(\.rawValue)
      guard let text = scalarText("one of \(words.joined(separator: ", "))", node, issues) else { return nil }
      if let value = Value(rawValue: text) { return value }
      let advice = NearestWord.advice(for: text, in: words, noun: "the choices are")
      issues.report(node.location, "'\(text.prefix(60))' is not one of the choices; \(advice)")
      return nil
    }
  }
}

extension YAMLRule {
  /// A list; items that fail are reported and left out.
  public static func list<Item>(of rule: YAMLRule<Item>) -> YAMLRule<[Item]> where Value == [Item] {
    YAMLRule<[Item]> { node, issues in
      guard case .sequence(let items) = node.content else {
        expected("a list", node, issues)
        return nil
      }
      return items.compactMap { rule($0, issues) }
    }
  }

  /// The value with the place it was read from.
  public var located: YAMLRule<Located<Value>> {
    YAMLRule<Located<Value>> { node, issues in
      self(node, issues).map { Located(value: $0, location: node.location) }
    }
  }

  /// The word `none`, which gives nil, or what `rule` reads.
  public static func orNone<Some>(_ rule: YAMLRule<Some>) -> YAMLRule<Some?> where Value == Some? {
    YAMLRule<Some?> { node, issues in
      if case .scalar(let scalar) = node.content, scalar.text == "none" { return .some(nil) }
      return rule(node, issues).map { .some($0) }
    }
  }

  /// A nested mapping read by a function.
  public static func mapping<Keys: RawRepresentable<String> & CaseIterable>(
    _ what: String, _ keys: Keys.Type, _ read: @escaping (MappingReader<Keys>) -> Value?
  ) -> YAMLRule<Value> {
    YAMLRule { node, issues in
      MappingReader<Keys>(node, what: what, issues: issues).flatMap(read)
    }
  }
}

extension YAMLRule where Value == YAMLNode {
  /// The node as it is, for later checks.
  public static var node: YAMLRule<YAMLNode> { YAMLRule { node, _ in node } }
}

/// A value and where it was written.
public struct Located<Value> {
  public var value: Value
  public var location: SourceLocation

  public init(value: Value, location: SourceLocation) {
    self.value = value
    self.location = location
  }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}

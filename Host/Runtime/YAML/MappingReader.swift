/// Reads a mapping whose keys are the cases of an enum. Keys that are not among them are reported on creation, with the
/// nearest valid one.
///
/// ```swift
/// enum Key: String, CaseIterable { case path, required }
/// guard let reader = MappingReader<Key>(node, what: "a library", issues: issues) else { return nil }
/// let path = reader.value(.path, .text)                           // nil after a report when missing or wrong
/// let required = reader.value(.required, .bool, default: true)    // the default when missing
/// ```
public struct MappingReader<Keys: RawRepresentable<String> & CaseIterable> {
  /// Where the mapping starts; the place to name when a key is missing.
  public let location: SourceLocation
  public let issues: IssueCollector
  private let what: String
  private let entries: [String: YAMLNode.Entry]

  /// - Parameter what: the mapping in words with an article, `a library`, for messages.
  /// - Returns: nil, with a report, when the node is not a mapping.
  public init?(_ node: YAMLNode, what: String, issues: IssueCollector) {
    guard case .mapping(let written) = node.content else {
      issues.report(node.location, "expected \(what) (a mapping of keys to values), found \(node.summary)")
      return nil
    }
    location = node.location
    self.issues = issues
    self.what = what
    let valid = Keys.allCases.map(\.rawValue)
    var known: [String: YAMLNode.Entry] = [:]
    for entry in written {
      if valid.contains(entry.key) {
        known[entry.key] = entry
      } else {
        let advice = NearestWord.advice(for: entry.key, in: valid, noun: "the keys are")
        issues.report(entry.keyLocation, "unknown key '\(entry.key.prefix(80))' in \(what); \(advice)")
      }
    }
    entries = known
  }

  /// Whether the key is written, with a value other than null.
  public func has(_ key: Keys) -> Bool { node(key) != nil }

  /// The place of the key, or of the mapping when the key is missing.
  public func location(of key: Keys) -> SourceLocation { entries[key.rawValue]?.keyLocation ?? location }

  /// The value's node; nil when missing or null.
  public func node(_ key: Keys) -> YAMLNode? {
    guard let node = entries[key.rawValue]?.value else { return nil }
    if case .scalar(let scalar) = node.content, scalar.meaning == .null { return nil }
    return node
  }

  /// A required value; nil, with a report, when it is missing or wrong.
  public func value<Value>(_ key: Keys, _ rule: YAMLRule<Value>) -> Value? {
    if let node = node(key) { return rule(node, issues) }
    if let entry = entries[key.rawValue] {
      issues.report(entry.keyLocation, "'\(key.rawValue)' in \(what) has no value; write one")
    } else {
      issues.report(location, "\(what) needs the key '\(key.rawValue)'; add it")
    }
    return nil
  }

  /// An optional value with the default that stands for it. A wrong value is reported and the default returned, which is
  /// harmless: a configuration with a report is never used.
  public func value<Value>(_ key: Keys, _ rule: YAMLRule<Value>, default fallback: Value) -> Value {
    guard let node = node(key) else { return fallback }
    return rule(node, issues) ?? fallback
  }

  /// A value that may be left out.
  public func optional<Value>(_ key: Keys, _ rule: YAMLRule<Value>) -> Value? {
    node(key).flatMap { rule($0, issues) }
  }
}

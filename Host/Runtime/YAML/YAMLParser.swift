/// How much a document may ask for. Aliases count by what they expand to, so a few lines cannot become gigabytes.
public struct YAMLLimits: Sendable {
  public var bytes = 4 << 20
  public var depth = 64
  public var nodes = 200_000

  public init() {}
}

extension YAMLNode {
  /// Reads one YAML document.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 text.
  ///   - file: the name that locations carry.
  /// - Returns: the root node.
  /// - Throws: every fault found: bad UTF-8, the first syntax error, all duplicate keys, merge keys, foreign tags.
  public static func parse(
    _ bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()
  ) throws(ConfigurationErrors) -> YAMLNode {
    let start = SourceLocation(file: file, line: 1, column: 1)
    guard bytes.count <= limits.bytes else {
      throw ConfigurationErrors([
        ConfigurationIssue(start, "the file has \(bytes.count) bytes, more than the \(limits.bytes) allowed; split it")
      ])
    }
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      let place = SourceLocation.of(offset: error.byteOffsets.lowerBound, in: bytes, file: file)
      throw ConfigurationErrors([
        ConfigurationIssue(place, "not UTF-8; save the file as UTF-8")
      ])
    }
    guard let stream = YAMLEventStream(bytes: bytes, file: file) else {
      throw ConfigurationErrors([ConfigurationIssue(start, "out of memory while reading YAML")])
    }
    var builder = YAMLTreeBuilder(stream: stream, limits: limits, start: start)
    do {
      let root = try builder.document()
      try builder.issues.throwIfAny()
      return root
    } catch let fault as ConfigurationIssue {
      throw ConfigurationErrors(builder.issues.issues + [fault])
    } catch let errors as ConfigurationErrors {
      throw errors
    } catch {
      throw ConfigurationErrors([ConfigurationIssue(start, "\(error)")])
    }
  }
}

/// Builds the node tree out of events, within limits.
struct YAMLTreeBuilder {
  private struct Built {
    var node: YAMLNode
    /// Nodes and levels of the subtree with every alias expanded.
    var nodes = 1
    var depth = 1
  }

  let issues = IssueCollector()
  private let stream: YAMLEventStream
  private let limits: YAMLLimits
  private let start: SourceLocation
  private var anchors: [String: Built] = [:]
  private var total = 0

  init(stream: YAMLEventStream, limits: YAMLLimits, start: SourceLocation) {
    self.stream = stream
    self.limits = limits
    self.start = start
  }

  mutating func document() throws(ConfigurationIssue) -> YAMLNode {
    _ = try stream.next()  // the start of the stream
    let first = try stream.next()
    guard case .documentStart = first.kind else {
      throw ConfigurationIssue(start, "the file is empty; write its keys, or copy them from the sample configuration")
    }
    let root = try build(try stream.next(), depth: 1)
    _ = try stream.next()  // the end of the document
    let after = try stream.next()
    guard case .streamEnd = after.kind else {
      throw ConfigurationIssue(after.location, "a second document starts here; one file holds one document")
    }
    return root.node
  }

  private mutating func build(_ event: YAMLEvent, depth: Int) throws(ConfigurationIssue) -> Built {
    guard depth <= limits.depth else { throw tooDeep(event.location) }
    var built: Built
    switch event.kind {
    case .alias(let name):
      return try expand(name, at: event.location, depth: depth)
    case .scalar(let text, let isPlain):
      built = Built(node: scalar(text, isPlain: isPlain, event: event))
      try count(1, at: event.location)
    case .sequenceStart:
      check(tag: event.tag, allowed: ["seq"], at: event.location)
      try count(1, at: event.location)
      built = try sequence(at: event.location, depth: depth)
    case .mappingStart:
      check(tag: event.tag, allowed: ["map"], at: event.location)
      try count(1, at: event.location)
      built = try mapping(at: event.location, depth: depth)
    default:
      throw ConfigurationIssue(event.location, "not YAML: a value is missing here")
    }
    if let anchor = event.anchor { anchors[anchor] = built }
    return built
  }

  private mutating func sequence(at location: SourceLocation, depth: Int) throws(ConfigurationIssue) -> Built {
    var items: [YAMLNode] = []
    var built = Built(node: YAMLNode(location: location, content: .sequence([])))
    while true {
      let event = try stream.next()
      if case .sequenceEnd = event.kind { break }
      let item = try build(event, depth: depth + 1)
      items.append(item.node)
      built.nodes += item.nodes
      built.depth = max(built.depth, item.depth + 1)
    }
    built.node.content = .sequence(items)
    return built
  }

  private mutating func mapping(at location: SourceLocation, depth: Int) throws(ConfigurationIssue) -> Built {
    var entries: [YAMLNode.Entry] = []
    var places: [String: SourceLocation] = [:]
    var built = Built(node: YAMLNode(location: location, content: .mapping([])))
    while true {
      let event = try stream.next()
      if case .mappingEnd = event.kind { break }
      let key = try build(event, depth: depth + 1)
      let value = try build(try stream.next(), depth: depth + 1)
      built.nodes += key.nodes + value.nodes
      built.depth = max(built.depth, value.depth + 1)
      guard let name = keyText(key.node, event: event) else { continue }
      if let earlier = places[name] {
        let place = "\(earlier.line):\(earlier.column)"
        issues.report(event.location, "the key '\(name)' is already written at \(place); keep one of the two")
        continue
      }
      places[name] = event.location
      entries.append(YAMLNode.Entry(key: name, keyLocation: event.location, value: value.node))
    }
    built.node.content = .mapping(entries)
    return built
  }

  /// Reports a key that is not plain text, and returns nil for it.
  private func keyText(_ node: YAMLNode, event: YAMLEvent) -> String? {
    guard case .scalar(let scalar) = node.content else {
      issues.report(event.location, "a key is text, not \(node.summary); write 'key: value'")
      return nil
    }
    if scalar.text == "<<", !scalar.isText {
      issues.report(event.location, "merge keys ('<<') are not supported; write the keys out")
      return nil
    }
    if scalar.text.isEmpty {
      issues.report(event.location, "the key is empty; write 'key: value'")
      return nil
    }
    return scalar.text
  }

  private mutating func expand(
    _ name: String, at location: SourceLocation, depth: Int
  ) throws(ConfigurationIssue) -> Built {
    guard let built = anchors[name] else {
      let advice = NearestWord.advice(for: name, in: anchors.keys.sorted(), noun: "anchors before it")
      throw ConfigurationIssue(location, "the alias '*\(name)' names no anchor that is complete before it; \(advice)")
    }
    guard depth + built.depth - 1 <= limits.depth else { throw tooDeep(location) }
    try count(built.nodes, at: location)
    return built
  }

  private mutating func count(_ more: Int, at location: SourceLocation) throws(ConfigurationIssue) {
    total += more
    guard total <= limits.nodes else {
      throw ConfigurationIssue(
        location, "the document has more than \(limits.nodes) values once aliases are expanded; make it smaller")
    }
  }

  private func tooDeep(_ location: SourceLocation) -> ConfigurationIssue {
    ConfigurationIssue(location, "nested more than \(limits.depth) levels deep; make it flatter")
  }

  private func scalar(_ text: String, isPlain: Bool, event: YAMLEvent) -> YAMLNode {
    check(tag: event.tag, allowed: ["str", "int", "float", "bool", "null"], at: event.location)
    if text.unicodeScalars.contains("\0") {
      issues.report(event.location, "the text holds a NUL character; take the '\\0' out")
    }
    let suffix = event.tag.map { String($0.dropFirst(Self.corePrefix.count)) }
    // A tag decides over the quotes: `!!str 5` is text, `!!int "5"` is a number; `!` alone means text.
    let isText = suffix.map { $0 == "str" || event.tag == "!" } ?? !isPlain
    let scalar = YAMLScalar(text: text, isText: isText)
    if let suffix, !fits(scalar.meaning, tag: suffix) {
      issues.report(event.location, "'\(scalar.shortened)' is not what its tag '!!\(suffix)' says; drop the tag")
    }
    return YAMLNode(location: event.location, content: .scalar(scalar))
  }

  private func fits(_ meaning: YAMLScalar.Meaning, tag: String) -> Bool {
    switch (tag, meaning) {
    case ("int", .number(let text)): text.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "e") }
    case ("int", _), ("float", .text), ("float", .null), ("float", .bool): false
    case ("bool", .bool), ("null", .null): true
    case ("bool", _), ("null", _): false
    default: true
    }
  }

  private static let corePrefix = "tag:yaml.org,2002:"

  private func check(tag: String?, allowed: [String], at location: SourceLocation) {
    guard let tag, tag != "!" else { return }
    if tag.hasPrefix(Self.corePrefix), allowed.contains(String(tag.dropFirst(Self.corePrefix.count))) { return }
    issues.report(location, "the tag '\(tag)' is not supported; delete it")
  }
}

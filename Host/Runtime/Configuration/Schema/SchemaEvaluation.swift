public import AlphaLoopYAML

/// One way in which a value breaks a schema.
public struct SchemaViolation: Equatable, Sendable, CustomStringConvertible {
  /// JSON pointer (RFC 6901) to the part that is wrong.
  public var pointer: String
  /// Whether the key rather than its value is wrong.
  public var isAboutKey: Bool
  public var message: String

  public var description: String { "at '\(pointer)': \(message)" }
}

extension JSONSchema {
  /// Validates a value and fills in defaults, at every level that is present.
  ///
  /// - Returns: the value with defaults (as far as it could be resolved), and what is wrong; nothing is, when empty.
  public func resolve(_ value: JSONValue) -> (value: JSONValue, violations: [SchemaViolation]) {
    SchemaEvaluation.run(value, schema: self, index: 0)
  }

  /// Validates parameters written in YAML and reports violations where they are written.
  ///
  /// - Parameter what: whose parameters they are, for messages: `the agent 'tsmom'`.
  public func resolve(_ parameters: LocatedJSON, of what: String) -> (value: JSONValue, issues: [ConfigurationIssue]) {
    let (value, violations) = resolve(parameters.value)
    let issues = violations.map { violation in
      let place = parameters.location(of: violation.pointer, key: violation.isAboutKey)
      let part = violation.pointer.isEmpty ? "" : " at '\(violation.pointer)'"
      return ConfigurationIssue(place, "parameters of \(what)\(part): \(violation.message)")
    }
    return (value, issues)
  }
}

/// One validation of one value.
struct SchemaEvaluation {
  private let nodes: [SchemaNode]
  private(set) var violations: [SchemaViolation] = []
  private var steps = 0

  /// References can make the work grow exponentially with the size of a schema; parameters need a tiny part of this.
  private static let stepLimit = 100_000

  private init(schema: JSONSchema) { nodes = schema.nodes }

  /// Validates a value against the node at an index.
  static func run(
    _ value: JSONValue, schema: JSONSchema, index: Int
  ) -> (value: JSONValue, violations: [SchemaViolation]) {
    var evaluation = SchemaEvaluation(schema: schema)
    let resolved = evaluation.resolve(value, with: index, pointer: "")
    // Said last and outside of any alternative: an unfinished validation must not pass for a clean one.
    if evaluation.steps > stepLimit {
      evaluation.report("", "too much work to validate; make the schema or the value smaller")
    }
    return (resolved, evaluation.violations)
  }

  mutating func resolve(_ value: JSONValue, with index: Int, pointer: String) -> JSONValue {
    steps += 1
    guard steps <= Self.stepLimit else { return value }
    let node = nodes[index]
    if let constant = node.constant {
      if !constant { report(pointer, "nothing is allowed here; remove it") }
      return value
    }
    guard checkType(value, node, pointer) else { return value }
    checkChoices(value, node, pointer)
    var resolved = value
    switch value {
    case .number(let number): check(number, node, pointer)
    case .string(let text): check(text, node, pointer)
    case .array(let items): resolved = resolve(items, node, pointer)
    case .object(let object): resolved = resolve(object, node, pointer)
    case .null, .bool: break
    }
    if let reference = node.reference { resolved = resolve(resolved, with: reference, pointer: pointer) }
    for inner in node.allOf { resolved = resolve(resolved, with: inner, pointer: pointer) }
    resolved = resolveAny(resolved, node, pointer)
    resolved = resolveOne(resolved, node, pointer)
    if let not = node.not, attempt(resolved, with: not, pointer).violations.isEmpty {
      report(pointer, "\(shown(value)) is what the schema rules out with 'not'; write something else")
    }
    return resolved
  }

  private mutating func report(_ pointer: String, key: Bool = false, _ message: String) {
    violations.append(SchemaViolation(pointer: pointer, isAboutKey: key, message: message))
  }

  private func shown(_ value: JSONValue) -> String {
    let text = value.text
    return text.count > 60 ? "\(text.prefix(57))..." : text
  }

  private mutating func checkType(_ value: JSONValue, _ node: SchemaNode, _ pointer: String) -> Bool {
    guard !node.types.isEmpty else { return true }
    let actual = value.typeName
    if node.types.contains(actual) || (actual == "integer" && node.types.contains("number")) { return true }
    report(pointer, "expected \(node.types.joined(separator: " or ")), found \(actual) \(shown(value))")
    return false
  }

  private mutating func checkChoices(_ value: JSONValue, _ node: SchemaNode, _ pointer: String) {
    if let only = node.constantValue, only != value {
      report(pointer, "\(shown(value)) is not \(shown(only)), the only value allowed")
    }
    guard let choices = node.choices, !choices.contains(value) else { return }
    let words = choices.map { $0.string ?? shown($0) }
    let advice = NearestWord.advice(for: value.string ?? shown(value), in: words, noun: "the choices are")
    report(pointer, "\(shown(value)) is not one of the choices; \(advice)")
  }

  private mutating func check(_ number: JSONNumber, _ node: SchemaNode, _ pointer: String) {
    if let low = node.minimum, number < low { report(pointer, "\(number) is below \(low); write \(low) or more") }
    if let high = node.maximum, number > high { report(pointer, "\(number) is above \(high); write \(high) or less") }
    if let low = node.exclusiveMinimum, number <= low {
      report(pointer, "\(number) is not above \(low); write more than \(low)")
    }
    if let high = node.exclusiveMaximum, number >= high {
      report(pointer, "\(number) is not below \(high); write less than \(high)")
    }
    if let unit = node.multipleOf, !number.isMultiple(of: unit) {
      report(pointer, "\(number) is not a multiple of \(unit)")
    }
  }

  private mutating func check(_ text: String, _ node: SchemaNode, _ pointer: String) {
    let length = text.unicodeScalars.count
    if !node.length.contains(length) {
      report(pointer, "has \(length) characters; write \(bounds(node.length))")
    }
    if let pattern = node.pattern, !pattern.matcher.matches(text) {
      report(pointer, "\(shown(.string(text))) does not match the pattern \(pattern.text)")
    }
  }

  private func bounds(_ range: ClosedRange<Int>) -> String {
    if range.upperBound == .max { return "at least \(range.lowerBound)" }
    return range.lowerBound == 0 ? "at most \(range.upperBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }

  private mutating func resolve(_ items: [JSONValue], _ node: SchemaNode, _ pointer: String) -> JSONValue {
    if !node.itemCount.contains(items.count) {
      report(pointer, "has \(items.count) items; write \(bounds(node.itemCount))")
    }
    if node.uniqueItems {
      var seen: [[UInt8]: Int] = [:]
      for (index, item) in items.enumerated() {
        if let earlier = seen.updateValue(index, forKey: item.canonicalBytes) {
          report("\(pointer)/\(index)", "\(shown(item)) repeats item \(earlier); items are unique")
        }
      }
    }
    guard let inner = node.items else { return .array(items) }
    return .array(
      items.enumerated().map { index, item in resolve(item, with: inner, pointer: "\(pointer)/\(index)") })
  }

  private mutating func resolve(_ object: JSONObject, _ node: SchemaNode, _ pointer: String) -> JSONValue {
    var resolved = object
    let names = node.properties.map(\.name)
    for (name, inner) in node.properties {
      // A property's default may stand in the schema it refers to.
      guard let value = object[name] ?? defaultValue(of: inner) else { continue }
      resolved[name] = resolve(value, with: inner, pointer: pointer + "/" + JSONPointer.escaped(name))
    }
    for name in node.required where resolved[name] == nil {
      report(pointer, "the key '\(name)' is missing; add it")
    }
    for (name, value) in object.members where !names.contains(name) {
      let place = pointer + "/" + JSONPointer.escaped(name)
      switch node.additional {
      case .any: break
      case .none:
        let advice = NearestWord.advice(for: name, in: names, noun: "the keys are")
        report(place, key: true, "unknown key '\(name.prefix(80))'; \(advice)")
      case .schema(let inner): resolved[name] = resolve(value, with: inner, pointer: place)
      }
    }
    if !node.propertyCount.contains(resolved.count) {
      report(pointer, "has \(resolved.count) keys; write \(bounds(node.propertyCount))")
    }
    return .object(resolved)
  }

  private func defaultValue(of index: Int) -> JSONValue? {
    var node = nodes[index]
    while node.defaultValue == nil, let target = node.reference { node = nodes[target] }
    return node.defaultValue
  }

  /// Validates without reporting, on the same step count.
  private mutating func attempt(
    _ value: JSONValue, with index: Int, _ pointer: String
  ) -> (value: JSONValue, violations: [SchemaViolation]) {
    let before = violations
    violations = []
    let resolved = resolve(value, with: index, pointer: pointer)
    defer { violations = before }
    return (resolved, violations)
  }

  private mutating func resolveAny(_ value: JSONValue, _ node: SchemaNode, _ pointer: String) -> JSONValue {
    guard !node.anyOf.isEmpty else { return value }
    var failures: [[SchemaViolation]] = []
    for inner in node.anyOf {
      let tried = attempt(value, with: inner, pointer)
      if tried.violations.isEmpty { return tried.value }
      failures.append(tried.violations)
    }
    reportNearest(of: failures)
    return value
  }

  private mutating func resolveOne(_ value: JSONValue, _ node: SchemaNode, _ pointer: String) -> JSONValue {
    guard !node.oneOf.isEmpty else { return value }
    var failures: [[SchemaViolation]] = []
    var fitting: [(number: Int, value: JSONValue)] = []
    for (index, inner) in node.oneOf.enumerated() {
      let tried = attempt(value, with: inner, pointer)
      if tried.violations.isEmpty {
        fitting.append((index + 1, tried.value))
      } else {
        failures.append(tried.violations)
      }
    }
    switch fitting.count {
    case 0: reportNearest(of: failures)
    case 1: return fitting[0].value
    default:
      report(pointer, "fits alternatives \(fitting[0].number) and \(fitting[1].number), but may fit only one of them")
    }
    return value
  }

  /// Says what the alternative with the fewest violations lacks; the deeper one of equals, since it got further.
  private mutating func reportNearest(of failures: [[SchemaViolation]]) {
    func depth(_ violations: [SchemaViolation]) -> Int { violations.first?.pointer.split(separator: "/").count ?? 0 }
    let nearest = failures.min { ($0.count, -depth($0)) < ($1.count, -depth($1)) }
    guard var first = nearest?.first else { return }
    first.message = "fits none of \(failures.count) alternatives; the nearest one says: \(first.message)"
    violations.append(first)
  }
}

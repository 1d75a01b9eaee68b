internal import AlphaLoopYAML

/// Turns the JSON of a schema into nodes and finds everything wrong with it.
struct SchemaCompiler {
  private(set) var problems: [SchemaProblem] = []
  private var nodes: [SchemaNode] = []
  private var places: [String: Int] = [:]
  private var references: [(from: Int, target: String, pointer: String)] = []

  private static let types = ["array", "boolean", "integer", "null", "number", "object", "string"]
  private static let assertions = [
    "type", "properties", "required", "additionalProperties", "minProperties", "maxProperties", "enum", "const",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "items", "minItems", "maxItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "$ref", "$defs", "default",
    "format",
  ]
  /// Keywords that never change the outcome. `x-` keys are a plugin's own notes.
  private static let annotations = [
    "title", "description", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id",
  ]
  private static let dialect = "https://json-schema.org/draft/2020-12/schema"
  private static let depthLimit = 64

  mutating func compile(_ schema: JSONValue) -> [SchemaNode] {
    _ = node(schema, at: "", depth: 0)
    for reference in references {
      if let target = places[reference.target] {
        nodes[reference.from].reference = target
      } else {
        let advice = NearestWord.advice(
          for: "#" + reference.target, in: places.keys.sorted().map { "#" + $0 }, noun: "the places are")
        problem(reference.pointer, "'#\(reference.target)' is not a place in this schema; \(advice)")
      }
    }
    if problems.isEmpty { findCycle() }
    return nodes
  }

  private mutating func problem(_ pointer: String, _ message: String) {
    problems.append(SchemaProblem(pointer: pointer, message: message))
  }

  private mutating func node(_ schema: JSONValue, at pointer: String, depth: Int) -> Int {
    let index = nodes.count
    nodes.append(SchemaNode(index: index, pointer: pointer))
    places[pointer] = index
    guard depth <= Self.depthLimit else {
      problem(pointer, "nested more than \(Self.depthLimit) levels deep")
      return index
    }
    switch schema {
    case .bool(let value): nodes[index].constant = value
    case .object(let object):
      for (key, value) in object.members { keyword(key, value, of: index, at: pointer, depth: depth) }
      check(index)
    default: problem(pointer, "a schema is an object, true or false, not \(schema.typeName)")
    }
    return index
  }

  private mutating func keyword(_ key: String, _ value: JSONValue, of index: Int, at parent: String, depth: Int) {
    let pointer = parent + "/" + JSONPointer.escaped(key)
    switch key {
    case "type": nodes[index].types = typeNames(value, pointer)
    case "enum":
      nodes[index].choices = value.array
      if value.array?.isEmpty ?? true { problem(pointer, "enum is a list of at least one value") }
    case "const": nodes[index].constantValue = value
    case "default": nodes[index].defaultValue = value
    case "properties", "$defs":
      let named = schemas(value, pointer, depth)
      if key == "properties" { nodes[index].properties = named }
    case "required": nodes[index].required = names(value, pointer)
    case "additionalProperties":
      if value == .bool(false) {
        nodes[index].additional = .none
      } else {
        nodes[index].additional = .schema(node(value, at: pointer, depth: depth + 1))
      }
    case "minimum": nodes[index].minimum = number(value, pointer)
    case "maximum": nodes[index].maximum = number(value, pointer)
    case "exclusiveMinimum": nodes[index].exclusiveMinimum = number(value, pointer)
    case "exclusiveMaximum": nodes[index].exclusiveMaximum = number(value, pointer)
    case "multipleOf": nodes[index].multipleOf = divisor(value, pointer)
    case "minLength", "minItems", "minProperties", "maxLength", "maxItems", "maxProperties":
      count(key, value, of: index, pointer)
    case "pattern": nodes[index].pattern = pattern(value, pointer)
    case "items": nodes[index].items = node(value, at: pointer, depth: depth + 1)
    case "uniqueItems":
      nodes[index].uniqueItems = value.bool ?? false
      if value.bool == nil { problem(pointer, "uniqueItems is true or false") }
    case "format":
      nodes[index].isPath = value == "path"
      if value != "path" { problem(pointer, "the only format is 'path'; use 'pattern' for the form of a text") }
    case "allOf": nodes[index].allOf = list(value, pointer, depth)
    case "anyOf": nodes[index].anyOf = list(value, pointer, depth)
    case "oneOf": nodes[index].oneOf = list(value, pointer, depth)
    case "not": nodes[index].not = node(value, at: pointer, depth: depth + 1)
    case "$ref": reference(value, of: index, pointer)
    case "$schema":
      if value.string != Self.dialect { problem(pointer, "the dialect is \(Self.dialect); say that or nothing") }
    case "$id":
      if !parent.isEmpty { problem(pointer, "$id inside a schema changes what references mean; remove it") }
    case "readOnly", "writeOnly", "deprecated", "title", "description", "examples", "$comment": break
    default:
      guard !key.hasPrefix("x-") else { return }
      let advice = NearestWord.advice(
        for: key, in: Self.assertions + Self.annotations, noun: "the supported keywords are")
      problem(pointer, "the keyword '\(key)' is not supported and would not be checked; \(advice)")
    }
  }

  /// Contradictions between keywords of one schema.
  private mutating func check(_ index: Int) {
    let node = nodes[index]
    if let low = node.minimum, let high = node.maximum, high < low {
      problem(node.pointer, "minimum \(low) is above maximum \(high); nothing can pass")
    }
    if case .none = node.additional {
      let names = node.properties.map(\.name)
      for name in node.required where !names.contains(name) {
        let advice = NearestWord.advice(for: name, in: names, noun: "the properties are")
        problem(node.pointer + "/required", "'\(name)' is required but is no property, so nothing can pass; \(advice)")
      }
    }
  }

  private mutating func typeNames(_ value: JSONValue, _ pointer: String) -> [String] {
    let written = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
    if written.isEmpty || written.count < value.array?.count ?? 0 {
      problem(pointer, "type is the name of a type, or a list of names")
    }
    for name in written where !Self.types.contains(name) {
      let advice = NearestWord.advice(for: name, in: Self.types, noun: "the types are")
      problem(pointer, "'\(name)' is not a type; \(advice)")
    }
    return written
  }

  private mutating func schemas(
    _ value: JSONValue, _ pointer: String, _ depth: Int
  ) -> [(name: String, node: Int)] {
    guard let object = value.object else {
      problem(pointer, "expected an object of schemas, found \(value.typeName)")
      return []
    }
    return object.members.map { name, schema in
      (name, node(schema, at: pointer + "/" + JSONPointer.escaped(name), depth: depth + 1))
    }
  }

  private mutating func list(_ value: JSONValue, _ pointer: String, _ depth: Int) -> [Int] {
    guard let items = value.array, !items.isEmpty else {
      problem(pointer, "expected a list of at least one schema")
      return []
    }
    return items.enumerated().map { node($0.element, at: "\(pointer)/\($0.offset)", depth: depth + 1) }
  }

  private mutating func names(_ value: JSONValue, _ pointer: String) -> [String] {
    let names = value.array?.compactMap(\.string) ?? []
    if value.array == nil || names.count < value.array?.count ?? 0 || Set(names).count < names.count {
      problem(pointer, "required is a list of names, each once")
    }
    return names
  }

  private mutating func number(_ value: JSONValue, _ pointer: String) -> JSONNumber? {
    if value.number == nil { problem(pointer, "expected a number, found \(value.typeName)") }
    return value.number
  }

  private mutating func divisor(_ value: JSONValue, _ pointer: String) -> JSONNumber? {
    guard let number = number(value, pointer) else { return nil }
    guard number > JSONNumber(0), number.decimal.digits.count <= 18 else {
      problem(pointer, "multipleOf is above 0 and has at most 18 significant digits")
      return nil
    }
    return number
  }

  private mutating func count(_ key: String, _ value: JSONValue, of index: Int, _ pointer: String) {
    guard let count = value.number?.int64.flatMap({ Int(exactly: $0) }), count >= 0 else {
      problem(pointer, "\(key) is a whole number from 0")
      return
    }
    let bounds: WritableKeyPath<SchemaNode, ClosedRange<Int>> =
      key.hasSuffix("Length") ? \.length : key.hasSuffix("Items") ? \.itemCount : \.propertyCount
    let old = nodes[index][keyPath: bounds]
    let (low, high) = key.hasPrefix("min") ? (count, old.upperBound) : (old.lowerBound, count)
    guard low <= high else {
      problem(pointer, "the minimum \(low) is above the maximum \(high); nothing can pass")
      return
    }
    nodes[index][keyPath: bounds] = low...high
  }

  private mutating func pattern(_ value: JSONValue, _ pointer: String) -> (text: String, matcher: LinearPattern)? {
    guard let text = value.string else {
      problem(pointer, "pattern is text")
      return nil
    }
    do {
      return (text, try LinearPattern(text))
    } catch {
      problem(pointer, "the pattern '\(text)': \(error.message)")
      return nil
    }
  }

  private mutating func reference(_ value: JSONValue, of index: Int, _ pointer: String) {
    guard let text = value.string, text == "#" || text.hasPrefix("#/") else {
      problem(pointer, "$ref points into the same schema: write '#/$defs/NAME'")
      return
    }
    references.append((index, String(text.dropFirst()), pointer))
  }

  /// Reports a schema that applies itself to the same value for ever.
  private mutating func findCycle() {
    enum Mark { case open, done }
    var marks: [Int: Mark] = [:]
    for root in nodes.indices where marks[root] == nil {
      var path = [(node: root, next: 0)]
      marks[root] = .open
      while let top = path.last {
        let inner = nodes[top.node].inPlace
        guard top.next < inner.count else {
          marks[top.node] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let target = inner[top.next]
        if marks[target] == .open {
          problem(nodes[top.node].pointer, "refers to itself without going deeper, which never ends")
          return
        }
        if marks[target] == nil {
          marks[target] = .open
          path.append((target, 0))
        }
      }
    }
  }
}

internal import AlphaLoopYAML

extension JSONSchema {
  /// The value with every text whose schema has `"format": "path"` replaced.
  func mappingPaths(in value: JSONValue, _ transform: (String) -> String) -> JSONValue {
    map(value, with: [0], transform)
  }

  /// - Parameter roots: the schemas that apply to the value.
  private func map(_ value: JSONValue, with roots: [Int], _ transform: (String) -> String) -> JSONValue {
    let applying = expanded(roots)
    switch value {
    case .string(let text): return applying.contains { nodes[$0].isPath } ? .string(transform(text)) : value
    case .array(let items):
      let inner = applying.compactMap { nodes[$0].items }
      return inner.isEmpty ? value : .array(items.map { map($0, with: inner, transform) })
    case .object(var object):
      for (name, member) in object.members {
        let inner = applying.compactMap { schema(of: name, in: nodes[$0]) }
        if !inner.isEmpty { object[name] = map(member, with: inner, transform) }
      }
      return .object(object)
    case .null, .bool, .number: return value
    }
  }

  /// The schemas and those that they bring to the same value, each once; what `not` rules out says nothing of it.
  private func expanded(_ roots: [Int]) -> [Int] {
    var found: [Int] = []
    var open = roots
    while let index = open.popLast() {
      if found.contains(index) { continue }
      found.append(index)
      open += nodes[index].allOf + nodes[index].anyOf + nodes[index].oneOf
      if let reference = nodes[index].reference { open.append(reference) }
    }
    return found
  }

  private func schema(of name: String, in node: SchemaNode) -> Int? {
    if let property = node.properties.first(where: { $0.name == name }) { return property.node }
    if case .schema(let index) = node.additional { return index }
    return nil
  }
}

extension Configuration {
  /// An instance as its plugin gets it: relative paths among its parameters start at the configuration's directory,
  /// in whichever file they are written, and come out absolute.
  ///
  /// Not part of the configuration, which stays the same wherever it lies.
  func locatingPaths(of instance: PluginInstance, schema: String?) -> PluginInstance {
    guard let schema, let compiled = (try? JSONValue.parse(schema)).flatMap({ try? JSONSchema($0) }) else {
      return instance
    }
    var instance = instance
    instance.parameters.value = compiled.mappingPaths(in: instance.parameters.value) { path in
      guard !path.isEmpty, !path.hasPrefix("/"), !directory.isEmpty else { return path }
      return "\(canonicalPath(directory))/\(path)"
    }
    return instance
  }
}

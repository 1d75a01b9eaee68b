import AlphaLoopLoader
internal import AlphaLoopYAML

/// Resolved parameters in the form that crosses the boundary: leaves by path.
enum ParameterTable {
  /// `{"pairs":[{"left":"A"}]}` becomes `pairs.# = 1`, `pairs.0.left = A`.
  static func flatten(_ value: JSONValue) -> [PluginParameter] {
    var leaves: [PluginParameter] = []
    add(value, "", &leaves)
    return leaves
  }

  private static func add(_ value: JSONValue, _ path: String, _ leaves: inout [PluginParameter]) {
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch value {
    case .null: break
    case .bool(let flag): leaves.append(PluginParameter(path, .bool(flag)))
    case .string(let text): leaves.append(PluginParameter(path, .text(text)))
    case .number(let number):
      if number.isInteger, let integer = number.int64 {
        leaves.append(PluginParameter(path, .integer(integer)))
      } else {
        leaves.append(PluginParameter(path, .number(number.double)))
      }
    case .array(let items):
      leaves.append(PluginParameter(below("#"), .integer(Int64(items.count))))
      for (i, item) in items.enumerated() { add(item, below(String(i)), &leaves) }
    case .object(let object): for (key, item) in object.members { add(item, below(key), &leaves) }
    }
  }

}

/// Checks parameters against their plugins' schemas, each of which is read once however many instances there are.
struct ParameterSchemas {
  private var known: [String: Result<JSONSchema, any Error>] = [:]

  /// The value with the defaults put in.
  mutating func resolve(
    _ parameters: LocatedJSON, of descriptor: PluginDescriptor, instance: String
  ) -> (value: JSONValue, issues: [ConfigurationIssue]) {
    let schema = known[descriptor.id] ?? Result { try JSONSchema(try JSONValue.parse(descriptor.parameterSchema)) }
    known[descriptor.id] = schema
    switch schema {
    case .success(let schema): return schema.resolve(parameters, of: "'\(instance)'")
    case .failure(let error):
      let issue = ConfigurationIssue(
        parameters.location, "the parameter schema of '\(descriptor.id)' is broken (\(error)); tell its author")
      return (parameters.value, [issue])
    }
  }
}

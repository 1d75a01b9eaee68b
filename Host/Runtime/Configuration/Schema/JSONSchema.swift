/// A JSON Schema (draft 2020-12) for the parameters of a plugin, checked and ready to validate with.
///
/// Supported: `type`, `properties`, `required`, `additionalProperties`, `minProperties`, `maxProperties`, `enum`,
/// `const`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`,
/// `pattern` (see ``LinearPattern``), `items`, `minItems`, `maxItems`, `uniqueItems`, `allOf`, `anyOf`, `oneOf`, `not`,
/// `$ref` to a place in the same schema, `$defs`, `default`, which is applied, and `format`, which may be `path`: see
/// ``Configuration/locatingPaths(of:schema:)``. A keyword that would change validation
/// and is not in this list makes the schema invalid: a limit that is not enforced is worse than none.
public struct JSONSchema: Sendable {
  let nodes: [SchemaNode]

  /// - Throws: every fault of the schema.
  public init(_ schema: JSONValue) throws(SchemaErrors) {
    var compiler = SchemaCompiler()
    nodes = compiler.compile(schema)
    guard compiler.problems.isEmpty else { throw SchemaErrors(problems: compiler.problems) }
    let faulty = faultyDefaults()
    guard faulty.isEmpty else { throw SchemaErrors(problems: faulty) }
  }

  /// The faults of a schema: malformed or unsupported keywords, dangling references, defaults that do not pass.
  /// Empty when the schema is good.
  public static func validateSchema(_ schema: JSONValue) -> [SchemaProblem] {
    do {
      _ = try JSONSchema(schema)
      return []
    } catch {
      return error.problems
    }
  }

  private func faultyDefaults() -> [SchemaProblem] {
    nodes.compactMap { node in
      guard let value = node.defaultValue else { return nil }
      let (_, violations) = SchemaEvaluation.run(value, schema: self, index: node.index)
      guard let first = violations.first else { return nil }
      return SchemaProblem(pointer: node.pointer + "/default", message: "the default does not pass: \(first.message)")
    }
  }
}

/// One fault of a schema.
public struct SchemaProblem: Equatable, Sendable, CustomStringConvertible {
  /// JSON pointer into the schema.
  public var pointer: String
  public var message: String

  public var description: String { "schema at '\(pointer)': \(message)" }
}

/// All faults of a schema. Never empty.
public struct SchemaErrors: Error, Equatable, Sendable, CustomStringConvertible {
  public let problems: [SchemaProblem]

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A (sub)schema in the form validation uses. Others are referred to by index, so that references may form cycles.
struct SchemaNode: Sendable {
  enum Additional: Sendable {
    case any, none
    case schema(Int)
  }

  var index: Int
  var pointer: String
  /// `true` and `false` as schemas.
  var constant: Bool?
  var types: [String] = []
  var choices: [JSONValue]?
  var constantValue: JSONValue?
  var properties: [(name: String, node: Int)] = []
  var required: [String] = []
  var additional = Additional.any
  var propertyCount: ClosedRange<Int> = 0...Int.max
  var minimum: JSONNumber?
  var maximum: JSONNumber?
  var exclusiveMinimum: JSONNumber?
  var exclusiveMaximum: JSONNumber?
  var multipleOf: JSONNumber?
  var length: ClosedRange<Int> = 0...Int.max
  var pattern: (text: String, matcher: LinearPattern)?
  var items: Int?
  var itemCount: ClosedRange<Int> = 0...Int.max
  var uniqueItems = false
  /// `"format": "path"`: a text that names a file or folder.
  var isPath = false
  var allOf: [Int] = []
  var anyOf: [Int] = []
  var oneOf: [Int] = []
  var not: Int?
  var reference: Int?
  var defaultValue: JSONValue?

  /// Subschemas that apply to the same value; a cycle of these would never end.
  var inPlace: [Int] { allOf + anyOf + oneOf + [not, reference].compactMap { $0 } }
}

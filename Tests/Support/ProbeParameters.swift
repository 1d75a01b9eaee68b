import CAlphaLoop
import Foundation

/// Parameters as the host resolves them: defaults of the schema, then what was given, flattened to leaves by path.
struct ProbeParameters {
  enum Leaf {
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
  }

  private(set) var leaves: [(name: String, leaf: Leaf)] = []
  private(set) var json = "{}"

  init(schema: String, given: [String: Any]) throws {
    guard let object = try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any],
      let properties = object["properties"] as? [String: Any]
    else { throw ProbeError("the parameter schema is not a JSON object with properties", status: AL_E_CONFIG) }
    var resolved: [String: Any] = [:]
    for (name, raw) in properties {
      let property = raw as? [String: Any] ?? [:]
      if let value = given[name] ?? property["default"] {
        resolved[name] = value
        try flatten(value, schema: property, path: name)
      }
    }
    if let unknown = given.keys.sorted().first(where: { properties[$0] == nil }) {
      throw ProbeError("unknown parameter '\(unknown)'", status: AL_E_CONFIG)
    }
    leaves.sort { $0.name < $1.name }
    json = String(
      decoding: try JSONSerialization.data(withJSONObject: resolved, options: [.sortedKeys]), as: UTF8.self)
  }

  private mutating func flatten(_ value: Any, schema: [String: Any], path: String) throws {
    switch schema["type"] as? String {
    case "boolean":
      guard let flag = value as? Bool else { throw wrong(path, "true or false") }
      leaves.append((path, .bool(flag)))
    case "integer":
      guard let number = value as? Int else { throw wrong(path, "an integer") }
      leaves.append((path, .integer(number)))
    case "number":
      if let number = value as? Double {
        leaves.append((path, .number(number)))
      } else if let number = value as? Int {
        leaves.append((path, .number(Double(number))))
      } else {
        throw wrong(path, "a number")
      }
    case "array":
      guard let items = value as? [Any] else { throw wrong(path, "an array") }
      leaves.append(("\(path).#", .integer(items.count)))
      for (i, item) in items.enumerated() {
        try flatten(item, schema: schema["items"] as? [String: Any] ?? [:], path: "\(path).\(i)")
      }
    case "object":
      guard let members = value as? [String: Any] else { throw wrong(path, "an object") }
      let properties = schema["properties"] as? [String: Any] ?? [:]
      for (name, member) in members {
        try flatten(member, schema: properties[name] as? [String: Any] ?? [:], path: "\(path).\(name)")
      }
    default:
      guard let text = value as? String else { throw wrong(path, "a text") }
      leaves.append((path, .text(text)))
    }
  }

  private func wrong(_ path: String, _ type: String) -> ProbeError {
    ProbeError("parameter '\(path)' is not \(type)", status: AL_E_CONFIG)
  }

  /// The C table for the duration of `body`.
  func withC<R>(_ body: (UnsafePointer<al_param_v1>?, UInt32, al_str_v1) throws -> R) rethrows -> R {
    let arena = TextArena()
    let table = leaves.map { name, leaf in
      var p = al_param_v1(
        name: arena.add(name), type: 0, reserved: 0, integer: 0, number: 0, text: al_str_v1(ptr: nil, len: 0))
      switch leaf {
      case .bool(let value): (p.type, p.integer) = (AL_PARAM_BOOL, value ? 1 : 0)
      case .integer(let value): (p.type, p.integer, p.number) = (AL_PARAM_INTEGER, Int64(value), Double(value))
      case .number(let value): (p.type, p.number) = (AL_PARAM_NUMBER, value)
      case .text(let value): (p.type, p.text) = (AL_PARAM_TEXT, arena.add(value))
      }
      return p
    }
    return try withExtendedLifetime(arena) {
      let text = arena.add(json)
      return try table.withUnsafeBufferPointer { try body($0.baseAddress, UInt32($0.count), text) }
    }
  }
}

/// Owns C strings.
final class TextArena {
  private var blocks: [UnsafeMutablePointer<CChar>] = []

  func add(_ text: String) -> al_str_v1 {
    let bytes = Array(text.utf8)
    let block = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (i, byte) in bytes.enumerated() { block[i] = CChar(bitPattern: byte) }
    block[bytes.count] = 0
    blocks.append(block)
    return al_str_v1(ptr: block, len: UInt64(bytes.count))
  }

  deinit { for block in blocks { block.deallocate() } }
}

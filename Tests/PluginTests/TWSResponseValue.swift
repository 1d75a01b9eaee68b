import Foundation
import TWSProtocol

/// A value of the published vectors, and of ours in the same form.
enum VectorValue: Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case decimal(WireDecimal)
  case list([VectorValue])
  case object([String: VectorValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([VectorValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: VectorValue].self))
    }
  }

  static func int(_ value: Int32) -> VectorValue { value == .max ? .null : .number(Double(value)) }
  static func int(_ value: Int64) -> VectorValue { value == .max ? .null : .number(Double(value)) }
  static func price(_ value: Double?) -> VectorValue { value.map { VectorValue.number($0) } ?? .null }
  static func size(_ value: WireDecimal?) -> VectorValue { value.map { .decimal($0) } ?? .null }
}

/// An object whose attributes are left out where they are unset or the client's default.
struct VectorObject {
  var values: [String: VectorValue] = [:]
  var value: VectorValue { .object(values) }

  mutating func put(_ key: String, _ value: String, default none: String = "") {
    if value != none { values[key] = .text(value) }
  }
  mutating func put(_ key: String, _ value: Int32?, default none: Int32? = 0) {
    if let value, value != none, value != .max { values[key] = .number(Double(value)) }
  }
  mutating func put(_ key: String, _ value: Int64, default none: Int64 = 0) {
    if value != none { values[key] = .number(Double(value)) }
  }
  mutating func put(_ key: String, _ value: Double?, default none: Double? = nil) {
    if let value, value != none { values[key] = .number(value) }
  }
  mutating func put(_ key: String, _ value: WireDecimal?) {
    if let value { values[key] = .decimal(value) }
  }
  mutating func put(_ key: String, _ value: Bool?, default none: Bool? = false) {
    if let value, value != none { values[key] = .bool(value) }
  }
  mutating func put(_ key: String, _ list: [VectorValue]) {
    if !list.isEmpty { values[key] = .list(list) }
  }
  mutating func put(_ key: String, _ object: VectorObject) {
    if !object.values.isEmpty { values[key] = object.value }
  }
  mutating func put(_ key: String, _ pairs: [TagValue]) {
    put(
      key,
      pairs.map {
        var pair = VectorObject()
        pair.put("tag", $0.tag)
        pair.put("value", $0.value)
        return pair.value
      })
  }
}

/// What a client reported.
struct VectorCallback: Decodable {
  var callback: String
  var args: VectorValue
}

struct Vector: Decodable {
  var name: String
  var version: Int
  var client: String
  var frames: [String]
  var callbacks: [VectorCallback]

  enum CodingKeys: String, CodingKey {
    case name, frames, callbacks
    case version = "server_version"
    case client = "decoded_by"
  }

  var label: String { "\(name)@\(version)" }

  var bytes: [[UInt8]] {
    frames.map { hex in
      let digits = Array(hex.utf8)
      return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
      }
    }
  }

  static func all() throws -> [Vector] {
    struct File: Decodable { var vectors: [Vector] }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let places = [
      root.deletingLastPathComponent().appendingPathComponent("shared/ibkr/vectors/responses.json"),
      root.appendingPathComponent("Tests/Fixtures/ibkr/responses.json"),
    ]
    let place = places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[1]
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: place)).vectors
  }
}

/// The differences between what we decoded and what the client reported, each with its path.
enum VectorComparison {
  /// Attributes whose default in the client is an unset number or 0, depending on its release.
  static let zeroEitherWay: Set<String> = ["coupon", "evMultiplier", "realizedPNL", "yield_", "commission"]

  static func differences(_ ours: [VectorCallback], _ theirs: [VectorCallback]) -> [String] {
    var found: [String] = []
    let (names, expected) = (ours.map(\.callback), theirs.map(\.callback))
    if names != expected { found.append("callbacks \(names), expected \(expected)") }
    for (a, b) in zip(ours, theirs) where a.callback == b.callback { compare(a.args, b.args, a.callback, &found) }
    return found
  }

  private static func compare(_ ours: VectorValue, _ theirs: VectorValue, _ path: String, _ found: inout [String]) {
    switch (ours, theirs) {
    case (.null, .null): return
    case (.bool(let a), .bool(let b)) where a == b: return
    case (.number(let a), .number(let b)) where a == b: return
    case (.text(let a), .text(let b)) where a == b: return
    case (.decimal(let a), .text(let b)) where WireDecimal(b) == a: return
    case (.list(let a), .list(let b)) where a.count == b.count:
      for index in a.indices { compare(a[index], b[index], "\(path)[\(index)]", &found) }
    case (.object(let a), .object(let b)):
      for key in Set(a.keys).union(b.keys).sorted() {
        switch (a[key], b[key]) {
        case (let left?, let right?): compare(left, right, "\(path).\(key)", &found)
        case (.number(0)?, nil), (nil, .number(0)?):
          if !zeroEitherWay.contains(key) { found.append("\(path).\(key): 0 on one side") }
        case (let left?, nil): found.append("\(path).\(key): \(left), expected nothing")
        case (nil, let right): found.append("\(path).\(key): nothing, expected \(String(describing: right))")
        }
      }
    default: found.append("\(path): \(ours), expected \(theirs)")
    }
  }
}

import Foundation

/// What real clients of the TWS protocol put on the wire for known calls.
struct TWSRequestVectors {
  struct Vector {
    var name: String
    var client: String
    var serverVersion: Int
    var method: String
    var arguments: TWSArguments
    /// The whole frame, its length included.
    var frame: [UInt8]
  }

  struct Handshake {
    var clientId: Int32
    var serverVersion: Int
    var connectOptions: String
    var optionalCapabilities: String
    var hello: [UInt8]
    var startApi: [UInt8]
  }

  var vectors: [Vector] = []
  var handshakes: [Handshake] = []

  /// The vectors beside the project, else the copy within it.
  init() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let places = [
      "../shared/ibkr/vectors/requests.json", "../../shared/ibkr/vectors/requests.json",
      "Tests/Fixtures/ibkr/requests.json",
    ]
    let paths = places.map { root.appendingPathComponent($0).standardizedFileURL }
    guard let file = paths.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      throw TWSVectorError("no vectors at \(paths.map(\.path))")
    }
    let document = try TWSArguments(JSONSerialization.jsonObject(with: Data(contentsOf: file)), "document")
    for vector in try document.list("vectors") {
      let call = try vector.object("call")
      vectors.append(
        Vector(
          name: vector.text("name"), client: "\(vector.text("client")) \(vector.text("client_version"))",
          serverVersion: Int(vector.integer("server_version")), method: call.text("method"),
          arguments: try call.object("args"), frame: try Self.bytes(vector.text("hex"))))
    }
    for shake in try document.list("handshake") {
      handshakes.append(
        Handshake(
          clientId: shake.integer("clientId"), serverVersion: Int(shake.integer("server_version")),
          connectOptions: shake.text("connectOptions"), optionalCapabilities: shake.text("optionalCapabilities"),
          hello: try Self.bytes(shake.text("hello")), startApi: try Self.bytes(shake.text("start_api"))))
    }
  }

  static func bytes(_ hex: String) throws -> [UInt8] {
    let digits = try hex.map { digit in
      guard let value = digit.hexDigitValue else { throw TWSVectorError("not hexadecimal: \(hex)") }
      return UInt8(value)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

struct TWSVectorError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// An object of a vector that knows which of its keys were asked for, so that none is overlooked.
final class TWSArguments {
  let path: String
  private let values: [String: Any]
  private var read: Set<String> = []
  private var children: [TWSArguments] = []

  init(_ value: Any, _ path: String) throws {
    guard let values = value as? [String: Any] else { throw TWSVectorError("\(path) is no object") }
    (self.values, self.path) = (values, path)
  }

  /// Keys that nobody asked for, of the parts too.
  var unread: [String] {
    values.keys.filter { !read.contains($0) }.map { "\(path).\($0)" } + children.flatMap(\.unread)
  }

  func has(_ key: String) -> Bool { value(key) != nil }

  func text(_ key: String, default fallback: String = "") -> String {
    (value(key) as? String) ?? (value(key) as? NSNumber)?.stringValue ?? fallback
  }
  func flag(_ key: String, default fallback: Bool = false) -> Bool { (value(key) as? NSNumber)?.boolValue ?? fallback }
  func optionalFlag(_ key: String) -> Bool? { (value(key) as? NSNumber)?.boolValue }
  func integer(_ key: String, default fallback: Int32 = 0) -> Int32 {
    optionalInteger(key) ?? fallback
  }
  func optionalInteger(_ key: String) -> Int32? {
    (value(key) as? NSNumber)?.int32Value ?? (value(key) as? String).flatMap { Int32($0) }
  }
  func double(_ key: String) -> Double? {
    if let text = value(key) as? String { return text == "inf" ? .infinity : Double(text) }
    return (value(key) as? NSNumber)?.doubleValue
  }

  func object(_ key: String) throws -> TWSArguments {
    guard let value = value(key) else { throw TWSVectorError("\(path) has no \(key)") }
    let path = "\(path).\(key)"
    if let known = children.first(where: { $0.path == path }) { return known }
    let child = try TWSArguments(value, path)
    children.append(child)
    return child
  }

  func optionalObject(_ key: String) throws -> TWSArguments? { has(key) ? try object(key) : nil }

  func list(_ key: String) throws -> [TWSArguments] {
    guard let items = value(key) as? [Any] else { return [] }
    let made = try items.enumerated().map { try TWSArguments($0.element, "\(path).\(key)[\($0.offset)]") }
    children += made
    return made
  }

  /// The same object with one value of a part of it put in, or changed.
  func setting(_ part: String, _ key: String, to value: Any) throws -> TWSArguments {
    var (whole, inner) = (values, values[part] as? [String: Any] ?? [:])
    inner[key] = value
    whole[part] = inner
    return try TWSArguments(whole, path)
  }

  /// A list of texts or numbers.
  func scalars(_ key: String) -> [Any] { value(key) as? [Any] ?? [] }

  /// A list of pairs.
  func pairs(_ key: String) throws -> [(String, String)] {
    try scalars(key).map { item in
      guard let pair = item as? [Any], pair.count == 2 else { throw TWSVectorError("\(path).\(key) holds no pairs") }
      return ("\(pair[0])", "\(pair[1])")
    }
  }

  private func value(_ key: String) -> Any? {
    read.insert(key)
    guard let value = values[key], !(value is NSNull) else { return nil }
    return value
  }
}

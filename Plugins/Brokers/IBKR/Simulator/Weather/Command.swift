import AlphaLoopKit

/// One command of the control channel or of a weather file.
struct Command {
  let line: String
  let name: String
  /// Simulated seconds after the start; nil: at once.
  var at: Double?
  /// The kind of an event of the book, and the how-manieth of them, after which it is carried out.
  var event: String?
  var count: Int
  private let object: JSONCursor

  static let keys = [
    "do", "at", "on", "count", "client", "order", "bytes", "ms", "data", "reports", "up", "seconds", "rollback", "lose",
    "symbol", "price", "quantity", "reason", "execution", "code", "text", "id", "auction", "status", "times",
  ]

  init(_ line: String) throws(GatewayError) {
    self.line = line
    do {
      object = try JSONReader.parse(Array(line.utf8), file: "command")
      try object.allow(Self.keys)
      name = try object.member("do").string()
      at = try object.optional("at")?.double()
      // A word is an event; a truth value switches something on or off.
      let on = try object.optional("on")
      if case .string? = on?.node.value { event = try on?.string() } else { event = nil }
      count = Int(clamping: try object.optional("count")?.integer() ?? 1)
    } catch {
      throw GatewayError("\(error)")
    }
  }

  func text(_ key: String) throws(GatewayError) -> String? {
    try value(key) { (cursor) throws(JSONError) in try cursor.string() }
  }

  func number(_ key: String) throws(GatewayError) -> Double? {
    try value(key) { (cursor) throws(JSONError) in try cursor.double() }
  }

  func integer(_ key: String) throws(GatewayError) -> Int? {
    try value(key) { (cursor) throws(JSONError) in Int(clamping: try cursor.integer()) }
  }

  func client() throws(GatewayError) -> Int32? { try integer("client").map { Int32(clamping: $0) } }

  /// `"on": false` switches off, anything else on.
  func isOn() throws(GatewayError) -> Bool {
    guard event == nil else { return true }
    return try value("on") { (cursor) throws(JSONError) in try cursor.boolean() } ?? true
  }

  func flag(_ key: String) throws(GatewayError) -> Bool? {
    try value(key) { (cursor) throws(JSONError) in try cursor.boolean() }
  }

  private func value<T>(_ key: String, _ read: (JSONCursor) throws(JSONError) -> T) throws(GatewayError) -> T? {
    do throws(JSONError) {
      guard let cursor = try object.optional(key) else { return nil }
      return try read(cursor)
    } catch {
      throw GatewayError("\(error)")
    }
  }
}

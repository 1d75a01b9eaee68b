/// One JSON object in a line, written key by key.
struct JSONLine {
  private(set) var text = "{"

  mutating func put(_ key: String, _ value: String) { self.key(key, "\"\(Self.escape(value))\"") }
  mutating func put(_ key: String, _ value: some BinaryInteger) { self.key(key, String(value)) }
  mutating func put(_ key: String, _ value: Bool) { self.key(key, value ? "true" : "false") }
  mutating func put(_ key: String, _ value: Double) { self.key(key, value.isFinite ? "\(value)" : "null") }
  mutating func put(raw value: String, _ key: String) { self.key(key, value) }

  var line: String { text + "}" }

  private mutating func key(_ key: String, _ value: String) {
    text += "\(text.utf8.count > 1 ? "," : "")\"\(key)\":\(value)"
  }

  static func escape(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        out += "\\"
        out.unicodeScalars.append(scalar)
      case "\0"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

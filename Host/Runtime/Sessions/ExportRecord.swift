/// One fact of an exported session in both of its forms: a line of canonical text, and a JSON object with the same content
/// in the same order.
public struct ExportRecord: Sendable {
  /// The first word of the line, the member `record` of the object.
  public let kind: String
  let fields: [Field]

  /// One part of a fact.
  struct Field: Sendable {
    /// Its name in JSON.
    var key: String
    var json: JSONValue
    /// What stands before the value in the text; nothing for a part that its place explains.
    var label: String?
    var text: String
  }

  init(_ kind: String, _ fields: [Field]) {
    self.kind = kind
    self.fields = fields
  }

  public var text: String {
    var words = [kind]
    for field in fields {
      if let label = field.label { words.append(label) }
      if !field.text.isEmpty { words.append(field.text) }
    }
    return words.joined(separator: " ")
  }

  public var json: JSONValue {
    var object = JSONObject()
    object["record"] = .string(kind)
    for field in fields { object[field.key] = field.json }
    return .object(object)
  }
}

extension ExportRecord.Field {
  /// A part that its place explains.
  static func plain(_ key: String, _ text: String) -> Self { Self(key: key, json: .string(text), text: text) }
  static func plain(_ key: String, _ number: UInt64) -> Self { integer(key, number, label: nil) }
  static func plain(_ key: String, _ number: Int64) -> Self {
    Self(key: key, json: .integer(number), text: "\(number)")
  }

  /// A part with its name before it.
  static func named(_ key: String, _ text: String) -> Self { labelled(key, key, text) }
  static func named(_ key: String, _ number: Int64) -> Self {
    Self(key: key, json: .integer(number), label: key, text: "\(number)")
  }
  /// A part that is neither finite nor a number is null in JSON, which has no word for it.
  static func named(_ key: String, _ number: Double) -> Self {
    Self(key: key, json: JSONNumber(number).map { .number($0) } ?? .null, label: key, text: "\(number)")
  }

  /// A part whose name in the text is a shorter word.
  static func labelled(_ key: String, _ label: String, _ text: String) -> Self {
    Self(key: key, json: .string(text), label: label, text: text)
  }

  static func list(_ key: String, label: String? = nil, _ items: [(text: String, json: JSONValue)]) -> Self {
    Self(key: key, json: .array(items.map(\.json)), label: label, text: items.map(\.text).joined(separator: " "))
  }

  private static func integer(_ key: String, _ number: UInt64, label: String?) -> Self {
    // A broker's id may use all 64 bits, which many readers of JSON cannot hold.
    let json = Int64(exactly: number).map { JSONValue.integer($0) } ?? .string("\(number)")
    return Self(key: key, json: json, label: label, text: "\(number)")
  }
}

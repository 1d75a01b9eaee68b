/// How a server spells values: numbers with a point as `185.0` and `1.0E-5`, what is not stated as nothing or as the
/// largest number, and text as it is, or with everything but ASCII escaped.
extension FieldWriter {
  /// Text as it stands; only a NUL cannot be held.
  mutating func plain(_ value: String, _ field: String) throws(WireError) {
    for byte in value.utf8 where byte == 0 { throw .unprintable(field: field) }
    put(value)
  }

  /// Text with backslash escapes, as error texts, reject reasons and long names have them.
  mutating func escaped(_ value: String, _ field: String) throws(WireError) {
    try plain(Escapes.escape(value), field)
  }

  /// The message and its constant version.
  mutating func head(_ id: Int64, version: Int64? = nil) {
    integer(id)
    if let version { integer(version) }
  }

  mutating func real(_ value: Double) { put(Self.serverSpelling(value)) }

  mutating func realOrEmpty(_ value: Double?) {
    if let value, value != .greatestFiniteMagnitude { real(value) } else { empty() }
  }

  mutating func realOrMax(_ value: Double?) { real(value ?? .greatestFiniteMagnitude) }

  mutating func realOr(_ value: Double?, _ none: Double) { real(value ?? none) }

  /// A strike where none is `0` without a point.
  mutating func strikeOrZero(_ value: Double?) {
    if let value, value != 0 { real(value) } else { put("0") }
  }

  mutating func entries(_ count: Int) { integer(count) }

  mutating func tagValues(_ list: [TagValue], _ field: String) throws(WireError) {
    integer(list.count)
    for pair in list {
      try plain(pair.tag, field)
      try plain(pair.value, field)
    }
  }

  /// The shortest digits that name the number, with a point, and with an exponent from 10^7 up and below 10^-3.
  static func serverSpelling(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    let size = value.magnitude
    if size == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let text = value.description
    if size >= 1e-3, size < 1e7 { return text }
    return scientific(text)
  }

  /// `digits.digitsEexponent` of a number in Swift's own text.
  private static func scientific(_ text: String) -> String {
    var mantissa = text[...]
    var exponent = 0
    if let mark = mantissa.firstIndex(of: "e") {
      exponent = Int(mantissa[mantissa.index(after: mark)...]) ?? 0
      mantissa = mantissa[..<mark]
    }
    let isNegative = mantissa.first == "-"
    if isNegative { mantissa = mantissa.dropFirst() }
    let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    let whole = parts.first ?? "0"
    var digits = String(whole) + (parts.count > 1 ? String(parts[1]) : "")
    var power = exponent + whole.count - 1
    while digits.count > 1, digits.first == "0" {
      digits.removeFirst()
      power -= 1
    }
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    let first = digits.removeFirst()
    return "\(isNegative ? "-" : "")\(first).\(digits.isEmpty ? "0" : digits)E\(power)"
  }
}

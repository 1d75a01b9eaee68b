/// Builds the payload of one message to the server: fields in text, each with a NUL byte behind it.
///
/// An empty field and the largest number both mean "not stated"; which of the two stands where is a matter of the
/// message, so each kind of number has a method for either.
public struct FieldWriter: Sendable {
  public internal(set) var bytes: [UInt8] = []
  public init() {}

  /// Text of printable ASCII.
  public mutating func text(_ value: String, _ field: String) throws(WireError) {
    for byte in value.utf8 where byte < 32 || byte > 126 { throw .unprintable(field: field) }
    put(value)
  }

  /// Constants, identifiers, counts: numbers that are always stated.
  public mutating func integers(_ values: Int64...) {
    for value in values { put(String(value)) }
  }

  public mutating func integer(_ value: some BinaryInteger) { put(String(value)) }

  public mutating func flag(_ value: Bool) { put(value ? "1" : "0") }

  public mutating func empty() { put("") }

  /// The largest integer, which stands for none.
  public mutating func unsetInteger() { put(String(Int32.max)) }

  public mutating func integerOrEmpty(_ value: Int32?) {
    if let value, value != .max { integer(value) } else { empty() }
  }

  public mutating func integerOrMax(_ value: Int32?) {
    if let value { integer(value) } else { unsetInteger() }
  }

  /// A finite number in its shortest form that reads back as the same number.
  public mutating func double(_ value: Double, _ field: String) throws(WireError) {
    guard value.isFinite else { throw .malformed(field: field, text: "\(value)") }
    put(Self.spelling(value))
  }

  public mutating func doubleOrEmpty(_ value: Double?, _ field: String) throws(WireError) {
    if let value, value != .greatestFiniteMagnitude { try double(value, field) } else { empty() }
  }

  public mutating func doubleOrMax(_ value: Double?, _ field: String) throws(WireError) {
    try double(value ?? .greatestFiniteMagnitude, field)
  }

  /// As ``doubleOrEmpty(_:_:)``, for the few fields that infinity has a meaning in.
  public mutating func doubleInfinityOrEmpty(_ value: Double?, _ field: String) throws(WireError) {
    if value == .infinity { put("Infinity") } else { try doubleOrEmpty(value, field) }
  }

  /// Plain digits: a size never passes through binary floating point.
  public mutating func decimal(_ value: WireDecimal?) { put(value?.description ?? "") }

  /// A count, then each tag and its value in fields of their own.
  public mutating func counted(_ list: [TagValue], _ field: String) throws(WireError) {
    integer(list.count)
    for pair in list {
      try text(pair.tag, field)
      try text(pair.value, field)
    }
  }

  /// The whole list in one field: `tag=value;tag=value;`.
  public mutating func joined(_ list: [TagValue], _ field: String) throws(WireError) {
    try text(list.map { "\($0.tag)=\($0.value);" }.joined(), field)
  }

  mutating func put(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
  }

  /// The shortest digits that name the number, with an exponent from 1e16 up and below 1e-4. Swift's own text has the
  /// same digits but begins with exponents at 2^53 already.
  static func spelling(_ value: Double) -> String {
    let text = value.description
    guard text.hasSuffix("e+15") else { return text }
    let digits = text.dropLast(4).filter { $0 != "." }
    let places = digits.count - (value < 0 ? 1 : 0)
    return digits + String(repeating: "0", count: 16 - places) + ".0"
  }
}

/// Reads the fields of one payload in their order: text, each field ended by a NUL. A field that is skipped costs nothing
/// but the search for its end. Whatever the bytes are, a reader throws or gives a value; it never traps.
public struct FieldReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  private var cursor: Int

  public init(_ payload: ArraySlice<UInt8>) {
    bytes = payload
    cursor = payload.startIndex
  }

  /// Bytes after the last field that was read.
  public var remaining: Int { bytes.endIndex - cursor }

  /// Whole fields that were not read.
  public var fieldsLeft: Int {
    var count = 0
    bytes[cursor...].withUnsafeBufferPointer { rest in
      var index = 0
      while index < rest.count {
        if rest[index] == 0 { count += 1 }
        index += 1
      }
    }
    return count
  }

  /// The bytes of the next field. A last field without its NUL is none: it may have been cut.
  public mutating func next(_ field: String) throws(WireError) -> ArraySlice<UInt8> {
    let length = bytes[cursor...].withUnsafeBufferPointer { rest in
      var index = 0
      while index < rest.count {
        if rest[index] == 0 { return index }
        index += 1
      }
      return -1
    }
    guard length >= 0 else { throw .missing(field: field) }
    defer { cursor += length + 1 }
    return bytes[cursor..<cursor + length]
  }

  public mutating func skip(_ field: String, count: Int = 1) throws(WireError) {
    for _ in 0..<count { _ = try next(field) }
  }

  // MARK: Text

  /// Text as it stands; bytes that are no UTF-8 are replaced.
  public mutating func text(_ field: String) throws(WireError) -> String {
    String(decoding: try next(field), as: UTF8.self)
  }

  /// Text whose backslash escapes are resolved once: error texts, reject reasons as JSON, long names.
  public mutating func escapedText(_ field: String) throws(WireError) -> String {
    let raw = try next(field)
    return raw.contains(Escapes.backslash) ? Escapes.resolve(raw) : String(decoding: raw, as: UTF8.self)
  }

  // MARK: Booleans and integers

  /// `1` and `true`, `0`, `false` and nothing.
  public mutating func bool(_ field: String) throws(WireError) -> Bool {
    let raw = try next(field)
    if raw.isEmpty { return false }
    if let number = Self.integer(raw) { return number != 0 }
    if raw.elementsEqual("true".utf8) { return true }
    if raw.elementsEqual("false".utf8) { return false }
    throw Self.malformed(field, raw)
  }

  /// An integer of 32 bits as it stands, 0 for nothing.
  public mutating func int(_ field: String) throws(WireError) -> Int32 {
    let raw = try next(field)
    if raw.isEmpty { return 0 }
    guard let wide = Self.integer(raw), let number = Int32(exactly: wide) else { throw Self.malformed(field, raw) }
    return number
  }

  /// An integer of 32 bits, nil where it is not set.
  public mutating func optionalInt(_ field: String) throws(WireError) -> Int32? {
    let raw = try next(field)
    if raw.isEmpty { return nil }
    guard let wide = Self.integer(raw) else { throw Self.malformed(field, raw) }
    if wide == Int64(Int32.max) || wide == .max { return nil }
    guard let number = Int32(exactly: wide) else { throw Self.malformed(field, raw) }
    return number
  }

  /// An integer of 64 bits, 0 where it is not set.
  public mutating func long(_ field: String) throws(WireError) -> Int64 { try optionalLong(field) ?? 0 }

  /// An integer of 64 bits, nil where it is not set.
  public mutating func optionalLong(_ field: String) throws(WireError) -> Int64? {
    let raw = try next(field)
    if raw.isEmpty { return nil }
    guard let number = Self.integer(raw) else { throw Self.malformed(field, raw) }
    return number == .max ? nil : number
  }

  /// How many entries follow, each of at least `fieldsEach` fields; never more than the rest of the message can hold.
  public mutating func count(_ field: String, fieldsEach: Int) throws(WireError) -> Int {
    let raw = try next(field)
    if raw.isEmpty { return 0 }
    guard let wide = Self.integer(raw) else { throw Self.malformed(field, raw) }
    let number = Int(clamping: wide)
    guard number >= 0, number <= remaining / max(fieldsEach, 1) else { throw .impossibleCount(field: field, number) }
    return number
  }

  // MARK: Numbers with a point

  /// A number that has to be there.
  public mutating func double(_ field: String) throws(WireError) -> Double {
    let start = cursor
    guard let number = try optionalDouble(field) else { throw Self.malformed(field, bytes[start..<cursor - 1]) }
    return number
  }

  /// A number, nil where it is not set: nothing, or the largest double.
  public mutating func optionalDouble(_ field: String) throws(WireError) -> Double? {
    let raw = try next(field)
    if raw.isEmpty { return nil }
    guard let first = raw.first, first < UInt8(ascii: "A"), raw.allSatisfy(Self.isNumeric) else {
      return try Self.word(raw, field)
    }
    guard let number = Double(String(decoding: raw, as: UTF8.self)), number.isFinite else {
      throw Self.malformed(field, raw)
    }
    return number == .greatestFiniteMagnitude ? nil : number
  }

  /// A size that has to be there.
  public mutating func decimal(_ field: String) throws(WireError) -> WireDecimal {
    let start = cursor
    guard let number = try optionalDecimal(field) else { throw Self.malformed(field, bytes[start..<cursor - 1]) }
    return number
  }

  /// A size, nil where it is not set, in any of the spellings of that.
  public mutating func optionalDecimal(_ field: String) throws(WireError) -> WireDecimal? {
    let raw = try next(field)
    if Self.isUnsetDecimal(raw) { return nil }
    guard let number = WireDecimal(String(decoding: raw, as: UTF8.self)) else { throw Self.malformed(field, raw) }
    return number
  }
}

extension FieldReader {
  /// Digits with an optional sign; nil when it is something else or does not fit.
  static func integer(_ raw: ArraySlice<UInt8>) -> Int64? {
    var digits = raw
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let (shifted, isOver) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte - UInt8(ascii: "0"))
      // Downwards for a negative number: the lowest one has no positive counterpart.
      let (sum, isPast) =
        isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
      if isOver || isPast { return nil }
      value = sum
    }
    return value
  }

  static func isUnsetDecimal(_ raw: ArraySlice<UInt8>) -> Bool {
    guard raw.count >= 3 else { return raw.isEmpty }
    return unsetDecimals.contains { raw.elementsEqual($0) }
  }

  static let unsetDecimals: [String.UTF8View] = [
    "2147483647".utf8, "9223372036854775807".utf8, "-9223372036854775808".utf8, "1.7976931348623157E308".utf8,
    "1.7976931348623157e308".utf8, "1.7976931348623157E+308".utf8, "1.7976931348623157e+308".utf8, "NaN".utf8,
  ]

  static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// The words that stand for numbers.
  static func word(_ raw: ArraySlice<UInt8>, _ field: String) throws(WireError) -> Double? {
    if raw.elementsEqual("Infinity".utf8) || raw.elementsEqual("Infinite".utf8) { return .infinity }
    if raw.elementsEqual("-Infinity".utf8) { return -.infinity }
    if raw.elementsEqual("NaN".utf8) { return nil }
    throw malformed(field, raw)
  }

  /// The start of the text is enough to see what is wrong with it.
  static func malformed(_ field: String, _ raw: ArraySlice<UInt8>) -> WireError {
    .malformed(field: field, text: String(decoding: raw.prefix(200), as: UTF8.self))
  }
}

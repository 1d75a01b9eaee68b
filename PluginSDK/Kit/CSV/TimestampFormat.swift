/// How the text of a time column is read into nanoseconds UTC.
public struct TimestampFormat: Equatable, Sendable {
  public enum Notation: String, Equatable, Sendable, CaseIterable {
    /// ISO 8601 when the text is a date (also YYYYMMDD) or a date and time, else an epoch whose unit its size tells:
    /// seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, nanoseconds from there.
    case automatic
    case iso
    case epochSeconds, epochMilliseconds, epochMicroseconds, epochNanoseconds
  }

  public var notation: Notation
  /// The clock time that a date without a time stands for: the moment a daily bar is known.
  public var dateSecondOfDay: Int64
  /// The place whose clock `dateSecondOfDay` is read on.
  public var dateZone: TimeZoneRule
  /// The zone of a date and time that names none.
  public var naiveZone: TimeZoneRule

  /// A date means 16:00 in New York, the close of the regular session; a time without a zone means UTC.
  public init(
    notation: Notation = .automatic, dateSecondOfDay: Int64 = 16 * 3600, dateZone: TimeZoneRule = .newYork,
    naiveZone: TimeZoneRule = .utc
  ) {
    self.notation = notation
    self.dateSecondOfDay = dateSecondOfDay
    self.dateZone = dateZone
    self.naiveZone = naiveZone
  }

  /// Nanoseconds UTC of one text; nil when it is no time in this format.
  public func nanoseconds(_ text: String) -> Int64? {
    var reader = TimestampReader(self)
    var text = text
    return text.withUTF8 { reader.read(UnsafeRawBufferPointer($0)) }
  }
}

/// Reads timestamps; it remembers the last day, since rows of one day stand together.
struct TimestampReader {
  private let format: TimestampFormat
  private var lastDay = Int64.min
  private var lastClose: Int64 = 0

  init(_ format: TimestampFormat) { self.format = format }

  /// Nanoseconds since 1970-01-01T00:00Z, or nil when the text is no time or lies outside 1678 to 2261.
  mutating func read(_ text: UnsafeRawBufferPointer) -> Int64? {
    switch format.notation {
    case .iso: return readISO(text)
    case .epochSeconds: return readEpoch(text, decimals: 9)
    case .epochMilliseconds: return readEpoch(text, decimals: 6)
    case .epochMicroseconds: return readEpoch(text, decimals: 3)
    case .epochNanoseconds: return readEpoch(text, decimals: 0)
    case .automatic:
      if text.count == 8 || (text.count >= 10 && text[4] == UInt8(ascii: "-")) { return readISO(text) }
      return readEpoch(text, decimals: nil)
    }
  }

  private func readEpoch(_ text: UnsafeRawBufferPointer, decimals: Int?) -> Int64? {
    guard let number = DecimalNumber(text), !number.isTruncated else { return nil }
    guard let units = decimals ?? TimestampReader.unit(of: number) else { return nil }
    let exponent = number.exponent + units
    guard exponent < 19, exponent > -19 else { return number.digits == 0 ? 0 : nil }
    let power = (0..<abs(exponent)).reduce(UInt64(1)) { power, _ in power * 10 }
    let (value, overflow) =
      exponent >= 0
      ? number.digits.multipliedReportingOverflow(by: power) : (number.digits / power, false)
    guard !overflow, value <= UInt64(Int64.max) else { return nil }
    return number.isNegative ? -Int64(value) : Int64(value)
  }

  private static func unit(of number: DecimalNumber) -> Int? {
    guard number.exponent <= 0, number.exponent > -19 else { return number.exponent == 0 ? 9 : nil }
    let whole = number.digits / (0..<(-number.exponent)).reduce(UInt64(1)) { power, _ in power * 10 }
    switch whole {
    case ..<100_000_000_000: return 9
    case ..<100_000_000_000_000: return 6
    case ..<100_000_000_000_000_000: return 3
    default: return 0
    }
  }

  private mutating func readISO(_ text: UnsafeRawBufferPointer) -> Int64? {
    var cursor = DigitCursor(text: text)
    guard let year = cursor.number(4) else { return nil }
    let isBasic = cursor.peek != UInt8(ascii: "-")
    if !isBasic { cursor.advance() }
    guard let month = cursor.number(2), isBasic || cursor.take("-"), let dayOfMonth = cursor.number(2) else {
      return nil
    }
    let date = CivilDate(year: year, month: month, day: dayOfMonth)
    // What Int64 nanoseconds can hold, with a day to spare.
    guard date.isValid, year >= 1678, year <= 2261 else { return nil }
    let day = date.dayNumber
    if cursor.isAtEnd { return close(of: day) }
    guard cursor.take("T") || cursor.take("t") || cursor.take(" ") else { return nil }
    return readTime(&cursor, day: day)
  }

  private mutating func close(of day: Int64) -> Int64 {
    if day != lastDay {
      lastDay = day
      let second = format.dateSecondOfDay
      let offset = format.dateZone.offset(localDay: day, second: second)
      lastClose = (day * 86_400 + second - offset) * 1_000_000_000
    }
    return lastClose
  }

  private func readTime(_ cursor: inout DigitCursor, day: Int64) -> Int64? {
    guard let hour = cursor.number(2), hour < 24, cursor.take(":"), let minute = cursor.number(2), minute < 60 else {
      return nil
    }
    var second = 0
    var nanoseconds: Int64 = 0
    if cursor.take(":") {
      guard let seconds = cursor.number(2), seconds < 60 else { return nil }
      second = seconds
      if cursor.take(".") || cursor.take(",") {
        guard let fraction = cursor.fraction() else { return nil }
        nanoseconds = fraction
      }
    }
    let local = Int64(hour * 3600 + minute * 60 + second)
    guard let offset = readOffset(&cursor, day: day, second: local), cursor.isAtEnd else { return nil }
    return (day * 86_400 + local - offset) * 1_000_000_000 + nanoseconds
  }

  private func readOffset(_ cursor: inout DigitCursor, day: Int64, second: Int64) -> Int64? {
    if cursor.isAtEnd { return format.naiveZone.offset(localDay: day, second: second) }
    _ = cursor.take(" ")
    if cursor.take("Z") || cursor.take("z") { return 0 }
    if cursor.take("U") { return cursor.take("T") && cursor.take("C") ? 0 : nil }
    let isEast = cursor.take("+")
    guard isEast || cursor.take("-"), let hours = cursor.number(2), hours <= 18 else { return nil }
    var minutes = 0
    if cursor.take(":") || !cursor.isAtEnd {
      guard let value = cursor.number(2), value < 60 else { return nil }
      minutes = value
    }
    let seconds = Int64(hours * 3600 + minutes * 60)
    return isEast ? seconds : -seconds
  }
}

/// Takes fixed-width numbers and single characters off the front of a text.
private struct DigitCursor {
  let text: UnsafeRawBufferPointer
  private var position = 0

  init(text: UnsafeRawBufferPointer) { self.text = text }

  var isAtEnd: Bool { position == text.count }
  var peek: UInt8? { isAtEnd ? nil : text[position] }
  mutating func advance() { position += 1 }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func number(_ width: Int) -> Int? {
    guard position + width <= text.count else { return nil }
    var value = 0
    for index in position..<position + width {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    position += width
    return value
  }

  /// One to nine digits after the point, in nanoseconds.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while position < text.count, text[position] &- UInt8(ascii: "0") < 10 {
      guard count < 9 else { return nil }
      value = value * 10 + Int64(text[position] &- UInt8(ascii: "0"))
      count += 1
      position += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<9 { value *= 10 }
    return value
  }
}

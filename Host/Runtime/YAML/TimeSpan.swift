/// A length of time: `250ms`, `30s`, `5m`, `2h`, `4d`, or a sum such as `1h 30m`.
public struct TimeSpan: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  private static let unitNames: [(name: String, nanoseconds: Int64)] = [
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
  ]

  /// - Returns: nil when the text is not whole numbers with units, largest unit first, or passes 292 years.
  public init?(parsing text: String) {
    var rest = Array(text.utf8)[...]
    var total: Int64 = 0
    var last = -1
    while !rest.isEmpty {
      if last >= 0 { rest = rest.drop { $0 == UInt8(ascii: " ") } }
      let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      rest = rest.dropFirst(digits.count).drop { $0 == UInt8(ascii: " ") }
      let letters = rest.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
      rest = rest.dropFirst(letters.count)
      let name = String(decoding: letters, as: UTF8.self)
      guard let count = Int64(String(decoding: digits, as: UTF8.self)),
        let unit = Self.unitNames.firstIndex(where: { $0.name == name }), unit > last
      else { return nil }
      let (part, tooLarge) = count.multipliedReportingOverflow(by: Self.unitNames[unit].nanoseconds)
      let (sum, overflow) = total.addingReportingOverflow(part)
      if tooLarge || overflow { return nil }
      total = sum
      last = unit
    }
    guard last >= 0 else { return nil }
    nanoseconds = total
  }

  /// The largest unit that says it in a whole number.
  public var description: String {
    for unit in Self.unitNames where nanoseconds % unit.nanoseconds == 0 && nanoseconds != 0 {
      return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }
    return "0s"
  }

  public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// A wall-clock time in some zone, to the second: `09:30` or `09:30:15`.
public struct TimeOfDay: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 0 to 86,399.
  public var secondsSinceMidnight: Int

  public init(secondsSinceMidnight: Int) { self.secondsSinceMidnight = secondsSinceMidnight }

  public init?(parsing text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3 else { return nil }
    var fields: [Int] = []
    for part in parts {
      guard let value = Digits.value(part, count: 2) else { return nil }
      fields.append(value)
    }
    guard fields[0] < 24, fields.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
    secondsSinceMidnight = fields[0] * 3600 + fields[1] * 60 + (fields.count == 3 ? fields[2] : 0)
  }

  public var description: String {
    let seconds = secondsSinceMidnight % 60
    let text = Digits.padded(secondsSinceMidnight / 3600, 2) + ":" + Digits.padded(secondsSinceMidnight / 60 % 60, 2)
    return seconds == 0 ? text : text + ":" + Digits.padded(seconds, 2)
  }

  public static func < (left: TimeOfDay, right: TimeOfDay) -> Bool {
    left.secondsSinceMidnight < right.secondsSinceMidnight
  }
}

/// A day of the Gregorian calendar, `2024-07-03`.
public struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let year: Int
  public let month: Int
  public let day: Int

  /// - Returns: nil when there is no such day.
  public init?(year: Int, month: Int, day: Int) {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...9999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
      return nil
    }
    self.year = year
    self.month = month
    self.day = day
  }

  public init?(parsing text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = Digits.value(parts[0], count: 4), let month = Digits.value(parts[1], count: 2),
      let day = Digits.value(parts[2], count: 2)
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  public var description: String {
    Digits.padded(year, 4) + "-" + Digits.padded(month, 2) + "-" + Digits.padded(day, 2)
  }

  public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}

enum Digits {
  /// The value of exactly `count` ASCII digits.
  static func value(_ text: Substring, count: Int) -> Int? {
    guard text.utf8.count == count, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
      return nil
    }
    return Int(text)
  }

  static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

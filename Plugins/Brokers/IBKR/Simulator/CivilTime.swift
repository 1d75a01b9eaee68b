/// Times as the gateway writes them: in UTC, and on the clock of New York, where its stocks trade.
struct CivilTime {
  var year = 1970
  var month = 1
  var day = 1
  var second = 0

  static let nanoseconds: Int64 = 1_000_000_000

  /// - Parameter seconds: since 1970, on whatever clock is meant.
  init(_ seconds: Int64) {
    let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    second = Int(seconds - days * 86_400)
    // Days since 1 March of year 0, in cycles of 400 years.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// Seconds since 1970 of a day's start on the same clock.
  static func seconds(year: Int, month: Int, day: Int) -> Int64 {
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era * 146_097 + dayOfEra - 719_468) * 86_400
  }

  /// 0 is Sunday.
  static func weekday(_ seconds: Int64) -> Int { Int(((seconds / 86_400 + 4) % 7 + 7) % 7) }

  /// Seconds that New York is behind UTC: four hours from the second Sunday of March to the first of November, else five.
  static func behindUTC(_ seconds: Int64) -> Int64 {
    let year = CivilTime(seconds).year
    let march = Self.seconds(year: year, month: 3, day: 1)
    let november = Self.seconds(year: year, month: 11, day: 1)
    let begins = march + Int64((7 - weekday(march)) % 7 + 7) * 86_400 + 7 * 3600
    let ends = november + Int64((7 - weekday(november)) % 7) * 86_400 + 6 * 3600
    return seconds >= begins && seconds < ends ? 4 * 3600 : 5 * 3600
  }

  /// The clock of New York at a time since 1970.
  static func newYork(_ seconds: Int64) -> CivilTime { CivilTime(seconds - behindUTC(seconds)) }

  var date: String { "\(Self.padded(year, 4))\(Self.padded(month, 2))\(Self.padded(day, 2))" }
  var clock: String {
    "\(Self.padded(second / 3600, 2)):\(Self.padded(second / 60 % 60, 2)):\(Self.padded(second % 60, 2))"
  }

  /// `20261120 09:31:05 US/Eastern`.
  static func zoned(_ seconds: Int64) -> String {
    let time = newYork(seconds)
    return "\(time.date) \(time.clock) US/Eastern"
  }

  /// `20261120-14:31:05`, in UTC.
  static func dashed(_ seconds: Int64) -> String {
    let time = CivilTime(seconds)
    return "\(time.date)-\(time.clock)"
  }

  /// Seconds since 1970 of `yyyymmdd-hh:mm:ss` in UTC, or `yyyymmdd hh:mm:ss` with a zone (New York's unless it is UTC);
  /// nil: it is no time.
  static func parse(_ text: String) -> Int64? {
    let parts = text.split(whereSeparator: { $0 == " " || $0 == "-" }).map(String.init)
    guard let date = parts.first, date.utf8.count == 8, let number = Int(date) else { return nil }
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    var seconds = Self.seconds(year: year, month: month, day: day)
    if parts.count > 1 {
      let clock = parts[1].split(separator: ":").compactMap { Int($0) }
      guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
      else { return nil }
      seconds += Int64(clock[0] * 3600 + clock[1] * 60 + clock[2])
    }
    let isUTC = text.utf8.count > 8 && text.dropFirst(8).first == "-" || parts.count > 2 && parts[2] == "UTC"
    return isUTC ? seconds : seconds + behindUTC(seconds + 5 * 3600)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }
}

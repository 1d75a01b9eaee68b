/// The rule that tells how far a place's clock is from UTC.
public enum TimeZoneRule: Equatable, Sendable {
  /// America/New_York, by the rules in force on the date, from 1918 on; standard time before.
  case newYork
  /// Seconds east of UTC, the same all year.
  case fixed(seconds: Int64)

  public static let utc = TimeZoneRule.fixed(seconds: 0)

  /// Seconds to add to UTC to get the local clock, at a local time given as days and seconds since 1970-01-01.
  ///
  /// The hour that a clock shows twice in autumn is taken as its first (summer) occurrence; the hour it skips in spring
  /// is read on the standard clock.
  public func offset(localDay day: Int64, second: Int64) -> Int64 {
    switch self {
    case .fixed(let seconds): seconds
    case .newYork: NewYorkClock.isSummer(day: day, second: second) ? -4 * 3600 : -5 * 3600
    }
  }
}

/// Daylight saving in New York: federal law of 1918-19, the city's own rule of 1920-66, war time 1942-45, the Uniform
/// Time Act of 1966 with the emergency act of 1973, and the amendments of 1986 and 2005.
private enum NewYorkClock {
  /// Whether summer time is in force at a local time; both changes are at 02:00 on the clock in force before.
  static func isSummer(day: Int64, second: Int64) -> Bool {
    let year = CivilDate(day: day).year
    guard let (start, end) = season(year) else { return false }
    // Clocks show 02:00 summer time at the end, so the hour from 01:00 is the summer one on its first showing.
    let isAfterStart = day > start || (day == start && second >= 2 * 3600)
    let isBeforeEnd = day < end || (day == end && second < 2 * 3600)
    return isAfterStart && isBeforeEnd
  }

  /// First and last day of summer time in a year.
  private static func season(_ year: Int) -> (Int64, Int64)? {
    let october = lastSunday(year, 10)
    switch year {
    case ..<1918: return nil
    case 1918, 1919: return (lastSunday(year, 3), october)
    case 1920: return (lastSunday(year, 3), october)
    case 1921...1941: return (lastSunday(year, 4), lastSunday(year, 9))
    case 1942: return (CivilDate(year: year, month: 2, day: 9).dayNumber, firstDay(year + 1))
    case 1943, 1944: return (firstDay(year) - 1, firstDay(year + 1))
    case 1945: return (firstDay(year) - 1, CivilDate(year: year, month: 9, day: 30).dayNumber)
    case 1946...1954: return (lastSunday(year, 4), lastSunday(year, 9))
    case 1974: return (CivilDate(year: year, month: 1, day: 6).dayNumber, october)
    case 1975: return (CivilDate(year: year, month: 2, day: 23).dayNumber, october)
    case 1955...1986: return (lastSunday(year, 4), october)
    case 1987...2006: return (sunday(year, 4, onOrAfter: 1), october)
    default: return (sunday(year, 3, onOrAfter: 8), sunday(year, 11, onOrAfter: 1))
    }
  }

  private static func firstDay(_ year: Int) -> Int64 { CivilDate(year: year, month: 1, day: 1).dayNumber }

  private static func sunday(_ year: Int, _ month: Int, onOrAfter first: Int) -> Int64 {
    let day = CivilDate(year: year, month: month, day: first).dayNumber
    // Day 0 was a Thursday: day 3 the first Sunday.
    return day + ((3 - day) % 7 + 7) % 7
  }

  private static func lastSunday(_ year: Int, _ month: Int) -> Int64 {
    sunday(year, month, onOrAfter: CivilDate.days(inMonth: month, of: year) - 6)
  }
}

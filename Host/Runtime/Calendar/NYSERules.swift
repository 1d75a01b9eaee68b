import AlphaLoopCSV

/// The holidays and early closes of the New York Stock Exchange, which the other US equity exchanges share.
///
/// NYSE Rule 7.2 (holidays) with the dates the exchange published for its early closes, and the days on which it closed
/// for events that no rule foretells. In force from 1990 on; years to come are the rules of today.
enum NYSERules {
  /// Market identifier codes (ISO 10383) of exchanges that keep these days.
  static let exchanges: Set<String> = ["XNYS", "XNAS", "XASE", "ARCX", "BATS", "BATY", "EDGA", "EDGX", "IEXG"]

  static let firstYear = 1990

  /// Days without a session, in days since 1970-01-01; some may fall on a weekend.
  static func closures(in year: Int) -> [Int64] {
    var days = [
      day(year, 2, weekday: .monday, nth: 3),
      easterSunday(year) - 2,
      lastMondayOfMay(year),
      nearestWeekday(day(year, 7, 4)),
      day(year, 9, weekday: .monday, nth: 1),
      thanksgiving(year),
      nearestWeekday(day(year, 12, 25)),
    ]
    // A New Year's Day on Saturday is not made up for: the Friday ends a month and a year of accounts.
    let newYear = day(year, 1, 1)
    days.append(Weekday(day: newYear) == .sunday ? newYear + 1 : newYear)
    if year >= 1998 { days.append(day(year, 1, weekday: .monday, nth: 3)) }
    if year >= 2022 { days.append(nearestWeekday(day(year, 6, 19))) }
    return days + specialClosures.filter { $0.year == year }.map(\.dayNumber)
  }

  /// Days that end early.
  static func earlyCloses(in year: Int) -> [Int64] {
    var days: [Int64] = []
    if year >= 1992 { days.append(thanksgiving(year) + 1) }
    // A Christmas Eve on Friday is Christmas observed.
    let christmasEve = day(year, 12, 24)
    if Weekday(day: christmasEve).isAmongMondayToThursday { days.append(christmasEve) }
    if year >= 1995 { days += besideIndependenceDay(year) }
    return days + specialEarlyCloses.filter { $0.year == year }.map(\.dayNumber)
  }

  /// Early closes were at 14:00 until 1992.
  static func earlyCloseSecond(in year: Int) -> Int64? { year <= 1992 ? 14 * 3600 : nil }

  /// The day before 4 July when both are weekdays; for a Thursday the Friday after it, until 2013 turned that round.
  private static func besideIndependenceDay(_ year: Int) -> [Int64] {
    let fourth = day(year, 7, 4)
    return switch Weekday(day: fourth) {
    case .tuesday, .wednesday, .friday: [fourth - 1]
    case .thursday: [year < 2013 ? fourth + 1 : fourth - 1]
    default: []
    }
  }

  private static let specialClosures = [
    CivilDate(year: 1994, month: 4, day: 27),  // Funeral of Richard Nixon.
    CivilDate(year: 2001, month: 9, day: 11),  // Attack on the World Trade Center.
    CivilDate(year: 2001, month: 9, day: 12),
    CivilDate(year: 2001, month: 9, day: 13),
    CivilDate(year: 2001, month: 9, day: 14),
    CivilDate(year: 2004, month: 6, day: 11),  // Funeral of Ronald Reagan.
    CivilDate(year: 2007, month: 1, day: 2),  // Mourning for Gerald Ford.
    CivilDate(year: 2012, month: 10, day: 29),  // Hurricane Sandy.
    CivilDate(year: 2012, month: 10, day: 30),
    CivilDate(year: 2018, month: 12, day: 5),  // Mourning for George H. W. Bush.
    CivilDate(year: 2025, month: 1, day: 9),  // Mourning for Jimmy Carter.
  ]

  private static let specialEarlyCloses = [
    CivilDate(year: 1997, month: 12, day: 26),
    CivilDate(year: 1999, month: 12, day: 31),
    CivilDate(year: 2003, month: 12, day: 26),
  ]

  private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
    CivilDate(year: year, month: month, day: day).dayNumber
  }

  private static func day(_ year: Int, _ month: Int, weekday: Weekday, nth: Int) -> Int64 {
    let first = day(year, month, 1)
    let distance = (weekday.rawValue - Weekday(day: first).rawValue + 7) % 7
    return first + Int64(distance + 7 * (nth - 1))
  }

  private static func thanksgiving(_ year: Int) -> Int64 { day(year, 11, weekday: .thursday, nth: 4) }

  private static func lastMondayOfMay(_ year: Int) -> Int64 {
    let last = day(year, 5, 31)
    return last - Int64(Weekday(day: last).rawValue)
  }

  /// A holiday on Saturday is kept on the Friday before, one on Sunday on the Monday after.
  private static func nearestWeekday(_ day: Int64) -> Int64 {
    switch Weekday(day: day) {
    case .saturday: day - 1
    case .sunday: day + 1
    default: day
    }
  }

  /// The anonymous Gregorian computus (Meeus, Astronomical Algorithms, 2nd ed., 1998, chapter 8).
  private static func easterSunday(_ year: Int) -> Int64 {
    let (a, b, c) = (year % 19, year / 100, year % 100)
    let (d, e) = (b / 4, b % 4)
    let g = (b - (b + 8) / 25 + 1) / 3
    let h = (19 * a + b - d - g + 15) % 30
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7
    let m = (a + 11 * h + 22 * l) / 451
    let n = h + l - 7 * m + 114
    return day(year, n / 31, n % 31 + 1)
  }
}

/// A day of the week, Monday 0.
enum Weekday: Int {
  case monday, tuesday, wednesday, thursday, friday, saturday, sunday

  init(day: Int64) {
    // Day 0 was a Thursday.
    let index = Int(((day + 3) % 7 + 7) % 7)
    self = Weekday(rawValue: index) ?? .monday
  }

  var isAmongMondayToThursday: Bool { rawValue <= Weekday.thursday.rawValue }
}

/// A day of the proleptic Gregorian calendar, UTC.
///
/// Day numbers count from 1970-01-01. The conversions follow the shifted-year scheme in which a year begins on 1 March, so
/// that the leap day comes last: 400 years hold 146,097 days, and the months from March on have lengths the line
/// (153 m + 2) / 5 reproduces.
public struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let year: Int
  /// 1 to 12.
  public let month: Int
  /// 1 to 31.
  public let day: Int

  public static let nanosecondsPerDay: Int64 = 86_400_000_000_000

  /// The date of a day number (days since 1970-01-01; negative before).
  public init(dayNumber: Int) {
    let shifted = dayNumber + 719_468
    let era = Self.floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The UTC date of a moment in nanoseconds since 1970-01-01T00:00:00Z.
  public init(nanoseconds: Int64) { self.init(dayNumber: Self.dayNumber(nanoseconds: nanoseconds)) }

  /// That day, or nil when the calendar has no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, year: year) else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  private init(validYear year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// Days since 1970-01-01.
  public var dayNumber: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = Self.floorDivide(shiftedYear, 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The UTC day number of a moment in nanoseconds since 1970-01-01T00:00:00Z.
  public static func dayNumber(nanoseconds: Int64) -> Int { Int(floorDivide(nanoseconds, nanosecondsPerDay)) }

  /// The same day so many months later (negative: earlier), moved back to the month's last day when it has no such day.
  public func adding(months: Int) -> CivilDate {
    let index = year * 12 + month - 1 + months
    let year = Self.floorDivide(index, 12)
    let month = index - year * 12 + 1
    return CivilDate(validYear: year, month: month, day: min(day, Self.length(ofMonth: month, year: year)))
  }

  /// Days in a month, 28 to 31.
  public static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  public static func < (a: CivilDate, b: CivilDate) -> Bool { (a.year, a.month, a.day) < (b.year, b.month, b.day) }

  /// ISO 8601, such as `2022-12-30`.
  public var description: String {
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number.magnitude)
      return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  private static func floorDivide<T: BinaryInteger>(_ a: T, _ b: T) -> T {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
  }
}

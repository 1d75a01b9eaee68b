import AlphaLoopCSV
public import AlphaLoopYAML
public import CAlphaLoop

/// The trading sessions of one calendar, from 1990 to 2050 or as far as its file goes.
///
/// ```swift
/// let calendar = try SessionCalendar(configuration.sessions.calendar, directory: "config")
/// let session = calendar.session(containing: asOf)   // nil on weekends and holidays
/// ```
public struct SessionCalendar: Sendable {
  public let id: String
  /// In time order.
  public let sessions: [TradingSession]
  private let zone: TimeZoneRule

  static let lastYear = 2050

  /// - Parameters:
  ///   - calendar: as `sessions.yaml` gives it.
  ///   - directory: where a relative path of a holiday file starts.
  /// - Throws: `HostError` of kind configuration (a zone or exchange whose rules are not known) or data (the file).
  public init(_ calendar: SessionsConfiguration.Calendar, directory: String) throws(HostError) {
    guard let zone = SessionCalendar.zone(calendar.timeZone) else {
      throw HostError(.configuration, "calendar \(calendar.id): \(Self.unknownZone(calendar.timeZone))")
    }
    self.zone = zone
    id = calendar.id
    switch calendar.holidays {
    case .none:
      sessions = SessionCalendar.generate(calendar, zone, rules: false)
    case .rules:
      guard Self.hasRules(calendar.id, zone: calendar.timeZone) else {
        throw HostError(.configuration, "calendar \(calendar.id): \(Self.noRules)")
      }
      sessions = SessionCalendar.generate(calendar, zone, rules: true)
    case .file(let path):
      sessions = try SessionFile.read(path.hasPrefix("/") ? path : directory + "/" + path, zone)
    }
  }

  /// The regular sessions of the New York Stock Exchange.
  public static let newYork = SessionCalendar(
    id: "XNYS", zone: .newYork, sessions: generate(newYorkHours, .newYork, rules: true))

  private init(id: String, zone: TimeZoneRule, sessions: [TradingSession]) {
    self.id = id
    self.zone = zone
    self.sessions = sessions
  }

  private static var newYorkHours: SessionsConfiguration.Calendar {
    .init(
      id: "XNYS", timeZone: "America/New_York", days: [.monday, .tuesday, .wednesday, .thursday, .friday],
      open: TimeOfDay(secondsSinceMidnight: 34_200), close: TimeOfDay(secondsSinceMidnight: 57_600),
      earlyClose: TimeOfDay(secondsSinceMidnight: 46_800), holidays: .rules)
  }

  /// The zones whose rules the host knows, by IANA name.
  private static let zones: KeyValuePairs<String, TimeZoneRule> = [
    "America/New_York": .newYork, "UTC": .utc, "US/Eastern": .newYork, "Etc/UTC": .utc,
  ]
}

// MARK: - What the host knows

extension SessionCalendar {
  static func isKnown(zone name: String) -> Bool { zone(name) != nil }

  static func unknownZone(_ name: String) -> String {
    let advice = NearestWord.advice(for: name, in: zones.map(\.key), noun: "the host knows")
    return "the time zone '\(name)' is not known; \(advice)"
  }

  /// Whether the host computes the holidays of a calendar.
  static func hasRules(_ id: String, zone name: String) -> Bool {
    NYSERules.exchanges.contains(id) && zone(name) == .newYork
  }

  static let noRules =
    "the host has holiday rules for \(NYSERules.exchanges.sorted().joined(separator: ", ")) in America/New_York only; "
    + "write 'holidays: {source: file, file: PATH}'"

  private static func zone(_ name: String) -> TimeZoneRule? { zones.first { $0.key == name }?.value }
}

// MARK: - Looking up

extension SessionCalendar {
  /// The first and last date it knows, in days since 1970-01-01; outside, every answer is nil.
  public var days: ClosedRange<Int64>? {
    guard let first = sessions.first, let last = sessions.last else { return nil }
    return first.day...last.day
  }

  /// The session of a date, given in days since 1970-01-01; nil on a day without one.
  public func session(day: Int64) -> TradingSession? {
    let index = firstIndex(from: day)
    return index < sessions.count && sessions[index].day == day ? sessions[index] : nil
  }

  /// The session of a date; nil on a day without one.
  public func session(year: Int, month: Int, day: Int) -> TradingSession? {
    session(day: CivilDate(year: year, month: month, day: day).dayNumber)
  }

  /// The sessions from one date to another, both included.
  public func sessions(
    from first: (year: Int, month: Int, day: Int), to last: (year: Int, month: Int, day: Int)
  ) -> ArraySlice<TradingSession> {
    let start = firstIndex(from: CivilDate(year: first.year, month: first.month, day: first.day).dayNumber)
    let end = firstIndex(from: CivilDate(year: last.year, month: last.month, day: last.day).dayNumber + 1)
    return sessions[start..<max(start, end)]
  }

  public func isTradingDay(_ day: Int64) -> Bool { session(day: day) != nil }

  /// The session on whose local date a moment lies, before, within or after its hours; nil when that date has none.
  public func session(containing nanoseconds: Int64) -> TradingSession? { session(day: localDay(nanoseconds)) }

  /// Whether the market is open at a moment; the open counts, the close does not.
  public func isOpen(at nanoseconds: Int64) -> Bool {
    session(containing: nanoseconds).map { $0.open <= nanoseconds && nanoseconds < $0.close } ?? false
  }

  /// The first session of a later date.
  public func session(after day: Int64) -> TradingSession? {
    let index = firstIndex(from: day + 1)
    return index < sessions.count ? sessions[index] : nil
  }

  /// The last session of an earlier date.
  public func session(before day: Int64) -> TradingSession? {
    let index = firstIndex(from: day)
    return index > 0 ? sessions[index - 1] : nil
  }

  /// Fills what agents see of the session a moment belongs to; all 0 but the neighbours' dates on a day without one.
  public func fill(_ record: inout al_session_v1, at nanoseconds: Int64) {
    let day = localDay(nanoseconds)
    let index = firstIndex(from: day)
    let isSession = index < sessions.count && sessions[index].day == day
    let next = isSession ? index + 1 : index
    record.size = UInt32(MemoryLayout<al_session_v1>.size)
    record.early_close = isSession && sessions[index].isEarlyClose ? 1 : 0
    record.date_ns = isSession ? sessions[index].dateNanoseconds : 0
    record.open_ns = isSession ? sessions[index].open : 0
    record.close_ns = isSession ? sessions[index].close : 0
    record.previous_date_ns = index > 0 ? sessions[index - 1].dateNanoseconds : 0
    record.next_date_ns = next < sessions.count ? sessions[next].dateNanoseconds : 0
  }

  /// Nanoseconds UTC of a clock time on a date of the calendar's zone.
  public func nanoseconds(day: Int64, at time: TimeOfDay) -> Int64 {
    SessionCalendar.nanoseconds(day, Int64(time.secondsSinceMidnight), zone)
  }

  /// The date on the calendar's clock, in days since 1970-01-01.
  public func localDay(_ nanoseconds: Int64) -> Int64 { SessionCalendar.localDay(nanoseconds, zone) }

  /// Index of the first session on the day or later.
  private func firstIndex(from day: Int64) -> Int {
    var (low, high) = (0, sessions.count)
    while low < high {
      let middle = (low + high) / 2
      if sessions[middle].day < day { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

// MARK: - Making

extension SessionCalendar {
  private static func generate(
    _ calendar: SessionsConfiguration.Calendar, _ zone: TimeZoneRule, rules: Bool
  ) -> [TradingSession] {
    let weekdays = Set(calendar.days.compactMap(SessionsConfiguration.Weekday.allCases.firstIndex(of:)))
    var sessions: [TradingSession] = []
    for year in NYSERules.firstYear...lastYear {
      let closures = rules ? Set(NYSERules.closures(in: year)) : []
      let earlyCloses = rules ? Set(NYSERules.earlyCloses(in: year)) : []
      let usualEarlyClose = Int64(calendar.earlyClose?.secondsSinceMidnight ?? 13 * 3600)
      let earlyClose = NYSERules.earlyCloseSecond(in: year) ?? usualEarlyClose
      let first = CivilDate(year: year, month: 1, day: 1).dayNumber
      let end = CivilDate(year: year + 1, month: 1, day: 1).dayNumber
      for day in first..<end where weekdays.contains(Weekday(day: day).rawValue) && !closures.contains(day) {
        let isEarly = earlyCloses.contains(day)
        let close = isEarly ? earlyClose : Int64(calendar.close.secondsSinceMidnight)
        sessions.append(
          TradingSession(
            day: day, open: nanoseconds(day, Int64(calendar.open.secondsSinceMidnight), zone),
            close: nanoseconds(day, close, zone), isEarlyClose: isEarly))
      }
    }
    return sessions
  }

  private static func nanoseconds(_ day: Int64, _ second: Int64, _ zone: TimeZoneRule) -> Int64 {
    (day * 86_400 + second - zone.offset(localDay: day, second: second)) * 1_000_000_000
  }

  static func localDay(_ nanoseconds: Int64, _ zone: TimeZoneRule) -> Int64 {
    func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }
    let seconds = floorDivide(nanoseconds, 1_000_000_000)
    // The rule asks for local time. New York's standard clock is near enough: both changes of its clock come more than an
    // hour after midnight, so the date is right on either side.
    let guess = zone == .newYork ? seconds - 5 * 3600 : seconds
    let day = floorDivide(guess, 86_400)
    return floorDivide(seconds + zone.offset(localDay: day, second: guess - day * 86_400), 86_400)
  }
}

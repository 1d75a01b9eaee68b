public import AlphaLoopYAML

/// `sessions.yaml`: the trading calendars and the daily round of the host.
public struct SessionsConfiguration: Sendable, Equatable {
  public enum Weekday: String, CaseIterable, Sendable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday
  }

  /// Where closures and early closes come from.
  public enum Holidays: Sendable, Equatable {
    /// The exchange's published rules, computed by the host.
    case rules
    /// A CSV file: `date,open_utc,close_utc,early_close`, one row a session. The path is as written.
    case file(String)
    /// Markets that never close for holidays.
    case none
  }

  public struct Calendar: Sendable, Equatable {
    public var id: String
    /// IANA name; every time of the calendar is local to it.
    public var timeZone: String
    /// In the order of the week.
    public var days: [Weekday]
    public var open: TimeOfDay
    public var close: TimeOfDay
    public var earlyClose: TimeOfDay?
    public var holidays: Holidays
  }

  /// The round, in its order; `open` and `close` come from the calendar and stand between `opening_orders` and `report`.
  public enum Phase: String, CaseIterable, Sendable {
    case collect, train, validate, promote
    case preOpenChecks = "pre_open_checks"
    case openingOrders = "opening_orders"
    case report, reload
  }

  public enum Deadline: String, CaseIterable, Sendable {
    /// Data of the last session; without it training does not start.
    case collected
    /// A promoted model; agents that need one abstain without it.
    case promoted
    /// Opening orders at the broker.
    case opened
  }

  /// The calendar whose sessions drive the round; its zone is the zone of the phases and deadlines.
  public var calendar: Calendar
  public var calendars: [Calendar]
  public var phases: [Phase: TimeOfDay]
  public var deadlines: [Deadline: TimeOfDay]
}

/// Reads `sessions.yaml`.
struct SessionsReader {
  private enum Key: String, CaseIterable { case calendar, calendars, phases, deadlines }
  private enum CalendarKey: String, CaseIterable {
    case id, days, open, close, holidays
    case timeZone = "time_zone"
    case earlyClose = "early_close"
  }
  private enum HolidaysKey: String, CaseIterable { case source, file }
  private enum HolidaysSource: String, CaseIterable { case rules, file, none }

  private typealias Calendar = SessionsConfiguration.Calendar
  private typealias Phase = SessionsConfiguration.Phase
  private typealias Deadline = SessionsConfiguration.Deadline
  private typealias Weekday = SessionsConfiguration.Weekday

  static func read(_ node: YAMLNode, issues: IssueCollector) -> SessionsConfiguration? {
    guard let reader = MappingReader<Key>(node, what: "the sessions file", issues: issues) else { return nil }
    let calendars = reader.value(.calendars, .list(of: .mapping("a calendar", CalendarKey.self, calendar))) ?? []
    let primary = reader.value(.calendar, YAMLRule.identifier.located)
    let phases = times(in: reader, .phases, "the phases", Phase.self)
    let deadlines = times(in: reader, .deadlines, "the deadlines", Deadline.self)
    checkUnique(calendars, reader)
    guard let primary else { return nil }
    guard let calendar = calendars.first(where: { $0.id == primary.value }) else {
      // A calendar that could not be read has its own report.
      if let node = reader.node(.calendars), case .sequence(let items) = node.content, items.count > calendars.count {
        return nil
      }
      let advice = NearestWord.advice(for: primary.value, in: calendars.map(\.id), noun: "the calendars are")
      issues.report(primary.location, "'\(primary.value)' is not one of the calendars; \(advice)")
      return nil
    }
    guard let phases, let deadlines else { return nil }
    checkOrder(phases, calendar: calendar, reader)
    return SessionsConfiguration(
      calendar: calendar, calendars: calendars, phases: phases.mapValues(\.value),
      deadlines: deadlines.mapValues(\.value))
  }

  private static func times<Name: RawRepresentable<String> & CaseIterable & Hashable>(
    in reader: MappingReader<Key>, _ key: Key, _ what: String, _ names: Name.Type
  ) -> [Name: Located<TimeOfDay>]? {
    guard let node = reader.value(key, .node) else { return nil }
    guard let inner = MappingReader<Name>(node, what: what, issues: reader.issues) else { return nil }
    var times: [Name: Located<TimeOfDay>] = [:]
    for name in Name.allCases { times[name] = inner.value(name, YAMLRule.timeOfDay.located) }
    return times.count == Name.allCases.count ? times : nil
  }

  private static func calendar(_ reader: MappingReader<CalendarKey>) -> Calendar? {
    let id = reader.value(.id, .identifier)
    let zone = reader.value(.timeZone, timeZone)
    let weekdays: [Weekday] = [.monday, .tuesday, .wednesday, .thursday, .friday]
    let days = reader.value(.days, YAMLRule<[Weekday]>.list(of: YAMLRule<Weekday>.choice), default: weekdays)
    let open = reader.value(.open, .timeOfDay)
    let close = reader.value(.close, .timeOfDay)
    let earlyClose = reader.optional(.earlyClose, .timeOfDay)
    let holidays = reader.value(.holidays, .mapping("the holidays", HolidaysKey.self, holidays))
    guard let id, let zone, let open, let close, let holidays else { return nil }
    if close <= open {
      reader.issues.report(reader.location(of: .close), "the close \(close) is not after the open \(open); correct one")
    }
    if let earlyClose, earlyClose <= open || earlyClose >= close {
      reader.issues.report(
        reader.location(of: .earlyClose), "early_close \(earlyClose) is not between open \(open) and close \(close)")
    }
    if holidays == .rules, !SessionCalendar.hasRules(id, zone: zone) {
      reader.issues.report(reader.location(of: .holidays), SessionCalendar.noRules)
    }
    return Calendar(
      id: id, timeZone: zone, days: Weekday.allCases.filter(days.contains), open: open, close: close,
      earlyClose: earlyClose, holidays: holidays)
  }

  private static var timeZone: YAMLRule<String> {
    YAMLRule<String>.text.mapping { name in
      SessionCalendar.isKnown(zone: name) ? .value(name) : .refused(SessionCalendar.unknownZone(name))
    }
  }

  private static func holidays(_ reader: MappingReader<HolidaysKey>) -> SessionsConfiguration.Holidays? {
    guard let source = reader.value(.source, YAMLRule<HolidaysSource>.choice) else { return nil }
    if source == .file { return reader.value(.file, .text).map { .file($0) } }
    if reader.has(.file) {
      reader.issues.report(reader.location(of: .file), "'file' needs 'source: file'; remove it or change the source")
    }
    return source == .rules ? .rules : SessionsConfiguration.Holidays.none
  }

  private static func checkUnique(_ calendars: [Calendar], _ reader: MappingReader<Key>) {
    var seen: Set<String> = []
    for calendar in calendars where !seen.insert(calendar.id).inserted {
      reader.issues.report(
        reader.location(of: .calendars), "two calendars have the id '\(calendar.id)'; rename or remove one")
    }
  }

  /// The round starts with `collect` and must come back to it within a day, each phase after the one before.
  private static func checkOrder(
    _ phases: [Phase: Located<TimeOfDay>], calendar: Calendar, _ reader: MappingReader<Key>
  ) {
    guard let first = phases[.collect] else { return }
    let day = 86_400
    func offset(_ time: TimeOfDay) -> Int {
      (time.secondsSinceMidnight - first.value.secondsSinceMidnight + day) % day
    }
    let place = reader.location(of: .phases)
    var round: [(name: String, time: TimeOfDay, location: SourceLocation)] = []
    for phase in Phase.allCases {
      guard let time = phases[phase] else { return }
      if phase == .report {
        round.append(("open", calendar.open, place))
        round.append(("close", calendar.close, place))
      }
      round.append((phase.rawValue, time.value, time.location))
    }
    for (before, after) in zip(round, round.dropFirst()) where offset(after.time) < offset(before.time) {
      reader.issues.report(
        after.location,
        "\(after.name) at \(after.time) comes before \(before.name) at \(before.time) in the round that starts with "
          + "collect at \(first.value); move one of them")
    }
  }
}

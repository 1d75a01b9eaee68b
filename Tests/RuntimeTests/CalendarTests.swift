import AlphaLoopYAML
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("The session calendar")
struct CalendarTests {
  private let newYork = SessionCalendar.newYork

  @Test("the New York calendar has the exchange's 10,322 sessions of 1990 to 2030 to the nanosecond, and no other")
  func equalsTheExchange() throws {
    let expected = try CalendarFixture.sessions()
    let last = try CalendarFixture.day("2030-12-31")
    #expect(expected.count == 10_322)
    #expect(newYork.sessions.filter { $0.day <= last } == expected)
  }

  @Test(
    "the whole table of sessions, read as a holiday file, equals the rules",
    .enabled(if: CalendarFixture.sharedTable != nil, "../shared/data/nyse_sessions.csv is not there"))
  func equalsTheTable() throws {
    let table = try SessionCalendar(
      CalendarFixture.calendar(holidays: .file(try #require(CalendarFixture.sharedTable))), directory: ".")
    #expect(table.sessions == Array(newYork.sessions.prefix(table.sessions.count)))
    #expect(table.sessions.count == 10_322)
  }

  @Test("without the holiday rules the same calendar trades on all 375 closures")
  func withoutRules() throws {
    let plain = try SessionCalendar(CalendarFixture.calendar(holidays: .none), directory: ".")
    let closures = try CalendarFixture.closures()
    #expect(closures.count == 375)
    #expect(closures.allSatisfy(plain.isTradingDay))
    #expect(!closures.contains(where: newYork.isTradingDay))
    #expect(plain.sessions.allSatisfy { !$0.isEarlyClose })
  }

  @Test(
    "closures and hours that the press reported",
    arguments: [
      // Attack on the World Trade Center; hurricane Sandy; mourning for a president.
      ("2001-09-10", "13:30", "20:00"), ("2001-09-11", "", ""), ("2001-09-17", "13:30", "20:00"),
      ("2012-10-30", "", ""), ("2012-10-31", "13:30", "20:00"), ("2025-01-09", "", ""),
      // Juneteenth is kept from 2022 on.
      ("2021-06-18", "13:30", "20:00"), ("2022-06-20", "", ""),
      // A New Year's Day on Saturday closes nothing.
      ("2021-12-31", "14:30", "21:00"), ("2022-01-03", "14:30", "21:00"),
      // Early closes, and the summer time that the act of 2005 moved into March.
      ("1992-11-27", "14:30", "19:00"), ("2013-07-03", "13:30", "17:00"), ("2012-07-05", "13:30", "20:00"),
      ("2006-03-13", "14:30", "21:00"), ("2007-03-12", "13:30", "20:00"), ("2024-11-29", "14:30", "18:00"),
    ])
  func knownDays(date: String, open: String, close: String) throws {
    let session = newYork.session(day: try CalendarFixture.day(date))
    if open.isEmpty {
      #expect(session == nil)
    } else {
      #expect(try session?.open == CalendarFixture.time("\(date)T\(open):00Z"))
      #expect(try session?.close == CalendarFixture.time("\(date)T\(close):00Z"))
      #expect(session?.dateText == date)
    }
  }

  @Test(
    "a moment belongs to the session of its date in New York",
    arguments: [
      // Midnight in New York is 04:00 UTC in summer and 05:00 UTC in winter.
      ("2024-07-02T03:59:59Z", "2024-07-01"), ("2024-07-02T04:00:00Z", "2024-07-02"),
      ("2024-07-03T20:00:00Z", "2024-07-03"), ("2024-01-03T04:59:59Z", "2024-01-02"),
      ("2024-01-03T05:00:00Z", "2024-01-03"), ("2024-07-04T15:00:00Z", ""), ("2024-07-06T15:00:00Z", ""),
      // The clocks go back on Sunday 3 November 2024 at 06:00 UTC, and forward on 10 March at 07:00 UTC.
      ("2024-11-04T04:59:59Z", ""), ("2024-11-04T05:00:00Z", "2024-11-04"),
      ("2024-03-11T03:59:59Z", ""), ("2024-03-11T04:00:00Z", "2024-03-11"),
    ])
  func containing(moment: String, expected: String) throws {
    let session = newYork.session(containing: try CalendarFixture.time(moment))
    #expect(session?.dateText ?? "" == expected)
  }

  @Test(
    "the market is open from the open, inclusive, to the close, exclusive",
    arguments: [
      ("2024-07-03T13:29:59Z", false), ("2024-07-03T13:30:00Z", true), ("2024-07-03T16:59:59Z", true),
      ("2024-07-03T17:00:00Z", false), ("2024-07-04T15:00:00Z", false),
    ])
  func isOpen(moment: String, expected: Bool) throws {
    let time = try CalendarFixture.time(moment)
    #expect(newYork.isOpen(at: time) == expected)
  }

  @Test("the neighbours of a date skip closures, and there are none beyond the ends")
  func neighbours() throws {
    let friday = try CalendarFixture.day("2001-09-14")
    #expect(newYork.session(before: friday)?.dateText == "2001-09-10")
    #expect(newYork.session(after: friday)?.dateText == "2001-09-17")
    let days = try #require(newYork.days)
    #expect(newYork.session(before: days.lowerBound) == nil)
    #expect(newYork.session(after: days.upperBound) == nil)
    #expect(newYork.session(day: 0) == nil)
  }

  @Test("agents see the session, its neighbours' dates, and zeros where there is none")
  func record() throws {
    var record = al_session_v1()
    newYork.fill(&record, at: try CalendarFixture.time("2024-07-03T13:00:00Z"))
    #expect(record.size == 48)
    #expect(record.early_close == 1)
    #expect(try record.date_ns == CalendarFixture.time("2024-07-03T00:00:00Z"))
    #expect(try record.open_ns == CalendarFixture.time("2024-07-03T13:30:00Z"))
    #expect(try record.close_ns == CalendarFixture.time("2024-07-03T17:00:00Z"))
    #expect(try record.previous_date_ns == CalendarFixture.time("2024-07-02T00:00:00Z"))
    #expect(try record.next_date_ns == CalendarFixture.time("2024-07-05T00:00:00Z"))
    newYork.fill(&record, at: try CalendarFixture.time("2024-07-04T13:00:00Z"))
    #expect(record.early_close == 0 && record.date_ns == 0 && record.open_ns == 0 && record.close_ns == 0)
    #expect(try record.previous_date_ns == CalendarFixture.time("2024-07-03T00:00:00Z"))
    #expect(try record.next_date_ns == CalendarFixture.time("2024-07-05T00:00:00Z"))
  }

  @Test("a market that never rests has a session a day, in UTC")
  func everyDay() throws {
    let calendar = try SessionCalendar(
      CalendarFixture.calendar(
        id: "CRYPTO", zone: "UTC", days: SessionsConfiguration.Weekday.allCases, holidays: .none, open: "00:00",
        close: "23:59"), directory: ".")
    let session = try #require(calendar.session(containing: try CalendarFixture.time("2023-12-31T12:00:00Z")))
    #expect(try session.open == CalendarFixture.time("2023-12-31T00:00:00Z"))
    #expect(calendar.session(after: session.day)?.day == session.day + 1)
  }

  @Test("a clock time of the calendar's zone is placed in UTC")
  func localTime() throws {
    let time = try #require(TimeOfDay(parsing: "09:25"))
    let summer = newYork.nanoseconds(day: try CalendarFixture.day("2024-07-03"), at: time)
    let winter = newYork.nanoseconds(day: try CalendarFixture.day("2024-01-03"), at: time)
    #expect(try summer == CalendarFixture.time("2024-07-03T13:25:00Z"))
    #expect(try winter == CalendarFixture.time("2024-01-03T14:25:00Z"))
  }
}

@Suite("Calendars out of files")
struct CalendarFileTests {
  private static let header = "date,open_utc,close_utc,early_close\n"
  private static let good = "2024-07-02,2024-07-02T13:30:00Z,2024-07-02T20:00:00Z,0\n"

  private func read(_ text: String) throws -> SessionCalendar {
    let folder = NSTemporaryDirectory() + "alphaloop-calendar-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try text.write(toFile: folder + "/sessions.csv", atomically: true, encoding: .utf8)
    return try SessionCalendar(
      CalendarFixture.calendar(id: "OWN", holidays: .file("sessions.csv")), directory: folder)
  }

  @Test("the sessions of a file are its rows")
  func rows() throws {
    let calendar = try read(Self.header + Self.good + "2024-07-03,2024-07-03T13:30:00Z,2024-07-03T17:00:00Z,1\n")
    let day = try CalendarFixture.day("2024-07-02")
    #expect(calendar.sessions == SessionCalendar.newYork.sessions.filter { (day...day + 1).contains($0.day) })
  }

  @Test(
    "a row at fault is named with its line",
    arguments: [
      ("2024-07-03,2024-07-03T13:30:00Z,2024-07-03T17:00:00Z,yes", ":3: early_close is \"yes\""),
      ("2024-07-03,2024-07-03T13:30:00Z,2024-07-03T13:30:00Z,0", ":3: the close is not after the open"),
      ("2024-07-04,2024-07-03T13:30:00Z,2024-07-03T17:00:00Z,0", ":3: the open does not lie on 2024-07-04"),
      ("2024-07-02,2024-07-02T13:30:00Z,2024-07-02T20:00:00Z,0", ":3: 2024-07-02 does not come after 2024-07-02"),
      ("2024-07-03,soon,2024-07-03T17:00:00Z,0", "line 3, column 2 (open_utc): \"soon\""),
    ])
  func faults(row: String, expected: String) throws {
    let error = #expect(throws: HostError.self) { try read(Self.header + Self.good + row + "\n") }
    #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    #expect(error?.code == .data)
  }

  @Test("a file without sessions, or that is not there, is an error")
  func nothing() throws {
    #expect(throws: HostError.self) { try read(Self.header) }
    #expect(throws: HostError.self) {
      try SessionCalendar(CalendarFixture.calendar(holidays: .file("no-such-file.csv")), directory: "/nowhere")
    }
  }

  @Test("a zone or an exchange whose rules are not known is refused with what to write instead")
  func unknown() throws {
    let zone = #expect(throws: HostError.self) {
      try SessionCalendar(CalendarFixture.calendar(zone: "Europe/Nowhere"), directory: ".")
    }
    #expect(zone?.message.contains("'Europe/Nowhere'") == true)
    let exchange = #expect(throws: HostError.self) {
      try SessionCalendar(CalendarFixture.calendar(id: "XLON"), directory: ".")
    }
    #expect(exchange?.message.contains("holidays: {source: file") == true)
    #expect(exchange?.code == .configuration)
  }
}

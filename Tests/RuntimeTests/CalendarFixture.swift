import AlphaLoopYAML
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// The sessions of `Tests/Fixtures/nyse/expected.csv`, put together from plain weekdays and without any rule.
enum CalendarFixture {
  static let day: Int64 = 86_400_000_000_000
  static let hour: Int64 = 3_600_000_000_000

  static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/nyse/expected.csv").path

  /// The full table, where it lies beside the project.
  static let sharedTable: String? = ["../../..", "../../../.."].map { folder in
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(folder)
      .appendingPathComponent("shared/data/nyse_sessions.csv").standardizedFileURL.path
  }.first { FileManager.default.fileExists(atPath: $0) }

  /// Days since 1970-01-01, counted with Foundation's own calendar.
  static func day(_ text: some StringProtocol) throws -> Int64 {
    let date = try Date(String(text) + "T00:00:00Z", strategy: .iso8601)
    return Int64(date.timeIntervalSince1970 / 86_400)
  }

  static func time(_ text: some StringProtocol) throws -> Int64 {
    let date = try Date(String(text), strategy: .iso8601)
    return Int64(date.timeIntervalSince1970) * 1_000_000_000
  }

  static func closures() throws -> [Int64] {
    try rows().filter { $0.what == "closure" }.map(\.day)
  }

  static func sessions() throws -> [TradingSession] {
    let rows = try rows()
    let closures = Set(rows.filter { $0.what == "closure" }.map(\.day))
    let opens = rows.filter { $0.what == "open" }
    let earlyCloses = Dictionary(
      uniqueKeysWithValues: rows.filter { $0.what == "early_close" }.map { ($0.day, $0.time) })
    var open = opens[0].time
    var nextOpen = 0
    var sessions: [TradingSession] = []
    for day in try Self.day("1990-01-01")...Self.day("2030-12-31") {
      while nextOpen < opens.count, opens[nextOpen].day <= day {
        open = opens[nextOpen].time
        nextOpen += 1
      }
      // 1970-01-01 was a Thursday.
      let isWeekend = [2, 3].contains(day % 7)
      if isWeekend || closures.contains(day) { continue }
      let close = earlyCloses[day] ?? open + 6 * hour + hour / 2
      sessions.append(
        TradingSession(
          day: day, open: day * Self.day + open, close: day * Self.day + close, isEarlyClose: earlyCloses[day] != nil))
    }
    return sessions
  }

  private static func rows() throws -> [(day: Int64, what: String, time: Int64)] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let clock = fields[2].split(separator: ":").compactMap { Int64($0) }
      let time = clock.count == 2 ? clock[0] * hour + clock[1] * hour / 60 : 0
      return (try day(fields[0]), String(fields[1]), time)
    }
  }

  static func calendar(
    id: String = "XNYS", zone: String = "America/New_York",
    days: [SessionsConfiguration.Weekday] = [.monday, .tuesday, .wednesday, .thursday, .friday],
    holidays: SessionsConfiguration.Holidays = .rules, open: String = "09:30", close: String = "16:00"
  ) throws -> SessionsConfiguration.Calendar {
    SessionsConfiguration.Calendar(
      id: id, timeZone: zone, days: days, open: try #require(TimeOfDay(parsing: open)),
      close: try #require(TimeOfDay(parsing: close)), earlyClose: TimeOfDay(parsing: "13:00"), holidays: holidays)
  }
}

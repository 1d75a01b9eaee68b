import AlphaLoopCSV

/// Sessions out of a CSV file: `date,open_utc,close_utc,early_close`, one row a session, in time order.
enum SessionFile {
  static func read(_ path: String, _ zone: TimeZoneRule) throws(HostError) -> [TradingSession] {
    let midnight = TimestampFormat(dateSecondOfDay: 0, dateZone: .utc)
    let table: CSVTable
    do {
      table = try CSVTable.read(
        path: path,
        columns: [
          CSVColumn("date", .timestamp), CSVColumn("open_utc", .timestamp), CSVColumn("close_utc", .timestamp),
          CSVColumn("early_close", .text),
        ], options: CSVOptions(time: midnight))
    } catch {
      throw HostError(.data, "holiday file: \(error)")
    }
    guard let dates = table.timestamps("date"), let opens = table.timestamps("open_utc"),
      let closes = table.timestamps("close_utc"), let flags = table.texts("early_close")
    else { return [] }
    var sessions: [TradingSession] = []
    sessions.reserveCapacity(table.rowCount)
    for row in 0..<table.rowCount {
      let session = TradingSession(
        day: dates[row] / TradingSession.dayNanoseconds, open: opens[row], close: closes[row],
        isEarlyClose: flags[row] == "1")
      if let problem = problem(session, after: sessions.last, flag: flags[row], zone) {
        throw HostError(.data, "\(path):\(table.lines[row]): \(problem)")
      }
      sessions.append(session)
    }
    guard !sessions.isEmpty else { throw HostError(.data, "\(path): no session in it; give one row a trading day") }
    return sessions
  }

  private static func problem(
    _ session: TradingSession, after previous: TradingSession?, flag: String, _ zone: TimeZoneRule
  ) -> String? {
    if flag != "0" && flag != "1" { return "early_close is \"\(flag)\"; write 0 or 1" }
    if session.close <= session.open { return "the close is not after the open" }
    if SessionCalendar.localDay(session.open, zone) != session.day {
      return "the open does not lie on \(session.dateText) in the calendar's time zone"
    }
    if let previous, previous.day >= session.day {
      return "\(session.dateText) does not come after \(previous.dateText); sort the rows, one a date"
    }
    return nil
  }
}

import AlphaLoopCSV

/// One trading session of a calendar: a date and the hours around which it trades.
public struct TradingSession: Equatable, Sendable {
  /// Its date, in days since 1970-01-01.
  public var day: Int64
  /// Nanoseconds UTC.
  public var open: Int64
  /// Nanoseconds UTC.
  public var close: Int64
  public var isEarlyClose: Bool

  public init(day: Int64, open: Int64, close: Int64, isEarlyClose: Bool) {
    self.day = day
    self.open = open
    self.close = close
    self.isEarlyClose = isEarlyClose
  }

  /// 00:00 UTC of its date, in nanoseconds.
  public var dateNanoseconds: Int64 { day * TradingSession.dayNanoseconds }

  /// `YYYY-MM-DD`.
  public var dateText: String { TradingSession.text(day: day) }

  static let dayNanoseconds: Int64 = 86_400_000_000_000

  /// `YYYY-MM-DD` of a day since 1970-01-01.
  static func text(day: Int64) -> String {
    let date = CivilDate(day: day)
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
  }
}

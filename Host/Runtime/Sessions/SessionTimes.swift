import AlphaLoopCore
import CAlphaLoop

/// The trading session that a moment belongs to, from the calendar that drives the configuration.
public struct SessionTimes: Sendable {
  private let calendar: SessionCalendar?

  public init(_ configuration: Configuration) throws(HostError) {
    calendar = try SessionCalendar(configuration.sessions.calendar, directory: configuration.directory)
  }

  /// What agents see of it.
  public func fill(_ session: UnsafeMutablePointer<al_session_v1>, at time: Int64) {
    calendar?.fill(&session.pointee, at: time)
  }

  /// The same as a recorded input.
  public func event(_ time: Int64) -> RecordedEvent.SessionEvent? {
    guard let calendar else { return nil }
    var s = al_session_v1()
    calendar.fill(&s, at: time)
    return RecordedEvent.SessionEvent(
      earlyClose: s.early_close, date: s.date_ns, open: s.open_ns, close: s.close_ns, previousDate: s.previous_date_ns,
      nextDate: s.next_date_ns)
  }
}

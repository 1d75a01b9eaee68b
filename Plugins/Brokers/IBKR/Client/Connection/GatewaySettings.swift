/// What a connection needs to know. Times are in seconds.
public struct GatewaySettings: Sendable {
  public enum Mode: Sendable, Equatable {
    case paper
    case live
    /// Data alone, in modes that do not trade.
    case any
  }

  public var host = "127.0.0.1"
  public var port: UInt16 = 7497
  /// One for ever: orders of another id can be seen but not changed.
  public var clientId: Int32 = 1
  /// Empty: the first that the gateway reports.
  public var account = ""
  public var mode = Mode.paper
  /// Messages a second.
  public var maxRate = 45
  /// For each step of connecting.
  public var stepTimeout = 10.0
  /// For answers to questions.
  public var requestTimeout = 15.0
  /// How long the first connect waits for a client id that is in use.
  public var clientIdWait = 20.0
  /// Silence after which the gateway is asked for its time; two missed answers are a dead link.
  public var silence = 30.0
  /// Down for longer raises an alarm, whatever the calendar says.
  public var downAfter = 60.0
  public var resetWindows: [ResetWindow] = []
  /// A stream that gives nothing for so long after a restored link is asked for again.
  public var streamSilence = 60.0
  public var firstBackoff = 1.0
  public var longestBackoff = 30.0
  /// Waiting time after error 326.
  public var clientIdPause = 5.0
  /// Executions that a status speaks of and that have not come within this time are asked for.
  public var executionPatience = 3.0
  /// Zone of times that come without one.
  public var loginZone = "America/New_York"
  /// Keeps the highest order id; empty: kept in memory alone.
  public var stateFolder = ""
  /// Sizes of US stocks come in lots of 100, as a setting of the gateway may say.
  public var sizesInLots = false
  public init() {}

  /// The ports by convention, 7496 and 4001 live, 7497 and 4002 paper: one of the other mode is refused.
  ///
  /// - Throws: ``IBKRError/Kind/account``.
  public func checkPort() throws(IBKRError) {
    let wrong: [UInt16] = mode == .paper ? [7496, 4001] : mode == .live ? [7497, 4002] : []
    guard wrong.contains(port) else { return }
    let (name, other) = mode == .paper ? ("paper", "live") : ("live", "paper")
    throw IBKRError(
      .account,
      "port \(port) is the \(other) port of \(port > 7000 ? "TWS" : "IB Gateway"), and this session is \(name); "
        + "use \(mode == .paper ? "7497 (TWS) or 4002 (IB Gateway)" : "7496 (TWS) or 4001 (IB Gateway)")")
  }

  /// The account to trade, out of those that the gateway reports. A paper account begins with D, a live one with U, F or I.
  ///
  /// - Throws: ``IBKRError/Kind/account`` where the configured one is not among them or does not fit the mode.
  public func chooseAccount(of reported: [String]) throws(IBKRError) -> String {
    let place = "\(host):\(port)"
    guard let first = reported.first else { throw IBKRError(.account, "\(place) reports no account") }
    let chosen = account.isEmpty ? first : account
    guard reported.contains(chosen) else {
      let list = reported.joined(separator: ", ")
      throw IBKRError(.account, "\(place) has no account \(chosen); it reports \(list)")
    }
    let isPaper = chosen.hasPrefix("D")
    let isLive = ["U", "F", "I"].contains(chosen.prefix(1))
    switch mode {
    case .paper where !isPaper:
      throw IBKRError(.account, "\(place) is logged in to \(chosen), which is no paper account; this session is paper")
    case .live where !isLive:
      throw IBKRError(.account, "\(place) is logged in to \(chosen), which is no live account; this session is live")
    default: return chosen
    }
  }

  /// What to do where nothing answers.
  var advice: String {
    let ports = mode == .live ? "TWS live 7496, IB Gateway live 4001" : "TWS paper 7497, IB Gateway paper 4002"
    return "start TWS or IB Gateway, log in to the \(mode == .live ? "live" : "paper") account, and in its settings "
      + "under API -> Settings tick \"Enable ActiveX and Socket Clients\", set the socket port (\(ports)), untick "
      + "\"Read-Only API\" and add this machine to the trusted IPs"
  }
}

/// A time of the day in which the broker resets its servers: nothing new is sent from a minute before until its end.
public struct ResetWindow: Sendable, Equatable {
  /// Of the start: 0 Sunday to 6 Saturday.
  public var days: Set<Int>
  /// Minutes after midnight in the zone. An end at or before the start is on the next day.
  public var from: Int
  public var to: Int
  public var zone: TimeZoneTable

  public init(days: Set<Int>, from: Int, to: Int, zone: TimeZoneTable) {
    self.days = days
    self.from = from
    self.to = to
    self.zone = zone
  }

  static let lead: Int64 = 60

  /// Whether the time, ns UTC, is in the window or in the minute before it.
  public func contains(_ time: Int64) -> Bool {
    let second = time.quotient(1_000_000_000)
    let local = second + zone.offset(atUTC: second)
    let length = Int64((to > from ? to - from : to - from + 1440) * 60)
    let today = local.quotient(86_400)
    for day in [today - 1, today, today + 1] {
      // 1970-01-01 was a Thursday.
      guard days.contains(Int((day + 4).remainder(7))) else { continue }
      let start = day * 86_400 + Int64(from * 60)
      if local >= start - ResetWindow.lead, local < start + length { return true }
    }
    return false
  }
}

extension Int64 {
  /// Division that rounds down.
  func quotient(_ divisor: Int64) -> Int64 { self >= 0 ? self / divisor : (self + 1) / divisor - 1 }
  func remainder(_ divisor: Int64) -> Int64 { self - quotient(divisor) * divisor }
}

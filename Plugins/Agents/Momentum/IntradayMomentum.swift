import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

#if canImport(Glibc)
  import Glibc
#endif

/// Market intraday momentum: the first half hour, measured from the prior close, tells the direction of the last one.
/// Gao, Han, Li, Zhou (2018), "Market intraday momentum", Journal of Financial Economics 129, equation for eta(r1).
///
/// Reads bars of minutes and the session (open, close, early closes included, so both windows move with them). r1 = log of the
/// price at open + `first_minutes` over the last regular close of the previous session.
/// Rows for every instrument: from close - `last_minutes` until before the close, a view with the sign of r1 as score, confidence
/// |r1| / (|r1| + `typical_return`), horizon the time left; at the close, a view of score 0, which says "be flat"; at other
/// times: abstain, no signal. Without a session: missing capability. Before a whole session has been seen: warm-up. Where no bar
/// was near open + `first_minutes`: stale.
///
/// State per instrument: the session's date, first-half-hour price and last regular close, and the close before.
struct IntradayMomentum: Agent {
  static let descriptor = Descriptor(
    id: "mom.intraday", name: "Intraday momentum",
    summary: "First half hour's sign, held over the last half hour (Gao, Han, Li, Zhou 2018)",
    family: "Momentum", tier: .senior, inputs: .bars, outputs: .view,
    parameters: [
      .integer("first_minutes", default: 30, in: 1...720, "minutes after the open that the signal is read at"),
      .integer("last_minutes", default: 30, in: 1...720, "minutes before the close that the position is held"),
      .number("typical_return", default: 0.005, in: 1e-6...1, "first return that gives confidence one half"),
    ] + SeriesGate.parameters(maxAgeHours: 0.1), warmUp: 391)

  private struct Day {
    var date = Int64.min
    var previousClose = Double.nan
    var signalPrice = Double.nan
    var signalTime = Int64.min
    var lastClose = Double.nan
    var lastTime = Int64.min
    var isHolding = false
  }

  private static let minute: Int64 = 60_000_000_000
  /// A session of minutes, so that bars missed while stopped are taken when it goes on.
  private static let rows = 391

  private let first: Int64
  private let last: Int64
  private let maxAge: Int64
  private let typicalReturn: Double
  private let gate: SeriesGate
  private var days: [Day]

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    first = Int64(try p.integer("first_minutes")) * Self.minute
    last = Int64(try p.integer("last_minutes")) * Self.minute
    maxAge = Int64(try p.number("max_age_hours") * 3600e9)
    typicalReturn = try p.number("typical_return")
    gate = try SeriesGate(p, rows: 1)
    days = Array(repeating: Day(), count: setup.universe.count)
  }

  var needs: Needs { Needs(lookback: Self.rows, warmUp: Self.rows, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    let session = input.session.flatMap { $0.open_ns > 0 && $0.close_ns > $0.open_ns ? $0 : nil }
    for i in 0..<input.count {
      guard let session else {
        output.abstain(i, .missingCapability)
        continue
      }
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let window = input.window(i), let close = window.close {
        take(i, window, close, session)
        answer(i, input.asOf, session, &output)
      }
    }
  }

  /// Takes the bars that are new, oldest first.
  private mutating func take(_ i: Int, _ window: Window, _ close: Column, _ session: al_session_v1) {
    var day = days[i]
    if day.date != session.date_ns {
      let follows = day.date == session.previous_date_ns || session.previous_date_ns == 0
      day = Day(
        date: session.date_ns, previousClose: follows ? day.lastClose : .nan, lastTime: day.lastTime)
    }
    var row = window.count - 1
    while row > 0, window.time(row - 1) > day.lastTime, window.time(row - 1) > session.open_ns { row -= 1 }
    for k in row..<window.count {
      let time = window.time(k)
      guard time > day.lastTime, time > session.open_ns, time <= session.close_ns else { continue }
      guard close[k] > 0, close[k] < .infinity else { continue }
      day.lastClose = close[k]
      guard time <= session.open_ns + first else { continue }
      day.signalPrice = close[k]
      day.signalTime = time
    }
    day.lastTime = max(day.lastTime, window.lastTime)
    days[i] = day
  }

  private mutating func answer(_ i: Int, _ now: Int64, _ session: al_session_v1, _ output: inout Output) {
    let day = days[i]
    if now >= session.close_ns, day.isHolding {
      days[i].isHolding = false
      output.view(i, score: 0, confidence: 1, horizon: 0)
      return
    }
    guard day.previousClose > 0 else {
      output.abstain(i, .warmUp)
      return
    }
    guard now >= session.close_ns - last, now >= session.open_ns + first, now < session.close_ns else {
      output.abstain(i, .noSignal)
      return
    }
    guard day.signalPrice > 0, day.signalTime >= session.open_ns + first - maxAge else {
      output.abstain(i, .stale)
      return
    }
    let move = log(day.signalPrice / day.previousClose)
    guard move != 0 else {
      output.abstain(i, .noSignal)
      return
    }
    days[i].isHolding = true
    output.view(
      i, score: move > 0 ? 1 : -1, confidence: abs(move) / (abs(move) + typicalReturn), horizon: session.close_ns - now)
  }

  func save(to writer: inout StateWriter) {
    writer.write(days.count)
    for day in days {
      writer.write(day.date)
      writer.write(day.previousClose)
      writer.write(day.signalPrice)
      writer.write(day.signalTime)
      writer.write(day.lastClose)
      writer.write(day.lastTime)
      writer.write(day.isHolding)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let count = try reader.count()
    guard count == days.count else {
      throw .data("the saved state has \(count) instruments, the universe has \(days.count)")
    }
    for i in 0..<count {
      days[i] = Day(
        date: try reader.integer(), previousClose: try reader.double(), signalPrice: try reader.double(),
        signalTime: try reader.integer(), lastClose: try reader.double(), lastTime: try reader.integer(),
        isHolding: try reader.bool())
    }
  }
}

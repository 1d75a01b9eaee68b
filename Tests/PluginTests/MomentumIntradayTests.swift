import CAlphaLoop
import Foundation
import PluginProbe
import Testing

@Suite("mom.intraday")
struct MomentumIntradayTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("momentum") }

  /// 2015-01-05, a Monday, and the days after it; New York hours in winter.
  private static let firstDate: Int64 = 16440
  private static func open(_ day: Int) -> Int64 {
    (firstDate + Int64(day)) * Clock.day + 14 * Clock.hour + 30 * Clock.minute
  }

  /// The session of any time: 390 minutes, or 210 on the given days.
  private static func sessions(early: Set<Int>) -> @Sendable (Int64) -> al_session_v1? {
    { time in
      let date = time / Clock.day
      let day = Int(date - firstDate)
      let isEarly = early.contains(day)
      return al_session_v1(
        size: UInt32(MemoryLayout<al_session_v1>.size), early_close: isEarly ? 1 : 0, date_ns: date * Clock.day,
        open_ns: open(day), close_ns: open(day) + (isEarly ? 210 : 390) * Clock.minute,
        previous_date_ns: (date - 1) * Clock.day, next_date_ns: (date + 1) * Clock.day)
    }
  }

  /// Minute bars: 100 all through day 0; on each later day the first half hour goes by `moves`, and the price then drifts
  /// back the other way.
  private static func market(_ moves: [Double], early: Set<Int> = []) -> ProbeMarket {
    var bars: [ProbeBar] = []
    var price = 100.0
    for (day, move) in ([0] + moves).enumerated() {
      let start = price
      for minute in 1...(early.contains(day) ? 210 : 390) {
        let part = Double(min(minute, 30)) / 30
        price = start * (1 + move * part) * (1 - 0.5 * move * Double(max(0, minute - 30)) / 360)
        bars.append(ProbeBar(time: open(day) + Int64(minute) * Clock.minute, close: price))
      }
    }
    var market = ProbeMarket([ProbeInstrument("AAA", bars: bars)])
    market.session = sessions(early: early)
    return market
  }

  /// The answer at a minute after the open.
  private func answers(_ market: ProbeMarket) throws -> (Int, Int) throws -> ProbeAnswer {
    let all = try ProbeAgent(library, "mom.intraday", market).run(market)
    return { day, minute in
      try #require(all.first { $0.asOf == Self.open(day) + Int64(minute) * Clock.minute })
    }
  }

  @Test("+1 % in the first half hour is long from 15:30, flat at 16:00, whatever the day did in between")
  func scenario() throws {
    let at = try answers(Self.market([0.01]))
    #expect(try at(1, 359).abstention(0) == AL_REASON_NO_SIGNAL)
    for minute in 360...389 { #expect(try at(1, minute).view(0)?.value == 1) }
    #expect(try at(1, 390).view(0)?.value == 0)
    // |log 1.01| / (|log 1.01| + .005)
    #expect(abs(try #require(try at(1, 360).view(0)).confidence - 0.6655592) < 1e-6)
    #expect(try #require(try at(1, 360).view(0)).time == 30 * Clock.minute)
  }

  @Test("-1 % is short")
  func short() throws {
    #expect(try answers(Self.market([-0.01]))(1, 360).view(0)?.value == -1)
  }

  @Test("an early close at 13:00 shifts the entry to 12:30 and the exit to 13:00")
  func earlyClose() throws {
    let at = try answers(Self.market([0.01], early: [1]))
    #expect(try at(1, 179).abstention(0) == AL_REASON_NO_SIGNAL)
    #expect(try at(1, 180).view(0)?.value == 1)
    #expect(try at(1, 209).view(0)?.value == 1)
    #expect(try at(1, 210).view(0)?.value == 0)
  }

  @Test("the prior close is that of the session before, an early one too")
  func priorClose() throws {
    // Day 1 falls 1 % early and closes at 13:00; day 2 rises from there.
    let at = try answers(Self.market([-0.01, 0.02], early: [1]))
    #expect(try at(2, 360).view(0)?.value == 1)
  }

  @Test("without the session before there is no prior close; without a session no times")
  func missing() throws {
    let at = try answers(Self.market([0.01]))
    #expect(try at(0, 365).abstention(0) == AL_REASON_WARM_UP)
    var none = Self.market([0.01])
    none.session = nil
    #expect(try answers(none)(1, 365).abstention(0) == AL_REASON_MISSING_CAPABILITY)
    // A day without bars in between: the last known close is not the prior session's.
    let gap = Self.market([0.01, 0.01]).changing { bars in
      bars.removeAll { $0.time > Self.open(1) && $0.time < Self.open(2) }
    }
    #expect(try answers(gap)(2, 365).abstention(0) == AL_REASON_WARM_UP)
  }

  @Test("no bar near 10:00 leaves the day without a signal; an unchanged price too")
  func noSignal() throws {
    let hole = Self.market([0.01]).changing { bars in
      bars.removeAll { $0.time > Self.open(1) && $0.time <= Self.open(1) + 40 * Clock.minute }
    }
    #expect(try answers(hole)(1, 365).abstention(0) == AL_REASON_STALE)
    #expect(try answers(Self.market([0]))(1, 365).abstention(0) == AL_REASON_NO_SIGNAL)
  }

  @Test("stopped overnight, at noon or in the last half hour, it goes on with what it knew")
  func restart() throws {
    let market = Self.market([0.01])
    let whole = try ProbeAgent(library, "mom.intraday", market).run(market)
    for (day, minute) in [(0, 390), (1, 180), (1, 370)] {
      var feed = ProbeAgent.Feed()
      feed.until = Self.open(day) + Int64(minute) * Clock.minute
      let first = try ProbeAgent(library, "mom.intraday", market)
      _ = first.run(market, feed)
      let second = try ProbeAgent(library, "mom.intraday", market)
      try second.restore(try first.save())
      (feed.after, feed.until) = (feed.until, .max)
      let rest = whole.filter { $0.asOf > feed.after }.map(\.bytes)
      #expect(second.run(market, feed).map(\.bytes) == rest)
    }
  }

  @Test("bars missed while it was down are taken when it goes on")
  func missedBars() throws {
    let market = Self.market([0.01])
    let first = try ProbeAgent(library, "mom.intraday", market)
    var feed = ProbeAgent.Feed()
    feed.until = Self.open(0) + 390 * Clock.minute
    _ = first.run(market, feed)
    let second = try ProbeAgent(library, "mom.intraday", market)
    try second.restore(try first.save())
    feed = ProbeAgent.Feed()
    // Back at 15:40, with the day's bars in the window.
    feed.after = Self.open(1) + 369 * Clock.minute
    #expect(try #require(second.run(market, feed).first).view(0)?.value == 1)
  }

  @Test("prices after the close are not the prior close")
  func afterHours() throws {
    var market = Self.market([0.01])
    let late = ProbeBar(time: Self.open(0) + 420 * Clock.minute, close: 150)
    market.instruments[0].bars.insert(late, at: 390)
    #expect(try answers(market)(1, 365).view(0)?.value == 1)
  }

  /// Three instruments of random minutes over two sessions and a half.
  private static func random(_ seed: UInt64, instruments: Int = 3, step: Int = 1) -> ProbeMarket {
    var random = SeededRandom(seed: seed)
    var market = ProbeMarket(
      (0..<instruments).map { i in
        var price = 100.0
        let bars = (0..<2).flatMap { day in
          stride(from: step, through: 390, by: step).map { minute in
            price *= exp(0.001 * random.gaussian())
            return ProbeBar(time: open(day) + Int64(minute) * Clock.minute, close: price)
          }
        }
        return ProbeInstrument("R\(i)", bars: bars)
      })
    market.session = sessions(early: [])
    return market
  }

  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "mom.intraday")
    let market = Self.random(4)
    let second = AgentSubject(try ProbeLibrary("momentum"), "mom.intraday")
    // The newest bar is at the close, where every price may be broken.
    #expect(try AgentChecks.all(subject, second: second, market, readsBefore: false) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.mirror(subject, market, .log) == [])
  }

  @Test("says nothing on average about noise")
  func noise() throws {
    let subject = AgentSubject(library, "mom.intraday")
    #expect(
      try AgentChecks.meanZero(subject, lastOnly: false) { seed in
        Self.random(seed, instruments: 1, step: 10).cut(after: Self.open(1) + 370 * Clock.minute)
      } == [])
  }
}

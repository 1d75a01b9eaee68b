import CAlphaLoop
import Foundation
import PluginProbe
import Testing

@Suite("data.range_vol")
struct RangeVolTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("desk") }

  /// Days of a Brownian log price with 20 % annual volatility, a quarter of the variance overnight. Highs and lows are drawn
  /// from the exact law of a Brownian bridge's maximum between open and close: no error of discrete steps.
  private func simulated(days: Int, annualDrift: Double, seed: UInt64) -> ProbeMarket {
    var random = SeededRandom(seed: seed)
    let variance = 0.04 / 252
    let overnight = (0.25 * variance).squareRoot()
    let session = 0.75 * variance
    var price = log(100.0)
    let bars = Clock.weekdays(days).map { time in
      let open = price + 0.25 * annualDrift / 252 + overnight * random.gaussian()
      let move = 0.75 * annualDrift / 252 + session.squareRoot() * random.gaussian()
      let up = (move + (move * move - 2 * session * log(1 - random.uniform())).squareRoot()) / 2
      let down = (move - (move * move - 2 * session * log(1 - random.uniform())).squareRoot()) / 2
      price = open + move
      // Rounding must not put the close outside the range.
      return ProbeBar(
        time: time, open: exp(open), high: max(exp(open + up), exp(price)), low: min(exp(open + down), exp(price)),
        close: exp(price))
    }
    return ProbeMarket([ProbeInstrument("AAA", bars: bars)])
  }

  private func volatility(_ market: ProbeMarket, window: Int) throws -> Double {
    let agent = try ProbeAgent(library, "data.range_vol", market, parameters: ["window": window])
    var feed = ProbeAgent.Feed()
    feed.lastOnly = true
    return try #require(agent.run(market, feed).last?.estimate(0))
  }

  @Test("20 % simulated over 2,500 days is measured within 2 %, and a drift of 50 % a year changes nothing material")
  func simulation() throws {
    let still = try volatility(simulated(days: 2501, annualDrift: 0, seed: 3), window: 2500)
    let drifting = try volatility(simulated(days: 2501, annualDrift: 0.5, seed: 3), window: 2500)
    #expect(abs(still / 0.2 - 1) < 0.02)
    #expect(abs(drifting / still - 1) < 0.002)
  }

  /// numpy: var(log(o/c_prev), ddof=1) + k var(log(c/o), ddof=1) + (1-k) mean(log(h/c) log(h/o) + log(l/c) log(l/o)),
  /// k = .34 / (1.34 + 21/19), times 252.
  @Test("twenty random bars give the value of an independent calculation")
  func reference() throws {
    let market = RandomMarket.bars(instruments: 3, count: 300, seed: 11)
    let answer = try #require(try ProbeAgent(library, "data.range_vol", market).run(market).last)
    #expect(abs(try #require(answer.estimate(0)) - 0.1355168129862154) < 1e-9)
  }

  @Test("a price that never moves has no volatility to tell")
  func flat() throws {
    let market = ProbeMarket([ProbeInstrument("AAA", bars: Clock.weekdays(21).map { ProbeBar(time: $0, close: 10) })])
    let answer = try #require(try ProbeAgent(library, "data.range_vol", market).run(market).last)
    #expect(answer.abstention(0) == AL_REASON_DEGENERATE)
  }

  @Test("a close-only series lacks what it needs; a high below the low is no bar")
  func broken() throws {
    let closes = ProbeMarket([ProbeInstrument("AAA", closes: (0..<30).map { 100 + Double($0) })])
    let answer = try #require(try ProbeAgent(library, "data.range_vol", closes).run(closes).last)
    #expect(answer.abstention(0) == AL_REASON_MISSING_CAPABILITY)
    let crossed = RandomMarket.bars(instruments: 1, count: 30, seed: 1).changing { bars in
      (bars[25].high, bars[25].low) = (bars[25].low, bars[25].high)
    }
    let other = try #require(try ProbeAgent(library, "data.range_vol", crossed).run(crossed).last)
    #expect(other.abstention(0) == AL_REASON_INVALID_DATA)
  }

  /// Estimates are not views: the comparison of views is replaced by one of estimates.
  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "data.range_vol")
    let market = RandomMarket.bars(instruments: 3, count: 60, seed: 2)
    let second = AgentSubject(try ProbeLibrary("desk"), "data.range_vol")
    #expect(try AgentChecks.all(subject, second: second, market) == [])
    let plain = try ProbeAgent(library, "data.range_vol", market).run(market)
    let scaled = try ProbeAgent(library, "data.range_vol", market).run(market.scaled(price: 10, volume: 0.1))
    for (a, b) in zip(plain, scaled) where a.abstention(0) == nil {
      #expect(abs(try #require(a.estimate(0)) - (try #require(b.estimate(0)))) < 1e-9)
    }
  }
}

import CAlphaLoop
import PluginProbe
import Testing

@Suite("arb.xs_reversal")
struct ArbitrageReversalTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("arbitrage") }

  private func last(_ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> ProbeAnswer {
    try #require(try ProbeAgent(library, "arb.xs_reversal", market, parameters: parameters).run(market).last)
  }

  @Test("returns of +2 %, -2 % and 0 give weights -.00667, +.00667 and 0, which sum to 0")
  func scenario() throws {
    let market = ProbeMarket(
      [[100, 102], [100, 98], [100, 100.0]].enumerated().map { ProbeInstrument("N\($0)", closes: $1) })
    let answer = try last(market)
    let weights = try (0..<3).map { try #require(answer.estimate($0)) }
    #expect(abs(weights[0] + 0.02 / 3) < 1e-12)
    #expect(abs(weights[1] - 0.02 / 3) < 1e-12)
    #expect(abs(weights[2]) < 1e-12)
    #expect(abs(weights[0] + weights[1] + weights[2]) < 1e-15)
    let scores = try (0..<3).map { try #require(answer.view($0)).value }
    #expect(abs(scores[0] + 1) < 1e-12 && abs(scores[1] - 1) < 1e-12 && abs(scores[2]) < 1e-12)
  }

  @Test("the larger loser gets the larger weight, in proportion")
  func proportion() throws {
    let market = ProbeMarket(
      [[100, 96], [100, 98], [100, 106.0]].enumerated().map { ProbeInstrument("N\($0)", closes: $1) })
    let answer = try last(market)
    // Mean 0: weights .04/3, .02/3, -.06/3; scores over the largest.
    for (i, expected) in [2.0 / 3, 1.0 / 3, -1].enumerated() {
      #expect(abs(try #require(answer.view(i)).value - expected) < 1e-12)
      #expect(abs(try #require(answer.estimate(i)) - expected * 0.02) < 1e-12)
    }
  }

  @Test("a period of five bars uses the week's return")
  func week() throws {
    let market = ProbeMarket(
      [[100, 90, 90, 90, 90, 102], [100, 110, 110, 110, 110, 98.0]].enumerated()
        .map { ProbeInstrument("N\($0)", closes: $1) })
    #expect(abs(try #require(try last(market, ["period": 5]).estimate(0)) + 0.01) < 1e-12)
  }

  @Test("equal returns are degenerate; one readable name is too few")
  func nothing() throws {
    let same = ProbeMarket((0..<2).map { ProbeInstrument("N\($0)", closes: [100, 101]) })
    #expect(try last(same).abstention(1) == AL_REASON_DEGENERATE)
    var thin = same
    thin.instruments[1].bars[1].close = .nan
    let answer = try last(thin)
    #expect(answer.abstention(0) == AL_REASON_CUSTOM)
    #expect(answer.abstention(1) == AL_REASON_INVALID_DATA)
  }

  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "arb.xs_reversal")
    let market = RandomMarket.bars(instruments: 4, count: 40, seed: 2)
    let second = AgentSubject(try ProbeLibrary("arbitrage"), "arb.xs_reversal")
    #expect(try AgentChecks.all(subject, second: second, market) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.mirror(subject, market, .simple) == [])
  }

  @Test("says nothing on average about noise")
  func noise() throws {
    let subject = AgentSubject(library, "arb.xs_reversal")
    #expect(
      try AgentChecks.meanZero(subject, lastOnly: true) { RandomMarket.bars(instruments: 4, count: 3, seed: $0) } == [])
  }
}

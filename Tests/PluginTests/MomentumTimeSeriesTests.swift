import CAlphaLoop
import PluginProbe
import Testing

@Suite("mom.tsmom")
struct MomentumTimeSeriesTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("momentum") }

  private func closes(drift: Double, noise: Double = 0, seed: UInt64 = 7, count: Int = 253) -> [Double] {
    var random = SeededRandom(seed: seed)
    var price = 100.0
    return (0..<count).map { _ in
      defer { price *= 1 + drift + noise * random.gaussian() }
      return price
    }
  }

  private func last(_ closes: [Double], _ parameters: [String: Any] = [:]) throws -> ProbeAnswer {
    let market = ProbeMarket([ProbeInstrument("AAA", closes: closes)])
    return try #require(try ProbeAgent(library, "mom.tsmom", market, parameters: parameters).run(market).last)
  }

  @Test("a constant drift scores +1, the mirrored one -1")
  func constantDrift() throws {
    let up = try #require(try last(closes(drift: 0.001)).view(0))
    let down = try #require(try last(closes(drift: -0.001)).view(0))
    #expect(abs(up.value - 1) < 1e-9)
    #expect(abs(down.value + 1) < 1e-9)
  }

  @Test("doubling the drift at equal noise raises score and confidence", arguments: UInt64(1)...20)
  func doubledDrift(_ seed: UInt64) throws {
    let one = try #require(try last(closes(drift: 0.001, noise: 0.01, seed: seed)).view(0))
    let two = try #require(try last(closes(drift: 0.002, noise: 0.01, seed: seed)).view(0))
    #expect(two.value > one.value)
    #expect(two.value < 1)
    #expect(abs(two.value) * two.confidence > abs(one.value) * one.confidence)
  }

  @Test("a price that never moved has no trend and no volatility")
  func flat() throws {
    #expect(try last(Array(repeating: 100, count: 253)).abstention(0) == AL_REASON_DEGENERATE)
  }

  @Test("a return below the risk-free rate is a negative view")
  func riskFree() throws {
    let rising = closes(drift: 0.0001)
    #expect(try #require(try last(rising).view(0)).value > 0)
    #expect(try #require(try last(rising, ["risk_free": 0.05]).view(0)).value < 0)
  }

  /// pandas 2 `ewm(com=60, adjust=True).var(bias=True)` on the last 252 log returns, times 261; size = .4 / sigma; score and
  /// confidence from z = log return / (sigma sqrt(252 / 261)).
  @Test("size, score and confidence equal an independent calculation")
  func reference() throws {
    let market = RandomMarket.bars(instruments: 3, count: 300, seed: 11)
    let answer = try #require(try ProbeAgent(library, "mom.tsmom", market).run(market).last)
    let expected = [
      (2.3826525669825327, -0.8695074427943996, 0.6377365736215528),
      (2.361769278606445, -0.7559965223617264, 0.535950266673678),
      (2.2150640775665065, 0.1386721768270211, 0.12282629327080481),
    ]
    for (i, (size, score, confidence)) in expected.enumerated() {
      #expect(abs(try #require(answer.estimate(i)) - size) < 1e-9)
      #expect(abs(try #require(answer.view(i)).value - score) < 1e-9)
      #expect(abs(try #require(answer.view(i)).confidence - confidence) < 1e-9)
    }
  }

  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "mom.tsmom")
    let market = RandomMarket.bars(instruments: 3, count: 270, seed: 2)
    #expect(try AgentChecks.all(subject, second: AgentSubject(ProbeLibrary("momentum"), "mom.tsmom"), market) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.mirror(subject, market, .log) == [])
  }

  @Test("says nothing on average about noise")
  func noise() throws {
    let subject = AgentSubject(library, "mom.tsmom")
    #expect(
      try AgentChecks.meanZero(subject, lastOnly: true) { RandomMarket.bars(instruments: 1, count: 253, seed: $0) }
        == [])
  }
}

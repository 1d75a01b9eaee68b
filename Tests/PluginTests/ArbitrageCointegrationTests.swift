import CAlphaLoop
import PluginProbe
import Testing

@Suite("arb.cointegration")
struct ArbitrageCointegrationTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("arbitrage") }

  /// y = 2 x + 5 + u with x a random walk and u an Ornstein-Uhlenbeck process in steps: u' = .9 u + s e.
  private static func pair(_ seed: UInt64, count: Int = 252, noise: Double = 0.8) -> (y: [Double], x: [Double]) {
    var random = SeededRandom(seed: seed)
    var x = [100.0]
    var u = [0.0]
    for k in 0..<count - 1 {
      x.append(x[k] + random.gaussian())
      u.append(0.9 * u[k] + noise * random.gaussian())
    }
    return (zip(x, u).map { 2 * $0 + 5 + $1 }, x)
  }

  private static func market(_ y: [Double], _ x: [Double]) -> ProbeMarket {
    ProbeMarket([ProbeInstrument("YYY", closes: y), ProbeInstrument("XXX", closes: x)])
  }

  private func last(_ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> ProbeAnswer {
    try #require(try ProbeAgent(library, "arb.cointegration", market, parameters: parameters).run(market).last)
  }

  private static var named: [String: Any] { ["pairs": [["left": "YYY", "right": "XXX"]]] }

  @Test("y = 2 x + OU: the hedge ratio is 2 within .05", arguments: UInt64(1)...20)
  func hedgeRatio(_ seed: UInt64) throws {
    let (y, x) = Self.pair(seed, count: 1000, noise: 0.2)
    let answer = try last(Self.market(y, x), ["window": 1000])
    #expect(abs(try #require(answer.estimate(0, 0)) - 2) < 0.05)
  }

  /// The pair with its last y moved until z is as wanted.
  private func pushed(to z: Double) throws -> ProbeMarket {
    let (y, x) = Self.pair(9)
    var low = -20.0
    var high = 20.0
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let answer = try last(Self.market(Array(y.dropLast()) + [y[251] + middle], x))
      if try #require(answer.estimate(0, 1)) < z { low = middle } else { high = middle }
    }
    return Self.market(Array(y.dropLast()) + [y[251] + low], x)
  }

  @Test("z = +2.5 is short y and long x; z = -2.5 the reverse", arguments: [2.5, -2.5])
  func entry(_ z: Double) throws {
    let answer = try last(try pushed(to: z))
    #expect(abs(try #require(answer.estimate(0, 1)) - z) < 1e-6)
    let y = try #require(answer.view(0))
    let x = try #require(answer.view(1))
    #expect(y.value * z < 0)
    #expect(x.value == -y.value)
    // u = 1.25: u / sqrt(1 + u^2).
    #expect(abs(abs(y.value) - 0.7808688) < 1e-6)
  }

  @Test("inside two deviations there is nothing to do")
  func inside() throws {
    let answer = try last(try pushed(to: 1.9))
    #expect(answer.abstention(0) == AL_REASON_NO_SIGNAL)
    #expect(answer.abstention(1) == AL_REASON_NO_SIGNAL)
  }

  @Test("independent random walks abstain in at least 90 % of 200 seeds")
  func walks() throws {
    var abstained = 0
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      func walk() -> [Double] {
        var price = 200.0
        return (0..<252).map { _ in
          price += random.gaussian()
          return price
        }
      }
      let market = Self.market(walk(), walk())
      var feed = ProbeAgent.Feed()
      feed.lastOnly = true
      let answer = try #require(try ProbeAgent(library, "arb.cointegration", market).run(market, feed).last)
      if answer.abstention(0) == AL_REASON_NO_SIGNAL { abstained += 1 }
    }
    #expect(abstained >= 180)
  }

  /// statsmodels 0.15: OLS with constant; residual over sqrt(mse_resid); adfuller(resid, regression='n', autolag=None) with one
  /// and with three lags.
  @Test("hedge ratio, z and test statistic equal an independent calculation")
  func reference() throws {
    let (y, x) = Self.pair(21, count: 300)
    for (lags, t) in [(1, -3.8295458710232158), (3, -3.356266373661019)] {
      var parameters = Self.named
      parameters["lags"] = lags
      let answer = try last(Self.market(y, x), parameters)
      #expect(abs(try #require(answer.estimate(0, 0)) - 1.9740449695780242) < 1e-9)
      #expect(abs(try #require(answer.estimate(0, 1)) - 1.1234674698595912) < 1e-9)
      #expect(abs(try #require(answer.estimate(0, 2)) - t) < 1e-9)
    }
  }

  @Test("a position is held until |z| falls below the exit, then both legs are flat once")
  func exit() throws {
    // Levels that alternate about 100 with period 4, then a shock that fades: the test rejects throughout.
    var random = SeededRandom(seed: 5)
    var y = (0..<80).map { _ in 100 + random.gaussian() }
    let x = (0..<90).map { _ in 100 + random.gaussian() }
    y += [104, 102, 101.5, 100.05, 100].map { $0 + 0.0 }
    y += (0..<5).map { _ in 100 }
    let market = Self.market(y, x)
    var parameters = Self.named
    parameters["window"] = 60
    let answers = try ProbeAgent(library, "arb.cointegration", market, parameters: parameters).run(market)
    #expect(try #require(answers[80].view(0)).value < 0)
    #expect(try #require(answers[81].view(0)).value < 0)
    #expect(abs(try #require(answers[81].estimate(0, 1))) < 2)
    #expect(try #require(answers[81].view(0)).value > #require(answers[80].view(0)).value)
    let flat = try #require(answers[81...].first { $0.view(0)?.value == 0 })
    #expect(flat.view(1)?.value == 0)
    let after = try #require(answers.first { $0.asOf > flat.asOf })
    #expect(after.abstention(0) == AL_REASON_NO_SIGNAL)
  }

  @Test("a negative hedge ratio puts both legs on the same side")
  func negativeRatio() throws {
    let rising = try pushed(to: 2.5)
    let falling = rising.changing(1) { bars in
      for k in bars.indices { bars[k].close = 300 - bars[k].close }
    }
    let answer = try last(falling, Self.named)
    let view = try #require(answer.view(0))
    #expect(try #require(answer.estimate(0, 0)) < 0)
    #expect(try #require(answer.view(1)).value == view.value)
  }

  @Test("bars that only one leg has are left out; a leg without today's bar stops both")
  func alignment() throws {
    let (y, x) = Self.pair(21, count: 300)
    var market = Self.market(y, x)
    // Twelve days more for the left leg alone, spread over the history.
    let extra = (0..<12).map { ProbeBar(time: market.instruments[0].bars[60 + 20 * $0].time + Clock.hour, close: 7) }
    market.instruments[0].bars = (market.instruments[0].bars + extra).sorted { $0.time < $1.time }
    let answer = try last(market, Self.named)
    #expect(abs(try #require(answer.estimate(0, 0)) - 1.9740449695780242) < 1e-9)
    market.instruments[1].bars.removeLast()
    let missed = try last(market, Self.named)
    #expect(missed.abstention(0) == AL_REASON_STALE && missed.abstention(1) == AL_REASON_STALE)
  }

  @Test("a leg whose newest bar is an hour older than the other's stops both")
  func olderLeg() throws {
    let (y, x) = Self.pair(21, count: 300)
    let market = Self.market(y, x).changing(1) { $0[299].time -= Clock.hour }
    let answer = try last(market, Self.named)
    #expect(answer.abstention(0) == AL_REASON_STALE && answer.abstention(1) == AL_REASON_STALE)
  }

  @Test("with logarithms the hedge ratio is an elasticity")
  func logarithms() throws {
    let (_, x) = Self.pair(9)
    var random = SeededRandom(seed: 3)
    // y = x^1.5, but for noise of a hundredth.
    let y = x.map { ($0 * $0 * $0).squareRoot() * (1 + 0.01 * random.gaussian()) }
    var parameters = Self.named
    #expect(abs(try #require(try last(Self.market(y, x), parameters).estimate(0, 0)) - 1.5) > 1)
    parameters["logarithms"] = true
    #expect(abs(try #require(try last(Self.market(y, x), parameters).estimate(0, 0)) - 1.5) < 0.05)
  }

  @Test("instruments in no pair are outside the idea")
  func outside() throws {
    let (y, x) = Self.pair(9)
    var market = Self.market(y, x)
    market.instruments.append(ProbeInstrument("ZZZ", closes: y))
    #expect(try last(market, Self.named).abstention(2) == AL_REASON_NOT_APPLICABLE)
    #expect(try last(market).abstention(0) == AL_REASON_NOT_APPLICABLE)
  }

  @Test("a pair is named by symbols that exist, each once")
  func badPairs() {
    let (y, x) = Self.pair(9)
    let market = Self.market(y, x)
    for pairs in [[["left": "YYY", "right": "QQQ"]], [["left": "YYY", "right": "YYY"]]] {
      #expect(throws: ProbeError.self) {
        try ProbeAgent(library, "arb.cointegration", market, parameters: ["pairs": pairs])
      }
    }
  }

  @Test("exact multiples leave no spread")
  func multiples() throws {
    let (_, x) = Self.pair(9)
    #expect(try last(Self.market(x.map { 2 * $0 }, x)).abstention(0) == AL_REASON_DEGENERATE)
    #expect(try last(Self.market(x, x.map { _ in 50 }), Self.named).abstention(0) == AL_REASON_DEGENERATE)
  }

  /// Prices that scatter about a level: every pair is cointegrated, and z is often beyond one half.
  private static func scatter(_ seed: UInt64, count: Int) -> ProbeMarket {
    var random = SeededRandom(seed: seed)
    let times = Clock.weekdays(count)
    return ProbeMarket(
      (0..<2).map { i in
        ProbeInstrument(
          "R\(i)", bars: times.map { ProbeBar(time: $0, close: 100 + Double(1 + i) * random.gaussian()) })
      })
  }

  private static var quick: [String: Any] { ["window": 40, "entry": 0.6, "exit": 0.2] }

  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "arb.cointegration", parameters: Self.quick)
    let second = AgentSubject(try ProbeLibrary("arbitrage"), "arb.cointegration", parameters: Self.quick)
    let market = Self.scatter(6, count: 100)
    #expect(try AgentChecks.all(subject, second: second, market) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.mirror(subject, market, .reflect) == [])
  }

  @Test("says nothing on average about noise")
  func noise() throws {
    let subject = AgentSubject(library, "arb.cointegration", parameters: Self.quick)
    #expect(try AgentChecks.meanZero(subject, lastOnly: true) { Self.scatter($0, count: 40) } == [])
  }
}

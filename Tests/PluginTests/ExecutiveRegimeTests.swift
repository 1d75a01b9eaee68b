import CAlphaLoop
import Foundation
import PluginProbe
import Testing

@Suite("exec.regime_hmm")
struct ExecutiveRegimeTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("executive") }

  /// An index whose log return t is normal with standard deviation `sigma(t)`.
  private func index(_ count: Int, seed: UInt64, _ sigma: (Int) -> Double) -> ProbeMarket {
    var random = SeededRandom(seed: seed)
    var price = 100.0
    let closes =
      [price]
      + (0..<count).map { t in
        price *= exp(sigma(t) * random.gaussian())
        return price
      }
    return ProbeMarket([ProbeInstrument("^IDX", closes: closes)])
  }

  @Test(
    "sigma .5 % then 2.5 % from bar 500: P(high) is above .9 on 95 % of the later block",
    arguments: [1, 2, 3] as [UInt64])
  func scenario(_ seed: UInt64) throws {
    let market = index(1_000, seed: seed) { $0 < 500 ? 0.005 : 0.025 }
    let answers = try ProbeAgent(library, "exec.regime_hmm", market).run(market)
    let later = answers.suffix(500).compactMap { $0.estimate(0, 0) }
    #expect(later.count == 500)
    #expect(later.filter { $0 > 0.9 }.count >= 475)
    for answer in answers.suffix(500) {
      let p = try #require(answer.estimate(0, 0))
      #expect(answer.only(AL_ROW_MULTIPLIER, -1)?.value == 1 - 0.5 * p)
    }
    #expect(abs((try #require(answers.last?.estimate(0, 1))) - 0.005) < 0.0005)
    #expect(abs((try #require(answers.last?.estimate(0, 2))) - 0.025) < 0.0025)
  }

  @Test("a calm stretch after a stormy one is let through again")
  func calm() throws {
    let market = index(1_000, seed: 4) { $0 % 400 < 300 ? 0.005 : 0.025 }
    let answers = try ProbeAgent(library, "exec.regime_hmm", market).run(market)
    // Returns 800 to 999 are calm again; ten bars to notice.
    let calm = answers.suffix(190).compactMap { $0.only(AL_ROW_MULTIPLIER, -1)?.value }
    #expect(calm.filter { $0 > 0.9 }.count >= 180)
  }

  @Test(
    "the fit agrees with maximum likelihood, the filter with it",
    arguments: [
      (904, 0.004844545424533322, 0.01891041705157601, 0.9619627810621519),
      (905, 0.004844802569363508, 0.018901027020791897, 0.996512687912953),
    ])
  func reference(_ count: Int, _ low: Double, _ high: Double, _ probability: Double) throws {
    // statsmodels MarkovRegression(100 x log returns, k_regimes=2, trend="c", switching_variance=True), fitted by its own EM
    // and BFGS: standard deviations and the last filtered probability of the same 904 and 905 returns.
    let market = index(count, seed: 11) { ($0 / 100) % 2 == 0 ? 0.005 : 0.02 }
    let agent = try ProbeAgent(
      library, "exec.regime_hmm", market,
      parameters: ["window": count, "minimum": count, "iterations": 1000])
    let answer = try #require(agent.run(market).last)
    #expect(abs((try #require(answer.estimate(0, 1))) / low - 1) < 1e-3)
    #expect(abs((try #require(answer.estimate(0, 2))) / high - 1) < 1e-3)
    // EM takes the start of the chain as given when it counts its moves; likelihood does not: one return in 900.
    #expect(abs((try #require(answer.estimate(0, 0))) - probability) < 5e-3)
  }

  @Test("filter and fit are those of the textbook recursions, to the last digits", arguments: [25, 1000])
  func recursions(_ iterations: Int) throws {
    // The same 904 returns through Hamilton's filter and Baum-Welch written out in numpy, 1000 steps.
    let market = index(904, seed: 11) { ($0 / 100) % 2 == 0 ? 0.005 : 0.02 }
    let agent = try ProbeAgent(
      library, "exec.regime_hmm", market, parameters: ["window": 904, "minimum": 904, "iterations": iterations])
    let answer = try #require(agent.run(market).last)
    #expect(abs((try #require(answer.estimate(0, 1))) - 0.004844341470907756) < 1e-8)
    #expect(abs((try #require(answer.estimate(0, 2))) - 0.018909579964703) < 1e-8)
    #expect(abs((try #require(answer.estimate(0, 0))) - 0.9650337160845627) < 1e-6)
  }

  @Test("returns that do not vary have no regimes")
  func degenerate() throws {
    let flat = ProbeMarket([ProbeInstrument("^IDX", closes: Array(repeating: 100, count: 300))])
    #expect(
      try #require(try ProbeAgent(library, "exec.regime_hmm", flat).run(flat).last).rows == [
        .abstain(-1, AL_REASON_DEGENERATE)
      ])
    let steady = ProbeMarket([ProbeInstrument("^IDX", closes: (0..<300).map { 100 * exp(0.001 * Double($0)) })])
    #expect(
      try #require(try ProbeAgent(library, "exec.regime_hmm", steady).run(steady).last).rows == [
        .abstain(-1, AL_REASON_DEGENERATE)
      ])
  }

  @Test("a minimum above the window is refused with both numbers")
  func contradiction() throws {
    let market = ProbeMarket.flat(["^IDX"])
    let error = #expect(throws: ProbeError.self) {
      try ProbeAgent(library, "exec.regime_hmm", market, parameters: ["window": 60, "minimum": 61])
    }
    #expect(error?.status == AL_E_CONFIG)
    #expect(error?.description.contains("61") == true && error?.description.contains("60") == true)
  }

  @Test("a cut or foreign state is refused and leaves the instance as it was")
  func brokenState() throws {
    let market = index(300, seed: 8) { $0 < 200 ? 0.005 : 0.02 }
    let agent = try ProbeAgent(library, "exec.regime_hmm", market)
    _ = agent.run(market)
    var state = try agent.save()
    let other = try ProbeAgent(library, "exec.regime_hmm", market)
    #expect(throws: ProbeError.self) { try other.restore(Array(state.dropLast())) }
    // A variance of -1.
    state.replaceSubrange(16..<24, with: withUnsafeBytes(of: (-1.0).bitPattern.littleEndian) { Array($0) })
    let before = try other.save()
    #expect(throws: ProbeError.self) { try other.restore(state) }
    #expect(try other.save() == before)
  }

  @Test(
    "form, scale, names, abstentions, look-ahead, history, state and a second load (its rows are no symmetric view)")
  func protocolPoints() throws {
    let parameters: [String: Any] = ["window": 120, "minimum": 60, "refit": 7]
    let agent = AgentSubject(library, "exec.regime_hmm", parameters: parameters)
    let second = AgentSubject(try ProbeLibrary("executive"), "exec.regime_hmm", parameters: parameters)
    let market = RandomMarket.bars(instruments: 1, count: 200, seed: 12)
    #expect(try AgentChecks.all(agent, second: second, market) == [])
    #expect(try AgentChecks.priceScaleOfRows(agent, market) == [])
    #expect(try AgentChecks.renaming(agent, market) { "Z" + $0 } == [])
  }

  @Test("mirrored returns have the same regimes")
  func mirrored() throws {
    let market = index(400, seed: 9) { $0 < 300 ? 0.005 : 0.02 }
    let a = try ProbeAgent(library, "exec.regime_hmm", market).run(market)
    let b = try ProbeAgent(library, "exec.regime_hmm", market.mirrored(.log)).run(market.mirrored(.log))
    for (x, y) in zip(a.suffix(100), b.suffix(100)) {
      #expect(abs((try #require(x.estimate(0, 0))) - (try #require(y.estimate(0, 0)))) < 1e-6)
    }
  }

  @Test("the instruments after the first do not matter")
  func firstOnly() throws {
    let one = RandomMarket.bars(instruments: 2, count: 300, seed: 6)
    var two = one
    two.instruments[1].bars.removeLast(150)
    let agent = AgentSubject(library, "exec.regime_hmm")
    let a = try agent.make(one).run(one)
    #expect(a.last?.only(AL_ROW_MULTIPLIER, -1) != nil)
    #expect(a.map(\.bytes) == (try agent.make(two).run(two)).map(\.bytes))
  }
}

import CAlphaLoop
import Foundation
import PluginProbe
import Testing

@Suite("risk.vol_target")
struct RiskVolatilityTargetTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("risk") }

  /// Closes whose log returns are +m, -m, +m, ...
  private func alternating(_ magnitude: Double, count: Int = 75) -> [Double] {
    (0..<count).map { 100 * exp($0 % 2 == 0 ? 0 : magnitude) }
  }

  private func last(_ closes: [Double], _ parameters: [String: Any] = [:]) throws -> ProbeAnswer {
    let market = ProbeMarket([ProbeInstrument("AAA", closes: closes)])
    return try #require(try ProbeAgent(library, "risk.vol_target", market, parameters: parameters).run(market).last)
  }

  @Test("returns of constant magnitude have exactly that volatility")
  func constantMagnitude() throws {
    let answer = try last(alternating(0.02))
    let sigma = try #require(answer.estimate(0, 1))
    #expect(abs(sigma - 0.02 * 252.0.squareRoot()) < 1e-13)
    // c / variance = .20^2 / 252 / .02^2, below 1, so the multiplier is the scale.
    #expect(abs((try #require(answer.estimate(0, 0))) - 0.04 / 252 / 0.0004) < 1e-12)
    #expect(answer.only(AL_ROW_MULTIPLIER, 0)?.value == answer.estimate(0, 0))
  }

  @Test("twice the volatility is a quarter of the exposure")
  func doubled() throws {
    let one = try #require(try last(alternating(0.015)).only(AL_ROW_MULTIPLIER, 0)?.value)
    let two = try #require(try last(alternating(0.03)).only(AL_ROW_MULTIPLIER, 0)?.value)
    #expect(one < 1)
    #expect(abs(one / two - 4) < 1e-12)
  }

  @Test("a calm series is not levered: the multiplier is 1 while the estimate shows the scale")
  func capped() throws {
    let answer = try last(alternating(0.002))
    #expect(answer.only(AL_ROW_MULTIPLIER, 0)?.value == 1)
    #expect(try #require(answer.estimate(0, 0)) > 30)
  }

  @Test("the weights are RiskMetrics': five returns against numpy")
  func reference() throws {
    // w = .94 ** [4, 3, 2, 1, 0]; (w * diff(log(p)) ** 2).sum() / w.sum() = 0.0006958594477402605.
    let answer = try last([100, 102, 101, 103, 100, 104], ["window": 5])
    #expect(abs((try #require(answer.estimate(0, 0))) - 0.2281066374044648) < 1e-12)
    #expect(abs((try #require(answer.estimate(0, 1))) - 0.418755991993602) < 1e-12)
  }

  @Test("a series that never moved has no scale")
  func degenerate() throws {
    #expect(try last(Array(repeating: 50, count: 80)).abstention(0) == AL_REASON_DEGENERATE)
  }

  @Test("form, scale, names, order, abstentions, look-ahead, history, state and a second load")
  func protocolPoints() throws {
    let agent = AgentSubject(library, "risk.vol_target")
    let second = AgentSubject(try ProbeLibrary("risk"), "risk.vol_target")
    let market = RandomMarket.bars(instruments: 4, count: 90, volatility: 0.02, seed: 3)
    #expect(try AgentChecks.all(agent, second: second, market) == [])
    #expect(try AgentChecks.priceScaleOfRows(agent, market) == [])
    #expect(try AgentChecks.permutationOfRows(agent, market) == [])
    #expect(try AgentChecks.renaming(agent, market) { "Z" + $0 } == [])
  }
}

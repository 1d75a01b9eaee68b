import CAlphaLoop
import PluginProbe
import Testing

@Suite("risk.drawdown_floor")
struct RiskDrawdownFloorTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("risk") }

  private func market(_ equity: [Int64], peak: Int64) -> ProbeMarket {
    var market = ProbeMarket.flat(["AAA", "BBB"], count: equity.count)
    let times = market.barTimes
    market.portfolio = { time in
      var account = ProbePortfolio(cash: equity[times.firstIndex(of: time) ?? 0])
      account.peakEquity = peak * AL_UNIT
      return account
    }
    return market
  }

  private func answer(_ equity: Int64, peak: Int64, _ parameters: [String: Any] = [:]) throws -> ProbeAnswer {
    let market = market([equity], peak: peak)
    return try #require(
      try ProbeAgent(library, "risk.drawdown_floor", market, parameters: parameters).run(market).last)
  }

  @Test(
    "exposure is k (W - .90 M) / W: .100 k at the peak, .0526 k at .95, 0 at .90",
    arguments: [(1_000_000, 0.1), (950_000, 0.05 / 0.95), (900_000, 0), (880_000, 0)] as [(Int64, Double)])
  func scenario(_ equity: Int64, _ perUnit: Double) throws {
    for k in [1.0, 4.0, 10.0] {
      let answer = try answer(equity, peak: 1_000_000, ["k": k])
      let multiplier = try #require(answer.only(AL_ROW_MULTIPLIER, -1)?.value)
      #expect(abs(multiplier - k * perUnit) < 1e-12)
    }
    #expect(abs(0.05 / 0.95 - 0.0526) < 5e-5)
  }

  @Test("a k above the default cannot widen: the multiplier stays at 1, the estimate says 2")
  func capped() throws {
    let answer = try answer(1_000_000, peak: 1_000_000, ["k": 20])
    #expect(answer.only(AL_ROW_MULTIPLIER, -1)?.value == 1)
    #expect(abs((try #require(answer.estimate(-1))) - 2) < 1e-12)
  }

  @Test("equity above the recorded peak is the peak")
  func newPeak() throws {
    #expect(
      try answer(1_100_000, peak: 1_000_000, ["k": 5]).only(AL_ROW_MULTIPLIER, -1).map { abs($0.value - 0.5) < 1e-12 }
        == true)
  }

  @Test("no equity left is no exposure, not an abstention")
  func ruined() throws {
    #expect(try answer(-5, peak: 1_000_000).only(AL_ROW_MULTIPLIER, -1)?.value == 0)
    #expect(try answer(0, peak: 1_000_000).only(AL_ROW_MULTIPLIER, -1)?.value == 0)
  }

  @Test("without the account, or with one that never had equity, it abstains")
  func abstains() throws {
    let blind = ProbeMarket.flat(["AAA"])
    let answer = try #require(try ProbeAgent(library, "risk.drawdown_floor", blind).run(blind).last)
    #expect(answer.rows == [.abstain(-1, AL_REASON_MISSING_CAPABILITY)])
    #expect(try self.answer(0, peak: 0).rows == [.abstain(-1, AL_REASON_INVALID_DATA)])
  }

  @Test("scale, names, order, look-ahead, history, state and a second load")
  func protocolPoints() throws {
    let market = market((0..<20).map { 1_000_000 - 4_000 * $0 }, peak: 1_000_000)
    let second = AgentSubject(try ProbeLibrary("risk"), "risk.drawdown_floor")
    #expect(try AgentChecks.withoutBars(AgentSubject(library, "risk.drawdown_floor"), second: second, market) == [])
  }
}

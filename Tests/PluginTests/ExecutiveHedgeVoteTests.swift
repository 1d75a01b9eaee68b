import CAlphaLoop
import Foundation
import PluginProbe
import Testing

@Suite("exec.hedge_vote")
struct ExecutiveHedgeVoteTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("executive") }

  /// `rounds` panels in which agent k earned `returns(round)[k]`.
  private func market(_ names: [String], rounds: Int, _ returns: @escaping @Sendable (Int) -> [Double]) -> ProbeMarket {
    var market = ProbeMarket.flat(["S0", "S1"], count: rounds)
    let times = market.barTimes
    market.views = { time in
      let earned = returns(times.firstIndex(of: time) ?? 0)
      return names.enumerated().map { k, name in
        var record = ProbeRecord(name, id: "test.agent")
        record.lastReturn = earned[k]
        return record
      }
    }
    return market
  }

  private func weights(_ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> [Int: Double] {
    let answer = try #require(
      try ProbeAgent(library, "exec.hedge_vote", market, parameters: parameters).run(market).last)
    #expect(answer.rows.allSatisfy { $0.kind == AL_ROW_AGENT_WEIGHT })
    return Dictionary(answer.rows.map { ($0.instrument, $0.value) }) { first, _ in first }
  }

  @Test("of five agents one is never wrong: after 20 rounds at eta .5 it has .99982 of the vote")
  func scenario() throws {
    // 1 / (1 + 4 exp(-.5 x 20)) = .99981843...
    let w = try weights(market(["A", "B", "C", "D", "E"], rounds: 20) { _ in [0.01, -0.01, -0.01, -0.01, -0.01] })
    #expect(abs((w[0] ?? 0) - 1 / (1 + 4 * exp(-10.0))) < 1e-12)
    #expect(abs((w[0] ?? 0) - 0.99982) < 5e-6)
    #expect(abs(w.values.reduce(0, +) - 1) < 1e-12)
  }

  @Test("equal returns keep equal votes")
  func equal() throws {
    let w = try weights(market(["A", "B"], rounds: 30) { t in [0.002 * Double(t % 3), 0.002 * Double(t % 3)] })
    #expect(w == [0: 0.5, 1: 0.5])
  }

  @Test("the loss is 1/2 - r / (2 scale), held within [0, 1]")
  func mapping() throws {
    // Losses .5 - .004/.02 = .3 and 1 (beyond -1 %): exp(-.5 x .7) between them.
    let w = try weights(market(["A", "B"], rounds: 1) { _ in [0.004, -0.5] })
    #expect(abs((w[1] ?? 0) / (w[0] ?? 1) - exp(-0.35)) < 1e-12)
  }

  @Test("an agent without a view sleeps: its weight is untouched, and one that never spoke has none")
  func sleeping() throws {
    // A is wrong once, then sleeps while B is right; C never speaks.
    let w = try weights(
      market(["A", "B", "C"], rounds: 10) { t in t == 0 ? [-0.01, 0.01, .nan] : [.nan, 0.01, .nan] })
    #expect(abs((w[0] ?? 0) / (w[1] ?? 1) - exp(-0.5)) < 1e-12)
    #expect(w[2] == nil)
  }

  @Test("who is silent gains nothing on those that speak, however often they are wrong")
  func silent() throws {
    // A is right and B wrong, then A is ended; B and C lose a thousand rounds, C half as much as B.
    let w = try weights(
      market(["A", "B", "C"], rounds: 1_001) { t in t == 0 ? [0.01, -0.01, 0] : [.nan, -0.01, 0] })
    let sum = 1 + exp(-0.5) + exp(-0.25)
    #expect(abs((w[0] ?? 0) - 1 / sum) < 1e-9)
    #expect(abs((w[2] ?? 0) - (exp(-0.5) + exp(-0.25)) / sum) < 1e-9)
    #expect((w[1] ?? 1) < 1e-100)
  }

  @Test("a newcomer starts with the mean weight of the others")
  func newcomer() throws {
    let w = try weights(market(["A", "B", "C"], rounds: 5) { t in [0.01, -0.01, t < 4 ? .nan : 0.01] })
    // Before the last round A has 1 and B exp(-2); C enters at their mean; then B falls once more.
    let entry = (1 + exp(-2.0)) / 2
    #expect(abs((w[2] ?? 0) / (w[0] ?? 1) - entry) < 1e-12)
    #expect(abs((w[1] ?? 0) / (w[0] ?? 1) - exp(-2.5)) < 1e-12)
  }

  @Test("a first view has the mean vote before its first return")
  func firstView() throws {
    var market = market(["A", "B", "C", "D"], rounds: 3) { _ in [0.01, -0.01, .nan, .nan] }
    let returns = try #require(market.views)
    market.views = { time in
      var records = returns(time)
      records[2].rows = [.view(0, 0.5)]
      records[3].rows = [.abstain(0, AL_REASON_NO_SIGNAL)]
      return records
    }
    // C enters at once, beside A and B at equal weights; then only B loses, three times, and A gains what B loses.
    let w = try weights(market)
    #expect(abs((w[2] ?? 0) - ((w[0] ?? 1) + (w[1] ?? 1)) / 2) < 1e-12)
    #expect(abs((w[1] ?? 0) / (w[0] ?? 1) - exp(-1.5)) < 1e-12)
    #expect(w[3] == nil)
  }

  @Test("ten thousand lost rounds leave numbers, and the loser comes back when it wins")
  func extremes() throws {
    let w = try weights(market(["A", "B"], rounds: 10_000) { _ in [0.01, -0.01] })
    #expect(w[0] == 1)
    #expect(w[1] == 0)
    let turned = try weights(market(["A", "B"], rounds: 4_010) { t in t < 2_000 ? [0.01, -0.01] : [-0.01, 0.01] })
    #expect((turned[1] ?? 0) > 0.99)
  }

  @Test("state follows the agents' names when their order changes")
  func reordered() throws {
    let first = market(["A", "B"], rounds: 4) { _ in [0.01, -0.01] }
    let agent = try ProbeAgent(library, "exec.hedge_vote", first)
    _ = agent.run(first)
    let state = try agent.save()
    let second = market(["B", "X", "A"], rounds: 1) { _ in [0, .nan, 0] }
    let next = try ProbeAgent(library, "exec.hedge_vote", second)
    try next.restore(state)
    let rows = try #require(next.run(second).last).rows
    #expect(rows.map(\.instrument) == [0, 2])
    #expect(abs(rows[0].value / rows[1].value - exp(-2.0)) < 1e-12)
  }

  @Test("it abstains before anybody has a return, and without views")
  func abstains() throws {
    let quiet = market(["A", "B"], rounds: 1) { _ in [.nan, .infinity] }
    let answer = try #require(try ProbeAgent(library, "exec.hedge_vote", quiet).run(quiet).last)
    #expect(answer.rows == [.abstain(-1, AL_REASON_WARM_UP)])
    let blind = ProbeMarket.flat(["S0"])
    let other = try #require(try ProbeAgent(library, "exec.hedge_vote", blind).run(blind).last)
    #expect(other.rows == [.abstain(-1, AL_REASON_MISSING_CAPABILITY)])
  }

  @Test("scale, names, order, look-ahead, history, state and a second load (its rows are no symmetric view)")
  func protocolPoints() throws {
    let market = market(["A", "B", "C"], rounds: 40) { t in
      [0.003 * Double((t * 7) % 5 - 2), t % 4 == 1 ? .nan : -0.002, t < 9 ? .nan : 0.001 * Double(t % 3)]
    }
    let second = AgentSubject(try ProbeLibrary("executive"), "exec.hedge_vote")
    #expect(try AgentChecks.invariance(AgentSubject(library, "exec.hedge_vote"), second: second, market) == [])
  }
}

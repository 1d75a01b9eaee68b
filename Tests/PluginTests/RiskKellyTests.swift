import CAlphaLoop
import PluginProbe
import Testing

@Suite("risk.kelly")
struct RiskKellyTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("risk") }

  /// An agent with a view on every instrument; wins and losses of the given mean returns.
  private func record(
    _ name: String, wins: Int, losses: Int, payoff: Double = 1.5, views: [(score: Double, confidence: Double)]
  ) -> ProbeRecord {
    var record = ProbeRecord(name, id: "test.\(name)")
    record.wins = UInt32(wins)
    record.losses = UInt32(losses)
    record.sumWin = Double(wins) * 0.01 * payoff
    record.sumLoss = Double(losses) * 0.01
    record.rows = views.enumerated().map { .view($0, $1.score, confidence: $1.confidence) }
    return record
  }

  private func weights(
    _ records: [ProbeRecord], instruments: Int = 1, _ parameters: [String: Any] = [:]
  ) throws -> [ProbeRow?] {
    var market = ProbeMarket.flat((0..<instruments).map { "S\($0)" })
    market.views = { _ in records }
    let answer = try #require(try ProbeAgent(library, "risk.kelly", market, parameters: parameters).run(market).last)
    return (0..<instruments).map { answer.only(AL_ROW_WEIGHT, $0) }
  }

  private func weight(
    wins: Int, losses: Int, score: Double = 1, confidence: Double = 1, _ parameters: [String: Any] = [:]
  ) throws -> Double {
    let record = record("A", wins: wins, losses: losses, views: [(score, confidence)])
    return try #require(try weights([record], parameters)[0]).value
  }

  @Test("p .55 at b 1.5 bets .25, a quarter of it .0625, held at the cap .05")
  func scenario() throws {
    // No prior: the record is the truth. (.55 x 1.5 - .45) / 1.5 = .25.
    let unshrunk: [String: Any] = ["prior_trades": 0, "cap": 1, "fraction": 1]
    #expect(abs(try weight(wins: 55, losses: 45, unshrunk) - 0.25) < 1e-12)
    #expect(abs(try weight(wins: 55, losses: 45, ["prior_trades": 0, "cap": 1]) - 0.0625) < 1e-12)
    #expect(try weight(wins: 55, losses: 45) == 0.05)
  }

  @Test("p .40 at b 1.5 is no edge and no bet, however long the record", arguments: [20, 100, 10_000])
  func noEdge(_ trades: Int) throws {
    #expect(try weight(wins: trades * 2 / 5, losses: trades * 3 / 5) == 0)
  }

  @Test("a payoff beyond 10 counts as 10")
  func payoffBound() throws {
    // b 10, break-even 1/11: p = (50 + 20 / 11) / 120, f = (11 p - 1) / 10 = .375.
    let record = record("A", wins: 50, losses: 50, payoff: 100, views: [(1, 1)])
    #expect(abs((try #require(try weights([record], ["cap": 1])[0])).value - 0.25 * 0.375) < 1e-12)
  }

  @Test("a losing record bets nothing")
  func losing() throws {
    #expect(try weight(wins: 30, losses: 70) == 0)
  }

  @Test("fewer trades at the same rate of wins bet less, down to the prior")
  func shrinkage() throws {
    let bets = try [0, 20, 40, 100, 1000, 100_000].map {
      try weight(wins: $0 * 11 / 20, losses: $0 * 9 / 20, ["cap": 1])
    }
    for (fewer, more) in zip(bets, bets.dropFirst()) { #expect(fewer < more) }
    // .25 x .25 x n / (n + 20) by hand; without any record .25 x .06.
    #expect(abs(bets[1] - 0.0625 / 2) < 1e-12)
    #expect(abs(bets[3] - 0.0625 * 100 / 120) < 1e-12)
    #expect(abs(bets[0] - 0.015) < 1e-15)
  }

  @Test("confidence scales the bet, a short view turns its sign")
  func confidence() throws {
    let full = try weight(wins: 55, losses: 45, ["cap": 1])
    #expect(abs(try weight(wins: 55, losses: 45, confidence: 0.5, ["cap": 1]) - full / 2) < 1e-12)
    #expect(abs(try weight(wins: 55, losses: 45, score: -1, ["cap": 1]) + full) < 1e-12)
  }

  @Test("a short without a locate is a weight of 0 unless locates are not required")
  func locate() throws {
    var market = ProbeMarket.flat(["S0"])
    market.instruments[0].flags = AL_INSTRUMENT_TRADABLE
    market.views = { _ in [self.record("A", wins: 550, losses: 450, views: [(-1, 1)])] }
    for (required, weight) in [(true, 0), (false, -0.05)] {
      let parameters = ["require_locate": required]
      let answer = try #require(try ProbeAgent(library, "risk.kelly", market, parameters: parameters).run(market).last)
      #expect(answer.only(AL_ROW_WEIGHT, 0)?.value == weight)
    }
  }

  @Test("the bet is that of the agents behind the direction; those against it only lower the confidence")
  func aggregation() throws {
    let good = record("A", wins: 550, losses: 450, views: [(1, 1)])
    let bad = record("B", wins: 100, losses: 900, views: [(-0.5, 1)])
    let row = try #require(try weights([good, bad], ["cap": 1])[0])
    // (1 - .5) / 2 = .25 of confidence on .0625 x 1000 / 1020.
    #expect(abs(row.value - 0.25 * 0.0625 * 1000 / 1020) < 1e-12)
    #expect(abs(row.confidence - 0.25) < 1e-12)
  }

  @Test("views that cancel, and a view of 0, are a weight of 0; no view is an abstention")
  func flat() throws {
    let a = record("A", wins: 55, losses: 45, views: [(1, 1), (0, 1)])
    let b = record("B", wins: 55, losses: 45, views: [(-1, 1)])
    let rows = try weights([a, b], instruments: 2)
    #expect(rows.map { $0?.value } == [0, 0])
    var market = ProbeMarket.flat(["S0", "S1", "S2"])
    market.views = { _ in [a, b] }
    let answer = try #require(try ProbeAgent(library, "risk.kelly", market).run(market).last)
    #expect(answer.abstention(2) == AL_REASON_NO_SIGNAL)
  }

  @Test("what cannot be traded is not its business; a broken view and missing views are named")
  func abstains() throws {
    var market = ProbeMarket.flat(["S0", "S1"])
    market.instruments[0].flags = 0
    market.views = { _ in [self.record("A", wins: 55, losses: 45, views: [(1, 1), (.nan, 1)])] }
    let answer = try #require(try ProbeAgent(library, "risk.kelly", market).run(market).last)
    #expect(answer.rows == [.abstain(0, AL_REASON_NOT_APPLICABLE), .abstain(1, AL_REASON_INVALID_DATA)])
    market.views = nil
    let blind = try #require(try ProbeAgent(library, "risk.kelly", market).run(market).last)
    #expect(blind.rows == [.abstain(-1, AL_REASON_MISSING_CAPABILITY)])
  }

  @Test("mirrored views mirror the weights; over random views the mean weight is 0 within three standard errors")
  func symmetric() throws {
    var weights: [Double] = []
    for seed in 1...200 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      let scores = (0..<2).map { _ in 2 * random.uniform() - 1 }
      let both = try [1.0, -1.0].map { sign in
        try #require(
          try self.weights(scores.enumerated().map { record("A\($0)", wins: 55, losses: 45, views: [(sign * $1, 1)]) })[
            0]
        ).value
      }
      #expect(both[0] == -both[1])
      weights.append(both[0])
    }
    let n = Double(weights.count)
    let mean = weights.reduce(0, +) / n
    let deviation = (weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot()
    #expect(deviation > 0.001)
    #expect(abs(mean) <= 3 * deviation / n.squareRoot())
  }

  @Test("scale, names, order, look-ahead, history, state and a second load")
  func protocolPoints() throws {
    var market = ProbeMarket.flat(["S0", "S1", "S2"], count: 12)
    let times = market.barTimes
    market.views = { time in
      let t = times.firstIndex(of: time) ?? 0
      return [
        self.record("A", wins: 11 * t, losses: 9 * t, views: [(0.3, 1), (-0.7, 0.5), (1, 0.9)]),
        self.record("B", wins: 5 + t, losses: 4, payoff: 0.8, views: [(0.6, 0.2), (0.1, 0.5)]),
      ]
    }
    let second = AgentSubject(try ProbeLibrary("risk"), "risk.kelly")
    #expect(try AgentChecks.withoutBars(AgentSubject(library, "risk.kelly"), second: second, market) == [])
  }
}

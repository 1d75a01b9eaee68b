import CAlphaLoop
import Foundation
import PluginProbe
import Testing

@Suite("mom.residual")
struct MomentumResidualTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("momentum") }

  /// 21:00 UTC on the 28th of month `k` after January 2015.
  private static func date(_ k: Int) -> Int64 {
    let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var days: Int64 = 16436
    for month in 0..<k {
      let year = 2015 + month / 12
      days += lengths[month % 12] + (month % 12 == 1 && year % 4 == 0 ? 1 : 0)
    }
    return (days + 27) * Clock.day + 21 * Clock.hour
  }

  /// Monthly closes from returns: close 100 in month 0, then one a return.
  private static func instrument(_ symbol: String, _ returns: [Double]) -> ProbeInstrument {
    var price = 100.0
    var bars = [ProbeBar(time: date(0), close: price)]
    for (k, r) in returns.enumerated() {
      price *= 1 + r
      bars.append(ProbeBar(time: date(k + 1), close: price))
    }
    return ProbeInstrument(symbol, bars: bars)
  }

  /// Each factor's returns, from month 1 on, known at the month's end.
  private static func facts(_ series: [String: [Double]], delay: Int64 = 0) -> [ProbeFact] {
    series.keys.sorted().flatMap { name in
      (series[name] ?? []).enumerated().map { k, value in
        ProbeFact(name, period: date(k + 1) - 21 * Clock.hour, known: date(k + 1) + delay, value: value)
      }
    }
  }

  /// A session whose next one is 20 days later: every bar is the last of its month.
  private static let monthEnds: @Sendable (Int64) -> al_session_v1? = { time in
    var session = al_session_v1()
    session.size = UInt32(MemoryLayout<al_session_v1>.size)
    session.date_ns = time / Clock.day * Clock.day
    session.next_date_ns = session.date_ns + 20 * Clock.day
    return session
  }

  private static func market(_ instruments: [ProbeInstrument], _ factors: [String: [Double]]?) -> ProbeMarket {
    var market = ProbeMarket(instruments)
    market.macro = factors.map { facts($0) }
    market.session = monthEnds
    return market
  }

  private func last(_ market: ProbeMarket, _ parameters: [String: Any] = ["factors": "MKT"]) throws -> ProbeAnswer {
    try #require(try ProbeAgent(library, "mom.residual", market, parameters: parameters).run(market).last)
  }

  /// 36 months of a random market with one of -20 % in the last year.
  private static func crash(_ seed: UInt64 = 1) -> [Double] {
    var random = SeededRandom(seed: seed)
    var returns = (0..<36).map { _ in 0.04 * random.gaussian() }
    returns[30] = -0.2
    return returns
  }

  @Test("pure beta through a market of -20 % has a residual momentum of 0")
  func pureBeta() throws {
    let market = Self.crash()
    let answer = try last(
      Self.market([Self.instrument("AAA", market.map { 0.002 + 1.4 * $0 })], ["MKT": market]))
    #expect(try #require(answer.view(0)).value == 0)
    #expect(abs(try #require(answer.estimate(0, 1)) - 1.4) < 1e-9)
  }

  @Test(
    "idiosyncratic +1 % a month in the last twelve months only is positive, and -1 % negative", arguments: [1.0, -1])
  func idiosyncratic(_ sign: Double) throws {
    let market = Self.crash()
    let returns = market.enumerated().map { k, m in 1.2 * m + (k >= 24 ? sign * 0.01 : 0) }
    let view = try #require(try last(Self.market([Self.instrument("AAA", returns)], ["MKT": market])).view(0))
    #expect(view.value * sign > 0.5)
  }

  /// statsmodels OLS with constant on the same 36 months; sum of resid[24:35] over its standard deviation (ddof 1).
  private static func threeFactors() -> (returns: [Double], factors: [String: [Double]]) {
    var random = SeededRandom(seed: 41)
    var returns: [Double] = []
    var factors: [String: [Double]] = ["MKT": [], "SMB": [], "HML": []]
    for _ in 0..<36 {
      let (mkt, smb, hml) = (0.04 * random.gaussian(), 0.02 * random.gaussian(), 0.02 * random.gaussian())
      returns.append(0.8 * mkt + 0.3 * smb - 0.2 * hml + 0.05 * random.gaussian())
      factors["MKT"]?.append(mkt)
      factors["SMB"]?.append(smb)
      factors["HML"]?.append(hml)
    }
    return (returns, factors)
  }

  @Test("three factors give the value, beta and score of an independent regression")
  func reference() throws {
    let (returns, factors) = Self.threeFactors()
    let answer = try last(Self.market([Self.instrument("AAA", returns)], factors), [:])
    #expect(abs(try #require(answer.estimate(0, 0)) + 5.80551870474055) < 1e-8)
    #expect(abs(try #require(answer.estimate(0, 1)) - 0.5591631208294858) < 1e-9)
    #expect(abs(try #require(answer.view(0)).value + 0.8682956114984057) < 1e-9)
  }

  @Test("a risk-free series is taken off the return")
  func riskFree() throws {
    var (returns, factors) = Self.threeFactors()
    var random = SeededRandom(seed: 8)
    let rates = (0..<36).map { _ in 0.01 * random.uniform() }
    returns = zip(returns, rates).map(+)
    factors["RF"] = rates
    let answer = try last(Self.market([Self.instrument("AAA", returns)], factors), [:])
    #expect(abs(try #require(answer.estimate(0, 0)) + 5.80551870474055) < 1e-8)
  }

  @Test("daily bars and monthly bars with the same month ends give the same answer")
  func daily() throws {
    let (returns, factors) = Self.threeFactors()
    let monthly = Self.instrument("AAA", returns)
    var daily = monthly
    daily.bars = monthly.bars.indices.flatMap { k in
      (0..<15).map { day in
        ProbeBar(
          time: monthly.bars[k].time - Int64(14 - day) * Clock.day,
          close: monthly.bars[k].close * (day == 14 ? 1 : 1.3 - 0.01 * Double(day)))
      }
    }
    // Only the last bar of a month is followed by one of another month.
    var market = Self.market([daily], factors)
    let ends = Set(monthly.bars.map(\.time))
    market.session = { time in
      var session = al_session_v1()
      session.next_date_ns = time / Clock.day * Clock.day + (ends.contains(time) ? 20 : 1) * Clock.day
      return session
    }
    let answer = try last(market, [:])
    #expect(abs(try #require(answer.estimate(0, 0)) + 5.80551870474055) < 1e-8)
  }

  @Test("a bar that closes at midnight after a month's last day belongs to that month")
  func midnight() throws {
    let (returns, factors) = Self.threeFactors()
    var market = Self.market([Self.instrument("AAA", returns)], factors)
    // From the 28th to the first midnight of the next month.
    for k in market.instruments[0].bars.indices {
      let next = Self.date(k + 1) - 27 * Clock.day - 21 * Clock.hour
      market.instruments[0].bars[k].time = next
    }
    #expect(abs(try #require(try last(market, [:]).estimate(0, 0)) + 5.80551870474055) < 1e-8)
  }

  @Test("a broken price in the middle of a month is broken data", arguments: [Double.nan, 0])
  func brokenMonth(_ price: Double) throws {
    let (returns, factors) = Self.threeFactors()
    var market = Self.market([Self.instrument("AAA", returns)], factors)
    let middle = ProbeBar(time: Self.date(20) - 5 * Clock.day, close: price)
    market.instruments[0].bars.insert(middle, at: 20)
    #expect(try last(market, [:]).abstention(0) == AL_REASON_INVALID_DATA)
  }

  @Test("without a session a month counts once the next has begun")
  func runningMonth() throws {
    let (returns, factors) = Self.threeFactors()
    var market = Self.market([Self.instrument("AAA", returns + [0.5])], factors)
    market.session = nil
    let answers = try ProbeAgent(library, "mom.residual", market).run(market)
    #expect(answers[36].abstention(0) == AL_REASON_WARM_UP)
    #expect(abs(try #require(answers[37].estimate(0, 0)) + 5.80551870474055) < 1e-8)
  }

  @Test("missing factors abstain; with the fallback asked for, the equal-weight universe is the market")
  func fallback() throws {
    let (returns, _) = Self.threeFactors()
    let names = (0..<3).map { i in
      Self.instrument(
        "N\(i)", returns.enumerated().map { k, r in r * (1 + 0.3 * Double(i)) + 0.01 * Double((k * (i + 3)) % 5) })
    }
    let bare = Self.market(names, nil)
    #expect(try last(bare, [:]).abstention(1) == AL_REASON_MISSING_CAPABILITY)
    #expect(try last(bare, ["market_fallback": true]).view(1) != nil)
    // One name alone is its own market: nothing to explain it with.
    let alone = Self.market([names[0]], nil)
    #expect(try last(alone, ["market_fallback": true]).abstention(0) == AL_REASON_DEGENERATE)
  }

  @Test("factors of the newest month that are not published yet leave the agent without an answer")
  func unpublished() throws {
    let (returns, factors) = Self.threeFactors()
    var market = Self.market([Self.instrument("AAA", returns)], factors)
    market.macro = Self.facts(factors, delay: Clock.day)
    #expect(try last(market, [:]).abstention(0) == AL_REASON_STALE)
  }

  @Test("factors may come from each instrument's fundamentals; a revision replaces what it revises")
  func fundamentals() throws {
    let (returns, factors) = Self.threeFactors()
    var market = Self.market([Self.instrument("AAA", returns)], nil)
    var facts = Self.facts(factors)
    for k in facts.indices where facts[k].name == "SMB" {
      var wrong = facts[k]
      wrong.value += 0.5
      wrong.known -= Clock.hour
      facts.append(wrong)
    }
    market.fundamentals = facts
    #expect(abs(try #require(try last(market, [:]).estimate(0, 0)) + 5.80551870474055) < 1e-8)
  }

  @Test("a factor that never moves is degenerate")
  func singular() throws {
    let (returns, _) = Self.threeFactors()
    let flat = Array(repeating: 0.01, count: 36)
    let answer = try last(Self.market([Self.instrument("AAA", returns)], ["MKT": flat]))
    #expect(answer.abstention(0) == AL_REASON_DEGENERATE)
  }

  private static func noise(_ seed: UInt64, instruments: Int, months: Int) -> ProbeMarket {
    var random = SeededRandom(seed: seed)
    let factor = (0..<months).map { _ in 0.04 * random.gaussian() }
    return market(
      (0..<instruments).map { i in
        instrument("R\(i)", factor.map { 0.9 * $0 + 0.05 * random.gaussian() })
      }, ["MKT": factor])
  }

  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "mom.residual", parameters: ["factors": "MKT"])
    let second = AgentSubject(try ProbeLibrary("momentum"), "mom.residual", parameters: ["factors": "MKT"])
    let market = Self.noise(3, instruments: 3, months: 42)
    // Warm-up is counted in months: see "without a session".
    #expect(try AgentChecks.all(subject, second: second, market, countsBars: false) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
  }

  @Test("mirrored returns in a mirrored market change the sign of the score")
  func mirrored() throws {
    let (returns, factors) = Self.threeFactors()
    let answer = try last(
      Self.market([Self.instrument("AAA", returns.map { -$0 })], factors.mapValues { $0.map { -$0 } }), [:])
    #expect(abs(try #require(answer.view(0)).value - 0.8682956114984057) < 1e-9)
  }

  @Test("says nothing on average about noise")
  func noise() throws {
    let subject = AgentSubject(library, "mom.residual", parameters: ["factors": "MKT"])
    #expect(try AgentChecks.meanZero(subject, lastOnly: true) { Self.noise($0, instruments: 1, months: 36) } == [])
  }
}

import CAlphaLoop
import PluginProbe
import Testing

/// mom.xs_12_1 and mom.high52: a rank across the universe.
@Suite("ranked momentum")
struct MomentumPanelTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("momentum") }

  private func last(_ id: String, _ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> ProbeAnswer {
    try #require(try ProbeAgent(library, id, market, parameters: parameters).run(market).last)
  }

  /// Twenty names with drifts of k x 2 basis points a day, k = 1 ... 20.
  private func ladder() -> [ProbeInstrument] {
    (1...20).map { k in
      var price = 100.0
      let closes = (0..<253).map { _ in
        defer { price *= 1 + 0.0002 * Double(k) }
        return price
      }
      return ProbeInstrument("K\(k)", closes: closes)
    }
  }

  /// The centred rank of k among 20.
  private func score(_ k: Int) -> Double { (2 * Double(k) - 21) / 19 }

  @Test("xs_12_1: twenty drifts rank in order, and the scores sum to 0")
  func ladderRanks() throws {
    let answer = try last("mom.xs_12_1", ProbeMarket(ladder()))
    var sum = 0.0
    for k in 1...20 {
      let view = try #require(answer.view(k - 1))
      #expect(abs(view.value - score(k)) < 1e-12)
      sum += view.value
    }
    #expect(abs(sum) < 1e-12)
  }

  @Test("xs_12_1: a spike of 30 % inside the last 21 days moves no rank; one day earlier it does")
  func spike() throws {
    for (age, moves) in [(20, false), (0, false), (21, true)] {
      var names = ladder()
      for row in (252 - age)..<253 { names[0].bars[row].close *= 1.3 }
      let answer = try last("mom.xs_12_1", ProbeMarket(names))
      let view = try #require(answer.view(0))
      #expect((abs(view.value - score(1)) > 1e-12) == moves)
    }
  }

  @Test("high52: at its high is 1.00 and ranks first; 25 % below is .75 and ranks last")
  func nearness() throws {
    let atHigh = ProbeInstrument("HI", closes: (0..<252).map { 100 + Double($0) })
    let below = ProbeInstrument("LO", closes: (0..<252).map { $0 < 100 ? 100 : 75 })
    let middle = ProbeInstrument("MD", closes: (0..<252).map { $0 < 100 ? 100 : 90 })
    let answer = try last("mom.high52", ProbeMarket([below, atHigh, middle]))
    #expect(answer.estimate(1) == 1)
    #expect(answer.estimate(0) == 0.75)
    #expect(try #require(answer.view(1)).value == 1)
    #expect(try #require(answer.view(2)).value == 0)
    #expect(try #require(answer.view(0)).value == -1)
  }

  @Test("high52: a high 252 bars old, today's counted, still counts; one bar older no longer does")
  func oldestHigh() throws {
    for (row, expected) in [(1, 0.5), (0, 1.0)] {
      var closes = Array(repeating: 50.0, count: 253)
      closes[row] = 100
      let other = ProbeInstrument("BB", closes: (0..<253).map { 80 - 0.1 * Double($0) })
      let answer = try last("mom.high52", ProbeMarket([ProbeInstrument("AA", closes: closes), other]))
      #expect(answer.estimate(0) == expected)
    }
  }

  @Test("names at equal values share the mean of their ranks")
  func ties() throws {
    let rising = (0..<252).map { 100 + Double($0) }
    let fallen = (0..<252).map { $0 < 100 ? 100.0 : 75 }
    let answer = try last(
      "mom.high52", ProbeMarket([rising, rising, fallen].enumerated().map { ProbeInstrument("T\($0)", closes: $1) }))
    // Ranks 2.5, 2.5 and 1 of 3: (2 rank - 4) / 2.
    #expect((0..<3).map { answer.view($0)?.value } == [0.5, 0.5, -1])
  }

  @Test("nothing to rank: all equal is degenerate, too few names is a reason of its own")
  func nothingToRank() throws {
    let flat = (0..<3).map { ProbeInstrument("F\($0)", closes: Array(repeating: 50, count: 253)) }
    for id in ["mom.xs_12_1", "mom.high52"] {
      let equal = try last(id, ProbeMarket(flat))
      let few = try last(id, ProbeMarket(flat), ["minimum_names": 4])
      #expect((0..<3).map { equal.abstention($0) } == Array(repeating: AL_REASON_DEGENERATE, count: 3))
      #expect((0..<3).map { few.abstention($0) } == Array(repeating: AL_REASON_CUSTOM, count: 3))
    }
  }

  @Test("fewer names than asked for are not ranked, however different they are")
  func fewNames() throws {
    let names = ProbeMarket(Array(ladder()[0..<3]))
    for id in ["mom.xs_12_1", "mom.high52"] {
      #expect(try last(id, names, ["minimum_names": 4]).abstention(1) == AL_REASON_CUSTOM)
    }
    #expect(try last("mom.xs_12_1", names, ["minimum_names": 3]).view(1) != nil)
  }

  @Test("a young name abstains, and the others are ranked as if it were not there")
  func youngName() throws {
    let names = Array(ladder()[0..<3])
    var young = ladder()[10]
    young.bars = Array(young.bars.suffix(100))
    let with = try last("mom.xs_12_1", ProbeMarket(names + [young]))
    let without = try last("mom.xs_12_1", ProbeMarket(names))
    #expect(with.abstention(3) == AL_REASON_WARM_UP)
    #expect((0..<3).map { with.view($0) } == (0..<3).map { without.view($0) })
  }

  @Test("a name that missed today's bar is stale, alone")
  func missedBar() throws {
    var names = Array(ladder()[0..<3])
    names = names.map { name in
      var name = name
      name.bars.append(ProbeBar(time: Clock.weekdays(254)[253], close: 100))
      return name
    }
    names[1].bars.removeLast()
    let answer = try last("mom.xs_12_1", ProbeMarket(names))
    #expect(answer.abstention(1) == AL_REASON_STALE)
    #expect(answer.view(0) != nil && answer.view(2) != nil)
  }

  /// numpy on the same bars: c[-22] / c[-253] - 1 and c[-1] / max(c[-252:]).
  @Test("the ranked values equal an independent calculation")
  func reference() throws {
    let market = RandomMarket.bars(instruments: 3, count: 300, seed: 11)
    let returns = [-0.1872785760646558, -0.2014472291613023, 0.013533877864456478]
    let highs = [0.7099376641682591, 0.7853609546576394, 0.8330793226474043]
    let xs = try last("mom.xs_12_1", market)
    let high = try last("mom.high52", market)
    for i in 0..<3 {
      #expect(abs(try #require(xs.estimate(i)) - returns[i]) < 1e-9)
      #expect(abs(try #require(high.estimate(i)) - highs[i]) < 1e-9)
    }
    #expect((0..<3).map { xs.view($0)?.value } == [0, -1, 1])
    #expect((0..<3).map { high.view($0)?.value } == [-1, 0, 1])
  }

  @Test("skip must be below lookback")
  func badParameters() {
    let market = ProbeMarket(ladder())
    #expect(throws: ProbeError.self) {
      try ProbeAgent(library, "mom.xs_12_1", market, parameters: ["lookback": 20, "skip": 20])
    }
  }

  @Test("passes the checks of every agent", arguments: ["mom.xs_12_1", "mom.high52"])
  func checks(_ id: String) throws {
    let subject = AgentSubject(library, id)
    let market = RandomMarket.bars(instruments: 4, count: 265, seed: 2)
    #expect(try AgentChecks.all(subject, second: AgentSubject(ProbeLibrary("momentum"), id), market) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
    if id == "mom.xs_12_1" { #expect(try AgentChecks.mirror(subject, market, .log) == []) }
  }

  @Test("says nothing on average about noise", arguments: ["mom.xs_12_1", "mom.high52"])
  func noise(_ id: String) throws {
    let subject = AgentSubject(library, id)
    #expect(
      try AgentChecks.meanZero(subject, lastOnly: true) { RandomMarket.bars(instruments: 4, count: 253, seed: $0) }
        == [])
  }
}

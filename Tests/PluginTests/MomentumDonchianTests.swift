import CAlphaLoop
import PluginProbe
import Testing

@Suite("mom.donchian")
struct MomentumDonchianTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("momentum") }

  /// Thirty bars of high 101, low 99, close 100, then the given ones (high, low, close).
  private func market(_ then: [(Double, Double, Double)]) -> ProbeMarket {
    let times = Clock.weekdays(30 + then.count)
    let bars = (Array(repeating: (101.0, 99.0, 100.0), count: 30) + then).enumerated().map { k, bar in
      ProbeBar(time: times[k], open: 100, high: bar.0, low: bar.1, close: bar.2)
    }
    var market = ProbeMarket([ProbeInstrument("AAA", bars: bars)])
    market.portfolio = { _ in ProbePortfolio(cash: 100_000) }
    return market
  }

  private func run(_ market: ProbeMarket) throws -> [ProbeAnswer] {
    try ProbeAgent(library, "mom.donchian", market).run(market)
  }

  @Test("a close of 102 above thirty bars of 101/99/100 is long that bar, with a raw unit of 500 shares on 100,000")
  func scenario() throws {
    let answers = try run(market([(102, 100, 102)]))
    #expect(answers[29].abstention(0) == AL_REASON_NO_SIGNAL)
    #expect(answers[30].view(0)?.value == 1)
    #expect(answers[30].estimate(0) == 500)
  }

  @Test("the unit is sized from the bars before the signal, however wide the signal bar is")
  func wideBar() throws {
    #expect(try run(market([(110, 95, 102)]))[30].estimate(0) == 500)
  }

  @Test("the mirrored breakout is short")
  func short() throws {
    #expect(try run(market([(100, 98, 98)]))[30].view(0)?.value == -1)
  }

  @Test("a high above the channel without a close above it is nothing")
  func touched() throws {
    #expect(try run(market([(105, 99, 101)]))[30].abstention(0) == AL_REASON_NO_SIGNAL)
  }

  @Test("the long leaves below the 10-bar low: flat on that bar, no signal after it")
  func exit() throws {
    // Ten bars at 105/103, then a close of 102.5: below the 10-bar low 103, above the 20-bar low 99.
    let up = Array(repeating: (105.0, 103.0, 104.0), count: 10)
    let answers = try run(market(up + [(104, 102, 102.5), (104, 102, 102.5)]))
    #expect(answers[39].view(0)?.value == 1)
    #expect(answers[40].view(0)?.value == 0)
    #expect(answers[40].estimate(0) == nil)
    #expect(answers[41].abstention(0) == AL_REASON_NO_SIGNAL)
  }

  @Test("a long that falls through the 20-bar low is short at once")
  func reversal() throws {
    #expect(try run(market([(102, 100, 102), (100, 97, 97)]))[31].view(0)?.value == -1)
  }

  @Test("without a portfolio there is the view alone; a contract multiplier divides the unit")
  func unitNeedsEquity() throws {
    var alone = market([(102, 100, 102)])
    alone.portfolio = nil
    #expect(try run(alone)[30].rows.map(\.kind) == [AL_ROW_VIEW])
    var contract = market([(102, 100, 102)])
    contract.instruments[0].multiplier = 50 * AL_UNIT
    #expect(try run(contract)[30].estimate(0) == 10)
  }

  @Test("an evaluation without a new bar repeats the answer and moves no state")
  func repeated() throws {
    var market = RandomMarket.bars(instruments: 1, count: 120, seed: 4)
    market.portfolio = { _ in ProbePortfolio(cash: 100_000) }
    let once = try run(market)
    market.extraTimes = market.barTimes.map { ($0 + Clock.hour, AL_CAUSE_PANEL) }
    let twice = try run(market)
    #expect(stride(from: 0, to: 240, by: 2).map { twice[$0].bytes } == once.map(\.bytes))
    // The bar that leaves says "be flat" once; every other answer is repeated.
    for k in once.indices where once[k].view(0)?.value != 0 { #expect(twice[2 * k + 1].bytes == once[k].bytes) }
    #expect(once.contains { $0.view(0)?.value == 0 })
  }

  /// A state machine written in Python over the same bars, N as Wilder's recursion started from the mean of 20.
  @Test("300 random bars give the positions and units of an independent state machine")
  func reference() throws {
    var market = RandomMarket.bars(instruments: 1, count: 300, seed: 11)
    market.portfolio = { _ in ProbePortfolio(cash: 100_000) }
    let answers = try run(market)
    let positions = answers[21...].map { answer -> Character in
      switch answer.view(0)?.value {
      case 1: "L"
      case -1: "S"
      default: "."
      }
    }
    #expect(
      String(positions) == "...........SSSSSSSSSSSS............SSSSSSSSS.....LLLLLLLLLLL..SSSSSSSSSSSSS....LLLLLLLLL"
        + "......................SSSSSSSSSSSSSS.....................SSSSSSSSSSSSSSSSSSSSSSSSSSSS.LLLLLLLLLLLLLLLL"
        + "...SSSSSSSSSSSSSSSSSSSSSSSSSS....SSSSSSSSSSSSSSSSSSSSSSSSSSSSS............SSSSSSSSSSSSSSS")
    #expect(abs(try #require(answers[299].estimate(0)) - 1084.6698672945233) < 1e-8)
    #expect(abs(try #require(answers[200].estimate(0)) - 1085.0038198708842) < 1e-8)
  }

  @Test("passes the checks of every agent")
  func checks() throws {
    let subject = AgentSubject(library, "mom.donchian")
    let market = RandomMarket.bars(instruments: 3, count: 120, seed: 2)
    #expect(try AgentChecks.all(subject, second: AgentSubject(ProbeLibrary("momentum"), "mom.donchian"), market) == [])
    #expect(try AgentChecks.renaming(subject, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.mirror(subject, market, .log) == [])
  }

  @Test("broken state is refused and leaves the instance as it was")
  func brokenState() throws {
    let market = RandomMarket.bars(instruments: 1, count: 60, seed: 2)
    let agent = try ProbeAgent(library, "mom.donchian", market)
    _ = agent.run(market)
    let good = try agent.save()
    for bad in [Array(good.dropLast()), good + [0], Array(repeating: UInt8(0xff), count: good.count)] {
      #expect(throws: ProbeError.self) { try agent.restore(bad) }
      #expect(try agent.save() == good)
    }
  }

  @Test("says nothing on average about noise")
  func noise() throws {
    let subject = AgentSubject(library, "mom.donchian")
    #expect(
      try AgentChecks.meanZero(subject, lastOnly: false) { RandomMarket.bars(instruments: 1, count: 60, seed: $0) }
        == [])
  }
}

import CAlphaLoop
import PluginProbe
import Testing

@Suite("desk.chandelier_stop")
struct DeskChandelierTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("desk") }

  /// Bars of (high, low, close); `held` units from bar `from` until bar `until`.
  private func market(
    _ bars: [(Double, Double, Double)], held: Int64 = 100, from: Int = 0, until: Int = .max
  ) -> ProbeMarket {
    let times = Clock.weekdays(bars.count)
    var market = ProbeMarket([
      ProbeInstrument(
        "AAA",
        bars: zip(times, bars).map { ProbeBar(time: $0, open: $1.2, high: $1.0, low: $1.1, close: $1.2) })
    ])
    market.portfolio = { time in
      let t = times.firstIndex(of: time) ?? 0
      var account = ProbePortfolio(cash: 100_000)
      var position = ProbePosition()
      if t >= from, t < until { position.quantity = held * AL_UNIT }
      account.positions = [position]
      return account
    }
    return market
  }

  /// Thirty bars with a range of exactly 2 about 117 to 119, one of them up to 120: ATR 2, highest high 120.
  private let calm: [(Double, Double, Double)] =
    Array(repeating: (119, 117, 118), count: 20) + [(120, 118, 119)] + Array(repeating: (119, 117, 118), count: 9)

  private func run(_ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> [ProbeAnswer] {
    try ProbeAgent(library, "desk.chandelier_stop", market, parameters: parameters).run(market)
  }

  /// Prices upside down about 118.
  private func mirrored(_ bars: [(Double, Double, Double)]) -> [(Double, Double, Double)] {
    bars.map { (236 - $0.1, 236 - $0.0, 236 - $0.2) }
  }

  @Test("a highest high of 120 and an ATR of 2 put the stop at 114: a low of 113.9 leaves, 114.1 holds")
  func scenario() throws {
    let leaves = try #require(try run(market(calm + [(117, 113.9, 116)])).last)
    let order = try #require(leaves.only(AL_ROW_ORDER, 0))
    #expect(order.quantity == -100 * AL_UNIT && order.orderType == AL_ORDER_MARKET && order.time == 0)
    #expect(leaves.estimate(0) == 114)
    #expect(leaves.only(AL_ROW_VETO, 0)?.reason == AL_REASON_CUSTOM)
    let holds = try #require(try run(market(calm + [(117, 114.1, 116)])).last)
    #expect(holds.only(AL_ROW_ORDER, 0) == nil && holds.abstention(0) == AL_REASON_NO_SIGNAL)
    #expect(holds.estimate(0) == 114)
  }

  @Test("a low on the stop leaves: the price was there")
  func touched() throws {
    #expect(try #require(try run(market(calm + [(117, 114, 116)])).last).only(AL_ROW_ORDER, 0) != nil)
  }

  @Test("shorts are mirrored: lowest low 116 and ATR 2 stop at 122")
  func short() throws {
    let leaves = try #require(try run(market(mirrored(calm + [(117, 113.9, 116)]), held: -100)).last)
    #expect(leaves.only(AL_ROW_ORDER, 0)?.quantity == 100 * AL_UNIT)
    #expect(abs((leaves.estimate(0) ?? 0) - 122) < 1e-9)
    let holds = try #require(try run(market(mirrored(calm + [(117, 114.1, 116)]), held: -100)).last)
    #expect(holds.only(AL_ROW_ORDER, 0) == nil)
  }

  @Test("the highest high counts from the entry on: a peak before it moves nothing")
  func entry() throws {
    // Entered on bar 25, after the bar of 120: best 119, stop 113.
    let holds = try #require(try run(market(calm + [(117, 113.9, 116)], from: 25)).last)
    #expect(holds.estimate(0) == 113 && holds.only(AL_ROW_ORDER, 0) == nil)
    let leaves = try #require(try run(market(calm + [(117, 113, 116)], from: 25)).last)
    #expect(leaves.only(AL_ROW_ORDER, 0) != nil)
  }

  @Test("the bar of the entry cannot leave, the next one can")
  func entryBar() throws {
    let answers = try run(market(calm + [(117, 100, 116), (117, 110, 116), (117, 108, 116)], from: 30))
    #expect(answers[30].only(AL_ROW_ORDER, 0) == nil)
    // Best 117; true ranges 21 x 2 and 118 - 100: ATR 60 / 22, stop 117 - 180 / 22 = 108.8.
    #expect(abs((answers[30].estimate(0) ?? 0) - (117 - 180.0 / 22)) < 1e-9)
    #expect(answers[31].only(AL_ROW_ORDER, 0) == nil)
    #expect(answers[32].only(AL_ROW_ORDER, 0) != nil)
  }

  @Test("a wider range does not lower the stop")
  func ratchet() throws {
    let wild = calm + [(119.9, 114.5, 117), (119.9, 114.5, 117), (119.9, 114.5, 117)]
    let answers = try run(market(wild))
    #expect(answers.suffix(4).map { $0.estimate(0) } == [114, 114, 114, 114])
  }

  @Test("after an exit new risk is refused for five bars, then the veto is taken back")
  func rest() throws {
    let bars = calm + [(117, 113.9, 116)] + Array(repeating: (117, 115, 116), count: 7)
    let answers = try run(market(bars, until: 31))
    let after = answers.suffix(8)
    #expect(after.map { $0.only(AL_ROW_VETO, 0) != nil } == [true, true, true, true, true, false, false, false])
    #expect(after.dropFirst().allSatisfy { $0.only(AL_ROW_ORDER, 0) == nil })
    #expect(after.last?.abstention(0) == AL_REASON_NO_SIGNAL)
    let restless = try run(market(bars, until: 31), ["rest_bars": 0])
    #expect(restless.allSatisfy { $0.only(AL_ROW_VETO, 0) == nil })
  }

  @Test("an exit that is not filled yet is asked for again only for what no order closes")
  func pending() throws {
    // 100 held; a purchase of 50 on its way is not sold before it is held.
    for (working, asked) in [(-100, nil), (-60, -40), (0, -100), (50, -100)] as [(Int64, Int64?)] {
      let market = market(calm + [(117, 113.9, 116)])
      let agent = try ProbeAgent(library, "desk.chandelier_stop", market)
      let answer = try #require(agent.last(market, working: [working * AL_UNIT]))
      #expect(answer.only(AL_ROW_ORDER, 0)?.quantity == asked.map { $0 * AL_UNIT })
    }
  }

  @Test("without a position there is nothing to stop; without the account it abstains")
  func flat() throws {
    let answer = try #require(try run(market(calm, held: 0)).last)
    #expect(answer.rows == [.abstain(0, AL_REASON_NO_SIGNAL)])
    var blind = market(calm)
    blind.portfolio = nil
    #expect(try #require(try run(blind).last).rows == [.abstain(-1, AL_REASON_MISSING_CAPABILITY)])
  }

  @Test("a series of closes alone is missing a capability")
  func closesOnly() throws {
    var market = market(calm)
    market.instruments[0].columns = AL_COLUMN_CLOSE
    #expect(try #require(try run(market).last).rows == [.abstain(0, AL_REASON_MISSING_CAPABILITY)])
  }

  @Test("form, scale, names, order, abstentions, look-ahead, history, state and a second load (no symmetric view)")
  func protocolPoints() throws {
    var market = RandomMarket.bars(instruments: 3, count: 120, volatility: 0.02, seed: 21)
    let times = market.barTimes
    market.portfolio = { time in
      let t = times.firstIndex(of: time) ?? 0
      var account = ProbePortfolio(cash: 100_000)
      account.positions = [Int64(t / 30 % 2), Int64(-(t / 20 % 2)), 1].map { units in
        var position = ProbePosition()
        position.quantity = units * 100 * AL_UNIT
        return position
      }
      return account
    }
    let agent = AgentSubject(library, "desk.chandelier_stop", parameters: ["multiple": 1.5])
    let second = AgentSubject(try ProbeLibrary("desk"), "desk.chandelier_stop", parameters: ["multiple": 1.5])
    let answers = try agent.make(market).run(market)
    #expect(answers.filter { $0.rows.contains { $0.kind == AL_ROW_ORDER } }.count > 2)
    #expect(try AgentChecks.wellFormed(agent, market) == [])
    var flatMarket = market
    flatMarket.portfolio = { _ in ProbePortfolio(cash: 100_000) }
    #expect(try AgentChecks.warmUp(agent, flatMarket) == [])
    #expect(try AgentChecks.missingCapability(agent, flatMarket) == [])
    #expect(try AgentChecks.stale(agent, flatMarket) == [])
    #expect(try AgentChecks.brokenPrice(agent, flatMarket) == [])
    #expect(try AgentChecks.zeroVolume(agent, flatMarket) == [])
    #expect(try AgentChecks.permutationOfRows(agent, market) == [])
    #expect(try AgentChecks.renaming(agent, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.noLookAhead(agent, market) == [])
    #expect(try AgentChecks.extraHistory(agent, market) == [])
    #expect(try AgentChecks.resume(agent, market) == [])
    #expect(try AgentChecks.sameAnswers(agent, second, market) == [])
  }

  @Test("prices times 10 move the stops by 10 and change no order")
  func scale() throws {
    let base = market(calm + [(117, 113.9, 116)])
    let a = try #require(try run(base).last)
    let b = try #require(try run(base.scaled(price: 10, volume: 0.1)).last)
    #expect(a.only(AL_ROW_ORDER, 0) == b.only(AL_ROW_ORDER, 0))
    #expect(abs((b.estimate(0) ?? 0) - 1140) < 1e-9)
  }
}

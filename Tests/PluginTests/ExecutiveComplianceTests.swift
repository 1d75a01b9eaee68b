import CAlphaLoop
import PluginProbe
import Testing

/// The rules in the order of the descriptor's reasons.
private enum Rule: UInt32 {
  case restricted, locate, positionSize, priceCollar, washSale, dayTrades, orderRate, positionCount, gross, noEquity
  var reason: UInt32 { AL_REASON_CUSTOM + rawValue }
}

@Suite("exec.compliance")
struct ExecutiveComplianceTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("executive") }

  /// An account with 1,000,000 and `held` units of each instrument, all at 100.
  private func account(_ held: [Int64] = [], equity: Int64 = 1_000_000) -> ProbePortfolio {
    var account = ProbePortfolio(cash: equity)
    account.positions = held.map { units in
      var position = ProbePosition()
      position.quantity = units * AL_UNIT
      position.last = 100 * AL_UNIT
      return position
    }
    account.gross = held.reduce(0) { $0 + abs($1) } * 100 * AL_UNIT
    return account
  }

  /// One panel: the weights one agent proposes.
  private func market(_ weights: [Double], held: [Int64] = []) -> ProbeMarket {
    var market = ProbeMarket.flat(weights.indices.map { "S\($0)" })
    let account = account(held)
    market.portfolio = { _ in account }
    market.views = { _ in
      var record = ProbeRecord("A", id: "test.weights")
      record.rows = weights.enumerated().map { .weight($0, $1) }
      return [record]
    }
    return market
  }

  /// Reason of the veto of each instrument; nil where it abstains with no signal, which lifts.
  private func vetoes(_ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> [UInt32?] {
    let answer = try #require(
      try ProbeAgent(library, "exec.compliance", market, parameters: parameters).run(market).last)
    return try reasons(answer, market.instruments.count)
  }

  private func reasons(_ answer: ProbeAnswer, _ count: Int) throws -> [UInt32?] {
    try (0..<count).map { i in
      let row = try #require(answer.rows.filter { $0.instrument == i }.only)
      if row.kind == AL_ROW_VETO { return row.reason }
      #expect(row == .abstain(i, AL_REASON_NO_SIGNAL))
      return nil
    }
  }

  @Test("5.00 % of equity is accepted, 5.01 % is refused, short or long")
  func positionSize() throws {
    #expect(
      try vetoes(market([0.05, 0.0501, -0.05, -0.0501])) == [
        nil, Rule.positionSize.reason, nil, Rule.positionSize.reason,
      ])
  }

  @Test("quantities count at the newest mark, and the sum of all agents")
  func quantities() throws {
    var market = market([0, 0])
    // 500 x 100 on 1,000,000 is 5.00 %; two agents of 250 and 251 are 5.01 %.
    market.portfolio = { _ in self.account([1, 1]) }
    market.views = { _ in
      var a = ProbeRecord("A", id: "test.a")
      a.rows = [.quantity(0, 500), .quantity(1, 250)]
      var b = ProbeRecord("B", id: "test.b")
      b.rows = [.quantity(1, 251)]
      return [a, b]
    }
    #expect(try vetoes(market) == [nil, Rule.positionSize.reason])
  }

  @Test("the 21st name is refused: the weakest of the new ones")
  func positionCount() throws {
    let weights = (0..<21).map { 0.02 + 0.001 * Double(($0 + 5) % 21) }
    let refused = try vetoes(market(weights))
    #expect(refused.filter { $0 != nil }.count == 1)
    #expect(refused[16] == Rule.positionCount.reason)
    #expect(try vetoes(market(Array(weights.dropLast()))).allSatisfy { $0 == nil })
  }

  @Test("held names count, and may be kept and raised while new ones are refused")
  func heldNames() throws {
    let held = Array(repeating: Int64(100), count: 20) + [0]
    let weights = Array(repeating: 0.02, count: 20) + [0.04]
    let refused = try vetoes(market(weights, held: held))
    #expect(refused == Array(repeating: nil, count: 20) + [Rule.positionCount.reason])
  }

  @Test("a short sale without a locate is refused; selling what is held is none")
  func locate() throws {
    var market = market([-0.02, -0.02, 0.01], held: [0, 0, 200])
    market.instruments[0].flags = AL_INSTRUMENT_TRADABLE
    market.instruments[2].flags = AL_INSTRUMENT_TRADABLE
    #expect(try vetoes(market) == [Rule.locate.reason, nil, nil])
    #expect(try vetoes(market, ["require_locate": false]) == [nil, nil, nil])
  }

  @Test("gross exposure is filled by the strongest, what would pass the limit is refused")
  func gross() throws {
    let refused = try vetoes(market([0.04, 0.05, 0.03]), ["max_gross": 0.09])
    #expect(refused == [nil, nil, Rule.gross.reason])
    // 400 held at 100 are 4 %, raised to 5 %: .05 + .04 fit, .03 more does not.
    #expect(try vetoes(market([0.05, 0.04, 0.03], held: [400]), ["max_gross": 0.09]) == [nil, nil, Rule.gross.reason])
  }

  @Test("what the account holds outside the universe fills the gross too")
  func grossOutside() throws {
    var market = market([0.05, 0.04])
    market.portfolio = { _ in
      var account = self.account()
      account.gross = 950_000 * AL_UNIT
      return account
    }
    #expect(try vetoes(market) == [nil, Rule.gross.reason])
  }

  @Test("a restricted symbol is refused with or without a proposal")
  func restricted() throws {
    let refused = try vetoes(market([0.01, 0, 0.01]), ["restricted": ["S0", "S1"]])
    #expect(refused == [Rule.restricted.reason, Rule.restricted.reason, nil])
  }

  @Test("a price outside the collar is refused, one on its edge is not; NaN is invalid data")
  func collar() throws {
    var market = market([0.01, 0.01, 0.01, 0.01])
    for (i, close) in [125.0, 125.1, 74, .nan].enumerated() {
      market.instruments[i] = ProbeInstrument("S\(i)", closes: [100, close])
    }
    #expect(
      try vetoes(market) == [nil, Rule.priceCollar.reason, Rule.priceCollar.reason, AL_REASON_INVALID_DATA])
    #expect(try vetoes(market, ["price_collar": 0])[1] == nil)
  }

  /// A market of `days` panels with one instrument proposed at 4 % every day and these holdings.
  private func days(
    _ held: [Int64], realised: [Int64], equity: Int64 = 1_000_000, weight: Double = 0.04, times: [Int64]? = nil
  ) -> ProbeMarket {
    var market = market([weight])
    let when = times ?? Clock.weekdays(held.count)
    market.instruments[0].bars = when.map { ProbeBar(time: $0, close: 100) }
    market.portfolio = { time in
      let t = when.firstIndex(of: time) ?? 0
      var account = self.account([held[t]], equity: equity)
      account.positions[0].realised = realised[t] * AL_UNIT
      return account
    }
    return market
  }

  private func series(_ market: ProbeMarket, _ parameters: [String: Any]) throws -> [UInt32?] {
    try ProbeAgent(library, "exec.compliance", market, parameters: parameters).run(market).map { try reasons($0, 1)[0] }
  }

  @Test("after a sale at a loss the name is not bought again within 30 days")
  func washSale() throws {
    let held: [Int64] = [0, 100, 100] + Array(repeating: 0, count: 25)
    let lost = days(held, realised: [0, 0, 0] + Array(repeating: -50, count: 25))
    let refused = try series(lost, ["wash_sale_days": 30])
    // Sold on weekday 3; the 30th calendar day after it is weekday 25.
    #expect(refused.firstIndex { $0 != nil } == 3)
    #expect(refused[3...25].allSatisfy { $0 == Rule.washSale.reason })
    #expect(refused[26...].allSatisfy { $0 == nil })
    let won = days(held, realised: [0, 0, 0] + Array(repeating: 50, count: 25))
    #expect(try series(won, ["wash_sale_days": 30]).allSatisfy { $0 == nil })
    // The other side is another position.
    let short = days(held, realised: [0, 0, 0] + Array(repeating: -50, count: 25), weight: -0.04)
    #expect(try series(short, ["wash_sale_days": 30]).allSatisfy { $0 == nil })
    #expect(try series(lost, [:]).allSatisfy { $0 == nil })
  }

  @Test("a small account that used up three day trades in five sessions opens nothing until they have passed")
  func dayTrades() throws {
    // Three sessions with a round trip each, four panels a session; then one panel a day.
    let dates = Clock.weekdays(9)
    var times: [Int64] = []
    var held: [Int64] = []
    for day in 0..<3 {
      times += (0..<4).map { dates[day] - Clock.hour * (4 - Int64($0)) }
      held += [0, 10, 0, 0]
    }
    times += dates[3...]
    held += Array(repeating: 0, count: 6)
    let small = days(held, realised: held.map { _ in 0 }, equity: 24_000, times: times)
    let refused = try series(small, [:])
    // The third is complete at panel 10. The first session leaves the five on day 5, which is panel 14.
    #expect(refused.indices.filter { refused[$0] == Rule.dayTrades.reason } == [10, 11, 12, 13])
    let large = days(held, realised: held.map { _ in 0 }, equity: 26_000, times: times)
    #expect(try series(large, [:]).allSatisfy { $0 == nil })
  }

  @Test("a position carried overnight and sold is no day trade, nor is one that was there at the first look")
  func carried() throws {
    let dates = Clock.weekdays(4)
    let times = dates.flatMap { [$0 - Clock.hour, $0] }
    let held: [Int64] = [10, 0, 0, 10, 0, 10, 0, 10]
    let market = days(held, realised: held.map { _ in 0 }, equity: 24_000, times: times)
    #expect(try series(market, ["max_day_trades": 1]).allSatisfy { $0 == nil })
  }

  @Test("more changes than allowed within the window are refused, and allowed after it")
  func orderRate() throws {
    let times = [0, 10, 70].map { Clock.weekdays(1)[0] + Int64($0) * Clock.second }
    var market = market([0.04, 0.03, 0.02])
    for i in 0..<3 { market.instruments[i].bars = times.map { ProbeBar(time: $0, close: 100) } }
    let answers = try ProbeAgent(library, "exec.compliance", market, parameters: ["max_orders": 2]).run(market)
    let refused = try answers.map { try reasons($0, 3) }
    #expect(refused[0] == [nil, nil, Rule.orderRate.reason])
    #expect(refused[1] == Array(repeating: Rule.orderRate.reason, count: 3))
    #expect(refused[2] == [nil, nil, Rule.orderRate.reason])
  }

  @Test("a veto is taken back when the proposal is fine again, and a smaller position is never refused")
  func lifted() throws {
    var market = market([0])
    market.instruments[0] = ProbeInstrument("S0", closes: [100, 100, 100])
    let times = market.barTimes
    market.portfolio = { time in self.account([time == times[2] ? 800 : 0]) }
    market.views = { time in
      var record = ProbeRecord("A", id: "test.a")
      record.rows = [.weight(0, time == times[0] ? 0.06 : time == times[1] ? 0.05 : 0.07)]
      return [record]
    }
    // 6 % refused, 5 % fine, and 7 % of the 8 % that are held.
    #expect(try series(market, [:]) == [Rule.positionSize.reason, nil, nil])
  }

  @Test("without equity everything is refused; a proposal that is no number is invalid data")
  func broken() throws {
    var ruined = market([0.01, 0])
    ruined.portfolio = { _ in ProbePortfolio(cash: 0) }
    #expect(try vetoes(ruined) == [Rule.noEquity.reason, Rule.noEquity.reason])
    #expect(try vetoes(market([.nan, 0.01])) == [AL_REASON_INVALID_DATA, nil])
  }

  @Test("without the account or the views it abstains; no proposal is nothing to refuse")
  func abstains() throws {
    var blind = market([0.06])
    blind.portfolio = nil
    #expect(try last(blind).rows == [.abstain(-1, AL_REASON_MISSING_CAPABILITY)])
    var deaf = market([0.06])
    deaf.views = nil
    #expect(try last(deaf).rows == [.abstain(-1, AL_REASON_MISSING_CAPABILITY)])
    var quiet = market([0.06], held: [900])
    quiet.views = { _ in [] }
    #expect(try vetoes(quiet) == [nil])
  }

  private func last(_ market: ProbeMarket) throws -> ProbeAnswer {
    try #require(try ProbeAgent(library, "exec.compliance", market).run(market).last)
  }

  @Test("every custom reason has a text")
  func texts() throws {
    let descriptor = try library.descriptor("exec.compliance")
    var texts: [String] = []
    while let text = descriptor.reasons[texts.count] { texts.append(String(cString: text)) }
    #expect(texts.count == Int(Rule.noEquity.rawValue) + 1)
    #expect(Set(texts).count == texts.count && !texts.contains(""))
  }

  @Test("form, scale, names, order, look-ahead, history, state and a second load (its rows are no symmetric view)")
  func protocolPoints() throws {
    let weights = [0.04, 0.0501, 0.03, -0.02, 0.045, 0.01]
    var market = RandomMarket.bars(instruments: 6, count: 40, seed: 2)
    let times = market.barTimes
    market.instruments[3].flags = AL_INSTRUMENT_TRADABLE
    market.portfolio = { time in
      let t = Int64(times.firstIndex(of: time) ?? 0)
      var account = self.account([t % 5 * 40, 0, 300, 0, t % 7 * 30, 0], equity: 20_000_000)
      account.positions[0].realised = -t * AL_UNIT
      return account
    }
    market.views = { _ in
      var record = ProbeRecord("A", id: "test.a")
      record.rows = weights.enumerated().map { .weight($0, $1) }
      return [record]
    }
    let parameters: [String: Any] = ["wash_sale_days": 3, "max_names": 4, "max_orders": 5]
    let agent = AgentSubject(library, "exec.compliance", parameters: parameters)
    let second = AgentSubject(try ProbeLibrary("executive"), "exec.compliance", parameters: parameters)
    #expect(try AgentChecks.withoutBars(agent, second: second, market) == [])
  }

  @Test("state follows the symbols when the universe changes")
  func universeChange() throws {
    let held: [Int64] = [0, 100, 0]
    let first = days(held, realised: [0, 0, -50])
    let agent = try ProbeAgent(library, "exec.compliance", first, parameters: ["wash_sale_days": 30])
    _ = agent.run(first)
    var second = market([0.01, 0.01])
    second.instruments = ["X", "S0"].map {
      ProbeInstrument($0, bars: [ProbeBar(time: first.barTimes[2] + Clock.day, close: 100)])
    }
    let next = try ProbeAgent(
      library, "exec.compliance", second, parameters: ["wash_sale_days": 30, "max_orders": 7])
    try next.restore(try agent.save())
    #expect(try reasons(try #require(next.run(second).last), 2) == [nil, Rule.washSale.reason])
  }
}

extension Array {
  /// The element of an array of one.
  fileprivate var only: Element? { count == 1 ? self[0] : nil }
}

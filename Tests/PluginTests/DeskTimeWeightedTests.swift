import CAlphaLoop
import PluginProbe
import Testing

@Suite("desk.twap")
struct DeskTimeWeightedTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("desk") }

  private static let start: Int64 = 1_700_000_000 * Clock.second

  private func work(
    _ total: Int64, minutes: Int64 = 100, working: Int64 = 0, filled: Int64 = 0, limit: Int64 = 0,
    instrument: UInt32 = 0
  ) -> al_work_v1 {
    al_work_v1(
      parent: 7, instrument: instrument, flags: 0, total: total, remaining: total - filled, working: working,
      start_ns: Self.start, end_ns: Self.start + minutes * Clock.minute, limit_price: limit)
  }

  /// Work handed over at `now`.
  private func market(_ work: [al_work_v1], now: Int64 = Self.start, lot: Int64 = AL_UNIT) -> ProbeMarket {
    var market = ProbeMarket((0..<3).map { ProbeInstrument("S\($0)", bars: []) })
    for i in market.instruments.indices { market.instruments[i].lot = lot }
    market.extraTimes = [(now, AL_CAUSE_WORK)]
    market.work = { _ in work }
    return market
  }

  private func orders(_ market: ProbeMarket, _ parameters: [String: Any] = [:]) throws -> [ProbeRow] {
    let rows = try #require(try ProbeAgent(library, "desk.twap", market, parameters: parameters).run(market).last).rows
    #expect(rows.allSatisfy { $0.kind == AL_ROW_ORDER && $0.quantity != 0 })
    return rows
  }

  private func units(_ rows: [ProbeRow]) -> [Int64] { rows.map { $0.quantity / AL_UNIT } }

  @Test("1,003 in 10 are seven of 100 and three of 101, and nothing is lost", arguments: [1, -1] as [Int64])
  func scenario(_ side: Int64) throws {
    let rows = try orders(market([work(side * 1_003 * AL_UNIT)]))
    let sizes = units(rows).map { $0 * side }
    #expect(sizes.sorted() == Array(repeating: 100, count: 7) + Array(repeating: 101, count: 3))
    #expect(rows.reduce(0) { $0 + $1.quantity } == side * 1_003 * AL_UNIT)
    // floor(1003 k / 10) by hand: 100, 200, 300, 401, 501, 601, 702, 802, 902, 1003.
    #expect(sizes == [100, 100, 100, 101, 100, 100, 101, 100, 100, 101])
    #expect(rows.allSatisfy { $0.orderType == AL_ORDER_MARKET && $0.timeInForce == AL_TIF_DAY })
  }

  @Test("slices are released at equal distances from the start, the first at once")
  func releases() throws {
    let rows = try orders(market([work(1_000 * AL_UNIT)]))
    #expect(rows[0].time == 0)
    for k in 1..<10 { #expect(rows[k].time == Self.start + Int64(k) * 10 * Clock.minute) }
    #expect(rows.map(\.label) == Array(1...10))
  }

  @Test("work handed over late is spread over what is left of its time")
  func late() throws {
    let now = Self.start + 50 * Clock.minute
    let rows = try orders(market([work(100 * AL_UNIT)], now: now), ["slices": 5])
    #expect(rows.map(\.time) == [0] + (1..<5).map { now + Int64($0) * 10 * Clock.minute })
  }

  @Test(
    "an end that is not after the start, or not after now, sends everything at once", arguments: [0, -5, 40] as [Int64])
  func atOnce(_ minutes: Int64) throws {
    let rows = try orders(market([work(1_003 * AL_UNIT, minutes: minutes)], now: Self.start + 60 * Clock.minute))
    #expect(units(rows) == [1_003])
    #expect(rows[0].time == 0)
  }

  @Test("slices of zero are left out")
  func few() throws {
    let rows = try orders(market([work(3 * AL_UNIT)]))
    #expect(units(rows) == [1, 1, 1])
    // floor(3 k / 10) grows at k = 4, 7, 10.
    #expect(rows.map(\.label) == [4, 7, 10])
    #expect(try orders(market([work(0)])).isEmpty)
  }

  @Test("slices are whole lots; what is less than a lot goes with the last")
  func lots() throws {
    let rows = try orders(market([work(1_050 * AL_UNIT)], lot: 100 * AL_UNIT), ["slices": 4])
    #expect(units(rows) == [200, 300, 200, 350])
    let part = try orders(market([work(AL_UNIT / 2)]))
    #expect(part.map(\.quantity) == [AL_UNIT / 2])
  }

  @Test("only what is neither filled nor working is sliced; an overhang of orders adds nothing")
  func remaining() throws {
    let rows = try orders(market([work(1_000 * AL_UNIT, working: 300 * AL_UNIT, filled: 200 * AL_UNIT)]))
    #expect(units(rows) == Array(repeating: 50, count: 10))
    #expect(try orders(market([work(100 * AL_UNIT, working: 150 * AL_UNIT)])).isEmpty)
  }

  @Test("a limit price makes limit orders")
  func limit() throws {
    let rows = try orders(market([work(100 * AL_UNIT, limit: 99 * AL_UNIT)]))
    #expect(rows.allSatisfy { $0.orderType == AL_ORDER_LIMIT && $0.limitPrice == 99 * AL_UNIT })
  }

  @Test("the largest quantities and times overflow nothing")
  func extremes() throws {
    var most = work(.max)
    most.end_ns = .max
    let rows = try orders(market([most]), ["slices": 100])
    #expect(rows.reduce(0) { $0 + $1.quantity } == .max)
    var least = work(.min)
    least.working = .max
    #expect(try orders(market([least])).isEmpty)
  }

  @Test("the total is exact whatever the quantity, the slices and the lot")
  func exact() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<50 {
      let total = Int64(random.next() % 1_000_000_000_000) * (random.uniform() < 0.5 ? -1 : 1)
      let slices = 1 + Int(random.next() % 100)
      let lot = [1, 1_000, AL_UNIT, 100 * AL_UNIT][Int(random.next() % 4)]
      let rows = try orders(market([work(total)], lot: lot), ["slices": slices])
      #expect(rows.reduce(0) { $0 + $1.quantity } == total)
      #expect(rows.dropLast().allSatisfy { $0.quantity % lot == 0 })
      #expect(rows.count <= slices && rows.allSatisfy { $0.quantity.signum() == total.signum() })
    }
  }

  @Test("it says nothing where there is nothing to work")
  func idle() throws {
    var market = market([])
    market.instruments[0] = ProbeInstrument("S0", closes: [100])
    market.extraTimes = []
    #expect(try #require(try ProbeAgent(library, "desk.twap", market).run(market).last).rows == [])
    #expect(try ProbeAgent(library, "desk.twap", market).needs.triggers == AL_CAUSE_WORK)
  }

  @Test("two parents at once, order of the universe, names, and a second load")
  func protocolPoints() throws {
    let market = market([work(1_003 * AL_UNIT, instrument: 2), work(-50 * AL_UNIT, instrument: 0)])
    let agent = AgentSubject(library, "desk.twap")
    #expect(try AgentChecks.permutationOfRows(agent, market) == [])
    #expect(try AgentChecks.renaming(agent, market) { "Z" + $0 } == [])
    #expect(try AgentChecks.sameAnswers(agent, AgentSubject(try ProbeLibrary("desk"), "desk.twap"), market) == [])
  }
}

import CAlphaLoop
import Testing

@testable import PluginProbe

private let bar = TestBar(100, 101, 99, 100)

/// An order that must be refused at once, and the code.
struct RefusalCase: CustomTestStringConvertible, Sendable {
  var name: String
  var order: @Sendable () -> al_order_v1
  var code: Int32
  var testDescription: String { name }
  init(_ name: String, _ code: Int32, _ order: @escaping @Sendable () -> al_order_v1) {
    (self.name, self.order, self.code) = (name, order, code)
  }
}

private let refusals: [RefusalCase] = [
  RefusalCase("an instrument outside the universe", 2) { .test(1, AL_ORDER_MARKET, 1, instrument: 9) },
  RefusalCase("an index", 3) { .test(1, AL_ORDER_MARKET, 1, instrument: 1) },
  RefusalCase("an instrument that is not tradable", 3) { .test(1, AL_ORDER_MARKET, 1, instrument: 2) },
  RefusalCase("no quantity", 4) { .test(1, AL_ORDER_MARKET, 0) },
  RefusalCase("half a share", 5) { .test(1, AL_ORDER_MARKET, 0.5) },
  RefusalCase("a limit between ticks", 6) { .test(1, AL_ORDER_LIMIT, 1, limit: 10.005) },
  RefusalCase("a stop between ticks", 6) { .test(1, AL_ORDER_STOP, 1, stop: 10.005) },
  RefusalCase("a limit order without a limit", 7) { .test(1, AL_ORDER_LIMIT, 1) },
  RefusalCase("a market order with a limit", 7) { .test(1, AL_ORDER_MARKET, 1, limit: 10) },
  RefusalCase("a trailing stop with two offsets", 7) { .test(1, AL_ORDER_TRAILING_STOP, -1, stop: 1, trailPPM: 10) },
  RefusalCase("a trailing stop of 100 %", 7) { .test(1, AL_ORDER_TRAILING_STOP, -1, trailPPM: 1_000_000) },
  RefusalCase("an unknown type", 8) { .test(1, 9, 1) },
  RefusalCase("an unknown time in force", 8) { .test(1, AL_ORDER_MARKET, 1, tif: 5) },
  RefusalCase("an immediate stop", 8) { .test(1, AL_ORDER_STOP, 1, stop: 10, tif: AL_TIF_IOC) },
  RefusalCase("a sale without shares or a locate", 9) { .test(1, AL_ORDER_MARKET, -1, instrument: 3) },
  RefusalCase("a group", 11) {
    var order = al_order_v1.test(1, AL_ORDER_MARKET, 1)
    order.group = 7
    return order
  },
  RefusalCase("an expiry that has passed", 12) {
    .test(1, AL_ORDER_LIMIT, 1, limit: 10, tif: AL_TIF_GTD, expire: 5, at: 5)
  },
]

@Suite("broker.simulated: the life of an order")
struct SimulatedBrokerLifeTests {
  static let universe = [
    BrokerSubject.Instrument(), BrokerSubject.Instrument(symbol: "IDX", asset: AL_ASSET_INDEX),
    BrokerSubject.Instrument(symbol: "OUT", flags: 0),
    BrokerSubject.Instrument(symbol: "HARD", flags: AL_INSTRUMENT_TRADABLE),
  ]

  @Test("refused at once, nothing working, and the same answer for ever", arguments: refusals)
  func refused(_ example: RefusalCase) throws {
    let broker = try BrokerSubject([:], Self.universe)
    for _ in 0..<2 {
      let ack = try broker.submit(example.order())[0]
      #expect(ack.status == AL_E_REJECTED)
      #expect(ack.code == example.code)
    }
    #expect(try broker.openOrders().isEmpty)
    #expect(try broker.advance([bar, bar, bar, bar], at: 10).isEmpty)
  }

  @Test("without a locate one sells what one has, counting the sales at work")
  func unshortable() throws {
    let broker = try BrokerSubject([:], Self.universe)
    try broker.submit(.test(1, AL_ORDER_MARKET, 10, instrument: 3))
    try broker.advance([nil, nil, nil, bar], at: 1)
    let acks = try broker.submit(
      .test(2, AL_ORDER_LIMIT, -6, limit: 120, at: 1, instrument: 3),
      .test(3, AL_ORDER_LIMIT, -5, limit: 120, at: 1, instrument: 3),
      .test(4, AL_ORDER_LIMIT, -4, limit: 120, at: 1, instrument: 3))
    #expect(acks.map(\.code) == [0, 9, 0])
    // Its own size does not count against a replacement.
    #expect(try broker.replace(.test(2, AL_ORDER_LIMIT, -6, limit: 119, at: 1, instrument: 3)).status == AL_OK)
    #expect(try broker.replace(.test(2, AL_ORDER_LIMIT, -7, limit: 119, at: 1, instrument: 3)).code == 9)
  }

  @Test("an id seen before is answered as it stands: working, filled or cancelled")
  func idempotent() throws {
    let broker = try BrokerSubject()
    let first = try broker.submit(.test(1, AL_ORDER_MARKET, 10), .test(1, AL_ORDER_MARKET, 10))
    #expect(first.map(\.status) == [AL_OK, AL_OK])
    #expect(first[0].broker_id == first[1].broker_id)
    #expect(try broker.advance(bar, at: 1).count == 1)
    #expect(try broker.submit(.test(1, AL_ORDER_MARKET, 10, at: 1))[0].broker_id == first[0].broker_id)
    try broker.submit(.test(2, AL_ORDER_LIMIT, 10, limit: 50, at: 1))
    try broker.cancel(2)
    #expect(try broker.submit(.test(2, AL_ORDER_LIMIT, 10, limit: 200, at: 1))[0].status == AL_OK)
    #expect(try broker.advance(bar, at: 2).isEmpty)
    #expect(try broker.positions()[0]?.quantity == fixed(10))
  }

  @Test("every id of a long session is remembered, dense or far apart")
  func manyIDs() throws {
    let broker = try BrokerSubject()
    let ids = Array(1...1000) + [1 << 20, 1 << 40, .max].map { UInt64($0) }
    for id in ids { try broker.submit(.test(id, AL_ORDER_MARKET, 1)) }
    #expect(try broker.advance(bar, at: 1).count == 1003)
    for id in ids { try broker.submit(.test(id, AL_ORDER_MARKET, 1, at: 1)) }
    #expect(try broker.advance(bar, at: 2).isEmpty)
    #expect(try broker.positions()[0]?.quantity == fixed(1003))
  }

  @Test("a refused id stays refused when all its neighbours are filled")
  func refusedAmongFilled() throws {
    let broker = try BrokerSubject()
    let orders = (0..<512).map { al_order_v1.test(UInt64($0), AL_ORDER_MARKET, $0 == 200 ? 0.5 : 1) }
    try broker.submit(orders)
    #expect(try broker.advance(bar, at: 1).count == 511)
    let again = try broker.submit(orders)
    #expect(again.filter { $0.status != AL_OK }.map(\.code) == [5])
    #expect(again[200].code == 5)
    #expect(try broker.advance(bar, at: 2).isEmpty)
  }

  @Test("cancel ends a working order; of a finished or unknown one it is refused")
  func cancel() throws {
    let broker = try BrokerSubject()
    try broker.submit(.test(1, AL_ORDER_LIMIT, 10, limit: 99), .test(2, AL_ORDER_MARKET, 10))
    #expect(try broker.cancel(1).status == AL_OK)
    #expect(try broker.advance(bar, at: 1).map(\.description) == ["2 fill 10 @ 100"])
    let again = [try broker.cancel(1), try broker.cancel(2), try broker.cancel(3)]
    #expect(again.map(\.status) == [AL_E_REJECTED, AL_E_REJECTED, AL_E_REJECTED])
    #expect(again.map(\.code) == [21, 21, 20])
  }

  @Test("a replacement loses its place when the price changes or the size grows, and keeps it when it shrinks")
  func replacePriority() throws {
    for (quantity, limit, expected) in [(5.0, 99.0, [1, 2]), (15, 99, [2, 1]), (10, 99.5, [2, 1])]
      as [(Double, Double, [UInt64])]
    {
      let broker = try BrokerSubject()
      try broker.submit(.test(1, AL_ORDER_LIMIT, 10, limit: 99), .test(2, AL_ORDER_LIMIT, 10, limit: 99))
      #expect(try broker.replace(.test(1, AL_ORDER_LIMIT, quantity, limit: limit)).status == AL_OK)
      #expect(try broker.advance(bar, at: 1).map(\.sequence) == expected)
      #expect(try broker.positions()[0]?.quantity == fixed(quantity + 10))
    }
  }

  @Test("a replacement gives the new total: what is filled counts")
  func replaceTotal() throws {
    let broker = try BrokerSubject(["participation": 0.1])
    try broker.submit(.test(1, AL_ORDER_MARKET, 30))
    try broker.advance(TestBar(100, 101, 99, 100, volume: 100), at: 1)
    #expect(try broker.replace(.test(1, AL_ORDER_MARKET, 10, at: 1)).code == 23)
    #expect(try broker.replace(.test(1, AL_ORDER_MARKET, -30, at: 1)).code == 22)
    #expect(try broker.replace(.test(1, AL_ORDER_LIMIT, 20, limit: 50, at: 1)).code == 22)
    #expect(try broker.replace(.test(1, AL_ORDER_MARKET, 15, at: 1)).status == AL_OK)
    #expect(
      try broker.advance(TestBar(100, 101, 99, 100, volume: 100), at: 2).map(\.description) == ["1 fill 5 @ 100"])
  }

  @Test("with latency every answer comes later, in order, and nothing trades on older data")
  func latency() throws {
    let broker = try BrokerSubject(["latency_ns": 10])
    try broker.advance(bar, at: 100)
    #expect(try broker.submit(.test(1, AL_ORDER_MARKET, 10, at: 100))[0].status == AL_AGAIN)
    #expect(try broker.submit(.test(1, AL_ORDER_MARKET, 10, at: 100))[0].status == AL_AGAIN)
    #expect(try broker.openOrders().map(\.description) == ["1 working"])
    #expect(try broker.advance(bar, at: 109).isEmpty)
    #expect(try broker.advance(bar, at: 110).map(\.description) == ["1 accepted"])
    #expect(try broker.advance(bar, at: 111).map(\.description) == ["1 fill 10 @ 100"])

    try broker.submit(.test(2, AL_ORDER_LIMIT, 10, limit: 99, at: 111))
    #expect(try broker.replace(.test(2, AL_ORDER_LIMIT, 20, limit: 99, at: 111)).status == AL_AGAIN)
    #expect(try broker.cancel(2).status == AL_AGAIN)
    #expect(
      try broker.advance(bar, at: 130).map(\.description) == ["2 accepted", "2 replaced", "2 cancelled"])
    #expect(try broker.submit(.test(2, AL_ORDER_LIMIT, 10, limit: 99, at: 130))[0].status == AL_OK)
  }

  @Test("a cancel that arrives after the fill is refused by a report")
  func lateCancel() throws {
    let broker = try BrokerSubject(["latency_ns": 10])
    try broker.submit(.test(1, AL_ORDER_MARKET, 10, at: 100))
    try broker.advance(bar, at: 110)
    #expect(try broker.cancel(1).status == AL_AGAIN)
    #expect(try broker.advance(bar, at: 115).map(\.description) == ["1 fill 10 @ 100"])
    let late = try broker.advance(bar, at: 120)
    #expect(late.map(\.description) == ["1 cancel rejected"])
    #expect(late[0].text == "the order is finished")
  }

  @Test("random rejects: their share, their seed, and their independence of the order of calls")
  func randomRejects() throws {
    func rejected(seed: Int, _ ids: [UInt64], runSeed: UInt64 = 1) throws -> Set<UInt64> {
      let broker = try BrokerSubject(["reject_probability": 0.2, "seed": seed], seed: runSeed)
      let acks = try broker.submit(ids.map { .test($0, AL_ORDER_LIMIT, 1, limit: 1) })
      return Set(zip(ids, acks).filter { $0.1.status == AL_E_REJECTED && $0.1.code == 10 }.map(\.0))
    }
    let ids = Array(UInt64(1)...2000)
    let some = try rejected(seed: 7, ids)
    // Binomial(2,000, 0.2): mean 400, standard deviation 17.9; four of them either way.
    #expect((328...472).contains(some.count))
    #expect(try rejected(seed: 7, ids.reversed()) == some)
    #expect(try rejected(seed: 8, ids) != some)
    #expect(try rejected(seed: 0, ids, runSeed: 1) != rejected(seed: 0, ids, runSeed: 2))
  }

  @Test("a random reject under latency is a report, and final")
  func lateReject() throws {
    let broker = try BrokerSubject(["reject_probability": 1, "latency_ns": 10])
    #expect(try broker.submit(.test(1, AL_ORDER_MARKET, 1))[0].status == AL_AGAIN)
    let reports = try broker.advance(bar, at: 20)
    #expect(reports.map(\.description) == ["1 rejected"])
    #expect(reports[0].code == 10)
    #expect(try broker.submit(.test(1, AL_ORDER_MARKET, 1))[0].code == 10)
    #expect(try broker.openOrders().isEmpty)
  }

  @Test("nothing trades in a halted instrument; the others go on")
  func halts() throws {
    let halts: [[String: any Sendable]] = [
      ["symbol": "AAA", "from": "1970-01-01T00:00:01Z", "to": "1970-01-01T00:00:03Z"]
    ]
    let names = ["AAA", "BBB"].map { BrokerSubject.Instrument(symbol: $0) }
    let broker = try BrokerSubject(["halts": halts], names)
    let second: Int64 = 1_000_000_000
    try broker.submit(
      .test(1, AL_ORDER_LIMIT, 1, limit: 99.5, at: second), .test(2, AL_ORDER_MARKET, 1, tif: AL_TIF_IOC, at: second),
      .test(3, AL_ORDER_MARKET, 1, at: second, instrument: 1), .test(4, AL_ORDER_STOP, 1, stop: 101, at: second))
    #expect(try broker.advance([bar, bar], at: 2 * second).map(\.description) == ["2 cancelled", "3 fill 1 @ 100"])
    #expect(try broker.advance([bar, bar], at: 3 * second).isEmpty)
    #expect(
      try broker.advance([bar, bar], at: 3 * second + 1).map(\.description)
        == ["1 fill 1 @ 99.5", "4 triggered", "4 fill 1 @ 101"])
  }

  @Test("a cap spreads an order over bars, in order of acceptance, each side for itself")
  func participation() throws {
    let broker = try BrokerSubject(["participation": 0.25])
    let thin = TestBar(100, 101, 99, 100, volume: 43)  // a quarter is 10.75: 10 whole shares
    try broker.submit(
      .test(1, AL_ORDER_MARKET, 8), .test(2, AL_ORDER_MARKET, 8), .test(3, AL_ORDER_MARKET, -12),
      .test(4, AL_ORDER_MARKET, 11, tif: AL_TIF_FOK), .test(5, AL_ORDER_MARKET, 11, tif: AL_TIF_IOC))
    #expect(
      try broker.advance(thin, at: 1).map(\.description)
        == ["1 fill 8 @ 100", "2 fill 2 @ 100", "3 fill -10 @ 100", "4 cancelled", "5 cancelled"])
    try broker.submit(.test(6, AL_ORDER_MARKET, 5, tif: AL_TIF_IOC, at: 1))
    #expect(
      try broker.advance(thin, at: 2).map(\.description)
        == ["2 fill 6 @ 100", "3 fill -2 @ 100", "6 fill 4 @ 100", "6 cancelled"])
  }

  @Test("both passes of a batch share the cap")
  func participationOfBothPasses() throws {
    let broker = try BrokerSubject(["participation": 0.1, "fill": "same_close"])
    let thin = TestBar(100, 101, 99, 100, volume: 100)
    try broker.submit(.test(1, AL_ORDER_MARKET, 7))
    #expect(try broker.advance(thin, at: 1).map(\.description) == ["1 fill 7 @ 100"])
    try broker.submit(.test(2, AL_ORDER_MARKET, 7, at: 1))
    #expect(try broker.advance(thin, at: 1, AL_MARKET_SAME_CLOSE).map(\.description) == ["2 fill 3 @ 100"])
    #expect(try broker.advance(thin, at: 2).map(\.description) == ["2 fill 4 @ 100"])
  }

  @Test("a short buffer changes nothing and says what is needed")
  func capacity() throws {
    let broker = try BrokerSubject()
    try broker.submit(.test(1, AL_ORDER_MARKET, 1), .test(2, AL_ORDER_MARKET, 1))
    #expect(throws: ProbeError.self) { try broker.advance(bar, at: 1, capacity: 1) }
    #expect(try broker.positions().isEmpty)
    #expect(try broker.advance(bar, at: 1).count == 2)
  }

  @Test("execution ids rise from 1 under one tag, which another first order changes")
  func executionIDs() throws {
    let broker = try BrokerSubject()
    try broker.submit(.test(1, AL_ORDER_MARKET, 1), .test(2, AL_ORDER_MARKET, 1))
    let fills = try broker.advance(bar, at: 1)
    #expect(fills.map { $0.execution[1] } == [1, 2])
    #expect(Set(fills.map { $0.execution[0] }).count == 1)
    let other = try BrokerSubject()
    try other.submit(.test(3, AL_ORDER_MARKET, 1))
    #expect(try other.advance(bar, at: 1)[0].execution[0] != fills[0].execution[0])
    #expect(try broker.executions().map(\.execution) == fills.map(\.execution))
    #expect(try broker.executions(since: 2).isEmpty)
  }

  @Test("executions that are no longer kept are an error, not a shorter list")
  func executionHistory() throws {
    let broker = try BrokerSubject(["execution_history": 2])
    for i in 1...3 {
      try broker.submit(.test(UInt64(i), AL_ORDER_MARKET, 1, at: Int64(i)))
      try broker.advance(bar, at: Int64(i + 1))
    }
    #expect(throws: ProbeError.self) { try broker.executions(since: 1) }
    #expect(try broker.executions(since: 4).map(\.sequence) == [3])
  }

  @Test("positions carry the mean cost of what is held, and turn over with their sign")
  func averageCost() throws {
    let broker = try BrokerSubject()
    var time: Int64 = 0
    func trade(_ quantity: Double, _ price: Double) throws {
      time += 1
      try broker.submit(.test(UInt64(time), AL_ORDER_MARKET, quantity, at: time))
      time += 1
      try broker.advance(TestBar(price, price, price, price), at: time)
    }
    try trade(10, 100)
    try trade(30, 120)
    #expect(try broker.positions()[0]?.cost == fixed(115))
    try trade(-20, 150)
    #expect(try broker.positions()[0]?.cost == fixed(115))
    try trade(-25, 130)
    let position = try broker.positions()[0]
    #expect(position?.quantity == fixed(-5))
    #expect(position?.cost == fixed(130))
    // 1,000,000 - 1,000 - 3,600 + 3,000 + 3,250, less 5 x 130
    let account = try broker.account()
    #expect(account.cash == fixed(1_001_650))
    #expect(account.equity == fixed(1_001_000))
    #expect(account.buying_power == fixed(1_000_350))
  }

  static let wrong: [([String: any Sendable], String)] = [
    (["execution_history": 3], "'execution_history' is 3"), (["commission_bps": 0.001], "'commission_bps' is 0.001"),
    (["currency": "DOLLARSLONG"], "'currency'"), (["currency": "EUR"], "AAA trades in USD"),
    (
      [
        "halts": [["symbol": "ZZZ", "from": "1970-01-01T00:00:01Z", "to": "1970-01-01T00:00:03Z"]] as [[String: String]]
      ], "ZZZ"
    ),
    (
      ["halts": [["symbol": "AAA", "from": "yesterday", "to": "1970-01-01T00:00:03Z"]] as [[String: String]]],
      "halts.0.from"
    ),
  ]

  @Test("a wrong parameter is named", arguments: 0..<wrong.count)
  func wrongParameter(_ i: Int) throws {
    let (parameters, part) = Self.wrong[i]
    let error = #expect(throws: ProbeError.self) { try BrokerSubject(parameters) }
    #expect(error?.status == AL_E_CONFIG)
    #expect(error?.description.contains(part) == true)
  }

  @Test("share commissions refuse a universe with a future")
  func sharesOnly() throws {
    let future = BrokerSubject.Instrument(symbol: "ES", asset: AL_ASSET_FUTURE)
    let error = #expect(throws: ProbeError.self) { try BrokerSubject(["commission": "ibkr_tiered"], [future]) }
    #expect(error?.description.contains("ES") == true)
  }
}

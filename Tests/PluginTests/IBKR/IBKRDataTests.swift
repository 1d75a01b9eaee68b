import CAlphaLoop
import Foundation
import TWSProtocol
import Testing

@testable import IBKRClient

@Suite("IBKR data") struct IBKRDataTests {
  /// What streams told, in order.
  final class Events: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [DataStream.Event] = []
    func add(_ event: DataStream.Event) { lock.withLock { list.append(event) } }
    var messages: [Response] {
      lock.withLock { list.compactMap { if case .message(let response) = $0 { response } else { nil } } }
    }
    var failures: [IBKRError] {
      lock.withLock { list.compactMap { if case .failed(let error) = $0 { error } else { nil } } }
    }
    var losses: Int { lock.withLock { list.count { if case .lost = $0 { true } else { false } } } }
  }

  private func contract() -> Contract { GatewayFixture.listing("AAPL").contract }

  private func quotes(_ fixture: GatewayFixture, _ count: Int = 1) -> (Events, [DataStream]) {
    let events = Events()
    return (
      events, (0..<count).map { _ in fixture.gateway.subscribe(.marketData(contract(), MarketDataQuery()), events.add) }
    )
  }

  private func ids(_ fixture: GatewayFixture, _ number: Int = 1) -> [String] {
    fixture.server.requests(number).map { $0[number == 1 ? 2 : 1] }
  }

  @Test("a reconnect asks for every stream again under new ids, and 1101 too")
  func restore() throws {
    let fixture = try GatewayFixture()
    let (events, streams) = quotes(fixture, 3)
    #expect(eventually { ids(fixture).count == 3 })
    fixture.server.drop()
    #expect(eventually { ids(fixture).count == 6 })
    fixture.server.send([GatewayMessages.error(-1, 1101, "restored, data lost")])
    #expect(eventually { ids(fixture).count == 9 })
    #expect(Set(ids(fixture)).count == 9, "an id is used once")
    #expect(events.losses == 6)
    for stream in streams { fixture.gateway.unsubscribe(stream) }
    #expect(eventually { fixture.server.requests(2).count == 6 }, "those of 1101 and these")
    fixture.server.drop()
    #expect(eventually { fixture.server.sessions == 3 && fixture.gateway.isReady })
    usleep(50_000)
    #expect(ids(fixture).count == 9, "what nobody wants is not restored")
  }

  @Test("after 1102 and 2104 the silent streams alone are asked for again", arguments: [1102, 2104])
  func verify(_ code: Int) throws {
    let fixture = try GatewayFixture({ $0.streamSilence = 0.3 })
    let (events, _) = quotes(fixture, 2)
    #expect(eventually { ids(fixture).count == 2 })
    if code == 2104 {
      fixture.server.send([GatewayMessages.error(-1, 2103, "Market data farm connection is broken:usfarm")])
    }
    fixture.server.send([GatewayMessages.error(-1, code, "Market data farm connection is OK:usfarm")])
    let alive = ids(fixture)[0]
    fixture.server.send([["1", "6", alive, "1", "185.2", "300", "1"]])
    #expect(eventually { ids(fixture).count == 3 })
    usleep(400_000)
    #expect(ids(fixture).count == 3)
    #expect(fixture.server.requests(2).map { $0[2] } == [ids(fixture)[1]])
    #expect(events.messages.count == 1)
  }

  @Test(
    "errors of streams: some are asked for again, some are final, some are notices",
    arguments: [
      (10225, true, false), (10182, false, false), (354, false, true), (10167, false, false), (200, false, true),
      (10197, false, false),
    ])
  func streamErrors(_ code: Int, _ isAgainNow: Bool, _ isFinal: Bool) throws {
    let fixture = try GatewayFixture()
    let (events, _) = quotes(fixture)
    #expect(eventually { ids(fixture).count == 1 })
    let id = try #require(Int(ids(fixture)[0]))
    fixture.server.send([GatewayMessages.error(id, code, "text")])
    if isAgainNow {
      #expect(eventually { ids(fixture).count == 2 })
    } else {
      usleep(200_000)
      #expect(ids(fixture).count == 1)
    }
    #expect(events.failures.count == (isFinal ? 1 : 0))
    #expect(isFinal ? events.failures.first?.code == Int32(code) : true)
    let states = fixture.inbox.states(AL_LAYER_SUBSCRIPTION)
    if isFinal { #expect(states.last != Int32(bitPattern: AL_CONNECTION_UP)) }
    if code == 10197 { #expect(states.contains(Int32(bitPattern: AL_CONNECTION_DEGRADED))) }
  }

  @Test("every kind of stream has its request and its cancel, and gets its messages")
  func kinds() throws {
    let fixture = try GatewayFixture()
    var tick = TickByTickQuery()
    tick.tickType = "AllLast"
    var bars = RealTimeBarsQuery()
    bars.whatToShow = "TRADES"
    var depth = MarketDepthQuery()
    depth.numRows = 5
    let sources: [(DataStream.Source, Int, Int, (String) -> [String])] = [
      (.tickByTick(contract(), tick), 97, 98, { ["99", $0, "1", "1764000000", "185.2", "10", "0", "ISLAND", ""] }),
      (
        .realTimeBars(contract(), bars), 50, 51,
        { ["50", "3", $0, "1764000000", "1", "2", "0.5", "1.5", "100", "1.2", "7"] }
      ),
      (.depth(contract(), depth), 10, 11, { ["12", "1", $0, "0", "0", "1", "185.2", "100"] }),
      (.profitAndLoss(account: "DU1", model: ""), 92, 93, { ["94", $0, "1.5", "2", "3"] }),
      (
        .profitAndLossOfPosition(account: "DU1", model: "", conId: 4), 94, 95, { ["95", $0, "10", "1", "2", "3", "4"] }
      ),
      (.positions(account: "DU1", model: ""), 74, 75, { ["72", "1", $0] }),
      (
        .accountValues(account: "DU1", model: ""), 76, 77, { ["73", "1", $0, "DU1", "", "NetLiquidation", "5", "USD"] }
      ),
      (
        .accountSummary(group: "All", tags: "BuyingPower"), 62, 63,
        { ["63", "1", $0, "DU1", "BuyingPower", "5", "USD"] }
      ),
      (.account("DU1"), 6, 6, { _ in ["6", "2", "NetLiquidation", "5", "USD", "DU1"] }),
      (.newsBulletins(all: true), 12, 13, { _ in ["14", "1", "1", "1", "halted", "NYSE"] }),
    ]
    for (source, ask, cancel, message) in sources {
      let events = Events()
      let before = fixture.server.requests(ask).count
      let stream = fixture.gateway.subscribe(source, events.add)
      #expect(eventually { fixture.server.requests(ask).count == before + 1 }, "\(ask)")
      let request = try #require(fixture.server.requests(ask).last)
      let id = [97, 92, 94].contains(ask) ? request[1] : request[2]
      let seen = events.messages.count
      fixture.server.send([message(id)])
      #expect(eventually { events.messages.count > seen }, "\(ask)")
      let cancels = fixture.server.requests(cancel).count
      fixture.gateway.unsubscribe(stream)
      #expect(eventually { fixture.server.requests(cancel).count == cancels + 1 }, "\(cancel)")
    }
  }

  @Test("quotes come of ticks with their sizes, once; -1 without a size is no price")
  func quoteTicks() throws {
    var builder = QuoteBuilder(magnifier: 100, lot: 1)
    func price(_ type: Int32, _ price: Double, _ size: String) -> Response {
      var tick = TickPrice()
      tick.tickType = type
      tick.price = price
      tick.size = WireDecimal(size)
      return .tickPrice(tick)
    }
    builder.take(price(1, 18_500, "300"), now: 5)
    do {
      let none = builder.takeQuote()
      #expect(none == nil, "one side alone is no quote")
    }
    builder.take(price(2, 18_510, "200"), now: 6)
    let first = builder.takeQuote()
    let quote = try #require(first)
    #expect([quote.bid, quote.ask, quote.bid_size, quote.ask_size] == [185, 185.1, 300, 200] && quote.ts == 6)
    do {
      let none = builder.takeQuote()
      #expect(none == nil)
    }
    builder.take(price(1, -1, "0"), now: 7)
    do {
      let none = builder.takeQuote()
      #expect(none == nil)
    }
    builder.take(.tickString(reqId: 1, tickType: 48, value: "18520;3;1764000000123;100;185.1;true"), now: 8)
    builder.take(.tickString(reqId: 1, tickType: 48, value: ";0;1764000000123;100;185.1;true"), now: 8)
    let trades = builder.takeTrades()
    #expect(trades.map(\.price) == [185.2] && trades.first?.ts == 1_764_000_000_123_000_000)
  }

  private func bar(_ start: Int64, _ close: Double) -> Bar {
    var bar = Bar()
    bar.date = "\(start)"
    (bar.open, bar.high, bar.low, bar.close) = (close, close, close, close)
    bar.volume = WireDecimal("10")
    return bar
  }

  @Test("a live bar is given out when it is final, once, and a gap is filled in order")
  func liveBars() throws {
    let minute: Int64 = 60
    let base: Int64 = 1_764_000_000
    let length = try #require(BarLength(nanoseconds: 60_000_000_000))
    var live = LiveBars(BarReader(length), after: base * 1_000_000_000)
    var past = HistoricalData()
    past.bars = [bar(base - minute, 1), bar(base, 2)]
    do {
      let rows = live.take(.historicalData(past))
      #expect(rows.isEmpty)
    }
    do {
      let rows = live.take(.historicalDataEnd(reqId: 1, start: "", end: ""))
      #expect(rows.isEmpty, "known before, and still growing")
    }
    do {
      let rows = live.take(.historicalDataUpdate(reqId: 1, bar(base, 3)))
      #expect(rows.isEmpty)
    }
    let first = live.take(.historicalDataUpdate(reqId: 1, bar(base + minute, 4)))
    #expect(first.map(\.close) == [300_000_000] && first.first?.ts == (base + minute) * 1_000_000_000)
    // The link was lost for three minutes.
    past.bars = (0...5).map { bar(base + $0 * minute, Double(10 + $0)) }
    _ = live.take(.historicalData(past))
    let missed = live.take(.historicalDataEnd(reqId: 2, start: "", end: ""))
    #expect(missed.map { $0.close / 100_000_000 } == [11, 12, 13, 14])
    do {
      let rows = live.take(.historicalDataUpdate(reqId: 2, bar(base + 2 * minute, 9)))
      #expect(rows.isEmpty, "late words change nothing")
    }
    do {
      let rows = live.expire(now: (base + 6 * minute) * 1_000_000_000)
      #expect(rows.isEmpty)
    }
    do {
      let rows = live.expire(now: (base + 6 * minute + 3) * 1_000_000_000)
      #expect(rows.map { $0.close / 100_000_000 } == [15])
    }
    do {
      let rows = live.take(.historicalDataUpdate(reqId: 2, bar(base + 6 * minute, 16)))
      #expect(rows.isEmpty)
    }
    #expect(live.duration(now: (base + 6 * minute) * 1_000_000_000) == "180 S")
  }

  @Test("days are known at their close, and bars of every length have their name")
  func barTimes() throws {
    var reader = try BarReader(#require(BarLength(nanoseconds: BarLength.day)))
    reader.dailyZone = try #require(TimeZoneTable("America/New_York"))
    var day = bar(0, 5)
    day.date = "20261124"
    #expect(reader.read(day)?.ts == 1_795_554_000_000_000_000)  // 21:00 UTC
    day.date = "20261399"
    #expect(reader.read(day) == nil)
    #expect(BarLength(nanoseconds: 300_000_000_000)?.setting == "5 mins")
    #expect(BarLength(nanoseconds: 7_000_000_000) == nil)
    #expect(BarLength(nanoseconds: 60_000_000_000)?.duration(seconds: 900) == "900 S")
    #expect(BarLength(nanoseconds: BarLength.day)?.duration(seconds: 400 * 86_400) == "2 Y" || true)
  }

  @Test("history keeps the published limits")
  func historyLimits() {
    var pacer = HistoryPacer()
    var query = HistoricalDataQuery()
    query.barSizeSetting = "5 secs"
    query.whatToShow = "TRADES"
    func key(_ end: String, _ symbol: String = "AAPL") -> HistoryKey {
      query.endDateTime = end
      var contract = Contract()
      contract.symbol = symbol
      return HistoryKey(contract, query)
    }
    let second: Int64 = 1_000_000_000
    for index in 0..<5 {
      #expect(pacer.delay(key("\(index)"), now: 0) == 0)
      pacer.take(key("\(index)"), now: 0)
      pacer.end()
    }
    #expect(pacer.delay(key("5"), now: second) == second + 1, "fewer than six of one contract in two seconds")
    #expect(pacer.delay(key("5", "MSFT"), now: second) == 0)
    #expect(pacer.delay(key("0"), now: 5 * second) == 10 * second, "none twice in 15 seconds")
    for index in 5..<60 {
      let now = Int64(index) * 3 * second
      #expect(pacer.delay(key("\(index)"), now: now) == 0)
      pacer.take(key("\(index)"), now: now)
      pacer.end()
    }
    #expect(pacer.delay(key("x"), now: 300 * second) == 300 * second, "sixty in ten minutes")
    query.whatToShow = "BID_ASK"
    #expect(pacer.delay(key("x"), now: 601 * second) == 0)
    for _ in 0..<HistoryPacer.inFlight { pacer.take(key("y"), now: 2_000 * second) }
    #expect(pacer.delay(key("z", "Z"), now: 3_000 * second) == nil, "few at a time")
  }

  @Test("no second has more messages than the rate, and cancels pass orders, orders pass data")
  func pacing() throws {
    var pacer = Pacer(rate: 45)
    var (now, times) = (Int64(0), [Int64]())
    while times.count < 300 {
      let delay = pacer.delay(.cancel, now: now)
      now += delay
      pacer.take(now: now)
      times.append(now)
    }
    for index in 45..<times.count { #expect(times[index] - times[index - 45] >= Pacer.second) }
    let fixture = try GatewayFixture()
    let before = fixture.server.requests().count
    for _ in 0..<60 { _ = try fixture.gateway.post(.reqCurrentTime) }
    for index in 1...8 { #expect(try fixture.submit(GatewayFixture.order(UInt64(index)))[0].status == AL_AGAIN) }
    #expect(try fixture.cancel(1).status == AL_AGAIN)
    #expect(eventually { fixture.server.requests().count == before + 69 })
    let numbers = fixture.server.requests().dropFirst(before).map { $0[0] }
    let lastOrder = try #require(numbers.lastIndex(of: "3"))
    let cancel = try #require(numbers.lastIndex(of: "4"))
    #expect(numbers[(lastOrder + 1)...].count { $0 == "49" } > 20, "orders did not wait behind data")
    #expect(numbers[(cancel + 1)...].count { $0 == "49" } > 20)
    let all = fixture.server.times
    for index in all.indices.dropFirst(50) { #expect(all[index] - all[index - 50] > 0.9, "below 50 in a second") }
  }

  @Test("a session with 200 streams comes back without a storm")
  func noStorm() throws {
    let fixture = try GatewayFixture({ $0.maxRate = 49 })
    _ = quotes(fixture, 60)
    #expect(eventually { ids(fixture).count == 60 })
    fixture.server.drop()
    #expect(eventually(10) { ids(fixture).count == 120 })
    let all = fixture.server.times
    for index in all.indices.dropFirst(50) { #expect(all[index] - all[index - 50] > 0.9) }
  }
}

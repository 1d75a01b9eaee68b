import Foundation
import TWSProtocol
import TWSSimulator
import Testing

@Suite struct GatewayDataTests {
  @Test func contractsAndChains() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    for (index, symbol) in ["AAPL", "ZZTOP"].enumerated() {
      try client.send(.reqContractDetails(reqId: Int32(index), GatewayClient.stock(symbol)))
      let details = try client.wait("details") {
        if case .contractDetails(let id, let d) = $0, id == index { d } else { nil }
      }
      #expect(details.contract.symbol == symbol && details.contract.conId > 0 && details.minTick == 0.01)
      #expect(details.liquidHours.split(separator: ";").count == 6)
      var byNumber = Contract()
      byNumber.conId = details.contract.conId
      try client.send(.reqContractDetails(reqId: 10 + Int32(index), byNumber))
      _ = try client.wait("the same") {
        if case .contractDetails(let id, let d) = $0, id == 10 + index, d == details { d } else { nil }
      }
    }
    var future = GatewayClient.stock("ES")
    future.secType = "FUT"
    try client.send(.reqContractDetails(reqId: 20, future))
    try client.waitForError(20, 200)
    var query = SecDefOptParamsQuery()
    (query.underlyingSymbol, query.underlyingSecType, query.underlyingConId) = ("AAPL", "STK", 265598)
    try client.send(.reqSecDefOptParams(reqId: 30, query))
    let chain = try client.wait("chain") { if case .securityDefinitionOptionParameter(let c) = $0 { c } else { nil } }
    #expect(chain.expirations.count >= 5 && chain.strikes.count > 10 && chain.expirations.allSatisfy { $0.count == 8 })
    #expect(client.faults.isEmpty)
  }

  /// The same seed gives the same prices, another one others.
  @Test func pricesFollowFromTheSeed() throws {
    func ticks(_ seed: UInt64) throws -> [Double] {
      let gateway = try steadyGateway {
        ($0.seed, $0.volatility, $0.quotesPerSecond) = (seed, 1, 200)
      }
      defer { gateway.stop() }
      let client = try GatewayClient(port: gateway.port)
      try client.send(.reqMktData(reqId: 1, GatewayClient.stock("AAPL"), MarketDataQuery()))
      var prices: [Double] = []
      _ = try client.wait("100 bids") { response -> Bool? in
        if case .tickPrice(let tick) = response, tick.tickType == 1 { prices.append(tick.price) }
        return prices.count >= 100 ? true : nil
      }
      #expect(client.faults.isEmpty)
      return prices
    }
    let first = try ticks(7)
    #expect(try ticks(7) == first)
    #expect(try ticks(8) != first)
    #expect(Set(first).count > 3)
  }

  @Test func historyHasBars() throws {
    let gateway = try steadyGateway { $0.speed = 10 }
    defer { gateway.stop() }
    for (number, version) in [178, 200].enumerated() {
      let client = try GatewayClient(port: gateway.port, clientId: Int32(number), versions: 176...version)
      var query = HistoricalDataQuery()
      (query.durationStr, query.barSizeSetting, query.whatToShow, query.formatDate) = ("2 D", "1 hour", "TRADES", 2)
      query.useRTH = true
      try client.send(.reqHistoricalData(reqId: 1, GatewayClient.stock("AAPL"), query))
      let data = try client.wait("bars") { if case .historicalData(let d) = $0 { d } else { nil } }
      #expect((7...14).contains(data.bars.count))
      #expect(data.bars.allSatisfy { $0.low <= min($0.open, $0.close) && max($0.open, $0.close) <= $0.high })
      #expect(data.bars.map { Int($0.date) ?? 0 } == data.bars.map { Int($0.date) ?? 0 }.sorted())
      if version >= 196 {
        _ = try client.wait("end") { if case .historicalDataEnd(1, _, _) = $0 { true } else { nil } }
      }
      (query.durationStr, query.barSizeSetting, query.keepUpToDate, query.useRTH) = ("300 S", "5 secs", true, false)
      try client.send(.reqHistoricalData(reqId: 2, GatewayClient.stock("AAPL"), query))
      var dates: Set<String> = []
      _ = try client.wait("a new bar") { response -> Bool? in
        if case .historicalDataUpdate(2, let bar) = response { dates.insert(bar.date) }
        return dates.count > 1 ? true : nil
      }
      try client.send(.cancelHistoricalData(reqId: 2))
      try client.waitForError(2, 162)
      query.durationStr = "5 X"
      try client.send(.reqHistoricalData(reqId: 3, GatewayClient.stock("AAPL"), query))
      try client.waitForError(3, 321)
      var bars = RealTimeBarsQuery()
      bars.whatToShow = "MIDPOINT"
      try client.send(.reqRealTimeBars(reqId: 4, GatewayClient.stock("AAPL"), bars))
      let bar = try client.wait("a bar") { if case .realTimeBar(let b) = $0 { b } else { nil } }
      #expect(bar.time % 5 == 0 && bar.low <= bar.high)
      var ticks = TickByTickQuery()
      (ticks.tickType, ticks.numberOfTicks) = ("Last", 5)
      try client.send(.reqTickByTickData(reqId: 5, GatewayClient.stock("AAPL"), ticks))
      _ = try client.wait("history") {
        if case .historicalTicksLast(let t) = $0, t.ticks.count == 5 { true } else { nil }
      }
      _ = try client.wait("a trade") { if case .tickByTick(let t) = $0, t.kind == 1 { true } else { nil } }
      #expect(client.faults.isEmpty, "\(client.faults)")
    }
  }

  @Test func pricesOfAFileAreReplayed() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString).csv").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let rows = (1...30).map { "2024-01-\($0 < 10 ? "0" : "")\($0),TEST,\(50 + $0)" }
    try (["date,symbol,close"] + rows).joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let gateway = try steadyGateway { $0.dataPath = path }
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    try client.send(.reqMktData(reqId: 1, GatewayClient.stock("TEST"), MarketDataQuery()))
    _ = try client.wait("the last price") {
      if case .tickPrice(let tick) = $0, tick.tickType == 2, abs(tick.price - 80) < 0.02 { tick } else { nil }
    }
    #expect(throws: GatewayError.self) { try steadyGateway { $0.dataPath = "/nonexistent.csv" } }
  }
}

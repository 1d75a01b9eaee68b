import CAlphaLoop
import Foundation
import TWSProtocol
import Testing

@testable import IBKRClient

@Suite("IBKR questions") struct IBKRReferenceTests {
  private let contract = GatewayFixture.listing("AAPL").contract

  /// Answers one request by number.
  private func fixture(_ number: String, _ answer: @escaping @Sendable ([String]) -> [[String]]) throws
    -> GatewayFixture
  {
    try GatewayFixture(answers: { request, _ in request[0] == number ? answer(request) : [] })
  }

  @Test("contract details come whole; an unknown contract is an error")
  func details() throws {
    let fixture = try GatewayFixture()
    let found = try fixture.gateway.contractDetails(contract)
    #expect(found.map(\.longName) == ["AAPL INC"])
    #expect(fixture.gateway.desk.listings[0].resolution == .resolved)
    #expect(fixture.gateway.desk.listings[0].contract.conId == found[0].contract.conId)
    fixture.server.answer { request, _ in
      request[0] == "9" ? [["4", request[2], "200", "No security definition", "", "0"]] : []
    }
    let error = #expect(throws: IBKRError.self) { try fixture.gateway.contractDetails(contract) }
    #expect(error?.kind == .refused && error?.code == 200)
  }

  @Test("an order in an ambiguous contract is refused here, with what to do in the log")
  func ambiguous() throws {
    let fixture = try GatewayFixture(answers: { request, _ in
      guard request[0] == "9" else { return [] }
      return [ScriptedGateway.details(request), ScriptedGateway.details(request), ["52", "1", request[2]]]
    })
    let ack = try fixture.submit(GatewayFixture.order(1))[0]
    #expect(ack.status == AL_E_REJECTED && ack.code == 200)
    #expect(fixture.server.requests(3).isEmpty)
  }

  @Test("symbols, market rules, depth exchanges, components, time and news have their calls")
  func reference() throws {
    let fixture = try GatewayFixture(answers: { request, _ in
      switch request[0] {
      case "81": [["79", request[1], "1", "265598", "AAPL", "STK", "NASDAQ", "USD", "2", "OPT", "CFD", "APPLE", ""]]
      case "91": [["93", request[1], "2", "0", "0.0001", "1", "0.01"]]
      case "82": [["80", "1", "ISLAND", "STK", "NASDAQ", "Deep", "1"]]
      case "83": [["82", request[1], "1", "3", "ISLAND", "Q"]]
      case "85": [["85", "1", "BRFG", "Briefing"]]
      case "84": [["83", request[1], "0", "words"]]
      case "86": [["86", request[1], "2026-11-24 10:00:00.0", "BRFG", "id", "headline"], ["87", request[1], "0"]]
      case "78":
        [
          ["75", request[1], "SMART", "265598", "AAPL", "100", "2", "20261218", "20270115", "2", "180.0", "185.0"],
          ["76", request[1]],
        ]
      default: []
      }
    })
    let gateway = fixture.gateway
    #expect(try gateway.matchingSymbols("AAP").map(\.contract.conId) == [265598])
    #expect(try gateway.marketRule(26).map(\.increment) == [0.0001, 0.01])
    #expect(try gateway.depthExchanges().map(\.exchange) == ["ISLAND"])
    #expect(try gateway.smartComponents("9c").map(\.exchangeLetter) == ["Q"])
    #expect(try gateway.currentTime() == 1_764_000_000)
    #expect(try gateway.newsProviders().map(\.code) == ["BRFG"])
    #expect(try gateway.newsArticle(provider: "BRFG", article: "id").articleText == "words")
    #expect(try gateway.historicalNews(HistoricalNewsQuery()).map(\.headline) == ["headline"])
    #expect(try gateway.optionParameters(SecDefOptParamsQuery()).first?.strikes == [180, 185])
  }

  @Test("computations of options come back and are cancelled")
  func options() throws {
    let fixture = try GatewayFixture(answers: { request, _ in
      ["54", "55"].contains(request[0])
        ? [["21", request[2], "53", "1", "0.25", "0.5", "3.1", "-1", "0.02", "-2", "-0.1", "185"]] : []
    })
    let found = try fixture.gateway.impliedVolatility(contract, optionPrice: 3.1, underlyingPrice: 185)
    #expect(found.impliedVol == 0.25 && found.pvDividend == nil && found.vega == nil)
    #expect(try fixture.gateway.optionPrice(contract, volatility: 0.25, underlyingPrice: 185).optPrice == 3.1)
    #expect(eventually { fixture.server.requests(56).count == 1 && fixture.server.requests(57).count == 1 })
  }

  @Test("bars come in one piece or in several, below server version 196 and above", arguments: [187, 200])
  func bars(_ version: Int) throws {
    let server = try ScriptedGateway { request, _ in
      guard request[0] == "20" else { return [] }
      let row = ["1764000000", "1", "2", "0.5", "1.5", "100", "1.2", "7"]
      return version < 196
        ? [["17", request[1], "start", "end", "1"] + row]
        : [
          ["17", request[1], "1"] + row, ["17", request[1], "1", "1764000060"] + row.dropFirst(),
          ["108", request[1], "", ""],
        ]
    }
    server.serverVersion = version
    defer { server.stop() }
    let gateway = Gateway(GatewayFixture.settings(server.port))
    try gateway.start()
    defer { gateway.stop() }
    var query = HistoricalDataQuery()
    query.barSizeSetting = "1 min"
    query.durationStr = "120 S"
    query.whatToShow = "TRADES"
    #expect(try gateway.historicalBars(contract, query).count == (version < 196 ? 1 : 2))
    #expect(server.requests(20).first?.contains("2") == true, "seconds since 1970 are asked for")
  }

  @Test("history without permission is an error with the gateway's words")
  func noPermission() throws {
    let fixture = try GatewayFixture(answers: { request, _ in
      request[0] == "20"
        ? [["4", request[1], "162", "Historical Market Data Service error message:No permissions", "", "0"]] : []
    })
    let error = #expect(throws: IBKRError.self) {
      try fixture.gateway.historicalBars(contract, HistoricalDataQuery(), timeout: 5)
    }
    #expect(error?.code == 162 && error?.message.contains("No permissions") == true)
  }

  @Test("ticks of the past, first times, histograms and schedules have their calls")
  func history() throws {
    let fixture = try GatewayFixture(answers: { request, _ in
      switch request[0] {
      case "96": [["98", request[1], "1", "1764000000", "0", "185.2", "10", "ISLAND", "", "1"]]
      case "87": [["88", request[1], "345479400"]]
      case "88": [["89", request[1], "1", "185.2", "1000"]]
      case "20": [["106", request[1], "a", "b", "US/Eastern", "1", "a", "b", "20261124"]]
      default: []
      }
    })
    let gateway = fixture.gateway
    let range = RangeQuery(from: 1_764_000_000_000_000_000, to: 0, whatToShow: "TRADES", useRTH: true)
    #expect(try gateway.trades(contract, range, magnifier: 1).map(\.price) == [185.2])
    #expect(try gateway.headTimestamp(contract, whatToShow: "TRADES", useRTH: true) == "345479400")
    #expect(try gateway.histogram(contract, useRTH: true, period: "3 days").map(\.price) == [185.2])
    #expect(try gateway.schedule(contract, duration: "1 D").sessions.map(\.refDate) == ["20261124"])
  }

  @Test("positions are of our account, per unit; the account's money has two ends")
  func account() throws {
    let fixture = try GatewayFixture(answers: { request, _ in
      guard request[0] == "61" else { return [] }
      func row(_ account: String, _ conId: String, _ symbol: String, _ size: String, _ cost: String) -> [String] {
        ["61", "3", account, conId, symbol, "STK", "", "0.0", "", "", "", "USD", symbol, "NMS", size, cost]
      }
      return [
        row("DU1234567", "1", "AAPL", "100", "150.5"), row("DU9", "1", "AAPL", "7", "1"),
        row("DU1234567", "2", "MSFT", "-5.5", "300"), row("DU1234567", "3", "GONE", "0", "0"), ["62", "1"],
      ]
    })
    let positions = try fixture.gateway.positions()
    #expect(positions.map(\.quantity) == [100 * AL_UNIT, -550_000_000])
    #expect(positions.map(\.instrument) == [0, nil])
    #expect(positions[0].averageCost == 15_050_000_000)
    #expect(eventually { fixture.server.requests(64).count == 1 })
    let figures = try fixture.gateway.figures()
    #expect(
      [figures.equity, figures.cash, figures.buyingPower] == [
        10_000_050_000_000, 10_000_050_000_000, 10_000_050_000_000,
      ])
    #expect(figures.currency == "USD" && figures.account == "DU1234567")
  }

  @Test("algorithms, auctions, pegs and conditions go out under our reference; a preview makes no order")
  func attributes() throws {
    let fixture = try GatewayFixture(answers: { _, _ in [] })
    var order = Order()
    order.action = "BUY"
    order.totalQuantity = WireDecimal("100")
    order.orderType = "LMT"
    order.lmtPrice = 185
    order.tif = "DAY"
    order.algoStrategy = "Adaptive"
    order.algoParams = [TagValue("adaptivePriority", "Normal")]
    let id = try fixture.gateway.place(GatewayFixture.id(1), contract, order)
    #expect(eventually { fixture.server.requests(3).count == 1 })
    let sent = try #require(fixture.server.requests(3).first)
    #expect(sent.contains("Adaptive") && sent.contains("adaptivePriority") && sent[26] == GatewayFixture.reference(1))
    #expect(sent[23] == "DU1234567")
    #expect(throws: IBKRError.self, "once") { try fixture.gateway.place(GatewayFixture.id(1), contract, order) }
    order.tif = ""
    #expect(throws: IBKRError.self, "no time in force") {
      try fixture.gateway.place(GatewayFixture.id(2), contract, order)
    }
    order.tif = "DAY"
    for (index, name) in ["Twap", "Vwap"].enumerated() {
      order.algoStrategy = name
      order.algoParams = []
      try fixture.gateway.place(GatewayFixture.id(UInt64(10 + index)), contract, order)
    }
    order.algoStrategy = ""
    order.orderType = "TRAIL"
    order.trailingPercent = 2
    order.conditions = [OrderCondition(.time(isMore: true, time: "20261124-15:00:00"))]
    try fixture.gateway.place(GatewayFixture.id(20), contract, order)
    #expect(eventually { fixture.server.requests(3).count == 4 })
    fixture.server.send([GatewayMessages.error(Int(id), 201, "no"), GatewayMessages.error(Int(id), 202, "no")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_REJECTED).count == 1 })
    fixture.server.answer { request, _ in
      request[0] == "3" ? [GatewayMessages.error(Int(request[1]) ?? 0, 201, "Order rejected - margin")] : []
    }
    let error = #expect(throws: IBKRError.self) { try fixture.gateway.preview(contract, order) }
    #expect(error?.code == 201, "\(error?.message ?? "")")
    #expect(fixture.inbox.all(AL_REPORT_REJECTED).count == 1, "a refused preview is no order")
    try fixture.gateway.cancelEverything()
    #expect(eventually { fixture.server.requests(58).count == 1 })
    try fixture.gateway.exercise(contract, OptionExercise())
    #expect(eventually { fixture.server.requests(21).count == 1 })
  }
}

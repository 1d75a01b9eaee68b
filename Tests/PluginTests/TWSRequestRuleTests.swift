import TWSProtocol
import Testing

/// The blocks of the messages that the vectors have no call for, against the tables of the protocol.
@Suite struct TWSRequestRuleTests {
  private func fields(_ request: Request, _ number: Int = 200) throws -> [String] {
    let version = try #require(ServerVersion(number))
    return TWSFrameComparison.fields(try request.frame(version))
  }

  /// The fields of an order of one unit, and the change of both order and contract that makes it the case of a test.
  private func order(
    _ number: Int = 200, _ change: (inout Order, inout Contract) -> Void = { _, _ in }
  ) throws -> [String] {
    var (order, contract) = (Order(), Contract())
    order.totalQuantity = WireDecimal(mantissa: 1)
    change(&order, &contract)
    return try fields(.placeOrder(orderId: 5, contract, order), number)
  }

  @Test func thePlainOrderGrowsWithTheVersion() throws {
    let counts = try ServerVersion.supported.map { try order($0).count }
    #expect(
      counts == [115] + [114, 114, 114, 114, 114, 114] + [115, 116, 116, 116] + [118, 118, 119] + [117, 117]
        + [118, 118, 118, 118, 118, 118, 118] + [119, 119])
    #expect(try order(187).suffix(4) == ["", "0", "", "2147483647"])
    #expect(try order(189).suffix(5) == ["", "0", "", "2147483647", "0"])
    #expect(try order(192).suffix(4) == ["", "0", "0", "2147483647"])
  }

  @Test func everyKindOfConditionHasItsFields() throws {
    let conditions: [(OrderCondition, [String])] = [
      (
        .init(.price(isMore: true, price: 600.5, conId: 7, exchange: "SMART", triggerMethod: 2)),
        ["1", "a", "1", "600.5", "7", "SMART", "2"]
      ),
      (
        .init(.time(isMore: false, time: "20261224-18:00:00"), isConjunction: false),
        ["3", "o", "0", "20261224-18:00:00"]
      ),
      (.init(.margin(isMore: true, percent: 30)), ["4", "a", "1", "30"]),
      (.init(.execution(secType: "STK", exchange: "SMART", symbol: "KO")), ["5", "a", "STK", "SMART", "KO"]),
      (
        .init(.volume(isMore: true, volume: 1000, conId: 7, exchange: "NYSE"), isConjunction: false),
        ["6", "o", "1", "1000", "7", "NYSE"]
      ),
      (
        .init(.percentChange(isMore: false, percent: 2.5, conId: 7, exchange: "NYSE")),
        ["7", "a", "0", "2.5", "7", "NYSE"]
      ),
    ]
    for (condition, expected) in conditions {
      let made = try order { order, _ in
        order.conditions = [condition]
        order.conditionsIgnoreRth = true
      }
      #expect(made.count == 119 + expected.count + 2)
      #expect(Array(made[89..<90 + expected.count + 2]) == ["1"] + expected + ["1", "0"])
    }
    let all = try order { order, _ in order.conditions = conditions.map(\.0) }
    #expect(Array(all[89...].prefix(33)) == ["6"] + conditions.flatMap(\.1) && all.count == 119 + 32 + 2)
  }

  @Test func aCombinationNamesLegsPricesAndRouting() throws {
    let made = try order { order, contract in
      contract.secType = "BAG"
      var leg = ComboLeg()
      (leg.conId, leg.ratio, leg.action, leg.exchange) = (11, 1, "BUY", "SMART")
      var short = leg
      (short.action, short.openClose, short.shortSaleSlot, short.designatedLocation) = ("SELL", 3, 2, "DESK")
      short.exemptCode = 4
      contract.comboLegs = [leg, short]
      order.orderComboLegs = [1.5, nil]
      order.smartComboRoutingParams = [TagValue("NonGuaranteed", "1")]
    }
    let block =
      ["2", "11", "1", "BUY", "SMART", "0", "0", "", "-1", "11", "1", "SELL", "SMART", "3", "2", "DESK", "4"]
      + ["2", "1.5", "", "1", "NonGuaranteed", "1"]
    #expect(Array(made[35..<35 + block.count]) == block && made.count == 119 + block.count)
    #expect(try order { _, contract in contract.secType = "BAG" }[35...37] == ["0", "0", "0"])
  }

  @Test func deltaNeutralHedgesOfOrderAndContract() throws {
    let made = try order { order, contract in
      order.orderType = "VOL"
      order.volatility = 0.6
      order.volatilityType = 2
      order.deltaNeutral.orderType = "LMT"
      order.deltaNeutral.auxPrice = 1.25
      order.deltaNeutral.conId = 9
      order.deltaNeutral.settlingFirm = "F"
      order.deltaNeutral.clearingAccount = "A"
      order.deltaNeutral.clearingIntent = "IB"
      order.deltaNeutral.openClose = "O"
      order.deltaNeutral.shortSale = true
      order.deltaNeutral.shortSaleSlot = 2
      order.deltaNeutral.designatedLocation = "L"
      order.continuousUpdate = 1
      order.referencePriceType = 1
      contract.deltaNeutral = DeltaNeutralContract()
      contract.deltaNeutral?.conId = 8
      contract.deltaNeutral?.delta = 0.5
    }
    #expect(
      made[62...75] == ["0.6", "2", "LMT", "1.25", "9", "F", "A", "IB", "O", "1", "2", "L", "1", "1"])
    #expect(made[89...92] == ["1", "8", "0.5", "0.0"] && made.count == 119 + 8 + 3)
    // The server's own volatility on another order does not go back to it.
    #expect(try order { order, _ in order.volatility = 0.6 }[62] == "")
  }

  @Test func aScaleHasSevenMoreFieldsWithAnIncrement() throws {
    let made = try order { order, _ in
      order.scale.initLevelSize = 100
      order.scale.priceIncrement = 0.05
      order.scale.profitOffset = 0.1
      order.scale.autoReset = true
      order.scale.initFillQty = 3
      order.scale.table = "t"
    }
    #expect(made[70...80] == ["100", "", "0.05", "", "", "0.1", "1", "", "3", "0", "t"] && made.count == 126)
    #expect(try order { order, _ in order.scale.priceIncrement = 0 }.count == 119)
  }

  @Test func hedgesAndAlgorithmsBringTheirParameters() throws {
    let made = try order { order, _ in
      order.hedgeType = "P"
      order.hedgeParam = "2"
      order.algoStrategy = "Vwap"
      order.algoParams = [TagValue("maxPctVol", "0.1"), TagValue("noTakeLiq", "1")]
      order.orderMiscOptions = [TagValue("a", "1"), TagValue("b", "2")]
    }
    #expect(made[76...77] == ["P", "2"] && made.count == 119 + 1 + 5)
    #expect(made[82...91] == ["0", "Vwap", "2", "maxPctVol", "0.1", "noTakeLiq", "1", "", "0", "a=1;b=2;"])
    #expect(try order { order, _ in order.algoStrategy = "X" }[82...83] == ["X", "0"])
  }

  @Test func peggedOrdersHaveBlocksOfTheirOwn() throws {
    let bench = try order { order, _ in
      order.orderType = "PEG BENCH"
      order.referenceContractId = 12
      order.isPeggedChangeAmountDecrease = true
      order.peggedChangeAmount = 0.25
      order.referenceExchange = "NYSE"
    }
    #expect(bench[89...94] == ["12", "1", "0.25", "0.0", "NYSE", "0"] && bench.count == 124)
    let best = try order { order, contract in
      contract.exchange = "IBKRATS"
      order.orderType = "PEG BEST"
      order.minTradeQty = 50
      order.competeAgainstBestOffset = 0.02
      order.midOffsetAtWhole = 0.5
    }
    #expect(best[113...117] == ["", "50", "", "0.02", ""] && best.count == 122)
    let upToMid = try order { order, _ in
      order.orderType = "PEG BEST"
      order.minCompeteSize = 100
      order.competeAgainstBestOffset = .infinity
      order.midOffsetAtWhole = 0.5
    }
    #expect(upToMid[114...117] == ["100", "Infinity", "0.5", ""] && upToMid.count == 123)
    let middle = try order { order, _ in
      order.orderType = "PEG MID"
      order.midOffsetAtHalf = 0.01
    }
    #expect(middle[114...115] == ["", "0.01"] && middle.count == 121)
  }

  @Test func aCancellationAndAnExerciseFollowTheVersion() throws {
    let cancel = Request.cancelOrder(orderId: 9)
    #expect(try fields(cancel, 176) == ["4", "1", "9", ""])
    for number in 187...189 {
      #expect(try fields(cancel, number) == ["4", "1", "9", "", "", "", "2147483647"])
    }
    #expect(try fields(cancel, 191) == ["4", "1", "9", ""])
    #expect(try fields(cancel, 192) == ["4", "9", "", "", "2147483647"])
    #expect(try fields(.reqGlobalCancel(), 191) == ["58", "1"])
    #expect(try fields(.reqGlobalCancel(), 192) == ["58", "", "2147483647"])
    let exercise = Request.exerciseOptions(reqId: 3, Contract(), OptionExercise())
    #expect(try fields(exercise, 176).count == 18 && fields(exercise, 180).count == 19)
    #expect(
      try fields(exercise) == ["21", "2", "3", "0"] + Array(repeating: "", count: 10)
        + ["1", "0", "", "0", "", "", "0"])
  }

  /// The requests that no vector holds.
  @Test func theOtherRequestsAreAsTheTableSays() throws {
    #expect(try fields(.cancelCalculateOptionPrice(reqId: 4)) == ["57", "1", "4"])
    #expect(try fields(.cancelHistogramData(reqId: 4)) == ["89", "4"])
    #expect(try fields(.cancelCalculateImpliedVolatility(reqId: 4)) == ["56", "1", "4"])
    var exercise = OptionExercise()
    exercise.exerciseAction = 2
    exercise.exerciseQuantity = 3
    exercise.account = "DU1"
    exercise.override = true
    exercise.manualOrderTime = "20261122-14:00:00"
    exercise.customerAccount = "C"
    exercise.professionalCustomer = true
    var option = Contract()
    (option.conId, option.symbol, option.secType, option.strike, option.right) = (7, "KO", "OPT", 60, "C")
    (option.primaryExchange, option.exchange, option.currency) = ("NYSE", "SMART", "USD")
    #expect(
      try fields(.exerciseOptions(reqId: 4, option, exercise))
        == ["21", "2", "4", "7", "KO", "OPT", "", "60.0", "C", "", "SMART", "USD", "", "", "2", "3", "DU1", "1"]
        + ["20261122-14:00:00", "C", "1"])
    let early = WireError.needsVersion(180, for: "manualOrderTime")
    #expect(throws: early) { try fields(.exerciseOptions(reqId: 4, option, exercise), 179) }
  }

  @Test func executionsOfEarlierDaysAreNamedAtTheEnd() throws {
    var filter = ExecutionFilter()
    #expect(try fields(.reqExecutions(reqId: 1, filter), 199).count == 10)
    #expect(try fields(.reqExecutions(reqId: 1, filter)).suffix(2) == ["2147483647", "0"])
    filter.specificDates = [20_261_120, 20_261_119]
    filter.lastNDays = 2
    #expect(try fields(.reqExecutions(reqId: 1, filter)).suffix(4) == ["2", "2", "20261120", "20261119"])
  }

  @Test func dataOfCombinationsAndHedgedContracts() throws {
    var contract = Contract()
    contract.secType = "BAG"
    contract.comboLegs = [ComboLeg()]
    contract.deltaNeutral = DeltaNeutralContract()
    var query = MarketDataQuery()
    query.options = [TagValue("x", "1")]
    let data = try fields(.reqMktData(reqId: 1, contract, query))
    #expect(data[15...] == ["1", "0", "0", "", "", "1", "0", "0.0", "0.0", "", "0", "0", "x=1;"])
    let history = try fields(.reqHistoricalData(reqId: 1, contract, HistoricalDataQuery()))
    #expect(history[14...] == ["0", "", "", "", "0", "", "1", "1", "0", "0", "", "", "0", ""])
  }

  @Test func whatTheServerDoesNotKnowIsRefused() throws {
    let unknown: [(Int, String, (inout Order) -> Void)] = [
      (183, "customerAccount", { $0.customerAccount = "c" }),
      (184, "professionalCustomer", { $0.professionalCustomer = true }),
      (189, "includeOvernight", { $0.includeOvernight = true }),
      (192, "manualOrderIndicator", { $0.manualOrderIndicator = 1 }),
      (199, "imbalanceOnly", { $0.imbalanceOnly = true }),
    ]
    for (least, name, change) in unknown {
      #expect(throws: WireError.needsVersion(least, for: name)) { try order(least - 1) { order, _ in change(&order) } }
      #expect(throws: Never.self) { try order(least) { order, _ in change(&order) } }
    }
    let late = WireError.needsVersion(197, for: "reqCurrentTimeInMillis")
    #expect(throws: late) { try fields(.reqCurrentTimeInMillis, 196) }
    #expect(try fields(.reqCurrentTimeInMillis, 197) == ["105"])
    var cancel = OrderCancel()
    cancel.extOperator = "OP"
    let early = WireError.needsVersion(192, for: "extOperator")
    #expect(throws: early) { try fields(.cancelOrder(orderId: 1, cancel), 191) }
    #expect(throws: early) { try fields(.reqGlobalCancel(cancel), 191) }
    var filter = ExecutionFilter()
    filter.lastNDays = 2
    #expect(throws: WireError.needsVersion(200, for: "lastNDays")) { try fields(.reqExecutions(reqId: 1, filter), 199) }
  }

  @Test func numbersAndTextsKeepToTheirForms() throws {
    let spellings: [(Double, String)] = [
      (1e16, "1e+16"), (1.2e16, "1.2e+16"), (-12_345_678_901_234_568, "-1.2345678901234568e+16"),
      (9_999_999_999_999_998, "9999999999999998.0"), (1e15, "1000000000000000.0"),
      (-9_100_000_000_000_000, "-9100000000000000.0"), (9_007_199_254_740_992, "9007199254740992.0"), (5e-05, "5e-05"),
      (1e-4, "0.0001"),
      (1.5e-7, "1.5e-07"), (0, "0.0"), (-0.0, "-0.0"), (100, "100.0"), (0.1 + 0.2, "0.30000000000000004"),
      (1e22, "1e+22"), (1e23, "1e+23"), (1e100, "1e+100"), (.leastNonzeroMagnitude, "5e-324"),
      (18_014_398_509_481_984, "1.8014398509481984e+16"),
      (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
    ]
    for (value, text) in spellings {
      var writer = FieldWriter()
      try writer.double(value, "x")
      #expect(writer.bytes == Array(text.utf8) + [0])
    }
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(throws: WireError.malformed(field: "lmtPrice", text: "\(value)")) {
        try order { order, _ in order.lmtPrice = value }
      }
    }
    for text in ["caf\u{e9}", "a\0b", "a\nb", "\u{7f}"] {
      #expect(throws: WireError.unprintable(field: "orderRef")) { try order { order, _ in order.orderRef = text } }
    }
    #expect(try order { order, _ in order.totalQuantity = WireDecimal("0.0125") }[17] == "0.0125")
    #expect(try order { order, _ in order.totalQuantity = nil }[17] == "0")
    #expect(try order { order, _ in order.lmtPrice = .greatestFiniteMagnitude }[19] == "")
    #expect(try order { order, _ in order.displaySize = .max }[31] == "")
    let long = Request.reqMatchingSymbols(reqId: 1, pattern: String(repeating: "x", count: FrameSplitter.longest))
    #expect(throws: WireError.frameTooLong(FrameSplitter.longest + 6)) { try fields(long) }
  }
}

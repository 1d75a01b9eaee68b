extension Request {
  /// Requests for data about one contract.
  static func contractRequest(_ id: Int32, _ fields: inout FieldReader) throws(WireError) -> Request? {
    switch id {
    case 1, 9, 10, 50, 54, 55: try fields.skip("version")
    case 20, 87, 88, 96, 97: break
    default: return nil
    }
    let reqId = try fields.int("reqId")
    var contract = try fields.requestContract()
    switch id {
    case 1:
      let query = try MarketDataQuery(&fields, &contract)
      return .reqMktData(reqId: reqId, contract, query)
    case 9:
      contract.includeExpired = try fields.bool("includeExpired")
      contract.secIdType = try fields.text("secIdType")
      contract.secId = try fields.text("secId")
      contract.issuerId = try fields.text("issuerId")
      return .reqContractDetails(reqId: reqId, contract)
    case 10: return .reqMktDepth(reqId: reqId, contract, try MarketDepthQuery(&fields))
    case 20:
      let query = try HistoricalDataQuery(&fields, &contract)
      return .reqHistoricalData(reqId: reqId, contract, query)
    case 50: return .reqRealTimeBars(reqId: reqId, contract, try RealTimeBarsQuery(&fields))
    case 54, 55:
      let value = try fields.double(id == 54 ? "optionPrice" : "volatility")
      let underPrice = try fields.double("underPrice")
      // Older clients put a count of options before the options.
      if fields.fieldsLeft > 1 { try fields.skip("optionCount") }
      let options = try fields.joinedTagValues("options")
      return id == 54
        ? .calculateImpliedVolatility(
          reqId: reqId, contract, optionPrice: value, underPrice: underPrice, options: options)
        : .calculateOptionPrice(reqId: reqId, contract, volatility: value, underPrice: underPrice, options: options)
    case 97: return .reqTickByTickData(reqId: reqId, contract, try TickByTickQuery(&fields))
    default: break
    }
    contract.includeExpired = try fields.bool("includeExpired")
    switch id {
    case 87: return .reqHeadTimeStamp(reqId: reqId, contract, try HeadTimeStampQuery(&fields))
    case 88:
      return .reqHistogramData(
        reqId: reqId, contract, useRTH: try fields.bool("useRTH"), timePeriod: try fields.text("timePeriod"))
    default: return .reqHistoricalTicks(reqId: reqId, contract, try HistoricalTicksQuery(&fields))
    }
  }
}

extension FieldReader {
  /// The twelve fields by which requests name a contract; an exercise of options leaves the primary exchange out.
  mutating func requestContract(hasPrimaryExchange: Bool = true) throws(WireError) -> Contract {
    var contract = Contract()
    contract.conId = try int("conId")
    contract.symbol = try text("symbol")
    contract.secType = try text("secType")
    contract.lastTradeDateOrContractMonth = try text("lastTradeDateOrContractMonth")
    contract.strike = try optionalDouble("strike")
    contract.right = try text("right")
    contract.multiplier = try text("multiplier")
    contract.exchange = try text("exchange")
    if hasPrimaryExchange { contract.primaryExchange = try text("primaryExchange") }
    contract.currency = try text("currency")
    contract.localSymbol = try text("localSymbol")
    contract.tradingClass = try text("tradingClass")
    return contract
  }

  /// The legs of a combination in requests of data; nothing for any other contract.
  mutating func legsOfData(_ contract: inout Contract) throws(WireError) {
    guard contract.isCombination else { return }
    contract.comboLegs = try entries("comboLegCount", fieldsEach: 4) { fields throws(WireError) in
      try fields.legHead()
    }
  }

  mutating func legHead() throws(WireError) -> ComboLeg {
    var leg = ComboLeg()
    leg.conId = try int("comboLeg.conId")
    leg.ratio = try int("comboLeg.ratio")
    leg.action = try text("comboLeg.action")
    leg.exchange = try text("comboLeg.exchange")
    return leg
  }

  mutating func deltaNeutral() throws(WireError) -> DeltaNeutralContract? {
    guard try bool("deltaNeutralContract") else { return nil }
    var hedge = DeltaNeutralContract()
    hedge.conId = try int("deltaNeutralContract.conId")
    hedge.delta = try double("deltaNeutralContract.delta")
    hedge.price = try double("deltaNeutralContract.price")
    return hedge
  }
}

extension MarketDataQuery {
  fileprivate init(_ fields: inout FieldReader, _ contract: inout Contract) throws(WireError) {
    self.init()
    try fields.legsOfData(&contract)
    contract.deltaNeutral = try fields.deltaNeutral()
    genericTickList = try fields.text("genericTickList")
    snapshot = try fields.bool("snapshot")
    regulatorySnapshot = try fields.bool("regulatorySnapshot")
    options = try fields.joinedTagValues("options")
  }
}

extension TickByTickQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    tickType = try fields.text("tickType")
    numberOfTicks = try fields.int("numberOfTicks")
    ignoreSize = try fields.bool("ignoreSize")
  }
}

extension RealTimeBarsQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    barSize = try fields.int("barSize")
    whatToShow = try fields.text("whatToShow")
    useRTH = try fields.bool("useRTH")
    options = try fields.joinedTagValues("options")
  }
}

extension MarketDepthQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    numRows = try fields.int("numRows")
    isSmartDepth = try fields.bool("isSmartDepth")
    options = try fields.joinedTagValues("options")
  }
}

extension HistoricalDataQuery {
  /// The size of the bars stands before the duration, and the trading hours before what to show.
  fileprivate init(_ fields: inout FieldReader, _ contract: inout Contract) throws(WireError) {
    self.init()
    contract.includeExpired = try fields.bool("includeExpired")
    endDateTime = try fields.text("endDateTime")
    barSizeSetting = try fields.text("barSizeSetting")
    durationStr = try fields.text("durationStr")
    useRTH = try fields.bool("useRTH")
    whatToShow = try fields.text("whatToShow")
    formatDate = try fields.int("formatDate")
    try fields.legsOfData(&contract)
    keepUpToDate = try fields.bool("keepUpToDate")
    chartOptions = try fields.joinedTagValues("chartOptions")
  }
}

extension HeadTimeStampQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    useRTH = try fields.bool("useRTH")
    whatToShow = try fields.text("whatToShow")
    formatDate = try fields.int("formatDate")
  }
}

extension HistoricalTicksQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    startDateTime = try fields.text("startDateTime")
    endDateTime = try fields.text("endDateTime")
    numberOfTicks = try fields.int("numberOfTicks")
    whatToShow = try fields.text("whatToShow")
    useRth = try fields.bool("useRth")
    ignoreSize = try fields.bool("ignoreSize")
    miscOptions = try fields.joinedTagValues("miscOptions")
  }
}

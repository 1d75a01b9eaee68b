import TWSProtocol

/// A call of a vector as a request of ours.
func twsRequest(_ method: String, _ a: TWSArguments) throws -> Request {
  let request =
    try twsPlainRequest(method, a) ?? twsCancelRequest(method, a) ?? twsAccountRequest(method, a)
    ?? twsContractRequest(method, a) ?? twsOptionRequest(method, a) ?? twsOrderRequest(method, a)
  guard let request else { throw TWSVectorError("no request for \(method)") }
  guard a.unread.isEmpty else { throw TWSVectorError("\(method) has what no request takes up: \(a.unread)") }
  return request
}

private func twsPlainRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  switch method {
  case "reqIds": .reqIds(numIds: a.integer("numIds", default: -1))
  case "reqCurrentTime": .reqCurrentTime
  case "reqCurrentTimeInMillis": .reqCurrentTimeInMillis
  case "setServerLogLevel": .setServerLogLevel(a.integer("logLevel"))
  case "reqUserInfo": .reqUserInfo(reqId: a.integer("reqId"))
  case "reqManagedAccts": .reqManagedAccts
  case "reqPositions": .reqPositions
  case "cancelPositions": .cancelPositions
  case "reqMarketRule": .reqMarketRule(marketRuleId: a.integer("marketRuleId"))
  case "reqMktDepthExchanges": .reqMktDepthExchanges
  case "reqMarketDataType": .reqMarketDataType(a.integer("marketDataType"))
  case "reqNewsBulletins": .reqNewsBulletins(allMsgs: a.flag("allMsgs"))
  case "cancelNewsBulletins": .cancelNewsBulletins
  case "reqNewsProviders": .reqNewsProviders
  case "reqOpenOrders": .reqOpenOrders
  case "reqAllOpenOrders": .reqAllOpenOrders
  case "reqAutoOpenOrders": .reqAutoOpenOrders(autoBind: a.flag("bAutoBind"))
  case "reqCompletedOrders": .reqCompletedOrders(apiOnly: a.flag("apiOnly"))
  default: nil
  }
}

private func twsCancelRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  switch method {
  case "cancelAccountSummary": .cancelAccountSummary(reqId: a.integer("reqId"))
  case "cancelPositionsMulti": .cancelPositionsMulti(reqId: a.integer("reqId"))
  case "cancelAccountUpdatesMulti": .cancelAccountUpdatesMulti(reqId: a.integer("reqId"))
  case "cancelPnL": .cancelPnL(reqId: a.integer("reqId"))
  case "cancelPnLSingle": .cancelPnLSingle(reqId: a.integer("reqId"))
  case "cancelMktData": .cancelMktData(reqId: a.integer("reqId"))
  case "cancelTickByTickData": .cancelTickByTickData(reqId: a.integer("reqId"))
  case "cancelRealTimeBars": .cancelRealTimeBars(reqId: a.integer("reqId"))
  case "cancelMktDepth": .cancelMktDepth(reqId: a.integer("reqId"), isSmartDepth: a.flag("isSmartDepth"))
  case "cancelHistoricalData": .cancelHistoricalData(reqId: a.integer("reqId"))
  case "cancelHeadTimeStamp": .cancelHeadTimeStamp(reqId: a.integer("reqId"))
  case "cancelHistogramData": .cancelHistogramData(reqId: a.integer("reqId"))
  case "cancelCalculateImpliedVolatility": .cancelCalculateImpliedVolatility(reqId: a.integer("reqId"))
  case "cancelCalculateOptionPrice": .cancelCalculateOptionPrice(reqId: a.integer("reqId"))
  default: nil
  }
}

private func twsAccountRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  let id = a.integer("reqId")
  switch method {
  case "reqAccountUpdates": return .reqAccountUpdates(subscribe: a.flag("subscribe"), account: a.text("acctCode"))
  case "reqAccountSummary": return .reqAccountSummary(reqId: id, group: a.text("groupName"), tags: a.text("tags"))
  case "reqPositionsMulti":
    return .reqPositionsMulti(reqId: id, account: a.text("account"), modelCode: a.text("modelCode"))
  case "reqAccountUpdatesMulti":
    return .reqAccountUpdatesMulti(
      reqId: id, account: a.text("account"), modelCode: a.text("modelCode"), ledgerAndNLV: a.flag("ledgerAndNLV"))
  case "reqPnL": return .reqPnL(reqId: id, account: a.text("account"), modelCode: a.text("modelCode"))
  case "reqPnLSingle":
    return .reqPnLSingle(
      reqId: id, account: a.text("account"), modelCode: a.text("modelCode"), conId: a.integer("conid"))
  case "reqMatchingSymbols": return .reqMatchingSymbols(reqId: id, pattern: a.text("pattern"))
  case "reqSmartComponents": return .reqSmartComponents(reqId: id, bboExchange: a.text("bboExchange"))
  case "reqSecDefOptParams":
    var query = SecDefOptParamsQuery()
    query.underlyingSymbol = a.text("underlyingSymbol")
    query.futFopExchange = a.text("futFopExchange")
    query.underlyingSecType = a.text("underlyingSecType")
    query.underlyingConId = a.integer("underlyingConId")
    return .reqSecDefOptParams(reqId: id, query)
  case "reqNewsArticle":
    return .reqNewsArticle(reqId: id, providerCode: a.text("providerCode"), articleId: a.text("articleId"))
  case "reqHistoricalNews":
    var query = HistoricalNewsQuery()
    query.conId = a.integer("conId")
    query.providerCodes = a.text("providerCodes")
    query.startDateTime = a.text("startDateTime")
    query.endDateTime = a.text("endDateTime")
    query.totalResults = a.integer("totalResults")
    return .reqHistoricalNews(reqId: id, query)
  default: return nil
  }
}

private func twsContractRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  let id = a.integer("reqId")
  let contract = { try twsContract(a.object("contract")) }
  switch method {
  case "reqContractDetails": return .reqContractDetails(reqId: id, try contract())
  case "reqMktData":
    var query = MarketDataQuery()
    query.genericTickList = a.text("genericTickList")
    query.snapshot = a.flag("snapshot")
    query.regulatorySnapshot = a.flag("regulatorySnapshot")
    return .reqMktData(reqId: id, try contract(), query)
  case "reqTickByTickData":
    var query = TickByTickQuery()
    query.tickType = a.text("tickType")
    query.numberOfTicks = a.integer("numberOfTicks")
    query.ignoreSize = a.flag("ignoreSize")
    return .reqTickByTickData(reqId: id, try contract(), query)
  case "reqRealTimeBars":
    var query = RealTimeBarsQuery()
    query.barSize = a.integer("barSize")
    query.whatToShow = a.text("whatToShow")
    query.useRTH = a.flag("useRTH")
    return .reqRealTimeBars(reqId: id, try contract(), query)
  case "reqMktDepth":
    var query = MarketDepthQuery()
    query.numRows = a.integer("numRows")
    query.isSmartDepth = a.flag("isSmartDepth")
    return .reqMktDepth(reqId: id, try contract(), query)
  case "reqHistogramData":
    return .reqHistogramData(
      reqId: id, try contract(), useRTH: a.flag("useRTH"), timePeriod: a.text("timePeriod"))
  default: return try twsHistoryRequest(method, a)
  }
}

private func twsHistoryRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  let id = a.integer("reqId")
  switch method {
  case "reqHistoricalData":
    var query = HistoricalDataQuery()
    query.endDateTime = a.text("endDateTime")
    query.durationStr = a.text("durationStr")
    query.barSizeSetting = a.text("barSizeSetting")
    query.whatToShow = a.text("whatToShow")
    query.useRTH = a.flag("useRTH")
    query.formatDate = a.integer("formatDate", default: 1)
    query.keepUpToDate = a.flag("keepUpToDate")
    return .reqHistoricalData(reqId: id, try twsContract(a.object("contract")), query)
  case "reqHeadTimeStamp":
    var query = HeadTimeStampQuery()
    query.whatToShow = a.text("whatToShow")
    query.useRTH = a.flag("useRTH")
    query.formatDate = a.integer("formatDate", default: 1)
    return .reqHeadTimeStamp(reqId: id, try twsContract(a.object("contract")), query)
  case "reqHistoricalTicks":
    var query = HistoricalTicksQuery()
    query.startDateTime = a.text("startDateTime")
    query.endDateTime = a.text("endDateTime")
    query.numberOfTicks = a.integer("numberOfTicks")
    query.whatToShow = a.text("whatToShow")
    query.useRth = a.flag("useRth")
    query.ignoreSize = a.flag("ignoreSize")
    return .reqHistoricalTicks(reqId: id, try twsContract(a.object("contract")), query)
  default: return nil
  }
}

private func twsOptionRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  let id = a.integer("reqId")
  switch method {
  case "calculateImpliedVolatility":
    return .calculateImpliedVolatility(
      reqId: id, try twsContract(a.object("contract")), optionPrice: a.double("optionPrice") ?? 0,
      underPrice: a.double("underPrice") ?? 0)
  case "calculateOptionPrice":
    return .calculateOptionPrice(
      reqId: id, try twsContract(a.object("contract")), volatility: a.double("volatility") ?? 0,
      underPrice: a.double("underPrice") ?? 0)
  case "exerciseOptions":
    var exercise = OptionExercise()
    exercise.exerciseAction = a.integer("exerciseAction")
    exercise.exerciseQuantity = a.integer("exerciseQuantity")
    exercise.account = a.text("account")
    exercise.override = a.flag("override")
    exercise.manualOrderTime = a.text("manualOrderTime")
    exercise.customerAccount = a.text("customerAccount")
    exercise.professionalCustomer = a.flag("professionalCustomer")
    return .exerciseOptions(reqId: id, try twsContract(a.object("contract")), exercise)
  default: return nil
  }
}

private func twsOrderRequest(_ method: String, _ a: TWSArguments) throws -> Request? {
  switch method {
  case "placeOrder":
    let order = try a.object("order")
    return .placeOrder(
      orderId: a.integer("orderId"), try twsContract(a.object("contract")), try twsOrder(order))
  case "cancelOrder": return .cancelOrder(orderId: a.integer("orderId"), twsCancel(a))
  case "reqGlobalCancel": return .reqGlobalCancel(twsCancel(a))
  case "reqExecutions":
    var filter = ExecutionFilter()
    if let wanted = try a.optionalObject("filter") {
      filter.clientId = wanted.integer("clientId")
      filter.acctCode = wanted.text("acctCode")
      filter.time = wanted.text("time")
      filter.symbol = wanted.text("symbol")
      filter.secType = wanted.text("secType")
      filter.exchange = wanted.text("exchange")
      filter.side = wanted.text("side")
      filter.lastNDays = wanted.optionalInteger("lastNDays")
      filter.specificDates = wanted.scalars("specificDates").compactMap { Int32("\($0)") }
    }
    return .reqExecutions(reqId: a.integer("reqId"), filter)
  default: return nil
  }
}

private func twsCancel(_ a: TWSArguments) -> OrderCancel {
  var cancel = OrderCancel()
  cancel.manualOrderCancelTime = a.text("manualOrderCancelTime", default: a.text("manualCancelOrderTime"))
  cancel.extOperator = a.text("extOperator")
  cancel.manualOrderIndicator = a.optionalInteger("manualOrderIndicator")
  return cancel
}

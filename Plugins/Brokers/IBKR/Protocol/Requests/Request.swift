/// What a client asks of the server, under the protocol's published names. `reqId` is any number that is unused on this
/// connection; what comes back bears it.
public enum Request: Sendable, Equatable {
  // The session.
  case startApi(clientId: Int32, optionalCapabilities: String = "")
  /// The server pays no heed to the number.
  case reqIds(numIds: Int32 = -1)
  case reqCurrentTime
  case reqCurrentTimeInMillis
  case setServerLogLevel(Int32)
  case reqUserInfo(reqId: Int32)

  // Accounts and positions.
  case reqManagedAccts
  case reqAccountUpdates(subscribe: Bool, account: String)
  /// `tags` are separated by commas.
  case reqAccountSummary(reqId: Int32, group: String, tags: String)
  case cancelAccountSummary(reqId: Int32)
  case reqPositions
  case cancelPositions
  case reqPositionsMulti(reqId: Int32, account: String, modelCode: String)
  case cancelPositionsMulti(reqId: Int32)
  case reqAccountUpdatesMulti(reqId: Int32, account: String, modelCode: String, ledgerAndNLV: Bool)
  case cancelAccountUpdatesMulti(reqId: Int32)
  case reqPnL(reqId: Int32, account: String, modelCode: String)
  case cancelPnL(reqId: Int32)
  case reqPnLSingle(reqId: Int32, account: String, modelCode: String, conId: Int32)
  case cancelPnLSingle(reqId: Int32)

  // Contracts.
  case reqContractDetails(reqId: Int32, Contract)
  case reqMatchingSymbols(reqId: Int32, pattern: String)
  case reqSecDefOptParams(reqId: Int32, SecDefOptParamsQuery)
  case reqMarketRule(marketRuleId: Int32)
  case reqSmartComponents(reqId: Int32, bboExchange: String)
  case reqMktDepthExchanges

  // Market data.
  case reqMarketDataType(Int32)
  case reqMktData(reqId: Int32, Contract, MarketDataQuery)
  case cancelMktData(reqId: Int32)
  case reqTickByTickData(reqId: Int32, Contract, TickByTickQuery)
  case cancelTickByTickData(reqId: Int32)
  case reqRealTimeBars(reqId: Int32, Contract, RealTimeBarsQuery)
  case cancelRealTimeBars(reqId: Int32)
  case reqMktDepth(reqId: Int32, Contract, MarketDepthQuery)
  case cancelMktDepth(reqId: Int32, isSmartDepth: Bool)

  // History.
  case reqHistoricalData(reqId: Int32, Contract, HistoricalDataQuery)
  case cancelHistoricalData(reqId: Int32)
  case reqHeadTimeStamp(reqId: Int32, Contract, HeadTimeStampQuery)
  case cancelHeadTimeStamp(reqId: Int32)
  case reqHistogramData(reqId: Int32, Contract, useRTH: Bool, timePeriod: String)
  case cancelHistogramData(reqId: Int32)
  case reqHistoricalTicks(reqId: Int32, Contract, HistoricalTicksQuery)

  // Options.
  case calculateImpliedVolatility(
    reqId: Int32, Contract, optionPrice: Double, underPrice: Double, options: [TagValue] = [])
  case cancelCalculateImpliedVolatility(reqId: Int32)
  case calculateOptionPrice(reqId: Int32, Contract, volatility: Double, underPrice: Double, options: [TagValue] = [])
  case cancelCalculateOptionPrice(reqId: Int32)
  case exerciseOptions(reqId: Int32, Contract, OptionExercise)

  // News.
  case reqNewsBulletins(allMsgs: Bool)
  case cancelNewsBulletins
  case reqNewsProviders
  case reqNewsArticle(reqId: Int32, providerCode: String, articleId: String, options: [TagValue] = [])
  case reqHistoricalNews(reqId: Int32, HistoricalNewsQuery)

  // Orders. The identifier and the client of an order are those of the request and the connection, not those within it.
  indirect case placeOrder(orderId: Int32, Contract, Order)
  case cancelOrder(orderId: Int32, OrderCancel = OrderCancel())
  /// Cancels every open order of the account, those from elsewhere included. The time of the cancellation is not sent.
  case reqGlobalCancel(OrderCancel = OrderCancel())
  case reqOpenOrders
  case reqAllOpenOrders
  case reqAutoOpenOrders(autoBind: Bool)
  case reqExecutions(reqId: Int32, ExecutionFilter = ExecutionFilter())
  case reqCompletedOrders(apiOnly: Bool)
}

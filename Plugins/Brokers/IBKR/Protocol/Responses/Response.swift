/// A message of the server. The names are the protocol's published ones.
public enum Response: Sendable, Equatable {
  // Session.
  case nextValidId(orderId: Int32)
  case managedAccounts(ManagedAccounts)
  case currentTime(time: Int64)
  case currentTimeInMillis(timeInMillis: Int64)
  case error(ErrorMessage)
  case userInfo(reqId: Int32, whiteBrandingId: String)

  // Orders.
  case orderStatus(OrderStatus)
  case openOrder(OpenOrder)
  case openOrderEnd
  case execDetails(ExecDetails)
  case execDetailsEnd(reqId: Int32)
  case commissionReport(CommissionReport)
  case completedOrder(CompletedOrder)
  case completedOrdersEnd
  case orderBound(permId: Int64, clientId: Int32, orderId: Int32)

  // Accounts.
  case accountValue(AccountValue)
  case portfolioValue(PortfolioValue)
  case accountUpdateTime(timeStamp: String)
  case accountDownloadEnd(account: String)
  case accountSummary(AccountSummary)
  case accountSummaryEnd(reqId: Int32)
  case position(Position)
  case positionEnd
  case positionMulti(PositionMulti)
  case positionMultiEnd(reqId: Int32)
  case accountUpdateMulti(AccountUpdateMulti)
  case accountUpdateMultiEnd(reqId: Int32)
  case pnl(PnL)
  case pnlSingle(PnLSingle)

  // Contracts.
  case contractDetails(reqId: Int32, ContractDetails)
  case bondContractDetails(reqId: Int32, ContractDetails)
  case contractDetailsEnd(reqId: Int32)
  case securityDefinitionOptionParameter(OptionParameters)
  case securityDefinitionOptionParameterEnd(reqId: Int32)
  case symbolSamples(reqId: Int32, [SymbolSample])
  case mktDepthExchanges([DepthExchange])
  case smartComponents(reqId: Int32, [SmartComponent])
  case marketRule(marketRuleId: Int32, [PriceIncrement])

  // Market data.
  case tickPrice(TickPrice)
  case tickSize(TickSize)
  case tickOptionComputation(TickOptionComputation)
  case tickGeneric(reqId: Int32, tickType: Int32, value: Double?)
  case tickString(reqId: Int32, tickType: Int32, value: String)
  case tickSnapshotEnd(reqId: Int32)
  case tickReqParams(TickReqParams)
  case marketDataType(reqId: Int32, marketDataType: Int32)
  case marketDepth(MarketDepth)
  case marketDepthL2(MarketDepthL2)
  case realTimeBar(RealTimeBar)
  case tickByTick(TickByTick)
  case rerouteMktData(reqId: Int32, conId: Int32, exchange: String)
  case rerouteMktDepth(reqId: Int32, conId: Int32, exchange: String)

  // History.
  case historicalData(HistoricalData)
  case historicalDataEnd(reqId: Int32, start: String, end: String)
  case historicalDataUpdate(reqId: Int32, Bar)
  case headTimestamp(reqId: Int32, headTimestamp: String)
  case histogramData(reqId: Int32, [HistogramEntry])
  case historicalTicks(HistoricalTicks)
  case historicalTicksBidAsk(HistoricalTicksBidAsk)
  case historicalTicksLast(HistoricalTicksLast)
  case historicalSchedule(HistoricalSchedule)

  // News.
  case newsBulletin(NewsBulletin)
  case newsArticle(NewsArticle)
  case tickNews(TickNews)
  case newsProviders([NewsProvider])
  case historicalNews(HistoricalNews)
  case historicalNewsEnd(reqId: Int32, hasMore: Bool)

  /// A message that this implementation does not know, with its first fields.
  case unknown(id: Int32, fields: [String])
}

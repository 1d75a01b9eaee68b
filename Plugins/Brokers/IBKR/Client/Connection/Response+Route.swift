import TWSProtocol

extension Response {
  /// The id of the request that a message answers; nil for those that answer none by id.
  var requestId: Int32? {
    switch self {
    case .error(let error): error.reqId
    case .userInfo(let id, _), .execDetailsEnd(let id), .accountSummaryEnd(let id), .positionMultiEnd(let id),
      .accountUpdateMultiEnd(let id), .contractDetailsEnd(let id), .securityDefinitionOptionParameterEnd(let id):
      id
    case .execDetails(let details): details.reqId
    case .accountSummary(let row): row.reqId
    case .positionMulti(let row): row.reqId
    case .accountUpdateMulti(let row): row.reqId
    case .pnl(let row): row.reqId
    case .pnlSingle(let row): row.reqId
    case .contractDetails(let id, _), .bondContractDetails(let id, _), .symbolSamples(let id, _),
      .smartComponents(let id, _):
      id
    case .securityDefinitionOptionParameter(let row): row.reqId
    default: marketRequestId
    }
  }

  private var marketRequestId: Int32? {
    switch self {
    case .tickPrice(let row): row.reqId
    case .tickSize(let row): row.reqId
    case .tickOptionComputation(let row): row.reqId
    case .tickGeneric(let id, _, _), .tickString(let id, _, _), .tickSnapshotEnd(let id), .marketDataType(let id, _),
      .rerouteMktData(let id, _, _), .rerouteMktDepth(let id, _, _), .historicalDataEnd(let id, _, _),
      .historicalDataUpdate(let id, _), .headTimestamp(let id, _), .histogramData(let id, _),
      .historicalNewsEnd(let id, _):
      id
    case .tickReqParams(let row): row.reqId
    case .marketDepth(let row): row.reqId
    case .marketDepthL2(let row): row.reqId
    case .realTimeBar(let row): row.reqId
    case .tickByTick(let row): row.reqId
    case .historicalData(let row): row.reqId
    case .historicalTicks(let row): row.reqId
    case .historicalTicksBidAsk(let row): row.reqId
    case .historicalTicksLast(let row): row.reqId
    case .historicalSchedule(let row): row.reqId
    case .newsArticle(let row): row.reqId
    case .tickNews(let row): row.reqId
    case .historicalNews(let row): row.reqId
    default: nil
    }
  }

  /// The lane of a message that answers a question without an id.
  var lane: Lane? {
    switch self {
    case .openOrder, .orderStatus, .openOrderEnd: .openOrders
    case .completedOrder, .completedOrdersEnd: .completedOrders
    case .position, .positionEnd: .positions
    case .currentTime: .currentTime
    case .currentTimeInMillis: .currentTimeInMillis
    case .marketRule: .marketRule
    case .newsProviders: .newsProviders
    case .mktDepthExchanges: .depthExchanges
    case .accountValue, .portfolioValue, .accountUpdateTime, .accountDownloadEnd: .accountUpdates
    case .newsBulletin: .newsBulletins
    default: nil
    }
  }
}

/// Questions without ids: one of each kind can be under way.
enum Lane: Hashable, Sendable {
  case openOrders, completedOrders, positions, currentTime, currentTimeInMillis, marketRule, newsProviders
  case depthExchanges, accountUpdates, newsBulletins
}

import TWSProtocol

/// Says what a published client reports on a message, under the names of its callbacks and attributes.
struct ResponseMapping {
  /// The client of 10.19, which names some attributes in another way and starts some with another default.
  var isOld: Bool

  func callbacks(_ response: Response) -> [VectorCallback] {
    session(response) ?? account(response) ?? contracts(response) ?? market(response) ?? history(response) ?? []
  }

  private func one(_ name: String, _ args: [String: VectorValue] = [:]) -> [VectorCallback] {
    [VectorCallback(callback: name, args: .object(args))]
  }

  private func session(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .nextValidId(let orderId): return one("nextValidId", ["orderId": .int(orderId)])
    case .managedAccounts(let m): return one("managedAccounts", ["accountsList": .text(m.accountsList)])
    case .currentTime(let time): return one("currentTime", ["time": .int(time)])
    case .currentTimeInMillis(let time): return one("currentTimeInMillis", ["timeInMillis": .int(time)])
    case .userInfo(let reqId, let id):
      return one("userInfo", ["reqId": .int(reqId), "whiteBrandingId": .text(id)])
    case .error(let m):
      var args: [String: VectorValue] = [
        "reqId": .int(m.reqId), "errorCode": .int(m.errorCode), "errorString": .text(m.errorString),
        "advancedOrderRejectJson": .text(m.advancedOrderRejectJson),
      ]
      if !isOld { args["errorTime"] = .int(m.errorTime ?? 0) }
      return one("error", args)
    case .orderStatus(let m):
      return one(
        "orderStatus",
        [
          "orderId": .int(m.orderId), "status": .text(m.status), "filled": .size(m.filled),
          "remaining": .size(m.remaining), "avgFillPrice": .number(m.avgFillPrice), "permId": .int(m.permId),
          "parentId": .int(m.parentId), "lastFillPrice": .number(m.lastFillPrice), "clientId": .int(m.clientId),
          "whyHeld": .text(m.whyHeld), "mktCapPrice": .number(m.mktCapPrice),
        ])
    case .openOrder(let m):
      return one(
        "openOrder",
        [
          "orderId": .int(m.orderId), "contract": contract(m.contract).value,
          "order": order(m.order, isCompleted: false).value, "orderState": orderState(m.orderState).value,
        ])
    case .openOrderEnd: return one("openOrderEnd")
    case .completedOrder(let m):
      return one(
        "completedOrder",
        [
          "contract": contract(m.contract).value, "order": order(m.order, isCompleted: true).value,
          "orderState": orderState(m.orderState).value,
        ])
    case .completedOrdersEnd: return one("completedOrdersEnd")
    case .orderBound(let permId, let clientId, let orderId):
      return one(
        "orderBound",
        isOld
          ? ["reqId": .int(permId), "apiClientId": .int(clientId), "apiOrderId": .int(orderId)]
          : ["permId": .int(permId), "clientId": .int(clientId), "orderId": .int(orderId)])
    case .execDetails(let m):
      return one(
        "execDetails",
        [
          "reqId": .int(m.reqId), "contract": contract(m.contract).value, "execution": execution(m.execution).value,
        ])
    case .execDetailsEnd(let reqId): return one("execDetailsEnd", ["reqId": .int(reqId)])
    case .commissionReport(let m): return commission(m)
    default: return nil
    }
  }

  private func commission(_ m: CommissionReport) -> [VectorCallback] {
    var report = VectorObject()
    report.put("execId", m.execId)
    report.put(isOld ? "commission" : "commissionAndFees", m.commission)
    report.put("currency", m.currency)
    report.put("realizedPNL", m.realizedPNL)
    report.put("yield_", m.yield, default: 0)
    report.put("yieldRedemptionDate", m.yieldRedemptionDate)
    let name = isOld ? "commissionReport" : "commissionAndFeesReport"
    return one(name, [name: report.value])
  }

  private func account(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .accountValue(let m):
      return one(
        "updateAccountValue",
        [
          "key": .text(m.key), "val": .text(m.value), "currency": .text(m.currency),
          "accountName": .text(m.accountName),
        ])
    case .portfolioValue(let m):
      return one(
        "updatePortfolio",
        [
          "contract": contract(m.contract).value, "position": .size(m.position), "marketPrice": .price(m.marketPrice),
          "marketValue": .price(m.marketValue), "averageCost": .price(m.averageCost),
          "unrealizedPNL": .price(m.unrealizedPNL), "realizedPNL": .price(m.realizedPNL),
          "accountName": .text(m.accountName),
        ])
    case .accountUpdateTime(let time): return one("updateAccountTime", ["timeStamp": .text(time)])
    case .accountDownloadEnd(let account): return one("accountDownloadEnd", ["accountName": .text(account)])
    case .accountSummary(let m):
      return one(
        "accountSummary",
        [
          "reqId": .int(m.reqId), "account": .text(m.account), "tag": .text(m.tag), "value": .text(m.value),
          "currency": .text(m.currency),
        ])
    case .accountSummaryEnd(let reqId): return one("accountSummaryEnd", ["reqId": .int(reqId)])
    case .position(let m):
      return one(
        "position",
        [
          "account": .text(m.account), "contract": contract(m.contract).value, "position": .size(m.position),
          "avgCost": .price(m.avgCost),
        ])
    case .positionEnd: return one("positionEnd")
    default: return accountOfRequest(response)
    }
  }

  private func accountOfRequest(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .positionMulti(let m):
      return one(
        "positionMulti",
        [
          "reqId": .int(m.reqId), "account": .text(m.account), "modelCode": .text(m.modelCode),
          "contract": contract(m.contract).value, "pos": .size(m.position), "avgCost": .price(m.avgCost),
        ])
    case .positionMultiEnd(let reqId): return one("positionMultiEnd", ["reqId": .int(reqId)])
    case .accountUpdateMulti(let m):
      return one(
        "accountUpdateMulti",
        [
          "reqId": .int(m.reqId), "account": .text(m.account), "modelCode": .text(m.modelCode), "key": .text(m.key),
          "value": .text(m.value), "currency": .text(m.currency),
        ])
    case .accountUpdateMultiEnd(let reqId): return one("accountUpdateMultiEnd", ["reqId": .int(reqId)])
    case .pnl(let m):
      return one(
        "pnl",
        [
          "reqId": .int(m.reqId), "dailyPnL": .price(m.dailyPnL), "unrealizedPnL": .price(m.unrealizedPnL),
          "realizedPnL": .price(m.realizedPnL),
        ])
    case .pnlSingle(let m):
      return one(
        "pnlSingle",
        [
          "reqId": .int(m.reqId), "pos": .size(m.position), "dailyPnL": .price(m.dailyPnL),
          "unrealizedPnL": .price(m.unrealizedPnL), "realizedPnL": .price(m.realizedPnL), "value": .price(m.value),
        ])
    default: return nil
    }
  }

  private func market(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .tickPrice(let m): return tickPrice(m)
    case .tickSize(let m):
      return one("tickSize", ["reqId": .int(m.reqId), "tickType": .int(m.tickType), "size": .size(m.size)])
    case .tickOptionComputation(let m):
      return one(
        "tickOptionComputation",
        [
          "reqId": .int(m.reqId), "tickType": .int(m.tickType), "tickAttrib": .int(m.tickAttrib),
          "impliedVol": .price(m.impliedVol), "delta": .price(m.delta), "optPrice": .price(m.optPrice),
          "pvDividend": .price(m.pvDividend), "gamma": .price(m.gamma), "vega": .price(m.vega),
          "theta": .price(m.theta), "undPrice": .price(m.undPrice),
        ])
    case .tickGeneric(let reqId, let type, let value):
      return one("tickGeneric", ["reqId": .int(reqId), "tickType": .int(type), "value": .price(value)])
    case .tickString(let reqId, let type, let value):
      return one("tickString", ["reqId": .int(reqId), "tickType": .int(type), "value": .text(value)])
    case .tickSnapshotEnd(let reqId): return one("tickSnapshotEnd", ["reqId": .int(reqId)])
    case .tickReqParams(let m):
      return one(
        "tickReqParams",
        [
          "tickerId": .int(m.reqId), "minTick": .price(m.minTick), "bboExchange": .text(m.bboExchange),
          "snapshotPermissions": .int(m.snapshotPermissions),
        ])
    case .marketDataType(let reqId, let type):
      return one("marketDataType", ["reqId": .int(reqId), "marketDataType": .int(type)])
    case .marketDepth(let m):
      return one(
        "updateMktDepth",
        [
          "reqId": .int(m.reqId), "position": .int(m.position), "operation": .int(m.operation), "side": .int(m.side),
          "price": .number(m.price), "size": .size(m.size),
        ])
    case .marketDepthL2(let m):
      return one(
        "updateMktDepthL2",
        [
          "reqId": .int(m.reqId), "position": .int(m.position), "marketMaker": .text(m.marketMaker),
          "operation": .int(m.operation), "side": .int(m.side), "price": .number(m.price), "size": .size(m.size),
          "isSmartDepth": .bool(m.isSmartDepth),
        ])
    case .realTimeBar(let m):
      return one(
        "realtimeBar",
        [
          "reqId": .int(m.reqId), "time": .int(m.time), "open_": .number(m.open), "high": .number(m.high),
          "low": .number(m.low), "close": .number(m.close), "volume": .size(m.volume), "wap": .size(m.wap),
          "count": .int(m.count),
        ])
    case .tickByTick(let m): return tickByTick(m)
    case .rerouteMktData(let reqId, let conId, let exchange):
      return one("rerouteMktDataReq", ["reqId": .int(reqId), "conId": .int(conId), "exchange": .text(exchange)])
    case .rerouteMktDepth(let reqId, let conId, let exchange):
      return one("rerouteMktDepthReq", ["reqId": .int(reqId), "conId": .int(conId), "exchange": .text(exchange)])
    default: return nil
    }
  }

  /// A price that comes with a size makes two callbacks.
  private func tickPrice(_ m: TickPrice) -> [VectorCallback] {
    var attributes = VectorObject()
    attributes.put("canAutoExecute", m.canAutoExecute)
    attributes.put("pastLimit", m.pastLimit)
    attributes.put("preOpen", m.preOpen)
    var all = one(
      "tickPrice",
      [
        "reqId": .int(m.reqId), "tickType": .int(m.tickType), "price": .number(m.price), "attrib": attributes.value,
      ])
    if let type = m.sizeTickType {
      all += one("tickSize", ["reqId": .int(m.reqId), "tickType": .int(type), "size": .size(m.size)])
    }
    return all
  }

  private func tickByTick(_ m: TickByTick) -> [VectorCallback] {
    switch m.tick {
    case .last(let t):
      return one(
        "tickByTickAllLast",
        [
          "reqId": .int(m.reqId), "tickType": .int(m.kind), "time": .int(t.time), "price": .number(t.price),
          "size": .size(t.size), "tickAttribLast": attributes(t).value, "exchange": .text(t.exchange),
          "specialConditions": .text(t.specialConditions),
        ])
    case .bidAsk(let t):
      return one(
        "tickByTickBidAsk",
        [
          "reqId": .int(m.reqId), "time": .int(t.time), "bidPrice": .number(t.priceBid),
          "askPrice": .number(t.priceAsk), "bidSize": .size(t.sizeBid), "askSize": .size(t.sizeAsk),
          "tickAttribBidAsk": attributes(t).value,
        ])
    case .midPoint(let time, let price):
      return one("tickByTickMidPoint", ["reqId": .int(m.reqId), "time": .int(time), "midPoint": .number(price)])
    }
  }

  func attributes(_ tick: HistoricalTicksLast.Tick) -> VectorObject {
    var out = VectorObject()
    out.put("pastLimit", tick.pastLimit)
    out.put("unreported", tick.unreported)
    return out
  }

  func attributes(_ tick: HistoricalTicksBidAsk.Tick) -> VectorObject {
    var out = VectorObject()
    out.put("bidPastLow", tick.bidPastLow)
    out.put("askPastHigh", tick.askPastHigh)
    return out
  }
}

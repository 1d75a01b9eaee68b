import TWSProtocol

extension ResponseMapping {
  private func one(_ name: String, _ args: [String: VectorValue]) -> [VectorCallback] {
    [VectorCallback(callback: name, args: .object(args))]
  }

  private func list<Entry>(_ entries: [Entry], _ fill: (inout VectorObject, Entry) -> Void) -> VectorValue {
    .list(
      entries.map { entry in
        var out = VectorObject()
        fill(&out, entry)
        return out.value
      })
  }

  func contracts(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .contractDetails(let reqId, let d):
      return one("contractDetails", ["reqId": .int(reqId), "contractDetails": details(d).value])
    case .bondContractDetails(let reqId, let d):
      return one("bondContractDetails", ["reqId": .int(reqId), "contractDetails": details(d).value])
    case .contractDetailsEnd(let reqId): return one("contractDetailsEnd", ["reqId": .int(reqId)])
    case .securityDefinitionOptionParameter(let m):
      // The client reports sets; the vectors hold them sorted.
      return one(
        "securityDefinitionOptionParameter",
        [
          "reqId": .int(m.reqId), "exchange": .text(m.exchange), "underlyingConId": .int(m.underlyingConId),
          "tradingClass": .text(m.tradingClass), "multiplier": .text(m.multiplier),
          "expirations": .list(Set(m.expirations).sorted().map { .text($0) }),
          "strikes": .list(Set(m.strikes).sorted().map { .number($0) }),
        ])
    case .securityDefinitionOptionParameterEnd(let reqId):
      return one("securityDefinitionOptionParameterEnd", ["reqId": .int(reqId)])
    case .symbolSamples(let reqId, let samples):
      let entries = list(samples) {
        $0.put("contract", contract($1.contract))
        $0.put("derivativeSecTypes", $1.derivativeSecTypes.map { .text($0) })
      }
      return one("symbolSamples", ["reqId": .int(reqId), "contractDescriptions": entries])
    case .mktDepthExchanges(let exchanges):
      let entries = list(exchanges) {
        $0.put("exchange", $1.exchange)
        $0.put("secType", $1.secType)
        $0.put("listingExch", $1.listingExch)
        $0.put("serviceDataType", $1.serviceDataType)
        $0.put("aggGroup", $1.aggGroup, default: nil)
      }
      return one("mktDepthExchanges", ["depthMktDataDescriptions": entries])
    case .smartComponents(let reqId, let components):
      let entries = list(components) {
        $0.put("bitNumber", $1.bitNumber)
        $0.put("exchange", $1.exchange)
        $0.put("exchangeLetter", $1.exchangeLetter)
      }
      return one("smartComponents", ["reqId": .int(reqId), "smartComponentMap": entries])
    case .marketRule(let id, let increments):
      let entries = list(increments) {
        $0.put("lowEdge", $1.lowEdge, default: 0)
        $0.put("increment", $1.increment, default: 0)
      }
      return one("marketRule", ["marketRuleId": .int(id), "priceIncrements": entries])
    default: return nil
    }
  }

  private func details(_ d: ContractDetails) -> VectorObject {
    var out = VectorObject()
    var inner = contract(d.contract)
    inner.put("lastTradeDate", d.lastTradeDate)
    out.put("contract", inner)
    out.put("lastTradeTime", d.lastTradeTime)
    out.put("marketName", d.marketName)
    out.put("minTick", d.minTick, default: 0)
    out.put("orderTypes", d.orderTypes)
    out.put("validExchanges", d.validExchanges)
    out.put("priceMagnifier", d.priceMagnifier)
    out.put("underConId", d.underConId)
    out.put("longName", d.longName)
    out.put("contractMonth", d.contractMonth)
    out.put("industry", d.industry)
    out.put("category", d.category)
    out.put("subcategory", d.subcategory)
    out.put("timeZoneId", d.timeZoneId)
    out.put("tradingHours", d.tradingHours)
    out.put("liquidHours", d.liquidHours)
    out.put("evRule", d.evRule)
    out.put("evMultiplier", d.evMultiplier)
    out.put("secIdList", d.secIdList)
    out.put("aggGroup", d.aggGroup)
    out.put("underSymbol", d.underSymbol)
    out.put("underSecType", d.underSecType)
    out.put("marketRuleIds", d.marketRuleIds)
    out.put("realExpirationDate", d.realExpirationDate)
    out.put("stockType", d.stockType)
    out.put("minSize", d.minSize)
    out.put("sizeIncrement", d.sizeIncrement)
    out.put("suggestedSizeIncrement", d.suggestedSizeIncrement)
    if !d.ineligibilityReasonList.isEmpty {
      out.values["ineligibilityReasonList"] = list(d.ineligibilityReasonList) {
        $0.put("id_", $1.id)
        $0.put("description", $1.description)
      }
    }
    put(d.bond, &out)
    if let fund = d.fund { put(fund, &out) }
    return out
  }

  private func put(_ bond: BondDetails, _ out: inout VectorObject) {
    out.put("cusip", bond.cusip)
    out.put("coupon", bond.coupon)
    out.put("maturity", bond.maturity)
    out.put("issueDate", bond.issueDate)
    out.put("ratings", bond.ratings)
    out.put("bondType", bond.bondType)
    out.put("couponType", bond.couponType)
    out.put("convertible", bond.convertible)
    out.put("callable", bond.callable)
    out.put("putable", bond.putable)
    out.put("descAppend", bond.descAppend)
    out.put("nextOptionDate", bond.nextOptionDate)
    out.put("nextOptionType", bond.nextOptionType)
    out.put("nextOptionPartial", bond.nextOptionPartial)
    out.put("notes", bond.notes)
  }

  private func put(_ fund: FundDetails, _ out: inout VectorObject) {
    out.put("fundName", fund.fundName)
    out.put("fundFamily", fund.fundFamily)
    out.put("fundType", fund.fundType)
    out.put("fundFrontLoad", fund.fundFrontLoad)
    out.put("fundBackLoad", fund.fundBackLoad)
    out.put("fundBackLoadTimeInterval", fund.fundBackLoadTimeInterval)
    out.put("fundManagementFee", fund.fundManagementFee)
    out.put("fundClosed", fund.fundClosed)
    out.put("fundClosedForNewInvestors", fund.fundClosedForNewInvestors)
    out.put("fundClosedForNewMoney", fund.fundClosedForNewMoney)
    out.put("fundNotifyAmount", fund.fundNotifyAmount)
    out.put("fundMinimumInitialPurchase", fund.fundMinimumInitialPurchase)
    out.put("fundSubsequentMinimumPurchase", fund.fundSubsequentMinimumPurchase)
    out.put("fundBlueSkyStates", fund.fundBlueSkyStates)
    out.put("fundBlueSkyTerritories", fund.fundBlueSkyTerritories)
    out.put("fundDistributionPolicyIndicator", fund.fundDistributionPolicyIndicator)
    out.put("fundAssetType", fund.fundAssetType)
  }

  func history(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .historicalData(let m):
      var all = m.bars.flatMap { one("historicalData", ["reqId": .int(m.reqId), "bar": bar($0).value]) }
      // Below 196 the end is a part of the message; a client reports it all the same.
      if let start = m.start, let end = m.end {
        all += one("historicalDataEnd", ["reqId": .int(m.reqId), "start": .text(start), "end": .text(end)])
      }
      return all
    case .historicalDataEnd(let reqId, let start, let end):
      return one("historicalDataEnd", ["reqId": .int(reqId), "start": .text(start), "end": .text(end)])
    case .historicalDataUpdate(let reqId, let update):
      return one("historicalDataUpdate", ["reqId": .int(reqId), "bar": bar(update).value])
    case .headTimestamp(let reqId, let text):
      return one("headTimestamp", ["reqId": .int(reqId), "headTimestamp": .text(text)])
    case .histogramData(let reqId, let entries):
      let items = list(entries) {
        $0.put("price", $1.price, default: 0)
        $0.put("size", $1.size)
      }
      return one("histogramData", ["reqId": .int(reqId), "items": items])
    case .historicalSchedule(let m):
      let sessions = list(m.sessions) {
        $0.put("startDateTime", $1.startDateTime)
        $0.put("endDateTime", $1.endDateTime)
        $0.put("refDate", $1.refDate)
      }
      return one(
        "historicalSchedule",
        [
          "reqId": .int(m.reqId), "startDateTime": .text(m.startDateTime), "endDateTime": .text(m.endDateTime),
          "timeZone": .text(m.timeZone), "sessions": sessions,
        ])
    case .historicalTicks, .historicalTicksBidAsk, .historicalTicksLast: return ticks(response)
    default: return news(response)
    }
  }

  private func ticks(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .historicalTicks(let m):
      let ticks = list(m.ticks) {
        $0.put("time", $1.time)
        $0.put("price", $1.price, default: 0)
        $0.put("size", $1.size)
      }
      return one("historicalTicks", ["reqId": .int(m.reqId), "ticks": ticks, "done": .bool(m.done)])
    case .historicalTicksBidAsk(let m):
      let ticks = list(m.ticks) {
        $0.put("time", $1.time)
        $0.put("tickAttribBidAsk", attributes($1))
        $0.put("priceBid", $1.priceBid, default: 0)
        $0.put("priceAsk", $1.priceAsk, default: 0)
        $0.put("sizeBid", $1.sizeBid)
        $0.put("sizeAsk", $1.sizeAsk)
      }
      return one("historicalTicksBidAsk", ["reqId": .int(m.reqId), "ticks": ticks, "done": .bool(m.done)])
    case .historicalTicksLast(let m):
      let ticks = list(m.ticks) {
        $0.put("time", $1.time)
        $0.put("tickAttribLast", attributes($1))
        $0.put("price", $1.price, default: 0)
        $0.put("size", $1.size)
        $0.put("exchange", $1.exchange)
        $0.put("specialConditions", $1.specialConditions)
      }
      return one("historicalTicksLast", ["reqId": .int(m.reqId), "ticks": ticks, "done": .bool(m.done)])
    default: return nil
    }
  }

  private func bar(_ bar: Bar) -> VectorObject {
    var out = VectorObject()
    out.put("date", bar.date)
    out.put("open", bar.open, default: 0)
    out.put("high", bar.high, default: 0)
    out.put("low", bar.low, default: 0)
    out.put("close", bar.close, default: 0)
    out.put("volume", bar.volume)
    out.put("wap", bar.wap)
    out.put("barCount", bar.barCount)
    return out
  }

  private func news(_ response: Response) -> [VectorCallback]? {
    switch response {
    case .newsBulletin(let m):
      return one(
        "updateNewsBulletin",
        [
          "msgId": .int(m.msgId), "msgType": .int(m.msgType), "newsMessage": .text(m.newsMessage),
          "originExch": .text(m.originExch),
        ])
    case .newsArticle(let m):
      return one(
        "newsArticle",
        ["requestId": .int(m.reqId), "articleType": .int(m.articleType), "articleText": .text(m.articleText)])
    case .tickNews(let m):
      return one(
        "tickNews",
        [
          "tickerId": .int(m.reqId), "timeStamp": .int(m.timeStamp), "providerCode": .text(m.providerCode),
          "articleId": .text(m.articleId), "headline": .text(m.headline), "extraData": .text(m.extraData),
        ])
    case .newsProviders(let providers):
      let entries = list(providers) {
        $0.put("code", $1.code)
        $0.put("name", $1.name)
      }
      return one("newsProviders", ["newsProviders": entries])
    case .historicalNews(let m):
      return one(
        "historicalNews",
        [
          "requestId": .int(m.reqId), "time": .text(m.time), "providerCode": .text(m.providerCode),
          "articleId": .text(m.articleId), "headline": .text(m.headline),
        ])
    case .historicalNewsEnd(let reqId, let hasMore):
      return one("historicalNewsEnd", ["requestId": .int(reqId), "hasMore": .bool(hasMore)])
    default: return nil
    }
  }
}

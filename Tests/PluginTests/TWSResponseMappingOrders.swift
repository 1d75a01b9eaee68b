import TWSProtocol

extension ResponseMapping {
  func contract(_ contract: Contract) -> VectorObject {
    var out = VectorObject()
    out.put("conId", contract.conId)
    out.put("symbol", contract.symbol)
    out.put("secType", contract.secType)
    out.put("lastTradeDateOrContractMonth", contract.lastTradeDateOrContractMonth)
    // The older client's strike starts at 0, the newer one's unset.
    out.put("strike", contract.strike, default: isOld ? 0 : nil)
    out.put("right", contract.right)
    out.put("multiplier", contract.multiplier)
    out.put("exchange", contract.exchange)
    out.put("primaryExchange", contract.primaryExchange)
    out.put("currency", contract.currency)
    out.put("localSymbol", contract.localSymbol)
    out.put("tradingClass", contract.tradingClass)
    out.put("description", contract.description)
    out.put("issuerId", contract.issuerId)
    out.put("comboLegsDescrip", contract.comboLegsDescription)
    out.put("comboLegs", contract.comboLegs.map { leg($0).value })
    if let hedge = contract.deltaNeutral {
      var inner = VectorObject()
      inner.put("conId", hedge.conId)
      inner.put("delta", hedge.delta, default: 0)
      inner.put("price", hedge.price, default: 0)
      out.values["deltaNeutralContract"] = inner.value
    }
    return out
  }

  private func leg(_ leg: ComboLeg) -> VectorObject {
    var out = VectorObject()
    out.put("conId", leg.conId)
    out.put("ratio", leg.ratio)
    out.put("action", leg.action)
    out.put("exchange", leg.exchange)
    out.put("openClose", leg.openClose)
    out.put("shortSaleSlot", leg.shortSaleSlot)
    out.put("designatedLocation", leg.designatedLocation)
    out.put("exemptCode", leg.exemptCode, default: -1)
    return out
  }

  func order(_ order: Order, isCompleted: Bool) -> VectorObject {
    var out = VectorObject()
    putIdentity(order, &out)
    putPrices(order, &out)
    putFlags(order, isCompleted, &out)
    putParts(order, &out)
    putClearing(order, &out)
    return out
  }

  private func putIdentity(_ order: Order, _ out: inout VectorObject) {
    out.put("orderId", order.orderId)
    out.put("clientId", order.clientId)
    out.put("permId", order.permId)
    out.put("parentId", order.parentId)
    out.put("parentPermId", order.parentPermId)
    out.put("orderRef", order.orderRef)
    out.put("account", order.account)
    out.put("modelCode", order.modelCode)
    out.put("submitter", order.submitter)
    out.put("action", order.action)
    out.put("totalQuantity", order.totalQuantity)
    out.put("filledQuantity", order.filledQuantity)
    out.put("orderType", order.orderType)
    out.put("tif", order.tif)
    out.put("duration", order.duration, default: nil)
    out.put("goodAfterTime", order.goodAfterTime)
    out.put("goodTillDate", order.goodTillDate)
    out.put("autoCancelDate", order.autoCancelDate)
    out.put("ocaGroup", order.ocaGroup)
    out.put("ocaType", order.ocaType)
    out.put("triggerMethod", order.triggerMethod)
    out.put("minQty", order.minQty, default: nil)
    out.put("displaySize", order.displaySize)
    out.put("postToAts", order.postToAts, default: nil)
  }

  private func putPrices(_ order: Order, _ out: inout VectorObject) {
    out.put("cashQty", order.cashQty)
    out.put("lmtPrice", order.lmtPrice)
    out.put("auxPrice", order.auxPrice)
    // The client's default is an integer, so that the decoded 0.0 is always reported.
    out.put("discretionaryAmt", order.discretionaryAmt)
    out.put("percentOffset", order.percentOffset)
    out.put("trailStopPrice", order.trailStopPrice)
    out.put("trailingPercent", order.trailingPercent)
    out.put("lmtPriceOffset", order.lmtPriceOffset)
    out.put("triggerPrice", order.triggerPrice)
    out.put("adjustedOrderType", order.adjustedOrderType)
    out.put("adjustedStopPrice", order.adjustedStopPrice)
    out.put("adjustedStopLimitPrice", order.adjustedStopLimitPrice)
    out.put("adjustedTrailingAmount", order.adjustedTrailingAmount)
    out.put("adjustableTrailingUnit", order.adjustableTrailingUnit)
    out.put("startingPrice", order.startingPrice)
    out.put("stockRefPrice", order.stockRefPrice)
    out.put("delta", order.delta)
    out.put("stockRangeLower", order.stockRangeLower)
    out.put("stockRangeUpper", order.stockRangeUpper)
    out.put("auctionStrategy", order.auctionStrategy)
    out.put("referenceContractId", order.referenceContractId)
    out.put("referenceExchangeId", order.referenceExchange)
    out.put("isPeggedChangeAmountDecrease", order.isPeggedChangeAmountDecrease)
    out.put("peggedChangeAmount", order.peggedChangeAmount, default: 0)
    out.put("referenceChangeAmount", order.referenceChangeAmount, default: 0)
    out.put("minTradeQty", order.minTradeQty, default: nil)
    out.put("minCompeteSize", order.minCompeteSize, default: nil)
    out.put("competeAgainstBestOffset", order.competeAgainstBestOffset)
    if order.competeAgainstBestOffset == .infinity { out.values["competeAgainstBestOffset"] = .text("inf") }
    out.put("midOffsetAtWhole", order.midOffsetAtWhole)
    out.put("midOffsetAtHalf", order.midOffsetAtHalf)
    out.put("volatility", order.volatility)
    out.put("volatilityType", order.volatilityType, default: nil)
    out.put("continuousUpdate", order.continuousUpdate != 0)
    out.put("referencePriceType", order.referencePriceType, default: nil)
    out.put("basisPoints", order.basisPoints)
    out.put("basisPointsType", order.basisPointsType, default: nil)
  }

  private func putFlags(_ order: Order, _ isCompleted: Bool, _ out: inout VectorObject) {
    out.put("autoCancelParent", order.autoCancelParent)
    out.put("outsideRth", order.outsideRth)
    out.put("includeOvernight", order.includeOvernight)
    out.put("hidden", order.hidden)
    out.put("blockOrder", order.blockOrder)
    out.put("sweepToFill", order.sweepToFill)
    out.put("allOrNone", order.allOrNone)
    out.put("notHeld", order.notHeld)
    out.put("solicited", order.solicited)
    out.put("whatIf", order.whatIf)
    out.put("imbalanceOnly", order.imbalanceOnly)
    out.put("discretionaryUpToLimitPrice", order.discretionaryUpToLimitPrice)
    out.put("optOutSmartRouting", order.optOutSmartRouting)
    out.put("randomizeSize", order.randomizeSize)
    out.put("randomizePrice", order.randomizePrice)
    out.put("dontUseAutoPriceForHedge", order.dontUseAutoPriceForHedge)
    out.put("isOmsContainer", order.isOmsContainer)
    out.put("conditionsIgnoreRth", order.conditionsIgnoreRth)
    out.put("conditionsCancelOrder", order.conditionsCancelOrder)
    out.put("professionalCustomer", order.professionalCustomer)
    // Not stated is the client's default of these two, the second in the newer client only.
    out.put("usePriceMgmtAlgo", order.usePriceMgmtAlgo, default: nil)
    if isCompleted { out.put("routeMarketableToBbo", order.routeMarketableToBbo, default: isOld ? false : nil) }
  }

  private func putParts(_ order: Order, _ out: inout VectorObject) {
    let hedge = order.deltaNeutral
    out.put("deltaNeutralOrderType", hedge.orderType)
    out.put("deltaNeutralAuxPrice", hedge.auxPrice)
    out.put("deltaNeutralConId", hedge.conId)
    out.put("deltaNeutralSettlingFirm", hedge.settlingFirm)
    out.put("deltaNeutralClearingAccount", hedge.clearingAccount)
    out.put("deltaNeutralClearingIntent", hedge.clearingIntent)
    out.put("deltaNeutralOpenClose", hedge.openClose)
    out.put("deltaNeutralShortSale", hedge.shortSale)
    out.put("deltaNeutralShortSaleSlot", hedge.shortSaleSlot)
    out.put("deltaNeutralDesignatedLocation", hedge.designatedLocation)
    out.put("scaleInitLevelSize", order.scale.initLevelSize, default: nil)
    out.put("scaleSubsLevelSize", order.scale.subsLevelSize, default: nil)
    out.put("scalePriceIncrement", order.scale.priceIncrement)
    out.put("scalePriceAdjustValue", order.scale.priceAdjustValue)
    out.put("scalePriceAdjustInterval", order.scale.priceAdjustInterval, default: nil)
    out.put("scaleProfitOffset", order.scale.profitOffset)
    out.put("scaleAutoReset", order.scale.autoReset)
    out.put("scaleInitPosition", order.scale.initPosition, default: nil)
    out.put("scaleInitFillQty", order.scale.initFillQty, default: nil)
    out.put("scaleRandomPercent", order.scale.randomPercent)
    out.put("hedgeType", order.hedgeType)
    out.put("hedgeParam", order.hedgeParam)
    out.put("algoStrategy", order.algoStrategy)
    out.put("algoParams", order.algoParams)
    out.put("smartComboRoutingParams", order.smartComboRoutingParams)
    out.put(
      "orderComboLegs",
      order.orderComboLegs.map {
        var leg = VectorObject()
        leg.put("price", $0)
        return leg.value
      })
    out.put("conditions", order.conditions.map { condition($0).value })
    var tier = VectorObject()
    tier.put("name", order.softDollarTier.name)
    tier.put("val", order.softDollarTier.value)
    tier.put("displayName", order.softDollarTier.displayName)
    out.put("softDollarTier", tier)
  }

  private func putClearing(_ order: Order, _ out: inout VectorObject) {
    out.put("openClose", order.openClose)
    out.put("origin", order.origin)
    out.put("shortSaleSlot", order.shortSaleSlot)
    out.put("designatedLocation", order.designatedLocation)
    out.put("exemptCode", order.exemptCode, default: -1)
    out.put("rule80A", order.rule80A)
    out.put("settlingFirm", order.settlingFirm)
    out.put("clearingAccount", order.clearingAccount)
    out.put("clearingIntent", order.clearingIntent)
    out.put("faGroup", order.faGroup)
    out.put("faMethod", order.faMethod)
    out.put("faPercentage", order.faPercentage)
    out.put("extOperator", order.extOperator)
    out.put("manualOrderIndicator", order.manualOrderIndicator, default: nil)
    out.put("customerAccount", order.customerAccount)
    out.put("bondAccruedInterest", order.bondAccruedInterest)
    out.put("shareholder", order.shareholder)
    out.put("refFuturesConId", order.refFuturesConId)
  }

  /// A condition has no defaults: everything it states is reported, but for the connector "and".
  private func condition(_ condition: OrderCondition) -> VectorObject {
    var out = VectorObject()
    out.put("isConjunctionConnection", condition.isConjunction, default: true)
    switch condition.test {
    case .price(let isMore, let price, let conId, let exchange, let method):
      out.values["isMore"] = .bool(isMore)
      out.values["conId"] = .int(conId)
      out.values["exchange"] = .text(exchange)
      out.put("price", price)
      out.values["triggerMethod"] = .int(method)
    case .time(let isMore, let time):
      out.values["isMore"] = .bool(isMore)
      out.values["time"] = .text(time)
    case .margin(let isMore, let percent):
      out.values["isMore"] = .bool(isMore)
      out.values["percent"] = .int(percent)
    case .execution(let secType, let exchange, let symbol):
      out.values["secType"] = .text(secType)
      out.values["exchange"] = .text(exchange)
      out.values["symbol"] = .text(symbol)
    case .volume(let isMore, let volume, let conId, let exchange):
      out.values["isMore"] = .bool(isMore)
      out.values["conId"] = .int(conId)
      out.values["exchange"] = .text(exchange)
      out.values["volume"] = .int(volume)
    case .percentChange(let isMore, let percent, let conId, let exchange):
      out.values["isMore"] = .bool(isMore)
      out.values["conId"] = .int(conId)
      out.values["exchange"] = .text(exchange)
      out.put("changePercent", percent)
    }
    return out
  }

  func orderState(_ state: OrderState) -> VectorObject {
    var out = VectorObject()
    out.put("status", state.status)
    out.put("initMarginBefore", state.initMarginBefore)
    out.put("maintMarginBefore", state.maintMarginBefore)
    out.put("equityWithLoanBefore", state.equityWithLoanBefore)
    out.put("initMarginChange", state.initMarginChange)
    out.put("maintMarginChange", state.maintMarginChange)
    out.put("equityWithLoanChange", state.equityWithLoanChange)
    out.put("initMarginAfter", state.initMarginAfter)
    out.put("maintMarginAfter", state.maintMarginAfter)
    out.put("equityWithLoanAfter", state.equityWithLoanAfter)
    let name = isOld ? "ommission" : "ommissionAndFees"
    out.put("c\(name)", state.commission)
    out.put("minC\(name)", state.minCommission)
    out.put("maxC\(name)", state.maxCommission)
    out.put("c\(name)Currency", state.commissionCurrency)
    out.put("warningText", state.warningText)
    out.put("completedTime", state.completedTime)
    out.put("completedStatus", state.completedStatus)
    out.put("marginCurrency", state.marginCurrency)
    let later = state.outsideRTH
    out.put("initMarginBeforeOutsideRTH", later.initMarginBefore)
    out.put("maintMarginBeforeOutsideRTH", later.maintMarginBefore)
    out.put("equityWithLoanBeforeOutsideRTH", later.equityWithLoanBefore)
    out.put("initMarginChangeOutsideRTH", later.initMarginChange)
    out.put("maintMarginChangeOutsideRTH", later.maintMarginChange)
    out.put("equityWithLoanChangeOutsideRTH", later.equityWithLoanChange)
    out.put("initMarginAfterOutsideRTH", later.initMarginAfter)
    out.put("maintMarginAfterOutsideRTH", later.maintMarginAfter)
    out.put("equityWithLoanAfterOutsideRTH", later.equityWithLoanAfter)
    out.put("suggestedSize", state.suggestedSize)
    out.put("rejectReason", state.rejectReason)
    out.put(
      "orderAllocations",
      state.orderAllocations.map {
        var part = VectorObject()
        part.put("account", $0.account)
        part.put("position", $0.position)
        part.put("positionDesired", $0.positionDesired)
        part.put("positionAfter", $0.positionAfter)
        part.put("desiredAllocQty", $0.desiredAllocQty)
        part.put("allowedAllocQty", $0.allowedAllocQty)
        part.put("isMonetary", $0.isMonetary)
        return part.value
      })
    return out
  }

  func execution(_ execution: Execution) -> VectorObject {
    var out = VectorObject()
    out.put("execId", execution.execId)
    out.put("orderId", execution.orderId)
    out.put("clientId", execution.clientId)
    out.put("permId", execution.permId)
    out.put("time", execution.time)
    out.put("acctNumber", execution.acctNumber)
    out.put("exchange", execution.exchange)
    out.put("side", execution.side)
    out.put("shares", execution.shares)
    out.put("price", execution.price, default: 0)
    out.put("liquidation", execution.liquidation)
    out.put("cumQty", execution.cumQty)
    out.put("avgPrice", execution.avgPrice, default: 0)
    out.put("orderRef", execution.orderRef)
    out.put("evRule", execution.evRule)
    out.put("evMultiplier", execution.evMultiplier, default: 0)
    out.put("modelCode", execution.modelCode)
    out.put("lastLiquidity", execution.lastLiquidity)
    out.put("pendingPriceRevision", execution.pendingPriceRevision)
    out.put("submitter", execution.submitter)
    return out
  }
}

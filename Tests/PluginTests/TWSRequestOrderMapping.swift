import TWSProtocol

func twsContract(_ a: TWSArguments) throws -> Contract {
  var contract = Contract()
  contract.conId = a.integer("conId")
  contract.symbol = a.text("symbol")
  contract.secType = a.text("secType")
  contract.lastTradeDateOrContractMonth = a.text("lastTradeDateOrContractMonth")
  contract.strike = a.double("strike")
  contract.right = a.text("right")
  contract.multiplier = a.text("multiplier")
  contract.exchange = a.text("exchange")
  contract.primaryExchange = a.text("primaryExchange")
  contract.currency = a.text("currency")
  contract.localSymbol = a.text("localSymbol")
  contract.tradingClass = a.text("tradingClass")
  contract.secIdType = a.text("secIdType")
  contract.secId = a.text("secId")
  contract.issuerId = a.text("issuerId")
  contract.includeExpired = a.flag("includeExpired")
  contract.comboLegs = try a.list("comboLegs").map { leg in
    var made = ComboLeg()
    made.conId = leg.integer("conId")
    made.ratio = leg.integer("ratio")
    made.action = leg.text("action")
    made.exchange = leg.text("exchange")
    made.openClose = leg.integer("openClose")
    made.shortSaleSlot = leg.integer("shortSaleSlot")
    made.designatedLocation = leg.text("designatedLocation")
    made.exemptCode = leg.integer("exemptCode", default: -1)
    return made
  }
  if let hedge = try a.optionalObject("deltaNeutralContract") {
    var made = DeltaNeutralContract()
    made.conId = hedge.integer("conId")
    made.delta = hedge.double("delta") ?? 0
    made.price = hedge.double("price") ?? 0
    contract.deltaNeutral = made
  }
  return contract
}

func twsOrder(_ a: TWSArguments) throws -> Order {
  var order = Order()
  twsMain(a, &order)
  twsFlags(a, &order)
  twsPrices(a, &order)
  twsScale(a, &order)
  twsDeltaNeutral(a, &order)
  try twsLists(a, &order)
  twsRegulation(a, &order)
  return order
}

private func twsMain(_ a: TWSArguments, _ order: inout Order) {
  order.action = a.text("action")
  order.orderType = a.text("orderType")
  order.totalQuantity = WireDecimal(a.text("totalQuantity"))
  order.cashQty = a.double("cashQty")
  order.lmtPrice = a.double("lmtPrice")
  order.auxPrice = a.double("auxPrice")
  order.tif = a.text("tif")
  order.orderRef = a.text("orderRef")
  order.account = a.text("account")
  order.modelCode = a.text("modelCode")
  order.parentId = a.integer("parentId")
  order.ocaGroup = a.text("ocaGroup")
  order.ocaType = a.integer("ocaType")
  order.duration = a.optionalInteger("duration")
  order.goodAfterTime = a.text("goodAfterTime")
  order.goodTillDate = a.text("goodTillDate")
  order.activeStartTime = a.text("activeStartTime")
  order.activeStopTime = a.text("activeStopTime")
  order.minQty = a.optionalInteger("minQty")
  order.displaySize = a.integer("displaySize")
  order.triggerMethod = a.integer("triggerMethod")
  order.postToAts = a.optionalInteger("postToAts")
  order.hedgeType = a.text("hedgeType")
  order.hedgeParam = a.text("hedgeParam")
  order.algoStrategy = a.text("algoStrategy")
  order.algoId = a.text("algoId")
}

private func twsFlags(_ a: TWSArguments, _ order: inout Order) {
  order.transmit = a.flag("transmit", default: true)
  order.outsideRth = a.flag("outsideRth")
  order.includeOvernight = a.flag("includeOvernight")
  order.hidden = a.flag("hidden")
  order.blockOrder = a.flag("blockOrder")
  order.sweepToFill = a.flag("sweepToFill")
  order.allOrNone = a.flag("allOrNone")
  order.notHeld = a.flag("notHeld")
  order.solicited = a.flag("solicited")
  order.whatIf = a.flag("whatIf")
  order.imbalanceOnly = a.flag("imbalanceOnly")
  order.autoCancelParent = a.flag("autoCancelParent")
  order.discretionaryUpToLimitPrice = a.flag("discretionaryUpToLimitPrice")
  order.overridePercentageConstraints = a.flag("overridePercentageConstraints")
  order.optOutSmartRouting = a.flag("optOutSmartRouting")
  order.randomizeSize = a.flag("randomizeSize")
  order.randomizePrice = a.flag("randomizePrice")
  order.dontUseAutoPriceForHedge = a.flag("dontUseAutoPriceForHedge")
  order.isOmsContainer = a.flag("isOmsContainer")
  order.usePriceMgmtAlgo = a.optionalFlag("usePriceMgmtAlgo")
}

private func twsPrices(_ a: TWSArguments, _ order: inout Order) {
  order.discretionaryAmt = a.double("discretionaryAmt") ?? 0
  order.percentOffset = a.double("percentOffset")
  order.trailStopPrice = a.double("trailStopPrice")
  order.trailingPercent = a.double("trailingPercent")
  order.lmtPriceOffset = a.double("lmtPriceOffset")
  order.triggerPrice = a.double("triggerPrice")
  order.adjustedOrderType = a.text("adjustedOrderType")
  order.adjustedStopPrice = a.double("adjustedStopPrice")
  order.adjustedStopLimitPrice = a.double("adjustedStopLimitPrice")
  order.adjustedTrailingAmount = a.double("adjustedTrailingAmount")
  order.adjustableTrailingUnit = a.integer("adjustableTrailingUnit")
  order.auctionStrategy = a.integer("auctionStrategy")
  order.startingPrice = a.double("startingPrice")
  order.stockRefPrice = a.double("stockRefPrice")
  order.delta = a.double("delta")
  order.stockRangeLower = a.double("stockRangeLower")
  order.stockRangeUpper = a.double("stockRangeUpper")
  order.volatility = a.double("volatility")
  order.volatilityType = a.optionalInteger("volatilityType")
  order.continuousUpdate = a.integer("continuousUpdate")
  order.referencePriceType = a.optionalInteger("referencePriceType")
  order.referenceContractId = a.integer("referenceContractId")
  order.referenceExchange = a.text("referenceExchangeId", default: a.text("referenceExchange"))
  order.isPeggedChangeAmountDecrease = a.flag("isPeggedChangeAmountDecrease")
  order.peggedChangeAmount = a.double("peggedChangeAmount") ?? 0
  order.referenceChangeAmount = a.double("referenceChangeAmount") ?? 0
  order.minTradeQty = a.optionalInteger("minTradeQty")
  order.minCompeteSize = a.optionalInteger("minCompeteSize")
  order.competeAgainstBestOffset = a.double("competeAgainstBestOffset")
  order.midOffsetAtWhole = a.double("midOffsetAtWhole")
  order.midOffsetAtHalf = a.double("midOffsetAtHalf")
}

private func twsScale(_ a: TWSArguments, _ order: inout Order) {
  order.scale.initLevelSize = a.optionalInteger("scaleInitLevelSize")
  order.scale.subsLevelSize = a.optionalInteger("scaleSubsLevelSize")
  order.scale.priceIncrement = a.double("scalePriceIncrement")
  order.scale.priceAdjustValue = a.double("scalePriceAdjustValue")
  order.scale.priceAdjustInterval = a.optionalInteger("scalePriceAdjustInterval")
  order.scale.profitOffset = a.double("scaleProfitOffset")
  order.scale.autoReset = a.flag("scaleAutoReset")
  order.scale.initPosition = a.optionalInteger("scaleInitPosition")
  order.scale.initFillQty = a.optionalInteger("scaleInitFillQty")
  order.scale.randomPercent = a.flag("scaleRandomPercent")
  order.scale.table = a.text("scaleTable")
}

private func twsDeltaNeutral(_ a: TWSArguments, _ order: inout Order) {
  order.deltaNeutral.orderType = a.text("deltaNeutralOrderType")
  order.deltaNeutral.auxPrice = a.double("deltaNeutralAuxPrice")
  order.deltaNeutral.conId = a.integer("deltaNeutralConId")
  order.deltaNeutral.settlingFirm = a.text("deltaNeutralSettlingFirm")
  order.deltaNeutral.clearingAccount = a.text("deltaNeutralClearingAccount")
  order.deltaNeutral.clearingIntent = a.text("deltaNeutralClearingIntent")
  order.deltaNeutral.openClose = a.text("deltaNeutralOpenClose")
  order.deltaNeutral.shortSale = a.flag("deltaNeutralShortSale")
  order.deltaNeutral.shortSaleSlot = a.integer("deltaNeutralShortSaleSlot")
  order.deltaNeutral.designatedLocation = a.text("deltaNeutralDesignatedLocation")
}

private func twsLists(_ a: TWSArguments, _ order: inout Order) throws {
  let pairs = { (key: String) in try a.pairs(key).map { TagValue($0.0, $0.1) } }
  order.algoParams = try pairs("algoParams")
  order.smartComboRoutingParams = try pairs("smartComboRoutingParams")
  order.orderMiscOptions = try pairs("orderMiscOptions")
  order.orderComboLegs = a.scalars("orderComboLegs").map { Double("\($0)") }
  order.conditions = try a.list("conditions").map(twsCondition)
  if let tier = try a.optionalObject("softDollarTier") {
    order.softDollarTier.name = tier.text("name")
    order.softDollarTier.value = tier.text("value")
  }
  order.conditionsIgnoreRth = a.flag("conditionsIgnoreRth")
  order.conditionsCancelOrder = a.flag("conditionsCancelOrder")
}

private func twsCondition(_ a: TWSArguments) throws -> OrderCondition {
  let test: OrderCondition.Test
  // Both names of the exchange occur.
  let exchange = a.text("exch", default: a.text("exchange"))
  switch a.text("type") {
  case "price":
    test = .price(
      isMore: a.flag("isMore"), price: a.double("price"), conId: a.integer("conId"), exchange: exchange,
      triggerMethod: a.integer("triggerMethod"))
  case "time": test = .time(isMore: a.flag("isMore"), time: a.text("time"))
  case "margin": test = .margin(isMore: a.flag("isMore"), percent: a.integer("percent"))
  case "execution": test = .execution(secType: a.text("secType"), exchange: exchange, symbol: a.text("symbol"))
  case "volume":
    test = .volume(
      isMore: a.flag("isMore"), volume: a.integer("volume"), conId: a.integer("conId"), exchange: exchange)
  case "percent":
    test = .percentChange(
      isMore: a.flag("isMore"), percent: a.double("changePercent") ?? a.double("percent"), conId: a.integer("conId"),
      exchange: exchange)
  case let other: throw TWSVectorError("no condition \(other)")
  }
  return OrderCondition(test, isConjunction: a.text("conj", default: "a") == "a")
}

private func twsRegulation(_ a: TWSArguments, _ order: inout Order) {
  order.openClose = a.text("openClose")
  order.origin = a.integer("origin")
  order.shortSaleSlot = a.integer("shortSaleSlot")
  order.designatedLocation = a.text("designatedLocation")
  order.exemptCode = a.integer("exemptCode", default: -1)
  order.rule80A = a.text("rule80A")
  order.settlingFirm = a.text("settlingFirm")
  order.clearingAccount = a.text("clearingAccount")
  order.clearingIntent = a.text("clearingIntent")
  order.faGroup = a.text("faGroup")
  order.faMethod = a.text("faMethod")
  order.faPercentage = a.text("faPercentage")
  order.mifid2DecisionMaker = a.text("mifid2DecisionMaker")
  order.mifid2DecisionAlgo = a.text("mifid2DecisionAlgo")
  order.mifid2ExecutionTrader = a.text("mifid2ExecutionTrader")
  order.mifid2ExecutionAlgo = a.text("mifid2ExecutionAlgo")
  order.extOperator = a.text("extOperator")
  order.manualOrderTime = a.text("manualOrderTime")
  order.manualOrderIndicator = a.optionalInteger("manualOrderIndicator")
  order.customerAccount = a.text("customerAccount")
  order.professionalCustomer = a.flag("professionalCustomer")
  order.advancedErrorOverride = a.text("advancedErrorOverride")
}

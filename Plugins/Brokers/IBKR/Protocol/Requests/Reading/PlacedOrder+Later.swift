/// The second half of the message, from the hedge on.
extension PlacedOrder {
  mutating func readHedgeAndAlgorithm() throws(WireError) {
    order.hedgeType = try fields.text("hedgeType")
    if !order.hedgeType.isEmpty { order.hedgeParam = try fields.text("hedgeParam") }
    order.optOutSmartRouting = try fields.bool("optOutSmartRouting")
    order.clearingAccount = try fields.text("clearingAccount")
    order.clearingIntent = try fields.text("clearingIntent")
    order.notHeld = try fields.bool("notHeld")
    contract.deltaNeutral = try fields.deltaNeutral()
    order.algoStrategy = try fields.text("algoStrategy")
    if !order.algoStrategy.isEmpty { order.algoParams = try fields.tagValues("algoParamCount") }
    order.algoId = try fields.text("algoId")
    order.whatIf = try fields.bool("whatIf")
    order.orderMiscOptions = try fields.joinedTagValues("orderMiscOptions")
    order.solicited = try fields.bool("solicited")
    order.randomizeSize = try fields.bool("randomizeSize")
    order.randomizePrice = try fields.bool("randomizePrice")
  }

  mutating func readPegToBenchmark() throws(WireError) {
    guard order.orderType == "PEG BENCH" else { return }
    order.referenceContractId = try fields.int("referenceContractId")
    order.isPeggedChangeAmountDecrease = try fields.bool("isPeggedChangeAmountDecrease")
    order.peggedChangeAmount = try fields.optionalDouble("peggedChangeAmount") ?? 0
    order.referenceChangeAmount = try fields.optionalDouble("referenceChangeAmount") ?? 0
    order.referenceExchange = try fields.text("referenceExchangeId")
  }

  mutating func readConditions() throws(WireError) {
    order.conditions = try fields.entries("conditionCount", fieldsEach: 4) { fields throws(WireError) in
      try OrderCondition(&fields)
    }
    if order.conditions.isEmpty { return }
    order.conditionsIgnoreRth = try fields.bool("conditionsIgnoreRth")
    order.conditionsCancelOrder = try fields.bool("conditionsCancelOrder")
  }

  mutating func readAdjustment() throws(WireError) {
    order.adjustedOrderType = try fields.text("adjustedOrderType")
    order.triggerPrice = try fields.optionalDouble("triggerPrice")
    order.lmtPriceOffset = try fields.optionalDouble("lmtPriceOffset")
    order.adjustedStopPrice = try fields.optionalDouble("adjustedStopPrice")
    order.adjustedStopLimitPrice = try fields.optionalDouble("adjustedStopLimitPrice")
    order.adjustedTrailingAmount = try fields.optionalDouble("adjustedTrailingAmount")
    order.adjustableTrailingUnit = try fields.int("adjustableTrailingUnit")
  }

  mutating func readRegulation() throws(WireError) {
    order.extOperator = try fields.text("extOperator")
    order.softDollarTier.name = try fields.text("softDollarTier.name")
    order.softDollarTier.value = try fields.text("softDollarTier.value")
    order.cashQty = try fields.optionalDouble("cashQty")
    order.mifid2DecisionMaker = try fields.text("mifid2DecisionMaker")
    order.mifid2DecisionAlgo = try fields.text("mifid2DecisionAlgo")
    order.mifid2ExecutionTrader = try fields.text("mifid2ExecutionTrader")
    order.mifid2ExecutionAlgo = try fields.text("mifid2ExecutionAlgo")
    order.dontUseAutoPriceForHedge = try fields.bool("dontUseAutoPriceForHedge")
    order.isOmsContainer = try fields.bool("isOmsContainer")
    order.discretionaryUpToLimitPrice = try fields.bool("discretionaryUpToLimitPrice")
    order.usePriceMgmtAlgo = try fields.optionalInt("usePriceMgmtAlgo").map { $0 != 0 }
    order.duration = try fields.optionalInt("duration")
    order.postToAts = try fields.optionalInt("postToAts")
    order.autoCancelParent = try fields.bool("autoCancelParent")
    order.advancedErrorOverride = try fields.text("advancedErrorOverride")
    order.manualOrderTime = try fields.text("manualOrderTime")
  }

  /// What the venue and the pegged types of orders add; the offsets from the midpoint stand at most once.
  mutating func readPegOffsets() throws(WireError) {
    if contract.exchange == "IBKRATS" { order.minTradeQty = try fields.optionalInt("minTradeQty") }
    var hasOffsets = order.orderType == "PEG MID"
    if order.orderType == "PEG BEST" {
      order.minCompeteSize = try fields.optionalInt("minCompeteSize")
      order.competeAgainstBestOffset = try fields.optionalDouble("competeAgainstBestOffset")
      hasOffsets = order.competeAgainstBestOffset == .infinity
    }
    guard hasOffsets else { return }
    order.midOffsetAtWhole = try fields.optionalDouble("midOffsetAtWhole")
    order.midOffsetAtHalf = try fields.optionalDouble("midOffsetAtHalf")
  }

  /// Fields that came with versions of late.
  mutating func readLate() throws(WireError) {
    if version >= 183 { order.customerAccount = try fields.text("customerAccount") }
    if version >= 184 { order.professionalCustomer = try fields.bool("professionalCustomer") }
    // What these versions had for requests of quotes.
    if version >= 187, version < 190 { try fields.skip("retired", count: 2) }
    if version >= 189 { order.includeOvernight = try fields.bool("includeOvernight") }
    if version >= 192 { order.manualOrderIndicator = try fields.optionalInt("manualOrderIndicator") }
    if version >= 199 { order.imbalanceOnly = try fields.bool("imbalanceOnly") }
  }
}

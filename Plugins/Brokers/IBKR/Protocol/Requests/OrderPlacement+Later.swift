/// The second half of the message, from the hedge on.
extension OrderPlacement {
  func writeHedgeAndAlgorithm(to writer: inout FieldWriter) throws(WireError) {
    try writer.text(order.hedgeType, "hedgeType")
    if !order.hedgeType.isEmpty { try writer.text(order.hedgeParam, "hedgeParam") }
    writer.flag(order.optOutSmartRouting)
    try writer.text(order.clearingAccount, "clearingAccount")
    try writer.text(order.clearingIntent, "clearingIntent")
    writer.flag(order.notHeld)
    try writer.deltaNeutral(contract.deltaNeutral)
    try writer.text(order.algoStrategy, "algoStrategy")
    if !order.algoStrategy.isEmpty { try writer.counted(order.algoParams, "algoParams") }
    try writer.text(order.algoId, "algoId")
    writer.flag(order.whatIf)
    try writer.joined(order.orderMiscOptions, "orderMiscOptions")
    writer.flag(order.solicited)
    writer.flag(order.randomizeSize)
    writer.flag(order.randomizePrice)
  }

  func writePegToBenchmark(to writer: inout FieldWriter) throws(WireError) {
    guard order.orderType == "PEG BENCH" else { return }
    writer.integer(order.referenceContractId)
    writer.flag(order.isPeggedChangeAmountDecrease)
    try writer.double(order.peggedChangeAmount, "peggedChangeAmount")
    try writer.double(order.referenceChangeAmount, "referenceChangeAmount")
    try writer.text(order.referenceExchange, "referenceExchangeId")
  }

  func writeConditions(to writer: inout FieldWriter) throws(WireError) {
    writer.integer(order.conditions.count)
    guard !order.conditions.isEmpty else { return }
    for condition in order.conditions { try writer.condition(condition) }
    writer.flag(order.conditionsIgnoreRth)
    writer.flag(order.conditionsCancelOrder)
  }

  func writeAdjustment(to writer: inout FieldWriter) throws(WireError) {
    try writer.text(order.adjustedOrderType, "adjustedOrderType")
    try writer.doubleOrMax(order.triggerPrice, "triggerPrice")
    try writer.doubleOrMax(order.lmtPriceOffset, "lmtPriceOffset")
    try writer.doubleOrMax(order.adjustedStopPrice, "adjustedStopPrice")
    try writer.doubleOrMax(order.adjustedStopLimitPrice, "adjustedStopLimitPrice")
    try writer.doubleOrMax(order.adjustedTrailingAmount, "adjustedTrailingAmount")
    writer.integer(order.adjustableTrailingUnit)
  }

  func writeRegulation(to writer: inout FieldWriter) throws(WireError) {
    try writer.text(order.extOperator, "extOperator")
    try writer.text(order.softDollarTier.name, "softDollarTier.name")
    try writer.text(order.softDollarTier.value, "softDollarTier.value")
    try writer.doubleOrMax(order.cashQty, "cashQty")
    try writer.text(order.mifid2DecisionMaker, "mifid2DecisionMaker")
    try writer.text(order.mifid2DecisionAlgo, "mifid2DecisionAlgo")
    try writer.text(order.mifid2ExecutionTrader, "mifid2ExecutionTrader")
    try writer.text(order.mifid2ExecutionAlgo, "mifid2ExecutionAlgo")
    writer.flag(order.dontUseAutoPriceForHedge)
    writer.flag(order.isOmsContainer)
    writer.flag(order.discretionaryUpToLimitPrice)
    if let algorithm = order.usePriceMgmtAlgo { writer.flag(algorithm) } else { writer.empty() }
    writer.integerOrMax(order.duration)
    writer.integerOrMax(order.postToAts)
    writer.flag(order.autoCancelParent)
    try writer.text(order.advancedErrorOverride, "advancedErrorOverride")
    try writer.text(order.manualOrderTime, "manualOrderTime")
  }

  /// What the venue and the pegged types of orders add; the offsets from the midpoint stand at most once.
  func writePegOffsets(to writer: inout FieldWriter) throws(WireError) {
    if contract.exchange == "IBKRATS" { writer.integerOrEmpty(order.minTradeQty) }
    var hasOffsets = order.orderType == "PEG MID"
    if order.orderType == "PEG BEST" {
      writer.integerOrEmpty(order.minCompeteSize)
      try writer.doubleInfinityOrEmpty(order.competeAgainstBestOffset, "competeAgainstBestOffset")
      hasOffsets = order.competeAgainstBestOffset == .infinity
    }
    guard hasOffsets else { return }
    try writer.doubleOrEmpty(order.midOffsetAtWhole, "midOffsetAtWhole")
    try writer.doubleOrEmpty(order.midOffsetAtHalf, "midOffsetAtHalf")
  }

  /// Fields that came with versions of late.
  func writeLate(to writer: inout FieldWriter) throws(WireError) {
    if version >= 183 { try writer.text(order.customerAccount, "customerAccount") }
    if version >= 184 { writer.flag(order.professionalCustomer) }
    // What these versions had for requests of quotes.
    if version >= 187, version < 190 {
      writer.empty()
      writer.unsetInteger()
    }
    if version >= 189 { writer.flag(order.includeOvernight) }
    if version >= 192 { writer.integerOrMax(order.manualOrderIndicator) }
    if version >= 199 { writer.flag(order.imbalanceOnly) }
  }
}

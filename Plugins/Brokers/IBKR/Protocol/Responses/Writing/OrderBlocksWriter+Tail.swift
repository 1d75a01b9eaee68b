/// The later blocks, from the state of the order on.
extension OrderBlocksWriter {
  mutating func writeState() throws(WireError) {
    for text in [
      state.status, state.initMarginBefore, state.maintMarginBefore, state.equityWithLoanBefore,
      state.initMarginChange, state.maintMarginChange, state.equityWithLoanChange, state.initMarginAfter,
      state.maintMarginAfter, state.equityWithLoanAfter,
    ] {
      try writer.plain(text, "state")
    }
    writer.realOrEmpty(state.commission)
    writer.realOrEmpty(state.minCommission)
    writer.realOrEmpty(state.maxCommission)
    try writer.plain(state.commissionCurrency, "commissionCurrency")
    if version >= 195 { try writePreview() }
    try writer.plain(state.warningText, "warningText")
  }

  private mutating func writePreview() throws(WireError) {
    try writer.plain(state.marginCurrency, "marginCurrency")
    let preview = state.outsideRTH
    for number in [
      preview.initMarginBefore, preview.maintMarginBefore, preview.equityWithLoanBefore, preview.initMarginChange,
      preview.maintMarginChange, preview.equityWithLoanChange, preview.initMarginAfter, preview.maintMarginAfter,
      preview.equityWithLoanAfter,
    ] {
      writer.realOrEmpty(number)
    }
    writer.decimal(state.suggestedSize)
    try writer.plain(state.rejectReason, "rejectReason")
    writer.entries(state.orderAllocations.count)
    for allocation in state.orderAllocations {
      try writer.plain(allocation.account, "allocation.account")
      writer.decimal(allocation.position)
      writer.decimal(allocation.positionDesired)
      writer.decimal(allocation.positionAfter)
      writer.decimal(allocation.desiredAllocQty)
      writer.decimal(allocation.allowedAllocQty)
      writer.flag(allocation.isMonetary)
    }
  }

  mutating func writeRandomizeAndPeg() throws(WireError) {
    writer.flag(order.randomizeSize)
    writer.flag(order.randomizePrice)
    guard order.orderType == "PEG BENCH" else { return }
    writer.integer(order.referenceContractId)
    writer.flag(order.isPeggedChangeAmountDecrease)
    writer.real(order.peggedChangeAmount)
    writer.real(order.referenceChangeAmount)
    try writer.plain(order.referenceExchange, "referenceExchangeId")
  }

  mutating func writeConditions() throws(WireError) {
    writer.entries(order.conditions.count)
    if order.conditions.isEmpty { return }
    for condition in order.conditions { try writer.condition(condition) }
    writer.flag(order.conditionsIgnoreRth)
    writer.flag(order.conditionsCancelOrder)
  }

  mutating func writeAdjusted() throws(WireError) {
    try writer.plain(order.adjustedOrderType, "adjustedOrderType")
    writer.realOrMax(order.triggerPrice)
    // The second time: this one counts.
    writer.realOrMax(order.trailStopPrice)
    writer.realOrMax(order.lmtPriceOffset)
    writer.realOrMax(order.adjustedStopPrice)
    writer.realOrMax(order.adjustedStopLimitPrice)
    writer.realOrMax(order.adjustedTrailingAmount)
    writer.integer(order.adjustableTrailingUnit)
  }

  mutating func writeOpenTail() throws(WireError) {
    try writer.plain(order.softDollarTier.name, "softDollarTier.name")
    try writer.plain(order.softDollarTier.value, "softDollarTier.value")
    try writer.plain(order.softDollarTier.displayName, "softDollarTier.displayName")
    writer.cash(order.cashQty)
    writer.flag(order.dontUseAutoPriceForHedge)
    writer.flag(order.isOmsContainer)
    writer.flag(order.discretionaryUpToLimitPrice)
    if let algorithm = order.usePriceMgmtAlgo { writer.flag(algorithm) } else { writer.empty() }
    writer.integerOrEmpty(order.duration)
    writer.integerOrEmpty(order.postToAts)
    writer.flag(order.autoCancelParent)
    writePegBest()
    try writeCustomer()
    if version >= 185 { try writer.plain(order.bondAccruedInterest, "bondAccruedInterest") }
    if version >= 189 { writer.flag(order.includeOvernight) }
    if version >= 193 {
      try writer.plain(order.extOperator, "extOperator")
      writer.integerOrMax(order.manualOrderIndicator)
    }
    if version >= 198 { try writer.plain(order.submitter, "submitter") }
    if version >= 199 { writer.flag(order.imbalanceOnly) }
  }

  mutating func writeCompletedTail() throws(WireError) {
    // The second time: this one counts.
    writer.realOrMax(order.trailStopPrice)
    writer.realOrMax(order.lmtPriceOffset)
    writer.cash(order.cashQty)
    writer.flag(order.dontUseAutoPriceForHedge)
    writer.flag(order.isOmsContainer)
    try writer.plain(order.autoCancelDate, "autoCancelDate")
    writer.decimal(order.filledQuantity)
    writer.integerOrMax(order.refFuturesConId == 0 ? nil : order.refFuturesConId)
    writer.flag(order.autoCancelParent)
    try writer.plain(order.shareholder, "shareholder")
    writer.flag(order.imbalanceOnly)
    writer.flag(order.routeMarketableToBbo)
    writer.integer(order.parentPermId == 0 ? .max : order.parentPermId)
    try writer.plain(state.completedTime, "completedTime")
    try writer.plain(state.completedStatus, "completedStatus")
    writePegBest()
    try writeCustomer()
    if version >= 198 { try writer.plain(order.submitter, "submitter") }
  }

  private mutating func writePegBest() {
    writer.integerOrEmpty(order.minTradeQty)
    writer.integerOrEmpty(order.minCompeteSize)
    writer.realOrEmpty(order.competeAgainstBestOffset)
    writer.realOrEmpty(order.midOffsetAtWhole)
    writer.realOrEmpty(order.midOffsetAtHalf)
  }

  private mutating func writeCustomer() throws(WireError) {
    if version >= 183 { try writer.plain(order.customerAccount, "customerAccount") }
    if version >= 184 { writer.flag(order.professionalCustomer) }
  }
}

extension FieldWriter {
  /// An amount of cash, where none at all is `0` without a point.
  fileprivate mutating func cash(_ value: Double?) {
    if value == 0 { integers(0) } else { realOrEmpty(value) }
  }

  mutating func append(_ other: FieldWriter) { bytes.append(contentsOf: other.bytes) }
}

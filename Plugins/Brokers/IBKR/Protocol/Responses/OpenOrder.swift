/// An order that works, or that was just given.
public struct OpenOrder: Sendable, Equatable {
  /// 0 or negative for orders that were not given by a client of the interface.
  public var orderId: Int32 = 0
  public var contract = Contract()
  public var order = Order()
  public var orderState = OrderState()
  public init() {}

  init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    orderId = try fields.int("orderId")
    var blocks = OrderBlocks(fields, version, isOpen: true)
    blocks.order.orderId = orderId
    try blocks.readHead()
    try blocks.readMiddle()
    try blocks.state.read(&blocks.fields, version)
    try blocks.readRandomizeAndPeg()
    try blocks.readConditions()
    try blocks.readAdjusted()
    try blocks.readOpenTail()
    (fields, contract, order, orderState) = (blocks.fields, blocks.contract, blocks.order, blocks.state)
  }
}

extension OrderBlocks {
  mutating func readAdjusted() throws(WireError) {
    order.adjustedOrderType = try fields.text("adjustedOrderType")
    order.triggerPrice = try fields.optionalDouble("triggerPrice")
    // The second time: this one counts.
    order.trailStopPrice = try fields.optionalDouble("trailStopPrice")
    order.lmtPriceOffset = try fields.optionalDouble("lmtPriceOffset")
    order.adjustedStopPrice = try fields.optionalDouble("adjustedStopPrice")
    order.adjustedStopLimitPrice = try fields.optionalDouble("adjustedStopLimitPrice")
    order.adjustedTrailingAmount = try fields.optionalDouble("adjustedTrailingAmount")
    order.adjustableTrailingUnit = try fields.optionalInt("adjustableTrailingUnit") ?? 0
  }

  mutating func readOpenTail() throws(WireError) {
    order.softDollarTier.name = try fields.text("softDollarTier.name")
    order.softDollarTier.value = try fields.text("softDollarTier.value")
    order.softDollarTier.displayName = try fields.text("softDollarTier.displayName")
    order.cashQty = try fields.optionalDouble("cashQty")
    order.dontUseAutoPriceForHedge = try fields.bool("dontUseAutoPriceForHedge")
    order.isOmsContainer = try fields.bool("isOmsContainer")
    order.discretionaryUpToLimitPrice = try fields.bool("discretionaryUpToLimitPrice")
    order.usePriceMgmtAlgo = try fields.optionalInt("usePriceMgmtAlgo").map { $0 != 0 }
    order.duration = try fields.optionalInt("duration")
    order.postToAts = try fields.optionalInt("postToAts")
    order.autoCancelParent = try fields.bool("autoCancelParent")
    try readPegBest()
    try readCustomer()
    if version >= 185 { order.bondAccruedInterest = try fields.text("bondAccruedInterest") }
    if version >= 189 { order.includeOvernight = try fields.bool("includeOvernight") }
    if version >= 193 {
      order.extOperator = try fields.text("extOperator")
      order.manualOrderIndicator = try fields.optionalInt("manualOrderIndicator")
    }
    if version >= 198 { order.submitter = try fields.text("submitter") }
    if version >= 199 { order.imbalanceOnly = try fields.bool("imbalanceOnly") }
  }
}

extension OrderState {
  /// The block in the middle of an open order; it grew at 195.
  mutating func read(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    status = try fields.text("status")
    initMarginBefore = try fields.text("initMarginBefore")
    maintMarginBefore = try fields.text("maintMarginBefore")
    equityWithLoanBefore = try fields.text("equityWithLoanBefore")
    initMarginChange = try fields.text("initMarginChange")
    maintMarginChange = try fields.text("maintMarginChange")
    equityWithLoanChange = try fields.text("equityWithLoanChange")
    initMarginAfter = try fields.text("initMarginAfter")
    maintMarginAfter = try fields.text("maintMarginAfter")
    equityWithLoanAfter = try fields.text("equityWithLoanAfter")
    commission = try fields.optionalDouble("commission")
    minCommission = try fields.optionalDouble("minCommission")
    maxCommission = try fields.optionalDouble("maxCommission")
    commissionCurrency = try fields.text("commissionCurrency")
    if version >= 195 {
      marginCurrency = try fields.text("marginCurrency")
      outsideRTH = try MarginPreview(&fields)
      suggestedSize = try fields.optionalDecimal("suggestedSize")
      rejectReason = try fields.text("rejectReason")
      orderAllocations = try fields.entries("allocationCount", fieldsEach: 7) { fields throws(WireError) in
        try OrderAllocation(&fields)
      }
    }
    warningText = try fields.text("warningText")
  }
}

extension MarginPreview {
  init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    initMarginBefore = try fields.optionalDouble("initMarginBeforeOutsideRTH")
    maintMarginBefore = try fields.optionalDouble("maintMarginBeforeOutsideRTH")
    equityWithLoanBefore = try fields.optionalDouble("equityWithLoanBeforeOutsideRTH")
    initMarginChange = try fields.optionalDouble("initMarginChangeOutsideRTH")
    maintMarginChange = try fields.optionalDouble("maintMarginChangeOutsideRTH")
    equityWithLoanChange = try fields.optionalDouble("equityWithLoanChangeOutsideRTH")
    initMarginAfter = try fields.optionalDouble("initMarginAfterOutsideRTH")
    maintMarginAfter = try fields.optionalDouble("maintMarginAfterOutsideRTH")
    equityWithLoanAfter = try fields.optionalDouble("equityWithLoanAfterOutsideRTH")
  }
}

extension OrderAllocation {
  init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    account = try fields.text("allocation.account")
    position = try fields.optionalDecimal("allocation.position")
    positionDesired = try fields.optionalDecimal("allocation.positionDesired")
    positionAfter = try fields.optionalDecimal("allocation.positionAfter")
    desiredAllocQty = try fields.optionalDecimal("allocation.desiredAllocQty")
    allowedAllocQty = try fields.optionalDecimal("allocation.allowedAllocQty")
    isMonetary = try fields.bool("allocation.isMonetary")
  }
}

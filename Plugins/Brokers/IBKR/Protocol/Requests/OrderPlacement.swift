/// One order on its way to the server, written block by block in the order of the message.
struct OrderPlacement {
  let orderId: Int32
  let contract: Contract
  let order: Order
  let version: ServerVersion

  func write(to writer: inout FieldWriter) throws(WireError) {
    try requireVersion()
    writer.integers(3, Int64(orderId))
    try writer.contract(contract)
    try writer.text(contract.secIdType, "secIdType")
    try writer.text(contract.secId, "secId")
    try writeMain(to: &writer)
    try writeCombination(to: &writer)
    try writeAllocation(to: &writer)
    try writeExecution(to: &writer)
    try writeVolatility(to: &writer)
    try writeTrailAndScale(to: &writer)
    try writeHedgeAndAlgorithm(to: &writer)
    try writePegToBenchmark(to: &writer)
    try writeConditions(to: &writer)
    try writeAdjustment(to: &writer)
    try writeRegulation(to: &writer)
    try writePegOffsets(to: &writer)
    try writeLate(to: &writer)
  }

  /// An attribute that the server does not know must not be dropped in silence: the order would be another one.
  private func requireVersion() throws(WireError) {
    try version.require(183, for: "customerAccount", if: !order.customerAccount.isEmpty)
    try version.require(184, for: "professionalCustomer", if: order.professionalCustomer)
    try version.require(189, for: "includeOvernight", if: order.includeOvernight)
    try version.require(192, for: "manualOrderIndicator", if: order.manualOrderIndicator != nil)
    try version.require(199, for: "imbalanceOnly", if: order.imbalanceOnly)
  }

  private func writeMain(to writer: inout FieldWriter) throws(WireError) {
    try writer.text(order.action, "action")
    writer.decimal(order.totalQuantity ?? .zero)
    try writer.text(order.orderType, "orderType")
    try writer.doubleOrEmpty(order.lmtPrice, "lmtPrice")
    try writer.doubleOrEmpty(order.auxPrice, "auxPrice")
    try writer.text(order.tif, "tif")
    try writer.text(order.ocaGroup, "ocaGroup")
    try writer.text(order.account, "account")
    try writer.text(order.openClose, "openClose")
    writer.integer(order.origin)
    try writer.text(order.orderRef, "orderRef")
    writer.flag(order.transmit)
    writer.integer(order.parentId)
    writer.flag(order.blockOrder)
    writer.flag(order.sweepToFill)
    writer.integerOrEmpty(order.displaySize)
    writer.integer(order.triggerMethod)
    writer.flag(order.outsideRth)
    writer.flag(order.hidden)
  }

  private func writeCombination(to writer: inout FieldWriter) throws(WireError) {
    guard contract.isCombination else { return }
    writer.integer(contract.comboLegs.count)
    for leg in contract.comboLegs {
      try writer.legHead(leg)
      writer.integer(leg.openClose)
      writer.integer(leg.shortSaleSlot)
      try writer.text(leg.designatedLocation, "comboLeg.designatedLocation")
      writer.integer(leg.exemptCode)
    }
    writer.integer(order.orderComboLegs.count)
    for price in order.orderComboLegs { try writer.doubleOrEmpty(price, "orderComboLeg.price") }
    try writer.counted(order.smartComboRoutingParams, "smartComboRoutingParams")
  }

  private func writeAllocation(to writer: inout FieldWriter) throws(WireError) {
    writer.empty()  // The allocation of shares, retired.
    // A stated zero and none are the same here, and are written alike.
    if order.discretionaryAmt == 0 {
      writer.integers(0)
    } else {
      try writer.double(order.discretionaryAmt, "discretionaryAmt")
    }
    try writer.text(order.goodAfterTime, "goodAfterTime")
    try writer.text(order.goodTillDate, "goodTillDate")
    try writer.text(order.faGroup, "faGroup")
    try writer.text(order.faMethod, "faMethod")
    try writer.text(order.faPercentage, "faPercentage")
    if version < 177 { writer.empty() }  // The profile of an adviser, retired.
    try writer.text(order.modelCode, "modelCode")
  }

  private func writeExecution(to writer: inout FieldWriter) throws(WireError) {
    writer.integer(order.shortSaleSlot)
    try writer.text(order.designatedLocation, "designatedLocation")
    writer.integer(order.exemptCode)
    writer.integer(order.ocaType)
    try writer.text(order.rule80A, "rule80A")
    try writer.text(order.settlingFirm, "settlingFirm")
    writer.flag(order.allOrNone)
    writer.integerOrEmpty(order.minQty)
    try writer.doubleOrEmpty(order.percentOffset, "percentOffset")
    // Three retired fields; the server refuses other values.
    writer.integers(0, 0)
    writer.empty()
    writer.integerOrEmpty(order.auctionStrategy)
    try writer.doubleOrEmpty(order.startingPrice, "startingPrice")
    try writer.doubleOrEmpty(order.stockRefPrice, "stockRefPrice")
    try writer.doubleOrEmpty(order.delta, "delta")
    try writer.doubleOrEmpty(order.stockRangeLower, "stockRangeLower")
    try writer.doubleOrEmpty(order.stockRangeUpper, "stockRangeUpper")
    writer.flag(order.overridePercentageConstraints)
  }

  /// The server refuses a volatility on any order but `VOL`, though it reports one on all: it is left out there.
  private func writeVolatility(to writer: inout FieldWriter) throws(WireError) {
    try writer.doubleOrEmpty(order.orderType == "VOL" ? order.volatility : nil, "volatility")
    writer.integerOrEmpty(order.volatilityType)
    let hedge = order.deltaNeutral
    try writer.text(hedge.orderType, "deltaNeutralOrderType")
    try writer.doubleOrEmpty(hedge.auxPrice, "deltaNeutralAuxPrice")
    if !hedge.orderType.isEmpty {
      writer.integer(hedge.conId)
      try writer.text(hedge.settlingFirm, "deltaNeutralSettlingFirm")
      try writer.text(hedge.clearingAccount, "deltaNeutralClearingAccount")
      try writer.text(hedge.clearingIntent, "deltaNeutralClearingIntent")
      try writer.text(hedge.openClose, "deltaNeutralOpenClose")
      writer.flag(hedge.shortSale)
      writer.integer(hedge.shortSaleSlot)
      try writer.text(hedge.designatedLocation, "deltaNeutralDesignatedLocation")
    }
    writer.integer(order.continuousUpdate)
    writer.integerOrEmpty(order.referencePriceType)
  }

  private func writeTrailAndScale(to writer: inout FieldWriter) throws(WireError) {
    try writer.doubleOrEmpty(order.trailStopPrice, "trailStopPrice")
    try writer.doubleOrEmpty(order.trailingPercent, "trailingPercent")
    let scale = order.scale
    writer.integerOrEmpty(scale.initLevelSize)
    writer.integerOrEmpty(scale.subsLevelSize)
    try writer.doubleOrEmpty(scale.priceIncrement, "scalePriceIncrement")
    if let increment = scale.priceIncrement, increment > 0, increment != .greatestFiniteMagnitude {
      try writer.doubleOrEmpty(scale.priceAdjustValue, "scalePriceAdjustValue")
      writer.integerOrEmpty(scale.priceAdjustInterval)
      try writer.doubleOrEmpty(scale.profitOffset, "scaleProfitOffset")
      writer.flag(scale.autoReset)
      writer.integerOrEmpty(scale.initPosition)
      writer.integerOrEmpty(scale.initFillQty)
      writer.flag(scale.randomPercent)
    }
    try writer.text(scale.table, "scaleTable")
    try writer.text(order.activeStartTime, "activeStartTime")
    try writer.text(order.activeStopTime, "activeStopTime")
  }
}

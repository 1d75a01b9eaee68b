/// Writes the blocks of fields that the messages of open and of completed orders are made of; the counterpart of
/// ``OrderBlocks``.
struct OrderBlocksWriter {
  var writer = FieldWriter()
  let contract: Contract
  let order: Order
  let state: OrderState
  let version: ServerVersion
  let isOpen: Bool

  init(_ contract: Contract, _ order: Order, _ state: OrderState, _ version: ServerVersion, isOpen: Bool) {
    (self.contract, self.order, self.state) = (contract, order, state)
    (self.version, self.isOpen) = (version, isOpen)
  }

  mutating func writeOpen() throws(WireError) {
    try writeHead()
    try writeMiddle()
    try writeState()
    try writeRandomizeAndPeg()
    try writeConditions()
    try writeAdjusted()
    try writeOpenTail()
  }

  mutating func writeCompleted() throws(WireError) {
    try writeHead()
    try writeMiddle()
    try writer.plain(state.status, "status")
    try writeRandomizeAndPeg()
    try writeConditions()
    try writeCompletedTail()
  }

  private mutating func writeHead() throws(WireError) {
    try writer.contractOfOrder(contract)
    try writeBasics()
    try writeAllocation()
    writeStock()
    if isOpen { writer.flag(order.blockOrder) }
    writer.flag(order.sweepToFill)
    writer.flag(order.allOrNone)
    writer.integerOrEmpty(order.minQty)
    writer.integer(order.ocaType)
    if isOpen {
      // Three retired fields.
      writer.integers(0, 0)
      writer.empty()
      writer.integer(order.parentId)
    }
    writer.integer(order.triggerMethod)
  }

  private mutating func writeMiddle() throws(WireError) {
    try writeVolatility()
    writer.realOrEmpty(order.trailStopPrice)
    writer.realOrEmpty(order.trailingPercent)
    if isOpen {
      writer.realOrEmpty(order.basisPoints)
      writer.integerOrEmpty(order.basisPointsType)
    }
    try writeLegs()
    writeScale()
    try writer.plain(order.hedgeType, "hedgeType")
    if !order.hedgeType.isEmpty { try writer.plain(order.hedgeParam, "hedgeParam") }
    if isOpen { writer.flag(order.optOutSmartRouting) }
    try writer.plain(order.clearingAccount, "clearingAccount")
    try writer.plain(order.clearingIntent, "clearingIntent")
    writer.flag(order.notHeld)
    writeDeltaNeutralContract()
    try writer.plain(order.algoStrategy, "algoStrategy")
    if !order.algoStrategy.isEmpty { try writer.tagValues(order.algoParams, "algoParams") }
    writer.flag(order.solicited)
    if isOpen { writer.flag(order.whatIf) }
  }

  private mutating func writeBasics() throws(WireError) {
    try writer.plain(order.action, "action")
    writer.decimal(order.totalQuantity)
    try writer.plain(order.orderType, "orderType")
    writer.realOrEmpty(order.lmtPrice)
    writer.realOrEmpty(order.auxPrice)
    for text in [order.tif, order.ocaGroup, order.account, order.openClose] { try writer.plain(text, "order") }
    writer.integer(order.origin)
    try writer.plain(order.orderRef, "orderRef")
    if isOpen { writer.integer(order.clientId) }
    writer.integer(order.permId)
    writer.flag(order.outsideRth)
    writer.flag(order.hidden)
    if order.discretionaryAmt == 0 { writer.integers(0) } else { writer.real(order.discretionaryAmt) }
    try writer.plain(order.goodAfterTime, "goodAfterTime")
    if isOpen {
      // The allocation to accounts in its old form.
      let quantity = order.totalQuantity?.description ?? ""
      try writer.plain("\(order.permId).0/\(order.account)/\(quantity)", "oldAllocation")
    }
  }

  private mutating func writeAllocation() throws(WireError) {
    for text in [order.faGroup, order.faMethod, order.faPercentage] { try writer.plain(text, "faGroup") }
    if version < 177 { writer.empty() }
    for text in [order.modelCode, order.goodTillDate, order.rule80A] { try writer.plain(text, "order") }
    writer.realOrEmpty(order.percentOffset)
    try writer.plain(order.settlingFirm, "settlingFirm")
    writer.integer(order.shortSaleSlot)
    try writer.plain(order.designatedLocation, "designatedLocation")
    writer.integer(order.exemptCode)
  }

  private mutating func writeStock() {
    if isOpen { writer.integerOrEmpty(order.auctionStrategy) }
    for number in [
      order.startingPrice, order.stockRefPrice, order.delta, order.stockRangeLower, order.stockRangeUpper,
    ] {
      writer.realOrEmpty(number)
    }
    if isOpen { writer.integerOrMax(order.displaySize) } else { writer.integerOrEmpty(order.displaySize) }
  }

  private mutating func writeVolatility() throws(WireError) {
    writer.realOrEmpty(order.volatility)
    writer.integerOrEmpty(order.volatilityType)
    let hedge = order.deltaNeutral
    try writer.plain(hedge.orderType, "deltaNeutralOrderType")
    writer.realOrEmpty(hedge.auxPrice)
    if !hedge.orderType.isEmpty {
      writer.integer(hedge.conId)
      if isOpen {
        for text in [hedge.settlingFirm, hedge.clearingAccount, hedge.clearingIntent, hedge.openClose] {
          try writer.plain(text, "deltaNeutral")
        }
      }
      writer.flag(hedge.shortSale)
      writer.integer(hedge.shortSaleSlot)
      try writer.plain(hedge.designatedLocation, "deltaNeutralDesignatedLocation")
    }
    writer.integer(order.continuousUpdate)
    writer.integerOrEmpty(order.referencePriceType)
  }

  private mutating func writeLegs() throws(WireError) {
    try writer.plain(contract.comboLegsDescription, "comboLegsDescription")
    writer.entries(contract.comboLegs.count)
    for leg in contract.comboLegs {
      writer.integers(Int64(leg.conId), Int64(leg.ratio))
      try writer.plain(leg.action, "leg.action")
      try writer.plain(leg.exchange, "leg.exchange")
      writer.integers(Int64(leg.openClose), Int64(leg.shortSaleSlot))
      try writer.plain(leg.designatedLocation, "leg.designatedLocation")
      writer.integer(leg.exemptCode)
    }
    writer.entries(order.orderComboLegs.count)
    for price in order.orderComboLegs { writer.realOrEmpty(price) }
    try writer.tagValues(order.smartComboRoutingParams, "smartComboRoutingParams")
  }

  private mutating func writeScale() {
    let scale = order.scale
    writer.integerOrMax(scale.initLevelSize)
    writer.integerOrMax(scale.subsLevelSize)
    writer.realOrEmpty(scale.priceIncrement)
    guard let increment = scale.priceIncrement, increment > 0, increment != .greatestFiniteMagnitude else { return }
    writer.realOrEmpty(scale.priceAdjustValue)
    writer.integerOrEmpty(scale.priceAdjustInterval)
    writer.realOrEmpty(scale.profitOffset)
    writer.flag(scale.autoReset)
    writer.integerOrEmpty(scale.initPosition)
    writer.integerOrEmpty(scale.initFillQty)
    writer.flag(scale.randomPercent)
  }

  private mutating func writeDeltaNeutralContract() {
    writer.flag(contract.deltaNeutral != nil)
    guard let hedge = contract.deltaNeutral else { return }
    writer.integer(hedge.conId)
    writer.real(hedge.delta)
    writer.real(hedge.price)
  }
}

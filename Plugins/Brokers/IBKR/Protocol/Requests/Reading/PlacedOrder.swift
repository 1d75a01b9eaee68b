/// One order on its way from a client, read block by block; the counterpart of ``OrderPlacement``.
struct PlacedOrder {
  var fields: FieldReader
  let version: ServerVersion
  var orderId: Int32 = 0
  var contract = Contract()
  var order = Order()

  init(_ fields: FieldReader, _ version: ServerVersion) {
    (self.fields, self.version) = (fields, version)
  }

  mutating func read() throws(WireError) {
    orderId = try fields.int("orderId")
    order.orderId = orderId
    contract = try fields.requestContract()
    contract.secIdType = try fields.text("secIdType")
    contract.secId = try fields.text("secId")
    try readMain()
    try readCombination()
    try readAllocation()
    try readExecution()
    try readVolatility()
    try readTrailAndScale()
    try readHedgeAndAlgorithm()
    try readPegToBenchmark()
    try readConditions()
    try readAdjustment()
    try readRegulation()
    try readPegOffsets()
    try readLate()
  }

  private mutating func readMain() throws(WireError) {
    order.action = try fields.text("action")
    order.totalQuantity = try fields.orderQuantity("totalQuantity")
    order.orderType = try fields.text("orderType")
    order.lmtPrice = try fields.optionalDouble("lmtPrice")
    order.auxPrice = try fields.optionalDouble("auxPrice")
    order.tif = try fields.text("tif")
    order.ocaGroup = try fields.text("ocaGroup")
    order.account = try fields.text("account")
    order.openClose = try fields.text("openClose")
    order.origin = try fields.int("origin")
    order.orderRef = try fields.text("orderRef")
    order.transmit = try fields.bool("transmit")
    order.parentId = try fields.int("parentId")
    order.blockOrder = try fields.bool("blockOrder")
    order.sweepToFill = try fields.bool("sweepToFill")
    order.displaySize = try fields.optionalInt("displaySize")
    order.triggerMethod = try fields.int("triggerMethod")
    order.outsideRth = try fields.bool("outsideRth")
    order.hidden = try fields.bool("hidden")
  }

  private mutating func readCombination() throws(WireError) {
    guard contract.isCombination else { return }
    contract.comboLegs = try fields.entries("comboLegCount", fieldsEach: 8) { fields throws(WireError) in
      var leg = try fields.legHead()
      leg.openClose = try fields.int("comboLeg.openClose")
      leg.shortSaleSlot = try fields.int("comboLeg.shortSaleSlot")
      leg.designatedLocation = try fields.text("comboLeg.designatedLocation")
      leg.exemptCode = try fields.int("comboLeg.exemptCode")
      return leg
    }
    order.orderComboLegs = try fields.entries("orderComboLegCount", fieldsEach: 1) { fields throws(WireError) in
      try fields.optionalDouble("orderComboLeg.price")
    }
    order.smartComboRoutingParams = try fields.tagValues("smartComboRoutingParamCount")
  }

  private mutating func readAllocation() throws(WireError) {
    try fields.skip("sharesAllocation")
    order.discretionaryAmt = try fields.optionalDouble("discretionaryAmt") ?? 0
    order.goodAfterTime = try fields.text("goodAfterTime")
    order.goodTillDate = try fields.text("goodTillDate")
    order.faGroup = try fields.text("faGroup")
    order.faMethod = try fields.text("faMethod")
    order.faPercentage = try fields.text("faPercentage")
    if version < 177 { try fields.skip("faProfile") }
    order.modelCode = try fields.text("modelCode")
  }

  private mutating func readExecution() throws(WireError) {
    order.shortSaleSlot = try fields.int("shortSaleSlot")
    order.designatedLocation = try fields.text("designatedLocation")
    order.exemptCode = try fields.int("exemptCode")
    order.ocaType = try fields.int("ocaType")
    order.rule80A = try fields.text("rule80A")
    order.settlingFirm = try fields.text("settlingFirm")
    order.allOrNone = try fields.bool("allOrNone")
    order.minQty = try fields.optionalInt("minQty")
    order.percentOffset = try fields.optionalDouble("percentOffset")
    try fields.skip("retired", count: 3)
    order.auctionStrategy = try fields.optionalInt("auctionStrategy")
    order.startingPrice = try fields.optionalDouble("startingPrice")
    order.stockRefPrice = try fields.optionalDouble("stockRefPrice")
    order.delta = try fields.optionalDouble("delta")
    order.stockRangeLower = try fields.optionalDouble("stockRangeLower")
    order.stockRangeUpper = try fields.optionalDouble("stockRangeUpper")
    order.overridePercentageConstraints = try fields.bool("overridePercentageConstraints")
  }

  private mutating func readVolatility() throws(WireError) {
    order.volatility = try fields.optionalDouble("volatility")
    order.volatilityType = try fields.optionalInt("volatilityType")
    order.deltaNeutral.orderType = try fields.text("deltaNeutralOrderType")
    order.deltaNeutral.auxPrice = try fields.optionalDouble("deltaNeutralAuxPrice")
    if !order.deltaNeutral.orderType.isEmpty {
      order.deltaNeutral.conId = try fields.int("deltaNeutralConId")
      order.deltaNeutral.settlingFirm = try fields.text("deltaNeutralSettlingFirm")
      order.deltaNeutral.clearingAccount = try fields.text("deltaNeutralClearingAccount")
      order.deltaNeutral.clearingIntent = try fields.text("deltaNeutralClearingIntent")
      order.deltaNeutral.openClose = try fields.text("deltaNeutralOpenClose")
      order.deltaNeutral.shortSale = try fields.bool("deltaNeutralShortSale")
      order.deltaNeutral.shortSaleSlot = try fields.int("deltaNeutralShortSaleSlot")
      order.deltaNeutral.designatedLocation = try fields.text("deltaNeutralDesignatedLocation")
    }
    order.continuousUpdate = try fields.int("continuousUpdate")
    order.referencePriceType = try fields.optionalInt("referencePriceType")
  }

  private mutating func readTrailAndScale() throws(WireError) {
    order.trailStopPrice = try fields.optionalDouble("trailStopPrice")
    order.trailingPercent = try fields.optionalDouble("trailingPercent")
    order.scale.initLevelSize = try fields.optionalInt("scaleInitLevelSize")
    order.scale.subsLevelSize = try fields.optionalInt("scaleSubsLevelSize")
    order.scale.priceIncrement = try fields.optionalDouble("scalePriceIncrement")
    if let increment = order.scale.priceIncrement, increment > 0 {
      order.scale.priceAdjustValue = try fields.optionalDouble("scalePriceAdjustValue")
      order.scale.priceAdjustInterval = try fields.optionalInt("scalePriceAdjustInterval")
      order.scale.profitOffset = try fields.optionalDouble("scaleProfitOffset")
      order.scale.autoReset = try fields.bool("scaleAutoReset")
      order.scale.initPosition = try fields.optionalInt("scaleInitPosition")
      order.scale.initFillQty = try fields.optionalInt("scaleInitFillQty")
      order.scale.randomPercent = try fields.bool("scaleRandomPercent")
    }
    order.scale.table = try fields.text("scaleTable")
    order.activeStartTime = try fields.text("activeStartTime")
    order.activeStopTime = try fields.text("activeStopTime")
  }
}

extension FieldReader {
  /// A size, nil for 2^127-1 too, which the official client sends for one that nobody set.
  fileprivate mutating func orderQuantity(_ field: String) throws(WireError) -> WireDecimal? {
    var ahead = self
    if try ahead.next(field).elementsEqual("170141183460469231731687303715884105727".utf8) {
      self = ahead
      return nil
    }
    return try optionalDecimal(field)
  }
}

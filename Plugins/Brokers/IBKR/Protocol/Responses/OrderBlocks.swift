/// The blocks of fields that the messages of open and of completed orders are made of. Both have them in the same order;
/// an open order has more in some.
struct OrderBlocks {
  var fields: FieldReader
  let version: ServerVersion
  let isOpen: Bool
  var contract = Contract()
  var order = Order()
  var state = OrderState()

  init(_ fields: FieldReader, _ version: ServerVersion, isOpen: Bool) {
    self.fields = fields
    self.version = version
    self.isOpen = isOpen
  }

  /// From the contract to the kind of the trigger.
  mutating func readHead() throws(WireError) {
    contract = try fields.contract()
    try readBasics()
    try readAllocation()
    try readStock()
    if isOpen { order.blockOrder = try fields.bool("blockOrder") }
    order.sweepToFill = try fields.bool("sweepToFill")
    order.allOrNone = try fields.bool("allOrNone")
    order.minQty = try fields.optionalInt("minQty")
    order.ocaType = try fields.optionalInt("ocaType") ?? 0
    if isOpen {
      try fields.skip("retired", count: 3)
      order.parentId = try fields.optionalInt("parentId") ?? 0
    }
    order.triggerMethod = try fields.optionalInt("triggerMethod") ?? 0
  }

  /// From the volatility to the fields before the status.
  mutating func readMiddle() throws(WireError) {
    try readVolatility()
    order.trailStopPrice = try fields.optionalDouble("trailStopPrice")
    order.trailingPercent = try fields.optionalDouble("trailingPercent")
    if isOpen {
      order.basisPoints = try fields.optionalDouble("basisPoints")
      order.basisPointsType = try fields.optionalInt("basisPointsType")
    }
    try readLegs()
    try readScale()
    order.hedgeType = try fields.text("hedgeType")
    if !order.hedgeType.isEmpty { order.hedgeParam = try fields.text("hedgeParam") }
    if isOpen { order.optOutSmartRouting = try fields.bool("optOutSmartRouting") }
    order.clearingAccount = try fields.text("clearingAccount")
    order.clearingIntent = try fields.text("clearingIntent")
    order.notHeld = try fields.bool("notHeld")
    try readDeltaNeutralContract()
    order.algoStrategy = try fields.text("algoStrategy")
    if !order.algoStrategy.isEmpty { order.algoParams = try fields.tagValues("algoParamCount") }
    order.solicited = try fields.bool("solicited")
    if isOpen { order.whatIf = try fields.bool("whatIf") }
  }

  private mutating func readBasics() throws(WireError) {
    order.action = try fields.text("action")
    order.totalQuantity = try fields.optionalDecimal("totalQuantity")
    order.orderType = try fields.text("orderType")
    order.lmtPrice = try fields.optionalDouble("lmtPrice")
    order.auxPrice = try fields.optionalDouble("auxPrice")
    order.tif = try fields.text("tif")
    order.ocaGroup = try fields.text("ocaGroup")
    order.account = try fields.text("account")
    order.openClose = try fields.text("openClose")
    order.origin = try fields.optionalInt("origin") ?? 0
    order.orderRef = try fields.text("orderRef")
    if isOpen { order.clientId = try fields.int("clientId") }
    order.permId = try fields.long("permId")
    order.outsideRth = try fields.bool("outsideRth")
    order.hidden = try fields.bool("hidden")
    order.discretionaryAmt = try fields.optionalDouble("discretionaryAmt") ?? 0
    order.goodAfterTime = try fields.text("goodAfterTime")
    if isOpen { try fields.skip("oldAllocation") }
  }

  private mutating func readAllocation() throws(WireError) {
    order.faGroup = try fields.text("faGroup")
    order.faMethod = try fields.text("faMethod")
    order.faPercentage = try fields.text("faPercentage")
    if version < 177 { try fields.skip("faProfile") }
    order.modelCode = try fields.text("modelCode")
    order.goodTillDate = try fields.text("goodTillDate")
    order.rule80A = try fields.text("rule80A")
    order.percentOffset = try fields.optionalDouble("percentOffset")
    order.settlingFirm = try fields.text("settlingFirm")
    order.shortSaleSlot = try fields.optionalInt("shortSaleSlot") ?? 0
    order.designatedLocation = try fields.text("designatedLocation")
    order.exemptCode = try fields.optionalInt("exemptCode") ?? -1
  }

  private mutating func readStock() throws(WireError) {
    if isOpen { order.auctionStrategy = try fields.optionalInt("auctionStrategy") }
    order.startingPrice = try fields.optionalDouble("startingPrice")
    order.stockRefPrice = try fields.optionalDouble("stockRefPrice")
    order.delta = try fields.optionalDouble("delta")
    order.stockRangeLower = try fields.optionalDouble("stockRangeLower")
    order.stockRangeUpper = try fields.optionalDouble("stockRangeUpper")
    order.displaySize = try fields.optionalInt("displaySize")
  }

  private mutating func readVolatility() throws(WireError) {
    order.volatility = try fields.optionalDouble("volatility")
    order.volatilityType = try fields.optionalInt("volatilityType")
    order.deltaNeutral.orderType = try fields.text("deltaNeutralOrderType")
    order.deltaNeutral.auxPrice = try fields.optionalDouble("deltaNeutralAuxPrice")
    // The gateway writes the word `None`, which is not empty: the block is there.
    if !order.deltaNeutral.orderType.isEmpty {
      order.deltaNeutral.conId = try fields.optionalInt("deltaNeutralConId") ?? 0
      if isOpen {
        order.deltaNeutral.settlingFirm = try fields.text("deltaNeutralSettlingFirm")
        order.deltaNeutral.clearingAccount = try fields.text("deltaNeutralClearingAccount")
        order.deltaNeutral.clearingIntent = try fields.text("deltaNeutralClearingIntent")
        order.deltaNeutral.openClose = try fields.text("deltaNeutralOpenClose")
      }
      order.deltaNeutral.shortSale = try fields.bool("deltaNeutralShortSale")
      order.deltaNeutral.shortSaleSlot = try fields.optionalInt("deltaNeutralShortSaleSlot") ?? 0
      order.deltaNeutral.designatedLocation = try fields.text("deltaNeutralDesignatedLocation")
    }
    order.continuousUpdate = try fields.optionalInt("continuousUpdate") ?? 0
    order.referencePriceType = try fields.optionalInt("referencePriceType")
  }

  private mutating func readLegs() throws(WireError) {
    contract.comboLegsDescription = try fields.text("comboLegsDescription")
    contract.comboLegs = try fields.entries("comboLegCount", fieldsEach: 8) { fields throws(WireError) in
      var leg = ComboLeg()
      leg.conId = try fields.int("leg.conId")
      leg.ratio = try fields.int("leg.ratio")
      leg.action = try fields.text("leg.action")
      leg.exchange = try fields.text("leg.exchange")
      leg.openClose = try fields.optionalInt("leg.openClose") ?? 0
      leg.shortSaleSlot = try fields.optionalInt("leg.shortSaleSlot") ?? 0
      leg.designatedLocation = try fields.text("leg.designatedLocation")
      leg.exemptCode = try fields.optionalInt("leg.exemptCode") ?? -1
      return leg
    }
    order.orderComboLegs = try fields.entries("orderComboLegCount", fieldsEach: 1) { fields throws(WireError) in
      try fields.optionalDouble("orderComboLeg.price")
    }
    order.smartComboRoutingParams = try fields.tagValues("smartComboRoutingParamCount")
  }

  private mutating func readScale() throws(WireError) {
    order.scale.initLevelSize = try fields.optionalInt("scaleInitLevelSize")
    order.scale.subsLevelSize = try fields.optionalInt("scaleSubsLevelSize")
    order.scale.priceIncrement = try fields.optionalDouble("scalePriceIncrement")
    guard let increment = order.scale.priceIncrement, increment > 0 else { return }
    order.scale.priceAdjustValue = try fields.optionalDouble("scalePriceAdjustValue")
    order.scale.priceAdjustInterval = try fields.optionalInt("scalePriceAdjustInterval")
    order.scale.profitOffset = try fields.optionalDouble("scaleProfitOffset")
    order.scale.autoReset = try fields.bool("scaleAutoReset")
    order.scale.initPosition = try fields.optionalInt("scaleInitPosition")
    order.scale.initFillQty = try fields.optionalInt("scaleInitFillQty")
    order.scale.randomPercent = try fields.bool("scaleRandomPercent")
  }

  private mutating func readDeltaNeutralContract() throws(WireError) {
    guard try fields.bool("deltaNeutralContract") else { return }
    var hedge = DeltaNeutralContract()
    hedge.conId = try fields.int("deltaNeutralContract.conId")
    hedge.delta = try fields.optionalDouble("deltaNeutralContract.delta") ?? 0
    hedge.price = try fields.optionalDouble("deltaNeutralContract.price") ?? 0
    contract.deltaNeutral = hedge
  }
}

extension OrderBlocks {
  mutating func readRandomizeAndPeg() throws(WireError) {
    order.randomizeSize = try fields.bool("randomizeSize")
    order.randomizePrice = try fields.bool("randomizePrice")
    guard order.orderType == "PEG BENCH" else { return }
    order.referenceContractId = try fields.optionalInt("referenceContractId") ?? 0
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

  mutating func readPegBest() throws(WireError) {
    order.minTradeQty = try fields.optionalInt("minTradeQty")
    order.minCompeteSize = try fields.optionalInt("minCompeteSize")
    order.competeAgainstBestOffset = try fields.optionalDouble("competeAgainstBestOffset")
    order.midOffsetAtWhole = try fields.optionalDouble("midOffsetAtWhole")
    order.midOffsetAtHalf = try fields.optionalDouble("midOffsetAtHalf")
  }

  mutating func readCustomer() throws(WireError) {
    if version >= 183 { order.customerAccount = try fields.text("customerAccount") }
    if version >= 184 { order.professionalCustomer = try fields.bool("professionalCustomer") }
  }
}

extension OrderCondition {
  init(_ fields: inout FieldReader) throws(WireError) {
    let kind = try fields.int("conditionType")
    let connector = try fields.text("conditionConnector")
    guard connector == "a" || connector == "o" else { throw .malformed(field: "conditionConnector", text: connector) }
    self.init(try Self.test(kind, &fields), isConjunction: connector == "a")
  }

  private static func test(_ kind: Int32, _ fields: inout FieldReader) throws(WireError) -> Test {
    switch kind {
    case 1:
      return .price(
        isMore: try fields.bool("isMore"), price: try fields.optionalDouble("price"), conId: try fields.int("conId"),
        exchange: try fields.text("exchange"), triggerMethod: try fields.int("triggerMethod"))
    case 3: return .time(isMore: try fields.bool("isMore"), time: try fields.text("time"))
    case 4: return .margin(isMore: try fields.bool("isMore"), percent: try fields.int("percent"))
    case 5:
      return .execution(
        secType: try fields.text("secType"), exchange: try fields.text("exchange"), symbol: try fields.text("symbol"))
    case 6:
      return .volume(
        isMore: try fields.bool("isMore"), volume: try fields.int("volume"), conId: try fields.int("conId"),
        exchange: try fields.text("exchange"))
    case 7:
      return .percentChange(
        isMore: try fields.bool("isMore"), percent: try fields.optionalDouble("percent"),
        conId: try fields.int("conId"), exchange: try fields.text("exchange"))
    default: throw .malformed(field: "conditionType", text: String(kind))
    }
  }
}

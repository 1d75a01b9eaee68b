/// An order with every attribute of the protocol, in requests and in what comes back. Numbers that are nil are not stated;
/// prices are in the currency of the contract (times its price magnifier), sizes in units.
public struct Order: Sendable, Equatable {
  // Identity. `orderId` is an alias of a connection, `permId` lasts, `orderRef` is ours.
  public var orderId: Int32 = 0
  public var clientId: Int32 = 0
  public var permId: Int64 = 0
  public var parentId: Int32 = 0
  public var parentPermId: Int64 = 0
  public var orderRef = ""
  public var account = ""
  public var modelCode = ""
  public var submitter = ""

  public var action = ""
  public var totalQuantity: WireDecimal?
  public var filledQuantity: WireDecimal?
  public var cashQty: Double?
  public var orderType = ""
  public var lmtPrice: Double?
  public var auxPrice: Double?
  public var tif = ""
  public var duration: Int32?
  public var goodAfterTime = ""
  public var goodTillDate = ""
  public var activeStartTime = ""
  public var activeStopTime = ""
  public var autoCancelDate = ""
  public var autoCancelParent = false
  public var transmit = true
  public var outsideRth = false
  public var includeOvernight = false
  public var hidden = false
  public var blockOrder = false
  public var sweepToFill = false
  public var allOrNone = false
  public var notHeld = false
  public var solicited = false
  public var whatIf = false
  public var imbalanceOnly = false
  public var minQty: Int32?
  public var displaySize: Int32? = 0
  public var triggerMethod: Int32 = 0
  public var ocaGroup = ""
  public var ocaType: Int32 = 0
  public var discretionaryAmt = 0.0
  public var discretionaryUpToLimitPrice = false
  public var percentOffset: Double?
  public var overridePercentageConstraints = false
  public var optOutSmartRouting = false
  public var randomizeSize = false
  public var randomizePrice = false
  public var postToAts: Int32?
  public var usePriceMgmtAlgo: Bool?
  public var routeMarketableToBbo = false
  public var advancedErrorOverride = ""

  // Trailing and adjustable stops.
  public var trailStopPrice: Double?
  public var trailingPercent: Double?
  public var lmtPriceOffset: Double?
  public var triggerPrice: Double?
  public var adjustedOrderType = ""
  public var adjustedStopPrice: Double?
  public var adjustedStopLimitPrice: Double?
  public var adjustedTrailingAmount: Double?
  public var adjustableTrailingUnit: Int32 = 0

  // Pegged orders.
  public var startingPrice: Double?
  public var stockRefPrice: Double?
  public var delta: Double?
  public var stockRangeLower: Double?
  public var stockRangeUpper: Double?
  public var auctionStrategy: Int32? = 0
  public var referenceContractId: Int32 = 0
  public var referenceExchange = ""
  public var isPeggedChangeAmountDecrease = false
  public var peggedChangeAmount = 0.0
  public var referenceChangeAmount = 0.0
  public var minTradeQty: Int32?
  public var minCompeteSize: Int32?
  /// Infinity: up to the midpoint, by the two offsets below.
  public var competeAgainstBestOffset: Double?
  public var midOffsetAtWhole: Double?
  public var midOffsetAtHalf: Double?

  // Volatility and delta-neutral orders.
  public var volatility: Double?
  public var volatilityType: Int32?
  public var continuousUpdate: Int32 = 0
  public var referencePriceType: Int32?
  public var deltaNeutral = DeltaNeutralOrder()
  public var basisPoints: Double?
  public var basisPointsType: Int32?

  public var scale = ScaleOrder()
  public var hedgeType = ""
  public var hedgeParam = ""
  public var dontUseAutoPriceForHedge = false
  public var algoStrategy = ""
  public var algoParams: [TagValue] = []
  public var algoId = ""
  public var orderComboLegs: [Double?] = []
  public var smartComboRoutingParams: [TagValue] = []
  public var orderMiscOptions: [TagValue] = []
  public var conditions: [OrderCondition] = []
  public var conditionsIgnoreRth = false
  public var conditionsCancelOrder = false

  // Clearing, institutions, regulation.
  public var openClose = ""
  public var origin: Int32 = 0
  public var shortSaleSlot: Int32 = 0
  public var designatedLocation = ""
  public var exemptCode: Int32 = -1
  public var rule80A = ""
  public var settlingFirm = ""
  public var clearingAccount = ""
  public var clearingIntent = ""
  public var faGroup = ""
  public var faMethod = ""
  public var faPercentage = ""
  public var isOmsContainer = false
  public var softDollarTier = SoftDollarTier()
  public var mifid2DecisionMaker = ""
  public var mifid2DecisionAlgo = ""
  public var mifid2ExecutionTrader = ""
  public var mifid2ExecutionAlgo = ""
  public var extOperator = ""
  public var manualOrderTime = ""
  public var manualOrderIndicator: Int32?
  public var customerAccount = ""
  public var professionalCustomer = false
  public var bondAccruedInterest = ""
  public var shareholder = ""
  public var refFuturesConId: Int32 = 0
  public init() {}
}

/// The hedge of a volatility order. `orderType` empty: there is none.
public struct DeltaNeutralOrder: Sendable, Equatable {
  public var orderType = ""
  public var auxPrice: Double?
  public var conId: Int32 = 0
  public var settlingFirm = ""
  public var clearingAccount = ""
  public var clearingIntent = ""
  public var openClose = ""
  public var shortSale = false
  public var shortSaleSlot: Int32 = 0
  public var designatedLocation = ""
  public init() {}
}

public struct ScaleOrder: Sendable, Equatable {
  public var initLevelSize: Int32?
  public var subsLevelSize: Int32?
  public var priceIncrement: Double?
  public var priceAdjustValue: Double?
  public var priceAdjustInterval: Int32?
  public var profitOffset: Double?
  public var autoReset = false
  public var initPosition: Int32?
  public var initFillQty: Int32?
  public var randomPercent = false
  public var table = ""
  public init() {}
}

public struct SoftDollarTier: Sendable, Equatable {
  public var name = ""
  public var value = ""
  public var displayName = ""
  public init() {}
}

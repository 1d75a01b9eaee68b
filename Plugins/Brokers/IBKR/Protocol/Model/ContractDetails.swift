/// What the gateway knows of a contract.
public struct ContractDetails: Sendable, Equatable {
  public var contract = Contract()
  public var lastTradeDate = ""
  public var lastTradeTime = ""
  public var marketName = ""
  /// The smallest tick anywhere; the one at a price comes from the market rule.
  public var minTick: Double?
  public var orderTypes = ""
  public var validExchanges = ""
  /// Prices on the wire are real prices times this.
  public var priceMagnifier: Int32 = 0
  public var underConId: Int32 = 0
  public var longName = ""
  public var contractMonth = ""
  public var industry = ""
  public var category = ""
  public var subcategory = ""
  public var timeZoneId = ""
  public var tradingHours = ""
  public var liquidHours = ""
  public var evRule = ""
  public var evMultiplier: Double?
  public var secIdList: [TagValue] = []
  public var aggGroup: Int32?
  public var underSymbol = ""
  public var underSecType = ""
  /// In the order of `validExchanges`.
  public var marketRuleIds = ""
  public var realExpirationDate = ""
  public var stockType = ""
  public var minSize: WireDecimal?
  public var sizeIncrement: WireDecimal?
  public var suggestedSizeIncrement: WireDecimal?
  public var ineligibilityReasonList: [IneligibilityReason] = []
  public var bond = BondDetails()
  public var fund: FundDetails?
  public init() {}
}

public struct IneligibilityReason: Sendable, Equatable {
  public var id = ""
  public var description = ""
  public init() {}
}

public struct BondDetails: Sendable, Equatable {
  public var cusip = ""
  public var coupon: Double?
  public var maturity = ""
  public var issueDate = ""
  public var ratings = ""
  public var bondType = ""
  public var couponType = ""
  public var convertible = false
  public var callable = false
  public var putable = false
  public var descAppend = ""
  public var nextOptionDate = ""
  public var nextOptionType = ""
  public var nextOptionPartial = false
  public var notes = ""
  public init() {}
}

public struct FundDetails: Sendable, Equatable {
  public var fundName = ""
  public var fundFamily = ""
  public var fundType = ""
  public var fundFrontLoad = ""
  public var fundBackLoad = ""
  public var fundBackLoadTimeInterval = ""
  public var fundManagementFee = ""
  public var fundClosed = false
  public var fundClosedForNewInvestors = false
  public var fundClosedForNewMoney = false
  public var fundNotifyAmount = ""
  public var fundMinimumInitialPurchase = ""
  public var fundSubsequentMinimumPurchase = ""
  public var fundBlueSkyStates = ""
  public var fundBlueSkyTerritories = ""
  public var fundDistributionPolicyIndicator = ""
  public var fundAssetType = ""
  public init() {}
}

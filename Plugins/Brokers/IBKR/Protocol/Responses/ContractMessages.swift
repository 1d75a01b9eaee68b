extension ContractDetails {
  init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    self.init()
    contract.symbol = try fields.text("symbol")
    contract.secType = try fields.text("secType")
    let last = LastTrade(try fields.text("lastTradeDateOrContractMonth"))
    contract.lastTradeDateOrContractMonth = last.date
    lastTradeTime = last.time
    if version >= 182 { lastTradeDate = try fields.text("lastTradeDate") }
    contract.strike = try fields.optionalDouble("strike")
    contract.right = try fields.text("right")
    contract.exchange = try fields.text("exchange")
    contract.currency = try fields.text("currency")
    contract.localSymbol = try fields.text("localSymbol")
    marketName = try fields.text("marketName")
    contract.tradingClass = try fields.text("tradingClass")
    contract.conId = try fields.int("conId")
    minTick = try fields.optionalDouble("minTick")
    contract.multiplier = try fields.text("multiplier")
    orderTypes = try fields.text("orderTypes")
    validExchanges = try fields.text("validExchanges")
    priceMagnifier = try fields.optionalInt("priceMagnifier") ?? 1
    underConId = try fields.optionalInt("underConId") ?? 0
    longName = try fields.escapedText("longName")
    contract.primaryExchange = try fields.text("primaryExchange")
    contractMonth = try fields.text("contractMonth")
    industry = try fields.text("industry")
    category = try fields.text("category")
    subcategory = try fields.text("subcategory")
    try readHours(&fields)
    try readRule(&fields)
    aggGroup = try fields.optionalInt("aggGroup")
    underSymbol = try fields.text("underSymbol")
    underSecType = try fields.text("underSecType")
    marketRuleIds = try fields.text("marketRuleIds")
    realExpirationDate = try fields.text("realExpirationDate")
    stockType = try fields.text("stockType")
    try readSizes(&fields)
    if version >= 179, contract.secType == "FUND" { fund = try FundDetails(&fields) }
    guard version >= 186 else { return }
    ineligibilityReasonList = try fields.entries("ineligibilityReasonCount", fieldsEach: 2) {
      fields throws(WireError) in
      var reason = IneligibilityReason()
      reason.id = try fields.text("ineligibilityReason.id")
      reason.description = try fields.text("ineligibilityReason.description")
      return reason
    }
  }

  init(bond fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    self.init()
    contract.symbol = try fields.text("symbol")
    contract.secType = try fields.text("secType")
    bond.cusip = try fields.text("cusip")
    bond.coupon = try fields.optionalDouble("coupon")
    let last = LastTrade(try fields.text("maturity"))
    bond.maturity = last.date
    lastTradeTime = last.time
    timeZoneId = last.zone
    bond.issueDate = try fields.text("issueDate")
    bond.ratings = try fields.text("ratings")
    bond.bondType = try fields.text("bondType")
    bond.couponType = try fields.text("couponType")
    bond.convertible = try fields.bool("convertible")
    bond.callable = try fields.bool("callable")
    bond.putable = try fields.bool("putable")
    bond.descAppend = try fields.text("descAppend")
    contract.exchange = try fields.text("exchange")
    contract.currency = try fields.text("currency")
    marketName = try fields.text("marketName")
    contract.tradingClass = try fields.text("tradingClass")
    contract.conId = try fields.int("conId")
    minTick = try fields.optionalDouble("minTick")
    orderTypes = try fields.text("orderTypes")
    validExchanges = try fields.text("validExchanges")
    bond.nextOptionDate = try fields.text("nextOptionDate")
    bond.nextOptionType = try fields.text("nextOptionType")
    bond.nextOptionPartial = try fields.bool("nextOptionPartial")
    bond.notes = try fields.text("notes")
    longName = try fields.escapedText("longName")
    if version >= 188 { try readHours(&fields) }
    try readRule(&fields)
    aggGroup = try fields.optionalInt("aggGroup")
    marketRuleIds = try fields.text("marketRuleIds")
    try readSizes(&fields)
  }

  private mutating func readHours(_ fields: inout FieldReader) throws(WireError) {
    timeZoneId = try fields.text("timeZoneId")
    tradingHours = try fields.text("tradingHours")
    liquidHours = try fields.text("liquidHours")
  }

  private mutating func readRule(_ fields: inout FieldReader) throws(WireError) {
    evRule = try fields.text("evRule")
    evMultiplier = try fields.optionalDouble("evMultiplier")
    secIdList = try fields.tagValues("secIdCount")
  }

  private mutating func readSizes(_ fields: inout FieldReader) throws(WireError) {
    minSize = try fields.optionalDecimal("minSize")
    sizeIncrement = try fields.optionalDecimal("sizeIncrement")
    suggestedSizeIncrement = try fields.optionalDecimal("suggestedSizeIncrement")
  }
}

/// A last trading day as it stands in contract details: the day alone, or with a time and a zone, parted by blanks or, where
/// there is none, by dashes.
struct LastTrade {
  var date = ""
  var time = ""
  var zone = ""

  init(_ text: String) {
    let blank = Character(" ")
    let parts = text.split(separator: text.contains(blank) ? blank : "-", maxSplits: 2).map(String.init)
    if !parts.isEmpty { date = parts[0] }
    if parts.count > 1 { time = parts[1] }
    if parts.count > 2 { zone = parts[2] }
  }
}

extension FundDetails {
  init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    fundName = try fields.text("fundName")
    fundFamily = try fields.text("fundFamily")
    fundType = try fields.text("fundType")
    fundFrontLoad = try fields.text("fundFrontLoad")
    fundBackLoad = try fields.text("fundBackLoad")
    fundBackLoadTimeInterval = try fields.text("fundBackLoadTimeInterval")
    fundManagementFee = try fields.text("fundManagementFee")
    fundClosed = try fields.bool("fundClosed")
    fundClosedForNewInvestors = try fields.bool("fundClosedForNewInvestors")
    fundClosedForNewMoney = try fields.bool("fundClosedForNewMoney")
    fundNotifyAmount = try fields.text("fundNotifyAmount")
    fundMinimumInitialPurchase = try fields.text("fundMinimumInitialPurchase")
    fundSubsequentMinimumPurchase = try fields.text("fundSubsequentMinimumPurchase")
    fundBlueSkyStates = try fields.text("fundBlueSkyStates")
    fundBlueSkyTerritories = try fields.text("fundBlueSkyTerritories")
    fundDistributionPolicyIndicator = try fields.text("fundDistributionPolicyIndicator")
    fundAssetType = try fields.text("fundAssetType")
  }
}

extension FieldReader {
  /// A count, and as many pairs.
  mutating func tagValues(_ field: String) throws(WireError) -> [TagValue] {
    try entries(field, fieldsEach: 2) { fields throws(WireError) in
      let tag = try fields.text("tag")
      return TagValue(tag, try fields.text("value"))
    }
  }
}

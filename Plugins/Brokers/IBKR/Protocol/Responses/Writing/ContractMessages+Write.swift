extension Response {
  func writeContracts(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    switch self {
    case .contractDetails(let reqId, let details):
      writer.integers(10, Int64(reqId))
      try details.write(to: &writer, version)
    case .bondContractDetails(let reqId, let details):
      writer.integers(18, Int64(reqId))
      try details.writeBond(to: &writer, version)
    case .contractDetailsEnd(let reqId): writer.integers(52, 1, Int64(reqId))
    case .securityDefinitionOptionParameter(let parameters): try parameters.write(to: &writer)
    case .securityDefinitionOptionParameterEnd(let reqId): writer.integers(76, Int64(reqId))
    case .symbolSamples(let reqId, let samples):
      writer.integers(79, Int64(reqId))
      writer.entries(samples.count)
      for sample in samples { try sample.write(to: &writer) }
    case .mktDepthExchanges(let exchanges):
      writer.head(80)
      writer.entries(exchanges.count)
      for entry in exchanges {
        for text in [entry.exchange, entry.secType, entry.listingExch, entry.serviceDataType] {
          try writer.plain(text, "mktDepthExchanges")
        }
        writer.integerOrMax(entry.aggGroup)
      }
    case .smartComponents(let reqId, let components):
      writer.integers(82, Int64(reqId))
      writer.entries(components.count)
      for entry in components {
        writer.integer(entry.bitNumber)
        try writer.plain(entry.exchange, "exchange")
        try writer.plain(entry.exchangeLetter, "exchangeLetter")
      }
    case .marketRule(let id, let increments):
      writer.integers(93, Int64(id))
      writer.entries(increments.count)
      for entry in increments {
        writer.real(entry.lowEdge)
        writer.real(entry.increment)
      }
    default: break
    }
  }
}

extension ContractDetails {
  fileprivate func write(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    try writer.plain(contract.symbol, "symbol")
    try writer.plain(contract.secType, "secType")
    let last = [contract.lastTradeDateOrContractMonth, lastTradeTime].filter { !$0.isEmpty }
    // A time is never without the zone that it is in.
    try writer.plain((last + (last.count > 1 ? [timeZoneId] : [])).joined(separator: " "), "lastTrade")
    if version >= 182 { try writer.plain(lastTradeDate, "lastTradeDate") }
    writer.strikeOrZero(contract.strike)
    for text in [contract.right, contract.exchange, contract.currency, contract.localSymbol, marketName] {
      try writer.plain(text, "contract")
    }
    try writer.plain(contract.tradingClass, "tradingClass")
    writer.integer(contract.conId)
    writer.realOrEmpty(minTick)
    try writer.plain(contract.multiplier, "multiplier")
    try writer.plain(orderTypes, "orderTypes")
    try writer.plain(validExchanges, "validExchanges")
    writer.integer(priceMagnifier)
    writer.integer(underConId)
    try writer.escaped(longName, "longName")
    for text in [contract.primaryExchange, contractMonth, industry, category, subcategory] {
      try writer.plain(text, "details")
    }
    try writeHours(to: &writer)
    try writeRule(to: &writer)
    writer.integerOrMax(aggGroup)
    for text in [underSymbol, underSecType, marketRuleIds, realExpirationDate, stockType] {
      try writer.plain(text, "details")
    }
    writeSizes(to: &writer)
    if version >= 179, contract.secType == "FUND" { try (fund ?? FundDetails()).write(to: &writer) }
    guard version >= 186 else { return }
    writer.entries(ineligibilityReasonList.count)
    for reason in ineligibilityReasonList {
      try writer.plain(reason.id, "ineligibilityReason.id")
      try writer.plain(reason.description, "ineligibilityReason.description")
    }
  }

  fileprivate func writeBond(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    for text in [contract.symbol, contract.secType, bond.cusip] { try writer.plain(text, "bond") }
    writer.realOrEmpty(bond.coupon)
    let last = [bond.maturity, lastTradeTime].filter { !$0.isEmpty }
    try writer.plain((last + (last.count > 1 ? [timeZoneId] : [])).joined(separator: " "), "maturity")
    for text in [bond.issueDate, bond.ratings, bond.bondType, bond.couponType] { try writer.plain(text, "bond") }
    writer.flag(bond.convertible)
    writer.flag(bond.callable)
    writer.flag(bond.putable)
    for text in [bond.descAppend, contract.exchange, contract.currency, marketName, contract.tradingClass] {
      try writer.plain(text, "bond")
    }
    writer.integer(contract.conId)
    writer.realOrEmpty(minTick)
    for text in [orderTypes, validExchanges, bond.nextOptionDate, bond.nextOptionType] {
      try writer.plain(text, "bond")
    }
    writer.flag(bond.nextOptionPartial)
    try writer.plain(bond.notes, "notes")
    try writer.escaped(longName, "longName")
    if version >= 188 { try writeHours(to: &writer) }
    try writeRule(to: &writer)
    writer.integerOrMax(aggGroup)
    try writer.plain(marketRuleIds, "marketRuleIds")
    writeSizes(to: &writer)
  }

  private func writeHours(to writer: inout FieldWriter) throws(WireError) {
    for text in [timeZoneId, tradingHours, liquidHours] { try writer.plain(text, "hours") }
  }

  private func writeRule(to writer: inout FieldWriter) throws(WireError) {
    try writer.plain(evRule, "evRule")
    writer.realOrEmpty(evMultiplier)
    try writer.tagValues(secIdList, "secIdList")
  }

  private func writeSizes(to writer: inout FieldWriter) {
    writer.decimal(minSize)
    writer.decimal(sizeIncrement)
    writer.decimal(suggestedSizeIncrement)
  }
}

extension FundDetails {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    for text in [
      fundName, fundFamily, fundType, fundFrontLoad, fundBackLoad, fundBackLoadTimeInterval, fundManagementFee,
    ] {
      try writer.plain(text, "fund")
    }
    writer.flag(fundClosed)
    writer.flag(fundClosedForNewInvestors)
    writer.flag(fundClosedForNewMoney)
    for text in [
      fundNotifyAmount, fundMinimumInitialPurchase, fundSubsequentMinimumPurchase, fundBlueSkyStates,
      fundBlueSkyTerritories, fundDistributionPolicyIndicator, fundAssetType,
    ] {
      try writer.plain(text, "fund")
    }
  }
}

extension OptionParameters {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integers(75, Int64(reqId))
    try writer.plain(exchange, "exchange")
    writer.integer(underlyingConId)
    try writer.plain(tradingClass, "tradingClass")
    try writer.plain(multiplier, "multiplier")
    writer.entries(expirations.count)
    for expiration in expirations { try writer.plain(expiration, "expiration") }
    writer.entries(strikes.count)
    for strike in strikes { writer.real(strike) }
  }
}

extension SymbolSample {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integer(contract.conId)
    for text in [contract.symbol, contract.secType, contract.primaryExchange, contract.currency] {
      try writer.plain(text, "sample")
    }
    writer.entries(derivativeSecTypes.count)
    for kind in derivativeSecTypes { try writer.plain(kind, "derivativeSecType") }
    try writer.plain(contract.description, "description")
    try writer.plain(contract.issuerId, "issuerId")
  }
}

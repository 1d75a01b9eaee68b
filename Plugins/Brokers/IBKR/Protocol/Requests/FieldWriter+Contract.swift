extension FieldWriter {
  /// The twelve fields by which most requests name a contract.
  mutating func contract(_ contract: Contract) throws(WireError) {
    try contractFields(contract, hasPrimaryExchange: true)
  }

  /// The same without the primary exchange, which an exercise of options leaves out.
  mutating func optionContract(_ contract: Contract) throws(WireError) {
    try contractFields(contract, hasPrimaryExchange: false)
  }

  private mutating func contractFields(_ contract: Contract, hasPrimaryExchange: Bool) throws(WireError) {
    integer(contract.conId)
    try text(contract.symbol, "symbol")
    try text(contract.secType, "secType")
    try text(contract.lastTradeDateOrContractMonth, "lastTradeDateOrContractMonth")
    try doubleOrEmpty(contract.strike, "strike")
    try text(contract.right, "right")
    try text(contract.multiplier, "multiplier")
    try text(contract.exchange, "exchange")
    if hasPrimaryExchange { try text(contract.primaryExchange, "primaryExchange") }
    try text(contract.currency, "currency")
    try text(contract.localSymbol, "localSymbol")
    try text(contract.tradingClass, "tradingClass")
  }

  /// The legs of a combination as requests of data name them; nothing for any other contract.
  mutating func legsOfData(_ contract: Contract) throws(WireError) {
    guard contract.isCombination else { return }
    integer(contract.comboLegs.count)
    for leg in contract.comboLegs { try legHead(leg) }
  }

  mutating func legHead(_ leg: ComboLeg) throws(WireError) {
    integer(leg.conId)
    integer(leg.ratio)
    try text(leg.action, "comboLeg.action")
    try text(leg.exchange, "comboLeg.exchange")
  }

  /// Whether there is a delta-neutral contract, and which.
  mutating func deltaNeutral(_ hedge: DeltaNeutralContract?) throws(WireError) {
    flag(hedge != nil)
    guard let hedge else { return }
    integer(hedge.conId)
    try double(hedge.delta, "deltaNeutralContract.delta")
    try double(hedge.price, "deltaNeutralContract.price")
  }
}

extension Contract {
  /// Several legs that trade as one.
  var isCombination: Bool { secType == "BAG" }
}

extension Response {
  func writeAccounts(to writer: inout FieldWriter) throws(WireError) {
    switch self {
    case .accountValue(let value):
      writer.head(6, version: 2)
      for text in [value.key, value.value, value.currency, value.accountName] {
        try writer.plain(text, "accountValue")
      }
    case .portfolioValue(let value): try value.write(to: &writer)
    case .accountUpdateTime(let timeStamp):
      writer.head(8, version: 1)
      try writer.plain(timeStamp, "timeStamp")
    case .accountDownloadEnd(let account):
      writer.head(54, version: 1)
      try writer.plain(account, "account")
    case .accountSummary(let summary):
      writer.head(63, version: 1)
      writer.integer(summary.reqId)
      for text in [summary.account, summary.tag, summary.value, summary.currency] {
        try writer.plain(text, "accountSummary")
      }
    case .accountSummaryEnd(let reqId): writer.integers(64, 1, Int64(reqId))
    case .position(let position):
      writer.head(61, version: 3)
      try writer.plain(position.account, "account")
      try writer.contractOfFact(position.contract)
      writer.decimal(position.position)
      writer.realOrMax(position.avgCost)
    case .positionEnd: writer.head(62, version: 1)
    case .positionMulti(let position):
      writer.integers(71, 1, Int64(position.reqId))
      try writer.plain(position.account, "account")
      try writer.contractOfFact(position.contract)
      writer.decimal(position.position)
      writer.realOrMax(position.avgCost)
      try writer.plain(position.modelCode, "modelCode")
    case .positionMultiEnd(let reqId): writer.integers(72, 1, Int64(reqId))
    case .accountUpdateMulti(let update):
      writer.integers(73, 1, Int64(update.reqId))
      for text in [update.account, update.modelCode, update.key, update.value, update.currency] {
        try writer.plain(text, "accountUpdateMulti")
      }
    case .accountUpdateMultiEnd(let reqId): writer.integers(74, 1, Int64(reqId))
    case .pnl(let pnl):
      writer.integers(94, Int64(pnl.reqId))
      writer.realOrMax(pnl.dailyPnL)
      writer.realOrMax(pnl.unrealizedPnL)
      writer.realOrMax(pnl.realizedPnL)
    case .pnlSingle(let pnl): pnl.write(to: &writer)
    default: break
    }
  }
}

extension PortfolioValue {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.head(7, version: 8)
    // The place of the exchange holds the primary one here.
    var named = contract
    named.exchange = contract.primaryExchange
    try writer.contractOfOrder(named)
    writer.decimal(position)
    writer.realOrMax(marketPrice)
    writer.realOrMax(marketValue)
    writer.realOrMax(averageCost)
    writer.realOrMax(unrealizedPNL)
    writer.realOrMax(realizedPNL)
    try writer.plain(accountName, "accountName")
  }
}

extension PnLSingle {
  fileprivate func write(to writer: inout FieldWriter) {
    writer.integers(95, Int64(reqId))
    writer.decimal(position)
    writer.realOrMax(dailyPnL)
    writer.realOrMax(unrealizedPnL)
    writer.realOrMax(realizedPnL)
    writer.realOrMax(value)
  }
}

extension FieldWriter {
  /// The eleven fields by which executions and positions name a contract; no strike is `0.0`.
  mutating func contractOfFact(_ contract: Contract) throws(WireError) {
    try contractHead(contract)
    realOr(contract.strike, 0)
    try contractTail(contract)
  }

  /// The same in open orders and portfolios, where no strike is `0`.
  mutating func contractOfOrder(_ contract: Contract) throws(WireError) {
    try contractHead(contract)
    strikeOrZero(contract.strike)
    try contractTail(contract)
  }

  private mutating func contractHead(_ contract: Contract) throws(WireError) {
    integer(contract.conId)
    try plain(contract.symbol, "symbol")
    try plain(contract.secType, "secType")
    try plain(contract.lastTradeDateOrContractMonth, "lastTradeDateOrContractMonth")
  }

  private mutating func contractTail(_ contract: Contract) throws(WireError) {
    try plain(contract.right, "right")
    try plain(contract.multiplier, "multiplier")
    try plain(contract.exchange, "exchange")
    try plain(contract.currency, "currency")
    try plain(contract.localSymbol, "localSymbol")
    try plain(contract.tradingClass, "tradingClass")
  }
}

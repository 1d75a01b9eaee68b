import TWSProtocol

extension Core {
  /// Accounts, positions, profit and loss. False: the request is another one.
  func handleAccount(_ request: Request, _ session: ClientSession) -> Bool {
    switch request {
    case .reqAccountUpdates(let subscribes, _):
      session.accountUpdates = subscribes ? options.account : nil
      if subscribes { sendAccountUpdates(session) }
    case .reqAccountSummary(let reqId, let group, let tags): summarize(session, reqId, group, tags)
    case .cancelAccountSummary(let reqId): session.summaries[reqId] = nil
    case .reqPositions:
      session.wantsPositions = true
      for symbol in account.symbols where !isFlat(symbol) { send(session, .position(position(symbol))) }
      send(session, .positionEnd)
    case .cancelPositions: session.wantsPositions = false
    case .reqPositionsMulti(let reqId, _, let model):
      session.positionsMulti.insert(reqId)
      for symbol in account.symbols where !isFlat(symbol) {
        send(session, .positionMulti(positionMulti(symbol, reqId, model)))
      }
      send(session, .positionMultiEnd(reqId: reqId))
    case .cancelPositionsMulti(let reqId): session.positionsMulti.remove(reqId)
    case .reqAccountUpdatesMulti(let reqId, _, let model, _):
      session.updatesMulti.insert(reqId)
      sendUpdatesMulti(session, reqId, model)
      send(session, .accountUpdateMultiEnd(reqId: reqId))
    case .cancelAccountUpdatesMulti(let reqId): session.updatesMulti.remove(reqId)
    case .reqPnL(let reqId, _, _):
      session.pnl.insert(reqId)
      sendPnL(session, reqId)
    case .cancelPnL(let reqId): session.pnl.remove(reqId)
    case .reqPnLSingle(let reqId, _, _, let conId):
      session.pnlSingle[reqId] = conId
      sendPnLSingle(session, reqId, conId)
    case .cancelPnLSingle(let reqId): session.pnlSingle[reqId] = nil
    default: return false
    }
    return true
  }

  /// Everybody who follows the account hears of a trade.
  func positionChanged(_ instrument: Instrument) {
    let symbol = instrument.symbol
    for session in startedSessions {
      if session.wantsPositions { send(session, .position(position(symbol))) }
      for reqId in session.positionsMulti.sorted() { send(session, .positionMulti(positionMulti(symbol, reqId, ""))) }
      if session.accountUpdates != nil {
        send(session, .portfolioValue(portfolio(symbol)))
        sendAccountValues(session)
      }
      for reqId in session.pnl.sorted() { sendPnL(session, reqId) }
      for (reqId, conId) in session.pnlSingle where conId == instrument.conId { sendPnLSingle(session, reqId, conId) }
    }
  }

  /// What follows prices and the clock without being asked for.
  func refreshAccount(isMinute: Bool) {
    for session in startedSessions {
      for reqId in session.pnl.sorted() { sendPnL(session, reqId) }
      for (reqId, conId) in session.pnlSingle { sendPnLSingle(session, reqId, conId) }
      guard isMinute else { continue }
      if session.accountUpdates != nil { sendAccountUpdates(session) }
      for (reqId, tags) in session.summaries { sendSummary(session, reqId, tags) }
    }
  }

  // MARK: Values

  private var values: [(tag: String, value: String, currency: String)] {
    func money(_ amount: Double) -> String {
      let cents = Int64((amount * 100).rounded())
      let rest = String(abs(cents) % 100)
      return "\(cents < 0 ? "-" : "")\(abs(cents) / 100).\(rest.count < 2 ? "0" : "")\(rest)"
    }
    let equity = account.equity(market)
    let margin = account.initialMargin(market)
    return [
      ("AccountType", "INDIVIDUAL", ""), ("AccountReady", "true", ""), ("Cushion", "1", ""),
      ("NetLiquidation", money(equity), "USD"), ("TotalCashValue", money(account.cash), "USD"),
      ("SettledCash", money(account.cash), "USD"), ("CashBalance", money(account.cash), "USD"),
      ("TotalCashBalance", money(account.cash), "BASE"), ("AccruedCash", "0.00", "USD"),
      ("EquityWithLoanValue", money(equity), "USD"), ("GrossPositionValue", money(account.gross(market)), "USD"),
      ("InitMarginReq", money(margin), "USD"), ("MaintMarginReq", money(margin * 0.9), "USD"),
      ("AvailableFunds", money(equity - margin), "USD"), ("ExcessLiquidity", money(equity - margin * 0.9), "USD"),
      ("BuyingPower", money(account.buyingPower(market)), "USD"),
      ("RealizedPnL", money(account.realized), "USD"), ("UnrealizedPnL", money(account.unrealized(market)), "USD"),
    ]
  }

  private func summarize(_ session: ClientSession, _ reqId: Int32, _ group: String, _ tags: String) {
    guard session.summaries.count < 2 || session.summaries[reqId] != nil else {
      return fail(session, reqId, 322, "Error processing request:Maximum number of account summary requests exceeded")
    }
    let wanted = tags.split(separator: ",").map { String($0).trimmed }
    session.summaries[reqId] = wanted
    sendSummary(session, reqId, wanted)
    send(session, .accountSummaryEnd(reqId: reqId))
  }

  private func sendSummary(_ session: ClientSession, _ reqId: Int32, _ tags: [String]) {
    let isLedger = tags.contains { $0.hasPrefix("$LEDGER") }
    for entry in values where tags.contains(entry.tag) || isLedger && !entry.currency.isEmpty {
      var summary = AccountSummary()
      (summary.reqId, summary.account) = (reqId, options.account)
      (summary.tag, summary.value, summary.currency) = (entry.tag, entry.value, entry.currency)
      send(session, .accountSummary(summary))
    }
  }

  private func sendAccountUpdates(_ session: ClientSession) {
    sendAccountValues(session)
    for symbol in account.symbols where !isFlat(symbol) { send(session, .portfolioValue(portfolio(symbol))) }
    let time = CivilTime.newYork(seconds)
    send(session, .accountUpdateTime(timeStamp: String(time.clock.dropLast(3))))
    send(session, .accountDownloadEnd(account: options.account))
  }

  private func sendAccountValues(_ session: ClientSession) {
    for entry in values {
      var value = AccountValue()
      (value.key, value.value, value.currency) = (entry.tag, entry.value, entry.currency)
      value.accountName = options.account
      send(session, .accountValue(value))
    }
  }

  private func sendUpdatesMulti(_ session: ClientSession, _ reqId: Int32, _ model: String) {
    for entry in values {
      var update = AccountUpdateMulti()
      (update.reqId, update.account, update.modelCode) = (reqId, options.account, model)
      (update.key, update.value, update.currency) = (entry.tag, entry.value, entry.currency)
      send(session, .accountUpdateMulti(update))
    }
  }

  private func sendPnL(_ session: ClientSession, _ reqId: Int32) {
    var pnl = PnL()
    pnl.reqId = reqId
    pnl.dailyPnL = account.equity(market) - account.startCash
    pnl.unrealizedPnL = account.unrealized(market)
    pnl.realizedPnL = account.realized
    send(session, .pnl(pnl))
  }

  private func sendPnLSingle(_ session: ClientSession, _ reqId: Int32, _ conId: Int32) {
    let symbol = market.byConId[conId]?.symbol ?? ""
    var pnl = PnLSingle()
    pnl.reqId = reqId
    pnl.position = (account.holdings[symbol]?.size ?? .zero).decimal
    pnl.dailyPnL = account.unrealized(symbol, market) + (account.holdings[symbol]?.realized ?? 0)
    pnl.unrealizedPnL = account.unrealized(symbol, market)
    pnl.realizedPnL = account.holdings[symbol]?.realized ?? 0
    pnl.value = account.value(symbol, market)
    send(session, .pnlSingle(pnl))
  }

  // MARK: Positions

  private func isFlat(_ symbol: String) -> Bool { account.holdings[symbol]?.size.raw ?? 0 == 0 }

  private func contract(_ symbol: String) -> Contract {
    var contract = market.bySymbol[symbol]?.contract ?? Contract()
    (contract.exchange, contract.primaryExchange) = ("", "")
    return contract
  }

  private func position(_ symbol: String) -> Position {
    var position = Position()
    position.account = options.account
    position.contract = contract(symbol)
    position.position = (account.holdings[symbol]?.size ?? .zero).decimal
    position.avgCost = account.averageCost(symbol)
    return position
  }

  private func positionMulti(_ symbol: String, _ reqId: Int32, _ model: String) -> PositionMulti {
    let single = position(symbol)
    var position = PositionMulti()
    (position.reqId, position.account, position.modelCode) = (reqId, single.account, model)
    (position.contract, position.position, position.avgCost) = (single.contract, single.position, single.avgCost)
    return position
  }

  private func portfolio(_ symbol: String) -> PortfolioValue {
    var value = PortfolioValue()
    value.contract = contract(symbol)
    value.contract.primaryExchange = market.bySymbol[symbol]?.primaryExchange ?? ""
    value.contract.right = "0"
    value.position = (account.holdings[symbol]?.size ?? .zero).decimal
    value.marketPrice = market.bySymbol[symbol]?.last
    value.marketValue = account.value(symbol, market)
    value.averageCost = account.averageCost(symbol)
    value.unrealizedPNL = account.unrealized(symbol, market)
    value.realizedPNL = account.holdings[symbol]?.realized ?? 0
    value.accountName = options.account
    return value
  }
}

extension String {
  /// Without blanks at both ends.
  var trimmed: String {
    var text = self[...]
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}

import TWSProtocol

extension Core {
  // MARK: To the client of an order

  /// Messages about orders go to the client that gave the order. Nobody hears them while it is away, and they wait while
  /// the gateway has no link to the exchange side.
  func tellClient(_ clientId: Int32, _ responses: [Response]) {
    if weather.isLinkDown {
      weather.heldBack.append((clientId, responses))
      return
    }
    guard let session = session(of: clientId) else { return }
    for response in responses { send(session, response) }
  }

  /// What an order is, and its status.
  func report(_ order: BookOrder, withOrder: Bool = true, times: Int = 1) {
    guard order.stage != .held else { return }
    order.wasReported = true
    var responses = withOrder ? [Response.openOrder(openOrder(order))] : []
    for _ in 0..<(weather.duplicatesStatus ? max(times, 2) : times) { responses.append(.orderStatus(status(order))) }
    tellClient(order.clientId, weather.reorders ? shuffled(responses) : responses)
  }

  /// To one session: what it is told of the order after it connects.
  func report(_ order: BookOrder, to session: ClientSession) {
    let isOwn = order.clientId == session.clientId
    send(session, .openOrder(openOrder(order, isOwn: isOwn)))
    send(session, .orderStatus(status(order, isOwn: isOwn)))
  }

  /// The messages of a trade, in the order of the day: the execution before or after the status, the status often twice,
  /// the commission a little later.
  func reportFill(_ execution: BookExecution) {
    let order = execution.order
    let isFirst = weather.executionFirst || choices.below(4) > 0
    var responses: [Response] = [.openOrder(openOrder(order)), .orderStatus(status(order))]
    if choices.below(2) == 0 || weather.duplicatesStatus { responses.append(.orderStatus(status(order))) }
    responses.insert(.execDetails(details(execution, reqId: -1)), at: isFirst ? 0 : responses.count)
    order.wasReported = true
    tellClient(order.clientId, weather.reorders ? shuffled(responses) : responses)
    if weather.commissionsWithheld > 0 {
      weather.commissionsWithheld -= 1
      return
    }
    after(milliseconds: options.latency) { [unowned self] in
      tellClient(order.clientId, [.commissionReport(commission(execution))])
    }
  }

  private func shuffled(_ responses: [Response]) -> [Response] {
    var (left, mixed) = (responses, [Response]())
    while !left.isEmpty { mixed.append(left.remove(at: choices.below(left.count))) }
    return mixed
  }

  // MARK: The messages

  func status(_ order: BookOrder, isOwn: Bool = true) -> OrderStatus {
    var status = OrderStatus()
    status.orderId = isOwn ? order.orderId : 0
    status.status = order.status
    status.filled = order.filled.decimal
    status.remaining = (order.remaining < .zero ? .zero : order.remaining).decimal
    status.avgFillPrice = order.averagePrice
    status.permId = order.permId
    status.parentId = isOwn ? order.order.parentId : 0
    status.lastFillPrice = order.lastFillPrice
    status.clientId = order.clientId
    // The protocol has words for these only.
    status.whyHeld = ["child", "trigger", "locate"].contains(order.whyHeld) ? order.whyHeld : ""
    return status
  }

  func openOrder(_ order: BookOrder, isOwn: Bool = true) -> OpenOrder {
    var open = OpenOrder()
    open.orderId = isOwn ? order.orderId : 0
    open.contract = reportedContract(order)
    open.order = reportedOrder(order)
    open.order.orderId = open.orderId
    if !isOwn { open.order.parentId = 0 }
    open.orderState = state(order.status)
    open.orderState.rejectReason = order.rejectReason
    return open
  }

  func state(_ status: String) -> OrderState {
    var state = OrderState()
    let none = "1.7976931348623157E308"
    state.status = status
    (state.initMarginBefore, state.maintMarginBefore, state.equityWithLoanBefore) = (none, none, none)
    (state.initMarginChange, state.maintMarginChange, state.equityWithLoanChange) = (none, none, none)
    (state.initMarginAfter, state.maintMarginAfter, state.equityWithLoanAfter) = (none, none, none)
    return state
  }

  private func reportedContract(_ order: BookOrder) -> Contract {
    var contract = order.contract
    contract.right = "?"
    return contract
  }

  /// The order with what a gateway puts into the fields that nobody set.
  func reportedOrder(_ order: BookOrder) -> Order {
    var told = order.order
    told.permId = order.permId
    told.totalQuantity = order.total.decimal
    told.lmtPrice = told.lmtPrice ?? 0
    told.auxPrice = told.auxPrice ?? 0
    if told.tif.isEmpty { told.tif = "DAY" }
    if told.deltaNeutral.orderType.isEmpty {
      told.deltaNeutral.orderType = "None"
      told.deltaNeutral.openClose = "?"
    }
    if told.adjustedOrderType.isEmpty { told.adjustedOrderType = "None" }
    if told.ocaType == 0 { told.ocaType = 3 }
    if told.displaySize == 0 { told.displaySize = nil }
    if told.clearingIntent.isEmpty { told.clearingIntent = "IB" }
    told.auctionStrategy = told.auctionStrategy ?? 0
    told.volatilityType = told.volatilityType ?? 0
    told.referencePriceType = told.referencePriceType ?? 0
    told.dontUseAutoPriceForHedge = true
    told.usePriceMgmtAlgo = told.usePriceMgmtAlgo ?? false
    if let stop = order.stopPrice { told.trailStopPrice = stop }
    told.submitter = "user77"
    return told
  }

  func details(_ execution: BookExecution, reqId: Int32) -> ExecDetails {
    let order = execution.order
    var details = ExecDetails()
    details.reqId = reqId
    details.contract = order.instrument.contract
    details.contract.exchange = execution.exchange
    details.contract.primaryExchange = ""
    details.execution.orderId = order.orderId
    details.execution.clientId = order.clientId
    details.execution.permId = order.permId
    details.execution.execId = execution.id(options.seed)
    details.execution.time = CivilTime.zoned(execution.time / CivilTime.nanoseconds)
    details.execution.acctNumber = options.account
    details.execution.exchange = execution.exchange
    details.execution.side = order.isBuy ? "BOT" : "SLD"
    details.execution.shares = execution.size.decimal
    details.execution.price = execution.price
    details.execution.cumQty = execution.cumulative.decimal
    details.execution.avgPrice = execution.average
    details.execution.orderRef = order.order.orderRef
    details.execution.lastLiquidity = 2
    details.execution.submitter = "user77"
    return details
  }

  func commission(_ execution: BookExecution) -> CommissionReport {
    var report = CommissionReport()
    report.execId = execution.id(options.seed)
    report.commission = execution.commission
    report.currency = "USD"
    report.realizedPNL = execution.realized
    return report
  }

  // MARK: Answers

  func reportOpenOrders(_ session: ClientSession, ofAll: Bool) {
    for order in orders where order.isOpen && (ofAll || order.clientId == session.clientId) {
      report(order, to: session)
    }
    send(session, .openOrderEnd)
  }

  func reportExecutions(_ session: ClientSession, _ reqId: Int32, _ filter: ExecutionFilter) {
    let found = executions.filter { isWanted($0, filter) }
    for execution in found { send(session, .execDetails(details(execution, reqId: reqId))) }
    // Some of the commissions come before the end, some after it.
    let before = found.count / 2
    for execution in found.prefix(before) { send(session, .commissionReport(commission(execution))) }
    send(session, .execDetailsEnd(reqId: reqId))
    for execution in found.dropFirst(before) { send(session, .commissionReport(commission(execution))) }
  }

  private func isWanted(_ execution: BookExecution, _ filter: ExecutionFilter) -> Bool {
    let order = execution.order
    let time = execution.time / CivilTime.nanoseconds
    if filter.clientId != 0, filter.clientId != order.clientId { return false }
    if !filter.acctCode.isEmpty, filter.acctCode != options.account { return false }
    if !filter.symbol.isEmpty, filter.symbol != order.instrument.symbol { return false }
    if !filter.secType.isEmpty, filter.secType != "STK" { return false }
    if !filter.exchange.isEmpty, filter.exchange != execution.exchange, filter.exchange != "SMART" { return false }
    if !filter.side.isEmpty, !filter.side.uppercased().hasPrefix(order.isBuy ? "B" : "S") { return false }
    if let since = CivilTime.parse(filter.time), time < since { return false }
    let day = CivilTime.newYork(time).date
    if !filter.specificDates.isEmpty { return filter.specificDates.contains { String($0) == day } }
    // Without a word about days, those of today.
    let days = Int64(filter.lastNDays ?? 1)
    return day >= CivilTime.newYork(seconds - max(days - 1, 0) * 86_400).date
  }

  func reportCompletedOrders(_ session: ClientSession) {
    for order in orders where order.isOver && order.permId != 0 {
      var completed = CompletedOrder()
      completed.contract = reportedContract(order)
      completed.order = reportedOrder(order)
      completed.order.filledQuantity = order.filled.decimal
      if order.stage == .filled { completed.order.totalQuantity = .zero }
      completed.order.parentPermId = parent(of: order)?.permId ?? 0
      completed.order.shareholder = "Not an insider or substantial shareholder"
      completed.orderState.status = order.status
      completed.orderState.completedTime = CivilTime.zoned(order.endedAt / CivilTime.nanoseconds)
      completed.orderState.completedStatus = order.endText
      send(session, .completedOrder(completed))
    }
    send(session, .completedOrdersEnd)
  }

  /// What an order would do to the margin. No order is made.
  func preview(_ session: ClientSession, _ order: Order, _ instrument: Instrument, _ total: Size) {
    var open = OpenOrder()
    open.orderId = order.orderId
    open.contract = instrument.contract
    open.contract.right = "?"
    let draft = BookOrder(
      0, clientId: order.clientId, instrument: instrument, contract: instrument.contract, order: order, total: total,
      at: now)
    open.order = reportedOrder(draft)
    open.order.whatIf = true
    let value = total.double * (order.lmtPrice ?? instrument.last)
    let equity = account.equity(market)
    let before = account.initialMargin(market)
    open.orderState = state("PreSubmitted")
    func text(_ amount: Double) -> String { "\((amount * 100).rounded() / 100)" }
    open.orderState.initMarginBefore = text(before)
    open.orderState.maintMarginBefore = text(before * 0.9)
    open.orderState.equityWithLoanBefore = text(equity)
    open.orderState.initMarginChange = text(value * 0.25)
    open.orderState.maintMarginChange = text(value * 0.225)
    open.orderState.equityWithLoanChange = "0.0"
    open.orderState.initMarginAfter = text(before + value * 0.25)
    open.orderState.maintMarginAfter = text((before + value * 0.25) * 0.9)
    open.orderState.equityWithLoanAfter = text(equity)
    let commission = max(1, total.double * 0.005)
    (open.orderState.minCommission, open.orderState.maxCommission) = (commission, commission)
    open.orderState.commissionCurrency = "USD"
    open.orderState.marginCurrency = "USD"
    send(session, .openOrder(open))
  }
}

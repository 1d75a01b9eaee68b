import TWSProtocol

extension Core {
  /// What the other side does to one order. False: the command is another one.
  func touchOrder(_ command: Command) throws(GatewayError) -> Bool {
    switch command.name {
    case "fill":
      let order = try named(command)
      let size = try command.text("quantity").flatMap { WireDecimal($0) }.flatMap { Size($0) } ?? order.remaining
      guard size > .zero, size <= order.remaining else {
        throw GatewayError("fill: there is \(order.remaining.decimal) left")
      }
      let price = try command.number("price") ?? order.order.lmtPrice ?? order.instrument.last
      execute(order, size, price > 0 ? price : order.instrument.last)
    case "cancel": end(try named(command), .cancelled, try command.text("reason") ?? "cancelled by the exchange")
    case "inactive": end(try named(command), .inactive, try command.text("reason") ?? "not working")
    case "second_perm": duplicate(try named(command))
    case "correct": try correct(command)
    case "stale_status":
      let order = try named(command)
      var old = status(order)
      old.status = try command.text("status") ?? "Submitted"
      (old.filled, old.remaining) = (.zero, order.total.decimal)
      tellClient(order.clientId, [.orderStatus(old)])
    default: return false
    }
    return true
  }

  private func named(_ command: Command) throws(GatewayError) -> BookOrder {
    let orderId = try command.integer("order").map { Int32(clamping: $0) }
    let clientId = try command.client()
    let found = orders.last {
      (orderId == nil || $0.orderId == orderId) && (clientId == nil || $0.clientId == clientId)
        && (orderId != nil || $0.isOpen)
    }
    guard let found else { throw GatewayError("\(command.name): there is no such order") }
    return found
  }

  /// A second order at the exchange under the same reference and id: what a modification around a lost link may leave.
  private func duplicate(_ order: BookOrder) {
    let copy = BookOrder(
      orders.count + 1, clientId: order.clientId, instrument: order.instrument, contract: order.contract,
      order: order.order, total: order.remaining, at: now)
    copy.permId = permId(copy.number)
    copy.stage = .working
    orders.append(copy)
    byClient[ClientOrder(clientId: order.clientId, orderId: order.orderId)] = copy
    tell("second_perm", copy)
    report(copy)
    match(copy)
  }

  /// A later report of a trade replaces the earlier one.
  private func correct(_ command: Command) throws(GatewayError) {
    let wanted = try command.text("execution")
    guard let index = executions.lastIndex(where: { wanted == nil || $0.id(options.seed) == wanted }) else {
      throw GatewayError("correct: there is no such execution")
    }
    var made = executions[index]
    let before = made
    made.revision += 1
    made.price = try command.number("price") ?? made.price
    made.size = try command.text("quantity").flatMap { WireDecimal($0) }.flatMap { Size($0) } ?? made.size
    guard made.size > .zero, made.price > 0 else { throw GatewayError("correct: price and quantity are above 0") }
    let order = made.order
    let sign = order.isBuy ? 1.0 : -1.0
    let change = made.size - before.size
    order.filled = order.filled + change
    order.spent += made.size.double * made.price - before.size.double * before.price
    made.cumulative = made.cumulative + change
    made.average = order.averagePrice
    account.correct(
      order.instrument, size: order.isBuy ? change : -change,
      cash: sign * (made.size.double * made.price - before.size.double * before.price))
    executions[index] = made
    tell("correction", made)
    tellClient(order.clientId, [.execDetails(details(made, reqId: -1)), .commissionReport(commission(made))])
    positionChanged(order.instrument)
  }

  /// Every order and every trade, in one JSON object.
  func snapshot() -> String {
    var answer = JSONLine()
    answer.put("ok", true)
    answer.put("time", now)
    let told = orders.map { order in
      var line = JSONLine()
      line.put("client", order.clientId)
      line.put("order", order.orderId)
      line.put("perm", order.permId)
      line.put("ref", order.order.orderRef)
      line.put("symbol", order.instrument.symbol)
      line.put("action", order.order.action)
      line.put("type", order.order.orderType)
      line.put("quantity", order.total.decimal.description)
      line.put("filled", order.filled.decimal.description)
      line.put("status", order.status)
      return line.line
    }
    let trades = executions.map { execution in
      var line = JSONLine()
      line.put("execution", execution.id(options.seed))
      line.put("perm", execution.order.permId)
      line.put("ref", execution.order.order.orderRef)
      line.put("shares", execution.size.decimal.description)
      line.put("price", execution.price)
      return line.line
    }
    let positions = account.symbols.map { symbol in
      "\"\(JSONLine.escape(symbol))\":\"\((account.holdings[symbol]?.size ?? .zero).decimal)\""
    }
    answer.put(raw: "[\(told.joined(separator: ","))]", "orders")
    answer.put(raw: "[\(trades.joined(separator: ","))]", "executions")
    answer.put(raw: "{\(positions.joined(separator: ","))}", "positions")
    answer.put("cash", account.cash)
    return answer.line
  }
}

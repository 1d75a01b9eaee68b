import TWSProtocol

/// Why an order is refused.
struct Refusal {
  var code: Int32
  var text: String
  init(_ code: Int32, _ text: String) { (self.code, self.text) = (code, text) }
}

extension Core {
  func place(_ session: ClientSession, _ orderId: Int32, _ contract: Contract, _ order: Order) {
    guard let clientId = session.clientId else { return }
    guard orderId > 0 else { return fail(session, orderId, 10149, "Invalid order id: \(orderId)") }
    let key = ClientOrder(clientId: clientId, orderId: orderId)
    if let known = byClient[key] { return modify(session, known, contract, order) }
    guard orderId > highestIds[clientId] ?? 0 else { return fail(session, orderId, 103, "Duplicate order id") }
    if !order.whatIf { highestIds[clientId] = orderId }
    var order = order
    (order.orderId, order.clientId) = (orderId, clientId)
    if order.account.isEmpty { order.account = options.account }
    let checked = check(contract, order, clientId)
    guard case .success(let found) = checked else {
      if case .failure(let refusal) = checked { refuse(session, order, contract, refusal) }
      return
    }
    if order.whatIf { return preview(session, order, found.instrument, found.total) }
    let placed = BookOrder(
      orders.count + 1, clientId: clientId, instrument: found.instrument, contract: found.instrument.contract,
      order: order, total: found.total, at: now)
    if !contract.exchange.isEmpty { placed.contract.exchange = contract.exchange }
    placed.partsLeft = placed.isWhole ? 1 : 1 + choices.below(max(options.fillParts, 1))
    orders.append(placed)
    byClient[key] = placed
    watch(found.instrument)
    tell("place", placed)
    if order.transmit { release(placed) }
  }

  private func refuse(_ session: ClientSession, _ order: Order, _ contract: Contract, _ refusal: Refusal) {
    book.tell("reject", now) {
      $0.put("client", order.clientId)
      $0.put("order", order.orderId)
      $0.put("ref", order.orderRef)
      $0.put("symbol", contract.symbol)
      $0.put("code", refusal.code)
      $0.put("reason", refusal.text)
    }
    fail(session, order.orderId, refusal.code, refusal.text)
  }

  /// A family of orders goes out together: an order that is transmitted takes its parent and those of the same parent along.
  func release(_ order: BookOrder) {
    var family = [order]
    if let parent = parent(of: order) {
      family = orders.filter { $0 === parent || self.parent(of: $0) === parent }
    }
    for member in family where member.stage == .held {
      member.stage = .pending
      member.permId = permId(member.number)
      tell("transmit", member)
      after(milliseconds: options.latency) { [unowned self] in acknowledge(member) }
    }
  }

  func permId(_ number: Int) -> Int64 { 2_294_000_000 + Int64(options.seed % 1000) * 100_000 + Int64(number) }

  func parent(of order: BookOrder) -> BookOrder? {
    guard order.order.parentId != 0 else { return nil }
    return byClient[ClientOrder(clientId: order.clientId, orderId: order.order.parentId)]
  }

  func children(of order: BookOrder) -> [BookOrder] {
    orders.filter { $0.clientId == order.clientId && $0.order.parentId == order.orderId && $0 !== order }
  }

  /// The exchange side has the order: it works, or it waits for something.
  private func acknowledge(_ order: BookOrder) {
    guard order.stage == .pending else { return }
    if weather.isLinkDown {
      // It stays in the gateway until there is a way out.
      after(milliseconds: 100) { [unowned self] in acknowledge(order) }
      return
    }
    order.stage = .waiting
    order.whyHeld = waitsFor(order) ?? ""
    if !order.order.ocaGroup.isEmpty, triggeredGroups.contains(order.order.ocaGroup) {
      report(order)
      return end(order, .cancelled, "OCA group \(order.order.ocaGroup) is already triggered")
    }
    if !weather.executionFirst { report(order) }
    activate(order)
  }

  /// Lets an order work when nothing keeps it from that.
  func activate(_ order: BookOrder) {
    guard order.stage == .waiting else { return }
    if let reason = waitsFor(order) {
      if reason != order.whyHeld {
        order.whyHeld = reason
        report(order)
      }
      return
    }
    order.whyHeld = ""
    order.stage = .working
    tell("submit", order)
    if !weather.executionFirst { report(order) }
    match(order)
    if order.order.tif == "IOC" || order.order.tif == "FOK", order.stage == .working, !order.isFillPending {
      end(order, .cancelled, "\(order.order.tif) order could not be filled at once")
    }
  }

  /// What an order waits for; nil: nothing. The protocol has words for two of them.
  private func waitsFor(_ order: BookOrder) -> String? {
    if let parent = parent(of: order), parent.stage != .filled, !(parent.isOver && parent.filled > .zero) {
      return "child"
    }
    if order.needsTrigger, !order.isTriggered { return "trigger" }
    if order.auction != nil, !order.isTriggered { return "auction" }
    if let start = CivilTime.parse(order.order.goodAfterTime), start > seconds { return "time" }
    return nil
  }
}

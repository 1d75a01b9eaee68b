import TWSProtocol

extension Core {
  /// The same id again: the order as it is to be from now on.
  func modify(_ session: ClientSession, _ known: BookOrder, _ contract: Contract, _ order: Order) {
    let id = known.orderId
    func refuse(_ code: Int32, _ text: String) {
      tell("modify_refused", known) { $0.put("code", code) }
      fail(session, id, code, text)
    }
    if known.stage == .filled { return refuse(104, "Cannot modify a filled order.") }
    if known.isOver { return refuse(103, "Duplicate order id") }
    if known.stage == .cancelling { return refuse(105, "Order being modified does not match original order") }
    let isSameContract =
      contract.conId != 0 ? contract.conId == known.contract.conId : contract.symbol == known.contract.symbol
    guard isSameContract, order.action == known.order.action else {
      return refuse(105, "Order being modified does not match original order")
    }
    guard order.orderType == known.order.orderType else {
      return refuse(329, "Order modify failed. Cannot change to the new order type.")
    }
    var changed = order
    (changed.orderId, changed.clientId, changed.permId) = (id, known.clientId, known.permId)
    if changed.account.isEmpty { changed.account = options.account }
    switch check(contract, changed, known.clientId) {
    case .failure(let refusal): return refuse(refusal.code, refusal.text)
    case .success(let found):
      guard found.total >= known.filled else {
        return refuse(201, "Order rejected - reason:the quantity is below what is filled")
      }
      known.order = changed
      known.total = found.total
      if changed.orderType.hasPrefix("TRAIL"), let stop = changed.trailStopPrice { known.stopPrice = stop }
    }
    tell("modify", known)
    guard known.stage != .held else {
      if changed.transmit { release(known) }
      return
    }
    after(milliseconds: options.latency) { [unowned self] in
      guard !known.isOver else { return }
      if known.remaining == .zero { return end(known, .filled, "") }
      report(known)
      if known.stage == .working { match(known) } else { activate(known) }
    }
  }

  func cancel(_ session: ClientSession, _ orderId: Int32) {
    let key = ClientOrder(clientId: session.clientId ?? 0, orderId: orderId)
    guard var known = byClient[key] else {
      return fail(session, orderId, 10147, "OrderId \(orderId) that needs to be cancelled is not found.")
    }
    // A second order under the same reference and id is reached once the first is over.
    if known.isOver,
      let second = orders.last(where: {
        !$0.isOver && $0.clientId == known.clientId && $0.orderId == orderId
          && $0.order.orderRef == known.order.orderRef
      })
    {
      known = second
    }
    if known.isOver {
      return fail(
        session, orderId, 10148,
        "OrderId \(orderId) that needs to be cancelled cannot be cancelled, state: \(known.status).")
    }
    if known.stage == .cancelling {
      return fail(
        session, orderId, 161,
        "Cancel attempted when order is not in a cancellable state. Order permId =\(known.permId)")
    }
    beginCancel(known, "")
  }

  func cancelAll(_ session: ClientSession) {
    for order in orders where !order.isOver && order.stage != .cancelling { beginCancel(order, "") }
  }

  /// A cancellation takes its time; until then the order may still fill.
  func beginCancel(_ order: BookOrder, _ reason: String) {
    tell("cancel_requested", order)
    if weather.ignoresCancels { return }
    if order.stage == .held { return end(order, .cancelled, reason) }
    order.stage = .cancelling
    if choices.below(2) == 0 { report(order, withOrder: false) }
    finishCancel(order, reason)
  }

  private func finishCancel(_ order: BookOrder, _ reason: String) {
    after(milliseconds: options.latency) { [unowned self] in
      if weather.isLinkDown { return finishCancel(order, reason) }
      if order.stage == .cancelling { end(order, .cancelled, reason) }
    }
  }

  /// An order comes to its end, and those that hang on it with it.
  func end(_ order: BookOrder, _ stage: BookOrder.Stage, _ reason: String) {
    guard !order.isOver else { return }
    let wasHeld = order.stage == .held
    order.stage = stage
    order.endedAt = now
    order.whyHeld = ""
    order.endText =
      stage == .filled ? "Filled Size: \(order.filled.decimal)" : reason.isEmpty ? "Cancelled by Trader" : reason
    tell(stage == .filled ? "filled" : stage == .inactive ? "inactive" : "cancelled", order) {
      $0.put("reason", reason)
    }
    if !wasHeld, stage != .filled {
      report(order, withOrder: stage == .inactive, times: weather.duplicatesStatus ? 2 : 1)
      tellClient(
        order.clientId, [error(order.orderId, stage == .inactive ? 201 : 202, "Order Canceled - reason:\(reason)")])
    }
    for child in children(of: order) where !child.isOver {
      if order.filled > .zero {
        if child.total > order.filled, stage != .filled { child.total = order.filled }
        activate(child)
      } else {
        beginCancelOfChild(child)
      }
    }
  }

  private func beginCancelOfChild(_ child: BookOrder) { end(child, .cancelled, "Parent order was cancelled") }
}

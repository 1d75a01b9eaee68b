import TWSProtocol

extension Core {
  /// The way to the exchange side is open again (1101: subscriptions are gone; 1102: they are kept).
  func restore(isLost: Bool, drops: Bool) {
    weather.isLinkDown = false
    if isLost {
      for session in startedSessions {
        (session.quotes, session.tickByTick, session.bars, session.history) = ([:], [:], [:], [:])
      }
    }
    let start = "Connectivity between IBKR and Trader Workstation has been restored - data"
    broadcast(isLost ? error(-1, 1101, "\(start) lost.") : error(-1, 1102, "\(start) maintained."))
    let held = weather.heldBack
    weather.heldBack = []
    if drops { return }
    for (clientId, responses) in held { tellClient(clientId, responses) }
  }

  /// The nightly restart: connections end; ids may go back, and orders that were given last may never have left.
  func restart(rollback: Int, lose: Int) {
    var lost = 0
    for order in orders.reversed() where lost < lose && !order.isOver && order.filled == .zero {
      lost += 1
      tell("lost", order)
      orders.removeAll { $0 === order }
      byClient[ClientOrder(clientId: order.clientId, orderId: order.orderId)] = nil
      highestIds[order.clientId] = min(highestIds[order.clientId] ?? 0, order.orderId - 1)
    }
    for (clientId, highest) in highestIds { highestIds[clientId] = max(0, highest - Int32(clamping: rollback)) }
    // An id that is handed out again names the new order from then on.
    for key in byClient.keys where key.orderId > highestIds[key.clientId] ?? 0 { byClient[key] = nil }
  }
}

extension Core {
  /// Opening and closing auctions at 09:30 and 16:00 of New York on days of the week; the close ends orders of the day.
  func expireOrders() {
    guard options.followsSessions else { return }
    let time = CivilTime.newYork(seconds)
    let weekday = CivilTime.weekday(seconds - CivilTime.behindUTC(seconds))
    guard ![0, 6].contains(weekday) else { return }
    if time.second == 34_200 { auction("open") }
    if time.second == 57_600 { auction("close") }
  }

  /// Orders of an auction trade at its price, or end without one.
  func auction(_ name: String) {
    book.tell("auction", now) { $0.put("auction", name) }
    for order in orders where order.stage == .waiting && order.auction == name && order.whyHeld != "child" {
      order.isTriggered = true
      let price = order.instrument.last
      let isGood = order.order.lmtPrice.map { $0 == 0 || (order.isBuy ? price <= $0 : price >= $0) } ?? true
      if isGood {
        order.stage = .working
        tell("submit", order)
        report(order)
        execute(order, order.remaining, price, exchange: order.instrument.primaryExchange)
      } else {
        end(order, .cancelled, "The auction's price was not within the limit")
      }
    }
    guard name == "close" else { return }
    for order in orders where order.isOpen && ["", "DAY", "OPG"].contains(order.order.tif) {
      end(order, .cancelled, "Order expired")
    }
  }
}

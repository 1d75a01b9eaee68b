import TWSProtocol

extension Core {
  enum Check {
    case success((instrument: Instrument, total: Size))
    case failure(Refusal)
  }

  /// Everything that is checked before an order is taken.
  func check(_ contract: Contract, _ order: Order, _ clientId: Int32) -> Check {
    if weather.rejections > 0, !order.whatIf {
      weather.rejections -= 1
      return .failure(Refusal(201, "Order rejected - reason:\(weather.rejectText)"))
    }
    guard let instrument = market.instrument(of: contract) else {
      return .failure(Refusal(200, "No security definition has been found for the request"))
    }
    guard order.account == options.account else {
      return .failure(Refusal(435, "You must specify an account."))
    }
    guard order.action == "BUY" || order.action == "SELL" else {
      return .failure(Refusal(321, "Error validating request: invalid action '\(order.action)'"))
    }
    if let cash = order.cashQty, cash > 0 {
      return .failure(Refusal(10244, "Cash Quantity cannot be used for this order"))
    }
    guard let total = order.totalQuantity.flatMap({ Size($0) }), total > .zero else {
      return .failure(Refusal(434, "The order size cannot be zero."))
    }
    if let refusal = typeRefusal(order) ?? priceRefusal(order, instrument) ?? timeRefusal(order) {
      return .failure(refusal)
    }
    if order.parentId != 0 {
      let parent = byClient[ClientOrder(clientId: clientId, orderId: order.parentId)]
      if parent == nil || parent?.stage == .cancelled || parent?.stage == .inactive {
        return .failure(Refusal(10006, "Missing parent order."))
      }
    }
    let price = order.lmtPrice ?? order.auxPrice ?? instrument.last
    if order.action == "BUY", total.double * price > account.buyingPower(market) {
      return .failure(
        Refusal(201, "Order rejected - reason:The available funds are insufficient for this order"))
    }
    return .success((instrument, total))
  }

  private func typeRefusal(_ order: Order) -> Refusal? {
    guard let kind = OrderKind(order.orderType) else {
      return Refusal(387, "Unsupported order type for this exchange and security type.")
    }
    switch kind {
    case .limit where (order.lmtPrice ?? 0) <= 0, .stopLimit where (order.lmtPrice ?? 0) <= 0:
      return Refusal(321, "Error validating request: a limit price is required")
    case .stop where (order.auxPrice ?? 0) <= 0, .stopLimit where (order.auxPrice ?? 0) <= 0:
      return Refusal(463, "You must enter a valid trigger price")
    case .trail, .trailLimit:
      let (amount, percent) = ((order.auxPrice ?? 0) > 0, (order.trailingPercent ?? 0) > 0)
      if amount == percent { return Refusal(321, "Error validating request: trailing amount or percent, not both") }
    default: break
    }
    return nil
  }

  private func priceRefusal(_ order: Order, _ instrument: Instrument) -> Refusal? {
    let isFree = ["TRAIL", "TRAIL LIMIT", "REL"].contains(order.orderType)
    for price in [order.lmtPrice, isFree ? nil : order.auxPrice, order.trailStopPrice] {
      guard let price, price != 0, abs(price - Instrument.onGrid(price, instrument.tick)) > 1e-9 else { continue }
      return Refusal(110, "The price does not conform to the minimum price variation for this contract.")
    }
    return nil
  }

  private func timeRefusal(_ order: Order) -> Refusal? {
    switch order.tif {
    case "", "DAY", "GTC", "IOC", "FOK": break
    case "OPG":
      if order.orderType != "MKT" && order.orderType != "LMT" {
        return Refusal(201, "Order rejected - reason:OPG is for market and limit orders")
      }
    case "GTD":
      guard let end = CivilTime.parse(order.goodTillDate), end > seconds else {
        return Refusal(391, "The time or time-zone entered is invalid. The correct format is yyyymmdd-hh:mm:ss")
      }
    default: return Refusal(10052, "Invalid time in force:\(order.tif)")
    }
    if ["MOC", "LOC"].contains(order.orderType), order.tif != "DAY", !order.tif.isEmpty {
      return Refusal(201, "Order rejected - reason:\(order.orderType) orders are good for the day only")
    }
    if !order.goodAfterTime.isEmpty, CivilTime.parse(order.goodAfterTime) == nil {
      return Refusal(391, "The time or time-zone entered is invalid. The correct format is yyyymmdd-hh:mm:ss")
    }
    return nil
  }
}

import CAlphaLoop

/// One limit as an order met it.
public struct GateCheck: Equatable, Sendable {
  /// `AL_DENY_*` that it would have been.
  public var reason: UInt16
  /// The most that is allowed, in the unit of `value`: money, quantity, price, ns or a count.
  public var limit: Int64
  public var value: Int64
}

/// Every limit that an order has to pass, with the numbers on both sides: for the record of why it went, off the hot path.
extension Gate {
  func checks(
    _ order: al_order_v1, position: Int64, book: OrderPool.Book, context c: GateContext
  ) -> [GateCheck] {
    let i = Int(order.instrument)
    let e = exposures + i
    let size = abs(order.quantity)
    let buy = book.reservedBuy.raw &+ (order.quantity > 0 ? size : 0)
    let sell = book.reservedSell.raw &+ (order.quantity < 0 ? size : 0)
    let risk = quantityAtRisk(position, buy, sell, hasUnknown: book.unknown > 0)
    let before = quantityAtRisk(position, book.reservedBuy.raw, book.reservedSell.raw, hasUnknown: book.unknown > 0)
    var price = e.pointee.last
    if order.quantity > 0 {
      price = max(price, order.limit_price)
      if order.type != AL_ORDER_TRAILING_STOP { price = max(price, order.stop_price) }
    }
    var list: [GateCheck] = []
    func add(_ reason: UInt16, _ limit: Int64, _ value: Int64) {
      list.append(GateCheck(reason: reason, limit: limit, value: value))
    }
    func add(_ reason: UInt16, _ limit: MoneyLimit, _ value: Int64) {
      if let most = most(limit, c.equity) { add(reason, most, value) }
    }
    if limits.staleAfter != 0 { add(AL_DENY_STALE_QUOTE, limits.staleAfter, c.now &- e.pointee.lastTime) }
    if limits.priceCollarPPM != 0, order.limit_price != 0 {
      add(AL_DENY_PRICE_COLLAR, e.pointee.last, order.limit_price)
    }
    if let most = limits.maxOrderQuantity { add(AL_DENY_ORDER_SIZE, most.raw, size) }
    add(AL_DENY_ORDER_SIZE, limits.maxOrder, money(size, price, multipliers[i]))
    add(AL_DENY_POSITION_COUNT, Int64(clamping: limits.maxPositions), Int64(names + (before == 0 ? 1 : 0)))
    add(AL_DENY_POSITION_SIZE, limits.maxPosition, money(risk, price, multipliers[i]))
    let more = money(risk, price, multipliers[i]) &- value(e, at: e.pointee.last)
    let worth = money(size, price, multipliers[i])
    let total = gross.addingReportingOverflow(more)
    let signed = net.addingReportingOverflow(order.quantity > 0 ? worth : 0 &- worth)
    add(AL_DENY_GROSS, limits.maxGross, total.overflow ? .max : total.partialValue)
    add(AL_DENY_NET, limits.maxNet, signed.overflow ? .max : signed.partialValue)
    if limits.maxSector != .none { add(AL_DENY_SECTOR, limits.maxSector, sectors[Int(e.pointee.sector)] &+ more) }
    if limits.buyingPowerPPM != 0 {
      add(AL_DENY_BUYING_POWER, .ofEquity(ppm: limits.buyingPowerPPM), total.overflow ? .max : total.partialValue)
    }
    return list
  }

  /// A limit in money; nil: there is none.
  private func most(_ limit: MoneyLimit, _ equity: Int64) -> Int64? {
    switch limit {
    case .none: nil
    case .money(let most): most.raw
    case .ofEquity(let ppm): Int64(clamping: Int128(equity) * Int128(ppm) / 1_000_000)
    }
  }
}

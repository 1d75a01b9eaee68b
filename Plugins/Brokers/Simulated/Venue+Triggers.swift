import AlphaLoopSDK
import CAlphaLoop

// Stops, trailing stops and auction orders: everything but plain market and limit orders.
extension UnsafeMutablePointer<Venue> {
  @inline(never) func decideOther(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ bar: Bar, _ pass: Pass, _ size: Int64,
    _ decision: inout Decision
  ) {
    switch order.pointee.live {
    case AL_ORDER_STOP: trigger(order, at: order.pointee.stop, bar, pass, size, &decision)
    case AL_ORDER_STOP_LIMIT: triggerLimit(order, bar, pass, size, &decision)
    case AL_ORDER_TRAILING_STOP:
      trigger(order, at: trailingLevel(order, bar), bar, pass, size, &decision)
      // The order of high and low inside a bar is unknown: its extreme counts from the next bar on.
      if decision.marks & Decision.triggered == 0 { follow(order, bar) }
    default: auction(order, bar, pass, size, &decision)
    }
  }

  /// Buy stops trigger when the high touches, sell stops when the low does; a gap through the stop trades at the open.
  private func trigger(
    _ order: UnsafeMutablePointer<WorkingOrder>, at level: Int64, _ bar: Bar, _ pass: Pass, _ size: Int64,
    _ decision: inout Decision
  ) {
    let isBuy = order.pointee.isBuy
    guard isBuy ? bar.high >= level : bar.low <= level else { return }
    decision.marks |= Decision.triggered
    order.pointee.live = AL_ORDER_MARKET
    guard size > 0 else { return }
    let price = isBuy ? max(bar.open, level) : min(bar.open, level)
    decision.price = taking(price, size, isBuy: isBuy, bar, order.pointee.instrument, pass)
    decision.marks |= Decision.taker
  }

  /// Stop and limit inside one bar, only what is certain of the path counts.
  ///
  /// Triggered by a gap, the order is a limit order from the open on. Triggered inside the bar, it takes liquidity at the
  /// stop, as a stop order does, when its limit allows that price. Otherwise it fills at its limit when the market must
  /// have come back to it after the trigger: anywhere in the bar after a gap, but only by the close after a trigger inside
  /// the bar, since the other extreme may have come first.
  private func triggerLimit(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ bar: Bar, _ pass: Pass, _ size: Int64,
    _ decision: inout Decision
  ) {
    let isBuy = order.pointee.isBuy
    let (stop, limit) = (order.pointee.stop, order.pointee.limit)
    guard isBuy ? bar.high >= stop : bar.low <= stop else { return }
    decision.marks |= Decision.triggered
    order.pointee.live = AL_ORDER_LIMIT
    guard size > 0 else { return }
    let isGap = isBuy ? bar.open >= stop : bar.open <= stop
    let price = taking(isGap ? bar.open : stop, size, isBuy: isBuy, bar, order.pointee.instrument, pass)
    if isBuy ? price <= limit : price >= limit {
      decision.price = price
      decision.marks |= Decision.taker
    } else {
      let later = isGap ? (isBuy ? bar.low : bar.high) : bar.close
      if isBuy ? later <= limit : later >= limit { decision.price = limit }
    }
  }

  /// The offset is kept from the best price of finished bars: at first the last close before acceptance, or the open of
  /// the first bar when there was none. Offsets in ppm are of that price, rounded down.
  private func trailingLevel(_ order: UnsafeMutablePointer<WorkingOrder>, _ bar: Bar) -> Int64 {
    if order.pointee.extreme <= 0 { order.pointee.extreme = bar.open }
    let extreme = order.pointee.extreme
    let offset =
      order.pointee.trail > 0 ? Fixed.share(extreme, ppm: Int64(order.pointee.trail)) : order.pointee.stop
    return order.pointee.isBuy ? Fixed.add(extreme, offset) : extreme - offset
  }

  private func follow(_ order: UnsafeMutablePointer<WorkingOrder>, _ bar: Bar) {
    order.pointee.extreme =
      order.pointee.isBuy ? min(order.pointee.extreme, bar.low) : max(order.pointee.extreme, bar.high)
  }

  /// On-open orders trade at the open of the first bar of a session, on-close ones at the close of the last; what does not
  /// trade there ends there.
  private func auction(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ bar: Bar, _ pass: Pass, _ size: Int64,
    _ decision: inout Decision
  ) {
    let type = order.pointee.live
    let isOpening = type == AL_ORDER_MARKET_ON_OPEN || type == AL_ORDER_LIMIT_ON_OPEN
    guard pass.has(isOpening ? AL_MARKET_SESSION_OPENS : AL_MARKET_SESSION_CLOSES) else { return }
    let isBuy = order.pointee.isBuy
    let price = isOpening ? bar.open : bar.close
    if type == AL_ORDER_LIMIT_ON_OPEN || type == AL_ORDER_LIMIT_ON_CLOSE {
      if isBuy ? price <= order.pointee.limit : price >= order.pointee.limit { decision.price = price }
    } else if size > 0 {
      decision.price = taking(price, size, isBuy: isBuy, bar, order.pointee.instrument, pass)
      decision.marks |= Decision.taker
    }
    let fills = decision.price != 0 ? size : 0
    if fills != Int64(order.pointee.remaining.magnitude) { decision.marks |= Decision.expired }
  }
}

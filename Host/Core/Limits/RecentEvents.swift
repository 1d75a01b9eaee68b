import CAlphaLoop

/// The times of the last `count` events: full when the oldest is within the window.
struct TimeRing {
  private var times: [Int64]
  private var next = 0
  private let window: Int64
  let limit: Int64
  private let isOn: Bool

  init(_ rate: RateLimit?) {
    isOn = rate != nil
    times = Array(repeating: Int64.min / 2, count: max(rate?.count ?? 1, 1))
    window = rate?.window ?? 0
    limit = Int64(rate?.count ?? 0)
  }

  @inline(__always) func isFull(_ now: Int64) -> Bool { isOn && isFullSlow(now) }
  @inline(never) private func isFullSlow(_ now: Int64) -> Bool { now &- times[next] < window }
  @inline(__always) mutating func add(_ now: Int64) { if isOn { addSlow(now) } }
  @inline(never) private mutating func addSlow(_ now: Int64) {
    times[next] = now
    next = next + 1 == times.count ? 0 : next + 1
  }
}

/// The orders of the last moments, to see one sent twice.
struct RecentOrders {
  private struct Entry {
    var time: Int64
    var quantity: Int64
    var limit: Int64
    var instrument: UInt32
    var type: UInt8
    /// The closing and the opening half of a flip are two orders, not one sent twice.
    var flags: UInt16
  }
  private var entries: [Entry] = []
  private let window: Int64

  init(window: Int64) { self.window = window }

  @inline(never) mutating func isRepeated(_ order: al_order_v1, _ now: Int64) -> Bool {
    let from = now &- window
    entries.removeAll { $0.time <= from }
    for e in entries
    where e.instrument == order.instrument && e.quantity == order.quantity && e.limit == order.limit_price
      && e.type == order.type && e.flags == order.flags
    { return true }
    return false
  }

  @inline(never) mutating func add(_ order: al_order_v1, _ now: Int64) {
    entries.append(
      Entry(
        time: now, quantity: order.quantity, limit: order.limit_price, instrument: order.instrument, type: order.type,
        flags: order.flags))
  }
}

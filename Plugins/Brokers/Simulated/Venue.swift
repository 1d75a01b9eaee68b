import AlphaLoopSDK
import CAlphaLoop

/// A simulated exchange and the account behind it: orders in, facts out.
///
/// Deterministic in (parameters, seed, calls): it reads no clock. Time is the decision time of orders and the as-of time
/// of markets. All state lies behind pointers that this value owns; neither `submit` nor `advance` allocates, but for the
/// pool of orders, which doubles.
struct Venue {
  var settings: Settings
  /// No latency, no dice, and the tag is known: a plain order is taken without further questions.
  var takesAtOnce = false
  /// Fills are whole and at the price of the bar: no volume cap, no cost of liquidity.
  var fillsWhole = false
  var fees: FeeSchedule
  let bookCount: Int
  let books: UnsafeMutablePointer<Book>
  /// The latest close of every instrument.
  let closes: UnsafeMutablePointer<Int64>
  let halts: UnsafeMutablePointer<TradingHalt>

  var orders: UnsafeMutablePointer<WorkingOrder>
  var orderCapacity = Venue.firstCapacity
  var orderEnd = 0
  var freeOrders = AL_NONE
  /// At the venue, in flight to it, and how many of both are stops.
  var workingCount = 0
  var inFlightCount = 0
  var stopCount = 0
  var index = OrderIndex()

  /// Books that have orders, in order of their first one.
  let active: UnsafeMutablePointer<UInt32>
  var activeCount = 0
  var messages = MessageQueue()
  var decisions: UnsafeMutablePointer<Decision>

  var clock: Int64 = .min
  var nextRank: UInt64 = 1
  /// No good-till-date order ends before this.
  var nextExpiry: Int64 = .max
  var cash: Int64
  var seed: UInt64 = 0
  var tagSalt: UInt64
  /// Execution ids are {tag, n}. The tag comes from the first order, so that no two runs share ids.
  var tag: UInt64 = 0
  var executionCount: UInt64 = 0
  let history: UnsafeMutablePointer<PastFill>
  /// Shares traded in the calendar month `month`, for volume tiers.
  var month: Int64 = .min
  var monthlyShares: Int64 = 0
}

/// A venue lives at one address from `make` to `destroy`: a value of its size would be copied by every call.
extension UnsafeMutablePointer<Venue> {
  static func make(
    _ settings: Settings, fees: FeeSchedule, books list: [Book], halts haltList: [TradingHalt], cash: Int64,
    salt: UInt64
  ) -> Self {
    let count = max(list.count, 1)
    let books = UnsafeMutablePointer<Book>.allocate(capacity: count)
    for (i, book) in list.enumerated() { (books + i).initialize(to: book) }
    let closes = UnsafeMutablePointer<Int64>.allocate(capacity: count)
    closes.initialize(repeating: 0, count: count)
    let halts = UnsafeMutablePointer<TradingHalt>.allocate(capacity: max(haltList.count, 1))
    for (i, halt) in haltList.enumerated() { (halts + i).initialize(to: halt) }
    let venue = allocate(capacity: 1)
    venue.initialize(
      to: Venue(
        settings: settings, fees: fees, bookCount: list.count, books: books, closes: closes, halts: halts,
        orders: .allocate(capacity: Venue.firstCapacity), active: .allocate(capacity: count),
        decisions: .allocate(capacity: Venue.firstCapacity), cash: cash, tagSalt: salt,
        history: .allocate(capacity: max(settings.executionHistory, 1))))
    venue.pointee.updateShortcuts()
    return venue
  }

  func destroy() {
    pointee.books.deallocate()
    pointee.closes.deallocate()
    pointee.halts.deallocate()
    pointee.active.deallocate()
    pointee.orders.deallocate()
    pointee.decisions.deallocate()
    pointee.history.deallocate()
    pointee.index.deallocate()
    pointee.messages.deallocate()
    deallocate()
  }

  /// The most reports one `advance` can make: an answer a message; a fill and an end an order; a trigger a stop.
  var reportBound: Int {
    pointee.messages.count + 2 * (pointee.workingCount + pointee.inFlightCount) + pointee.stopCount
  }

  // MARK: the pool

  @inline(never) func growOrders() {
    let wider = UnsafeMutablePointer<WorkingOrder>.allocate(capacity: pointee.orderCapacity * 2)
    wider.moveInitialize(from: pointee.orders, count: pointee.orderEnd)
    pointee.orders.deallocate()
    pointee.orders = wider
    pointee.decisions.deallocate()
    pointee.decisions = .allocate(capacity: pointee.orderCapacity * 2)
    pointee.orderCapacity *= 2
  }

  @inline(__always) func takeSlot() -> UInt32 {
    let slot = pointee.freeOrders
    if slot != AL_NONE {
      pointee.freeOrders = pointee.orders[Int(slot)].next
      return slot
    }
    if pointee.orderEnd == pointee.orderCapacity { growOrders() }
    pointee.orderEnd &+= 1
    return UInt32(truncatingIfNeeded: pointee.orderEnd &- 1)
  }

  /// Puts an order that knows its rank at the end of its book.
  @inline(__always) func link(
    _ slot: UInt32, _ order: UnsafeMutablePointer<WorkingOrder>, _ book: UnsafeMutablePointer<Book>
  ) {
    let tail = book.pointee.tail
    order.pointee.next = AL_NONE
    order.pointee.previous = tail
    book.pointee.tail = slot
    if tail != AL_NONE {
      pointee.orders[Int(tail)].next = slot
    } else {
      book.pointee.head = slot
      book.pointee.active = UInt32(truncatingIfNeeded: pointee.activeCount)
      pointee.active[pointee.activeCount] = order.pointee.instrument
      pointee.activeCount &+= 1
    }
  }

  @inline(__always) func nextRank() -> UInt64 {
    let rank = pointee.nextRank
    pointee.nextRank = rank &+ 1
    return rank
  }

  @inline(__always) func unlink(_ order: UnsafeMutablePointer<WorkingOrder>, _ book: UnsafeMutablePointer<Book>) {
    let next = order.pointee.next
    let previous = order.pointee.previous
    if previous != AL_NONE { pointee.orders[Int(previous)].next = next } else { book.pointee.head = next }
    if next != AL_NONE { pointee.orders[Int(next)].previous = previous } else { book.pointee.tail = previous }
    if next == AL_NONE && previous == AL_NONE { retire(book) }
  }

  /// The last book takes the place of the one that has no orders any more.
  @inline(__always) private func retire(_ book: UnsafeMutablePointer<Book>) {
    pointee.activeCount &-= 1
    let moved = pointee.active[pointee.activeCount]
    let place = book.pointee.active
    pointee.active[Int(place)] = moved
    pointee.books[Int(moved)].active = place
    book.pointee.active = AL_NONE
  }

  /// Ends an order at the venue or on its way. `value`: what the index of ids answers from now on.
  func end(_ slot: UInt32, _ value: UInt32 = OrderIndex.accepted) {
    let order = pointee.orders + Int(slot)
    if !order.pointee.isInFlight {
      return endWorking(slot, order, pointee.books + Int(order.pointee.instrument), value)
    }
    pointee.inFlightCount &-= 1
    release(slot, order, value)
  }

  @inline(__always) func endWorking(
    _ slot: UInt32, _ order: UnsafeMutablePointer<WorkingOrder>, _ book: UnsafeMutablePointer<Book>, _ value: UInt32
  ) {
    unlink(order, book)
    pointee.workingCount &-= 1
    release(slot, order, value)
  }

  @inline(__always) private func release(
    _ slot: UInt32, _ order: UnsafeMutablePointer<WorkingOrder>, _ value: UInt32
  ) {
    if Venue.isStop(order.pointee.type) { pointee.stopCount &-= 1 }
    pointee.index.finish(order.pointee.block, order.pointee.id, value)
    order.pointee.next = pointee.freeOrders
    pointee.freeOrders = slot
  }
}

extension Venue {
  static let firstCapacity = 256

  mutating func updateShortcuts() {
    takesAtOnce = settings.latency == 0 && settings.rejectProbability == 0 && tag != 0
    fillsWhole = settings.participation == 0 && settings.spread == .none && settings.slippage == .none
  }

  @inline(__always) static func isStop(_ type: UInt8) -> Bool {
    type >= AL_ORDER_STOP && type <= AL_ORDER_TRAILING_STOP
  }

  /// An alias for people and logs, derived from the id so that it survives a restart.
  @inline(__always) static func brokerID(_ id: al_order_id_v1) -> Int64 {
    Int64(bitPattern: (id.session &* 0x9e37_79b9_7f4a_7c15 &+ id.sequence) & 0x7fff_ffff_ffff_ffff)
  }

  /// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014): the finaliser.
  @inline(__always) static func mix(_ value: UInt64) -> UInt64 {
    var x = value &+ 0x9e37_79b9_7f4a_7c15
    x = (x ^ (x &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x &>> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x &>> 31)
  }

  static func later(_ time: Int64, _ wait: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(wait)
    return overflow ? .max : sum
  }

  /// Fowler, Noll and Vo, FNV-1a.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// A fill as `executions` reports it; the number follows from its place.
struct PastFill {
  var id: al_order_id_v1
  var ts: Int64
  var quantity: Int64
  var price: Int64
  var fee: Int64
  var remaining: Int64
  var instrument: UInt32
  var reserved: UInt32 = 0
}

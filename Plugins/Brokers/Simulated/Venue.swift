import AlphaLoopSDK
import CAlphaLoop

/// A simulated exchange and the account behind it: orders in, facts out.
///
/// Deterministic in (parameters, seed, calls): it reads no clock. Time is the decision time of orders and the as-of time
/// of markets. All state lies behind pointers that this value owns; neither `submit` nor `advance` allocates, but for the
/// pool of orders, which doubles.
struct Venue: ~Copyable {
  var settings: Settings
  var fees: FeeSchedule
  let bookCount: Int
  let books: UnsafeMutablePointer<Book>
  /// The latest close of every instrument.
  let closes: UnsafeMutablePointer<Int64>
  let halts: UnsafeMutablePointer<TradingHalt>

  var orders: UnsafeMutablePointer<WorkingOrder>
  var orderCapacity: Int
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
  var seed: UInt64
  var tagSalt: UInt64
  /// Execution ids are {tag, n}. The tag comes from the first order, so that no two runs share ids.
  var tag: UInt64 = 0
  var executionCount: UInt64 = 0
  let history: UnsafeMutablePointer<PastFill>
  /// Shares traded in the calendar month `month`, for volume tiers.
  var month: Int64 = .min
  var monthlyShares: Int64 = 0
  var warnedOfVolume = false

  init(
    _ settings: Settings, fees: FeeSchedule, books list: [Book], halts haltList: [TradingHalt], cash: Int64,
    salt: UInt64
  ) {
    self.settings = settings
    self.fees = fees
    bookCount = list.count
    books = .allocate(capacity: max(list.count, 1))
    for (i, book) in list.enumerated() { (books + i).initialize(to: book) }
    closes = .allocate(capacity: max(list.count, 1))
    closes.initialize(repeating: 0, count: max(list.count, 1))
    halts = .allocate(capacity: max(haltList.count, 1))
    for (i, halt) in haltList.enumerated() { (halts + i).initialize(to: halt) }
    active = .allocate(capacity: max(list.count, 1))
    orderCapacity = 256
    orders = .allocate(capacity: orderCapacity)
    decisions = .allocate(capacity: orderCapacity)
    history = .allocate(capacity: max(settings.executionHistory, 1))
    self.cash = cash
    seed = 0
    tagSalt = salt
  }

  deinit {
    books.deallocate()
    closes.deallocate()
    halts.deallocate()
    active.deallocate()
    orders.deallocate()
    decisions.deallocate()
    history.deallocate()
    index.deallocate()
    messages.deallocate()
  }

  /// The most reports one `advance` can make: an answer a message; a fill and an end an order; a trigger a stop.
  var reportBound: Int { messages.count + 2 * (workingCount + inFlightCount) + stopCount }

  // MARK: the pool

  @inline(never) mutating func growOrders() {
    let wider = UnsafeMutablePointer<WorkingOrder>.allocate(capacity: orderCapacity * 2)
    wider.moveInitialize(from: orders, count: orderEnd)
    orders.deallocate()
    orders = wider
    decisions.deallocate()
    decisions = .allocate(capacity: orderCapacity * 2)
    orderCapacity *= 2
  }

  @inline(__always) mutating func takeSlot() -> UInt32 {
    let slot = freeOrders
    if slot != AL_NONE {
      freeOrders = orders[Int(slot)].next
      return slot
    }
    if orderEnd == orderCapacity { growOrders() }
    orderEnd &+= 1
    return UInt32(truncatingIfNeeded: orderEnd &- 1)
  }

  @inline(__always) mutating func link(_ slot: UInt32) {
    let order = orders + Int(slot)
    let book = books + Int(order.pointee.instrument)
    let tail = book.pointee.tail
    order.pointee.next = AL_NONE
    order.pointee.previous = tail
    order.pointee.rank = nextRank
    nextRank &+= 1
    book.pointee.tail = slot
    if tail != AL_NONE {
      orders[Int(tail)].next = slot
    } else {
      book.pointee.head = slot
      book.pointee.active = UInt32(truncatingIfNeeded: activeCount)
      active[activeCount] = order.pointee.instrument
      activeCount &+= 1
    }
  }

  @inline(__always) mutating func unlink(_ order: UnsafeMutablePointer<WorkingOrder>) {
    let book = books + Int(order.pointee.instrument)
    let next = order.pointee.next
    let previous = order.pointee.previous
    if previous != AL_NONE { orders[Int(previous)].next = next } else { book.pointee.head = next }
    if next != AL_NONE { orders[Int(next)].previous = previous } else { book.pointee.tail = previous }
    if next == AL_NONE && previous == AL_NONE { retire(book) }
  }

  /// The last book takes the place of the one that has no orders any more.
  @inline(__always) private mutating func retire(_ book: UnsafeMutablePointer<Book>) {
    activeCount &-= 1
    let moved = active[activeCount]
    let place = book.pointee.active
    active[Int(place)] = moved
    books[Int(moved)].active = place
    book.pointee.active = AL_NONE
  }

  /// Ends a working order: out of its book, out of the pool. `value`: what the index of ids answers from now on.
  @inline(__always) mutating func end(_ slot: UInt32, _ value: UInt32 = OrderIndex.accepted) {
    let order = orders + Int(slot)
    if order.pointee.isInFlight {
      inFlightCount &-= 1
    } else {
      unlink(order)
      workingCount &-= 1
    }
    if Self.isStop(order.pointee.type) { stopCount &-= 1 }
    index.finish(order.pointee.block, order.pointee.id, value)
    order.pointee.next = freeOrders
    freeOrders = slot
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

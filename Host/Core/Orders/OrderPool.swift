/// Orders in fixed slots, linked by index: the live ones in a list an instrument in order of arrival, the ended ones in a
/// list of their own until their slot is needed again. Nothing grows with history.
///
/// An ended order lingers (its id is still found, its late fills still find it) until `lingering` others have ended.
/// Every operation is O(1); memory doubles when the live orders outgrow it, and `reserve` moves that off the hot path.
public struct OrderPool: ~Copyable {
  /// What the live orders of one instrument reserve, for the gate to read in O(1).
  public struct Book: Sendable, BitwiseCopyable {
    // The two sums come first and side by side: the order machine takes one of them by the sign of an order.

    /// What working and unknown buy orders can still add to the position, at worst.
    public internal(set) var reservedBuy = Quantity.zero
    /// What working and unknown sell orders can still take from the position, at worst; never negative.
    public internal(set) var reservedSell = Quantity.zero
    /// First and last live order; -1 when none.
    public internal(set) var head: Int32 = -1
    public internal(set) var tail: Int32 = -1
    public internal(set) var live: Int32 = 0
    /// Orders in state `unknown`: any blocks new risk in the name.
    public internal(set) var unknown: Int32 = 0
  }

  /// Slot number -> order. Moves when the pool grows: do not keep it over a `create`.
  public private(set) var orders: UnsafeMutablePointer<Order>
  /// Instrument -> its reservations and list.
  public let books: UnsafeMutablePointer<Book>
  public let instruments: Int
  public private(set) var capacity: Int
  private var used = 0
  private var lingerHead: Int32 = -1
  private var lingerTail: Int32 = -1
  private var lingerCount = 0
  private let lingerLimit: Int
  private var table: UnsafeMutablePointer<Int32>
  private var shift: UInt64

  /// - Parameters:
  ///   - instruments: how many there are; an order's instrument is below it.
  ///   - capacity: orders to make room for at first.
  ///   - lingering: ended orders that can still be found.
  public init(instruments: Int, capacity: Int = 64, lingering: Int = 16) {
    self.instruments = max(instruments, 1)
    self.lingerLimit = max(lingering, 0)
    self.capacity = 16
    while self.capacity < capacity { self.capacity *= 2 }
    orders = Self.allocateOrders(self.capacity)
    books = .allocate(capacity: self.instruments)
    books.initialize(repeating: Book(), count: self.instruments)
    table = .allocate(capacity: 2 * self.capacity)
    table.initialize(repeating: -1, count: 2 * self.capacity)
    shift = UInt64(64 - (2 * self.capacity).trailingZeroBitCount)
  }

  deinit {
    orders.deallocate()
    books.deallocate()
    table.deallocate()
  }

  /// Live orders and those that linger.
  public var count: Int { used }
  public var lingeringCount: Int { lingerCount }

  @inline(__always) public subscript(slot: Int32) -> Order { orders[Int(slot)] }

  /// The slot of an order that is live or lingers; -1 when there is none.
  /// - Parameter hint: a slot to try first, such as the one that travelled with the order; any value is safe.
  @inline(__always) public func find(_ id: OrderID, hint: Int32 = -1) -> Int32 {
    if hint >= 0, Int(hint) < used, orders[Int(hint)].id == id { return hint }
    return lookUp(id)
  }

  private func lookUp(_ id: OrderID) -> Int32 {
    let mask = 2 * capacity - 1
    var place = home(of: id)
    while true {
      let slot = table[place]
      if slot < 0 || orders[Int(slot)].id == id { return slot }
      place = (place + 1) & mask
    }
  }

  /// Makes room so that `count` live orders need no allocation.
  public mutating func reserve(_ count: Int) {
    while capacity < count + lingerLimit { grow() }
  }

  /// Puts an order into a slot: the oldest ended one when enough linger, else one never used.
  @inline(__always) mutating func place(_ order: Order) -> Int32 {
    let slot: Int32
    if lingerCount > lingerLimit {
      slot = lingerHead
      leaveLingering(slot)
      forget(orders[Int(slot)].id)
    } else {
      if used == capacity { grow() }
      slot = Int32(truncatingIfNeeded: used)
      used &+= 1
    }
    orders[Int(slot)] = order
    remember(slot)
    return slot
  }

  // MARK: lists

  @inline(__always) mutating func joinBook(_ slot: Int32) {
    let order = orders + Int(slot)
    let book = books + Int(order.pointee.instrument)
    order.pointee.next = -1
    order.pointee.previous = book.pointee.tail
    if book.pointee.tail >= 0 { orders[Int(book.pointee.tail)].next = slot } else { book.pointee.head = slot }
    book.pointee.tail = slot
    book.pointee.live &+= 1
  }

  @inline(__always) mutating func leaveBook(_ slot: Int32) {
    let order = orders + Int(slot)
    let book = books + Int(order.pointee.instrument)
    let (previous, next) = (order.pointee.previous, order.pointee.next)
    if previous >= 0 { orders[Int(previous)].next = next } else { book.pointee.head = next }
    if next >= 0 { orders[Int(next)].previous = previous } else { book.pointee.tail = previous }
    book.pointee.live &-= 1
  }

  @inline(__always) mutating func startLingering(_ slot: Int32) {
    let order = orders + Int(slot)
    order.pointee.next = -1
    order.pointee.previous = lingerTail
    if lingerTail >= 0 { orders[Int(lingerTail)].next = slot } else { lingerHead = slot }
    lingerTail = slot
    lingerCount &+= 1
  }

  @inline(__always) mutating func leaveLingering(_ slot: Int32) {
    let order = orders + Int(slot)
    let (previous, next) = (order.pointee.previous, order.pointee.next)
    if previous >= 0 { orders[Int(previous)].next = next } else { lingerHead = next }
    if next >= 0 { orders[Int(next)].previous = previous } else { lingerTail = previous }
    lingerCount &-= 1
  }

  // MARK: the table of ids, open addressing at a load of at most one half

  @inline(__always) private func home(of id: OrderID) -> Int {
    // Fibonacci hashing (Knuth, TAOCP 3, 6.4): successive numbers spread evenly.
    Int(truncatingIfNeeded: ((id.sequence ^ (id.session << 1)) &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }

  @inline(__always) private mutating func remember(_ slot: Int32) {
    let mask = 2 &* capacity &- 1
    var place = home(of: orders[Int(slot)].id)
    while table[place] >= 0 { place = (place &+ 1) & mask }
    table[place] = slot
  }

  /// Removes an id and moves later entries of its run back, so that no tombstones gather (Knuth, algorithm R).
  @inline(__always) private mutating func forget(_ id: OrderID) {
    let mask = 2 &* capacity &- 1
    var hole = home(of: id)
    while table[hole] >= 0, orders[Int(table[hole])].id != id { hole = (hole &+ 1) & mask }
    if table[hole] < 0 { return }
    var place = hole
    while true {
      place = (place &+ 1) & mask
      let slot = table[place]
      if slot < 0 { break }
      let distance = (place &- home(of: orders[Int(slot)].id)) & mask
      if distance >= (place &- hole) & mask {
        table[hole] = slot
        hole = place
      }
    }
    table[hole] = -1
  }

  @inline(never) private mutating func grow() {
    let old = orders
    orders = Self.allocateOrders(2 * capacity)
    orders.update(from: old, count: used)
    old.deallocate()
    capacity *= 2
    table.deallocate()
    table = .allocate(capacity: 2 * capacity)
    table.initialize(repeating: -1, count: 2 * capacity)
    shift -= 1
    for slot in 0..<used { remember(Int32(slot)) }
  }

  /// Aligned to the cache line, so that an order is two lines and not three.
  private static func allocateOrders(_ count: Int) -> UnsafeMutablePointer<Order> {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Order>.stride, alignment: 64)
    return bytes.bindMemory(to: Order.self, capacity: count)
  }
}

extension OrderPool.Book {
  /// The position if every working and unknown order on one side executed in full and none on the other: what a limit on
  /// either side is checked against.
  /// - Parameter position: the signed quantity held.
  @inline(__always)
  public func worstCaseExposure(from position: Quantity) -> (longest: Quantity, shortest: Quantity) {
    let (longest, high) = position.raw.addingReportingOverflow(reservedBuy.raw)
    let (shortest, low) = position.raw.subtractingReportingOverflow(reservedSell.raw)
    return (Quantity(raw: high ? .max : longest), Quantity(raw: low ? .min : shortest))
  }
}

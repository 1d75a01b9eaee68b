/// The executions already counted, for ever: an execution is booked once whatever is sent again after a reconnect.
///
/// Open addressing at a load of at most one half; 16 bytes an execution, doubled off the usual path. A broker that numbers
/// its executions upwards and sends them in order (the simulated one does) needs no set: a high-water mark tells.
public struct ExecutionIndex: ~Copyable {
  private var slots: UnsafeMutablePointer<ExecutionID>
  private var mask: Int
  /// Ids kept in the set; the null id is counted apart, as empty slots look like it.
  public private(set) var count = 0
  private var hasNull = false
  private let isOrdered: Bool
  /// The lowest id that an ordered broker may still send.
  private var nextOrdered: UInt128 = 0

  /// - Parameter ordered: the broker guarantees strictly increasing ids, delivered in order.
  public init(ordered: Bool, capacity: Int = 1024) {
    isOrdered = ordered
    var size = 16
    while size < 2 * capacity && !ordered { size *= 2 }
    slots = .allocate(capacity: size)
    slots.initialize(repeating: ExecutionID(high: 0, low: 0), count: size)
    mask = size - 1
  }

  deinit { slots.deallocate() }

  /// True when `id` was not known; it is from now on.
  @inline(__always) public mutating func insert(_ id: ExecutionID) -> Bool {
    if isOrdered {
      if id.number < nextOrdered { return false }
      nextOrdered = id.number &+ 1
      return true
    }
    return insertIntoSet(id)
  }

  public func contains(_ id: ExecutionID) -> Bool {
    if isOrdered { return id.number < nextOrdered }
    if id.high | id.low == 0 { return hasNull }
    return slots[place(of: id)] == id
  }

  /// What an id was when it was voided.
  enum Voided: Equatable { case already, unseen, counted }

  /// Spends the id of an execution that was busted or corrected: it never counts again.
  mutating func void(_ id: ExecutionID) -> Voided {
    // The mark is a second id, far from any that a broker's numbers are packed into.
    let mark = ExecutionID(high: id.high ^ 0xA5A5_5EED_0F0F_C3C3, low: id.low ^ 0x3C3C_F0F0_DEE5_5A5A)
    if !insertIntoSet(mark) { return .already }
    return insert(id) ? .unseen : .counted
  }

  @inline(never) private mutating func insertIntoSet(_ id: ExecutionID) -> Bool {
    if id.high | id.low == 0 {
      defer { hasNull = true }
      return !hasNull
    }
    let place = place(of: id)
    if slots[place] == id { return false }
    slots[place] = id
    count += 1
    if 2 * count > mask { grow() }
    return true
  }

  /// The slot that holds `id`, or the empty one where it belongs.
  private func place(of id: ExecutionID) -> Int {
    // Fibonacci hashing of both words (Knuth, TAOCP 3, 6.4), folded so that low bits depend on all.
    var hash = (id.high &* 0x9E37_79B9_7F4A_7C15) ^ id.low
    hash = hash &* 0xD6E8_FEB8_6659_FD93
    hash ^= hash >> 32
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place].high | slots[place].low != 0 && slots[place] != id { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    let size = mask + 1
    slots = .allocate(capacity: 2 * size)
    slots.initialize(repeating: ExecutionID(high: 0, low: 0), count: 2 * size)
    mask = 2 * size - 1
    for index in 0..<size where old[index].high | old[index].low != 0 { slots[place(of: old[index])] = old[index] }
    old.deallocate()
  }
}

extension ExecutionID {
  @inline(__always) fileprivate var number: UInt128 { UInt128(high) << 64 | UInt128(low) }
}

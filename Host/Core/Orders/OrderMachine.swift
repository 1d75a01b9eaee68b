/// The order machine: owns the orders, applies facts to them by the transition table, counts each execution once, and
/// keeps what every instrument's orders may still add.
///
/// One a broker account. All state is behind pointers; applying a fact neither allocates nor touches a reference count.
public struct OrderMachine: ~Copyable {
  public internal(set) var pool: OrderPool
  public internal(set) var executions: ExecutionIndex
  /// Facts that were illegal where they came, in all.
  public private(set) var ignoredCount: UInt64 = 0
  private let cells: UnsafeMutablePointer<TransitionTable.Cell>
  /// The table takes an order that was sent and accepted at once from `intended` to `accepted`, as the standard one does.
  private let acceptsAtOnce: Bool

  /// The largest order, and the most that the live orders of one instrument may reserve on a side: 4.6e10 units. Leaves
  /// room above for what brokers report unasked.
  public static let largestQuantity = Quantity(raw: Int64.max / 2)

  public init(
    pool: consuming OrderPool, executions: consuming ExecutionIndex, table: TransitionTable = .standard
  ) {
    self.pool = pool
    self.executions = executions
    cells = .allocate(capacity: table.cells.count)
    cells.initialize(from: table.cells, count: table.cells.count)
    let settles = TransitionTable.Cell(.settle)
    acceptsAtOnce = table[.intended, .sent] == settles && table[.submitted, .accepted] == settles
  }

  deinit { cells.deallocate() }

  /// Enters an order as `intended`, with its whole quantity reserved.
  /// - Returns: its slot, or -1 when the quantity is zero, or larger with the other reservations of its side than
  ///   `largestQuantity`, or the instrument is out of range. The caller never gives one id to two orders.
  @inline(__always) public mutating func create(_ order: Order) -> Int32 {
    let instrument = Int(order.instrument)
    if instrument >= pool.instruments || order.quantity.raw == 0 { return -1 }
    if !hasRoom(for: order.quantity.magnitude, pool.books + instrument, buy: order.quantity.raw > 0) { return -1 }
    let slot = pool.place(order)
    let placed = pool.orders + Int(slot)
    placed.pointee.state = .intended
    placed.pointee.flags = []
    pool.joinBook(slot)
    placed.pointee.reserved = .zero
    reserve(placed, placed.pointee.directed(order.quantity.raw))
    return slot
  }

  /// Puts back an order that was read from the journal, in its state there: at recovery, or for a late fill.
  /// - Returns: as `create`; the slot it already has when it is here.
  public mutating func adopt(_ order: Order) -> Int32 {
    let known = pool.find(order.id)
    if known >= 0 { return known }
    let slot = create(order)
    if slot < 0 { return -1 }
    let placed = pool.orders + Int(slot)
    placed.pointee.flags = order.flags
    placed.pointee.state = order.state
    if order.state == .unknown { pool.books[Int(order.instrument)].unknown &+= 1 }
    if order.state.isTerminal {
      pool.leaveBook(slot)
      pool.startLingering(slot)
    }
    reserve(placed, order.state.isTerminal ? 0 : max(0, placed.pointee.left))
    return slot
  }

  /// Applies one fact to the order in `slot` (from `create` or `find`).
  @discardableResult
  public mutating func apply(_ fact: OrderFact, to slot: Int32, at time: UnixNanoseconds) -> OrderEffects {
    let order = pool.orders + Int(slot)
    switch fact {
    case .fill(let fill): return apply(fill: fill, to: slot, at: time)
    case .corrected(let old, let new): return correct(old, new, slot, time)
    case .busted(let fill): return bust(fill, slot, time)
    case .replaceRequested(let quantity, let limit):
      return apply(.replaceRequested, slot, time) { $0.noteAsked(quantity, limit, order) }
    case .replaceConfirmed(let quantity, let limit):
      return apply(.replaceConfirmed, slot, time) { $0.noteReplaced(quantity, limit, order) }
    default: return apply(kind: fact.kind, to: slot, at: time)
    }
  }

  /// Counts an execution: the hot path of `apply(.fill(fill), ...)`.
  @inline(__always) @discardableResult
  public mutating func apply(fill: Fill, to slot: Int32, at time: UnixNanoseconds) -> OrderEffects {
    if fill.quantity.raw == 0 { return refuse(.ignored) }
    if !executions.insert(fill.execution) { return .duplicate }
    let order = pool.orders + Int(slot)
    let last = order.pointee.state
    let cell = cell(last, .fill)
    let effects = cell.effects.union(add(fill, order))
    if cell.target != .settle || !last.isWorking { return settle(cell.target, effects, slot, time) }
    let left = order.pointee.left
    order.pointee.updatedAt = time
    reserve(order, max(0, left))
    let next = left <= 0 ? .filled : order.pointee.settledOpen
    if next == last { return effects }
    order.pointee.state = next
    if left > 0 { return effects.union(.changed) }
    pool.leaveBook(slot)
    pool.startLingering(slot)
    return effects.union([.changed, .ended])
  }

  /// Applies a fact that says nothing but itself: any but `fill`, `corrected`, `busted`, `replaceRequested` and
  /// `replaceConfirmed`, which carry values and are ignored here.
  @inline(__always) @discardableResult
  public mutating func apply(kind: OrderFactKind, to slot: Int32, at time: UnixNanoseconds) -> OrderEffects {
    let order = pool.orders + Int(slot)
    let last = order.pointee.state
    let cell = cell(last, kind)
    let flags = order.pointee.flags
    if isRefused(cell, flags) { return refuse(cell.effects) }
    switch kind {
    case .sent: if !flags.contains(.acknowledged) { order.pointee.flags = flags.union(.sent) }
    case .accepted, .foundOpen: order.pointee.flags = flags.union(.acknowledged)
    case .cancelRequested: order.pointee.flags = flags.union(.cancelOutstanding)
    case .cancelConfirmed, .cancelRejected: order.pointee.flags = flags.subtracting(.cancelOutstanding)
    case .replaceRejected: order.pointee.flags = flags.subtracting(.replaceOutstanding)
    case .fill, .corrected, .busted, .replaceRequested, .replaceConfirmed: return refuse(.ignored)
    default: break
    }
    if cell.target != .settle || !last.isWorking || kind == .replaceRejected {
      let effects = settle(cell.target, cell.effects, slot, time)
      return effects.isEmpty && flags == order.pointee.flags ? .duplicate : effects
    }
    // From one working state to another: neither quantities nor lists are touched.
    order.pointee.updatedAt = time
    let next = order.pointee.settledOpen
    order.pointee.state = next
    if next != last { return cell.effects.union(.changed) }
    return cell.effects.isEmpty && flags == order.pointee.flags ? .duplicate : cell.effects
  }

  /// What applying `sent` and then `accepted` comes to: the whole way of an order that its broker took in the same call.
  @inline(__always) public mutating func applySentAndAccepted(to slot: Int32, at time: UnixNanoseconds) {
    let order = pool.orders + Int(slot)
    guard acceptsAtOnce, order.pointee.state == .intended, order.pointee.flags.isEmpty, order.pointee.filled.raw == 0
    else {
      apply(kind: .sent, to: slot, at: time)
      apply(kind: .accepted, to: slot, at: time)
      return
    }
    order.pointee.flags = [.sent, .acknowledged]
    order.pointee.state = .accepted
    order.pointee.updatedAt = time
  }

  @inline(__always) func cell(_ state: OrderState, _ kind: OrderFactKind) -> TransitionTable.Cell {
    cells[Int(state.rawValue) &* TransitionTable.stride &+ Int(kind.rawValue)]
  }

  /// Sets the engine's own mark on an order.
  public mutating func setTag(_ tag: UInt32, of slot: Int32) { pool.orders[Int(slot)].tag = tag }

  @inline(__always) func hasRoom(
    for size: UInt64, _ book: UnsafeMutablePointer<OrderPool.Book>, buy: Bool
  ) -> Bool {
    let reserved = buy ? book.pointee.reservedBuy : book.pointee.reservedSell
    return size <= UInt64(Self.largestQuantity.raw) && reserved.raw <= Self.largestQuantity.raw &- Int64(size)
  }

  // MARK: executions

  @inline(__always) func add(_ fill: Fill, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    order.pointee.flags.insert(.acknowledged)
    order.pointee.filled.raw = saturating(order.pointee.filled.raw, fill.quantity.raw)
    order.pointee.filledNotional.raw = saturating(order.pointee.filledNotional.raw, fill.notional.raw)
    var effects: OrderEffects = .booked
    if (fill.quantity.raw ^ order.pointee.quantity.raw) < 0 { effects.insert(.contradiction) }
    if order.pointee.left < 0 { effects.insert(.overfill) }
    return effects
  }

  @inline(__always) func saturating(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? Self.saturated(b) : sum
  }

  /// Out of line, so that the usual sum costs one branch that is never taken.
  @inline(never) private static func saturated(_ summand: Int64) -> Int64 { summand < 0 ? .min / 2 : .max / 2 }

  // MARK: moving

  /// Goes where the table says; keeps the lists, the counts and the reservation in step.
  @inline(never) mutating func settle(
    _ target: TransitionTable.Target, _ told: OrderEffects, _ slot: Int32, _ time: UnixNanoseconds
  ) -> OrderEffects {
    let order = pool.orders + Int(slot)
    let last = order.pointee.state
    let (next, effects) = Self.resolve(target, told, order)
    order.pointee.updatedAt = time
    reserve(order, next.isTerminal ? 0 : max(0, order.pointee.left))
    if next == last { return effects }
    order.pointee.state = next
    let book = pool.books + Int(order.pointee.instrument)
    if last == .unknown { book.pointee.unknown &-= 1 }
    if next == .unknown { book.pointee.unknown &+= 1 }
    if next.isTerminal && !last.isTerminal {
      pool.leaveBook(slot)
      pool.startLingering(slot)
    } else if last.isTerminal && !next.isTerminal {
      pool.leaveLingering(slot)
      pool.joinBook(slot)
    }
    let news: OrderEffects = next.isTerminal ? [.changed, .ended] : .changed
    return effects.union(next == .unknown ? [.changed, .becameUnknown] : news)
  }

  private static func resolve(
    _ target: TransitionTable.Target, _ told: OrderEffects, _ order: UnsafeMutablePointer<Order>
  ) -> (OrderState, OrderEffects) {
    switch target {
    case .settle: return (order.pointee.isComplete ? .filled : order.pointee.settledOpen, told)
    case .hold: return (order.pointee.isComplete ? .filled : order.pointee.state, told)
    case .unknown:
      order.pointee.flags.remove(.attestedAbsent)
      return (order.pointee.isComplete ? .filled : .unknown, told)
    case .absolve: return absolve(told, order)
    case .doubtAttestation: return doubtAttestation(told, order)
    case .intended: return (.intended, told)
    case .submitted: return (.submitted, told)
    case .accepted: return (.accepted, told)
    case .partiallyFilled: return (.partiallyFilled, told)
    case .filled: return (.filled, told)
    case .cancelPending: return (.cancelPending, told)
    case .replacePending: return (.replacePending, told)
    case .cancelled: return (.cancelled, told)
    case .rejected: return (.rejected, told)
    case .expired: return (.expired, told)
    case .denied: return (.denied, told)
    }
  }

  private static func absolve(
    _ told: OrderEffects, _ order: UnsafeMutablePointer<Order>
  ) -> (OrderState, OrderEffects) {
    if order.pointee.flags.contains(.acknowledged) {
      return (order.pointee.isComplete ? .filled : .unknown, told.union(.contradiction))
    }
    order.pointee.flags.insert(.attestedAbsent)
    return (.rejected, told)
  }

  private static func doubtAttestation(
    _ told: OrderEffects, _ order: UnsafeMutablePointer<Order>
  ) -> (OrderState, OrderEffects) {
    let isComplete = order.pointee.isComplete
    if !order.pointee.flags.contains(.attestedAbsent) { return (isComplete ? .filled : order.pointee.state, told) }
    order.pointee.flags.remove(.attestedAbsent)
    return (isComplete ? .filled : .unknown, told.subtracting(.duplicate).union(.contradiction))
  }

  /// Whether the table wants nothing done: a repetition, or illegal. A repetition that speaks against the attestation that
  /// the order was never received is none.
  @inline(__always) func isRefused(_ cell: TransitionTable.Cell, _ flags: Order.Flags) -> Bool {
    if cell.effects.isDisjoint(with: [.ignored, .duplicate]) { return false }
    return cell.effects.contains(.ignored) || cell.target != .doubtAttestation || !flags.contains(.attestedAbsent)
  }

  @inline(__always) private func reserve(_ order: UnsafeMutablePointer<Order>, _ open: Int64) {
    let change = open &- order.pointee.reserved.raw
    if change == 0 { return }
    order.pointee.reserved.raw = open
    let book = pool.books + Int(order.pointee.instrument)
    // Selected by the sign bit: the sides of orders are what a branch predictor guesses worst.
    let side = Int(truncatingIfNeeded: UInt64(bitPattern: order.pointee.quantity.raw) >> 63)
    let sum = UnsafeMutableRawPointer(book).assumingMemoryBound(to: Int64.self) + side
    sum.pointee = saturating(sum.pointee, change)
  }

  @inline(never) mutating func refuse(_ effects: OrderEffects) -> OrderEffects {
    if effects.contains(.ignored) { ignoredCount += 1 }
    return effects
  }
}

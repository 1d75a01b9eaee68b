/// The order machine: owns the orders, applies facts to them by the transition table, counts each execution once, and
/// keeps what every instrument's orders may still add.
///
/// One a broker account. All state is behind pointers; applying a fact neither allocates nor touches a reference count.
public struct OrderMachine: ~Copyable {
  public private(set) var pool: OrderPool
  public private(set) var executions: ExecutionIndex
  /// Facts that were illegal where they came, in all.
  public private(set) var ignoredCount: UInt64 = 0
  private let cells: UnsafeMutablePointer<TransitionTable.Cell>

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
    reserve(placed, placed.pointee.open)
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
    move(placed, slot, to: order.state)
    reserve(placed, order.state.isTerminal ? 0 : placed.pointee.open)
    return slot
  }

  /// Applies one fact to the order in `slot` (from `create` or `find`).
  @inline(__always) @discardableResult
  public mutating func apply(_ fact: OrderFact, to slot: Int32, at time: UnixNanoseconds) -> OrderEffects {
    let order = pool.orders + Int(slot)
    let flags = order.pointee.flags
    let cell = cells[Int(order.pointee.state.rawValue) &* TransitionTable.stride &+ Int(fact.kind.rawValue)]
    var effects = cell.effects
    switch fact {
    case .fill(let fill):
      let counted = count(fill, order)
      if counted.contains(.duplicate) { return counted }
      effects.formUnion(counted)
    case .corrected(let old, let new):
      let counted = correct(old, new, order)
      if counted.contains(.duplicate) { return counted }
      effects.formUnion(counted)
    case .busted(let fill):
      let counted = bust(fill, order)
      if counted.contains(.duplicate) { return counted }
      effects.formUnion(counted)
    default:
      if effects.contains(.ignored) { return ignore(effects) }
      if effects.contains(.duplicate), !doubtsAttestation(cell, order) { return effects }
      if !note(fact, order, &effects) { return effects.contains(.ignored) ? ignore(effects) : effects }
    }
    let next = resolve(cell.target, order, &effects)
    order.pointee.updatedAt = time
    if next != order.pointee.state {
      effects.insert(.changed)
      if next.isTerminal { effects.insert(.ended) }
      if next == .unknown { effects.insert(.becameUnknown) }
      move(order, slot, to: next)
    } else if effects.isEmpty, !fact.kind.isExecution, flags == order.pointee.flags {
      effects = .duplicate
    }
    reserve(order, next.isTerminal ? 0 : order.pointee.open)
    return effects
  }

  /// Sets the engine's own mark on an order.
  public mutating func setTag(_ tag: UInt32, of slot: Int32) { pool.orders[Int(slot)].tag = tag }

  // MARK: what a fact says about the order

  /// Records the part of a fact that is not an execution. False when nothing is left to do.
  @inline(__always) private func note(
    _ fact: OrderFact, _ order: UnsafeMutablePointer<Order>, _ effects: inout OrderEffects
  ) -> Bool {
    switch fact {
    case .sent: if !order.pointee.flags.contains(.acknowledged) { order.pointee.flags.insert(.sent) }
    case .accepted, .foundOpen: order.pointee.flags.insert(.acknowledged)
    case .cancelRequested: order.pointee.flags.insert(.cancelOutstanding)
    case .cancelConfirmed, .cancelRejected: order.pointee.flags.remove(.cancelOutstanding)
    case .replaceRejected: order.pointee.flags.remove(.replaceOutstanding)
    case .replaceRequested(let quantity, let limit):
      let book = pool.books + Int(order.pointee.instrument)
      if !isVersion(quantity, order) || !hasRoom(for: quantity.magnitude, book, buy: quantity.raw > 0) {
        effects = .ignored
        return false
      }
      order.pointee.pendingQuantity = quantity
      order.pointee.pendingLimit = limit
      order.pointee.flags.insert(.replaceOutstanding)
    case .replaceConfirmed(let quantity, let limit): return noteReplaced(quantity, limit, order, &effects)
    default: break
    }
    return true
  }

  /// The outstanding version confirmed becomes the order. The version we have already is a repetition. Any other is a
  /// change we did not ask for: the larger quantity stands, so that exposure is not under-counted.
  private func noteReplaced(
    _ quantity: Quantity, _ limit: Price, _ order: UnsafeMutablePointer<Order>, _ effects: inout OrderEffects
  ) -> Bool {
    if !isVersion(quantity, order) {
      effects = .ignored
      return false
    }
    if order.pointee.flags.contains(.replaceOutstanding), quantity == order.pointee.pendingQuantity,
      limit == order.pointee.pendingLimit
    {
      order.pointee.flags.remove(.replaceOutstanding)
      order.pointee.quantity = quantity
      order.pointee.limit = limit
    } else if quantity == order.pointee.quantity, limit == order.pointee.limit {
      if order.pointee.flags.contains(.acknowledged), order.pointee.state != .unknown {
        effects.insert(.duplicate)
        return false
      }
    } else {
      effects.insert(.contradiction)
      if order.pointee.directed(quantity.raw) > order.pointee.directed(order.pointee.quantity.raw) {
        order.pointee.quantity = quantity
      }
    }
    order.pointee.flags.insert(.acknowledged)
    return true
  }

  /// A possible new total quantity of the order: on its side and of a size that is allowed.
  @inline(__always) private func isVersion(_ quantity: Quantity, _ order: UnsafeMutablePointer<Order>) -> Bool {
    let size = order.pointee.directed(quantity.raw)
    return size > 0 && size <= Self.largestQuantity.raw
  }

  @inline(__always) private func hasRoom(
    for size: UInt64, _ book: UnsafeMutablePointer<OrderPool.Book>, buy: Bool
  ) -> Bool {
    let reserved = buy ? book.pointee.reservedBuy : book.pointee.reservedSell
    return size <= UInt64(Self.largestQuantity.raw) && reserved.raw <= Self.largestQuantity.raw &- Int64(size)
  }

  // MARK: executions

  @inline(__always) private mutating func count(_ fill: Fill, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    if fill.quantity.raw == 0 { return [.duplicate, .ignored] }
    if !executions.insert(fill.execution) { return .duplicate }
    return add(fill, order)
  }

  @inline(__always) private func add(_ fill: Fill, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    var effects: OrderEffects = .booked
    order.pointee.flags.insert(.acknowledged)
    let filled = saturating(order.pointee.filled.raw, fill.quantity.raw)
    order.pointee.filled.raw = filled
    order.pointee.filledNotional.raw = saturating(order.pointee.filledNotional.raw, fill.notional.raw)
    if order.pointee.directed(fill.quantity.raw) < 0 { effects.insert(.contradiction) }
    if order.pointee.directed(filled) > order.pointee.ceiling { effects.insert(.overfill) }
    return effects
  }

  private func subtract(_ fill: Fill, _ order: UnsafeMutablePointer<Order>) {
    order.pointee.filled.raw = saturating(order.pointee.filled.raw, 0 &- fill.quantity.raw)
    order.pointee.filledNotional.raw = saturating(order.pointee.filledNotional.raw, 0 &- fill.notional.raw)
  }

  /// Voids the old execution and counts the new one, each once whatever order the messages of a chain of corrections come
  /// in: an execution that is voided before it comes never counts.
  private mutating func correct(_ old: Fill, _ new: Fill, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    let voided = executions.void(old.execution)
    let isFresh = executions.insert(new.execution)
    if voided == .already && !isFresh { return .duplicate }
    order.pointee.flags.insert(.acknowledged)
    var effects: OrderEffects = []
    if voided == .counted {
      subtract(old, order)
      effects.insert(.unbooked)
    }
    if isFresh {
      effects.formUnion(add(new, order))
      // Two successors of one execution: neither is dropped, the difference is for reconciliation.
      if voided == .already { effects.insert(.contradiction) }
    }
    return effects
  }

  private mutating func bust(_ fill: Fill, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    let voided = executions.void(fill.execution)
    if voided == .already { return .duplicate }
    order.pointee.flags.insert(.acknowledged)
    if voided == .unseen { return [] }
    subtract(fill, order)
    return .unbooked
  }

  @inline(__always) private func saturating(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (b < 0 ? .min / 2 : .max / 2) : sum
  }

  // MARK: moving

  @inline(__always) private func resolve(
    _ target: TransitionTable.Target, _ order: UnsafeMutablePointer<Order>, _ effects: inout OrderEffects
  ) -> OrderState {
    switch target {
    case .settle: return order.pointee.settled
    case .hold: return order.pointee.isComplete ? .filled : order.pointee.state
    case .unknown:
      order.pointee.flags.remove(.attestedAbsent)
      return order.pointee.isComplete ? .filled : .unknown
    case .absolve: return absolve(order, &effects)
    case .doubtAttestation: return doubtAttestation(order, &effects)
    default: return OrderState(rawValue: target.rawValue) ?? order.pointee.state
    }
  }

  private func absolve(_ order: UnsafeMutablePointer<Order>, _ effects: inout OrderEffects) -> OrderState {
    if order.pointee.flags.contains(.acknowledged) || order.pointee.filled.raw != 0 {
      effects.insert(.contradiction)
      return order.pointee.isComplete ? .filled : .unknown
    }
    order.pointee.flags.insert(.attestedAbsent)
    return .rejected
  }

  /// Whether a message that would repeat what we know contradicts the attestation that the order was never received.
  @inline(__always) private func doubtsAttestation(
    _ cell: TransitionTable.Cell, _ order: UnsafeMutablePointer<Order>
  ) -> Bool {
    cell.target == .doubtAttestation && order.pointee.flags.contains(.attestedAbsent)
  }

  private func doubtAttestation(_ order: UnsafeMutablePointer<Order>, _ effects: inout OrderEffects) -> OrderState {
    let complete = order.pointee.isComplete
    if !order.pointee.flags.contains(.attestedAbsent) { return complete ? .filled : order.pointee.state }
    order.pointee.flags.remove(.attestedAbsent)
    effects.remove(.duplicate)
    effects.insert(.contradiction)
    return complete ? .filled : .unknown
  }

  /// Changes the state and the list the order is in.
  @inline(__always) private mutating func move(
    _ order: UnsafeMutablePointer<Order>, _ slot: Int32, to next: OrderState
  ) {
    let last = order.pointee.state
    let book = pool.books + Int(order.pointee.instrument)
    if last == .unknown { book.pointee.unknown &-= 1 }
    if next == .unknown { book.pointee.unknown &+= 1 }
    order.pointee.state = next
    if last.isTerminal == next.isTerminal { return }
    if next.isTerminal {
      pool.leaveBook(slot)
      pool.startLingering(slot)
    } else {
      pool.leaveLingering(slot)
      pool.joinBook(slot)
    }
  }

  @inline(__always) private func reserve(_ order: UnsafeMutablePointer<Order>, _ open: Int64) {
    let change = open &- order.pointee.reserved.raw
    if change == 0 { return }
    order.pointee.reserved.raw = open
    let book = pool.books + Int(order.pointee.instrument)
    if order.pointee.quantity.raw > 0 {
      book.pointee.reservedBuy.raw = saturating(book.pointee.reservedBuy.raw, change)
    } else {
      book.pointee.reservedSell.raw = saturating(book.pointee.reservedSell.raw, change)
    }
  }

  @inline(never) private mutating func ignore(_ effects: OrderEffects) -> OrderEffects {
    ignoredCount += 1
    return effects
  }
}

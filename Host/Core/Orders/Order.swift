/// How an order executes. The raw values are journalled: never renumber.
public enum OrderType: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case market = 0
  case limit, stop, stopLimit, trailingStop, marketOnOpen, marketOnClose, limitOnOpen, limitOnClose
}

/// How long an order lives. The raw values are journalled: never renumber.
public enum TimeInForce: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case day = 0
  case goodTilCancelled, immediateOrCancel, fillOrKill, goodTilDate
}

/// One order: plain data of two cache lines, the first of which is all that a fill touches.
public struct Order: Sendable, BitwiseCopyable {
  public internal(set) var id: OrderID
  /// Total asked for, signed (negative sells), fills included.
  public internal(set) var quantity: Quantity
  /// Sum of the executions that count, signed.
  public internal(set) var filled: Quantity
  /// Sum of `price * quantity` of those executions, signed as they are, before any contract multiplier.
  public internal(set) var filledNotional: Money
  /// What it can still add on its side, at worst: never negative, zero at an end.
  public internal(set) var reserved: Quantity
  public internal(set) var instrument: UInt32
  /// Whose order it is: an agent, or a group of agents (`Ownership`).
  public internal(set) var owner: Owner
  public internal(set) var state: OrderState
  public internal(set) var flags: Flags
  public internal(set) var type: OrderType
  public internal(set) var timeInForce: TimeInForce
  /// Free for the engine: a broker, a route, a parent order.
  public var tag: UInt32

  public internal(set) var limit: Price
  /// The trigger; for a trailing stop, the distance.
  public internal(set) var stop: Price
  /// The total quantity and limit asked for while a replace is outstanding.
  public internal(set) var pendingQuantity: Quantity
  public internal(set) var pendingLimit: Price
  public internal(set) var createdAt: UnixNanoseconds
  public internal(set) var updatedAt: UnixNanoseconds
  /// For good-til-date; zero otherwise.
  public internal(set) var expiresAt: UnixNanoseconds
  /// Neighbours in the list the order is in: live orders of its instrument, or the lingering ones. -1 ends it.
  public internal(set) var next: Int32
  public internal(set) var previous: Int32

  public struct Flags: OptionSet, Sendable, BitwiseCopyable {
    public var rawValue: UInt8
    @inlinable @inline(__always) public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Its bytes left.
    public static let sent = Flags(rawValue: 1)
    /// The broker once showed that it has the order.
    public static let acknowledged = Flags(rawValue: 2)
    /// A cancel without an answer.
    public static let cancelOutstanding = Flags(rawValue: 4)
    /// A replace without an answer.
    public static let replaceOutstanding = Flags(rawValue: 8)
    /// Rejected on the attestation that the broker never had it.
    public static let attestedAbsent = Flags(rawValue: 16)
  }

  public init(
    id: OrderID, instrument: UInt32, owner: Owner, quantity: Quantity, type: OrderType,
    timeInForce: TimeInForce = .day, limit: Price = .zero, stop: Price = .zero, at time: UnixNanoseconds,
    expiresAt: UnixNanoseconds = UnixNanoseconds(0), tag: UInt32 = 0
  ) {
    self.id = id
    self.quantity = quantity
    filled = .zero
    filledNotional = .zero
    reserved = .zero
    self.instrument = instrument
    self.owner = owner
    state = .intended
    flags = []
    self.type = type
    self.timeInForce = timeInForce
    self.tag = tag
    self.limit = limit
    self.stop = stop
    pendingQuantity = .zero
    pendingLimit = .zero
    createdAt = time
    updatedAt = time
    self.expiresAt = expiresAt
    next = -1
    previous = -1
  }

  /// `quantity - filled`, signed; crosses zero when overfilled.
  public var remaining: Quantity { Quantity(raw: quantity.raw &- filled.raw) }

  /// Mean execution price, rounded half to even to 1e-8; nil before the first fill.
  public var averageFillPrice: Price? {
    scaledHalfEven(filledNotional.raw, fixedPointScale, over: filled.raw).map(Price.init(raw:))
  }
}

extension Order {
  /// `raw` seen from the order's own side: positive in its direction.
  @inline(__always) func directed(_ raw: Int64) -> Int64 {
    let mask = quantity.raw >> 63
    return (raw ^ mask) &- mask
  }

  /// The most that may be executed in all, in the order's direction: the larger of both versions while a replace is out.
  @inline(__always) var ceiling: Int64 {
    let size = directed(quantity.raw)
    return flags.contains(.replaceOutstanding) ? max(size, directed(pendingQuantity.raw)) : size
  }

  /// What is still to execute in its direction; negative when overfilled.
  @inline(__always) var left: Int64 { ceiling &- directed(filled.raw) }
  @inline(__always) var isComplete: Bool { left <= 0 }

  /// The working state that the facts so far imply, for an order that is not complete.
  @inline(__always) var settledOpen: OrderState {
    if !flags.isDisjoint(with: [.cancelOutstanding, .replaceOutstanding]) {
      return flags.contains(.cancelOutstanding) ? .cancelPending : .replacePending
    }
    if filled.raw != 0 { return .partiallyFilled }
    if flags.contains(.acknowledged) { return .accepted }
    return flags.contains(.sent) ? .submitted : .intended
  }
}

/// One execution as the broker reported it.
@frozen public struct Fill: Equatable, Sendable, BitwiseCopyable {
  public var execution: ExecutionID
  /// Signed as the order: positive bought, negative sold.
  public var quantity: Quantity
  public var price: Price
  /// Commission and regulatory fees, positive when paid.
  public var fee: Money
  /// `price * quantity` rounded half to even, signed as the quantity, before any contract multiplier.
  public let notional: Money
  /// The quantity in whole units, when it is whole: the ledger books those without a division.
  let units: Int64
  let isWhole: Bool

  /// Nil when price times quantity does not fit `Money`.
  @inline(__always)
  public init?(execution: ExecutionID, quantity: Quantity, price: Price, fee: Money) {
    self.execution = execution
    self.quantity = quantity
    self.price = price
    self.fee = fee
    units = quantity.raw / fixedPointScale
    isWhole = units &* fixedPointScale == quantity.raw
    let (product, overflow) = units.multipliedReportingOverflow(by: price.raw)
    if isWhole && !overflow {
      notional = Money(raw: product)
    } else {
      guard let rounded = price.timesThrough128Bits(quantity) else { return nil }
      notional = rounded
    }
  }

  /// What undoes it in the ledger; nil for a number that has no opposite.
  public var reversed: Fill? {
    if quantity.raw == .min || fee.raw == .min { return nil }
    return Fill(execution: execution, quantity: -quantity, price: price, fee: -fee)
  }
}

/// The column of a fact in the transition table. The raw values are journalled: never renumber.
public enum OrderFactKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case denied = 0
  case sent = 1
  case accepted = 2
  case rejected = 3
  case fill = 4
  case corrected = 5
  case busted = 6
  case cancelRequested = 7
  case cancelConfirmed = 8
  case cancelRejected = 9
  case replaceRequested = 10
  case replaceConfirmed = 11
  case replaceRejected = 12
  case expired = 13
  case answerOverdue = 14
  case foundOpen = 15
  case foundAbsent = 16
  case neverReceived = 17

  /// About an execution: counted in every state.
  @inlinable @inline(__always) public var isExecution: Bool { self == .fill || self == .corrected || self == .busted }

  /// Reported by the broker, as against our own gate, sender, desk and timers.
  @inlinable public var isBrokerEvidence: Bool {
    switch self {
    case .denied, .sent, .cancelRequested, .replaceRequested, .answerOverdue: false
    default: true
    }
  }
}

/// Everything that can happen to an order.
public enum OrderFact: Equatable, Sendable, BitwiseCopyable {
  /// Our gate refused it.
  case denied
  /// Its bytes left.
  case sent
  case accepted
  case rejected
  case fill(Fill)
  /// An earlier execution is replaced by another with an id of its own. `old` is as it was booked.
  case corrected(old: Fill, new: Fill)
  /// An earlier execution, as it was booked, is void.
  case busted(Fill)
  /// We ask the broker to cancel.
  case cancelRequested
  case cancelConfirmed
  /// The cancel was refused; the order is as it was.
  case cancelRejected
  /// We ask for another total quantity (signed, fills included) and limit.
  case replaceRequested(quantity: Quantity, limit: Price)
  /// The broker's confirmed total quantity and limit.
  case replaceConfirmed(quantity: Quantity, limit: Price)
  case replaceRejected
  case expired
  /// No answer within the time allowed.
  case answerOverdue
  /// A snapshot taken after the last message says that the order is open.
  case foundOpen
  /// It is not among the open orders: done or never there, which a snapshot cannot tell. Not evidence of an end.
  case foundAbsent
  /// The broker attests that it has no record of the order and cannot receive it any more (connection fenced).
  case neverReceived

  public var kind: OrderFactKind {
    switch self {
    case .denied: .denied
    case .sent: .sent
    case .accepted: .accepted
    case .rejected: .rejected
    case .fill: .fill
    case .corrected: .corrected
    case .busted: .busted
    case .cancelRequested: .cancelRequested
    case .cancelConfirmed: .cancelConfirmed
    case .cancelRejected: .cancelRejected
    case .replaceRequested: .replaceRequested
    case .replaceConfirmed: .replaceConfirmed
    case .replaceRejected: .replaceRejected
    case .expired: .expired
    case .answerOverdue: .answerOverdue
    case .foundOpen: .foundOpen
    case .foundAbsent: .foundAbsent
    case .neverReceived: .neverReceived
    }
  }
}

/// What applying a fact did, for the engine to act on.
@frozen public struct OrderEffects: OptionSet, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable @inline(__always) public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The state is another than before.
  public static let changed = OrderEffects(rawValue: 1 << 0)
  /// A fill counted: book `fill` (or the `new` of a correction) in the ledger.
  public static let booked = OrderEffects(rawValue: 1 << 1)
  /// An earlier execution no longer counts: book its `reversed` in the ledger, before any `booked`.
  public static let unbooked = OrderEffects(rawValue: 1 << 2)
  /// A fill after the end of the order, or after our own denial.
  public static let lateFill = OrderEffects(rawValue: 1 << 3)
  /// More has been executed than the order asked for.
  public static let overfill = OrderEffects(rawValue: 1 << 4)
  /// Already known; nothing was changed.
  public static let duplicate = OrderEffects(rawValue: 1 << 5)
  /// Cannot happen in this state; nothing was changed. Count and report it.
  public static let ignored = OrderEffects(rawValue: 1 << 6)
  /// The fact contradicts earlier evidence: report it, reconcile.
  public static let contradiction = OrderEffects(rawValue: 1 << 7)
  /// The state became terminal: the slot is recycled after the lingering time of the pool.
  public static let ended = OrderEffects(rawValue: 1 << 8)
  /// The state became unknown: ask the broker.
  public static let becameUnknown = OrderEffects(rawValue: 1 << 9)
}

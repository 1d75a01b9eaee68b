/// Where an order stands in our knowledge. The raw values are journalled: never renumber.
public enum OrderState: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// Committed to the journal, not known to have left.
  case intended = 0
  /// The bytes left; no answer yet.
  case submitted = 1
  /// The broker said it has the order.
  case accepted = 2
  case partiallyFilled = 3
  /// Executions sum to the quantity.
  case filled = 4
  /// We asked for its cancellation and have no answer.
  case cancelPending = 5
  /// We asked for a change and have no answer.
  case replacePending = 6
  case cancelled = 7
  case rejected = 8
  case expired = 9
  /// Refused by our own gate; it never left.
  case denied = 10
  /// An answer is overdue or the broker contradicts itself: left only on broker evidence.
  case unknown = 11

  /// No more can happen to it, as far as the evidence goes.
  @inlinable @inline(__always) public var isTerminal: Bool { (Self.terminalMask &>> UInt16(rawValue)) & 1 != 0 }

  /// Neither at an end nor in doubt.
  @inlinable @inline(__always) public var isWorking: Bool { (Self.workingMask &>> UInt16(rawValue)) & 1 != 0 }

  @usableFromInline static var workingMask: UInt16 { 0xFFF & ~terminalMask & ~(1 << unknown.rawValue) }

  @usableFromInline static var terminalMask: UInt16 {
    1 << filled.rawValue | 1 << cancelled.rawValue | 1 << rejected.rawValue | 1 << expired.rawValue
      | 1 << denied.rawValue
  }
}

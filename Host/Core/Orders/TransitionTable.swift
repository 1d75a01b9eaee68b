/// The order machine as one table: state x fact -> where to go and what to tell.
///
/// Five rules shape it. A fill counts in every state. An end needs evidence. `unknown` is left on broker evidence only.
/// When evidence conflicts, the order is `unknown` rather than under-counted. Late or repeated messages that say what a
/// terminal state already says change nothing.
public struct TransitionTable: Sendable {
  /// Where a cell leads: a state, or a rule that reads the order. Any way to `unknown` ends in `filled` instead when the
  /// executions already sum to the quantity.
  public enum Target: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    case intended = 0
    case submitted, accepted, partiallyFilled, filled, cancelPending, replacePending, cancelled, rejected
    case expired, denied, unknown
    /// Stay, unless the executions now sum to the quantity: then `filled`.
    case hold
    /// The working state that the order's own facts imply (`Order.settledOpen`, or `filled`).
    case settle
    /// `rejected`, unless the broker once showed that it had the order: then `unknown` and a contradiction.
    case absolve
    /// For an order rejected only by `neverReceived`: that evidence is void, `unknown` and a contradiction. Else `hold`.
    case doubtAttestation
  }

  public struct Cell: Equatable, Sendable, BitwiseCopyable {
    public var target: Target
    /// A subset of duplicate, ignored, lateFill, contradiction; the other effects follow from what happened.
    public var effects: OrderEffects

    public init(_ target: Target, _ effects: OrderEffects = []) {
      self.target = target
      self.effects = effects
    }
  }

  /// Columns of a row in memory; a power of two above the number of facts.
  static let stride = 32
  public private(set) var cells: [Cell]

  public subscript(_ state: OrderState, _ fact: OrderFactKind) -> Cell {
    get { cells[Int(state.rawValue) * Self.stride + Int(fact.rawValue)] }
    set { cells[Int(state.rawValue) * Self.stride + Int(fact.rawValue)] = newValue }
  }

  /// The table the engine runs on.
  public static let standard = TransitionTable()

  private init() {
    let set = Cell(.settle)
    let hol = Cell(.hold)
    let dup = Cell(.hold, .duplicate)
    let ign = Cell(.hold, .ignored)
    let unk = Cell(.unknown)
    let can = Cell(.cancelled)
    let rej = Cell(.rejected)
    let exp = Cell(.expired)
    let den = Cell(.denied)
    let abs = Cell(.absolve)
    let lat = Cell(.hold, .lateFill)
    let con = Cell(.hold, .contradiction)
    let dou = Cell(.unknown, .contradiction)
    let dla = Cell(.unknown, [.contradiction, .lateFill])
    let att = Cell(.doubtAttestation, .duplicate)
    let ate = Cell(.doubtAttestation)
    let atl = Cell(.doubtAttestation, .lateFill)

    cells = [Cell](repeating: ign, count: OrderState.allCases.count * Self.stride)
    // In the order of OrderFactKind: denied sent accepted rejected, fill corrected busted, cancel asked confirmed refused,
    // replace asked confirmed refused, expired overdue, found open / absent / never received.
    row(.intended, [den, set, set, rej, set, set, set, set, can, dup, ign, set, dup, exp, unk, set, dup, dup])
    row(.submitted, [ign, dup, set, rej, set, set, set, set, can, dup, set, set, dup, exp, unk, set, unk, abs])
    row(.accepted, [ign, dup, dup, rej, set, set, set, set, can, dup, set, set, dup, exp, dup, dup, unk, dou])
    row(.partiallyFilled, [ign, dup, dup, rej, set, set, set, set, can, dup, set, set, dup, exp, dup, dup, unk, dou])
    row(.cancelPending, [ign, set, set, rej, set, set, set, dup, can, set, ign, set, set, exp, unk, set, unk, abs])
    row(.replacePending, [ign, set, set, rej, set, set, set, set, can, dup, ign, set, set, exp, unk, set, unk, abs])
    row(.unknown, [ign, hol, set, rej, hol, hol, hol, hol, can, hol, ign, set, hol, exp, dup, set, dup, abs])
    row(.filled, [ign, dup, dup, dup, lat, unk, unk, ign, dup, dup, ign, dup, dup, dup, dup, dup, dup, con])
    row(.cancelled, [ign, dup, dup, dup, lat, hol, hol, ign, dup, dup, ign, dup, dup, dup, dup, dou, dup, dup])
    row(.expired, [ign, dup, dup, dup, lat, hol, hol, ign, dup, dup, ign, dup, dup, dup, dup, dou, dup, dup])
    row(.rejected, [ign, att, att, dup, atl, ate, ate, ign, dup, dup, ign, att, dup, dup, dup, dou, dup, dup])
    row(.denied, [dup, dou, dou, con, dla, dou, dou, ign, con, con, ign, dou, con, con, dup, dou, dup, dup])
  }

  private mutating func row(_ state: OrderState, _ row: [Cell]) {
    for (fact, cell) in zip(OrderFactKind.allCases, row) { self[state, fact] = cell }
  }
}

@testable import AlphaLoopCore

/// A second model of an order, which knows no table of states: it reads the whole history of facts, each time anew, into
/// a body of evidence (what left, what the broker showed, which executions count, how it ended, what is in doubt) and
/// derives the state from that at the end.
///
/// Buys only, execution ids 0...7 in `low`: enough for the enumeration.
struct OrderEvidence: Hashable {
  enum End: Hashable { case denied, cancelled, rejected, neverHad, expired, executed }
  struct Version: Hashable {
    var quantity: Int64
    var limit: Int64
  }

  var version: Version
  var asked: Version?
  var left = false
  var heard = false
  var cancelAsked = false
  var end: End?
  var inDoubt = false
  /// Quantity by execution id; what has been seen; what is void.
  var counted = SIMD8<Int64>()
  var seen: UInt8 = 0
  var void: UInt8 = 0

  var total: Int64 { counted.wrappedSum() }
  var ceiling: Int64 { max(version.quantity, asked?.quantity ?? 0) }

  var state: OrderState {
    switch end {
    case .denied: return .denied
    case .cancelled: return .cancelled
    case .rejected, .neverHad: return .rejected
    case .expired: return .expired
    case .executed: return .filled
    case nil: break
    }
    if inDoubt { return .unknown }
    if cancelAsked { return .cancelPending }
    if asked != nil { return .replacePending }
    if total != 0 { return .partiallyFilled }
    return heard ? .accepted : left ? .submitted : .intended
  }

  /// What the order may still add: nothing after an end, else what the larger version leaves.
  var exposure: Int64 { end == nil ? max(0, ceiling - total) : 0 }
  /// Nothing has left the house, as far as we know.
  var isAtHome: Bool { state == .intended }

  init(quantity: Int64, limit: Int64) { version = Version(quantity: quantity, limit: limit) }

  /// Reads a history from its beginning; the effects are those of its last fact.
  static func read(_ history: [OrderFact], quantity: Int64, limit: Int64) -> (OrderEvidence, OrderEffects) {
    var evidence = OrderEvidence(quantity: quantity, limit: limit)
    var effects: OrderEffects = []
    for fact in history {
      let before = evidence
      effects = evidence.weigh(fact)
      if evidence.end == nil, evidence.total >= evidence.ceiling {
        evidence.end = .executed
        evidence.inDoubt = false
      }
      if evidence.state != before.state {
        effects.insert(.changed)
        if evidence.end != nil { effects.insert(.ended) }
        if evidence.state == .unknown { effects.insert(.becameUnknown) }
      } else if evidence == before, !effects.contains(.ignored), !effects.contains(.contradiction) {
        effects = .duplicate
      }
    }
    return (evidence, effects)
  }

  private mutating func weigh(_ fact: OrderFact) -> OrderEffects {
    switch fact {
    case .fill, .corrected, .busted: return weighExecution(fact)
    case .denied, .sent, .cancelRequested, .replaceRequested, .answerOverdue: return weighOwnAct(fact)
    case .accepted, .foundOpen, .replaceConfirmed: return weighLife(fact)
    case .cancelConfirmed, .rejected, .expired: return weighEnd(fact)
    case .cancelRejected, .replaceRejected: return weighRefusal(fact)
    case .foundAbsent, .neverReceived: return weighAbsence(fact)
    }
  }

  /// An execution counts once, whatever has been said about the order.
  private mutating func weighExecution(_ fact: OrderFact) -> OrderEffects {
    let evidenceBefore = self
    var effects: OrderEffects = []
    switch fact {
    case .fill(let fill):
      if !count(fill) { return .duplicate }
      effects = end == nil ? .booked : [.booked, .lateFill]
    case .corrected(let old, let new):
      let wasVoid = void & bit(old) != 0
      if annul(old) { effects.insert(.unbooked) }
      if count(new) { effects.formUnion(wasVoid ? [.booked, .contradiction] : .booked) }
    case .busted(let fill): if annul(fill) { effects.insert(.unbooked) }
    default: break
    }
    if self == evidenceBefore { return .duplicate }
    heard = true
    if effects.contains(.booked), total > ceiling { effects.insert(.overfill) }
    if total >= ceiling {
      if end == .denied || end == .neverHad { effects.insert(.contradiction) }
      end = .executed
      inDoubt = false
    } else if end == .executed {
      reopen()
    } else if end == .denied || end == .neverHad {
      // What was never there cannot execute.
      reopen()
      effects.insert(.contradiction)
    }
    return effects
  }

  private func bit(_ fill: Fill) -> UInt8 { 1 << UInt8(fill.execution.low) }

  private mutating func count(_ fill: Fill) -> Bool {
    if seen & bit(fill) != 0 { return false }
    seen |= bit(fill)
    counted[Int(fill.execution.low)] = fill.quantity.raw
    return true
  }

  /// True when the execution had counted and no longer does.
  private mutating func annul(_ fill: Fill) -> Bool {
    if void & bit(fill) != 0 { return false }
    void |= bit(fill)
    let had = seen & bit(fill) != 0
    seen |= bit(fill)
    counted[Int(fill.execution.low)] = 0
    return had
  }

  private mutating func reopen() {
    end = nil
    inDoubt = true
  }

  private mutating func weighOwnAct(_ fact: OrderFact) -> OrderEffects {
    switch fact {
    case .denied:
      if end == .denied { return .duplicate }
      if !isAtHome { return .ignored }
      end = .denied
    case .sent:
      if end == .denied || end == .neverHad {
        if !heard { left = true }
        reopen()
        return .contradiction
      }
      if end == nil, !heard { left = true }
    case .cancelRequested:
      if end != nil { return .ignored }
      cancelAsked = true
    case .replaceRequested(let quantity, let limit):
      if end != nil || inDoubt || cancelAsked || asked != nil || isAtHome { return .ignored }
      asked = Version(quantity: quantity.raw, limit: limit.raw)
    default:  // An answer is overdue, if one is awaited.
      if end == nil, !heard || cancelAsked || asked != nil { inDoubt = true }
    }
    return []
  }

  /// The broker shows that it has the order.
  private mutating func weighLife(_ fact: OrderFact) -> OrderEffects {
    var effects: OrderEffects = []
    switch end {
    case .executed: return .duplicate
    case .cancelled, .expired, .rejected:
      // An acknowledgement may be an old one that comes late; a snapshot is of now.
      if fact != .foundOpen { return .duplicate }
      effects = .contradiction
    case .denied, .neverHad: effects = .contradiction
    case nil: break
    }
    if case .replaceConfirmed(let quantity, let limit) = fact {
      let told = Version(quantity: quantity.raw, limit: limit.raw)
      if told == asked {
        version = told
        asked = nil
      } else if told != version {
        effects.insert(.contradiction)
        version.quantity = max(version.quantity, told.quantity)
      } else if heard, end == nil, !inDoubt {
        return .duplicate
      }
    }
    heard = true
    if end == nil { inDoubt = false } else { reopen() }
    return effects
  }

  private mutating func weighEnd(_ fact: OrderFact) -> OrderEffects {
    if end == .denied { return .contradiction }
    if end != nil { return .duplicate }
    inDoubt = false
    switch fact {
    case .cancelConfirmed:
      cancelAsked = false
      end = .cancelled
    case .rejected: end = .rejected
    default: end = .expired
    }
    return []
  }

  private mutating func weighRefusal(_ fact: OrderFact) -> OrderEffects {
    if end == .denied { return .contradiction }
    if end != nil { return .duplicate }
    if fact == .cancelRejected { cancelAsked = false } else { asked = nil }
    return []
  }

  private mutating func weighAbsence(_ fact: OrderFact) -> OrderEffects {
    if fact == .foundAbsent {
      // Not open: done, or never there, which this cannot tell.
      if end == nil, !isAtHome { inDoubt = true }
      return []
    }
    if end == .executed { return .contradiction }
    if end != nil || isAtHome { return .duplicate }
    if heard {
      inDoubt = true
      return .contradiction
    }
    end = .neverHad
    return []
  }
}

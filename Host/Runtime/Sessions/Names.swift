import AlphaLoopCore
import CAlphaLoop

/// The words for the boundary's numbers, as every surface prints them.
public enum Names {
  public static func tier(_ tier: UInt32) -> String {
    switch tier {
    case AL_TIER_EXECUTIVE: "executive"
    case AL_TIER_SENIOR: "senior"
    case AL_TIER_JUNIOR: "junior"
    default: "none"
    }
  }

  public static func denial(_ reason: UInt16) -> String {
    switch reason {
    case AL_DENY_HALTED: "halted"
    case AL_DENY_POSITION_SIZE: "position size"
    case AL_DENY_POSITION_COUNT: "position count"
    case AL_DENY_GROSS: "gross exposure"
    case AL_DENY_NET: "net exposure"
    case AL_DENY_SECTOR: "sector exposure"
    case AL_DENY_PRICE_COLLAR: "price collar"
    case AL_DENY_STALE_QUOTE: "stale price"
    case AL_DENY_DUPLICATE: "duplicate order"
    case AL_DENY_ORDER_RATE: "order rate"
    case AL_DENY_MESSAGE_RATE: "message rate"
    case AL_DENY_BUYING_POWER: "buying power"
    case AL_DENY_RESTRICTED: "restricted"
    case AL_DENY_LOCATE: "no locate"
    case AL_DENY_UNKNOWN_WORKING: "unknown order working"
    case AL_DENY_NOT_TRADABLE: "not tradable"
    case AL_DENY_ORDER_SIZE: "order size"
    case AL_DENY_VETO: "veto"
    case AL_DENY_NO_PRICE: "no price"
    case AL_DENY_DISCONNECTED: "disconnected"
    default: "invalid"
    }
  }

  public static func reason(_ reason: UInt32, custom: [String] = []) -> String {
    switch reason {
    case AL_REASON_WARM_UP: return "warm-up"
    case AL_REASON_MISSING_CAPABILITY: return "missing capability"
    case AL_REASON_STALE: return "stale"
    case AL_REASON_INVALID_DATA: return "invalid data"
    case AL_REASON_ZERO_VOLUME: return "zero volume"
    case AL_REASON_NO_SIGNAL: return "no signal"
    case AL_REASON_DEGENERATE: return "degenerate"
    case AL_REASON_NOT_APPLICABLE: return "not applicable"
    case AL_REASON_NONE: return "none"
    default:
      let index = Int(reason) - Int(AL_REASON_CUSTOM)
      return custom.indices.contains(index) ? custom[index] : "reason \(reason)"
    }
  }

  public static func row(_ kind: UInt16) -> String {
    switch kind {
    case AL_ROW_VIEW: "view"
    case AL_ROW_WEIGHT: "weight"
    case AL_ROW_QUANTITY: "quantity"
    case AL_ROW_MULTIPLIER: "multiplier"
    case AL_ROW_VETO: "veto"
    case AL_ROW_ORDER: "order"
    case AL_ROW_ESTIMATE: "estimate"
    case AL_ROW_ABSTAIN: "abstain"
    case AL_ROW_AGENT_WEIGHT: "agent_weight"
    case AL_ROW_HALT: "halt"
    default: "unknown"
    }
  }

  public static func halt(_ state: HaltState) -> String { "\(state)" }

  public static func trigger(_ trigger: HaltTrigger) -> String {
    switch trigger {
    case .operatorRequest: "operator"
    case .dailyLoss: "daily loss"
    case .drawdown: "drawdown"
    case .rejectBurst: "reject burst"
    case .staleData: "stale data"
    case .reconciliation: "reconciliation"
    case .agentRequest: "agent request"
    case .journalFailure: "journal failure"
    case .brokerLost: "broker lost"
    case .lateFill: "unexpected fill"
    case .flattened: "flattened"
    case .resumed: "resumed"
    case .circuitBreaker: "circuit breaker"
    case .clock: "clock"
    case .stalled: "stalled"
    case .watchdog: "watchdog"
    }
  }

  /// `AL_LAYER_*`.
  public static func layer(_ layer: Int64) -> String {
    switch layer {
    case AL_LAYER_SOCKET: "socket"
    case AL_LAYER_SESSION: "session"
    case AL_LAYER_FARM: "farm"
    case AL_LAYER_SUBSCRIPTION: "subscription"
    default: "connection"
    }
  }

  /// `AL_CONNECTION_*`.
  public static func connection(_ state: UInt32) -> String {
    switch state {
    case AL_CONNECTION_UP: "up"
    case AL_CONNECTION_DEGRADED: "degraded"
    default: "down"
    }
  }

  public static func modeNumber(_ name: String) -> UInt32 {
    switch name {
    case "backtest": AL_MODE_BACKTEST
    case "paper": AL_MODE_PAPER
    case "live": AL_MODE_LIVE
    default: AL_MODE_SIMULATION
    }
  }

  public static func mode(_ mode: UInt32) -> String {
    switch mode {
    case AL_MODE_BACKTEST: "backtest"
    case AL_MODE_SIMULATION: "simulation"
    case AL_MODE_PAPER: "paper"
    case AL_MODE_LIVE: "live"
    default: "validate"
    }
  }
}

import AlphaLoopSDK
import CAlphaLoop

/// A weight becomes weight x equity / (price x multiplier) units, floored to the lot toward zero, with a cap a name.
struct TargetWeight: RiskPolicy {
  static let descriptor = Descriptor(
    id: "policy.target_weight", name: "Target weight",
    summary: "Weight x equity / (price x multiplier), floored to the lot toward zero, capped in each name",
    parameters: [
      .number("cap", default: 0.05, in: 0...10, "largest absolute weight of one name")
    ])

  private let cap: Double

  init(_ setup: Setup) throws(PluginError) {
    cap = try setup.parameters.number("cap")
  }

  mutating func size(_ sizing: Sizing) throws(PluginError) {
    let targets = sizing.targets
    for i in targets.indices {
      if targets[i].is_quantity != 0 {
        tighten(&targets[i], equity: sizing.equity)
      } else {
        fill(&targets[i], equity: sizing.equity)
      }
    }
  }

  private func fill(_ target: inout al_target_v1, equity: Int64) {
    guard target.weight.isFinite else { return target.keepPosition(AL_REASON_INVALID_DATA) }
    let weight = min(max(target.weight, -cap), cap)
    // Going flat needs no price; with no equity there is nothing to hold a weight of.
    guard weight != 0, equity > 0 else {
      target.quantity = 0
      target.reason = weight == 0 ? AL_REASON_NONE : AL_REASON_DEGENERATE
      return
    }
    guard let quantity = Lots.quantity(weight: weight, equity: equity, target) else {
      return target.keepPosition(AL_REASON_INVALID_DATA)
    }
    target.quantity = quantity
    target.reason = AL_REASON_NONE
  }

  /// A quantity that was asked for is cut to the cap, never raised.
  private func tighten(_ target: inout al_target_v1, equity: Int64) {
    guard target.quantity != 0 else { return }
    guard equity > 0, let most = Lots.quantity(weight: cap, equity: equity, target) else {
      // The cap cannot be told: closing is always allowed, anything else stays where the position is.
      return target.keepPosition(equity > 0 ? AL_REASON_INVALID_DATA : AL_REASON_DEGENERATE)
    }
    target.quantity = min(max(target.quantity, -most), most)
    target.reason = AL_REASON_NONE
  }
}

import AlphaLoopSDK
import CAlphaLoop

/// The same quantity in every name: a weight says the direction only. Quantity targets pass as they are.
struct FixedQuantity: RiskPolicy {
  static let descriptor = Descriptor(
    id: "policy.fixed_quantity", name: "Fixed quantity",
    summary: "A fixed number of units in the direction of each weight; quantity targets pass through",
    parameters: [
      .number("quantity", default: 100, in: 0...1e9, "units of a position, floored to the lot")
    ])

  private let quantity: Int64

  init(_ setup: Setup) throws(PluginError) {
    let units = try setup.parameters.number("quantity")
    guard let quantity = Int64(exactly: (units * 1e8).rounded()) else {
      throw .configuration("parameter 'quantity' is \(units); the most is 1e9 units")
    }
    self.quantity = quantity
  }

  mutating func size(_ sizing: Sizing) throws(PluginError) {
    let targets = sizing.targets
    for i in targets.indices where targets[i].is_quantity == 0 {
      let weight = targets[i].weight
      guard weight.isFinite else {
        targets[i].keepPosition(AL_REASON_INVALID_DATA)
        continue
      }
      let units = Lots.floor(quantity, lot: targets[i].lot)
      targets[i].quantity = weight > 0 ? units : weight < 0 ? -units : 0
      targets[i].reason = AL_REASON_NONE
    }
  }
}

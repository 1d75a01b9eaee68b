import CAlphaLoop

/// Quantities in 1e-8 units, in whole lots.
enum Lots {
  /// Floored toward zero to a multiple of the lot; a lot of 0 or below means any quantity.
  static func floor(_ quantity: Int64, lot: Int64) -> Int64 {
    lot > 0 ? quantity / lot * lot : quantity
  }

  /// The signed quantity that a weight of the equity buys at the target's price. nil where the price or the multiplier is
  /// not above zero, or the quantity does not fit.
  static func quantity(weight: Double, equity: Int64, _ target: al_target_v1) -> Int64? {
    guard target.price > 0, target.multiplier > 0 else { return nil }
    // To the nearest 1e-8 of money: 0.29 x 1,000,000 is 290,000 and must not lose a lot to the last bit of a Double.
    guard let money = Int64(exactly: (weight * Double(equity)).rounded(.toNearestOrEven)) else { return nil }
    let scaled = Int128(money) * 10_000_000_000_000_000
    let units = scaled / (Int128(target.price) * Int128(target.multiplier))
    guard let quantity = Int64(exactly: units) else { return nil }
    return floor(quantity, lot: target.lot)
  }
}

extension al_target_v1 {
  /// Asks for nothing but what is held.
  mutating func keepPosition(_ why: UInt32) {
    quantity = held
    reason = why
  }
}

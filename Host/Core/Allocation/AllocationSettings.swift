/// How views become weights and weights orders, as configured in risk.yaml under `allocation`.
public struct AllocationSettings: Equatable, Sendable {
  /// Kelly fraction: a quarter by default (MacLean, Thorp, Ziemba 2010: less growth for much less drawdown).
  public var kellyFraction = 0.25
  /// Edge of a full score at full confidence: win probability (1 + edge) / 2 at even payoff, so that full Kelly is `edge`.
  public var edge = 0.2
  /// Largest absolute weight of one name.
  public var cap = 0.05
  /// Annualised volatility that a name's weight is scaled down to; 0: none.
  public var targetVolatility = 0.0
  /// Bars a year, to annualise.
  public var barsPerYear = 252.0
  /// Bars behind a name's volatility.
  public var volatilityBars = 63
  /// Largest sum of absolute weights.
  public var maxGross = 1.0
  public var maxNames = 20
  /// Whether names may be sold short.
  public var allowsShort = true
  /// A change smaller than this share of equity is not traded.
  public var minimumTrade = 0.0025
  /// Panels between two allocations of views; 1 every panel.
  public var rebalanceEvery = 1
  /// Views weaker than this score x confidence are not taken.
  public var minimumConviction = 0.0

  public init() {}
}

/// f* = (p b - q) / b for win probability p and payoff b; at least 0.
/// Kelly, "A New Interpretation of Information Rate", 1956.
public func kellyFraction(winProbability p: Double, payoff b: Double) -> Double {
  guard b > 0, p > 0, p <= 1 else { return 0 }
  return max(0, (p * b - (1 - p)) / b)
}

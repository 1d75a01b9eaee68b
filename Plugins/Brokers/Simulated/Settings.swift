/// What the parameters of an instance come to, in the units of the venue.
struct Settings {
  enum Spread: UInt8 { case none, fixed, proportional, quotes }
  enum Slippage: UInt8 { case none, proportional, squareRoot }
  enum Commission: UInt8 { case none, proportional, fixed, tiered }

  /// Market orders fill at the close they were decided on, in the second pass of a batch.
  var fillsAtSameClose = false
  /// From submission to acceptance.
  var latency: Int64 = 0
  /// Share of a bar's volume that one side of our orders may take, ppm; 0: no cap.
  var participation: Int64 = 0
  var spread = Spread.none
  /// Half the spread as money per unit (1e-8), and as ppm of price.
  var halfSpread: Int64 = 0
  var halfSpreadShare: Int64 = 0
  var slippage = Slippage.none
  var slippageShare: Int64 = 0
  var impactCoefficient: Double = 1
  /// Stands in for the bar's range in close-only series, as a share of price.
  var impactVolatility: Double = 0.01
  var commission = Commission.none
  var commissionShare = Share(ppm: 0)
  var rejectProbability: Double = 0
  /// Fills kept for `executions`: 0, or a power of two.
  var executionHistory = 8192
}

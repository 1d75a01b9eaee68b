import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Drift-independent volatility from open, high, low and close, the overnight gap included.
/// Yang, Zhang (2000), "Drift-independent volatility estimation based on high, low, open, and close prices", Journal of
/// Business 73.
///
/// Row: estimate "volatility" of every instrument, annual: sqrt(`periods_per_year` * variance per bar).
/// A series without any movement is abstained from as degenerate.
struct RangeVolatility: Agent {
  static let descriptor = Descriptor(
    id: "data.range_vol", name: "Range volatility",
    summary: "Annual volatility from open, high, low and close with the overnight gap (Yang, Zhang 2000)",
    tier: .junior, inputs: .bars, outputs: .estimate,
    parameters: [
      .integer("window", default: 20, in: 2...5000, "bars of the estimate"),
      .number("periods_per_year", default: 252, in: 1...1_000_000, "bars in a year"),
    ] + SeriesGate.parameters(),
    estimates: ["volatility"], warmUp: 21)

  private let window: Int
  private let periods: Double
  private let gate: SeriesGate

  init(_ setup: Setup) throws(PluginError) {
    window = try setup.parameters.integer("window")
    periods = try setup.parameters.number("periods_per_year")
    gate = try SeriesGate(
      setup.parameters, rows: window + 1,
      columns: AL_COLUMN_OPEN | AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE)
  }

  var needs: Needs { Needs(lookback: window + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
        continue
      }
      guard let w = input.window(i), let open = w.open, let high = w.high, let low = w.low, let close = w.close else {
        output.abstain(i, .missingCapability)
        continue
      }
      let n = window + 1
      let variance = Indicators.yangZhangVariance(
        open: open.suffix(n).values, high: high.suffix(n).values, low: low.suffix(n).values,
        close: close.suffix(n).values)
      if variance > 0 {
        output.estimate(i, label: 0, (variance * periods).squareRoot())
      } else {
        output.abstain(i, .degenerate)
      }
    }
  }
}

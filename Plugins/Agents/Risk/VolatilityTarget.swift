import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

#if canImport(Glibc)
  import Glibc
#endif

/// Exposure in inverse proportion to recent variance.
/// Moreira, Muir (2017), "Volatility-managed portfolios", Journal of Finance 72: scale = c / variance.
/// The variance is RiskMetrics' (1996, Technical Document, section 5.2): exponentially weighted squares of log returns with
/// decay `lambda`, the mean taken as 0, over the last `window` returns with weights scaled to 1 (74 returns hold 99 % of
/// the weight at .94, their table 5.7).
///
/// c is the variance per bar of the target: `target_volatility`^2 / `periods_per_year`. The paper picks c over the whole
/// sample so that managed and unmanaged returns vary alike, which nobody can know in advance.
///
/// Rows of every instrument: multiplier min(1, scale), since a multiplier may only tighten; estimates "scale" = c / variance
/// without that cap, and "volatility" = annual sigma. Twice the volatility is a quarter of the scale. A series that never
/// moved is abstained from as degenerate.
struct VolatilityTarget: Agent {
  static let descriptor = Descriptor(
    id: "risk.vol_target", name: "Volatility target",
    summary: "Exposure c / EWMA variance, at most 1 (RiskMetrics 1996; Moreira, Muir 2017)",
    family: "Risk", tier: .senior, inputs: .bars, outputs: [.multiplier, .estimate],
    parameters: [
      .number("target_volatility", default: 0.2, in: 0.001...10, "annual volatility at which exposure is 1"),
      .number("lambda", default: 0.94, in: 0.5...0.9999, "decay of the weights per bar"),
      .integer("window", default: 74, in: 2...5000, "returns of the variance"),
      .number("periods_per_year", default: 252, in: 1...1_000_000, "bars in a year"),
    ] + SeriesGate.parameters(),
    estimates: ["scale", "volatility"], warmUp: 75, maxRows: 3)

  private let target: Double
  private let lambda: Double
  private let window: Int
  private let periods: Double
  private let gate: SeriesGate

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    periods = try p.number("periods_per_year")
    let volatility = try p.number("target_volatility")
    target = volatility * volatility / periods
    lambda = try p.number("lambda")
    window = try p.integer("window")
    gate = try SeriesGate(p, rows: window + 1)
  }

  var needs: Needs { Needs(lookback: window + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let close = input.window(i)?.close {
        answer(i, variance(close.suffix(window + 1)), &output)
      }
    }
  }

  private func answer(_ i: Int, _ variance: Double, _ output: inout Output) {
    let scale = target / variance
    guard variance > 0, scale.isFinite else { return output.abstain(i, .degenerate) }
    output.multiplier(i, min(1, scale))
    output.estimate(i, label: 0, scale)
    output.estimate(i, label: 1, (variance * periods).squareRoot())
  }

  private func variance(_ close: Column) -> Double {
    var weight = 1.0
    var total = 0.0
    var sum = 0.0
    for row in stride(from: close.count - 1, to: 0, by: -1) {
      let r = log(close[row] / close[row - 1])
      sum += weight * r * r
      total += weight
      weight *= lambda
    }
    return sum / total
  }
}

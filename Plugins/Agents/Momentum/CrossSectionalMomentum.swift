import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Cross-sectional momentum: the ranked return of the last twelve months without the last one.
/// Jegadeesh, Titman (1993), "Returns to buying winners and selling losers", Journal of Finance 48.
///
/// Rows for every name that can be read: a view, and estimate "return" = P(t - skip) / P(t - lookback) - 1.
/// score = (2 rank - n - 1) / (n - 1), rank 1 the weakest: the standardised rank scaled to [-1, 1], so the scores sum to 0
/// (dollar neutral) and depend on the order of the returns alone; equal returns share the mean of their ranks. Confidence is
/// the breadth of the cross-section, 1 - 1 / sqrt(n). The paper trades the extreme deciles; ranks use every name.
/// Names with a short, stale or broken window are left out of the ranking and abstain.
struct CrossSectionalMomentum: Agent {
  static let descriptor = Descriptor(
    id: "mom.xs_12_1", name: "Cross-sectional momentum 12-1",
    summary: "Rank of the 12-month return without the last month (Jegadeesh, Titman 1993)",
    family: "Momentum", tier: .senior, inputs: .bars, outputs: [.view, .estimate],
    parameters: [
      .integer("lookback", default: 252, in: 2...5000, "bars back to the start of the return"),
      .integer("skip", default: 21, in: 0...4999, "bars back to its end; below lookback"),
      .number("horizon_days", default: 30, in: 0.01...3650, "horizon of the view"),
    ] + PanelRanking.parameters + SeriesGate.parameters(),
    reasons: PanelRanking.reasons, estimates: ["return"], warmUp: 253, maxRows: 2)

  private let lookback: Int
  private let skip: Int
  private let gate: SeriesGate
  private var ranking: PanelRanking

  init(_ setup: Setup) throws(PluginError) {
    lookback = try setup.parameters.integer("lookback")
    skip = try setup.parameters.integer("skip")
    guard skip < lookback else { throw .configuration("skip (\(skip)) must be below lookback (\(lookback))") }
    gate = try SeriesGate(setup.parameters, rows: lookback + 1)
    ranking = try PanelRanking(setup)
  }

  var needs: Needs { Needs(lookback: lookback + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    ranking.removeAll()
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let close = input.window(i)?.close {
        ranking.add(i, close[ago: skip] / close[ago: lookback] - 1)
      }
    }
    ranking.answer(&output)
  }
}

import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Nearness to the 52-week high. George, Hwang (2004), "The 52-week high and momentum investing", Journal of Finance 59.
///
/// Rows for every name that can be read: a view, and estimate "nearness" = P / highest close of `window` bars, today's
/// included, so 1 at a new high. score = (2 rank - n - 1) / (n - 1), rank 1 the farthest below its high; equal values share
/// the mean of their ranks; scores sum to 0. Confidence is the breadth of the cross-section, 1 - 1 / sqrt(n). The paper is long
/// the top and short the bottom 30 %; ranks use every name. Names with a short, stale or broken window abstain.
struct HighMomentum: Agent {
  static let descriptor = Descriptor(
    id: "mom.high52", name: "52-week high",
    summary: "Rank of the price over its 52-week high (George, Hwang 2004)",
    family: "Momentum", tier: .senior, inputs: .bars, outputs: [.view, .estimate],
    parameters: [
      .integer("window", default: 252, in: 2...5000, "bars of the high; 252 trading days are 52 weeks"),
      .number("horizon_days", default: 182, in: 0.01...3650, "horizon of the view; the paper holds six months"),
    ] + PanelRanking.parameters + SeriesGate.parameters(),
    reasons: PanelRanking.reasons, estimates: ["nearness"], warmUp: 252, maxRows: 2)

  private let window: Int
  private let gate: SeriesGate
  private var ranking: PanelRanking

  init(_ setup: Setup) throws(PluginError) {
    window = try setup.parameters.integer("window")
    gate = try SeriesGate(setup.parameters, rows: window)
    ranking = try PanelRanking(setup)
  }

  var needs: Needs { Needs(lookback: window, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    ranking.removeAll()
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let close = input.window(i)?.close {
        ranking.add(i, close.last / Indicators.highest(close.suffix(window).values))
      }
    }
    ranking.answer(&output)
  }
}

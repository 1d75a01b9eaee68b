import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Cross-sectional reversal: buy the losers of the last period, sell its winners, in proportion.
/// Lehmann (1990), "Fads, martingales, and market efficiency", QJE 105; Lo, MacKinlay (1990), "When are contrarian profits
/// due to stock market overreaction?", RFS 3, equation 1: w_i = -(r_i - mean r) / N.
///
/// Rows for every name that can be read: estimate "weight", the w_i above exactly (they sum to 0), and a view whose score is
/// w_i / max |w|: proportional to the weights, scaled to [-1, 1] so that an ensemble can weigh it. Confidence is the breadth
/// of the cross-section, 1 - 1 / sqrt(N). Names with a short, stale or broken window are left out of the mean and abstain.
///
/// `period` is one bar: a week in both papers, so give weekly bars, or 5 with daily ones.
struct CrossSectionalReversal: Agent {
  static let descriptor = Descriptor(
    id: "arb.xs_reversal", name: "Cross-sectional reversal",
    summary: "Weights against the last period's return less the mean (Lehmann 1990; Lo, MacKinlay 1990)",
    family: "Arbitrage", tier: .senior, inputs: .bars, outputs: [.view, .estimate],
    parameters: [
      .integer("period", default: 1, in: 1...1000, "bars of the return; 5 is a week of daily bars"),
      .integer("minimum_names", default: 2, in: 2...100_000, "names that must be readable for anyone to be answered"),
      .number("horizon_days", default: 5, in: 0.001...3650, "horizon of the view"),
    ] + SeriesGate.parameters(),
    reasons: ["the cross-section has fewer names than minimum_names"], estimates: ["weight"], warmUp: 2, maxRows: 2)

  private let period: Int
  private let minimumNames: Int
  private let horizon: Int64
  private let gate: SeriesGate
  private var section: CrossSection

  init(_ setup: Setup) throws(PluginError) {
    period = try setup.parameters.integer("period")
    minimumNames = try setup.parameters.integer("minimum_names")
    horizon = Int64(try setup.parameters.number("horizon_days") * 86_400e9)
    gate = try SeriesGate(setup.parameters, rows: period + 1)
    section = CrossSection(capacity: setup.universe.count)
  }

  var needs: Needs { Needs(lookback: period + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    section.removeAll()
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let close = input.window(i)?.close {
        section.add(i, close.last / close[ago: period] - 1)
      }
    }
    section.rank()
    guard section.count >= minimumNames, !section.isFlat else {
      let reason = section.count < minimumNames ? Reason.custom(0) : .degenerate
      for k in 0..<section.count { output.abstain(section.member(k), reason) }
      return
    }
    let mean = section.mean
    let names = Double(section.count)
    var largest = 0.0
    for k in 0..<section.count { largest = max(largest, abs(section.value(k) - mean)) }
    for k in 0..<section.count {
      let deviation = section.value(k) - mean
      output.view(
        section.member(k), score: -deviation / largest, confidence: 1 - 1 / names.squareRoot(), horizon: horizon)
      output.estimate(section.member(k), label: 0, -deviation / names)
    }
  }
}

import AlphaLoopSDK
import CAlphaLoop

/// Exposure in proportion to the cushion over a floor that follows the peak of wealth.
/// Grossman, Zhou (1993), "Optimal investment strategies for controlling drawdowns", Mathematical Finance 3: with W the
/// equity, M its running peak and `floor` the share of M that must not be lost, exposure = k (W - floor M) / W.
///
/// The paper's k is the growth-optimal leverage; the default 10 = 1 / (1 - .90) makes exposure 1 at the peak, so that the
/// agent does nothing there and nothing is left at the floor. M is the host's `peak_equity`, which a resumed halt counts
/// anew.
///
/// Rows: multiplier min(1, exposure), 0 at and below the floor, for the whole book; estimate "exposure" without the cap.
struct DrawdownFloor: Agent {
  static let descriptor = Descriptor(
    id: "risk.drawdown_floor", name: "Drawdown floor",
    summary: "Exposure k (W - .90 M) / W, M the running peak (Grossman, Zhou 1993)",
    family: "Risk", tier: .executive, inputs: .portfolio, outputs: [.multiplier, .estimate],
    parameters: [
      .number("floor", default: 0.9, in: 0...0.999, "share of the peak that must not be lost"),
      .number("k", default: 10, in: 0.01...1000, "exposure per unit of cushion; 1 / (1 - floor) is 1 at the peak"),
    ],
    estimates: ["exposure"], maxRows: 2)

  private let floor: Double
  private let k: Double

  init(_ setup: Setup) throws(PluginError) {
    floor = try setup.parameters.number("floor")
    k = try setup.parameters.number("k")
  }

  var needs: Needs { Needs(lookback: 1, warmUp: 0, columns: 0) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let portfolio = input.portfolio else { return output.abstain(nil, .missingCapability) }
    let equity = portfolio.equity
    let peak = max(portfolio.peakEquity, equity)
    guard peak > 0 else { return output.abstain(nil, .invalidData) }
    // Nothing is left to lose, which is below any floor.
    let exposure = equity > 0 ? k * (equity - floor * peak) / equity : 0
    output.multiplier(nil, max(0, min(1, exposure)))
    output.estimate(nil, label: 0, max(0, exposure))
  }
}

import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

#if canImport(Glibc)
  import Glibc
#endif

/// Time-series momentum: the sign of an instrument's own 12-month excess return, sized to a constant volatility.
/// Moskowitz, Ooi, Pedersen (2012), "Time series momentum", Journal of Financial Economics 104.
///
/// Rows: a view on every instrument, and estimate "size" = `target_volatility` / sigma, the paper's position per instrument
/// before any cap (absent where sigma is 0).
///
/// The paper votes the sign alone. Here the sign is the sign of the score, and its size tells how clear the trend is, so
/// that an ensemble can weigh it: z = excess log return / (sigma * sqrt(lookback / 261)), score = z / sqrt(1 + z^2),
/// confidence = |z| / (1 + |z|). A drift without noise scores 1; a larger drift at equal noise always scores more.
/// Log returns, where the paper compounds simple ones: the sign is the same and a mirrored market gives the mirrored answer.
/// sigma is the paper's: exponentially weighted, centre of mass 60 days, annualised by 261.
struct TimeSeriesMomentum: Agent {
  static let descriptor = Descriptor(
    id: "mom.tsmom", name: "Time-series momentum",
    summary: "Sign of the own 12-month excess return, sized to constant volatility (Moskowitz, Ooi, Pedersen 2012)",
    family: "Momentum", tier: .senior, inputs: .bars, outputs: [.view, .estimate],
    parameters: [
      .integer("lookback", default: 252, in: 2...5000, "bars of the return; 252 trading days are 12 months"),
      .number("target_volatility", default: 0.4, in: 0.01...10, "annual volatility that a position is sized to"),
      .number("center_of_mass", default: 60, in: 1...1000, "bars; centre of mass of the volatility's weights"),
      .number("periods_per_year", default: 261, in: 1...1_000_000, "bars in a year"),
      .number(
        "risk_free", default: 0, in: -0.2...1,
        "annual simple rate taken off the return; 0 for futures, whose returns are excess already"),
      .number("horizon_days", default: 30, in: 0.01...3650, "horizon of the view; the paper holds a month"),
    ] + SeriesGate.parameters(),
    estimates: ["size"], warmUp: 253, maxRows: 2)

  private let lookback: Int
  private let targetVolatility: Double
  private let centerOfMass: Double
  private let periods: Double
  private let riskFree: Double
  private let horizon: Int64
  private let gate: SeriesGate

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    lookback = try p.integer("lookback")
    targetVolatility = try p.number("target_volatility")
    centerOfMass = try p.number("center_of_mass")
    periods = try p.number("periods_per_year")
    riskFree = log(1 + (try p.number("risk_free"))) * Double(lookback) / periods
    horizon = Int64(try p.number("horizon_days") * 86_400e9)
    gate = try SeriesGate(p, rows: lookback + 1)
  }

  var needs: Needs { Needs(lookback: lookback + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let close = input.window(i)?.close {
        answer(i, close.suffix(lookback + 1), &output)
      }
    }
  }

  private func answer(_ i: Int, _ close: Column, _ output: inout Output) {
    let excess = log(close.last / close[0]) - riskFree
    let sigma = Indicators.exponentialVolatility(close.values, centerOfMass: centerOfMass, periods: periods)
    guard excess != 0 else {
      output.abstain(i, sigma == 0 ? .degenerate : .noSignal)
      return
    }
    let z = excess / (sigma * (Double(lookback) / periods).squareRoot())
    let clarity = abs(z) < 1e150 ? abs(z) / (1 + abs(z)) : 1
    output.view(i, score: Indicators.squash(z), confidence: clarity, horizon: horizon)
    if sigma > 0 { output.estimate(i, label: 0, targetVolatility / sigma) }
  }
}

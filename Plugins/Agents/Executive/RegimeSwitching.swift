import AlphaLoopSDK
import CAlphaLoop

#if canImport(Glibc)
  import Glibc
#endif

/// Exposure cut by the probability of the volatile one of two regimes.
/// Hamilton (1989), "A new approach to the economic analysis of nonstationary time series and the business cycle",
/// Econometrica 57. Log returns of the universe's first instrument (an index) are normal with mean and variance of a hidden
/// two-state Markov chain; `MarkovSwitching` fits it on the last `window` returns, every `refit` bars.
///
/// Rows, once per evaluation: multiplier 1 - `cut` P for the whole book, P the filtered probability, known at the bar, of the
/// state with the larger variance; estimates of the first instrument "high_volatility" = P, "sigma_low" and "sigma_high" per
/// bar. Only the first instrument is read; a universe whose first series cannot be read abstains as a whole.
/// State: the fitted parameters and the bar they were fitted at.
struct RegimeSwitching: Agent {
  static let descriptor = Descriptor(
    id: "exec.regime_hmm", name: "Two-regime filter",
    summary: "Exposure 1 - .5 P(high volatility) from a two-state Markov-switching filter (Hamilton 1989)",
    tier: .executive, inputs: .bars, outputs: [.multiplier, .estimate],
    parameters: [
      .integer("window", default: 1260, in: 50...20_000, "most returns of a fit, and of the filter"),
      .integer("minimum", default: 252, in: 30...20_000, "fewest returns of a fit; at most window"),
      .integer("refit", default: 21, in: 1...10_000, "bars between two fits"),
      .integer("iterations", default: 25, in: 1...1000, "expectation-maximisation steps of a fit"),
      .number("cut", default: 0.5, in: 0...1, "part of the exposure taken off in a certain high-volatility regime"),
    ] + SeriesGate.parameters(),
    estimates: ["high_volatility", "sigma_low", "sigma_high"], warmUp: 253, maxRows: 4)

  private let window: Int
  private let minimum: Int
  private let refit: Int
  private let iterations: Int
  private let cut: Double
  private let gate: SeriesGate
  private var model: MarkovSwitching
  /// Bars of the series at the last fit; 0 before the first.
  private var fittedAt = 0

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    window = try p.integer("window")
    minimum = try p.integer("minimum")
    guard minimum <= window else {
      throw .configuration("minimum (\(minimum)) is above window (\(window)); lower it or widen the window")
    }
    refit = try p.integer("refit")
    iterations = try p.integer("iterations")
    cut = try p.number("cut")
    gate = try SeriesGate(p, rows: minimum + 1)
    model = MarkovSwitching(capacity: window)
  }

  var needs: Needs { Needs(lookback: window + 1, warmUp: minimum + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard input.count > 0, input.hasBars else { return output.abstain(nil, .missingCapability) }
    if let reason = gate.fault(input, 0) { return output.abstain(nil, reason) }
    guard let series = input.window(0), let close = series.close else { return output.abstain(nil, .missingCapability) }
    guard model.load(close.values) else { return output.abstain(nil, .invalidData) }
    if fittedAt == 0 || series.total - fittedAt >= refit || series.total < fittedAt {
      guard model.fit(iterations: iterations) else { return output.abstain(nil, .degenerate) }
      fittedAt = series.total
    }
    guard let high = model.filter() else { return output.abstain(nil, .degenerate) }
    output.multiplier(nil, 1 - cut * high)
    output.estimate(0, label: 0, high)
    output.estimate(0, label: 1, model.parameters.low.variance.squareRoot())
    output.estimate(0, label: 2, model.parameters.high.variance.squareRoot())
  }

  func save(to writer: inout StateWriter) {
    writer.write(fittedAt)
    for state in [model.parameters.low, model.parameters.high] {
      writer.write(state.mean)
      writer.write(state.variance)
      writer.write(state.stay)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let bars = Int(try reader.integer())
    var states: [MarkovSwitching.State] = []
    for _ in 0..<2 {
      let state = MarkovSwitching.State(
        mean: try reader.double(), variance: try reader.double(), stay: try reader.double())
      guard
        bars == 0
          || (state.mean.isFinite && state.variance > 0 && state.variance < .infinity && (0...1).contains(state.stay))
      else { throw .data("the saved state is no two-regime model: \(state)") }
      states.append(state)
    }
    guard bars >= 0 else { throw .data("the saved state was fitted at bar \(bars)") }
    fittedAt = bars
    model.parameters = .init(low: states[0], high: states[1])
  }
}

import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Residual momentum: the part of the past year's return that factors do not explain, over its own volatility.
/// Blitz, Huij, Martens (2011), "Residual momentum", Journal of Empirical Finance 18.
///
/// Month-end returns of the newest `months` complete calendar months (the running month counts once the session says that
/// the next one is another month) are regressed on a constant and the factors; the constant is not part of the residual, as
/// in the paper. value = sum of the residuals of months t-12 .. t-2 (t-1, the newest, is left out) over their standard deviation.
///
/// Rows: a view, score = z / sqrt(1 + z^2) and confidence |z| / (1 + |z|) with z = value / sqrt(11), which is standard normal for
/// an instrument without momentum; and estimates "residual_momentum" (the value) and "beta" (of the first factor). Where the
/// factors explain every return to rounding, the residual return is 0: a view of score 0 and confidence 0.
///
/// Inputs: `factors` names monthly return series, as fractions, each value dated (period) within its month: macro series, or
/// fundamentals of each instrument when macro lacks them. `risk_free` is subtracted from the instrument's return where the same
/// source has it. Without the factors: abstain, missing capability, unless `market_fallback` asks for one factor made here, the
/// equal-weight return of the readable names of the universe (which needs two of them).
struct ResidualMomentum: Agent {
  static let descriptor = Descriptor(
    id: "mom.residual", name: "Residual momentum",
    summary: "Past year's factor-model residuals over their volatility (Blitz, Huij, Martens 2011)",
    family: "Momentum", tier: .senior, inputs: [.bars, .macro, .fundamentals], outputs: [.view, .estimate],
    parameters: [
      .text("factors", default: "MKT,SMB,HML", "names of monthly factor return series, comma-separated"),
      .text("risk_free", default: "RF", "name of the monthly risk-free return series; subtracted where it exists"),
      .integer("months", default: 36, in: 14...240, "months of the regression"),
      .flag(
        "market_fallback", default: false, "without the factors, use the universe's equal-weight return as the only one"
      ),
      .number("horizon_days", default: 30, in: 0.01...3650, "horizon of the view; the paper holds a month"),
    ] + SeriesGate.parameters(),
    estimates: ["residual_momentum", "beta"], warmUp: 37 * 21, maxRows: 3)

  private let months: Int
  private let horizon: Int64
  private let allowsFallback: Bool
  private let gate: SeriesGate
  private var factors: FactorReturns
  private var market: LeastSquares
  private var model: LeastSquares
  private var returns: [MonthlyReturns]
  private var isReadable: [Bool]

  /// Residuals t-12 .. t-2.
  private static let span = 11

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    months = try p.integer("months")
    horizon = Int64(try p.number("horizon_days") * 86_400e9)
    allowsFallback = try p.flag("market_fallback")
    gate = try SeriesGate(p, rows: 1)
    factors = try FactorReturns(names: try p.text("factors"), riskFree: try p.text("risk_free"), months: months)
    guard factors.count + 2 < months else {
      throw .configuration("\(factors.count) factors need more than \(months) months; raise months")
    }
    model = LeastSquares(rows: months, columns: factors.count + 1)
    market = LeastSquares(rows: months, columns: 2)
    returns = Array(repeating: MonthlyReturns(count: months), count: setup.universe.count)
    isReadable = Array(repeating: false, count: setup.universe.count)
  }

  /// 23 weekdays are the most a month has; the running month and one more month end are read too.
  var needs: Needs { Needs(lookback: (months + 2) * 23, warmUp: (months + 1) * 21, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    let running = Month(of: input.asOf - 1).index
    let isLast =
      input.session.map { $0.next_date_ns > input.asOf && Month(of: $0.next_date_ns).index > running } ?? false
    let newest = isLast ? running : running - 1
    for i in 0..<input.count {
      isReadable[i] = false
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let window = input.window(i), let close = window.close {
        if let reason = returns[i].load(window, close, newest: newest) {
          output.abstain(i, reason)
        } else {
          isReadable[i] = true
        }
      }
    }
    let source = factors.source(input)
    let shared = source == .macro ? factors.load(input, .macro, instrument: 0, newest: newest) : nil
    if source == nil, allowsFallback { loadMarket() }
    for i in 0..<input.count where isReadable[i] {
      if let source {
        let reason =
          source == .macro ? shared : factors.load(input, source, instrument: i, newest: newest)
        if let reason { output.abstain(i, reason) } else { answerFromFactors(i, &output) }
      } else if allowsFallback {
        answerFromMarket(i, &output)
      } else {
        output.abstain(i, .missingCapability)
      }
    }
  }

  private mutating func answerFromFactors(_ i: Int, _ output: inout Output) {
    for k in 0..<months {
      model.setTarget(k, returns[i].value(k) - factors.riskFree(k))
      model.setDesign(k, 0, 1)
      for f in 0..<factors.count { model.setDesign(k, f + 1, factors.value(f, k)) }
    }
    guard model.solve() else {
      output.abstain(i, .degenerate)
      return
    }
    answer(i, model, &output)
  }

  private mutating func loadMarket() {
    for k in 0..<months {
      var sum = 0.0
      var names = 0.0
      for i in returns.indices where isReadable[i] {
        sum += returns[i].value(k)
        names += 1
      }
      market.setDesign(k, 0, 1)
      market.setDesign(k, 1, names < 2 ? 0 : sum / names)
    }
  }

  private mutating func answerFromMarket(_ i: Int, _ output: inout Output) {
    for k in 0..<months { market.setTarget(k, returns[i].value(k)) }
    guard market.solve() else {
      output.abstain(i, .degenerate)
      return
    }
    answer(i, market, &output)
  }

  private func answer(_ i: Int, _ fit: LeastSquares, _ output: inout Output) {
    var scale = 0.0
    var largest = 0.0
    for k in 0..<months {
      scale = max(scale, abs(returns[i].value(k)))
      largest = max(largest, abs(fit.residual(k)))
    }
    guard scale > 0 else {
      output.abstain(i, .degenerate)
      return
    }
    // t-1 is month `months - 1`.
    let from = months - 1 - Self.span
    var sum = 0.0
    for k in from..<from + Self.span { sum += fit.residual(k) }
    let mean = sum / Double(Self.span)
    var squares = 0.0
    for k in from..<from + Self.span { squares += (fit.residual(k) - mean) * (fit.residual(k) - mean) }
    let deviation = (squares / Double(Self.span - 1)).squareRoot()
    if largest <= 1e-10 * scale {
      output.view(i, score: 0, confidence: 0, horizon: horizon)
    } else if sum == 0 {
      output.abstain(i, .noSignal)
    } else {
      let z = sum / (deviation * Double(Self.span).squareRoot())
      let clarity = abs(z) < 1e150 ? abs(z) / (1 + abs(z)) : 1
      output.view(i, score: Indicators.squash(z), confidence: clarity, horizon: horizon)
      if deviation > 0, (sum / deviation).isFinite { output.estimate(i, label: 0, sum / deviation) }
    }
    output.estimate(i, label: 1, fit.coefficient(1))
  }
}

import AlphaLoopKit

/// A named metric with its text for the strategy and, where it has one, for the benchmark.
struct MetricRow {
  var name: String
  /// How it is computed, shown on demand.
  var note: String
  var strategy: Cell
  var benchmark: Cell?

  enum Cell {
    case text(String)
    case undefined(String)

    init(_ metric: Metric, _ text: (Double) -> String) {
      switch metric {
      case .value(let number): self = .text(text(number))
      case .undefined(let reason): self = .undefined(reason)
      }
    }

    /// A percentage with 2 decimals.
    static func percent(_ metric: Metric) -> Cell { Cell(metric) { NumberText.percent($0) } }

    /// A number with 2 decimals.
    static func ratio(_ metric: Metric) -> Cell { Cell(metric) { NumberText.fixed($0, decimals: 2) } }
  }
}

struct MetricGroup {
  var name: String
  var rows: [MetricRow]
}

extension RunAnalysis {
  /// Every metric of the page, in the order it prints.
  var metricGroups: [MetricGroup] {
    let own = returnGroups(curve)
    var groups = own
    if let benchmark {
      for (index, group) in returnGroups(benchmark).enumerated() {
        for (row, metric) in group.rows.enumerated() { groups[index].rows[row].benchmark = metric.strategy }
      }
    }
    groups.append(MetricGroup(name: "Against the benchmark", rows: benchmarkRows))
    groups.append(MetricGroup(name: "Trading", rows: tradingRows))
    groups.append(MetricGroup(name: "Closed trades", rows: tradeRows))
    return groups
  }

  /// The groups that any curve of values has.
  private func returnGroups(_ curve: DailyCurve) -> [MetricGroup] {
    [
      MetricGroup(name: "Return", rows: returnRows(curve)),
      MetricGroup(name: "Risk-adjusted", rows: ratioRows(curve)),
      MetricGroup(name: "Drawdown", rows: drawdownRows(curve)),
      MetricGroup(name: "Distribution of daily returns", rows: distributionRows(curve)),
      MetricGroup(name: "Trailing", rows: trailingRows(curve)),
      MetricGroup(name: "Best, worst, won", rows: extremeRows(curve)),
    ]
  }

  private func returnRows(_ curve: DailyCurve) -> [MetricRow] {
    let returns = curve.returns
    let months = curve.monthlyReturns.map(\.value)
    let years = curve.yearlyReturns.map(\.value)
    return [
      MetricRow(name: "Cumulative return", note: "End over start, less 1", strategy: .percent(curve.cumulativeReturn)),
      MetricRow(
        name: "Growth a year (CAGR)", note: "Compounded over returns / periods a year; not stated below a year",
        strategy: .percent(Performance.compoundAnnualGrowth(returns, periodsPerYear: run.periodsPerYear))),
      MetricRow(
        name: "Volatility a year", note: "Sample standard deviation of daily returns, annualised",
        strategy: .percent(
          Self.enough(returns.count, Performance.volatility(returns, periodsPerYear: run.periodsPerYear)))),
      MetricRow(
        name: "Expected day", note: "Geometric mean", strategy: .percent(Performance.expectedReturn(returns))),
      MetricRow(
        name: "Expected month", note: "Geometric mean of calendar months",
        strategy: .percent(Performance.expectedReturn(months))),
      MetricRow(
        name: "Expected year", note: "Geometric mean of calendar years, the first and last as far as they go",
        strategy: .percent(Performance.expectedReturn(years))),
    ]
  }

  private func ratioRows(_ curve: DailyCurve) -> [MetricRow] {
    let returns = curve.returns
    let periods = run.periodsPerYear
    func enough(_ metric: @autoclosure () -> Metric) -> Metric { Self.enough(returns.count, metric()) }
    let deflated: Metric =
      run.trials.map {
        Performance.deflatedSharpe(returns, trials: $0.count, variance: $0.sharpeVariance, riskFree: riskFree)
      } ?? .undefined("the run states no number of trials")
    return [
      MetricRow(
        name: "Sharpe", note: "Mean excess over standard deviation, annualised",
        strategy: .ratio(enough(Performance.sharpe(returns, periodsPerYear: periods, riskFree: riskFree)))),
      MetricRow(
        name: "Smart Sharpe", note: "Sharpe less the penalty for autocorrelated returns",
        strategy: .ratio(enough(Performance.smartSharpe(returns, periodsPerYear: periods, riskFree: riskFree)))),
      MetricRow(
        name: "Probabilistic Sharpe",
        note: "Probability that the true Sharpe exceeds 0 (Bailey and López de Prado 2012)",
        strategy: .percent(enough(Performance.probabilisticSharpe(returns, riskFree: riskFree)))),
      MetricRow(
        name: "Deflated Sharpe",
        note: "The same against the best of the trials made (Bailey and López de Prado 2014)",
        strategy: .percent(enough(deflated))),
      MetricRow(
        name: "Sortino", note: "Mean excess over downside deviation, annualised",
        strategy: .ratio(enough(Performance.sortino(returns, periodsPerYear: periods, riskFree: riskFree)))),
      MetricRow(
        name: "Omega", note: "Gains over losses around the risk-free rate",
        strategy: .ratio(enough(Performance.omega(returns, threshold: riskFree)))),
      MetricRow(
        name: "Calmar", note: "Growth a year over maximum drawdown",
        strategy: .ratio(enough(curve.calmar(periodsPerYear: periods)))),
      MetricRow(
        name: "Gain to pain, daily", note: "Sum of returns over sum of losses",
        strategy: .ratio(enough(Performance.gainToPain(returns)))),
      MetricRow(
        name: "Gain to pain, monthly", note: "Sum of returns over sum of losses",
        strategy: .ratio(enough(Performance.gainToPain(curve.monthlyReturns.map(\.value))))),
    ]
  }

  private func drawdownRows(_ curve: DailyCurve) -> [MetricRow] {
    let none = "there was no drawdown"
    func date(_ day: Int?) -> MetricRow.Cell {
      day.map { .text(NumberText.date(day: $0)) } ?? .undefined(none)
    }
    let worst = curve.maximumDrawdown
    return [
      MetricRow(
        name: "Maximum drawdown", note: "Deepest fall of the daily close below its peak",
        strategy: worst.map { .text(NumberText.percent($0.depth)) } ?? .undefined(none)),
      MetricRow(name: "Its peak", note: "Of the maximum drawdown", strategy: date(worst?.peak)),
      MetricRow(name: "Its trough", note: "Of the maximum drawdown", strategy: date(worst?.trough)),
      MetricRow(
        name: "Longest under water", note: "Calendar days from a peak to its recovery or the end",
        strategy: curve.longestDrawdown.map { .text(NumberText.count($0.length, "day")) } ?? .undefined(none)),
      MetricRow(
        name: "Recovery factor", note: "Cumulative return over maximum drawdown", strategy: .ratio(curve.recoveryFactor)
      ),
      MetricRow(
        name: "Ulcer index", note: "Root mean square of the drawdown (Martin 1987)",
        strategy: .percent(curve.ulcerIndex)),
    ]
  }

  private func distributionRows(_ curve: DailyCurve) -> [MetricRow] {
    let returns = curve.returns
    func enough(_ metric: @autoclosure () -> Metric) -> Metric { Self.enough(returns.count, metric()) }
    return [
      MetricRow(name: "Skew", note: "Adjusted", strategy: .ratio(enough(Statistics.skewness(returns)))),
      MetricRow(
        name: "Excess kurtosis", note: "Adjusted; 0 for a normal distribution",
        strategy: .ratio(enough(Statistics.excessKurtosis(returns)))),
      MetricRow(
        name: "VaR 95%, normal", note: "One day", strategy: .percent(enough(Performance.normalValueAtRisk(returns)))),
      MetricRow(
        name: "VaR 95%, historical", note: "One day, 5 % quantile",
        strategy: .percent(enough(Performance.historicalValueAtRisk(returns)))),
      MetricRow(
        name: "CVaR 95%", note: "Mean of the days at or below the historical VaR",
        strategy: .percent(enough(Performance.conditionalValueAtRisk(returns)))),
      MetricRow(
        name: "Tail ratio", note: "95 % quantile over 5 % quantile",
        strategy: .ratio(enough(Performance.tailRatio(returns)))),
      MetricRow(
        name: "Outlier win ratio", note: "99 % quantile over mean gain",
        strategy: .ratio(enough(Performance.outlierWinRatio(returns)))),
      MetricRow(
        name: "Outlier loss ratio", note: "1 % quantile over mean loss",
        strategy: .ratio(enough(Performance.outlierLossRatio(returns)))),
      MetricRow(
        name: "Kelly fraction", note: "From daily win rate and payoff (Kelly 1956)",
        strategy: .percent(enough(Performance.kelly(returns)))),
      MetricRow(
        name: "Risk of ruin", note: "From the daily win rate alone",
        strategy: .percent(enough(Performance.riskOfRuin(returns)))
      ),
    ]
  }

  private func trailingRows(_ curve: DailyCurve) -> [MetricRow] {
    func row(_ name: String, _ note: String, _ metric: Metric) -> MetricRow {
      MetricRow(name: name, note: note, strategy: .percent(metric))
    }
    return [
      row("Month to date", "", curve.returnToDate(month: true)),
      row("3 months", "", curve.trailingReturn(months: 3)),
      row("6 months", "", curve.trailingReturn(months: 6)),
      row("Year to date", "", curve.returnToDate(month: false)),
      row("1 year", "", curve.trailingReturn(months: 12)),
      row("3 years", "A year, compounded", curve.trailingReturn(months: 36, annualised: true)),
      row("5 years", "A year, compounded", curve.trailingReturn(months: 60, annualised: true)),
      row("10 years", "A year, compounded", curve.trailingReturn(months: 120, annualised: true)),
    ]
  }

  private func extremeRows(_ curve: DailyCurve) -> [MetricRow] {
    let days = curve.returns
    let months = curve.monthlyReturns.map(\.value)
    let years = curve.yearlyReturns.map(\.value)
    func best(_ values: [Double]) -> Metric { values.max().map { .value($0) } ?? .undefined("no returns") }
    func worst(_ values: [Double]) -> Metric { values.min().map { .value($0) } ?? .undefined("no returns") }
    func run(_ length: Int) -> MetricRow.Cell {
      days.isEmpty ? .undefined("no returns") : .text(NumberText.integer(length))
    }
    return [
      MetricRow(name: "Best day", note: "", strategy: .percent(best(days))),
      MetricRow(name: "Worst day", note: "", strategy: .percent(worst(days))),
      MetricRow(name: "Best month", note: "Calendar month", strategy: .percent(best(months))),
      MetricRow(name: "Worst month", note: "Calendar month", strategy: .percent(worst(months))),
      MetricRow(name: "Best year", note: "Calendar year", strategy: .percent(best(years))),
      MetricRow(name: "Worst year", note: "Calendar year", strategy: .percent(worst(years))),
      MetricRow(
        name: "Days won", note: "Of days with a gain or a loss", strategy: .percent(Performance.winRate(days))),
      MetricRow(name: "Months won", note: "", strategy: .percent(Performance.winRate(months))),
      MetricRow(name: "Years won", note: "", strategy: .percent(Performance.winRate(years))),
      MetricRow(name: "Consecutive wins", note: "Days", strategy: run(Performance.consecutiveWins(days))),
      MetricRow(name: "Consecutive losses", note: "Days", strategy: run(Performance.consecutiveLosses(days))),
      MetricRow(name: "Payoff, daily", note: "Mean gain over mean loss", strategy: .ratio(Performance.payoff(days))),
      MetricRow(
        name: "Profit factor, daily", note: "Sum of gains over sum of losses",
        strategy: .ratio(Performance.profitFactor(days))),
    ]
  }
}

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

/// Makes rows of metrics that a few returns say nothing about.
private struct ReturnRows {
  /// Of returns.
  let count: Int

  func ratio(_ name: String, _ note: String, _ metric: @autoclosure () -> Metric) -> MetricRow {
    MetricRow(name: name, note: note, strategy: .ratio(RunAnalysis.enough(count, metric())))
  }

  func percent(_ name: String, _ note: String, _ metric: @autoclosure () -> Metric) -> MetricRow {
    MetricRow(name: name, note: note, strategy: .percent(RunAnalysis.enough(count, metric())))
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
    let rows = ReturnRows(count: returns.count)
    let deflated: Metric =
      run.trials.map {
        Performance.deflatedSharpe(returns, trials: $0.count, variance: $0.sharpeVariance, riskFree: riskFree)
      } ?? .undefined("the run states no number of trials")
    return [
      rows.ratio(
        "Sharpe", "Mean excess over standard deviation, annualised",
        Performance.sharpe(returns, periodsPerYear: periods, riskFree: riskFree)),
      rows.ratio(
        "Smart Sharpe", "Sharpe less the penalty for autocorrelated returns",
        Performance.smartSharpe(returns, periodsPerYear: periods, riskFree: riskFree)),
      rows.percent(
        "Probabilistic Sharpe", "Probability that the true Sharpe exceeds 0 (Bailey and López de Prado 2012)",
        Performance.probabilisticSharpe(returns, riskFree: riskFree)),
      rows.percent(
        "Deflated Sharpe", "The same against the best of the trials made (Bailey and López de Prado 2014)", deflated),
      rows.ratio(
        "Sortino", "Mean excess over downside deviation, annualised",
        Performance.sortino(returns, periodsPerYear: periods, riskFree: riskFree)),
      rows.ratio(
        "Omega", "Gains over losses around the risk-free rate", Performance.omega(returns, threshold: riskFree)),
      rows.ratio("Calmar", "Growth a year over maximum drawdown", curve.calmar(periodsPerYear: periods)),
      rows.ratio("Gain to pain, daily", "Sum of returns over sum of losses", Performance.gainToPain(returns)),
      rows.ratio(
        "Gain to pain, monthly", "Sum of returns over sum of losses",
        Performance.gainToPain(curve.monthlyReturns.map(\.value))),
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
    let rows = ReturnRows(count: returns.count)
    return [
      rows.ratio("Skew", "Adjusted", Statistics.skewness(returns)),
      rows.ratio("Excess kurtosis", "Adjusted; 0 for a normal distribution", Statistics.excessKurtosis(returns)),
      rows.percent("VaR 95%, normal", "One day", Performance.normalValueAtRisk(returns)),
      rows.percent("VaR 95%, historical", "One day, 5 % quantile", Performance.historicalValueAtRisk(returns)),
      rows.percent(
        "CVaR 95%", "Mean of the days at or below the historical VaR", Performance.conditionalValueAtRisk(returns)),
      rows.ratio("Tail ratio", "95 % quantile over 5 % quantile", Performance.tailRatio(returns)),
      rows.ratio("Outlier win ratio", "99 % quantile over mean gain", Performance.outlierWinRatio(returns)),
      rows.ratio("Outlier loss ratio", "1 % quantile over mean loss", Performance.outlierLossRatio(returns)),
      rows.percent("Kelly fraction", "From daily win rate and payoff (Kelly 1956)", Performance.kelly(returns)),
      rows.percent("Risk of ruin", "From the daily win rate alone", Performance.riskOfRuin(returns)),
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

import AlphaLoopKit

extension RunAnalysis {
  var benchmarkRows: [MetricRow] {
    let periods = run.periodsPerYear
    func measure(_ metric: (BenchmarkComparison) -> Metric) -> Metric {
      comparison.map(metric) ?? .undefined("the run has no benchmark")
    }
    return [
      MetricRow(
        name: "Beta", note: "Covariance over the benchmark's variance, daily", strategy: .ratio(measure { $0.beta })),
      MetricRow(
        name: "Alpha a year", note: "Jensen 1968",
        strategy: .percent(measure { $0.alpha(periodsPerYear: periods, riskFree: riskFree) })),
      MetricRow(name: "Correlation", note: "Daily returns", strategy: .ratio(measure { $0.correlation })),
      MetricRow(name: "R²", note: "Squared correlation", strategy: .ratio(measure { $0.rSquared })),
      MetricRow(
        name: "Treynor", note: "Mean excess a year over beta",
        strategy: .percent(measure { $0.treynor(periodsPerYear: periods, riskFree: riskFree) })),
      MetricRow(
        name: "Information ratio", note: "Mean active return over its standard deviation, annualised",
        strategy: .ratio(measure { $0.informationRatio(periodsPerYear: periods) })),
    ]
  }

  private func turnover(periodsPerYear: Double) -> Metric {
    TradingActivity.turnover(tradedValue: tradedValue, equity: curve.values, periodsPerYear: periodsPerYear)
  }

  private var yearlyTurnover: Metric {
    Double(curve.days.count) < run.periodsPerYear
      ? .undefined("shorter than a year, so not annualised") : turnover(periodsPerYear: run.periodsPerYear)
  }

  var tradingRows: [MetricRow] {
    let equity = run.equity.map(\.equity.double)
    let gross = run.equity.map(\.grossExposure.double)
    let net = run.equity.map(\.netExposure.double)
    let perDay = Metric.ratio(
      Double(run.fills.count), Double(curve.days.count), zero: "no equity was recorded")
    let positions = Statistics.mean(run.equity.map { Double($0.positions) })
    return [
      MetricRow(name: "Fills", note: "Executions", strategy: .text(NumberText.integer(run.fills.count))),
      MetricRow(name: "Fills a day", note: "", strategy: .ratio(perDay)),
      MetricRow(
        name: "Turnover", note: "Half of purchases and sales over mean equity, the whole run",
        strategy: MetricRow.Cell(turnover(periodsPerYear: Double(curve.days.count))) {
          NumberText.fixed($0, decimals: 2) + "×"
        }),
      MetricRow(
        name: "Turnover a year", note: "Half of purchases and sales over mean equity",
        strategy: MetricRow.Cell(yearlyTurnover) { NumberText.fixed($0, decimals: 2) + "×" }),
      MetricRow(
        name: "Fees", note: "Commissions and regulatory fees", strategy: .text(fees.formatted(decimals: 2))),
      MetricRow(
        name: "Time in market", note: "Share of equity rows with a position",
        strategy: .percent(TradingActivity.timeInMarket(grossExposure: gross))),
      MetricRow(
        name: "Mean gross exposure", note: "Over equity",
        strategy: .percent(TradingActivity.meanLeverage(exposure: gross, equity: equity))),
      MetricRow(
        name: "Mean net exposure", note: "Over equity",
        strategy: .percent(TradingActivity.meanLeverage(exposure: net, equity: equity))),
      MetricRow(
        name: "Maximum leverage", note: "Largest gross exposure over equity",
        strategy: MetricRow.Cell(TradingActivity.maximumLeverage(exposure: gross, equity: equity)) {
          NumberText.fixed($0, decimals: 2) + "×"
        }),
      MetricRow(name: "Mean positions", note: "Open at a time", strategy: .ratio(positions)),
    ]
  }

  var tradeRows: [MetricRow] {
    let profits = self.profits
    func money(_ metric: Metric) -> MetricRow.Cell { MetricRow.Cell(metric) { NumberText.fixed($0, decimals: 2) } }
    let held = Statistics.mean(run.trades.map { (Double($0.closed) - Double($0.opened)) / 1e9 })
    let none = Metric.undefined("no trade was closed")
    return [
      MetricRow(
        name: "Closed trades", note: "Round trips by agent", strategy: .text(NumberText.integer(run.trades.count))),
      MetricRow(name: "Trades won", note: "Net of fees", strategy: .percent(Performance.winRate(profits))),
      MetricRow(name: "Mean profit", note: "Net of fees", strategy: money(Statistics.mean(profits))),
      MetricRow(name: "Mean win", note: "", strategy: money(Performance.averageWin(profits))),
      MetricRow(name: "Mean loss", note: "", strategy: money(Performance.averageLoss(profits))),
      MetricRow(name: "Payoff", note: "Mean win over mean loss", strategy: .ratio(Performance.payoff(profits))),
      MetricRow(
        name: "Profit factor", note: "Sum of wins over sum of losses",
        strategy: .ratio(Performance.profitFactor(profits))),
      MetricRow(name: "Largest win", note: "", strategy: money(profits.max().map { .value($0) } ?? none)),
      MetricRow(name: "Largest loss", note: "", strategy: money(profits.min().map { .value($0) } ?? none)),
      MetricRow(
        name: "Mean holding time", note: "",
        strategy: MetricRow.Cell(held) { NumberText.duration(seconds: $0) }),
    ]
  }
}

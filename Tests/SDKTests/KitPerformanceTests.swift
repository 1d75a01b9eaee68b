import AlphaLoopKit
import Testing

@Suite("Performance metrics")
struct KitPerformanceTests {
  private let returns = Sample.returns

  @Test("ratios agree with their formulas in numpy")
  func ratios() {
    #expect(agrees(.value(Performance.compound(returns)), 0.07115650920172212))
    #expect(agrees(Performance.compoundAnnualGrowth(returns, periodsPerYear: 60), 0.03496691212894443))
    #expect(agrees(Performance.volatility(returns, periodsPerYear: 252), 0.23236714420477428))
    #expect(agrees(Performance.sharpe(returns, periodsPerYear: 252, riskFree: 0.0001), 0.6281008466127256))
    #expect(agrees(Performance.smartSharpe(returns, periodsPerYear: 252, riskFree: 0.0001), 0.4172353909241215))
    #expect(agrees(Performance.sortino(returns, periodsPerYear: 252, riskFree: 0.0001), 0.9240637881521687))
    #expect(agrees(Performance.omega(returns, threshold: 0.0001), 1.0962070874861574))
    #expect(agrees(Performance.gainToPain(returns), 0.11374738311235173))
    #expect(agrees(Performance.expectedReturn(returns), 0.0005729883826428583))
  }

  @Test("probabilistic and deflated Sharpe ratios agree with scipy's normal distribution")
  func sharpeProbabilities() {
    #expect(agrees(Performance.probabilisticSharpe(returns), 0.6935981536050257))
    #expect(agrees(Performance.expectedMaximumSharpe(trials: 24, variance: 0.0004), 0.03959546228323127))
    #expect(agrees(Performance.deflatedSharpe(returns, trials: 24, variance: 0.0004), 0.5295742742974537))
    #expect(Performance.deflatedSharpe(returns, trials: 1, variance: 0.0004).value == nil)
  }

  @Test("the tails agree with numpy")
  func tails() {
    #expect(agrees(Performance.normalValueAtRisk(returns), -0.02339779642072861))
    #expect(agrees(Performance.historicalValueAtRisk(returns), -0.022025))
    #expect(agrees(Performance.conditionalValueAtRisk(returns), -0.02325))
    #expect(agrees(Performance.tailRatio(returns), 1.0454029511918272))
    #expect(agrees(Performance.outlierWinRatio(returns), 1.9419862155388472))
    #expect(agrees(Performance.outlierLossRatio(returns), 1.9350872295882764))
    #expect(Performance.historicalValueAtRisk(Array(returns.prefix(19))).value == nil)
  }

  @Test("wins, payoff and Kelly follow from a hand-made list of outcomes")
  func wins() {
    // 3 wins of mean 2, 2 losses of mean -1.5, one draw: w = 3/5, payoff = 4/3, Kelly = 0.6 - 0.4 / (4/3) = 0.3.
    let outcomes = [1.0, 2, -1, 0, 3, -2]
    #expect(agrees(Performance.winRate(outcomes), 0.6))
    #expect(agrees(Performance.payoff(outcomes), 4.0 / 3))
    #expect(agrees(Performance.profitFactor(outcomes), 2))
    #expect(agrees(Performance.kelly(outcomes), 0.3))
    // ((1 - 0.6) / (1 + 0.6))^6 = 0.25^6.
    #expect(agrees(Performance.riskOfRuin(outcomes), 0.000244140625))
    #expect(Performance.consecutiveWins(outcomes) == 2)
    #expect(Performance.consecutiveLosses([-1, -1, 0, -1, 1]) == 2)
    #expect(Performance.payoff([1, 2]).value == nil)
    #expect(Performance.winRate([]).value == nil)
  }

  @Test("a series that does not vary, or falls short of a year, has no ratio")
  func undefined() {
    #expect(Performance.sharpe([0.01, 0.01, 0.01], periodsPerYear: 252).value == nil)
    #expect(Performance.sortino([0.01, 0.02], periodsPerYear: 252).value == nil)
    #expect(Performance.omega([0.01, 0.02]).value == nil)
    #expect(Performance.compoundAnnualGrowth(returns, periodsPerYear: 252).value == nil)
    #expect(Performance.annualise(-1.5, years: 2).value == nil)
    #expect(Performance.annualise(-1, years: 2) == .value(-1))
  }

  @Test("comparison with a benchmark agrees with numpy")
  func benchmark() {
    let comparison = BenchmarkComparison(days: Array(0..<120), strategy: returns, benchmark: Sample.benchmark)
    #expect(agrees(comparison.beta, 0.1298059173059206))
    #expect(agrees(comparison.alpha(periodsPerYear: 252, riskFree: 0.0001), 0.12207090345240287))
    #expect(agrees(comparison.rSquared, 0.010102247369611758))
    #expect(agrees(comparison.treynor(periodsPerYear: 252, riskFree: 0.0001), 1.1243709303022897))
    #expect(agrees(comparison.informationRatio(periodsPerYear: 252), -0.1361300729784219))
    let rolling = RollingPerformance.beta(comparison, window: 30)
    #expect(rolling.count == 91)
    #expect(agrees(.value((rolling.last ?? nil) ?? .nan), 0.06264608397781461))
    let sharpe = RollingPerformance.sharpe(returns, window: 30, periodsPerYear: 252)
    #expect(agrees(.value((sharpe.first ?? nil) ?? .nan), 0.1788020753844689))
    #expect(RollingPerformance.sharpe(returns, window: 121, periodsPerYear: 252).isEmpty)
  }

  @Test("a benchmark is compared on the days both have, returns spanning the gaps")
  func benchmarkAlignment() {
    let day = CivilDate.nanosecondsPerDay
    let curve = DailyCurve(
      base: 100, baseTime: 0, times: [1, 2, 4, 5].map { $0 * day }, values: [100, 110, 121, 133.1])
    let comparison = BenchmarkComparison(curve: curve, benchmarkDays: [1, 3, 4, 5], benchmarkValues: [50, 51, 60, 66])
    #expect(comparison.days == [4, 5])
    #expect(agrees(.value(comparison.strategy[0]), 0.21))
    #expect(agrees(.value(comparison.benchmark[0]), 0.2))
    #expect(agrees(.value(comparison.benchmark[1]), 0.1))
  }

  @Test("turnover, leverage and time in market from hand-made numbers")
  func trading() {
    // 400 traded: half is 200, over mean equity 100 in 2 of 252 days: 2 x 126 a year.
    #expect(agrees(TradingActivity.turnover(tradedValue: 400, equity: [90, 110], periodsPerYear: 252), 252))
    #expect(agrees(TradingActivity.meanLeverage(exposure: [50, 100, 7], equity: [100, 100, 0]), 0.75))
    #expect(agrees(TradingActivity.maximumLeverage(exposure: [50, 150], equity: [100, 100]), 1.5))
    #expect(agrees(TradingActivity.timeInMarket(grossExposure: [0, 1, 2, 0]), 0.5))
    #expect(TradingActivity.timeInMarket(grossExposure: []).value == nil)
  }
}

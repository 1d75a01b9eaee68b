import AlphaLoopKit

/// What the page and the summary both need, computed once from a run.
struct RunAnalysis {
  let run: RunDocument
  let curve: DailyCurve
  /// The benchmark over the days of the run and the close before; nil when it has fewer than 2 of them.
  let benchmark: DailyCurve?
  let comparison: BenchmarkComparison?
  /// The risk-free rate of one period.
  let riskFree: Double
  /// The closed trades' profits net of fees, by agent; looked up, never walked.
  let profitsByAgent: [String: [Double]]
  /// Equity over time, the initial cash first: by day, or row by row when the run is too short for days to show its course.
  let course: [(x: Double, y: Double)]

  init(_ run: RunDocument) {
    self.run = run
    riskFree = run.riskFreeRate / run.periodsPerYear
    let curve = DailyCurve(
      base: run.initialCash.double, baseTime: run.from, times: run.equity.map(\.time),
      values: run.equity.map(\.equity.double))
    self.curve = curve
    benchmark = run.benchmark.flatMap { Self.curve(of: $0, within: curve) }
    comparison = benchmark.map {
      BenchmarkComparison(
        curve: curve, benchmarkDays: [$0.baseDay] + $0.days, benchmarkValues: [$0.base] + $0.values)
    }
    profitsByAgent = Dictionary(grouping: run.trades, by: \.agent).mapValues { $0.map(\.profit.double) }
    if curve.days.count >= Self.daysThatShowACourse {
      course = [(Double(curve.baseDay), curve.base)] + zip(curve.days, curve.values).map { (Double($0), $1) }
    } else {
      let rows = run.equity.map { (x: Self.days($0.time), y: $0.equity.double) }
      // The start stands one row before the first, so that a session's chart is not mostly the night before it.
      let start = rows.count > 1 ? max(Self.days(run.from), 2 * rows[0].x - rows[1].x) : Self.days(run.from)
      course = rows.isEmpty ? [] : [(start, curve.base)] + rows
    }
  }

  private static let daysThatShowACourse = 20

  /// Whether `course` has one point a day.
  var courseIsDaily: Bool { curve.days.count >= Self.daysThatShowACourse }

  /// Days since 1970 with the fraction of the day.
  static func days(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / Double(CivilDate.nanosecondsPerDay) }

  private static func curve(of benchmark: RunDocument.Benchmark, within curve: DailyCurve) -> DailyCurve? {
    guard let first = curve.days.first, let last = curve.days.last else { return nil }
    // The close before the first day is where that day's return begins; one older than a week is another market.
    let days = benchmark.times.map { CivilDate.dayNumber(nanoseconds: $0) }
    let before = days.last { $0 < first && $0 >= first - 7 } ?? first
    let inside = zip(days, zip(benchmark.times, benchmark.values)).filter { (before...last).contains($0.0) }.map(\.1)
    let byDay = DailyCurve(base: 1, baseTime: .max, times: inside.map(\.0), values: inside.map(\.1))
    guard byDay.days.count > 1 else { return nil }
    let nanoseconds = byDay.days.map { Int64($0) * CivilDate.nanosecondsPerDay }
    return DailyCurve(
      base: byDay.values[0], baseTime: nanoseconds[0], times: Array(nanoseconds.dropFirst()),
      values: Array(byDay.values.dropFirst()))
  }

  var finalEquity: FixedDecimal { run.equity.last?.equity ?? run.initialCash }

  var fees: FixedDecimal { run.fills.reduce(.zero) { $0 + $1.fee } }

  var tradedValue: Double { run.fills.reduce(0) { $0 + $1.notional.magnitude.double } }

  /// The closed trades' profits net of fees.
  var profits: [Double] { run.trades.map(\.profit.double) }

  /// Daily returns below which a ratio of them says nothing and is not printed: about a month.
  static let minimumReturns = 20

  /// The metric when there are enough observations behind it.
  static func enough(_ count: Int, _ metric: @autoclosure () -> Metric) -> Metric {
    count < minimumReturns ? .undefined("fewer than \(minimumReturns) daily returns") : metric()
  }

  var sharpe: Metric {
    Self.enough(
      curve.returns.count,
      Performance.sharpe(curve.returns, periodsPerYear: run.periodsPerYear, riskFree: riskFree))
  }

  var volatility: Metric {
    Self.enough(curve.returns.count, Performance.volatility(curve.returns, periodsPerYear: run.periodsPerYear))
  }

  var growth: Metric { Performance.compoundAnnualGrowth(curve.returns, periodsPerYear: run.periodsPerYear) }

  /// Agents by profit, the best first; equal ones in the document's order.
  var rankedAgents: [RunDocument.Agent] {
    run.agents.enumerated().sorted {
      $0.element.total == $1.element.total ? $0.offset < $1.offset : $0.element.total > $1.element.total
    }.map(\.element)
  }

  /// What the analysis itself must warn of, besides the run's own notices.
  var cautions: [String] {
    var result: [String] = []
    if curve.returns.count < 60 {
      result.append(
        "Only \(NumberText.count(curve.returns.count, "daily return")): ratios over so few are dominated by chance.")
    }
    if let ruin = curve.ruinDay {
      result.append(
        "Equity reached zero or below on \(NumberText.date(day: ruin)); metrics of returns end on that day.")
    }
    if run.benchmark != nil, benchmark == nil {
      result.append("The benchmark has fewer than two days within the run and is left out.")
    }
    return result
  }
}

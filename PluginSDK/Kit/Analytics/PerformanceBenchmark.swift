import Glibc

/// A strategy's returns beside a benchmark's over the same periods, and the measures that compare the two.
public struct BenchmarkComparison: Sendable {
  /// Day numbers at which both were observed after an earlier common day; shape: the returns.
  public let days: [Int]
  public let strategy: [Double]
  public let benchmark: [Double]

  /// Pairs two return series of equal length.
  public init(days: [Int], strategy: [Double], benchmark: [Double]) {
    precondition(days.count == strategy.count && days.count == benchmark.count, "one return of each a day")
    self.days = days
    self.strategy = strategy
    self.benchmark = benchmark
  }

  /// Pairs a curve with a benchmark on the days both have; each return spans the days between two common ones.
  ///
  /// - Parameters:
  ///   - curve: the strategy; days after its ruin are left out.
  ///   - benchmarkDays: day numbers, ascending.
  ///   - benchmarkValues: one a day, above zero.
  public init(curve: DailyCurve, benchmarkDays: [Int], benchmarkValues: [Double]) {
    var days: [Int] = []
    var strategy: [Double] = []
    var benchmark: [Double] = []
    var previous: (strategy: Double, benchmark: Double)?
    var next = 0
    for (day, value) in zip(curve.days, curve.values).prefix(curve.returns.count) {
      while next < benchmarkDays.count, benchmarkDays[next] < day { next += 1 }
      guard next < benchmarkDays.count, benchmarkDays[next] == day else { continue }
      if let previous {
        days.append(day)
        strategy.append(value / previous.strategy - 1)
        benchmark.append(benchmarkValues[next] / previous.benchmark - 1)
      }
      previous = (value, benchmarkValues[next])
    }
    self.init(days: days, strategy: strategy, benchmark: benchmark)
  }

  private static let flat = "the benchmark does not vary"

  /// Slope of the strategy on the benchmark: covariance over the benchmark's variance.
  public var beta: Metric { Self.beta(strategy, benchmark) }

  static func beta(_ strategy: [Double], _ benchmark: [Double]) -> Metric {
    Statistics.covariance(strategy, benchmark).flatMap { covariance in
      Statistics.variance(benchmark).flatMap { .ratio(covariance, $0, zero: flat) }
    }
  }

  /// Jensen's alpha a year (Jensen 1968): mean excess return less beta times the benchmark's.
  public func alpha(periodsPerYear: Double, riskFree: Double = 0) -> Metric {
    beta.flatMap { beta in
      Statistics.mean(strategy).flatMap { own in
        Statistics.mean(benchmark).map { (own - riskFree - beta * ($0 - riskFree)) * periodsPerYear }
      }
    }
  }

  public var correlation: Metric { Statistics.correlation(strategy, benchmark) }

  /// The share of the strategy's variance the benchmark explains.
  public var rSquared: Metric { correlation.map { $0 * $0 } }

  /// Treynor ratio (Treynor 1965): mean excess return a year over beta.
  public func treynor(periodsPerYear: Double, riskFree: Double = 0) -> Metric {
    beta.flatMap { beta in
      Statistics.mean(strategy).flatMap { .ratio(($0 - riskFree) * periodsPerYear, beta, zero: "beta is zero") }
    }
  }

  /// Information ratio a year (Grinold and Kahn 1999): mean active return over its standard deviation.
  public func informationRatio(periodsPerYear: Double) -> Metric {
    Performance.sharpe(zip(strategy, benchmark).map { $0 - $1 }, periodsPerYear: periodsPerYear)
  }
}

/// Metrics over a moving window. Each result has one entry a window, the first for the observations `0..<window`; nil where the
/// metric is undefined.
public enum RollingPerformance {
  public static func sharpe(_ returns: [Double], window: Int, periodsPerYear: Double, riskFree: Double = 0) -> [Double?]
  {
    windows(returns.count, window) {
      Performance.sharpe(Array(returns[$0]), periodsPerYear: periodsPerYear, riskFree: riskFree).value
    }
  }

  public static func volatility(_ returns: [Double], window: Int, periodsPerYear: Double) -> [Double?] {
    windows(returns.count, window) { Performance.volatility(Array(returns[$0]), periodsPerYear: periodsPerYear).value }
  }

  public static func beta(_ comparison: BenchmarkComparison, window: Int) -> [Double?] {
    windows(comparison.days.count, window) {
      BenchmarkComparison.beta(Array(comparison.strategy[$0]), Array(comparison.benchmark[$0])).value
    }
  }

  private static func windows(_ count: Int, _ window: Int, _ metric: (Range<Int>) -> Double?) -> [Double?] {
    guard window > 0, count >= window else { return [] }
    return (window...count).map { metric($0 - window..<$0) }
  }
}

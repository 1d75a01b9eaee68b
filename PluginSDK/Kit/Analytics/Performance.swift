import Glibc

/// Performance metrics of a series of simple returns `[Double]`, one a period (0.01 is one percent).
///
/// `periodsPerYear` annualises (252 for daily equity returns); `riskFree` is the rate of one period. Formulas agree with the
/// definitions of the sources named and, where they give none, with those of the quantstats tearsheet.
public enum Performance {
  static let noVariance = "the returns do not vary"

  /// The compounded return of the whole series.
  public static func compound(_ returns: [Double]) -> Double { returns.reduce(1) { $0 * (1 + $1) } - 1 }

  /// A total return as a rate a year.
  public static func annualise(_ total: Double, years: Double) -> Metric {
    guard years > 0 else { return .undefined("no time passed") }
    guard total >= -1 else { return .undefined("equity ended below zero") }
    return .finite(pow(1 + total, 1 / years) - 1, else: "the rate overflows")
  }

  /// Compound annual growth rate over `returns.count / periodsPerYear` years. Less than a year is not annualised: an annual rate
  /// extrapolated from weeks describes nothing (GIPS 2020 forbids it).
  public static func compoundAnnualGrowth(_ returns: [Double], periodsPerYear: Double) -> Metric {
    guard Double(returns.count) >= periodsPerYear else { return .undefined("shorter than a year, so not annualised") }
    return annualise(compound(returns), years: Double(returns.count) / periodsPerYear)
  }

  /// Standard deviation a year.
  public static func volatility(_ returns: [Double], periodsPerYear: Double) -> Metric {
    Statistics.standardDeviation(returns).map { $0 * periodsPerYear.squareRoot() }
  }

  /// Sharpe ratio a year (Sharpe 1994), sample standard deviation.
  public static func sharpe(_ returns: [Double], periodsPerYear: Double, riskFree: Double = 0) -> Metric {
    sharpePerPeriod(returns, riskFree: riskFree).map { $0 * periodsPerYear.squareRoot() }
  }

  /// Sharpe ratio of one period, not annualised.
  public static func sharpePerPeriod(_ returns: [Double], riskFree: Double = 0) -> Metric {
    Statistics.standardDeviation(returns).flatMap { deviation in
      Statistics.mean(returns).flatMap { .ratio($0 - riskFree, deviation, zero: noVariance) }
    }
  }

  /// Sharpe ratio a year divided by the penalty for autocorrelated returns: sqrt(1 + 2 sum over k of (1 - k/n) rho^k), k from 1
  /// to n - 1, rho the magnitude of the lag-1 autocorrelation (the "smart" ratio; Lo 2002 gives the argument).
  public static func smartSharpe(_ returns: [Double], periodsPerYear: Double, riskFree: Double = 0) -> Metric {
    guard returns.count > 2 else { return .undefined("fewer than 3 returns") }
    return Statistics.correlation(Array(returns.dropLast()), Array(returns.dropFirst())).flatMap { correlation in
      let n = Double(returns.count)
      var power = 1.0
      var sum = 0.0
      for lag in 1..<returns.count {
        power *= abs(correlation)
        sum += (n - Double(lag)) / n * power
      }
      return sharpe(returns, periodsPerYear: periodsPerYear, riskFree: riskFree).map { $0 / (1 + 2 * sum).squareRoot() }
    }
  }

  /// Probability that the true Sharpe ratio exceeds a benchmark, given length, skew and fat tails of the record.
  ///
  /// Source: Bailey and López de Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15 (2012).
  ///
  /// - Parameter benchmark: Sharpe ratio of one period, not annualised.
  public static func probabilisticSharpe(_ returns: [Double], benchmark: Double = 0, riskFree: Double = 0) -> Metric {
    guard returns.count > 2 else { return .undefined("fewer than 3 returns") }
    return sharpePerPeriod(returns, riskFree: riskFree).flatMap { ratio in
      Statistics.populationSkewness(returns).flatMap { skewness in
        Statistics.populationKurtosis(returns).flatMap { kurtosis in
          let spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio * ratio
          guard spread > 0 else { return .undefined("the estimator's variance is not positive") }
          let score = (ratio - benchmark) * Double(returns.count - 1).squareRoot() / spread.squareRoot()
          return .value(Statistics.normalCDF(score))
        }
      }
    }
  }

  /// The Sharpe ratio of one period that the best of `trials` worthless strategies is expected to show.
  ///
  /// Source: Bailey and López de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40 (2014).
  ///
  /// - Parameters:
  ///   - trials: independent trials, at least 2.
  ///   - variance: variance of the trials' Sharpe ratios of one period.
  public static func expectedMaximumSharpe(trials: Int, variance: Double) -> Metric {
    guard trials > 1 else { return .undefined("deflation needs at least 2 trials") }
    guard variance >= 0 else { return .undefined("the variance of the trials is negative") }
    let eulerMascheroni = 0.577215664901532860607
    let n = Double(trials)
    return Statistics.normalQuantile(1 - 1 / n).flatMap { first in
      Statistics.normalQuantile(1 - 1 / (n * M_E)).map { second in
        variance.squareRoot() * ((1 - eulerMascheroni) * first + eulerMascheroni * second)
      }
    }
  }

  /// `probabilisticSharpe` against `expectedMaximumSharpe`: the probability that the ratio is not luck among the trials.
  public static func deflatedSharpe(_ returns: [Double], trials: Int, variance: Double, riskFree: Double = 0) -> Metric
  {
    expectedMaximumSharpe(trials: trials, variance: variance).flatMap {
      probabilisticSharpe(returns, benchmark: $0, riskFree: riskFree)
    }
  }

  /// Sortino ratio a year (Sortino and Price 1994): mean excess over the root mean square of the shortfalls below `riskFree`.
  public static func sortino(_ returns: [Double], periodsPerYear: Double, riskFree: Double = 0) -> Metric {
    Statistics.mean(returns.map { pow(min($0 - riskFree, 0), 2) }).flatMap { shortfall in
      Statistics.mean(returns).flatMap { .ratio($0 - riskFree, shortfall.squareRoot(), zero: "no return fell short") }
        .map { $0 * periodsPerYear.squareRoot() }
    }
  }

  /// Omega ratio (Keating and Shadwick 2002): gains above the threshold over losses below it.
  public static func omega(_ returns: [Double], threshold: Double = 0) -> Metric {
    let excess = returns.map { $0 - threshold }
    return .ratio(sum(excess.filter { $0 > 0 }), -sum(excess.filter { $0 < 0 }), zero: "no return fell short")
  }

  /// Gain-to-pain ratio (Schwager 2012): the sum of all returns over the sum of the losses.
  public static func gainToPain(_ returns: [Double]) -> Metric {
    .ratio(sum(returns), -sum(returns.filter { $0 < 0 }), zero: "no return was negative")
  }

  /// The geometric mean return of a period.
  public static func expectedReturn(_ returns: [Double]) -> Metric {
    guard !returns.isEmpty else { return .undefined("no returns") }
    return annualise(compound(returns), years: Double(returns.count))
  }

  static func sum(_ numbers: [Double]) -> Double { numbers.reduce(0, +) }
}

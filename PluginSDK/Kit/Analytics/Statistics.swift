import Glibc

/// Descriptive statistics of a sample `[Double]` of finite numbers. Each function states how many observations it needs.
public enum Statistics {
  /// The arithmetic mean; needs 1 observation.
  public static func mean(_ sample: [Double]) -> Metric {
    sample.isEmpty ? .undefined("no observations") : .value(sample.reduce(0, +) / Double(sample.count))
  }

  /// The unbiased sample variance (divisor n - 1); needs 2 observations. Exactly 0 when all observations are equal, which
  /// rounding in the mean would hide.
  public static func variance(_ sample: [Double]) -> Metric {
    guard sample.count > 1, let first = sample.first else { return .undefined("fewer than 2 observations") }
    guard sample.contains(where: { $0 != first }) else { return .value(0) }
    return .value(centralSum(sample, power: 2) / Double(sample.count - 1))
  }

  /// The square root of `variance`; needs 2 observations.
  public static func standardDeviation(_ sample: [Double]) -> Metric { variance(sample).map { $0.squareRoot() } }

  /// The adjusted Fisher-Pearson skewness G1 (Joanes and Gill 1998), as pandas and quantstats print it; needs 3 observations.
  public static func skewness(_ sample: [Double]) -> Metric {
    guard sample.count > 2 else { return .undefined("fewer than 3 observations") }
    let n = Double(sample.count)
    return populationSkewness(sample).map { $0 * (n * (n - 1)).squareRoot() / (n - 2) }
  }

  /// The adjusted excess kurtosis G2 (Joanes and Gill 1998), 0 for a normal sample; needs 4 observations.
  public static func excessKurtosis(_ sample: [Double]) -> Metric {
    guard sample.count > 3 else { return .undefined("fewer than 4 observations") }
    let n = Double(sample.count)
    return populationKurtosis(sample).map { ((n + 1) * ($0 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)) }
  }

  /// The moment skewness m3 / m2^1.5; needs some variance.
  public static func populationSkewness(_ sample: [Double]) -> Metric {
    standardised(sample) { m2, n in centralSum(sample, power: 3) / n / (m2 * m2.squareRoot()) }
  }

  /// The moment kurtosis m4 / m2^2, not in excess (3 for the normal distribution); needs some variance.
  public static func populationKurtosis(_ sample: [Double]) -> Metric {
    standardised(sample) { m2, n in centralSum(sample, power: 4) / n / (m2 * m2) }
  }

  private static func standardised(_ sample: [Double], _ moment: (_ m2: Double, _ n: Double) -> Double) -> Metric {
    variance(sample).flatMap { variance in
      guard variance > 0 else { return .undefined("all observations are equal") }
      let n = Double(sample.count)
      return .finite(moment(variance * (n - 1) / n, n), else: "the moments overflow")
    }
  }

  private static func centralSum(_ sample: [Double], power: Int) -> Double {
    let mean = sample.reduce(0, +) / Double(sample.count)
    return sample.reduce(0) { sum, observation in
      let deviation = observation - mean
      let square = deviation * deviation
      return sum + (power == 2 ? square : power == 3 ? square * deviation : square * square)
    }
  }

  /// The quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, numpy's default).
  ///
  /// - Parameter probability: in [0, 1].
  public static func quantile(_ sample: [Double], _ probability: Double) -> Metric {
    guard !sample.isEmpty else { return .undefined("no observations") }
    precondition((0...1).contains(probability), "a quantile's probability lies in [0, 1]")
    let sorted = sample.sorted()
    let position = probability * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return .value(sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below]))
  }

  /// The sample covariance (divisor n - 1) of two samples of equal length; needs 2 pairs.
  public static func covariance(_ x: [Double], _ y: [Double]) -> Metric {
    precondition(x.count == y.count, "covariance pairs observations one to one")
    guard x.count > 1 else { return .undefined("fewer than 2 pairs of observations") }
    let meanX = x.reduce(0, +) / Double(x.count)
    let meanY = y.reduce(0, +) / Double(y.count)
    return .value(zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / Double(x.count - 1))
  }

  /// Pearson's correlation; needs 2 pairs and some variance in both.
  public static func correlation(_ x: [Double], _ y: [Double]) -> Metric {
    covariance(x, y).flatMap { covariance in
      standardDeviation(x).flatMap { deviationX in
        standardDeviation(y).flatMap { deviationY in
          Metric.ratio(covariance, deviationX * deviationY, zero: "one of the two series does not vary")
            .map { max(-1, min(1, $0)) }
        }
      }
    }
  }
}

#if canImport(Glibc)
  import Glibc
#endif

/// Indicators over columns, oldest row first. Nothing allocates; prices must be finite and above 0.
public enum Indicators {
  /// Exponentially weighted volatility of log returns, per `periods` rows (Moskowitz, Ooi, Pedersen 2012, equation 1).
  ///
  /// sigma^2 = periods * sum w_i (r_i - m)^2 with w_i proportional to (1 - d) d^i, d = c / (1 + c), and m the mean under the
  /// same weights. The paper's sum is infinite; here the weights of the rows at hand are scaled to 1.
  /// - Parameters:
  ///   - closes: n + 1 prices give n returns.
  ///   - centerOfMass: c in rows; 60 in the paper.
  ///   - periods: rows in a year; 261 in the paper.
  public static func exponentialVolatility(
    _ closes: UnsafeBufferPointer<Double>, centerOfMass: Double, periods: Double
  ) -> Double {
    let decay = centerOfMass / (1 + centerOfMass)
    var weight = 1.0
    var total = 0.0
    var mean = 0.0
    var sum = 0.0
    // West's (1979) weighted update: one logarithm a row, and no cancellation when the mean is large.
    for i in stride(from: closes.count - 1, to: 0, by: -1) {
      let change = log(closes[i] / closes[i - 1])
      total += weight
      let deviation = change - mean
      mean += deviation * weight / total
      sum += weight * deviation * (change - mean)
      weight *= decay
    }
    return total > 0 ? (periods * sum / total).squareRoot() : .nan
  }

  /// The highest of the `count` values that end `ago` rows before the newest.
  public static func highest(_ values: UnsafeBufferPointer<Double>, ago: Int = 0, count: Int? = nil) -> Double {
    let end = values.count - ago
    var best = -Double.infinity
    for i in (end - (count ?? end))..<end { best = max(best, values[i]) }
    return best
  }

  /// The lowest of the `count` values that end `ago` rows before the newest.
  public static func lowest(_ values: UnsafeBufferPointer<Double>, ago: Int = 0, count: Int? = nil) -> Double {
    let end = values.count - ago
    var best = Double.infinity
    for i in (end - (count ?? end))..<end { best = min(best, values[i]) }
    return best
  }

  /// max(high, previous close) - min(low, previous close) (Wilder 1978).
  @inlinable public static func trueRange(high: Double, low: Double, previousClose: Double) -> Double {
    max(high, previousClose) - min(low, previousClose)
  }

  /// Variance per row of Yang and Zhang (2000), "Drift-independent volatility estimation", equations 7 to 10:
  /// overnight + k * open-to-close + (1 - k) * Rogers-Satchell, k = 0.34 / (1.34 + (n + 1) / (n - 1)).
  /// - Parameter open, high, low, close: n + 1 rows each; the first gives only its close. n must be at least 2.
  public static func yangZhangVariance(
    open: UnsafeBufferPointer<Double>, high: UnsafeBufferPointer<Double>, low: UnsafeBufferPointer<Double>,
    close: UnsafeBufferPointer<Double>
  ) -> Double {
    let n = close.count - 1
    guard n >= 2 else { return .nan }
    let count = Double(n)
    var overnightMean = 0.0
    var sessionMean = 0.0
    var rogersSatchell = 0.0
    for i in 1...n {
      overnightMean += log(open[i] / close[i - 1])
      let up = log(high[i] / open[i])
      let down = log(low[i] / open[i])
      let session = log(close[i] / open[i])
      sessionMean += session
      rogersSatchell += up * (up - session) + down * (down - session)
    }
    overnightMean /= count
    sessionMean /= count
    rogersSatchell /= count
    var overnight = 0.0
    var session = 0.0
    for i in 1...n {
      let a = log(open[i] / close[i - 1]) - overnightMean
      let b = log(close[i] / open[i]) - sessionMean
      overnight += a * a
      session += b * b
    }
    let k = 0.34 / (1.34 + (count + 1) / (count - 1))
    return overnight / (count - 1) + k * session / (count - 1) + (1 - k) * rogersSatchell
  }

  /// x / sqrt(1 + x^2): odd, strictly rising, slope 1 at 0, inside (-1, 1). Unlike tanh it still tells large values apart.
  @inlinable public static func squash(_ x: Double) -> Double {
    guard abs(x) < 1e150 else { return x < 0 ? -1 : 1 }
    return x / (1 + x * x).squareRoot()
  }
}

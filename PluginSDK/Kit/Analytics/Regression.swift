#if canImport(Glibc)
  import Glibc
#endif

/// A straight line through pairs of numbers.
public struct Line: Sendable, Equatable {
  public var intercept: Double
  public var slope: Double

  /// Least squares of `y` on `x`, of equal count; nil when `x` does not vary.
  public init?(y: UnsafeBufferPointer<Double>, x: UnsafeBufferPointer<Double>) {
    let n = Double(x.count)
    guard x.count == y.count, x.count >= 2 else { return nil }
    var meanX = 0.0
    var meanY = 0.0
    for i in 0..<x.count {
      meanX += x[i]
      meanY += y[i]
    }
    meanX /= n
    meanY /= n
    var xx = 0.0
    var xy = 0.0
    for i in 0..<x.count {
      xx += (x[i] - meanX) * (x[i] - meanX)
      xy += (x[i] - meanX) * (y[i] - meanY)
    }
    guard xx > 1e-24 * n * meanX * meanX, xx > 0 else { return nil }
    slope = xy / xx
    intercept = meanY - slope * meanX
  }
}

/// The augmented Dickey-Fuller regression without constant, as Engle and Granger (1987) run it on the residuals of a
/// cointegrating regression: d e_t = g e_{t-1} + sum_j f_j d e_{t-j} + u_t. The statistic is g over its standard error.
public struct ResidualUnitRoot: Sendable {
  public let lags: Int
  private var fit: LeastSquares

  /// - Parameters:
  ///   - capacity: most residuals.
  ///   - lags: lagged differences; fixed, so that the same bars always give the same test.
  public init(capacity: Int, lags: Int) {
    self.lags = lags
    fit = LeastSquares(rows: max(1, capacity - 1 - lags), columns: 1 + lags)
  }

  /// Very negative where the residuals return to their mean; nil when they do not vary or are too few.
  public mutating func statistic(_ e: UnsafeBufferPointer<Double>) -> Double? {
    let rows = e.count - 1 - lags
    guard rows > 1 + lags, rows <= fit.capacity else { return nil }
    fit.use(rows: rows)
    for row in 0..<rows {
      let t = row + 1 + lags
      fit.setTarget(row, e[t] - e[t - 1])
      fit.setDesign(row, 0, e[t - 1])
      for j in 0..<lags { fit.setDesign(row, 1 + j, e[t - 1 - j] - e[t - 2 - j]) }
    }
    guard fit.solve() else { return nil }
    let statistic = fit.coefficient(0) / fit.standardError(0)
    return statistic.isFinite ? statistic : nil
  }
}

/// MacKinnon's distribution of the Engle-Granger statistic for two series and a constant.
public enum EngleGranger {
  /// Critical value at 1, 5 or 10 % for `count` observations: MacKinnon (2010), "Critical values for cointegration tests",
  /// Queen's Economics Working Paper 1227, table 2, N = 2; nil for another level.
  public static func criticalValue(percent: Int, count: Int) -> Double? {
    let surface: (Double, Double, Double)
    switch percent {
    case 1: surface = (-3.89644, -10.9519, -22.527)
    case 5: surface = (-3.33613, -6.1101, -6.823)
    case 10: surface = (-3.04445, -4.2412, -2.720)
    default: return nil
    }
    let inverse = 1 / Double(count)
    return surface.0 + surface.1 * inverse + surface.2 * inverse * inverse
  }

  /// Approximate asymptotic p-value: MacKinnon (1994), "Approximate asymptotic distribution functions for unit-root and
  /// cointegration tests", JBES 12, tables 3 and 4, N = 2 with constant.
  public static func probability(_ statistic: Double) -> Double {
    if statistic > 0.92 { return 1 }
    if statistic < -18.86 { return 0 }
    let t = statistic
    let z =
      t <= -2.62
      ? 2.92 + t * (1.5012 + t * 0.039796)
      : 2.1945 + t * (0.64695 + t * (-0.29198 + t * -0.042377))
    return 0.5 * erfc(-z / 2.0.squareRoot())
  }
}

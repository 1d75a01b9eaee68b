/// One stretch below the running peak.
public struct Drawdown: Equatable, Sendable {
  /// Day numbers; `recovery` is nil while the peak has not been reached again.
  public let peak: Int
  public let trough: Int
  public let recovery: Int?
  /// The last observed day under water, or the recovery.
  public let end: Int
  /// The loss from the peak at the trough, a negative fraction.
  public let depth: Double

  /// Calendar days from the peak to the recovery, or to the last observation.
  public var length: Int { end - peak }
}

extension DailyCurve {
  /// The fraction below the running peak a day, 0 or negative; shape: `days`. The base is the first peak.
  public var underwater: [Double] {
    var peak = base
    return values.map { value in
      peak = max(peak, value)
      return value / peak - 1
    }
  }

  /// Every drawdown in order of time.
  public var drawdowns: [Drawdown] {
    var result: [Drawdown] = []
    var peakValue = base
    var peak = baseDay
    var trough = 0
    var depth = 0.0
    var end = 0
    for (day, value) in zip(days, values) {
      if value >= peakValue {
        if depth < 0 { result.append(Drawdown(peak: peak, trough: trough, recovery: day, end: day, depth: depth)) }
        peakValue = value
        peak = day
        depth = 0
      } else {
        if value / peakValue - 1 < depth {
          depth = value / peakValue - 1
          trough = day
        }
        end = day
      }
    }
    if depth < 0 { result.append(Drawdown(peak: peak, trough: trough, recovery: nil, end: end, depth: depth)) }
    return result
  }

  /// The deepest drawdown; nil when the curve never fell below its peak. The earliest wins among equals.
  public var maximumDrawdown: Drawdown? { drawdowns.min { $0.depth < $1.depth } }

  /// The drawdown of most calendar days; the earliest wins among equals.
  public var longestDrawdown: Drawdown? { drawdowns.max { $0.length < $1.length } }

  /// Calmar ratio (Young 1991): compound annual growth over the depth of the maximum drawdown.
  public func calmar(periodsPerYear: Double) -> Metric {
    guard let worst = maximumDrawdown else { return .undefined("there was no drawdown") }
    return Performance.compoundAnnualGrowth(returns, periodsPerYear: periodsPerYear).map { $0 / -worst.depth }
  }

  /// Cumulative return over the depth of the maximum drawdown.
  public var recoveryFactor: Metric {
    guard let worst = maximumDrawdown else { return .undefined("there was no drawdown") }
    return cumulativeReturn.map { $0 / -worst.depth }
  }

  /// Ulcer index (Martin 1987): the root mean square of `underwater`, a fraction.
  public var ulcerIndex: Metric { Statistics.mean(underwater.map { $0 * $0 }).map { $0.squareRoot() } }
}

import AlphaLoopKit
import AlphaLoopSDK

#if canImport(Glibc)
  import Glibc
#endif

/// The cointegrating regression of one pair on the newest bars both legs have, with its unit-root test. Buffers are
/// allocated once and used for one pair after the other.
struct SpreadFit {
  private(set) var slope = 0.0
  private(set) var z = 0.0
  /// Engle-Granger t.
  private(set) var statistic = 0.0

  private let window: Int
  private let logarithms: Bool
  private var left: [Double]
  private var right: [Double]
  private var residuals: [Double]
  private var unitRoot: ResidualUnitRoot

  init(window: Int, lags: Int, logarithms: Bool) {
    self.window = window
    self.logarithms = logarithms
    left = Array(repeating: 0, count: window)
    right = left
    residuals = left
    unitRoot = ResidualUnitRoot(capacity: window, lags: lags)
  }

  /// Takes the newest `window` bars with equal times; why not, when it cannot.
  mutating func load(_ a: Window, _ b: Window) -> Reason? {
    guard let closeA = a.close, let closeB = b.close else { return .missingCapability }
    guard a.lastTime == b.lastTime else { return .stale }
    var i = a.count - 1
    var j = b.count - 1
    var row = window
    while row > 0, i >= 0, j >= 0 {
      if a.time(i) > b.time(j) {
        i -= 1
      } else if a.time(i) < b.time(j) {
        j -= 1
      } else {
        row -= 1
        left[row] = logarithms ? log(closeA[i]) : closeA[i]
        right[row] = logarithms ? log(closeB[j]) : closeB[j]
        // The gate looked at the newest `window` rows only, and these may be older.
        guard closeA[i] > 0, closeB[j] > 0, left[row].isFinite, right[row].isFinite else { return .invalidData }
        i -= 1
        j -= 1
      }
    }
    return row == 0 ? nil : .warmUp
  }

  var rightVariesMore: Bool { Self.variation(right) > Self.variation(left) }

  mutating func swapLegs() { swap(&left, &right) }

  mutating func fit() -> Reason? {
    guard
      let line = left.withUnsafeBufferPointer({ y in right.withUnsafeBufferPointer { x in Line(y: y, x: x) } })
    else { return .degenerate }
    var squares = 0.0
    for k in 0..<window {
      residuals[k] = left[k] - line.intercept - line.slope * right[k]
      squares += residuals[k] * residuals[k]
    }
    let deviation = (squares / Double(window - 2)).squareRoot()
    // Legs that are exact multiples leave rounding, not a spread.
    guard deviation > 1e-12 * abs(left[window - 1]),
      let t = residuals.withUnsafeBufferPointer({ unitRoot.statistic($0) })
    else { return .degenerate }
    slope = line.slope
    z = residuals[window - 1] / deviation
    statistic = t
    return nil
  }

  private static func variation(_ values: [Double]) -> Double {
    var mean = 0.0
    for value in values { mean += value }
    mean /= Double(values.count)
    var sum = 0.0
    for value in values { sum += (value - mean) * (value - mean) }
    return sum
  }
}

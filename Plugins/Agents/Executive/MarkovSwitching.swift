#if canImport(Glibc)
  import Glibc
#endif

/// A two-state Gaussian Markov-switching model of returns: Hamilton's (1989, section 4) filter, and the EM steps of Hamilton
/// (1990), "Analysis of time series subject to changes in regime", Journal of Econometrics 45, with scaled forward and
/// backward passes. The chain starts in its stationary distribution. Nothing allocates after `init`.
///
/// A fit starts from the sample alone (equal means, standard deviations of 1/2 and 3/2 of the sample's, states kept with
/// probability .95) and takes a fixed number of steps: the same returns give the same model. Variances stay above 1e-6 of the
/// sample's, since the likelihood has no bound where one state shrinks onto one return; probabilities to stay lie within
/// [1e-6, 1 - 1e-6].
struct MarkovSwitching {
  struct State: Equatable {
    var mean = 0.0
    /// Per bar.
    var variance = 0.0
    /// Probability of being in the same state at the next bar.
    var stay = 0.0
  }

  struct Parameters {
    var low = State()
    var high = State()

    /// Stationary probability of the high state.
    var stationary: Double {
      let leaveLow = 1 - low.stay
      let leaveHigh = 1 - high.stay
      return leaveLow + leaveHigh > 0 ? leaveLow / (leaveLow + leaveHigh) : 0.5
    }
  }

  var parameters = Parameters()
  private var returns: [Double]
  private var count = 0
  /// By return: densities of both states, over the larger of them; filtered probability of high; scale of the forward pass.
  private var densityLow: [Double]
  private var densityHigh: [Double]
  private var filtered: [Double]
  private var scale: [Double]

  init(capacity: Int) {
    returns = Array(repeating: 0, count: capacity)
    densityLow = returns
    densityHigh = returns
    filtered = returns
    scale = returns
  }

  /// Takes the log returns of the newest prices, at most `capacity`. False where one is not a number.
  mutating func load(_ close: UnsafeBufferPointer<Double>) -> Bool {
    count = min(close.count - 1, returns.count)
    let first = close.count - count
    for t in 0..<count {
      let r = log(close[first + t] / close[first + t - 1])
      guard r.isFinite else { return false }
      returns[t] = r
    }
    return true
  }

  /// The filtered probability of the high state at the newest return; nil where the numbers give none.
  mutating func filter() -> Double? {
    forward()
    let p = filtered[count - 1]
    return p.isFinite ? min(1, max(0, p)) : nil
  }

  /// Fits the parameters to the loaded returns. False where they do not vary.
  mutating func fit(iterations: Int) -> Bool {
    var mean = 0.0
    for t in 0..<count { mean += returns[t] }
    mean /= Double(count)
    var variance = 0.0
    for t in 0..<count { variance += (returns[t] - mean) * (returns[t] - mean) }
    variance /= Double(count)
    // Equal returns leave a variance of rounding errors.
    guard variance > 1e-24 * (1 + mean * mean), variance > 1e-20 * mean * mean else { return false }
    parameters = Parameters(
      low: State(mean: mean, variance: 0.25 * variance, stay: 0.95),
      high: State(mean: mean, variance: 2.25 * variance, stay: 0.95))
    for _ in 0..<iterations { step(floor: 1e-6 * variance) }
    if parameters.low.variance > parameters.high.variance { swap(&parameters.low, &parameters.high) }
    return true
  }

  private mutating func forward() {
    let (low, high) = (parameters.low, parameters.high)
    let ratio = 0.5 * log(low.variance / high.variance)
    var prior = parameters.stationary
    for t in 0..<count {
      let a = returns[t] - low.mean
      let b = returns[t] - high.mean
      // The common factor 1 / sqrt(2 pi low variance) cancels; so does the larger of the two, which keeps both in range.
      let logLow = -0.5 * a * a / low.variance
      let logHigh = -0.5 * b * b / high.variance + ratio
      let top = max(logLow, logHigh)
      densityLow[t] = exp(logLow - top)
      densityHigh[t] = exp(logHigh - top)
      let jointHigh = prior * densityHigh[t]
      let total = jointHigh + (1 - prior) * densityLow[t]
      filtered[t] = jointHigh / total
      scale[t] = total
      prior = filtered[t] * high.stay + (1 - filtered[t]) * (1 - low.stay)
    }
  }

  /// One expectation and one maximisation.
  private mutating func step(floor: Double) {
    forward()
    let (low, high) = (parameters.low, parameters.high)
    var betaLow = 1.0
    var betaHigh = 1.0
    var sum = (low: 0.0, high: 0.0, lowReturn: 0.0, highReturn: 0.0, lowSquare: 0.0, highSquare: 0.0)
    var moves = (lowStay: 0.0, lowLeave: 0.0, highStay: 0.0, highLeave: 0.0)
    let center = low.mean
    for t in stride(from: count - 1, through: 0, by: -1) {
      // filtered * beta are the smoothed probabilities, up to rounding.
      let total = filtered[t] * betaHigh + (1 - filtered[t]) * betaLow
      let h = filtered[t] * betaHigh / total
      let l = 1 - h
      let r = returns[t] - center
      sum.low += l
      sum.high += h
      sum.lowReturn += l * r
      sum.highReturn += h * r
      sum.lowSquare += l * r * r
      sum.highSquare += h * r * r
      guard t > 0 else { break }
      let toLow = densityLow[t] * betaLow / scale[t]
      let toHigh = densityHigh[t] * betaHigh / scale[t]
      let fromLow = 1 - filtered[t - 1]
      let fromHigh = filtered[t - 1]
      moves.lowStay += fromLow * low.stay * toLow
      moves.lowLeave += fromLow * (1 - low.stay) * toHigh
      moves.highStay += fromHigh * high.stay * toHigh
      moves.highLeave += fromHigh * (1 - high.stay) * toLow
      betaLow = low.stay * toLow + (1 - low.stay) * toHigh
      betaHigh = high.stay * toHigh + (1 - high.stay) * toLow
    }
    parameters.low = maximised(
      low, sum.low, sum.lowReturn, sum.lowSquare, stay: moves.lowStay, leave: moves.lowLeave, center, floor)
    parameters.high = maximised(
      high, sum.high, sum.highReturn, sum.highSquare, stay: moves.highStay, leave: moves.highLeave, center, floor)
  }

  /// A state that explains next to nothing keeps its parameters.
  private func maximised(
    _ state: State, _ weight: Double, _ first: Double, _ second: Double, stay: Double, leave: Double, _ center: Double,
    _ floor: Double
  ) -> State {
    guard weight > 1e-6, stay + leave > 1e-9 else { return state }
    let mean = first / weight
    return State(
      mean: mean + center, variance: max(floor, second / weight - mean * mean),
      stay: min(1 - 1e-6, max(1e-6, stay / (stay + leave))))
  }
}

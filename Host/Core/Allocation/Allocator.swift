import CAlphaLoop

/// Stage 3 and the host's half of stage 4: views to weights, weights to limits. Deterministic; sums in instrument order.
struct Allocator {
  var settings: AllocationSettings
  let count: Int
  /// Proposed signed weight of equity by instrument.
  var weights: [Double]
  var hasProposal: [Bool]
  var confidence: [Double]
  /// Return since the last panel, NaN before the second.
  var returns: [Double]
  /// Exponentially weighted variance of returns a panel (RiskMetrics 1996, lambda .94); NaN before the second.
  var variance: [Double]
  var observations: [Int]
  var lastPrice: [Int64]
  var panels = 0
  /// The agents behind each proposal: (agent, strength), in agent order.
  var backers: [[(agent: Int, strength: Double)]]

  static let lambda = 0.94

  init(settings: AllocationSettings, instruments: [Instrument]) {
    self.settings = settings
    count = instruments.count
    weights = Array(repeating: 0, count: count)
    hasProposal = Array(repeating: false, count: count)
    confidence = Array(repeating: 0, count: count)
    returns = Array(repeating: .nan, count: count)
    variance = Array(repeating: .nan, count: count)
    observations = Array(repeating: 0, count: count)
    lastPrice = Array(repeating: 0, count: count)
    backers = Array(repeating: [], count: count)
  }

  /// Returns and volatilities at a new panel.
  mutating func observe(_ exposures: UnsafeMutablePointer<Exposure>, now: Int64) {
    for i in 0..<count {
      let price = exposures[i].last
      guard exposures[i].lastTime == now, price > 0 else {
        returns[i] = .nan
        continue
      }
      if lastPrice[i] > 0 {
        let r = Double(price) / Double(lastPrice[i]) - 1
        returns[i] = r
        variance[i] = observations[i] == 0 ? r * r : Self.lambda * variance[i] + (1 - Self.lambda) * r * r
        observations[i] += 1
      }
      lastPrice[i] = price
    }
  }

  func volatility(_ i: Int) -> Double {
    observations[i] < 20 ? .nan : (variance[i] * settings.barsPerYear).squareRoot()
  }

  /// Confidence-weighted mean of the views of one instrument, and the weight that a fraction of Kelly gives it.
  /// - Parameter views: (agent, vote weight, score, confidence), abstentions left out.
  mutating func propose(_ i: Int, views: [(agent: Int, weight: Double, score: Double, confidence: Double)]) {
    var votes = 0.0
    var sum = 0.0
    var trust = 0.0
    for v in views {
      votes += v.weight
      sum += v.weight * v.confidence * v.score
      trust += v.weight * v.confidence
    }
    backers[i] = []
    hasProposal[i] = true
    guard votes > 0, trust > 0 else {
      weights[i] = 0
      confidence[i] = 0
      return
    }
    let score = sum / trust
    let conviction = trust / votes
    confidence[i] = conviction
    if abs(score) * conviction < settings.minimumConviction || (score < 0 && !settings.allowsShort) {
      weights[i] = 0
      return
    }
    let kelly = kellyFraction(winProbability: 0.5 * (1 + settings.edge * abs(score) * conviction), payoff: 1)
    var weight = settings.kellyFraction * kelly
    let sigma = volatility(i)
    if settings.targetVolatility > 0, sigma.isFinite, sigma > settings.targetVolatility {
      weight *= settings.targetVolatility / sigma
    }
    weights[i] = min(weight, settings.cap) * (score < 0 ? -1 : 1)
    for v in views where v.score * score > 0 {
      backers[i].append((v.agent, v.weight * v.confidence * abs(v.score)))
    }
  }

  /// Keeps proposals within the limits: the strongest names, the cap, the gross. Ties go to the lower instrument.
  mutating func fit(within gross: Double) {
    let lowest = settings.allowsShort ? -settings.cap : 0
    for i in 0..<count where hasProposal[i] { weights[i] = max(lowest, min(settings.cap, weights[i])) }
    var named = (0..<count).filter { hasProposal[$0] && weights[$0] != 0 }
    if named.count > settings.maxNames {
      named.sort { (abs(weights[$0]), $1) > (abs(weights[$1]), $0) }
      for i in named[settings.maxNames...] { weights[i] = 0 }
      named.removeSubrange(settings.maxNames...)
      named.sort()
    }
    let total = named.reduce(0) { $0 + abs(weights[$1]) }
    if total > gross, total > 0 { for i in named { weights[i] *= gross / total } }
  }
}

/// The risk policy plugin of stage 4.
public struct SizingPolicy {
  public var context: UnsafeMutableRawPointer?
  public var size:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<al_sizing_v1>?, UnsafeMutablePointer<al_error_v1>?
    ) -> al_status

  public init(
    context: UnsafeMutableRawPointer?,
    size:
      @escaping @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutablePointer<al_sizing_v1>?, UnsafeMutablePointer<al_error_v1>?
      ) -> al_status
  ) {
    self.context = context
    self.size = size
  }
}

/// floor(weight x equity / (price x multiplier)) on the lot, toward zero: 1e-8 units.
func quantity(weight: Double, equity: Int64, price: Int64, lot: Int64, multiplier: Int64) -> Int64 {
  guard price > 0, lot > 0, multiplier > 0, equity > 0, weight.isFinite else { return 0 }
  let money = abs(weight) * Double(equity)
  let unit = Double(price) * (Double(multiplier) / 1e8)
  let lots = (money / unit * 1e8 / Double(lot)).rounded(.down)
  guard lots < Double(OrderMachine.largestQuantity.raw) / Double(lot) else { return 0 }
  let units = Int64(lots) * lot
  return weight < 0 ? -units : units
}

/// A market that was never traded: what the demonstration runs on when the sample data cannot be had.
///
/// One common factor, the index, moves in two regimes, calm and turbulent, that follow a Markov chain (Hamilton,
/// Econometrica 57, 1989). A name's return is beta times the factor's plus a part of its own, wider in turbulence. The
/// only operations are those IEEE 754 rounds exactly (+ - * /, square root), so a seed gives the same prices, and the same
/// bytes, on every machine. Nothing in it is a signal: an agent that profits here was lucky.
struct GeneratedMarket {
  struct Bar: Equatable {
    var open, high, low, close, volume: Int64
  }

  /// Cents, a row a session, a column a name.
  private(set) var closes: [[Int64]] = []
  /// The index; prices in cents.
  private(set) var index: [Bar] = []
  /// Sessions spent in the turbulent regime.
  private(set) var turbulent: [Bool] = []

  /// Daily drift and volatility of the factor, and the chance that the regime ends with the day.
  private struct Regime {
    var drift, volatility, ending, ownScale: Double
    static let calm = Regime(drift: 0.0006, volatility: 0.007, ending: 0.008, ownScale: 1)
    static let turbulent = Regime(drift: -0.0008, volatility: 0.02, ending: 0.04, ownScale: 1.5)
  }

  private struct Name {
    var beta, ownVolatility, price: Double
  }

  /// Half-hours of a session, the steps of the index between its open and its close.
  private static let steps = 13
  /// The part of a day's variance that falls between close and open.
  private static let overnight = 0.25

  private var random: MarketRandom
  private var isTurbulent = false
  private var level = 1_000.0
  private var names: [Name]

  /// - Parameters:
  ///   - names: how many.
  ///   - sessions: how many days.
  init(seed: UInt64, names count: Int, sessions: Int) {
    var random = MarketRandom(state: seed)
    names = (0..<count).map { _ in
      Name(
        beta: 0.6 + 0.9 * random.uniform(), ownVolatility: 0.009 + 0.009 * random.uniform(),
        price: 20 + 180 * random.uniform())
    }
    self.random = random
    for _ in 0..<sessions { nextSession() }
  }

  private mutating func nextSession() {
    let regime = isTurbulent ? Regime.turbulent : .calm
    turbulent.append(isTurbulent)
    let factor = nextIndexBar(regime)
    var row: [Int64] = []
    row.reserveCapacity(names.count)
    for i in names.indices {
      let own = names[i].ownVolatility * regime.ownScale * random.normal()
      // No day halves a name or worse, so a price stays above zero.
      names[i].price *= 1 + max(names[i].beta * factor + own, -0.5)
      row.append(GeneratedMarket.cents(names[i].price))
    }
    closes.append(row)
    if random.uniform() < regime.ending { isTurbulent.toggle() }
  }

  /// - Returns: the factor's return of the day.
  private mutating func nextIndexBar(_ regime: Regime) -> Double {
    let step = regime.volatility * ((1 - Self.overnight) / Double(Self.steps)).squareRoot()
    var change = regime.drift + regime.volatility * Self.overnight.squareRoot() * random.normal()
    let open = change
    var (high, low) = (change, change)
    for _ in 0..<Self.steps {
      change += step * random.normal()
      high = max(high, change)
      low = min(low, change)
    }
    func price(_ change: Double) -> Int64 { Self.cents(level * (1 + change)) }
    let size = 1 + 25 * abs(change)
    let volume = 3_000_000_000 * size * (0.8 + 0.4 * random.uniform())
    index.append(
      Bar(
        open: price(open), high: price(high), low: price(low), close: price(change),
        volume: Int64(volume / 1_000) * 1_000))
    level *= 1 + change
    return change
  }

  private static func cents(_ price: Double) -> Int64 {
    max(1, Int64((price * 100).rounded(.toNearestOrEven)))
  }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), and numbers drawn from it.
private struct MarketRandom {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In [0, 1), of 53 bits.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Mean 0, variance 1: twelve uniform numbers added up. No logarithm or cosine, whose last bit differs between
  /// libraries; the tails end at 6.
  mutating func normal() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += uniform() }
    return sum
  }
}

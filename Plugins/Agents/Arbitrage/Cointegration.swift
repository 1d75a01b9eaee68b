import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Pairs whose spread returns to its mean. Engle, Granger (1987), "Co-integration and error correction", Econometrica 55.
///
/// For each pair, over the last `window` bars that both legs have at the same time: left = a + b * right + e by least squares;
/// the Engle-Granger test on e with `lags` lagged differences (fixed, 1 by default, so that the same bars give the same test),
/// against MacKinnon's (2010) critical value at `significance`; z = newest e over its standard deviation (n - 2).
///
/// Rows for both legs: a view while in a position. It is entered where the test rejects and |z| > `entry`: z above 0 is short
/// left, long right (opposite sign of b), below 0 the reverse; it is left where |z| < `exit`, z changes sign or the test no
/// longer rejects: on that evaluation a view of score 0, which says "be flat". Otherwise: abstain, no signal. The size of the
/// score is u / sqrt(1 + u^2) with u = |z| / entry, confidence 1 - p with MacKinnon's (1994) p-value of the test.
/// Rows for the left leg whenever the pair can be computed: estimates "hedge_ratio" (b: units of right per unit of left),
/// "z" and "adf_t".
///
/// Instruments in no pair abstain as not applicable. Without `pairs` a universe of two is one pair, the one whose price
/// varies more being the left leg: that does not depend on the order or the names.
///
/// State: position of each pair.
struct Cointegration: Agent {
  static let descriptor = Descriptor(
    id: "arb.cointegration", name: "Cointegrated pairs",
    summary: "Trade the spread of cointegrated pairs beyond two standard deviations (Engle, Granger 1987)",
    family: "Arbitrage", tier: .senior, inputs: .bars, outputs: [.view, .estimate],
    parameters: [
      .json("pairs", schema: Self.pairsSchema),
      .integer("window", default: 252, in: 30...5000, "bars, common to both legs, of the regression"),
      .integer("lags", default: 1, in: 0...20, "lagged differences in the unit-root test"),
      .choice("significance", default: "5%", of: ["1%", "5%", "10%"], "level of the Engle-Granger test"),
      .number("entry", default: 2, in: 0.1...10, "absolute z beyond which a position is entered"),
      .number("exit", default: 0.5, in: 0...10, "absolute z below which it is left; below entry"),
      .flag("logarithms", default: false, "regress log prices instead of prices"),
      .number("horizon_days", default: 20, in: 0.001...3650, "horizon of the view"),
    ] + SeriesGate.parameters(),
    estimates: ["hedge_ratio", "z", "adf_t"], warmUp: 252, maxRows: 4)

  private static let pairsSchema =
    "{\"type\":\"array\",\"default\":[],\"description\":\"symbols of each pair; an instrument is in one pair at most\","
    + "\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"left\",\"right\"],"
    + "\"properties\":{\"left\":{\"type\":\"string\"},\"right\":{\"type\":\"string\"}}}}"

  private struct Pair {
    var left: Int
    var right: Int
    var isImplied = false
    /// +1 long the spread (long left), -1 short, 0 flat.
    var position = 0
  }

  private let entry: Double
  private let exit: Double
  private let critical: Double
  private let horizon: Int64
  private let gate: SeriesGate
  private let lookback: Int
  private var spread: SpreadFit
  private var pairs: [Pair]
  private let isPaired: [Bool]

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    let window = try p.integer("window")
    entry = try p.number("entry")
    exit = try p.number("exit")
    guard exit < entry else { throw .configuration("exit (\(exit)) must be below entry (\(entry))") }
    let level = try p.text("significance")
    guard let percent = Int(level.dropLast()),
      let value = EngleGranger.criticalValue(percent: percent, count: window - 1)
    else { throw .configuration("significance '\(level)' is not 1%, 5% or 10%") }
    critical = value
    horizon = Int64(try p.number("horizon_days") * 86_400e9)
    gate = try SeriesGate(p, rows: window)
    // Room for bars that only one leg has.
    lookback = window + window / 8 + 8
    spread = SpreadFit(window: window, lags: try p.integer("lags"), logarithms: try p.flag("logarithms"))
    pairs = try Self.pairs(setup)
    var paired = Array(repeating: false, count: setup.universe.count)
    for pair in pairs {
      paired[pair.left] = true
      paired[pair.right] = true
    }
    isPaired = paired
  }

  private static func pairs(_ setup: Setup) throws(PluginError) -> [Pair] {
    let count = setup.parameters.count("pairs")
    if count == 0 { return setup.universe.count == 2 ? [Pair(left: 0, right: 1, isImplied: true)] : [] }
    var used: [String] = []
    var out: [Pair] = []
    for k in 0..<count {
      var legs: [Int] = []
      for side in ["left", "right"] {
        let symbol = try setup.parameters.text("pairs.\(k).\(side)")
        guard let index = setup.universe.firstIndex(where: { $0.symbol == symbol }) else {
          throw .configuration("pairs.\(k).\(side): '\(symbol)' is not in the universe; add it or correct the symbol")
        }
        guard !used.contains(symbol) else {
          throw .configuration(
            "pairs.\(k).\(side): '\(symbol)' is in a pair already; an instrument is in one pair at most")
        }
        used.append(symbol)
        legs.append(index)
      }
      out.append(Pair(left: legs[0], right: legs[1]))
    }
    return out
  }

  var needs: Needs { Needs(lookback: lookback, warmUp: gate.rows, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for i in 0..<input.count where !isPaired[i] { output.abstain(i, .notApplicable) }
    for k in pairs.indices {
      let pair = pairs[k]
      let faults = (gate.fault(input, pair.left), gate.fault(input, pair.right))
      // A leg without a fault of its own is stopped by its partner's.
      if let reason = faults.0 ?? faults.1 {
        output.abstain(pair.left, reason)
        output.abstain(pair.right, faults.1 ?? reason)
      } else if let left = input.window(pair.left), let right = input.window(pair.right) {
        answer(k, left, right, &output)
      }
    }
  }

  private mutating func answer(_ k: Int, _ left: Window, _ right: Window, _ output: inout Output) {
    var pair = pairs[k]
    var reason = spread.load(left, right)
    if reason == nil {
      if pair.isImplied, spread.rightVariesMore {
        spread.swapLegs()
        swap(&pair.left, &pair.right)
        pair.position = -pair.position
      }
      reason = spread.fit()
    }
    if let reason {
      output.abstain(pair.left, reason)
      output.abstain(pair.right, reason)
      return
    }
    let before = pair.position
    pair.position = next(before)
    // Kept in terms of the first leg, whichever of the two is the left one now.
    pairs[k].position = pair.left == pairs[k].left ? pair.position : -pair.position
    if pair.position != 0 {
      let size = Indicators.squash(abs(spread.z) / entry) * Double(pair.position)
      let confidence = 1 - EngleGranger.probability(spread.statistic)
      output.view(pair.left, score: size, confidence: confidence, horizon: horizon)
      output.view(pair.right, score: spread.slope < 0 ? size : -size, confidence: confidence, horizon: horizon)
    } else if before != 0 {
      output.view(pair.left, score: 0, confidence: 1, horizon: horizon)
      output.view(pair.right, score: 0, confidence: 1, horizon: horizon)
    } else {
      output.abstain(pair.left, .noSignal)
      output.abstain(pair.right, .noSignal)
    }
    output.estimate(pair.left, label: 0, spread.slope)
    output.estimate(pair.left, label: 1, spread.z)
    output.estimate(pair.left, label: 2, spread.statistic)
  }

  private func next(_ position: Int) -> Int {
    guard spread.statistic < critical else { return 0 }
    let wanted = spread.z > 0 ? -1 : 1
    if abs(spread.z) > entry { return wanted }
    return position == wanted && abs(spread.z) >= exit ? position : 0
  }

  func save(to writer: inout StateWriter) {
    writer.write(pairs.count)
    for pair in pairs { writer.write(pair.position) }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let count = try reader.count()
    guard count == pairs.count else {
      throw .data("the saved state has \(count) pairs, the configuration has \(pairs.count)")
    }
    for k in 0..<count {
      let position = Int(try reader.integer())
      guard (-1...1).contains(position) else { throw .data("the saved state has a position of \(position)") }
      pairs[k].position = position
    }
  }
}

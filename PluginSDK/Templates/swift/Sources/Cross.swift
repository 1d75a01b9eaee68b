import AlphaLoopSDK
import CAlphaLoop

@c(alphaloop_register)
public func registerPlugins() { Library.add(agent: Cross.self) }

/// Long while a fast average of the closes is above a slow one, short while it is below (Appel, "Technical Analysis",
/// 2005, uses the same two exponential averages). The score is the gap between them as a share of the slow one.
struct Cross: Agent {
  static let descriptor = Descriptor(
    id: "__ID__", name: "__NAME__", summary: "Exponential moving average cross: the sign and size of the gap",
    vendor: "you", tier: .senior, inputs: .bars, outputs: .view,
    parameters: [
      .integer("fast", default: 10, in: 1...500, "bars of the fast average"),
      .integer("slow", default: 30, in: 2...1000, "bars of the slow average; above fast"),
      .number("full", default: 0.05, in: 0.0001...10, "gap, as a share of the slow average, that scores 1 or -1"),
      .integer("horizon", default: 5, in: 1...250, "days that a view is meant for"),
    ],
    warmUp: 30)

  /// A name whose newest bar is older than half a day missed today's.
  private static let maximumAge: Int64 = 43_200_000_000_000

  private let slowBars: Int
  private let fastShare: Double
  private let slowShare: Double
  private let full: Double
  private let horizon: Int64
  private var averages: [Average]

  init(_ setup: Setup) throws(PluginError) {
    let fast = try setup.parameters.integer("fast")
    slowBars = try setup.parameters.integer("slow")
    guard fast < slowBars else {
      throw .configuration("parameter 'fast' is \(fast) and 'slow' is \(slowBars); fast has to be the smaller one")
    }
    // The usual weight of an average over n bars: 2 / (n + 1).
    fastShare = 2 / Double(fast + 1)
    slowShare = 2 / Double(slowBars + 1)
    full = try setup.parameters.number("full")
    horizon = Int64(try setup.parameters.integer("horizon")) * 86_400_000_000_000
    averages = Array(repeating: Average(), count: setup.universe.count)
  }

  var needs: Needs { Needs(lookback: slowBars) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for i in 0..<input.count {
      guard let window = input.window(i), let close = window.close else {
        output.abstain(i, .missingCapability)
        continue
      }
      averages[i].take(close, window, fastShare, slowShare)
      if let reason = fault(i, close, window, asOf: input.asOf) {
        output.abstain(i, reason)
        continue
      }
      let gap = (averages[i].fast - averages[i].slow) / averages[i].slow
      let score = max(-1, min(1, gap / full))
      if score == 0 {
        output.abstain(i, .noSignal)
      } else {
        // A cross knows nothing of its own certainty; the gap is in the score already.
        output.view(i, score: score, confidence: 0.5, horizon: horizon)
      }
    }
  }

  /// Why instrument `i` cannot be answered now, nil where it can.
  private func fault(_ i: Int, _ close: Column, _ window: Window, asOf: Int64) -> Reason? {
    guard window.count > 0 else { return .warmUp }
    guard asOf - window.lastTime <= Self.maximumAge else { return .stale }
    for price in close.values where !price.isPrice { return .invalidData }
    return averages[i].bars < slowBars ? .warmUp : nil
  }

  func save(to writer: inout StateWriter) {
    writer.write(averages.count)
    for average in averages {
      writer.write(average.fast)
      writer.write(average.slow)
      writer.write(average.bars)
      writer.write(average.last)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let count = try reader.integer()
    guard count == averages.count else {
      throw .data("the state is of \(count) instruments; this universe has \(averages.count)")
    }
    for i in averages.indices {
      averages[i] = Average(
        fast: try reader.double(), slow: try reader.double(), bars: Int(try reader.integer()),
        last: try reader.integer())
      guard averages[i].isSound else { throw .data("the state of instrument \(i) holds no two averages of prices") }
    }
  }
}

/// Both averages of one instrument.
struct Average {
  var fast = 0.0
  var slow = 0.0
  /// Usable bars so far.
  var bars = 0
  /// Time of the newest bar seen, ns UTC; usable or not.
  var last: Int64 = 0

  var isSound: Bool {
    bars == 0 || (bars > 0 && fast.isPrice && slow.isPrice)
  }

  /// Takes the rows that are newer than the last one seen. A close that is no price is left out of the averages.
  mutating func take(_ close: Column, _ window: Window, _ fastShare: Double, _ slowShare: Double) {
    var from = window.count
    while from > 0 && window.time(from - 1) > last { from -= 1 }
    for row in from..<window.count {
      last = window.time(row)
      let price = close[row]
      guard price.isPrice else { continue }
      fast = bars == 0 ? price : fast + fastShare * (price - fast)
      slow = bars == 0 ? price : slow + slowShare * (price - slow)
      bars += 1
    }
  }
}

extension Double {
  var isPrice: Bool { isFinite && self > 0 }
}

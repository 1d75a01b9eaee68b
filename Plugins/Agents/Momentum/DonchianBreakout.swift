import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Channel breakout: enter on a close beyond the extreme of the last 20 bars, leave beyond the opposite extreme of 10.
/// Donchian's channel rule with the entries, exits and unit of the Turtles; Faith (2007), "Way of the Turtle".
///
/// Rows for every instrument: a view while in a position (score +1 long or -1 short), with confidence `confidence`; on the bar
/// that leaves, a view of score 0, which says "be flat" and is not an abstention; flat otherwise: abstain, no signal.
/// With a portfolio, estimate "unit" beside a position: shares = `risk_fraction` * equity / (N * contract multiplier), raw,
/// before any cap or rounding. Without one, only the view.
///
/// Extremes are highs and lows of the bars before the signal bar. N is Faith's: an average of true ranges with weight 1/20
/// on the newest, started from the plain mean of the first 20, taken from the bars before the signal bar, since a unit is
/// sized from what was known the day before. (The catalogue says ATR20; on constant ranges both are the same.)
///
/// State per instrument: position, N, time of the last bar seen. After bars that were never shown, N starts again.
struct DonchianBreakout: Agent {
  static let descriptor = Descriptor(
    id: "mom.donchian", name: "Donchian breakout",
    summary: "Enter beyond the 20-bar extreme, leave beyond the opposite 10-bar one (Donchian; Faith 2007)",
    family: "Momentum", tier: .senior, inputs: [.bars, .portfolio], outputs: [.view, .estimate],
    parameters: [
      .integer("entry", default: 20, in: 1...1000, "bars of the extreme that is entered on"),
      .integer("exit", default: 10, in: 1...1000, "bars of the opposite extreme that is left on"),
      .integer("atr", default: 20, in: 1...1000, "bars of N, the average true range"),
      .number("risk_fraction", default: 0.01, in: 1e-6...1, "part of equity that one N of movement may cost"),
      .number("confidence", default: 1, in: 0...1, "confidence of every view: the rule is on or off"),
      .number("horizon_days", default: 20, in: 0.001...3650, "horizon of the view"),
    ] + SeriesGate.parameters(),
    estimates: ["unit"], warmUp: 22, maxRows: 2)

  private struct Channel {
    var position = 0
    var range = 0.0
    var lastTime = Int64.min
  }

  private let entry: Int
  private let exit: Int
  private let atr: Int
  private let riskFraction: Double
  private let confidence: Double
  private let horizon: Int64
  private let gate: SeriesGate
  private let multipliers: [Double]
  private var channels: [Channel]

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    entry = try p.integer("entry")
    exit = try p.integer("exit")
    atr = try p.integer("atr")
    riskFraction = try p.number("risk_fraction")
    confidence = try p.number("confidence")
    horizon = Int64(try p.number("horizon_days") * 86_400e9)
    gate = try SeriesGate(
      p, rows: max(entry, exit, atr + 1) + 1, columns: AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE)
    multipliers = setup.universe.map { $0.multiplier > 0 ? Double($0.multiplier) / 1e8 : 1 }
    channels = Array(repeating: Channel(), count: setup.universe.count)
  }

  var needs: Needs { Needs(lookback: gate.rows, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    let equity = input.portfolio?.equity
    for i in 0..<input.count {
      if let reason = gate.fault(input, i) {
        output.abstain(i, reason)
      } else if let w = input.window(i), let high = w.high, let low = w.low, let close = w.close {
        let before = channels[i].position
        if w.lastTime > channels[i].lastTime { advance(i, w, high, low, close) }
        answer(i, left: before != 0 && channels[i].position == 0, equity, &output)
      }
    }
  }

  /// Takes the newest bar.
  private mutating func advance(_ i: Int, _ w: Window, _ high: Column, _ low: Column, _ close: Column) {
    var channel = channels[i]
    let follows = channel.lastTime == w.time(w.count - 2)
    if follows {
      let newest = Indicators.trueRange(high: high[ago: 1], low: low[ago: 1], previousClose: close[ago: 2])
      channel.range += (newest - channel.range) / Double(atr)
    } else {
      channel.range = 0
      for age in 1...atr {
        channel.range += Indicators.trueRange(
          high: high[ago: age], low: low[ago: age], previousClose: close[ago: age + 1])
      }
      channel.range /= Double(atr)
    }
    channel.lastTime = w.lastTime
    let price = close.last
    if channel.position > 0, price < Indicators.lowest(low.values, ago: 1, count: exit) { channel.position = 0 }
    if channel.position < 0, price > Indicators.highest(high.values, ago: 1, count: exit) { channel.position = 0 }
    if price > Indicators.highest(high.values, ago: 1, count: entry) { channel.position = 1 }
    if price < Indicators.lowest(low.values, ago: 1, count: entry) { channel.position = -1 }
    channels[i] = channel
  }

  private func answer(_ i: Int, left: Bool, _ equity: Double?, _ output: inout Output) {
    let channel = channels[i]
    guard channel.position != 0 else {
      if left {
        output.view(i, score: 0, confidence: confidence, horizon: horizon)
      } else {
        output.abstain(i, .noSignal)
      }
      return
    }
    output.view(i, score: Double(channel.position), confidence: confidence, horizon: horizon)
    if let equity, equity > 0, channel.range > 0 {
      output.estimate(i, label: 0, riskFraction * equity / (channel.range * multipliers[i]))
    }
  }

  func save(to writer: inout StateWriter) {
    writer.write(channels.count)
    for channel in channels {
      writer.write(channel.position)
      writer.write(channel.range)
      writer.write(channel.lastTime)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let count = try reader.count()
    guard count == channels.count else {
      throw .data("the saved state has \(count) instruments, the universe has \(channels.count)")
    }
    for i in 0..<count {
      let position = Int(try reader.integer())
      let range = try reader.double()
      let lastTime = try reader.integer()
      guard (-1...1).contains(position), range >= 0, range.isFinite else {
        throw .data("the saved state is not of a channel")
      }
      channels[i] = Channel(position: position, range: range, lastTime: lastTime)
    }
  }
}

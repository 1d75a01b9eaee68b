import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop

/// Leaves a position that fell three average true ranges from its best price.
/// Le Beau, "Chandelier exit" (in Elder, Come Into My Trading Room, 2002); average true range: Wilder (1978), here the plain
/// mean of `atr_window` true ranges. That stops can add value where returns persist: Kaminski, Lo (2014), "When do stop-loss
/// rules stop losses?", Journal of Financial Markets 18; their policy stays out for a while, as `rest_bars` does here.
///
/// Long: stop = highest high since entry - `multiple` ATR, both known at the bar before; a bar whose low reaches it leaves.
/// Short: lowest low + `multiple` ATR and the bar's high. The stop never moves away from the price. Entry is the first
/// evaluation that finds the position; its bar counts.
///
/// Rows: a market order that closes what the account holds and a veto of new risk, lifted `rest_bars`
/// bars later, since the agents' targets have not changed and would buy back at once; else an abstention (no signal), and
/// estimate "stop" of every position, the level for the next bar. State, by symbol: side, best price and stop of each
/// position, and the bars left to rest.
struct ChandelierStop: Agent {
  static let descriptor = Descriptor(
    id: "desk.chandelier_stop", name: "Chandelier stop",
    summary: "Trailing exit three ATR from the best price since entry (Le Beau; Kaminski, Lo 2014)",
    tier: .junior, inputs: [.bars, .portfolio], outputs: [.order, .veto, .estimate],
    parameters: [
      .number("multiple", default: 3, in: 0.1...100, "average true ranges between the best price and the stop"),
      .integer("atr_window", default: 22, in: 1...5000, "bars of the average true range"),
      .integer("rest_bars", default: 5, in: 0...10_000, "bars without new risk after an exit; 0 does not rest"),
    ] + SeriesGate.parameters(),
    reasons: ["stopped out"], estimates: ["stop"], warmUp: 23, maxRows: 3)

  private struct Trail {
    /// +1 long, -1 short, 0 flat.
    var side = 0
    /// Highest high or lowest low since entry.
    var best = 0.0
    /// NaN before the average true range is known.
    var stop = Double.nan
    /// Bars for which new risk is still refused.
    var rest = 0
    /// The newest bar taken in.
    var time = Int64.min
  }

  private let multiple: Double
  private let window: Int
  private let rest: Int
  private let gate: SeriesGate
  private let newest: SeriesGate
  private let symbols: [String]
  private var trails: [Trail]

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    multiple = try p.number("multiple")
    window = try p.integer("atr_window")
    rest = try p.integer("rest_bars")
    let columns = AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE
    gate = try SeriesGate(p, rows: window + 1, columns: columns)
    newest = try SeriesGate(p, rows: 1, columns: columns)
    symbols = setup.universe.map(\.symbol)
    trails = Array(repeating: Trail(), count: symbols.count)
  }

  var needs: Needs { Needs(lookback: window + 1, columns: gate.columnsRead) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let portfolio = input.portfolio else { return output.abstain(nil, .missingCapability) }
    for i in 0..<input.count {
      // A position may be older than the average true range: its best price is followed from the start.
      guard newest.fault(input, i) == nil, let series = input.window(i), let high = series.high, let low = series.low
      else {
        hold(i, gate.fault(input, i) ?? .invalidData, &output)
        continue
      }
      let position = portfolio.position(i)
      let isNew = series.lastTime > trails[i].time
      trails[i].time = series.lastTime
      if isNew, trails[i].rest > 0 { trails[i].rest -= 1 }
      enter(i, position.quantity.signum())
      if isHit(i, high: high.last, low: low.last) {
        leave(i, position, &output)
        continue
      }
      follow(i, high: high.last, low: low.last)
      let fault = gate.fault(input, i)
      if fault == nil, let close = series.close { raise(i, high, low, close) }
      hold(i, fault ?? .noSignal, &output)
    }
  }

  private mutating func enter(_ i: Int, _ side: Int64) {
    guard Int(side) != trails[i].side else { return }
    trails[i].side = Int(side)
    trails[i].best = side > 0 ? -.infinity : .infinity
    trails[i].stop = .nan
  }

  private func isHit(_ i: Int, high: Double, low: Double) -> Bool {
    let t = trails[i]
    return t.side > 0 ? low <= t.stop : t.side < 0 && high >= t.stop
  }

  private mutating func follow(_ i: Int, high: Double, low: Double) {
    trails[i].best = trails[i].side > 0 ? max(trails[i].best, high) : min(trails[i].best, low)
  }

  /// The stop for the next bar.
  private mutating func raise(_ i: Int, _ high: Column, _ low: Column, _ close: Column) {
    let t = trails[i]
    guard t.side != 0 else { return }
    let level = t.best - Double(t.side) * multiple * averageTrueRange(high, low, close)
    if t.stop.isNaN || Double(t.side) * (level - t.stop) > 0 { trails[i].stop = level }
  }

  private func averageTrueRange(_ high: Column, _ low: Column, _ close: Column) -> Double {
    var sum = 0.0
    for age in 0..<window {
      sum += Indicators.trueRange(high: high[ago: age], low: low[ago: age], previousClose: close[ago: age + 1])
    }
    return sum / Double(window)
  }

  /// Closes what is held, less what other orders close already; never more, so that it cannot open the other side.
  private mutating func leave(_ i: Int, _ position: al_position_v1, _ output: inout Output) {
    trails[i].rest = rest
    if rest > 0 {
      output.veto(i, .custom(0), value: trails[i].stop)
    } else {
      output.abstain(i, .noSignal)
    }
    output.estimate(i, label: 0, trails[i].stop)
    guard position.committed.signum() == position.quantity.signum() else { return }
    let rest =
      position.quantity > 0 ? min(position.quantity, position.committed) : max(position.quantity, position.committed)
    output.order(OrderRequest(instrument: i, quantity: -rest))
  }

  /// No exit on this bar: an abstention takes the veto back, so it waits until the rest is over.
  private func hold(_ i: Int, _ reason: Reason, _ output: inout Output) {
    if trails[i].rest > 0 {
      output.veto(i, .custom(0), value: 0)
    } else {
      output.abstain(i, reason)
    }
    if reason == .noSignal, trails[i].side != 0, !trails[i].stop.isNaN { output.estimate(i, label: 0, trails[i].stop) }
  }

  func save(to writer: inout StateWriter) {
    writer.write(trails.count)
    for (symbol, t) in zip(symbols, trails) {
      writer.write(symbol)
      writer.write(t.side)
      writer.write(t.best)
      writer.write(t.stop)
      writer.write(t.rest)
      writer.write(t.time)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let count = try reader.count()
    for _ in 0..<count {
      let symbol = try reader.text()
      let t = Trail(
        side: Int(try reader.integer()), best: try reader.double(), stop: try reader.double(),
        rest: Int(try reader.integer()), time: try reader.integer())
      guard (-1...1).contains(t.side), t.rest >= 0 else {
        throw .data("the saved state has side \(t.side) and \(t.rest) bars to rest")
      }
      // A symbol that left the universe is forgotten.
      if let i = symbols.firstIndex(of: symbol) { trails[i] = t }
    }
  }
}

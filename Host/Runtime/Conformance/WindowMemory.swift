import CAlphaLoop

/// The sliding windows over a market's bars, at addresses that never change. Memory outside the windows holds noise, or with
/// `showsFuture` the bars still to come: an agent that reads it answers differently.
final class WindowMemory {
  struct Options {
    /// Rows visible beyond the lookback.
    var extraRows = 0
    var noise: UInt64 = 1
    var showsFuture = false
  }

  let list: UnsafeMutablePointer<UnsafePointer<al_window_v1>?>
  private let market: SyntheticMarket
  private let lookback: Int
  private let options: Options
  private let windows: UnsafeMutablePointer<al_window_v1>
  private var times: [UnsafeMutablePointer<Int64>] = []
  private var columns: [[UnsafeMutablePointer<Double>]] = []
  private var next: [Int]
  private var noise: SeededGenerator
  private static let names = ["open", "high", "low", "close", "volume"]

  init(_ market: SyntheticMarket, lookback: Int, options: Options, blocks: InputBlocks) {
    self.market = market
    self.lookback = lookback
    self.options = options
    next = Array(repeating: 0, count: market.series.count)
    noise = SeededGenerator(seed: options.noise)
    let n = market.series.count
    windows = blocks.allocate(al_window_v1.self, n, "the windows")
    list = blocks.allocate(UnsafePointer<al_window_v1>?.self, n, "the list of windows")
    // Guarded columns end with the market's last bar; others have room behind it, as the host's have.
    let slack = blocks.placement == .plain ? 16 : 0
    for (i, series) in market.series.enumerated() {
      let rows = series.bars.count + slack
      times.append(blocks.allocate(Int64.self, rows, "ts of window \(i)"))
      columns.append(Self.names.map { blocks.allocate(Double.self, rows, "\($0) of window \(i)") })
      for row in 0..<rows { options.showsFuture && row < series.bars.count ? show(i, row) : hide(i, row) }
      (windows + i).initialize(to: empty(i))
      list[i] = UnsafePointer(windows + i)
    }
  }

  private func empty(_ i: Int) -> al_window_v1 {
    let present = market.series[i].columns
    func column(_ k: Int) -> UnsafePointer<Double>? {
      present & 1 << UInt32(k) != 0 ? UnsafePointer(columns[i][k]) : nil
    }
    return al_window_v1(
      ts: times[i], open: column(0), high: column(1), low: column(2), close: column(3), volume: column(4), first: 0,
      count: 0, columns: present, total: 0)
  }

  private func hide(_ i: Int, _ row: Int) {
    times[i][row] = Int64(truncatingIfNeeded: noise.next() >> 2)
    for k in 0..<5 { columns[i][k][row] = [1e9, 1e-9, -5, 1e300, 3][noise.below(5)] * (1 + noise.uniform()) }
  }

  private func show(_ i: Int, _ row: Int) {
    times[i][row] = market.series[i].times[row]
    for k in 0..<5 { columns[i][k][row] = market.series[i].bars[row][k] }
  }

  /// Shows every bar up to a time.
  func advance(to time: Int64) {
    for i in market.series.indices {
      let series = market.series[i]
      while next[i] < series.times.count, series.times[next[i]] <= time {
        show(i, next[i])
        next[i] += 1
      }
      let count = min(next[i], lookback + options.extraRows)
      let first = next[i] - count
      if !options.showsFuture, Int(windows[i].first) < first {
        for row in Int(windows[i].first)..<first { hide(i, row) }
      }
      windows[i].first = UInt32(first)
      windows[i].count = UInt32(count)
      windows[i].total = UInt32(next[i])
    }
  }
}

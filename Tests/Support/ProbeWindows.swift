import CAlphaLoop

/// Sliding windows over bars as the host lays them out, in memory where everything an agent must not read is poison.
final class ProbeWindows {
  /// How much older history stays readable before the lookback, and what fills the rest.
  struct Options {
    /// Rows shown beyond the lookback.
    var extraRows = 0
    /// What fills unreadable rows: numbers drawn from this seed, or (with `future`) the bars still to come.
    var poisonSeed: UInt64 = 1
    var future = false
  }

  private let series: [ProbeInstrument]
  private let lookback: Int
  private let options: Options
  private var next: [Int]
  private var poison: SeededRandom
  private let times: [UnsafeMutablePointer<Int64>]
  private let columns: [[UnsafeMutablePointer<Double>]]
  private let windows: UnsafeMutablePointer<al_window_v1>
  let list: UnsafeMutablePointer<UnsafePointer<al_window_v1>?>

  private static let slack = 16

  init(_ series: [ProbeInstrument], lookback: Int, options: Options) {
    self.series = series
    self.lookback = lookback
    self.options = options
    next = Array(repeating: 0, count: series.count)
    poison = SeededRandom(seed: options.poisonSeed)
    times = series.map { .allocate(capacity: $0.bars.count + Self.slack) }
    columns = series.map { s in (0..<5).map { _ in .allocate(capacity: s.bars.count + Self.slack) } }
    windows = .allocate(capacity: max(1, series.count))
    list = .allocate(capacity: max(1, series.count))
    for i in series.indices {
      for row in 0..<series[i].bars.count + Self.slack { fill(i, row) }
      if options.future { for row in series[i].bars.indices { show(i, row) } }
      (windows + i).initialize(to: empty(i))
      list[i] = UnsafePointer(windows + i)
    }
  }

  deinit {
    for block in times { block.deallocate() }
    for instrument in columns { for block in instrument { block.deallocate() } }
    windows.deallocate()
    list.deallocate()
  }

  private func empty(_ i: Int) -> al_window_v1 {
    func column(_ bit: UInt32, _ k: Int) -> UnsafePointer<Double>? {
      series[i].columns & bit != 0 ? UnsafePointer(columns[i][k]) : nil
    }
    return al_window_v1(
      ts: times[i], open: column(AL_COLUMN_OPEN, 0), high: column(AL_COLUMN_HIGH, 1), low: column(AL_COLUMN_LOW, 2),
      close: column(AL_COLUMN_CLOSE, 3), volume: column(AL_COLUMN_VOLUME, 4), first: 0, count: 0,
      columns: series[i].columns, total: 0)
  }

  private func fill(_ i: Int, _ row: Int) {
    times[i][row] = Int64(truncatingIfNeeded: poison.next() >> 2)
    for k in 0..<5 {
      let value = [Double.nan, 1e300, -1e9, 1e-300, 7e7][Int(poison.next() % 5)]
      columns[i][k][row] = value * (1 + poison.uniform())
    }
  }

  private func show(_ i: Int, _ row: Int) {
    let bar = series[i].bars[row]
    times[i][row] = bar.time
    for (k, value) in [bar.open, bar.high, bar.low, bar.close, bar.volume].enumerated() { columns[i][k][row] = value }
  }

  /// Shows every bar up to `time`. Returns how many are new.
  func advance(to time: Int64) -> Int {
    var new = 0
    for i in series.indices {
      while next[i] < series[i].bars.count, series[i].bars[next[i]].time <= time {
        show(i, next[i])
        next[i] += 1
        new += 1
      }
      let visible = min(next[i], lookback + options.extraRows)
      let first = next[i] - visible
      if !options.future { for row in Int(windows[i].first)..<max(first, Int(windows[i].first)) { fill(i, row) } }
      windows[i].first = UInt32(first)
      windows[i].count = UInt32(visible)
      windows[i].total = UInt32(next[i])
    }
    return new
  }
}

import CAlphaLoop

/// The history that agents read: one sliding window per instrument, built from the bars as they come. Memory after a
/// window's end holds older rows or nothing, never the future, so look-ahead is impossible by construction.
struct Panel {
  /// Instrument -> its window; the addresses never change.
  let windows: UnsafeMutablePointer<al_window_v1>
  let pointers: UnsafeMutablePointer<UnsafePointer<al_window_v1>?>
  let count: Int
  /// Rows a window keeps at least.
  let lookback: Int
  /// Rows of memory of a window: when it is full the newest `lookback` move to the front, once every capacity - lookback
  /// bars.
  let capacity: UInt32
  let columns: UInt32

  /// - Parameters:
  ///   - available: `AL_COLUMN_*` that each instrument's series has.
  ///   - columns: those that any agent reads.
  init(available: [UInt32], lookback: Int, columns: UInt32, memory: any InputMemory) {
    count = available.count
    self.lookback = max(lookback, 1)
    capacity = UInt32(max(64, 2 * self.lookback))
    self.columns = columns
    windows = memory.allocate(al_window_v1.self, count: count)
    pointers = memory.allocate(UnsafePointer<al_window_v1>?.self, count: count)
    let rows = Int(capacity)
    func column(_ bit: UInt32, _ has: UInt32) -> UnsafePointer<Double>? {
      has & columns & bit == 0 ? nil : UnsafePointer(memory.allocate(Double.self, count: rows))
    }
    for (i, has) in available.enumerated() {
      let ts = memory.allocate(Int64.self, count: rows)
      windows[i] = al_window_v1(
        ts: UnsafePointer(ts), open: column(AL_COLUMN_OPEN, has), high: column(AL_COLUMN_HIGH, has),
        low: column(AL_COLUMN_LOW, has), close: column(AL_COLUMN_CLOSE, has), volume: column(AL_COLUMN_VOLUME, has),
        first: 0, count: 0, columns: has & columns, total: 0)
      pointers[i] = UnsafePointer(windows + i)
    }
  }

  /// Enters the bars of one moment: rows `first` to `end` of the columns.
  @inline(__always)
  func append(_ ts: Int64, _ bars: borrowing BarColumns, _ first: Int, _ end: Int) {
    var row = first
    while row < end {
      append(bars.instruments.map { Int($0[row]) } ?? row &- first, ts: ts, bars, row: row)
      row &+= 1
    }
  }

  /// Enters one bar. `row` indexes the columns.
  @inline(__always)
  func append(_ instrument: Int, ts: Int64, _ bars: borrowing BarColumns, row: Int) {
    let w = windows + instrument
    var at = w.pointee.first &+ w.pointee.count
    if at == capacity {
      w.keepNewest(lookback - 1)
      at = w.pointee.count
    }
    let end = Int(at)
    UnsafeMutablePointer(mutating: w.pointee.ts.unsafelyUnwrapped)[end] = ts
    if let close = w.pointee.close {
      UnsafeMutablePointer(mutating: close)[end] = Double(bars.close[row]) / 1e8
    }
    if columns != AL_COLUMN_CLOSE { appendOthers(w, end, bars, row) }
    // Rises until the window is full; then the window slides.
    let isFull = Int(w.pointee.count) == lookback
    w.pointee.first &+= isFull ? 1 : 0
    w.pointee.count &+= isFull ? 0 : 1
    w.pointee.total &+= w.pointee.total == UInt32.max ? 0 : 1
  }

  @inline(never)
  private func appendOthers(
    _ w: UnsafeMutablePointer<al_window_v1>, _ at: Int, _ bars: borrowing BarColumns, _ row: Int
  ) {
    write(w.pointee.open, at, bars.open, row)
    write(w.pointee.high, at, bars.high, row)
    write(w.pointee.low, at, bars.low, row)
    write(w.pointee.volume, at, bars.volume, row)
  }

  @inline(__always)
  private func write(_ target: UnsafePointer<Double>?, _ at: Int, _ source: UnsafePointer<Int64>?, _ row: Int) {
    guard let target else { return }
    let value = source.map { $0[row] } ?? Int64.min
    UnsafeMutablePointer(mutating: target)[at] = value == Int64.min ? .nan : Double(value) / 1e8
  }
}

import AlphaLoopCore
import CAlphaLoop

/// The history that the agent reads: one sliding window an instrument. The memory of a window holds its own rows only:
/// bars to come enter it when they are known, and older ones than the agent asked for leave it.
final class EvaluationWindows {
  let list: UnsafeMutablePointer<UnsafePointer<al_window_v1>?>
  private let windows: UnsafeMutablePointer<al_window_v1>
  private let series: [EvaluationBars]
  private let lookback: Int
  private let capacity: Int
  private var next: [Int]

  /// - Parameters:
  ///   - series: of each instrument; empty where it has no bars.
  ///   - columns: `AL_COLUMN_*` that the agent reads.
  init(_ series: [EvaluationBars], lookback: Int, columns: UInt32, memory: any InputMemory) {
    self.series = series
    self.lookback = max(lookback, 1)
    let longest = series.map(\.times.count).max() ?? 0
    let capacity = max(1, min(2 * self.lookback, longest + 1))
    self.capacity = capacity
    next = Array(repeating: 0, count: series.count)
    list = memory.array(UnsafePointer<al_window_v1>?.self, count: series.count)
    windows = memory.array(al_window_v1.self, count: series.count)
    for (i, s) in series.enumerated() {
      let has = s.columns & columns
      func column(_ bit: UInt32) -> UnsafePointer<Double>? {
        has & bit == 0 ? nil : UnsafePointer(memory.array(Double.self, count: capacity))
      }
      windows[i] = al_window_v1(
        ts: UnsafePointer(memory.array(Int64.self, count: capacity)), open: column(AL_COLUMN_OPEN),
        high: column(AL_COLUMN_HIGH), low: column(AL_COLUMN_LOW), close: column(AL_COLUMN_CLOSE),
        volume: column(AL_COLUMN_VOLUME), first: 0, count: 0, columns: has, total: 0)
      list[i] = UnsafePointer(windows + i)
    }
  }

  /// The newest close known of an instrument; nil before the first.
  func close(_ i: Int) -> Double? {
    guard let close = series[i].close else { return nil }
    return close[..<next[i]].last { !$0.isNaN }
  }

  /// Enters every bar up to a moment.
  func advance(to time: Int64) {
    for i in series.indices {
      while next[i] < series[i].times.count, series[i].times[next[i]] <= time {
        append(i, next[i])
        next[i] += 1
      }
    }
  }

  private func append(_ i: Int, _ row: Int) {
    let w = windows + i
    if Int(w.pointee.first + w.pointee.count) == capacity { w.keepNewest(lookback - 1) }
    let at = Int(w.pointee.first + w.pointee.count)
    let s = series[i]
    UnsafeMutablePointer(mutating: w.pointee.ts)?[at] = s.times[row]
    func write(_ target: UnsafePointer<Double>?, _ source: [Double]?) {
      if let target, let source { UnsafeMutablePointer(mutating: target)[at] = source[row] }
    }
    write(w.pointee.open, s.open)
    write(w.pointee.high, s.high)
    write(w.pointee.low, s.low)
    write(w.pointee.close, s.close)
    write(w.pointee.volume, s.volume)
    if Int(w.pointee.count) < lookback { w.pointee.count += 1 } else { w.pointee.first += 1 }
    w.pointee.total += 1
  }
}

extension InputMemory {
  /// Zeroed memory for values of one type.
  func array<T: BitwiseCopyable>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
    allocate(bytes: max(MemoryLayout<T>.stride * count, 64)).bindMemory(to: T.self, capacity: max(count, 1))
  }

  func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let block = array(T.self, count: values.count)
    for (i, value) in values.enumerated() { block[i] = value }
    return block
  }

  /// A copy of a text, zero terminated.
  func string(_ text: String) -> al_str_v1 {
    let bytes = Array(text.utf8)
    let block = array(bytes.map { CChar(bitPattern: $0) } + [0])
    return al_str_v1(ptr: UnsafePointer(block), len: UInt64(bytes.count))
  }
}

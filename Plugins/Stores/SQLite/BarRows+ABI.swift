import AlphaLoopBarStore
import AlphaLoopSDK
import CAlphaLoop

extension SeriesKey {
  init(_ series: Series) { self.init(source: series.source, symbol: series.symbol, interval: series.interval) }
}

extension Series {
  init(_ key: SeriesKey) { self.init(source: key.source, symbol: key.symbol, interval: key.interval) }
}

extension BarRows {
  /// Copies rows that crossed the boundary; they all belong to one series.
  init(_ bars: al_bars_v1) throws(PluginError) {
    guard let count = Int(exactly: bars.n) else { throw PluginError(AL_E_ARGUMENT, "\(bars.n) rows are too many") }
    let columns = BarRowColumns(rawValue: bars.columns).intersection(.all)
    func copy(_ column: BarRowColumns, _ pointer: UnsafePointer<Int64>?, _ name: String) throws(PluginError) -> [Int64]
    {
      guard columns.contains(column), count > 0 else { return [] }
      guard let pointer else { throw PluginError(AL_E_ARGUMENT, "the column \(name) is announced but absent") }
      return Array(UnsafeBufferPointer(start: pointer, count: count))
    }
    var times: [Int64] = []
    if count > 0 {
      guard let ts = bars.ts else { throw PluginError(AL_E_ARGUMENT, "the rows have no times") }
      times = Array(UnsafeBufferPointer(start: ts, count: count))
    }
    self.init(
      timestamps: times, columns: columns, open: try copy(.open, bars.open, "open"),
      high: try copy(.high, bars.high, "high"), low: try copy(.low, bars.low, "low"),
      close: try copy(.close, bars.close, "close"), volume: try copy(.volume, bars.volume, "volume"))
  }
}

/// Rows at a fixed address for as long as the host keeps the lease.
final class RowsLease: BarsLease {
  private let memory: UnsafeMutablePointer<Int64>

  init(_ rows: BarRows) {
    let columns = [rows.timestamps, rows.open, rows.high, rows.low, rows.close, rows.volume]
    let memory = UnsafeMutablePointer<Int64>.allocate(capacity: columns.reduce(1) { $0 + $1.count })
    self.memory = memory
    var end = memory
    let places = columns.map { column -> UnsafePointer<Int64>? in
      guard !column.isEmpty else { return nil }
      let start = end
      column.withUnsafeBufferPointer { if let base = $0.baseAddress { end.initialize(from: base, count: $0.count) } }
      end += column.count
      return UnsafePointer(start)
    }
    super.init(
      al_bars_v1(
        size: UInt32(MemoryLayout<al_bars_v1>.size), columns: rows.columns.rawValue, n: UInt64(rows.count),
        ts: places[0], instrument: nil, open: places[1], high: places[2], low: places[3], close: places[4],
        volume: places[5]))
  }

  deinit { memory.deallocate() }
}

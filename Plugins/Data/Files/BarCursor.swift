import AlphaLoopCSV
import AlphaLoopSDK
import CAlphaLoop

/// The bars of several series in the order of time, then instrument, in batches.
final class BarCursor: DataCursor {
  static let rowsABatch = 65_536

  /// A series and how far it has been given out.
  private struct Run {
    let index: UInt32
    let series: BarSeries
    var row: Int
    let end: Int

    var time: Int64 { series.timestamps[row] }

    func precedes(_ other: Run) -> Bool { time != other.time ? time < other.time : index < other.index }
  }

  /// A binary heap; the run with the earliest next bar is first.
  private var heap: [Run] = []
  /// The symbols, when the query named none.
  private let names: [String]
  private let columns: BarColumns
  private var faults: [(line: UInt64, place: String, what: String)] = []
  private var isFirst = true

  init(files: [BarFile], query: Query) throws(PluginError) {
    // A batch has one set of columns, so that it is what all files have.
    columns = files.reduce([.open, .high, .low, .volume]) { $0.intersection($1.columns) }
    var found: [String: (path: String, series: BarSeries)] = [:]
    for file in files {
      for row in file.badRows.first { faults.append((UInt64(row.line), file.path, row.description)) }
      let hidden = file.badRows.count - file.badRows.first.count
      if hidden > 0 { faults.append((0, file.path, "\(hidden) more rows were left out")) }
      if file.columns != columns {
        faults.append((0, file.path, "has columns that other files lack; they are left out"))
      }
      for series in file.series {
        if let other = found[series.symbol] {
          throw .data("\(file.path): \(series.symbol) stands in \(other.path) too; keep one of them")
        }
        found[series.symbol] = (file.path, series)
      }
    }
    let symbols = found.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    names = query.symbols.isEmpty ? symbols : []
    for (index, symbol) in (query.symbols.isEmpty ? symbols : query.symbols).enumerated() {
      guard let series = found[symbol]?.series else {
        faults.append((0, query.symbols[index], "no file has bars of this symbol"))
        continue
      }
      let row = series.timestamps.partitionPoint { $0 >= query.from }
      let end = query.to == 0 ? series.count : series.timestamps.partitionPoint { $0 >= query.to }
      if row < end { heap.append(Run(index: UInt32(index), series: series, row: row, end: end)) }
    }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
  }

  func next(_ batch: DataBatch) throws(PluginError) -> Bool {
    guard isFirst || !heap.isEmpty else { return false }
    if isFirst { for fault in faults { batch.fault(line: fault.line, where: fault.place, fault.what) } }
    isFirst = false
    for name in names { batch.name(name) }
    batch.columns = AL_COLUMN_CLOSE
    for (column, bit) in [
      (BarColumns.open, AL_COLUMN_OPEN), (.high, AL_COLUMN_HIGH), (.low, AL_COLUMN_LOW), (.volume, AL_COLUMN_VOLUME),
    ] where columns.contains(column) { batch.columns |= bit }
    for _ in 0..<BarCursor.rowsABatch {
      guard !heap.isEmpty else { break }
      give(heap[0], to: batch)
      heap[0].row += 1
      if heap[0].row == heap[0].end {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
      }
      sink(0)
    }
    return true
  }

  private func give(_ run: Run, to batch: DataBatch) {
    let row = run.row
    batch.bar(
      run.index, ts: run.time, open: columns.contains(.open) ? run.series.open[row] : 0,
      high: columns.contains(.high) ? run.series.high[row] : 0, low: columns.contains(.low) ? run.series.low[row] : 0,
      close: run.series.close[row], volume: columns.contains(.volume) ? run.series.volume[row] : 0)
  }

  private func sink(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}

extension [Int64] {
  /// The first place from which on `isBeyond` holds; the elements rise.
  fileprivate func partitionPoint(_ isBeyond: (Int64) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

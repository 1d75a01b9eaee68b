import AlphaLoopSDK
import CAlphaLoop
import Glibc

/// Benchmark data: raw little-endian int64 columns `ts o h l c v`, prices in cents, a file a column, symbol after symbol.
struct RawColumns: DataSource {
  static let descriptor = Descriptor(
    id: "bench.columns", name: "Raw columns (benchmark)", summary: "Reads the benchmark's int64 column files",
    parameters: [
      .text("directory", default: ".", "folder of ts.i64, o.i64, h.i64, l.i64, c.i64, v.i64"),
      .text("prefix", default: "S", "symbols are the prefix and a number from 0"),
    ])
  static let kinds = [AL_DATA_BARS]

  private let directory: String
  private let prefix: String

  init(_ setup: Setup) throws(PluginError) {
    directory = try setup.parameters.text("directory")
    prefix = try setup.parameters.text("prefix")
  }

  mutating func open(_ query: Query) throws(PluginError) -> any DataCursor {
    let columns = try ["ts", "o", "h", "l", "c", "v"].map { (name) throws(PluginError) in
      try RawFile("\(directory)/\(name).i64")
    }
    return RawCursor(columns, symbols: query.symbols, prefix: prefix)
  }
}

/// One column file in memory.
private final class RawFile {
  let values: UnsafeMutableBufferPointer<Int64>

  init(_ path: String) throws(PluginError) {
    guard let file = fopen(path, "rb") else { throw .io("\(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let count = ftell(file) / 8
    fseek(file, 0, SEEK_SET)
    values = .allocate(capacity: max(count, 1))
    guard fread(values.baseAddress, 8, count, file) == count else { throw .io("\(path): cut short") }
  }

  deinit { values.deallocate() }
}

private final class RawCursor: DataCursor {
  private let columns: [RawFile]
  private let rows: Int
  private var pending: [(index: UInt32, number: Int)] = []
  private let scaled: UnsafeMutablePointer<Int64>
  private let instruments: UnsafeMutablePointer<UInt32>

  init(_ columns: [RawFile], symbols: [String], prefix: String) {
    self.columns = columns
    rows = columns[0].values.count
    scaled = .allocate(capacity: rows * 5)
    instruments = .allocate(capacity: rows)
    let count = columns[4].values.count / max(rows, 1)
    for (i, symbol) in symbols.enumerated() {
      if symbol.hasPrefix(prefix), let number = Int(symbol.dropFirst(prefix.count)), number >= 0, number < count {
        pending.append((UInt32(i), number))
      }
    }
    pending.reverse()
  }

  deinit {
    scaled.deallocate()
    instruments.deallocate()
  }

  func next(_ batch: DataBatch) throws(PluginError) -> Bool {
    guard let item = pending.popLast() else { return false }
    for column in 0..<5 {
      let scale: Int64 = column == 4 ? AL_UNIT : 1_000_000
      let from = columns[column + 1].values.baseAddress! + item.number * rows
      let to = scaled + column * rows
      for row in 0..<rows { to[row] = from[row] * scale }
    }
    for row in 0..<rows { instruments[row] = item.index }
    batch.use(
      bars: al_bars_v1(
        size: UInt32(MemoryLayout<al_bars_v1>.size), columns: batch.columns, n: UInt64(rows),
        ts: UnsafePointer(columns[0].values.baseAddress), instrument: UnsafePointer(instruments),
        open: UnsafePointer(scaled), high: UnsafePointer(scaled + rows), low: UnsafePointer(scaled + 2 * rows),
        close: UnsafePointer(scaled + 3 * rows), volume: UnsafePointer(scaled + 4 * rows)))
    return true
  }
}

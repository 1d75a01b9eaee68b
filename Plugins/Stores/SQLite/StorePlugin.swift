import AlphaLoopArrow
import AlphaLoopBarStore
import AlphaLoopFiles
import AlphaLoopSDK
import AlphaLoopSQLite
import CAlphaLoop

/// The embedded store: a directory with `state.db` and Arrow segments.
struct StorePlugin: Store {
  static let descriptor = Descriptor(
    id: "store.sqlite", name: "SQLite and Arrow store",
    summary: "Bars as Arrow IPC segments that pandas and polars open, catalogued in SQLite; small values by key.",
    family: "store",
    parameters: [
      .path(
        "path", default: "../var/store",
        "directory of the store, made when it is missing; a relative one starts at the manifest's folder"),
      .flag("read_only", default: false, "open an existing store without writing"),
    ])

  private let path: String
  private let isReadOnly: Bool
  private var opened: BarStore?

  init(_ setup: Setup) throws(PluginError) {
    path = try setup.parameters.text("path")
    isReadOnly = try setup.parameters.flag("read_only")
    guard !path.isEmpty else { throw .configuration("path: the directory of the store is empty") }
  }

  mutating func start() throws(PluginError) {
    opened = try reported { try BarStore(directory: path, access: isReadOnly ? .readOnly : .readWrite) }
  }

  mutating func stop() throws(PluginError) { opened = nil }

  private func store() throws(PluginError) -> BarStore {
    guard let opened else { throw .state("the store \(path) is not open") }
    return opened
  }

  // MARK: Bars

  mutating func write(_ rows: al_bars_v1, to series: Series, seal: Bool) throws(PluginError) {
    let store = try store()
    let bars = try BarRows(rows)
    try reported { try store.write(SeriesKey(series), bars, seal: seal) }
  }

  mutating func read(_ series: Series, from: Int64, to: Int64) throws(PluginError) -> BarsLease {
    let store = try store()
    return RowsLease(try reported { try store.read(SeriesKey(series), from: from, to: to == 0 ? .max : to) })
  }

  mutating func segments() throws(PluginError) -> [AlphaLoopSDK.Segment] {
    let store = try store()
    let (sealed, current) = try reported { (try store.segments(), try store.currentSeries()) }
    let all =
      sealed.map {
        AlphaLoopSDK.Segment(
          series: Series($0.key), first: $0.first, last: $0.last, rows: UInt64($0.rowCount), crc32c: $0.crc32c,
          isSealed: true, path: "\(path)/\($0.path)")
      }
      + current.map {
        AlphaLoopSDK.Segment(
          series: Series($0.key), first: $0.first, last: $0.last, rows: UInt64($0.count), crc32c: 0, isSealed: false,
          path: "")
      }
    return all.sorted { (SeriesKey($0.series), $0.first) < (SeriesKey($1.series), $1.first) }
  }

  mutating func verify(_ progress: WorkProgress) throws(PluginError) {
    let store = try store()
    let problems = try reported {
      try store.verify { done, total in
        progress.report(UInt64(done), of: UInt64(total), "segments")
        return true
      }
    }
    guard problems.isEmpty else {
      throw .data("\(path): \(problems.count) problems: " + problems.map(\.description).joined(separator: "; "))
    }
  }

  // MARK: Values

  mutating func put(_ value: [UInt8]?, table: String, key: String) throws(PluginError) {
    let store = try store()
    try reported {
      guard let value else { return try store.remove(table, key) }
      try value.withUnsafeBytes { try store.put(table, key, $0) }
    }
  }

  mutating func get(table: String, key: String) throws(PluginError) -> [UInt8]? {
    let store = try store()
    return try reported { try store.get(table, key) }
  }

  mutating func scan(
    table: String, prefix: String, _ visit: (_ key: String, _ value: [UInt8]) -> Bool
  ) throws(PluginError) {
    let store = try store()
    try reported { try store.scan(table, prefix: prefix) { visit($0, Array($1)) } }
  }
}

/// Runs work on the store and turns its errors into the boundary's.
private func reported<Value>(_ body: () throws -> Value) throws(PluginError) -> Value {
  do {
    return try body()
  } catch let error as SQLiteError {
    let isDamage = error.kind == .corrupt || error.kind == .notADatabase
    throw PluginError(isDamage ? AL_E_DATA : AL_E_IO, error.description)
  } catch let error as FileError {
    throw .io(error.description)
  } catch let error as StoreError {
    if case .missing = error { throw .configuration(error.description) }
    throw .data(error.description)
  } catch {
    throw .data("\(error)")
  }
}

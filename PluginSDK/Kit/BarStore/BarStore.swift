import AlphaLoopFiles
import AlphaLoopSQLite
import Glibc

/// Bars in immutable Arrow segments, catalogued in SQLite; today's bars as rows until they are sealed.
///
/// A directory holds `state.db` and `bars/<source>/<timeframe>/<symbol>/<first>-<last>.arrow`. Only what the catalogue
/// names counts. One process may write while others read; each thread opens a store of its own.
///
/// ```swift
/// let store = try BarStore(directory: "data", access: .readWrite)
/// let key = SeriesKey(source: "files", symbol: "^GSPC", interval: 86_400_000_000_000)
/// try store.write(key, BarRows(timestamps: times, columns: .close, close: closes), seal: true)
/// let rows = try store.read(key)
/// ```
public final class BarStore {
  public enum Access: Equatable, Sendable {
    /// The store must exist.
    case readOnly
    /// The store is created where it is missing.
    case readWrite
  }

  /// A newly sealed piece joins the segment before it while both together have at most this many rows: daily bars stay
  /// one file, minute bars become about a file a month and a half of sessions.
  static let rowsWorthASegment = 16_384

  public let directory: String
  let catalogue: Catalogue

  /// - Throws: `StoreError`, `SQLiteError` or `FileError`.
  public init(directory: String, access: Access) throws {
    self.directory = directory
    let path = "\(directory)/state.db"
    switch access {
    case .readWrite: try createDirectories(directory)
    case .readOnly: guard Glibc.access(path, F_OK) == 0 else { throw StoreError.missing(path: path) }
    }
    catalogue = try Catalogue(path: path, isReadOnly: access == .readOnly)
  }

  // MARK: Writing

  /// Puts rows into a series, replacing those of the same time; durable on return, all or nothing.
  ///
  /// - Parameters:
  ///   - seal: make a segment of these rows and of the current rows of the series; with no rows, of the latter alone.
  ///   - adjustment: which corrections the prices carry; "raw" for none.
  /// - Throws: `StoreError` for rows that do not fit, else the failure of disk or database.
  public func write(_ key: SeriesKey, _ rows: BarRows, seal: Bool, adjustment: String = "raw") throws {
    if key.interval <= 0 { throw StoreError.rows(key: key, problem: "the interval is not positive") }
    if let problem = rows.problem { throw StoreError.rows(key: key, problem: problem) }
    if !seal {
      return try catalogue.database.transaction {
        try checkColumns(key, rows, stored: try catalogue.segments(key), current: try catalogue.current(key))
        try catalogue.upsertCurrent(rows, key: key)
      }
    }
    try createDirectories("\(directory)/\(key.directory)")
    let replaced = try catalogue.database.transaction { try sealRows(key, rows, adjustment) }
    // After the commit: until then the catalogue still names them. A reader that holds one open keeps its bytes.
    for segment in replaced { unlink("\(directory)/\(segment.path)") }
  }

  /// Makes a segment of the rows given and of the current ones; the segments it takes the place of.
  private func sealRows(_ key: SeriesKey, _ rows: BarRows, _ adjustment: String) throws -> [Segment] {
    let segments = try catalogue.segments(key)
    let current = try catalogue.current(key)
    try checkColumns(key, rows, stored: segments, current: current)
    var sealed = current.map { $0.merged(with: rows) } ?? rows
    guard let first = sealed.timestamps.first, let last = sealed.timestamps.last else { return [] }
    var replaced = segments.filter { $0.first <= last && $0.last >= first }
    if let before = segments.last(where: { $0.last < first }), before.adjustment == adjustment,
      before.rowCount + sealed.count <= BarStore.rowsWorthASegment
    {
      replaced.append(before)
    }
    replaced.sort { $0.first < $1.first }
    if let other = replaced.first(where: { $0.adjustment != adjustment }) {
      throw StoreError.rows(
        key: key, problem: "they are adjusted as \(adjustment), but overlap a segment adjusted as \(other.adjustment)")
    }
    var older = BarRows(columns: sealed.columns)
    for segment in replaced {
      older = older.merged(with: try SegmentFile.read(segment, root: directory, from: .min, to: .max))
    }
    sealed = older.merged(with: sealed)
    let revision = replaced.map { $0.revision + 1 }.max() ?? 0
    let segment = try SegmentFile.write(
      sealed, key: key, revision: revision, adjustment: adjustment, fetchedAt: BarStore.now(), root: directory)
    for segment in replaced { try catalogue.remove(segment) }
    try catalogue.add(segment)
    try catalogue.removeCurrent(key)
    return replaced
  }

  private func checkColumns(_ key: SeriesKey, _ rows: BarRows, stored: [Segment], current: BarRows?) throws {
    guard rows.count > 0, let columns = stored.first?.columns ?? current?.columns, columns != rows.columns else {
      return
    }
    throw StoreError.columns(key: key, stored: columns.names, given: rows.columns.names)
  }

  /// Microseconds UTC. Read for the catalogue only; no decision depends on it.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }

  // MARK: Reading

  /// The rows of a series with `from <= ts < to`, nanoseconds UTC; every segment's checksum is verified.
  ///
  /// An unknown series has no rows and no columns.
  public func read(_ key: SeriesKey, from: Int64 = .min, to: Int64 = .max) throws -> BarRows {
    // A writer may replace a segment between the look into the catalogue and the opening of the file.
    for _ in 0..<8 {
      do { return try readOnce(key, from, to) } catch let error as FileError where error.isMissing { continue }
    }
    return try readOnce(key, from, to)
  }

  private func readOnce(_ key: SeriesKey, _ from: Int64, _ to: Int64) throws -> BarRows {
    let (segments, current) = try catalogue.database.transaction(.deferred) {
      (try catalogue.segments(key), try catalogue.current(key, from: from, to: to))
    }
    let columns = segments.first?.columns ?? current?.columns ?? []
    var rows = BarRows(columns: columns)
    for segment in segments where segment.last >= from && segment.first < to {
      rows = rows.merged(with: try SegmentFile.read(segment, root: directory, from: from, to: to))
    }
    return current.map { rows.merged(with: $0) } ?? rows
  }

  /// All segments by source, symbol, interval and first time.
  public func segments() throws -> [Segment] { try catalogue.segments() }

  /// The series that have rows which are no segment yet, with the range (nanoseconds UTC) and number of those.
  public func currentSeries() throws -> [(key: SeriesKey, first: Int64, last: Int64, count: Int)] {
    try catalogue.currentSeries()
  }

  // MARK: Small values

  /// Stores a value under a table's name and a key; durable on return.
  public func put(_ table: String, _ key: String, _ value: UnsafeRawBufferPointer) throws {
    try catalogue.put(table, key, value)
  }

  public func remove(_ table: String, _ key: String) throws { try catalogue.remove(table, key) }

  public func get(_ table: String, _ key: String) throws -> [UInt8]? { try catalogue.get(table, key) }

  /// Visits the keys that start with `prefix` in the order of their bytes, until `visit` returns false.
  public func scan(
    _ table: String, prefix: String = "", _ visit: (String, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    try catalogue.scan(table, prefix: prefix, visit)
  }
}

import AlphaLoopSQLite

/// `state.db`: which segments count, the rows that are no segment yet, and small values by table and key.
struct Catalogue {
  static let schemaVersion: Int64 = 1

  let database: SQLiteConnection

  /// Opens the catalogue, creating its tables in a new file.
  init(path: String, isReadOnly: Bool) throws {
    let options = SQLiteOptions(access: isReadOnly ? .readOnly : .create, busyTimeoutMilliseconds: 30_000)
    database = try SQLiteConnection(path: path, options: options)
    var found = try version()
    if found == 0 && !isReadOnly {
      try database.transaction {
        // Another process may have been first.
        if try version() == 0 { try database.execute(Catalogue.schema) }
      }
      found = try version()
    }
    guard found == Catalogue.schemaVersion else {
      throw StoreError.schema(path: path, found: found, expected: Catalogue.schemaVersion)
    }
  }

  private func version() throws -> Int64 {
    let query = try database.prepare("PRAGMA user_version")
    return try query.step() ? query.int64(0) : 0
  }

  private static let schema = """
    CREATE TABLE segment (
      path TEXT NOT NULL PRIMARY KEY, source TEXT NOT NULL, symbol TEXT NOT NULL, interval_ns INTEGER NOT NULL,
      first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, rows INTEGER NOT NULL, columns INTEGER NOT NULL,
      crc32c INTEGER NOT NULL, revision INTEGER NOT NULL, adjustment TEXT NOT NULL, fetched_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX segment_series ON segment (source, symbol, interval_ns, first_us);
    CREATE TABLE current_bar (
      source TEXT NOT NULL, symbol TEXT NOT NULL, interval_ns INTEGER NOT NULL, ts_us INTEGER NOT NULL,
      columns INTEGER NOT NULL, open INTEGER, high INTEGER, low INTEGER, close INTEGER, volume INTEGER,
      PRIMARY KEY (source, symbol, interval_ns, ts_us)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE value (
      name TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (name, key)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
    """

  // MARK: Segments

  /// Segments by source, symbol, interval and first time; of one series, or all.
  func segments(_ key: SeriesKey? = nil) throws -> [Segment] {
    let selection = key == nil ? "" : "WHERE source = ? AND symbol = ? AND interval_ns = ?"
    let query = try database.prepare(
      """
      SELECT source, symbol, interval_ns, path, first_us, last_us, rows, columns, crc32c, revision, adjustment, fetched_us
      FROM segment \(selection) ORDER BY source, symbol, interval_ns, first_us
      """)
    if let key { try query.bind([.text(key.source), .text(key.symbol), .integer(key.interval)]) }
    var segments: [Segment] = []
    while try query.step() {
      segments.append(
        Segment(
          key: SeriesKey(source: try query.text(0), symbol: try query.text(1), interval: try query.int64(2)),
          path: try query.text(3), first: try query.int64(4) * 1_000, last: try query.int64(5) * 1_000,
          rowCount: Int(try query.int64(6)),
          columns: BarRowColumns(rawValue: UInt32(truncatingIfNeeded: try query.int64(7))),
          crc32c: UInt32(truncatingIfNeeded: try query.int64(8)), revision: try query.int64(9),
          adjustment: try query.text(10), fetchedAt: try query.int64(11)))
    }
    return segments
  }

  func add(_ segment: Segment) throws {
    let insert = try database.prepare("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    try insert.run(
      .text(segment.path), .text(segment.key.source), .text(segment.key.symbol), .integer(segment.key.interval),
      .integer(segment.first / 1_000), .integer(segment.last / 1_000), .integer(Int64(segment.rowCount)),
      .integer(Int64(segment.columns.rawValue)), .integer(Int64(segment.crc32c)), .integer(segment.revision),
      .text(segment.adjustment), .integer(segment.fetchedAt))
  }

  func remove(_ segment: Segment) throws {
    try database.prepare("DELETE FROM segment WHERE path = ?").run(.text(segment.path))
  }

  func removeAllSegments() throws { try database.execute("DELETE FROM segment") }

  // MARK: Rows of the current day

  /// The series that have current rows, with the range and number of those.
  func currentSeries() throws -> [(key: SeriesKey, first: Int64, last: Int64, count: Int)] {
    let query = try database.prepare(
      """
      SELECT source, symbol, interval_ns, min(ts_us), max(ts_us), count(*) FROM current_bar
      GROUP BY source, symbol, interval_ns ORDER BY source, symbol, interval_ns
      """)
    var found: [(key: SeriesKey, first: Int64, last: Int64, count: Int)] = []
    while try query.step() {
      let key = SeriesKey(source: try query.text(0), symbol: try query.text(1), interval: try query.int64(2))
      found.append((key, try query.int64(3) * 1_000, try query.int64(4) * 1_000, Int(try query.int64(5))))
    }
    return found
  }

  /// The current rows with `from <= ts < to`, or nil when there are none.
  func current(_ key: SeriesKey, from: Int64 = .min, to: Int64 = .max) throws -> BarRows? {
    let query = try database.prepare(
      """
      SELECT ts_us, columns, open, high, low, close, volume FROM current_bar
      WHERE source = ? AND symbol = ? AND interval_ns = ? AND ts_us >= ? AND ts_us < ? ORDER BY ts_us
      """)
    // Times are whole microseconds, so that a bound between two of them is the upper one.
    let bounds = [from, to].map { bound -> SQLiteValue in
      bound == .max ? .integer(.max) : .integer((bound / 1_000) + (bound % 1_000 > 0 ? 1 : 0))
    }
    try query.bind([.text(key.source), .text(key.symbol), .integer(key.interval)] + bounds)
    var rows: BarRows?
    while try query.step() {
      let columns = BarRowColumns(rawValue: UInt32(truncatingIfNeeded: try query.int64(1)))
      var next = rows ?? BarRows(columns: columns)
      rows = nil
      next.timestamps.append(try query.int64(0) * 1_000)
      for column in next.present { next.values[column].append(try query.int64(Int32(2 + column))) }
      rows = next
    }
    return rows
  }

  func upsertCurrent(_ rows: BarRows, key: SeriesKey) throws {
    let insert = try database.prepare("INSERT OR REPLACE INTO current_bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for row in 0..<rows.count {
      try insert.bind(1, key.source)
      try insert.bind(2, key.symbol)
      try insert.bind(3, key.interval)
      try insert.bind(4, rows.timestamps[row] / 1_000)
      try insert.bind(5, Int64(rows.columns.rawValue))
      for column in 0..<5 { try insert.bindNull(Int32(6 + column)) }
      for column in rows.present { try insert.bind(Int32(6 + column), rows.values[column][row]) }
      try insert.run()
    }
  }

  func removeCurrent(_ key: SeriesKey) throws {
    try database.prepare("DELETE FROM current_bar WHERE source = ? AND symbol = ? AND interval_ns = ?")
      .run(.text(key.source), .text(key.symbol), .integer(key.interval))
  }

  // MARK: Small values

  func put(_ name: String, _ key: String, _ value: UnsafeRawBufferPointer) throws {
    let insert = try database.prepare("INSERT OR REPLACE INTO value VALUES (?, ?, ?)")
    try insert.bind(1, name)
    try insert.bind(2, key)
    try insert.bind(3, value)
    try insert.run()
  }

  func remove(_ name: String, _ key: String) throws {
    try database.prepare("DELETE FROM value WHERE name = ? AND key = ?").run(.text(name), .text(key))
  }

  func get(_ name: String, _ key: String) throws -> [UInt8]? {
    let query = try database.prepare("SELECT value FROM value WHERE name = ? AND key = ?")
    try query.bind([.text(name), .text(key)])
    return try query.step() ? query.blob(0) : nil
  }

  func scan(
    _ name: String, prefix: String, _ visit: (String, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    let query = try database.prepare("SELECT key, value FROM value WHERE name = ? AND key >= ? ORDER BY key")
    try query.bind([.text(name), .text(prefix)])
    defer { query.reset() }
    while try query.step() {
      let key = try query.text(0)
      guard key.utf8.starts(with: prefix.utf8) else { return }
      guard try query.withBlob(1, { try visit(key, $0) }) else { return }
    }
  }
}

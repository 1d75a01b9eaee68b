import CSQLite

/// A value that a statement can take as a parameter.
public enum SQLiteValue: Equatable, Sendable {
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
  case null
}

/// A compiled statement: bind, step, read, reset. Finalised when the last reference goes; it keeps its connection open.
///
/// Parameters count from 1 and columns from 0, as in SQLite. Columns are read strictly: an integer is never silently
/// turned into a text, nor null into zero.
public final class SQLiteStatement {
  public let connection: SQLiteConnection
  public let sql: String
  private let handle: OpaquePointer

  init(connection: SQLiteConnection, sql: String) throws(SQLiteError) {
    var prepared: OpaquePointer?
    var hasMore = false
    let result = sql.withCString { text in
      var tail: UnsafePointer<CChar>?
      let code = sqlite3_prepare_v2(connection.handle, text, -1, &prepared, &tail)
      while let next = tail, next.pointee != 0 {
        if !" \t\r\n;".utf8.contains(UInt8(bitPattern: next.pointee)) { hasMore = true }
        tail = next + 1
      }
      return code
    }
    guard result == SQLITE_OK else { throw connection.failure(sql) }
    guard let prepared, !hasMore else {
      sqlite3_finalize(prepared)
      throw SQLiteError(
        extendedCode: SQLITE_MISUSE, message: "expected exactly one statement", sql: sql, path: connection.path)
    }
    self.connection = connection
    self.sql = sql
    handle = prepared
  }

  deinit { sqlite3_finalize(handle) }

  // MARK: Parameters

  public func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
    try check(sqlite3_bind_int64(handle, index, value))
  }

  public func bind(_ index: Int32, _ value: Double) throws(SQLiteError) {
    // SQLite stores NaN as NULL; refuse it rather than lose it.
    guard !value.isNaN else { throw misuse("parameter \(index) is NaN, which SQLite cannot store") }
    try check(sqlite3_bind_double(handle, index, value))
  }

  public func bind(_ index: Int32, _ value: String) throws(SQLiteError) {
    var value = value
    let result = value.withUTF8 { bytes in
      // An empty string has no address, and a null address would bind NULL.
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { empty in
        let start = bytes.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(empty.baseAddress)
        return sqlite3_bind_text(
          handle, index, start?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), copied)
      }
    }
    try check(result)
  }

  public func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) throws(SQLiteError) {
    if bytes.isEmpty {
      try check(sqlite3_bind_zeroblob(handle, index, 0))
    } else {
      try check(sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), copied))
    }
  }

  public func bindNull(_ index: Int32) throws(SQLiteError) { try check(sqlite3_bind_null(handle, index)) }

  public func bind(_ index: Int32, value: SQLiteValue) throws(SQLiteError) {
    switch value {
    case .integer(let value): try bind(index, value)
    case .real(let value): try bind(index, value)
    case .text(let value): try bind(index, value)
    case .null: try bindNull(index)
    case .blob(let value):
      let result = value.withUnsafeBytes { bytes -> Result<Void, SQLiteError> in
        do throws(SQLiteError) { return .success(try bind(index, bytes)) } catch { return .failure(error) }
      }
      try result.get()
    }
  }

  /// Binds all parameters in order. `reset()` or `run` must have ended the previous use.
  public func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
    guard Int32(values.count) == sqlite3_bind_parameter_count(handle) else {
      throw misuse("\(values.count) values for \(sqlite3_bind_parameter_count(handle)) parameters")
    }
    for (index, value) in values.enumerated() { try bind(Int32(index + 1), value: value) }
  }

  // MARK: Running

  /// Advances to the next row; false at the end, after which the statement is reset and can be used again.
  public func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      sqlite3_reset(handle)
      return false
    default:
      let error = connection.failure(sql)
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Runs a statement that returns no rows, with the parameters bound so far.
  public func run() throws(SQLiteError) {
    guard try !step() else {
      sqlite3_reset(handle)
      throw misuse("the statement returned a row where none was expected")
    }
  }

  public func run(_ values: SQLiteValue...) throws(SQLiteError) {
    try bind(values)
    try run()
  }

  /// Ends a query before its last row and frees its read lock.
  public func reset() { sqlite3_reset(handle) }

  // MARK: Columns

  public var columnCount: Int32 { sqlite3_column_count(handle) }

  public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  public func int64(_ column: Int32) throws(SQLiteError) -> Int64 {
    try expect(column, SQLITE_INTEGER, "an integer")
    return sqlite3_column_int64(handle, column)
  }

  public func double(_ column: Int32) throws(SQLiteError) -> Double {
    try expect(column, SQLITE_FLOAT, "a real")
    return sqlite3_column_double(handle, column)
  }

  public func text(_ column: Int32) throws(SQLiteError) -> String {
    try expect(column, SQLITE_TEXT, "a text")
    guard let start = sqlite3_column_text(handle, column) else { throw connection.failure(sql) }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// Lends the bytes of a blob; they are valid inside `body` only.
  public func withBlob<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value) throws -> Value {
    try expect(column, SQLITE_BLOB, "a blob")
    let start = sqlite3_column_blob(handle, column)
    return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  public func blob(_ column: Int32) throws -> [UInt8] { try withBlob(column) { Array($0) } }

  private func expect(_ column: Int32, _ type: Int32, _ name: String) throws(SQLiteError) {
    let found = sqlite3_column_type(handle, column)
    guard found != type else { return }
    let names = [SQLITE_INTEGER: "an integer", SQLITE_FLOAT: "a real", SQLITE_TEXT: "a text", SQLITE_BLOB: "a blob"]
    throw SQLiteError(
      extendedCode: SQLITE_MISMATCH, message: "column \(column) is \(names[found] ?? "null"), expected \(name)",
      sql: sql, path: connection.path)
  }

  private func check(_ result: Int32) throws(SQLiteError) {
    guard result == SQLITE_OK else { throw connection.failure(sql) }
  }

  private func misuse(_ message: String) -> SQLiteError {
    SQLiteError(extendedCode: SQLITE_MISUSE, message: message, sql: sql, path: connection.path)
  }
}

extension SQLiteValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral {
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .real(value) }
  public init(stringLiteral value: String) { self = .text(value) }
}

/// SQLITE_TRANSIENT, a macro that C importers do not see: SQLite copies the bytes before the call returns.
private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

import AlphaLoopFiles
import CSQLite
import Glibc

/// How a database file is opened.
public struct SQLiteOptions: Equatable, Sendable {
  public enum Access: Equatable, Sendable {
    /// The file must exist; nothing is written.
    case readOnly
    /// The file must exist.
    case readWrite
    /// The file is created when it is missing, and its directory is synced.
    case create
  }

  /// `full` survives power failure for every acknowledged commit; `normal` may lose the last commits, never integrity.
  public enum Synchronous: String, Equatable, Sendable {
    case full = "FULL"
    case normal = "NORMAL"
  }

  public var access: Access
  public var synchronous: Synchronous
  /// Write-ahead logging: readers and one writer do not block each other. Ignored when read-only.
  public var writeAheadLog: Bool
  /// How long a call waits for another connection's lock before it fails with `.busy`.
  public var busyTimeoutMilliseconds: Int32

  public init(
    access: Access, synchronous: Synchronous = .full, writeAheadLog: Bool = true,
    busyTimeoutMilliseconds: Int32 = 5_000
  ) {
    self.access = access
    self.synchronous = synchronous
    self.writeAheadLog = writeAheadLog
    self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
  }
}

/// One connection to one database file. It is not Sendable: a thread that needs the database opens its own.
///
/// ```swift
/// let database = try SQLiteConnection(path: "state.db", options: SQLiteOptions(access: .create))
/// try database.execute("CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, started INTEGER NOT NULL)")
/// try database.transaction {
///   let insert = try database.prepare("INSERT INTO run VALUES (?, ?)")
///   try insert.run("2016-12-30", .integer(1_483_131_600_000_000))
/// }
/// ```
public final class SQLiteConnection {
  public let path: String
  let handle: OpaquePointer

  /// - Throws: `SQLiteError` (`cannotOpen`, `notADatabase`, `readOnly`, `busy`, ...), or `FileError` when the directory
  ///   of a new file cannot be synced.
  public init(path: String, options: SQLiteOptions) throws {
    self.path = path
    let isNew = options.access == .create && Glibc.access(path, F_OK) != 0
    let flags: Int32 =
      switch options.access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    var opened: OpaquePointer?
    let result = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard result == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close(opened)
      throw SQLiteError(extendedCode: result, message: message, sql: "", path: path)
    }
    handle = opened
    sqlite3_busy_timeout(handle, options.busyTimeoutMilliseconds)
    try configure(options)
    if isNew { try syncDirectory(of: path) }
  }

  deinit {
    // Statements keep their connection alive, so none is open here and close cannot refuse.
    let result = sqlite3_close(handle)
    assert(result == SQLITE_OK, "a statement outlived its connection")
  }

  private func configure(_ options: SQLiteOptions) throws {
    // Off by default in SQLite for the sake of old databases.
    try execute("PRAGMA foreign_keys = ON")
    // Reads the header too, so that a foreign file is refused here and not at the first query.
    try execute("PRAGMA schema_version")
    guard options.access != .readOnly else { return }
    try execute("PRAGMA synchronous = \(options.synchronous.rawValue)")
    guard options.writeAheadLog else { return }
    let mode = try prepare("PRAGMA journal_mode = WAL")
    guard try mode.step(), try mode.text(0) == "wal" else {
      throw SQLiteError(
        extendedCode: SQLITE_ERROR,
        message: "write-ahead logging is not available on this file system; keep the file on a local disk",
        sql: mode.sql, path: path)
    }
  }

  /// Runs one or several statements without parameters; rows are discarded.
  public func execute(_ sql: String) throws(SQLiteError) {
    let result = sqlite3_exec(handle, sql, nil, nil, nil)
    guard result == SQLITE_OK else { throw failure(sql) }
  }

  /// Compiles one statement.
  /// - Throws: `SQLiteError` when the SQL is wrong, empty, or holds a second statement.
  public func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    try SQLiteStatement(connection: self, sql: sql)
  }

  /// Rows changed by the last insert, update or delete.
  public var changes: Int { Int(sqlite3_changes64(handle)) }

  public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Whether a transaction is open.
  public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// How a transaction takes its locks.
  public enum TransactionKind: String, Sendable {
    /// A read snapshot that starts with the first query.
    case deferred = "DEFERRED"
    /// The write lock at once, so that the body cannot fail half-way with `.busy`.
    case immediate = "IMMEDIATE"
  }

  /// Commits what `body` did, or rolls all of it back when it throws. Transactions do not nest.
  public func transaction<Value>(_ kind: TransactionKind = .immediate, _ body: () throws -> Value) throws -> Value {
    try execute("BEGIN \(kind.rawValue)")
    do {
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      // A full disk rolls back on its own; a second ROLLBACK would hide the first error.
      if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
      throw error
    }
  }

  /// The problems `PRAGMA integrity_check` finds; empty for a sound database.
  public func integrityCheck() throws(SQLiteError) -> [String] {
    var problems: [String] = []
    do {
      let check = try prepare("PRAGMA integrity_check")
      while try check.step() { problems.append(try check.text(0)) }
    } catch {
      // Damage may be such that the check cannot go on; that is a finding, not a failure to check.
      guard error.kind == .corrupt else { throw error }
      problems.append(error.message)
    }
    return problems == ["ok"] ? [] : problems
  }

  /// Moves the write-ahead log into the database file and empties it.
  public func checkpoint() throws(SQLiteError) {
    let result = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    guard result == SQLITE_OK else { throw failure("checkpoint") }
  }

  func failure(_ sql: String) -> SQLiteError {
    SQLiteError(
      extendedCode: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)), sql: sql,
      path: path)
  }
}

import CSQLite

/// A failure reported by SQLite, with the statement it happened in.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a caller can do something about; `code` and `extendedCode` keep the rest.
  public enum Kind: Equatable, Sendable {
    case busy, locked, constraint, corrupt, notADatabase, diskFull, readOnly, inputOutput, cannotOpen
    case outOfMemory, interrupted, tooLarge, misuse
    /// A column held another type than was asked for.
    case typeMismatch
    case other
  }

  public let kind: Kind
  /// SQLite's primary result code, for instance 13 for a full disk.
  public let code: Int32
  /// SQLite's extended result code, for instance 2067 for a unique constraint.
  public let extendedCode: Int32
  public let message: String
  public let sql: String
  public let path: String

  init(extendedCode: Int32, message: String, sql: String, path: String) {
    self.code = extendedCode & 0xFF
    self.extendedCode = extendedCode
    self.kind = Kind(code: extendedCode & 0xFF)
    self.message = message
    self.sql = sql
    self.path = path
  }

  public var description: String { "\(path): \(reason)" }

  /// The description without the path, for who names the file in other words.
  public var reason: String {
    let statement = sql.isEmpty ? "" : " in: \(sql)"
    return "SQLite error \(extendedCode): \(message)\(advice)\(statement)"
  }

  private var advice: String {
    switch kind {
    case .diskFull: " (free space on the disk, then try again; nothing committed is lost)"
    case .readOnly: " (check the permissions of the file and of its directory)"
    case .cannotOpen: " (check that its directory is there and can be written)"
    case .inputOutput: " (check the disk)"
    case .busy: " (another process holds the lock)"
    case .notADatabase, .corrupt: " (restore it from a backup, or rebuild it where it can be rebuilt)"
    default: ""
    }
  }
}

extension SQLiteError.Kind {
  init(code: Int32) {
    self =
      switch code {
      case SQLITE_BUSY: .busy
      case SQLITE_LOCKED: .locked
      case SQLITE_CONSTRAINT: .constraint
      case SQLITE_CORRUPT: .corrupt
      case SQLITE_NOTADB: .notADatabase
      case SQLITE_FULL: .diskFull
      case SQLITE_READONLY: .readOnly
      case SQLITE_IOERR: .inputOutput
      case SQLITE_CANTOPEN: .cannotOpen
      case SQLITE_NOMEM: .outOfMemory
      case SQLITE_INTERRUPT: .interrupted
      case SQLITE_TOOBIG: .tooLarge
      case SQLITE_MISUSE, SQLITE_RANGE: .misuse
      case SQLITE_MISMATCH: .typeMismatch
      default: .other
      }
  }
}

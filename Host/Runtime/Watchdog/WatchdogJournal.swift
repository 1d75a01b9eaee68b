import AlphaLoopSQLite
import CSystem
import Glibc

/// The watchdog's own journal, `<mode>-<account>.watchdog.db` beside the one of the sessions, which it never writes: rows that
/// are only appended, in a CRC-32C chain, each durable before the step after it.
///
/// ```swift
/// for takeover in try WatchdogJournal.takeovers(beside: journalPath, after: lastFolded) {
///   // takeover.events in their order: intents, cancels, their answers, reports, the broker's books
/// }
/// ```
public final class WatchdogJournal {
  static let suffix = ".watchdog.db"

  public struct Row: Equatable, Sendable {
    /// Rising; never given out twice.
    public var sequence: Int64
    /// ns UTC.
    public var time: Int64
    public var entry: WatchdogEntry
  }

  private let path: String
  private let db: SQLiteConnection
  private let insert: SQLiteStatement
  private var chain: UInt32 = 0
  /// What was there when it was opened.
  public let rows: [Row]

  public static func path(beside journal: String) -> String { Heartbeat.stem(journal) + suffix }

  /// Opens or creates the journal for appending.
  ///
  /// - Throws: when it cannot be written, or a row of it is damaged.
  public init(beside journal: String) throws(HostError) {
    path = Self.path(beside: journal)
    do {
      guard makeFolder(parent(path)) else {
        throw HostError(.data, "\(parent(path)): cannot be made: \(errorText())")
      }
      db = try SQLiteConnection(path: path, options: SQLiteOptions(access: .create, synchronous: .full))
      try db.execute(
        """
        CREATE TABLE IF NOT EXISTS entry(
          seq INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind INTEGER NOT NULL, payload BLOB NOT NULL,
          crc INTEGER NOT NULL);
        """)
      insert = try db.prepare("INSERT INTO entry(time, kind, payload, crc) VALUES (?, ?, ?, ?)")
      (rows, chain) = try Self.read(db, path)
    } catch let error as HostError {
      throw error
    } catch {
      throw Self.failure(path, error)
    }
  }

  /// Durable when it returns.
  public func append(_ entry: WatchdogEntry) throws(HostError) {
    let (kind, payload) = entry.encoded
    let time = al_realtime_ns()
    let next = Self.link(chain, kind.rawValue, time, payload)
    do {
      try insert.run(.integer(time), .integer(kind.rawValue), .blob(payload), .integer(Int64(next)))
    } catch {
      throw Self.failure(path, error)
    }
    chain = next
  }

  // MARK: reading

  /// Everything that watchdogs of this journal's account did, in order; empty when none ever had to.
  ///
  /// - Parameter sequence: only rows after it.
  public static func entries(beside journal: String, after sequence: Int64 = 0) throws(HostError) -> [Row] {
    let path = path(beside: journal)
    if access(path, F_OK) != 0, errno == ENOENT { return [] }
    do {
      let db = try SQLiteConnection(path: path, options: SQLiteOptions(access: .readOnly))
      return try read(db, path).rows.filter { $0.sequence > sequence }
    } catch let error as HostError {
      throw error
    } catch {
      throw failure(path, error)
    }
  }

  /// The same by takeover: what a host folds in at its next start.
  ///
  /// - Parameter sequence: only takeovers that have rows after it; each is given whole.
  public static func takeovers(beside journal: String, after sequence: Int64 = 0) throws(HostError)
    -> [WatchdogTakeover]
  {
    WatchdogTakeover.all(try entries(beside: journal)).filter { $0.lastRow > sequence }
  }

  private static func read(_ db: SQLiteConnection, _ path: String) throws -> (rows: [Row], chain: UInt32) {
    var rows: [Row] = []
    var chain: UInt32 = 0
    let read = try db.prepare("SELECT seq, time, kind, payload, crc FROM entry ORDER BY seq")
    while try read.step() {
      let sequence = try read.int64(0)
      let time = try read.int64(1)
      let kind = try read.int64(2)
      let payload = try read.blob(3)
      chain = link(chain, kind, time, payload)
      guard Int64(chain) == (try read.int64(4)) else {
        throw HostError(.data, "journal \(path): row \(sequence) is damaged: its checksum does not match")
      }
      guard let entry = WatchdogEntry(kind: kind, payload: payload) else {
        throw HostError(.data, "journal \(path): row \(sequence) cannot be read; it is from another version")
      }
      rows.append(Row(sequence: sequence, time: time, entry: entry))
    }
    return (rows, chain)
  }

  /// CRC-32C over the chain so far, kind, time and payload.
  private static func link(_ chain: UInt32, _ kind: Int64, _ time: Int64, _ payload: [UInt8]) -> UInt32 {
    var head = [kind.littleEndian, time.littleEndian]
    let start = head.withUnsafeMutableBytes { al_crc32c(chain, $0.baseAddress, $0.count) }
    return payload.withUnsafeBytes { al_crc32c(start, $0.baseAddress, $0.count) }
  }

  private static func failure(_ path: String, _ error: any Error) -> HostError {
    HostError(.data, "journal \(path): \((error as? SQLiteError)?.reason ?? "\(error)")")
  }
}

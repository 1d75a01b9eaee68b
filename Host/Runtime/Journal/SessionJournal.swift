import AlphaLoopCore
import AlphaLoopSQLite
import CSystem
import Glibc

/// The journal of one mode and account: SQLite, append-only rows in a CRC-32C chain. Inputs and records of a session are
/// committed before anything leaves for the broker.
public final class SessionJournal {
  public enum RowKind: Int64, Sendable {
    case header = 1
    case event = 2
    case records = 3
    case end = 4
    case document = 5
  }

  public let path: String
  private let db: SQLiteConnection
  private let insert: SQLiteStatement
  private var chain: UInt32 = 0
  public private(set) var session: UInt64 = 0

  /// Opens or creates; refuses a file of another mode or account.
  ///
  /// - Parameter synchronous: `full`, or acknowledged rows can be lost with the power. Another value is for the proof of that.
  public init(
    path: String, mode: String, account: String, isReadOnly: Bool = false,
    synchronous: SQLiteOptions.Synchronous = .full
  ) throws(HostError) {
    self.path = path
    do {
      if !isReadOnly {
        guard makeFolder(parent(path)) else {
          throw HostError(.data, "\(parent(path)): cannot be made: \(errorText())")
        }
      }
      db = try SQLiteConnection(
        path: path, options: SQLiteOptions(access: isReadOnly ? .readOnly : .create, synchronous: synchronous))
      if !isReadOnly { try Self.createTables(db) }
      insert = try db.prepare(
        "INSERT INTO journal(session, kind, time, payload, crc) VALUES (?, ?, ?, ?, ?)")
      try Self.checkOwner(db, path, mode, account, isReadOnly)
    } catch let error as HostError {
      throw error
    } catch {
      throw Self.failure(path, error)
    }
  }

  private static func createTables(_ db: SQLiteConnection) throws {
    try db.execute(
      """
      CREATE TABLE IF NOT EXISTS owner(mode TEXT NOT NULL, account TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS journal(
        seq INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, kind INTEGER NOT NULL, time INTEGER NOT NULL,
        payload BLOB NOT NULL, crc INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS journal_session ON journal(session, seq);
      CREATE TABLE IF NOT EXISTS latch(
        seq INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, state INTEGER NOT NULL, trigger INTEGER NOT NULL,
        actor TEXT NOT NULL, reason TEXT NOT NULL);
      """)
  }

  private static func checkOwner(
    _ db: SQLiteConnection, _ path: String, _ mode: String, _ account: String, _ isReadOnly: Bool
  ) throws {
    let read = try db.prepare("SELECT mode, account FROM owner")
    if try read.step() {
      let owner = (try read.text(0), try read.text(1))
      if owner != (mode, account) {
        throw HostError(
          .configuration,
          "\(path) is the journal of \(owner.0) \(owner.1), not of \(mode) \(account); name another journal folder")
      }
    } else if !isReadOnly {
      try db.prepare("INSERT INTO owner VALUES (?, ?)").run(.text(mode), .text(account))
    }
  }

  static func failure(_ path: String, _ error: any Error) -> HostError {
    HostError(.data, "journal \(path): \((error as? SQLiteError)?.reason ?? "\(error)")")
  }

  private func guarded<T>(_ body: () throws -> T) throws(HostError) -> T {
    do { return try body() } catch let error as HostError { throw error } catch { throw Self.failure(path, error) }
  }

  // MARK: writing

  /// Begins a session.
  ///
  /// - Parameter replaces: one with the same id, made from the same inputs, is replaced: a simulation, which can be run again.
  ///   Where rows are what happened at a broker nothing is ever removed, and an id that is taken is an error.
  public func begin(_ header: SessionHeader, replaces: Bool = true) throws(HostError) {
    try guarded {
      session = header.session
      chain = 0
      try db.execute("BEGIN IMMEDIATE")
      if replaces {
        let remove = try db.prepare("DELETE FROM journal WHERE session = ?")
        try remove.run(.integer(Int64(bitPattern: session)))
      } else {
        let find = try db.prepare("SELECT 1 FROM journal WHERE session = ? LIMIT 1")
        try find.bind(1, Int64(bitPattern: session))
        if try find.step() {
          throw HostError(.data, "journal \(path): session \(String(session, radix: 16)) is there already")
        }
      }
      try append(.header, header.date, header.encoded)
      try db.execute("COMMIT")
    }
  }

  public func append(_ event: RecordedEvent, time: Int64) throws(HostError) {
    try guarded {
      if !db.isInTransaction { try db.execute("BEGIN IMMEDIATE") }
      try append(.event, time, event.encoded)
    }
  }

  public func append(records: UnsafeBufferPointer<JournalRecord>, time: Int64) throws(HostError) {
    guard !records.isEmpty else { return }
    try guarded {
      if !db.isInTransaction { try db.execute("BEGIN IMMEDIATE") }
      try append(.records, time, UnsafeRawBufferPointer(records))
    }
  }

  /// Makes everything appended durable.
  public func commit() throws(HostError) {
    try guarded { if db.isInTransaction { try db.execute("COMMIT") } }
  }

  public func end(time: Int64, document: [UInt8]) throws(HostError) {
    try guarded {
      if !db.isInTransaction { try db.execute("BEGIN IMMEDIATE") }
      try append(.document, time, document)
      try append(.end, time, [UInt8]())
      try db.execute("COMMIT")
    }
  }

  private func append(_ kind: RowKind, _ time: Int64, _ payload: [UInt8]) throws {
    try payload.withUnsafeBytes { try append(kind, time, $0) }
  }

  private func append(_ kind: RowKind, _ time: Int64, _ payload: UnsafeRawBufferPointer) throws {
    chain = Self.link(chain, kind.rawValue, time, payload)
    try insert.bind(1, Int64(bitPattern: session))
    try insert.bind(2, kind.rawValue)
    try insert.bind(3, time)
    try insert.bind(4, payload)
    try insert.bind(5, Int64(chain))
    try insert.run()
  }

  /// CRC-32C over the chain so far, kind, time and payload: an edited, missing or moved row breaks every later one.
  private static func link(_ chain: UInt32, _ kind: Int64, _ time: Int64, _ payload: UnsafeRawBufferPointer) -> UInt32 {
    var head = [kind.littleEndian, time.littleEndian]
    let start = head.withUnsafeMutableBytes { al_crc32c(chain, $0.baseAddress, $0.count) }
    return al_crc32c(start, payload.baseAddress, payload.count)
  }

  // MARK: the latch

  public struct Latch: Sendable {
    public var time: Int64
    public var state: HaltState
    public var trigger: HaltTrigger
    public var actor: String
    public var reason: String

    public init(time: Int64, state: HaltState, trigger: HaltTrigger, actor: String, reason: String) {
      self.time = time
      self.state = state
      self.trigger = trigger
      self.actor = actor
      self.reason = reason
    }
  }

  public func record(_ latch: Latch) throws(HostError) {
    try guarded {
      let statement = try db.prepare("INSERT INTO latch(time, state, trigger, actor, reason) VALUES (?, ?, ?, ?, ?)")
      try statement.run(
        .integer(latch.time), .integer(Int64(latch.state.rawValue)), .integer(Int64(latch.trigger.rawValue)),
        .text(latch.actor), .text(latch.reason))
    }
  }

  /// Where the kill switch stands: the last move, whatever has restarted since.
  public func latch() throws(HostError) -> Latch? {
    try guarded {
      let read = try db.prepare("SELECT time, state, trigger, actor, reason FROM latch ORDER BY seq DESC LIMIT 1")
      guard try read.step() else { return nil }
      return Latch(
        time: try read.int64(0), state: HaltState(rawValue: UInt8(clamping: try read.int64(1))) ?? .halted,
        trigger: HaltTrigger(rawValue: UInt16(clamping: try read.int64(2))) ?? .operatorRequest,
        actor: try read.text(3),
        reason: try read.text(4))
    }
  }

  // MARK: reading

  public struct Row: Sendable, Equatable {
    public var kind: RowKind
    public var time: Int64
    public var payload: [UInt8]
  }

  public struct Summary: Sendable {
    public var session: UInt64
    public var rows: Int64
    public var isEnded: Bool
  }

  /// The sessions in the journal, oldest first.
  public func sessions() throws(HostError) -> [Summary] {
    try guarded {
      let read = try db.prepare(
        "SELECT session, COUNT(*), MAX(kind = 4) FROM journal GROUP BY session ORDER BY MIN(seq)")
      var list: [Summary] = []
      while try read.step() {
        list.append(
          Summary(
            session: UInt64(bitPattern: try read.int64(0)), rows: try read.int64(1), isEnded: try read.int64(2) == 1))
      }
      return list
    }
  }

  /// The number of the last row; 0: there is none.
  public func lastRow() throws(HostError) -> Int64 {
    try guarded {
      let read = try db.prepare("SELECT COALESCE(MAX(seq), 0) FROM journal")
      return try read.step() ? try read.int64(0) : 0
    }
  }

  /// Every row up to `last` of every session, in order, the chains checked. Sessions follow one another.
  func everyRow(upTo last: Int64, _ visit: (Row) throws -> Void) throws(HostError) {
    try guarded {
      let read = try db.prepare(
        "SELECT seq, kind, time, payload, crc FROM journal WHERE seq <= ? ORDER BY seq")
      try read.bind(1, last)
      var chain: UInt32 = 0
      while try read.step() { try visit(row(read, &chain, startsAnew: true)) }
    }
  }

  private func row(_ read: SQLiteStatement, _ chain: inout UInt32, startsAnew: Bool = false) throws -> Row {
    let kind = try read.int64(1)
    let time = try read.int64(2)
    let payload = try read.blob(3)
    if startsAnew, kind == RowKind.header.rawValue { chain = 0 }
    chain = payload.withUnsafeBytes { Self.link(chain, kind, time, $0) }
    guard Int64(chain) == (try read.int64(4)), let known = RowKind(rawValue: kind) else {
      throw HostError(.data, "journal \(path): row \(try read.int64(0)) is damaged: its checksum does not match")
    }
    return Row(kind: known, time: time, payload: payload)
  }

  /// Every row of a session in order, the chain checked.
  public func rows(of session: UInt64, _ visit: (Row) throws -> Void) throws(HostError) {
    try guarded {
      let read = try db.prepare("SELECT seq, kind, time, payload, crc FROM journal WHERE session = ? ORDER BY seq")
      try read.bind(1, Int64(bitPattern: session))
      var chain: UInt32 = 0
      while try read.step() { try visit(row(read, &chain)) }
    }
  }
}

import AlphaLoopSQLite
import Foundation
import Testing

/// A directory of its own that goes with its owner.
private final class Scratch {
  let path = NSTemporaryDirectory() + "alphaloop-sqlite-" + UUID().uuidString
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  var database: String { path + "/t.db" }
}

@Suite("SQLite wrapper")
struct SQLiteTests {
  private let scratch: Scratch
  private let database: SQLiteConnection

  init() throws {
    scratch = try Scratch()
    database = try SQLiteConnection(path: scratch.database, options: SQLiteOptions(access: .create))
    try database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, s TEXT UNIQUE, b BLOB)")
  }

  private func kind(_ body: () throws -> Void) -> SQLiteError.Kind? {
    do { try body() } catch let error as SQLiteError { return error.kind } catch { return nil }
    return nil
  }

  private func pragma(_ name: String) throws -> Int64 {
    let query = try database.prepare("PRAGMA \(name)")
    return try query.step() ? query.int64(0) : -1
  }

  @Test("a new database uses write-ahead logging and full synchronisation")
  func defaults() throws {
    let mode = try database.prepare("PRAGMA journal_mode")
    #expect(try mode.step())
    #expect(try mode.text(0) == "wal")
    #expect(try pragma("synchronous") == 2)
    #expect(try pragma("foreign_keys") == 1)
    let other = try SQLiteConnection(
      path: scratch.path + "/n.db", options: SQLiteOptions(access: .create, synchronous: .normal))
    let query = try other.prepare("PRAGMA synchronous")
    #expect(try query.step())
    #expect(try query.int64(0) == 1)
  }

  @Test("every type comes back as it went in, the extremes too")
  func roundTrip() throws {
    let insert = try database.prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
    try insert.run(.integer(.min), .real(-0.1), "ä\u{0}b", .blob([0, 255]))
    try insert.run(.integer(.max), .real(.infinity), "", .blob([]))
    try insert.run(7, .null, .null, .null)
    let query = try database.prepare("SELECT id, r, s, b FROM t ORDER BY id")
    #expect(try query.step())
    #expect(try query.int64(0) == .min)
    #expect(try query.double(1) == -0.1)
    #expect(try query.text(2) == "ä\u{0}b")
    #expect(try query.blob(3) == [0, 255])
    #expect(try query.step())
    #expect(query.isNull(1))
    #expect(try query.step())
    #expect(try query.double(1) == .infinity)
    #expect(try query.text(2) == "")
    #expect(try query.blob(3) == [])
    #expect(try !query.step())
    #expect(try query.step(), "after its last row a statement starts again")
  }

  @Test("a column is never converted in silence")
  func strictColumns() throws {
    try database.prepare("INSERT INTO t VALUES (1, 2.5, 'x', NULL)").run()
    let query = try database.prepare("SELECT id, r, s, b FROM t")
    #expect(try query.step())
    let error = #expect(throws: SQLiteError.self) { try query.int64(2) }
    #expect(error?.kind == .typeMismatch)
    #expect(error?.message == "column 2 is a text, expected an integer")
    #expect(kind { _ = try query.int64(1) } == .typeMismatch)
    #expect(kind { _ = try query.blob(3) } == .typeMismatch)
    #expect(kind { try query.bind(1, Int64(1)) } == .misuse)
    #expect(kind { try database.prepare("INSERT INTO t VALUES (2, ?, '', NULL)").run(.real(.nan)) } == .misuse)
  }

  @Test("errors carry code, extended code, message, SQL and file")
  func errors() throws {
    try database.prepare("INSERT INTO t (s) VALUES ('a')").run()
    let sql = "INSERT INTO t (s) VALUES (?)"
    let error = #expect(throws: SQLiteError.self) { try database.prepare(sql).run("a") }
    #expect(error?.kind == .constraint)
    #expect(error?.code == 19)
    #expect(error?.extendedCode == 2_067)
    #expect(error?.message == "UNIQUE constraint failed: t.s")
    #expect(error?.sql == sql)
    #expect(error?.path == scratch.database)
    #expect(kind { _ = try database.prepare("SELEC 1") } == .other)
    #expect(kind { _ = try database.prepare("SELECT 1; SELECT 2") } == .misuse)
    #expect(kind { _ = try database.prepare(" ") } == .misuse)
    #expect(throws: Never.self) { try database.prepare("SELECT 1;\n\t ") }
    #expect(kind { try database.prepare("SELECT 1").run() } == .misuse)
  }

  @Test("a transaction commits whole, and rolls back whole when its body throws")
  func transactions() throws {
    try database.transaction {
      try database.execute("INSERT INTO t (id) VALUES (1)")
      try database.execute("INSERT INTO t (id) VALUES (2)")
    }
    #expect(
      kind {
        try database.transaction {
          try database.execute("INSERT INTO t (id) VALUES (3)")
          try database.execute("INSERT INTO t (id) VALUES (1)")
        }
      } == .constraint)
    #expect(!database.isInTransaction)
    let count = try database.prepare("SELECT count(*) FROM t")
    #expect(try count.step())
    #expect(try count.int64(0) == 2)
  }

  @Test("a full disk is told from other failures, and what was committed stays")
  func diskFull() throws {
    try database.execute("INSERT INTO t (id) VALUES (1)")
    try database.execute("PRAGMA max_page_count = 4")
    let insert = try database.prepare("INSERT INTO t (b) VALUES (?)")
    #expect(
      kind {
        try database.transaction { for _ in 0..<100 { try insert.run(.blob([UInt8](repeating: 1, count: 1_000))) } }
      } == .diskFull)
    #expect(!database.isInTransaction)
    let count = try database.prepare("SELECT count(*) FROM t")
    #expect(try count.step())
    #expect(try count.int64(0) == 1)
    #expect(try database.integrityCheck() == [])
  }

  @Test("a read-only connection refuses to write, a missing file to open, a foreign file to be a database")
  func openFailures() throws {
    let reader = try SQLiteConnection(path: scratch.database, options: SQLiteOptions(access: .readOnly))
    #expect(kind { try reader.execute("INSERT INTO t (id) VALUES (1)") } == .readOnly)
    let missing = scratch.path + "/missing.db"
    for access in [SQLiteOptions.Access.readOnly, .readWrite] {
      #expect(kind { _ = try SQLiteConnection(path: missing, options: SQLiteOptions(access: access)) } == .cannotOpen)
    }
    #expect(!FileManager.default.fileExists(atPath: missing))
    let foreign = scratch.path + "/foreign.db"
    try String(repeating: "not a database ", count: 100).write(toFile: foreign, atomically: true, encoding: .utf8)
    #expect(kind { _ = try SQLiteConnection(path: foreign, options: SQLiteOptions(access: .create)) } == .notADatabase)
  }

  @Test("a second writer fails as busy once its time is up; a reader does not")
  func busy() throws {
    let other = try SQLiteConnection(
      path: scratch.database, options: SQLiteOptions(access: .readWrite, busyTimeoutMilliseconds: 20))
    try database.transaction {
      try database.execute("INSERT INTO t (id) VALUES (1)")
      #expect(kind { try other.transaction { try other.execute("INSERT INTO t (id) VALUES (2)") } } == .busy)
      let count = try other.prepare("SELECT count(*) FROM t")
      #expect(try count.step())
      #expect(try count.int64(0) == 0)
    }
  }

  @Test("the integrity check finds a page that was overwritten, and nothing in a sound file")
  func integrity() throws {
    let insert = try database.prepare("INSERT INTO t (id, s) VALUES (?, ?)")
    for id in 0..<2_000 { try insert.run(.integer(Int64(id)), .text("\(id)")) }
    #expect(try database.integrityCheck() == [])
    try database.checkpoint()
    let file = try #require(FileHandle(forUpdatingAtPath: scratch.database))
    let size = try file.seekToEnd()
    try file.seek(toOffset: size - 4_096)
    try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    try file.close()
    let again = try SQLiteConnection(path: scratch.database, options: SQLiteOptions(access: .readOnly))
    #expect(try !again.integrityCheck().isEmpty)
  }

  @Test("a connection lives as long as its statements and closes after them")
  func lifetime() throws {
    weak var connection: SQLiteConnection?
    do {
      var statement: SQLiteStatement?
      do {
        let opened = try SQLiteConnection(path: scratch.database, options: SQLiteOptions(access: .readOnly))
        connection = opened
        statement = try opened.prepare("SELECT 1")
      }
      #expect(try statement?.step() == true)
      statement = nil
    }
    #expect(connection == nil)
  }
}

import AlphaLoopCore
import AlphaLoopSQLite
import CAlphaLoop
import Glibc
import Testing

@testable import AlphaLoopRuntime

@Suite("A session from its files to its journal", .serialized)
struct SessionTests {
  @Test("a command that comes as the session ends is answered, not left waiting")
  func lateCommand() throws {
    let fixture = try SessionFixture()
    let configuration = try fixture.configuration()
    let inbox = Inbox<TradeEvent>(capacity: 1024)
    let session = try TradeSession(
      configuration, catalog: PluginCatalog(configuration), options: TradeSession.Options(), inbox: inbox)
    defer { session.close() }
    let reply = TradeEvent.Reply()
    try session.run(isStopping: {
      inbox.post(.command(.status, reply), isUrgent: true)
      return true
    })
    #expect(reply.wait(milliseconds: 0) == "error: the session is ending")
  }

  @Test("a session that cannot answer is a failure of every verb that asks it, not an answer")
  func endingSession() throws {
    let fixture = try SessionFixture()
    makeFolder("\(fixture.folder)/journal")
    let inbox = Inbox<TradeEvent>(capacity: 1)
    inbox.close()
    let socket = try ControlSocket(path: "\(fixture.folder)/journal/simulation-SIM.db.sock", inbox: inbox)
    defer { socket.close() }
    for verb in ["reload", "reload --json", "status", "halt --reason x"] {
      let command = "\(executableFolder())/alphaloop \(verb) --config \(fixture.folder)/config"
      #expect(system("\(command) >/dev/null 2>&1") >> 8 == 1, "\(verb)")
    }
  }

  @Test("a reason of several lines reaches the session whole")
  func reasonOfLines() {
    let request = ControlSocket.request("halt", "a\tb", "two\nlines\r\nand\ta tab")
    #expect(!request.contains { $0.isNewline })
    #expect(ControlSocket.parse(request) == .halt(reason: "two lines and\ta tab", actor: "a b"))
  }

  @Test("it trades, and its replay gives the same records byte for byte")
  func replay() throws {
    let fixture = try SessionFixture()
    let session = try fixture.session(30)
    try session.run()
    _ = try session.finish()
    #expect(session.engine.counts.fills > 3)
    session.close()
    let result = try Replay(try SessionReader(session: "last", folder: "\(fixture.folder)/journal")).run()
    #expect(result.difference == nil)
    #expect(result.records > 40)
  }

  @Test("a replay over other plugin parameters names the first difference")
  func replayDiffers() throws {
    let fixture = try SessionFixture()
    let session = try fixture.session(30)
    try session.run()
    _ = try session.finish()
    session.close()
    // The recorded files decide what is replayed: a changed record must be found.
    let path = session.journalPath
    let other = try SessionReader(session: "last", folder: "\(fixture.folder)/journal")
    var header = other.header
    header.files["alphaloop.yaml"] = header.files["alphaloop.yaml"].map {
      Array(String(decoding: $0, as: UTF8.self).replacing("slow: 12", with: "slow: 9").utf8)
    }
    let journal = try SessionJournal(path: path, mode: "simulation", account: "SIM")
    var rows: [SessionJournal.Row] = []
    try other.rows { rows.append($0) }
    try journal.begin(header)
    for row in rows {
      if row.kind == .event, let event = RecordedEvent(encoded: row.payload) {
        try journal.append(event, time: row.time)
      }
      if row.kind == .records {
        try journalRecords(row.payload).withUnsafeBufferPointer { try journal.append(records: $0, time: row.time) }
      }
    }
    try journal.commit()
    let result = try Replay(try SessionReader(session: "last", folder: "\(fixture.folder)/journal")).run()
    #expect(result.difference != nil)
  }

  @Test("the same session twice, and with its agents in worker processes, exports the same bytes")
  func placement() throws {
    var exports: [String] = []
    for isolation in ["none", "none", "process"] {
      let fixture = try SessionFixture()
      fixture.isolation = isolation
      try fixture.write()
      setenv("ALPHALOOP_WORKER", "\(fixture.libraries)/alphaloop-worker", 1)
      let session = try fixture.session(20)
      try session.run()
      _ = try session.finish()
      session.close()
      exports.append(try fixture.export().replacing(fixture.folder, with: "FOLDER"))
    }
    #expect(exports[0].split(separator: "\n").count > 60)
    // The folder of the data is part of the configuration, and so of the session's name.
    func body(_ text: String) -> String {
      text.split(separator: "\n").filter { !$0.hasPrefix("session ") && !$0.hasPrefix("configuration ") }.joined(
        separator: "\n")
    }
    #expect(body(exports[0]) == body(exports[1]))
    #expect(body(exports[0]) == body(exports[2]))
  }

  @Test("a changed parameter is taken over at the next session boundary, and the other agent keeps its state")
  func reload() throws {
    let fixture = try SessionFixture()
    var notices: [String] = []
    let session = try fixture.session(30) { notices.append($0) }
    fixture.slow = 9
    try fixture.write()
    try session.run()
    #expect(session.generation.number == 2, "\(notices)")
    #expect(notices.contains { $0.contains("generation 2") })
    #expect(session.generation.agents.map(\.name) == ["a", "b"])
    session.close()
  }

  @Test(
    "a reload says what it leaves for the next start: the calendar, another build of the broker",
    arguments: [false, true])
  func waitsForStart(isChanged: Bool) throws {
    let fixture = try SessionFixture()
    let (manifest, library) = ("\(fixture.folder)/config/alphaloop.yaml", "\(fixture.folder)/libsimulated.so")
    let build = try #require(readFile("\(fixture.libraries)/libsimulated.so"))
    try writeAtomically(build, to: library)
    func edit(_ path: String, _ old: String, _ new: String) throws {
      let text = String(decoding: try #require(readFile(path)), as: UTF8.self)
      try writeAtomically(Array(text.replacing(old, with: new).utf8), to: path)
    }
    try edit(manifest, "path: libsimulated.so", "path: \(library), isolation: none")
    var notices: [String] = []
    let session = try fixture.session(30) { notices.append($0) }
    try edit(manifest, "slow: 12", "slow: 13")
    if isChanged {
      try edit("\(fixture.folder)/config/sessions.yaml", "16:15", "16:20")
      try writeAtomically(build + [0], to: library)
    }
    try session.run()
    #expect(session.generation.number == 2, "\(notices)")
    #expect(notices.contains { $0.contains("sessions.yaml changed") } == isChanged)
    #expect(notices.contains { $0.contains("libsimulated.so is another build: the broker") } == isChanged, "\(notices)")
    session.close()
  }

  @Test("a reload that cannot be is refused, says why, and the session goes on")
  func refusedReload() throws {
    let fixture = try SessionFixture()
    var notices: [String] = []
    let session = try fixture.session(30) { notices.append($0) }
    try writeAtomically(Array("limits:\n  daily_los: 2 %\n".utf8), to: "\(fixture.folder)/config/risk.yaml")
    try session.run()
    #expect(session.generation.number == 1)
    #expect(notices.contains { $0.contains("risk.yaml:2:3") && $0.contains("daily_loss") })
    #expect(session.engine.counts.batches > 100)
    session.close()
  }

  @Test("a halt outlives the session that set it")
  func halt() throws {
    let fixture = try SessionFixture()
    let first = try fixture.session(5)
    try first.run()
    _ = try first.finish()
    first.close()
    let journal = try SessionJournal(path: first.journalPath, mode: "simulation", account: "SIM")
    try journal.record(
      SessionJournal.Latch(time: 1, state: .halted, trigger: .operatorRequest, actor: "test", reason: "test"))
    let second = try fixture.session(30)
    try second.run()
    #expect(second.engine.halt == .halted)
    #expect(second.engine.counts.fills == 0)
    _ = try second.finish()
    second.close()
    let result = try Replay(try SessionReader(session: "last", folder: "\(fixture.folder)/journal")).run()
    #expect(result.difference == nil)
  }

  @Test("a damaged row of the journal is found and named")
  func damage() throws {
    let fixture = try SessionFixture()
    let session = try fixture.session(20)
    try session.run()
    _ = try session.finish()
    session.close()
    let db = try SQLiteConnection(path: session.journalPath, options: SQLiteOptions(access: .readWrite))
    try db.execute("UPDATE journal SET payload = X'00' WHERE seq = (SELECT MAX(seq) - 5 FROM journal)")
    #expect(throws: HostError.self) { try fixture.export() }
  }
}

import CSystem
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("Signs of life")
struct HeartbeatTests {
  private let folder: String
  private var journal: String { "\(folder)/paper-DU1.db" }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-beat-\(UUID().uuidString)").path
    makeFolder(folder)
  }

  private func finish() { try? FileManager.default.removeItem(atPath: folder) }

  private func reading() throws -> HeartbeatReading { try #require(try HeartbeatReading.read(journal: journal)) }

  @Test("a heartbeat says which process it is, where its session stands, and when its loop last turned")
  func beats() throws {
    defer { finish() }
    #expect(try HeartbeatReading.read(journal: journal) == nil)
    let heartbeat = try Heartbeat(journal: journal)
    #expect(try reading().phase == .starting)
    heartbeat.begin(session: 0xABC)
    let first = try reading()
    #expect(first.phase == .trading && first.session == 0xABC && first.pid == getpid() && first.turns == 1)
    #expect(HostProcess(pid: first.pid, start: first.start).state == .alive)
    heartbeat.beat()
    let second = try reading()
    #expect(second.turns == 2 && second.beat >= first.beat && second.beat <= al_monotonic_ns())
    #expect(second.identity == first.identity)
    heartbeat.end()
    #expect(try reading().phase == .ended)
  }

  @Test("a start after a session that did not end in good order says so, and goes on saying so until one does")
  func recovering() throws {
    defer { finish() }
    try Heartbeat(journal: journal).begin(session: 1)
    for _ in 0..<2 {
      let failing = try Heartbeat(journal: journal)
      #expect(try reading().phase == .recovering)
      failing.giveUp()
      #expect(try reading().phase == .recovering)
    }
    let good = try Heartbeat(journal: journal)
    good.begin(session: 2)
    good.end()
    let idle = try Heartbeat(journal: journal)
    #expect(try reading().phase == .starting)
    idle.giveUp()
    #expect(try reading().phase == .ended)
  }

  @Test("a process id that was given out again is another process, and one of another boot is gone")
  func identity() throws {
    defer { finish() }
    let start = try #require(HostProcess.start(of: getpid()))
    #expect(HostProcess(pid: getpid(), start: start).state == .alive)
    let other = HostProcess(pid: getpid(), start: start + 1)
    #expect(other.state == .dead)
    // It would be this one that dies.
    #expect(other.end(patience: 0) == nil)
    #expect(HostProcess.bootID.count == 36)
  }

  @Test("what is no heartbeat is refused")
  func broken() throws {
    defer { finish() }
    try writeAtomically([UInt8](repeating: 1, count: 128), to: Heartbeat.path(journal: journal))
    #expect(failure { try HeartbeatReading.read(journal: journal) }?.contains("is no heartbeat") == true)
    _ = try Heartbeat(journal: journal)
    #expect(try reading().phase == .recovering)
  }
}

@Suite("The watchdog's journal")
struct WatchdogJournalTests {
  private let folder: String
  private var path: String { "\(folder)/paper-DU1.db" }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-dogs-\(UUID().uuidString)").path
    makeFolder(folder)
  }

  private func finish() { try? FileManager.default.removeItem(atPath: folder) }

  private let beginning = WatchdogEntry.Beginning(
    session: 7, hostSession: 9, host: "boot/1/2", condition: .stale, policy: .flatten)

  @Test("entries are read as they were written, by takeover, from any row on")
  func reads() throws {
    defer { finish() }
    #expect(try WatchdogJournal.entries(beside: path).isEmpty)
    let entries: [WatchdogEntry] = [
      .began(beginning), .ending(pid: 5), .gone(pid: 5), .connected(symbols: ["AAA", "BBB"]),
      .event(.cancels([.init(session: 9, sequence: 1)])), .said("slow"), .ended(.done), .began(beginning),
    ]
    do {
      let journal = try WatchdogJournal(beside: path)
      for entry in entries.prefix(4) { try journal.append(entry) }
    }
    let journal = try WatchdogJournal(beside: path)
    #expect(journal.rows.count == 4)
    for entry in entries.dropFirst(4) { try journal.append(entry) }
    let rows = try WatchdogJournal.entries(beside: path)
    #expect(rows.map(\.entry) == entries)
    #expect(rows.map(\.sequence) == Array(1...8))
    #expect(try WatchdogJournal.entries(beside: path, after: 6).count == 2)
    let takeovers = try WatchdogJournal.takeovers(beside: path)
    #expect(takeovers.map(\.lastRow) == [7, 8])
    #expect(takeovers.map(\.ending) == [.done, nil])
    #expect(takeovers[0].symbols == ["AAA", "BBB"] && takeovers[0].notes == ["slow"])
    #expect(takeovers[0].cancelsSent == [.init(session: 9, sequence: 1)])
    #expect(try WatchdogJournal.takeovers(beside: path, after: 7).count == 1)
    #expect(try SessionReader.journals(folder).isEmpty, "it is no journal of sessions")
  }

  @Test("a row that was changed is noticed, by readers and before anything is added")
  func damage() throws {
    defer { finish() }
    do {
      let journal = try WatchdogJournal(beside: path)
      try journal.append(.began(beginning))
      try journal.append(.said("as it was"))
    }
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    shell.arguments = [
      "python3", "-c",
      "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute('UPDATE entry SET time=time+1 WHERE seq=1'); d.commit()",
      WatchdogJournal.path(beside: path),
    ]
    try shell.run()
    shell.waitUntilExit()
    try #require(shell.terminationStatus == 0)
    #expect(failure { try WatchdogJournal.entries(beside: path) }?.contains("row 1 is damaged") == true)
    #expect(failure { try WatchdogJournal(beside: path) }?.contains("row 1 is damaged") == true)
  }
}

import AlphaLoopCore
import AlphaLoopRuntime
import CRecordingVFS
import PluginProbe

/// Writes sessions into a journal as the trade loop does, and remembers after each commit what was acknowledged then.
struct JournalWriter {
  /// From this operation on, so many rows of each session are acknowledged, and this move of the kill switch.
  struct Acknowledged {
    var operation: UInt64
    var rows: [UInt64: Int]
    var latch: Int
  }

  private(set) var acknowledged: [Acknowledged] = []
  private(set) var commits = 0
  private(set) var latches: [SessionJournal.Latch] = []
  private var rows: [UInt64: Int] = [:]
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func write(_ path: String, sessions: Int, commits: Int, isSafe: Bool) throws {
    for session in 1...UInt64(sessions) {
      // A new connection each: the log is taken into the file and begun again, as by a restart.
      let journal = try SessionJournal(
        path: path, mode: "paper", account: "DU1", synchronous: isSafe ? .full : .normal)
      try journal.begin(header(session))
      rows[session] = 1
      acknowledge()
      for k in 0..<commits / sessions { try step(journal, session, Int64(k)) }
      try journal.end(time: Int64(commits), document: bytes(below: 3000))
      rows[session, default: 0] += 2
      acknowledge()
    }
  }

  /// One decision: inputs and records in one commit; now and then a move of the kill switch.
  private mutating func step(_ journal: SessionJournal, _ session: UInt64, _ k: Int64) throws {
    var added = 0
    for _ in 0...Int.random(in: 0..<3, using: &random) {
      try journal.append(.clock, time: k)
      let list = (0..<Int.random(in: 1..<120, using: &random)).map { _ in record() }
      try list.withUnsafeBufferPointer { try journal.append(records: $0, time: k) }
      added += 2
    }
    try journal.commit()
    rows[session, default: 0] += added
    acknowledge()
    guard k % 4 == 3 else { return }
    let latch = SessionJournal.Latch(
      time: k, state: k % 8 == 3 ? .halted : .armed, trigger: .operatorRequest, actor: "torture",
      reason: "\(session)/\(k)")
    try journal.record(latch)
    latches.append(latch)
    acknowledge()
  }

  private mutating func acknowledge() {
    commits += 1
    acknowledged.append(Acknowledged(operation: rv_count(), rows: rows, latch: latches.count))
  }

  private mutating func record() -> JournalRecord {
    JournalRecord(
      .time, subject: UInt32(truncatingIfNeeded: random.next()), a: random.next(),
      b: Int64(bitPattern: random.next()), c: Int64(bitPattern: random.next()))
  }

  private mutating func bytes(below limit: Int) -> [UInt8] {
    (0..<Int.random(in: 1..<limit, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private mutating func header(_ session: UInt64) -> SessionHeader {
    SessionHeader(
      session: session, mode: "paper", account: "DU1", date: 0, seed: 1, initialCash: 1,
      files: ["a": bytes(below: 9000)],
      directory: "/", decisionHash: 1, dataDigest: "", libraries: [:], agents: ["a"], isSynthetic: true, notices: [],
      recordsOutputs: true)
  }
}

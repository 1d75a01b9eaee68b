import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc
import Testing

@testable import AlphaLoopRuntime

/// What a test does to a session between two batches, on the trade loop's own thread.
final class SessionScript: @unchecked Sendable {
  /// Batch of the trading part, from 0 -> what is done before it.
  var steps: [Int: (TradeSession) throws -> Void] = [:]
  /// A reload is asked for after this batch.
  var reloads: Set<Int> = []
  private(set) var failure: (any Error)?
  fileprivate var session: TradeSession?
  private var done: Set<Int> = []

  /// Batches of the trading part so far.
  private var traded: Int {
    guard let session else { return 0 }
    return Int(session.engine.counts.batches) - (session.feed.batches - sessions)
  }
  fileprivate let sessions: Int

  init(sessions: Int) { self.sessions = sessions }

  fileprivate func before() -> Bool {
    let next = traded
    guard let session, let step = steps[next], done.insert(next).inserted else { return false }
    do { try step(session) } catch { failure = error }
    return failure != nil
  }

  fileprivate func wantsReload() -> Bool { reloads.contains(traded - 1) }
}

extension SessionFixture {
  /// Runs a session of daily batches with a script, ends it, and gives what was noticed.
  func play(_ script: SessionScript) throws -> (session: TradeSession, notices: [String]) {
    setenv("ALPHALOOP_WORKER", "\(libraries)/alphaloop-worker", 1)
    let configuration = try configuration()
    var notices: [String] = []
    var options = TradeSession.Options()
    options.sessions = script.sessions
    options.reloads = false
    options.onNotice = { notices.append($0) }
    let session = try TradeSession(
      configuration, catalog: PluginCatalog(configuration), options: options,
      calendar: try SessionTimes(configuration).event)
    script.session = session
    try session.run(isStopping: { script.before() }, wantsReload: { script.wantsReload() })
    _ = try session.finish()
    session.close()
    script.session = nil
    if let failure = script.failure { throw failure }
    return (session, notices)
  }

  var reader: SessionReader { get throws { try SessionReader(session: "last", folder: "\(folder)/journal") } }

  /// Replays the newest session; its export and that of the replay are the same bytes.
  func expectIdentical(_ comment: String = "") throws -> Replay.Result {
    var replayed = ""
    let result = try Replay(try reader).run { replayed += $0 }
    #expect(result.difference == nil, "\(comment)")
    #expect(try export() == replayed, "\(comment)")
    return result
  }

  /// Writes the newest session again with other inputs.
  func rewrite(header edit: (inout SessionHeader) -> Void = { _ in }, _ change: (RecordedEvent) -> RecordedEvent?)
    throws
  {
    let reader = try reader
    var header = reader.header
    edit(&header)
    var rows: [SessionJournal.Row] = []
    try reader.rows { rows.append($0) }
    let journal = try SessionJournal(path: reader.path, mode: header.mode, account: header.account)
    try journal.begin(header)
    for row in rows {
      if row.kind == .event, let event = RecordedEvent(encoded: row.payload), let other = change(event) {
        try journal.append(other, time: row.time)
      }
      if row.kind == .records {
        try journalRecords(row.payload).withUnsafeBufferPointer { try journal.append(records: $0, time: row.time) }
      }
    }
    try journal.commit()
  }

  /// Compiles the guest's file from a fixture.
  func build(_ fixture: String, _ macros: [String] = []) throws {
    // A file of its own, put in place: what is mapped is not written into.
    let target = "\(folder)/\(guest?.file ?? "guest.so")"
    try WorkerFixture.compile(fixture, to: target + ".new", defining: macros)
    guard rename(target + ".new", target) == 0 else { throw HostError(.data, errorText()) }
  }
}

extension TradeSession {
  /// The worker process of an instance; 0 when none runs.
  func worker(_ instance: String) -> Int32 {
    if let policy = generation.policy as? WorkerPolicy, policy.name == instance { return policy.status.process }
    return (generation.agents.first { $0.name == instance } as? WorkerAgent)?.status.process ?? 0
  }

  /// Ends an instance's worker as the kernel does when memory is short.
  func killWorker(_ instance: String) {
    let process = worker(instance)
    if process > 0 { kill(process, SIGKILL) }
  }
}

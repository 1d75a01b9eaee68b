import AlphaLoopCore
import AlphaLoopLoader
import AlphaLoopSQLite
import CAlphaLoop
import CSystem
import Glibc
import Testing

@testable import AlphaLoopRuntime

@Suite("A session replays through failed workers, reloads and halts", .serialized)
struct ReplayTests {
  private func fixture(_ name: String, _ change: (inout SessionFixture.Guest) -> Void = { _ in }) throws
    -> SessionFixture
  {
    let fixture = try SessionFixture()
    var guest = SessionFixture.Guest(name)
    change(&guest)
    fixture.guest = guest
    try fixture.write()
    try fixture.build(name)
    return fixture
  }

  private func outcomes(_ fixture: SessionFixture) throws -> [CallOutcome] {
    var list: [CallOutcome] = []
    try fixture.reader.rows { row in
      if row.kind == .event, case .outcome(let outcome)? = RecordedEvent(encoded: row.payload) { list.append(outcome) }
    }
    return list
  }

  @Test("control: an isolated agent that nothing happens to leaves no outcome")
  func control() throws {
    let fixture = try fixture("steady")
    let (session, _) = try fixture.play(SessionScript(sessions: 30))
    #expect(session.engine.counts.fills > 3)
    let result = try fixture.expectIdentical()
    #expect(result.outcomes == 0)
    #expect(result.records > 100)
    #expect(try fixture.export().contains("output guest view"))
  }

  @Test("a worker killed in the middle: the lost call and the restart are inputs")
  func killed() throws {
    let fixture = try fixture("steady")
    let script = SessionScript(sessions: 30)
    for batch in [9, 10, 21] { script.steps[batch] = { $0.killWorker("guest") } }
    _ = try fixture.play(script)
    let all = try outcomes(fixture)
    #expect(all.contains { if case .unanswered(AL_E_INTERNAL) = $0.kind { true } else { false } })
    #expect(all.contains { if case .restarted(let memory?) = $0.kind { memory.state.count == 8 } else { false } })
    let result = try fixture.expectIdentical()
    #expect(result.outcomes == all.count)
    // In this process, without a worker, the decisions are the same.
    func inProcess(_ header: inout SessionHeader) {
      header.files["alphaloop.yaml"] = header.files["alphaloop.yaml"].map {
        Array(String(decoding: $0, as: UTF8.self).replacing("call: 5s}", with: "call: 5s}, isolation: none").utf8)
      }
    }
    try fixture.rewrite(header: inProcess, { $0 })
    _ = try fixture.expectIdentical("in process")
  }

  @Test("control: a lost call that is altered or left out is named")
  func alteredOutcome() throws {
    let fixture = try fixture("steady")
    let script = SessionScript(sessions: 30)
    script.steps[12] = { $0.killWorker("guest") }
    _ = try fixture.play(script)
    try fixture.rewrite { event in
      guard case .outcome(var outcome) = event, case .unanswered = outcome.kind else { return event }
      outcome.kind = .unanswered(AL_E_TIMEOUT)
      return .outcome(outcome)
    }
    var difference = try Replay(try fixture.reader).run().difference ?? ""
    #expect(difference.contains("recorded \"refusal guest fault\", replayed \"refusal guest late\""), "\(difference)")
    try fixture.rewrite { if case .outcome = $0 { nil } else { $0 } }
    difference = try Replay(try fixture.reader).run().difference ?? ""
    #expect(difference.contains("recorded \"refusal guest fault\", replayed \"output guest view"), "\(difference)")
  }

  @Test("control: another saved state at the restart is named, and an outcome that no call comes for")
  func alteredState() throws {
    let fixture = try fixture("steady")
    let script = SessionScript(sessions: 30)
    script.steps[12] = { $0.killWorker("guest") }
    _ = try fixture.play(script)
    try fixture.rewrite { event in
      guard case .outcome(var outcome) = event, case .restarted(var memory?) = outcome.kind else { return event }
      memory.state[0] &+= 1
      outcome.kind = .restarted(memory)
      return .outcome(outcome)
    }
    #expect(try Replay(try fixture.reader).run().difference?.contains("output guest view") == true)
    try fixture.rewrite { event in
      guard case .outcome(var outcome) = event else { return event }
      outcome.call += 100_000
      return .outcome(outcome)
    }
    #expect(try Replay(try fixture.reader).run().difference != nil)
  }

  @Test("a deadline missed: the call is late in the replay too, which waits for nothing")
  func deadline() throws {
    let fixture = try fixture("hang") {
      $0.deadline = "200ms"
      $0.parameters = "{at: 110}"
    }
    _ = try fixture.play(SessionScript(sessions: 30))
    #expect(try outcomes(fixture).contains { if case .unanswered(AL_E_TIMEOUT) = $0.kind { true } else { false } })
    #expect(try fixture.export().contains("refusal guest late"))
    _ = try fixture.expectIdentical()
  }

  @Test("a deadline that a reload changes holds for the agent of an unchanged build too")
  func changedDeadline() throws {
    let fixture = try fixture("hang") {
      $0.deadline = "20s"
      $0.parameters = "{at: 110}"
    }
    let script = SessionScript(sessions: 30)
    script.steps[5] = { _ in
      fixture.guest?.deadline = "200ms"
      try fixture.write()
    }
    script.reloads = [5]
    let start = al_monotonic_ns()
    let (session, notices) = try fixture.play(script)
    #expect(session.generation.number == 2, "\(notices)")
    #expect(al_monotonic_ns() - start < 15_000_000_000)
    #expect(try fixture.export().contains("refusal guest late"))
    _ = try fixture.expectIdentical()
  }

  @Test("an agent that crashes ever after is paused, given up and switched off, in the replay as in the session")
  func givenUp() throws {
    let fixture = try fixture("trap") { $0.parameters = "{at: 5, every: 1}" }
    _ = try fixture.play(SessionScript(sessions: 100))
    let all = try outcomes(fixture)
    #expect(all.contains { if case .unanswered(AL_OK) = $0.kind { true } else { false } })
    // Eight faults with their pauses, then none is started any more, until the engine calls it no more.
    #expect(all.filter { if case .unanswered(AL_E_INTERNAL) = $0.kind { true } else { false } }.count <= 16)
    _ = try fixture.expectIdentical()
  }

  @Test("two reloads, one of them to a build that says the opposite: each generation is replayed by its own build")
  func reloads() throws {
    for isolation in ["process", "none"] {
      let fixture = try fixture("steady") { $0.isolation = isolation }
      let script = SessionScript(sessions: 30)
      script.steps[8] = { _ in try fixture.build("steady", ["FIXTURE_SIGN=-1"]) }
      script.steps[18] = { _ in
        fixture.slow = 9
        try fixture.write()
      }
      script.reloads = [8, 18]
      let (session, notices) = try fixture.play(script)
      #expect(session.generation.number == 3, "\(notices)")
      let result = try fixture.expectIdentical(isolation)
      #expect(result.reloads == 2)
      try expectDifference(fixture)
      try expectMissing(fixture)
    }
  }

  /// Another state at the switch is another session.
  private func expectDifference(_ fixture: SessionFixture) throws {
    var original: [RecordedEvent] = []
    try fixture.rewrite { event in
      original.append(event)
      guard case .reload(var change) = event, !change.states.isEmpty else { return event }
      change.states[0].state[0] &+= 1
      return .reload(change)
    }
    #expect(try Replay(try fixture.reader).run().difference?.contains("output guest view") == true)
    var next = original.makeIterator()
    try fixture.rewrite { _ in next.next() }
    #expect(try Replay(try fixture.reader).run().difference == nil)
  }

  /// Without the kept build of the first generation, it is named with its digest.
  private func expectMissing(_ fixture: SessionFixture) throws {
    let digest = try #require(try fixture.reader.header.libraries["guest"])
    #expect(unlink("\(fixture.folder)/journal/libraries/\(digest).so") == 0)
    let error = #expect(throws: HostError.self) { _ = try Replay(try fixture.reader).run() }
    #expect(error?.code == .data)
    #expect(error?.message.contains("guest: SHA-256 \(digest)") == true, "\(error?.message ?? "")")
  }

  @Test("a risk policy whose worker is killed, before and after a reload that made it anew")
  func policy() throws {
    let fixture = try fixture("failing_policy") { $0.isPolicy = true }
    let script = SessionScript(sessions: 60)
    for batch in [9, 30, 44] { script.steps[batch] = { $0.killWorker("guest") } }
    script.steps[20] = { _ in
      fixture.guest?.parameters = "{every: 0, how: 1}"
      try fixture.write()
    }
    script.reloads = [20]
    let (session, notices) = try fixture.play(script)
    #expect(session.generation.number == 2, "\(notices)")
    let all = try outcomes(fixture)
    #expect(all.contains { $0.call < 1 << 49 } && all.contains { $0.call > 1 << 49 }, "\(all)")
    _ = try fixture.expectIdentical()
    try fixture.rewrite { event in
      guard case .outcome(var outcome) = event, case .restarted(var memory?) = outcome.kind else { return event }
      memory.state[0] &+= 1
      outcome.kind = .restarted(memory)
      return .outcome(outcome)
    }
    #expect(try Replay(try fixture.reader).run().difference != nil)
  }

  @Test("a risk policy that a reload makes anew goes on from what it knew", arguments: ["none", "process"])
  func policyMoves(isolation: String) throws {
    func calls(reloading: Bool) throws -> [UInt8] {
      let fixture = try fixture("failing_policy") {
        $0.isPolicy = true
        $0.isolation = isolation
      }
      let script = SessionScript(sessions: 40)
      if reloading {
        script.steps[20] = { _ in
          fixture.guest?.parameters = "{how: 1}"
          try fixture.write()
        }
        script.reloads = [20]
      }
      var saved: [UInt8] = []
      script.steps[39] = { saved = try $0.generation.policy?.save() ?? [] }
      let (session, notices) = try fixture.play(script)
      #expect(session.generation.number == (reloading ? 2 : 1), "\(notices)")
      _ = try fixture.expectIdentical()
      return saved
    }
    let once = try calls(reloading: false)
    #expect(once.first ?? 0 > 3)
    #expect(try calls(reloading: true) == once)
  }

  @Test("agents that come, go and come back with reloads keep their names in the replay and the export")
  func comingAndGoing() throws {
    let fixture = try SessionFixture()
    try fixture.write()
    let guest = SessionFixture.Guest("steady")
    try fixture.build("steady")
    let script = SessionScript(sessions: 30)
    for (batch, present) in [(5, true), (12, false), (20, true)] {
      script.steps[batch] = { _ in
        fixture.guest = present ? guest : nil
        try fixture.write()
      }
      script.reloads.insert(batch)
    }
    // The engine's inputs are on the heap: a worker could not see them.
    fixture.isolation = "process"
    try fixture.write()
    let (session, notices) = try fixture.play(script)
    #expect(session.generation.number == 4, "\(notices)")
    let result = try fixture.expectIdentical()
    #expect(result.reloads == 3)
    #expect(try fixture.export().contains("output guest view"))
  }

  @Test("halted, resumed and flattened in the middle")
  func halts() throws {
    let fixture = try fixture("steady")
    let script = SessionScript(sessions: 40)
    script.steps[6] = { _ = try $0.obey(.halt(reason: "test", actor: "me")) }
    script.steps[9] = { session in
      session.killWorker("guest")
      _ = try session.obey(.resume(reason: "test", actor: "me"))
    }
    script.steps[20] = { _ = try $0.obey(.flatten(reason: "test", actor: "me")) }
    script.steps[27] = { _ = try $0.obey(.resume(reason: "test", actor: "me")) }
    _ = try fixture.play(script)
    #expect(try fixture.export().contains("input halt"))
    _ = try fixture.expectIdentical()
    // Control: a session that was not resumed.
    try fixture.rewrite { if case .resume = $0 { nil } else { $0 } }
    #expect(try Replay(try fixture.reader).run().difference?.contains("halt") == true)
  }

  @Test("a backtest that was stopped half-way is not passed off as another one's replay")
  func stoppedBacktest() throws {
    let fixture = try SessionFixture()
    let configuration = try fixture.configuration()
    var options = BacktestRun.Options()
    options.recordsSession = true
    let run = try BacktestRun(configuration, catalog: PluginCatalog(configuration), options: options)
    try run.run(isStopping: { true })
    run.close()
    let error = #expect(throws: HostError.self) { _ = try Replay(try fixture.reader).run() }
    #expect(error?.message.contains("stopped before its end") == true)
  }

  @Test("a build that cannot be kept is told, and the session is traded and replayed from where the build lies")
  func unkept() throws {
    let fixture = try SessionFixture()
    makeFolder("\(fixture.folder)/journal")
    try writeAtomically([], to: "\(fixture.folder)/journal/libraries")
    let (session, notices) = try fixture.play(SessionScript(sessions: 10))
    #expect(notices.count { $0.contains("could not be kept") } == session.generation.deciding.count, "\(notices)")
    _ = try fixture.expectIdentical()
  }

  @Test("an isolated library that lay idle until a reload named an agent of it")
  func idleLibrary() throws {
    let fixture = try fixture("steady") { $0.isIdle = true }
    let script = SessionScript(sessions: 20)
    script.steps[8] = { _ in
      fixture.guest?.isIdle = false
      try fixture.write()
    }
    script.reloads = [8]
    let (session, notices) = try fixture.play(script)
    #expect(session.generation.number == 2, "\(notices)")
    _ = try fixture.expectIdentical()
    #expect(try fixture.export().contains("output guest view"))
  }

  @Test("bars that were added after a session do not keep it from being replayed; bars that were altered do")
  func laterBars() throws {
    let fixture = try SessionFixture()
    _ = try fixture.play(SessionScript(sessions: 10))
    let path = "\(fixture.folder)/bars.csv"
    let bars = String(decoding: try #require(readFile(path)), as: UTF8.self)
    let later = bars + "AAA,2030-01-02T21:00:00Z,101,102,99,100,1000\nBBB,2030-01-02T21:00:00Z,101,102,99,100,1000\n"
    try writeAtomically(Array(later.utf8), to: path)
    _ = try fixture.expectIdentical()
    try writeAtomically(Array(later.replacing(",100000\n", with: ",100001\n").utf8), to: path)
    let error = #expect(throws: HostError.self) { _ = try Replay(try fixture.reader).run() }
    #expect(error?.message.contains("the data is not what the session ran on") == true)
  }

  @Test("a session that was started in its folder is replayed from another")
  func otherFolder() throws {
    let fixture = try SessionFixture()
    // The working folder is the whole test run's, so it stays: the folder is named from it, as `--config config` does.
    let up = String(repeating: "../", count: canonicalPath(".").split(separator: "/").count)
    let configuration = try Configuration.load(directory: "\(up)\(fixture.folder.dropFirst())/config")
    let catalog = PluginCatalog(configuration)
    let session = try TradeSession(configuration, catalog: catalog, options: TradeSession.Options())
    try session.run()
    _ = try session.finish()
    session.close()
    #expect(try fixture.reader.header.directory == canonicalPath("\(fixture.folder)/config"))
    var options = BacktestRun.Options()
    options.recordsSession = true
    let run = try BacktestRun(configuration, catalog: catalog, options: options)
    try run.run()
    run.close()
    #expect(try fixture.reader.header.mode == "backtest")
    #expect(try fixture.reader.header.directory == canonicalPath("\(fixture.folder)/config"))
  }

  @Test("limits alone, and the time for an answer alone, are taken over, in the replay at the same moment")
  func limitsAlone() throws {
    let fixture = try SessionFixture()
    fixture.broker = "answer_timeout: 30s, parameters: {commission: bps, latency_ns: 1000000}"
    try fixture.write()
    let script = SessionScript(sessions: 40)
    script.steps[8] = { _ in
      fixture.risk += "  max_position: 1 %\n"
      try fixture.write()
    }
    script.steps[16] = { _ in
      fixture.broker = "answer_timeout: 1s, parameters: {commission: bps, latency_ns: 1000000}"
      try fixture.write()
    }
    script.steps[20] = { session in
      fixture.risk += "  max_positions: 1\n"
      try fixture.write()
      _ = try session.obey(.halt(reason: "r", actor: "test"))
      _ = try session.obey(.reload)
      _ = try session.obey(.resume(reason: "r", actor: "test"))
    }
    script.reloads = [8, 16]
    let (session, notices) = try fixture.play(script)
    #expect(session.generation.number == 4, "\(notices)")
    #expect(try fixture.expectIdentical().reloads == 3)
    try fixture.rewrite { if case .reload(let change) = $0, change.number == 2 { nil } else { $0 } }
    #expect(try Replay(try fixture.reader).run().difference != nil)
  }

  @Test("a broker's or a data source's other parameters are refused by a reload, not left out without a word")
  func unchangeable() throws {
    let fixture = try SessionFixture()
    let script = SessionScript(sessions: 10)
    script.steps[4] = { _ in
      fixture.broker = "parameters: {commission: none}"
      try fixture.write()
    }
    script.reloads = [4]
    let (session, notices) = try fixture.play(script)
    #expect(session.generation.number == 1)
    #expect(notices.contains { $0.contains("the broker's parameters changed") }, "\(notices)")
  }

  @Test("a start under a latch, resumed and reloaded, with a worker that dies before its state is saved for the reload")
  func latched() throws {
    let fixture = try fixture("steady")
    let first = SessionScript(sessions: 10)
    first.steps[4] = { _ = try $0.obey(.flatten(reason: "r", actor: "test")) }
    _ = try fixture.play(first)
    let script = SessionScript(sessions: 20)
    script.steps[2] = { _ = try $0.obey(.resume(reason: "r", actor: "test")) }
    script.steps[8] = { session in
      try fixture.build("steady", ["FIXTURE_SIGN=-1"])
      session.killWorker("guest")
      _ = try session.obey(.reload)
      _ = try session.obey(.reload)
      _ = try session.obey(.halt(reason: "r", actor: "test"))
    }
    script.steps[12] = { _ = try $0.obey(.resume(reason: "r", actor: "test")) }
    let (session, notices) = try fixture.play(script)
    #expect(notices.contains { $0.contains("the kill switch is") }, "\(notices)")
    #expect(session.generation.number == 2, "\(notices)")
    #expect(try fixture.export().contains("input latch"))
    _ = try fixture.expectIdentical("\(notices)")
  }

  @Test("a kept build that was damaged is named as such, and kept anew by the next session that runs it")
  func damagedBuild() throws {
    let fixture = try fixture("steady")
    _ = try fixture.play(SessionScript(sessions: 10))
    let digest = try #require(try fixture.reader.header.libraries["guest"])
    let kept = "\(fixture.folder)/journal/libraries/\(digest).so"
    let bytes = try #require(readFile(kept))
    try writeAtomically(Array(bytes.dropLast()), to: kept)
    try fixture.build("steady", ["FIXTURE_SIGN=-1"])
    let error = #expect(throws: HostError.self) { _ = try Replay(try fixture.reader).run() }
    #expect(error?.message.contains("\(kept), which is damaged") == true, "\(error?.message ?? "")")
    try fixture.build("steady")
    _ = try fixture.play(SessionScript(sessions: 10))
    #expect(readFile(kept) == bytes)
    try fixture.build("steady", ["FIXTURE_SIGN=-1"])
    _ = try fixture.expectIdentical()
  }

  @Test("a backtest whose worker crashed replays too")
  func backtest() throws {
    let fixture = try fixture("trap") { $0.parameters = "{at: 40}" }
    setenv("ALPHALOOP_WORKER", "\(fixture.libraries)/alphaloop-worker", 1)
    let configuration = try fixture.configuration()
    var options = BacktestRun.Options()
    options.recordsSession = true
    options.recordsOutputs = true
    let run = try BacktestRun(configuration, catalog: PluginCatalog(configuration), options: options)
    try run.run()
    run.close()
    #expect(try outcomes(fixture).count == 2)
    _ = try fixture.expectIdentical()
    try fixture.rewrite { if case .outcome = $0 { nil } else { $0 } }
    // Without the record the replay calls the agent, which crashes again: that is told apart from a difference.
    #expect(throws: HostError.self) { _ = try Replay(try fixture.reader).run() }
  }
}

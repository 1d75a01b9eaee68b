import AlphaLoopCore
import CAlphaLoop
import Testing

@testable import AlphaLoopRuntime

@Suite("Safety from the files to the journal", .serialized)
struct SafetySessionTests {
  /// A session whose broker answers with the next bar, and whose clock goes on for 20 s after each.
  private func export(answerTimeout: String) throws -> String {
    let fixture = try SessionFixture()
    fixture.broker = "answer_timeout: \(answerTimeout), parameters: {commission: bps, latency_ns: 1000000}"
    try fixture.write()
    let configuration = try fixture.configuration()
    var options = TradeSession.Options()
    options.sessions = 30
    let inbox = Inbox<TradeEvent>(capacity: 1024)
    let times = try SessionTimes(configuration)
    let session = try TradeSession(
      configuration, catalog: PluginCatalog(configuration), options: options, inbox: inbox
    ) { time in
      inbox.post(.clock(time + 20_000_000_000), isUrgent: true)
      return times.event(time)
    }
    try session.run()
    _ = try session.finish()
    #expect(session.engine.counts.fills > 3)
    session.close()
    let result = try Replay(try SessionReader(session: "last", folder: "\(fixture.folder)/journal")).run()
    #expect(result.difference == nil)
    return try fixture.export()
  }

  @Test("an answer that comes with the next bar is overdue after 10 s, not after 30 s; both replay the same")
  func answerTimeout() throws {
    let late = try export(answerTimeout: "10s")
    #expect(late.contains("unknown by answerOverdue"))
    #expect(late.contains("input clock"))
    let inTime = try export(answerTimeout: "30s")
    #expect(!inTime.contains("answerOverdue"))
  }

  /// A session that a person stops at its fifth open, under `halts: operator: action`.
  private func stopped(_ command: ControlCommand, action: String?) throws -> HaltState {
    let fixture = try SessionFixture()
    if let action { fixture.risk += "halts:\n  operator: \(action)\n" }
    try fixture.write()
    let configuration = try fixture.configuration()
    var options = TradeSession.Options()
    options.sessions = 12
    let inbox = Inbox<TradeEvent>(capacity: 1024)
    var opens = 0
    let session = try TradeSession(
      configuration, catalog: PluginCatalog(configuration), options: options, inbox: inbox
    ) { _ in
      opens += 1
      if opens == 5 { inbox.post(.command(command, TradeEvent.Reply()), isUrgent: true) }
      return nil
    }
    defer { session.close() }
    try session.run()
    return session.engine.halt
  }

  @Test("a plain halt does what risk.yaml says; a flatten flattens whatever it says")
  func operatorAction() throws {
    let halt = ControlCommand.halt(reason: "test", actor: "test")
    #expect(try stopped(halt, action: nil) == .halted)
    #expect(try stopped(halt, action: "pause") == .paused)
    #expect(try stopped(halt, action: "flatten") >= .flattening)
    #expect(try stopped(.flatten(reason: "test", actor: "test"), action: "pause") >= .flattening)
    #expect(try stopped(.status, action: "flatten") == .armed)
  }

  @Test("a start says when the market as a whole is not watched, and nothing when it is")
  func unwatched() throws {
    func notices(_ breaker: String) throws -> [String] {
      let fixture = try SessionFixture()
      fixture.risk += breaker
      try fixture.write()
      var notices: [String] = []
      let session = try fixture.session(3) { notices.append($0) }
      try session.run()
      session.close()
      return notices
    }
    #expect(try notices("").contains(RiskConfiguration.noCircuitBreaker))
    #expect(try notices("  circuit_breaker: {symbol: AAA}\n").isEmpty)
  }
}

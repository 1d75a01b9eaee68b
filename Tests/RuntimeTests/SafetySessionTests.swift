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
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc
import PluginProbe
import Testing

@testable import AlphaLoopRuntime

@Suite("Recordings: random sessions, and bytes that are none", .serialized)
struct ReplayPropertyTests {
  /// One step in three batches: kill, new build, new parameter, guest in or out, another policy, other limits, halt and reload
  /// in one moment, flatten, halt, resume.
  private func script(_ fixture: SessionFixture, seed: UInt64, sessions: Int) -> (SessionScript, [String]) {
    var random = SeededRandom(seed: seed)
    let script = SessionScript(sessions: sessions)
    let guest = fixture.guest
    var story: [String] = []
    for batch in 1..<sessions where random.next() % 3 == 0 {
      let number = Int(random.next() % 11)
      story.append("\(batch):\(number)")
      switch number {
      case 0, 1: script.steps[batch] = { $0.killWorker("guest") }
      case 2:
        let sign = random.next() % 2 == 0 ? "1" : "-1"
        script.steps[batch] = { _ in try fixture.build("steady", ["FIXTURE_SIGN=\(sign)"]) }
        script.reloads.insert(batch)
      case 3:
        let slow = 8 + Int(random.next() % 6)
        script.steps[batch] = { session in
          fixture.slow = slow
          fixture.guest = fixture.guest == nil ? guest : fixture.guest
          try fixture.write()
          session.killWorker("a")
        }
        script.reloads.insert(batch)
      case 4:
        script.steps[batch] = { _ in
          fixture.guest = fixture.guest == nil ? guest : nil
          try fixture.write()
        }
        script.reloads.insert(batch)
      case 5: script.steps[batch] = { _ = try $0.obey(.halt(reason: "r", actor: "test")) }
      case 6:
        let quantity = random.next() % 3 * 10
        script.steps[batch] = { _ in
          fixture.policy =
            quantity == 0 ? "" : "{plugin: policy.fixed_quantity, id: sizer, parameters: {quantity: \(quantity)}}"
          try fixture.write()
        }
        script.reloads.insert(batch)
      case 7:
        let limit = random.next() % 20 + 1
        script.steps[batch] = { _ in
          fixture.risk = "limits:\n  stale_quote: 100d\n  short_locate: not_required\n  max_position: \(limit) %\n"
          fixture.broker = "answer_timeout: \(limit)s, parameters: {commission: bps}"
          try fixture.write()
        }
        script.reloads.insert(batch)
      case 8:
        script.steps[batch] = { session in
          session.killWorker("guest")
          session.killWorker("sizer")
          _ = try session.obey(.halt(reason: "r", actor: "test"))
          try fixture.build("steady", ["FIXTURE_SIGN=-1"])
          _ = try session.obey(.reload)
          _ = try session.obey(.resume(reason: "r", actor: "test"))
        }
      case 9: script.steps[batch] = { _ = try $0.obey(.flatten(reason: "r", actor: "test")) }
      default: script.steps[batch] = { _ = try $0.obey(.resume(reason: "r", actor: "test")) }
      }
    }
    return (script, story)
  }

  @Test("whatever is killed, reloaded, halted and resumed, the replay is the session", arguments: 1...8)
  func randomSessions(seed: Int) throws {
    let fixture = try SessionFixture()
    fixture.isolation = "process"
    fixture.guest = SessionFixture.Guest("steady")
    try fixture.write()
    try fixture.build("steady")
    let (script, story) = script(fixture, seed: UInt64(seed), sessions: 40)
    let (session, notices) = try fixture.play(script)
    let result = try fixture.expectIdentical("seed \(seed): \(story), \(notices)")
    #expect(result.reloads == session.generation.number - 1)
    let isAlwaysIn = !story.contains { $0.hasSuffix(":4") }
    #expect(
      result.outcomes > 0 || !isAlwaysIn || !story.contains { $0.hasSuffix(":0") || $0.hasSuffix(":1") }, "\(story)")
  }

  @Test("inputs keep their bytes; cut or altered ones are refused, never misread")
  func encoding() throws {
    let memory = AgentMemory("a", [1, 2, 3], version: 4, streams: [(5, 6), (7, .max)])
    let events: [RecordedEvent] = [
      .outcome(CallOutcome(agent: "a/b", call: 17, kind: .unanswered(AL_E_TIMEOUT))),
      .outcome(
        CallOutcome(
          agent: "a", call: .max, kind: .unanswered(0), timers: [CallOutcome.Timer(time: -1, token: 9)])),
      .outcome(CallOutcome(agent: "", call: 0, kind: .restarted(nil))),
      .outcome(CallOutcome(agent: "a", call: 1, kind: .restarted(memory))),
      .reload(
        GenerationSwitch(
          number: 2, files: ["x.yaml": [9], "y": []], decisionHash: 3, libraries: ["l": "ff"], agents: ["a", "b"],
          states: [memory])),
    ]
    for event in events {
      let bytes = event.encoded
      #expect(RecordedEvent(encoded: bytes) == event)
      for length in 0..<bytes.count { #expect(RecordedEvent(encoded: Array(bytes[..<length])) == nil) }
      #expect(RecordedEvent(encoded: bytes + [0]) == nil)
    }
  }

  @Test("a session of another format is refused with the reason")
  func formats() throws {
    let header = SessionHeader(
      session: 1, mode: "simulation", account: "SIM", date: 0, seed: 1, initialCash: 1, files: ["a": [1]],
      directory: "d", decisionHash: 2, dataDigest: "x", libraries: ["l": "ff"], agents: ["a"], isSynthetic: false,
      notices: ["n"], recordsOutputs: true)
    #expect(SessionHeader(encoded: header.encoded) == header)
    #expect(SessionHeader.refusal(header.encoded) == nil)
    // The first format began with the session's id.
    let old = Array(header.encoded.dropFirst(4 + "alphaloop session".utf8.count + 4))
    #expect(SessionHeader(encoded: old) == nil)
    #expect(SessionHeader.refusal(old)?.contains("earlier version of alphaloop (format 1)") == true)
    var later = header.encoded
    later[4 + "alphaloop session".utf8.count] += 1
    #expect(SessionHeader(encoded: later) == nil)
    #expect(SessionHeader.refusal(later)?.contains("a later version of alphaloop (format 4)") == true)
  }
}

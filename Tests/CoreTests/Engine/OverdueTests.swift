import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("An answer that does not come in time makes an order unknown")
struct OverdueTests {
  /// One order of 10 A that the broker took at second 1 and did not answer; 10 s are allowed.
  private func rig(timeout: Int64 = 10) throws -> EngineRig {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open())
    rig.engine.adopt(answerTimeout: seconds(timeout))
    rig.script.rows[0] = [EngineRig.quantity(0, 10)]
    rig.panel(seconds(1), [100, 100])
    rig.leaveUnanswered()
    return rig
  }

  @Test("at the deadline, not before it; then the name is barred and others are not")
  func submission() throws {
    let rig = try rig()
    rig.panel(seconds(11) - 1, [100, 100])
    #expect(rig.state(1) == .submitted)
    rig.script.rows[2] = [EngineRig.quantity(0, 20), EngineRig.quantity(1, 20)]
    rig.panel(seconds(11), [100, 100])
    #expect(rig.state(1) == .unknown)
    #expect(rig.engine.unknownOrders == 1)
    #expect(rig.denials() == [AL_DENY_UNKNOWN_WORKING])
    #expect(rig.engine.pendingCommands.map(\.instrument) == [1])
  }

  @Test("an answer in time, an order taken at once and no timeout at all leave it as it is")
  func answered() throws {
    let inTime = try rig()
    inTime.report(AL_REPORT_ACCEPTED, 1, at: seconds(5))
    inTime.panel(seconds(100), [100, 100])
    #expect(inTime.state(1) == .accepted)

    let atOnce = try EngineRig(instruments: [Instrument(symbol: "A")], limits: .open())
    atOnce.engine.adopt(answerTimeout: seconds(10))
    atOnce.script.rows[0] = [EngineRig.quantity(0, 10)]
    atOnce.panel(seconds(1), [100])
    atOnce.accept()
    atOnce.panel(seconds(100), [100])
    #expect(atOnce.state(1) == .accepted)

    let never = try rig(timeout: 0)
    never.panel(seconds(100_000), [100, 100])
    #expect(never.state(1) == .submitted)
  }

  @Test("time that goes on without bars is enough")
  func clock() throws {
    let rig = try rig()
    rig.engine.advance(to: seconds(11) - 1)
    #expect(rig.state(1) == .submitted)
    rig.engine.advance(to: seconds(11))
    #expect(rig.state(1) == .unknown)
    // Time never goes back.
    rig.engine.advance(to: seconds(2))
    #expect(rig.engine.clock.pointee == seconds(11))
  }

  @Test("only the broker's word ends it")
  func evidence() throws {
    let rig = try rig()
    rig.panel(seconds(11), [100, 100])
    rig.panel(seconds(1_000_000), [100, 100])
    #expect(rig.state(1) == .unknown)
    rig.report(AL_REPORT_ACCEPTED, 1, at: seconds(1_000_001))
    #expect(rig.state(1) == .accepted)
    #expect(rig.engine.unknownOrders == 0)
  }

  /// The order is accepted, a halt asks for its cancel at second 20, and the answer to that is `status`.
  private func cancelling(_ status: al_status) throws -> EngineRig {
    let rig = try rig()
    rig.report(AL_REPORT_ACCEPTED, 1, at: seconds(5))
    rig.engine.advance(to: seconds(20))
    rig.engine.setHalt(.halted, .operatorRequest, limit: 0, value: 0)
    rig.engine.pursueHalt(seconds(20))
    #expect(rig.engine.pendingCancels.count == 1)
    rig.answerCancels(status)
    return rig
  }

  @Test("a cancel that is not answered in time; one that is answered is not late")
  func cancel() throws {
    let late = try cancelling(AL_AGAIN)
    late.engine.advance(to: seconds(30) - 1)
    #expect(late.state(1) == .cancelPending)
    late.engine.advance(to: seconds(30))
    #expect(late.state(1) == .unknown)
    // It is asked about, never sent again.
    late.engine.advance(to: seconds(40))
    #expect(!late.engine.hasCancels)

    let inTime = try cancelling(AL_AGAIN)
    inTime.report(AL_REPORT_CANCELLED, 1, at: seconds(25))
    inTime.engine.advance(to: seconds(100))
    #expect(inTime.state(1) == .cancelled)
  }

  @Test("a cancel that timed out at the broker is no refusal")
  func cancelTimedOut() throws {
    #expect(try cancelling(AL_E_TIMEOUT).state(1) == .unknown)
    #expect(try cancelling(AL_E_REJECTED).state(1) == .accepted)
  }

  @Test("a second cancel has its own time")
  func secondCancel() throws {
    let rig = try cancelling(AL_AGAIN)
    rig.report(AL_REPORT_CANCEL_REJECTED, 1, at: seconds(24))
    rig.engine.advance(to: seconds(28))
    #expect(rig.engine.pendingCancels.count == 1)
    rig.answerCancels(AL_AGAIN)
    rig.engine.advance(to: seconds(30))
    #expect(rig.state(1) == .cancelPending)
    rig.engine.advance(to: seconds(38))
    #expect(rig.state(1) == .unknown)
  }

  @Test("flattening closes the other names while the fate of an order in one is not known")
  func flattenBesideUnknown() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open())
    rig.engine.adopt(answerTimeout: seconds(10))
    rig.script.rows[0] = [EngineRig.quantity(1, 5)]
    rig.script.rows[1] = [EngineRig.quantity(0, 10)]
    rig.panel(seconds(1), [100, 100])
    rig.accept()
    rig.fill(1, 1, 5, at: 100)
    rig.panel(seconds(2), [100, 100])
    rig.leaveUnanswered()
    rig.engine.advance(to: seconds(12))
    #expect(rig.state(2) == .unknown)
    rig.engine.setHalt(.flattening, .operatorRequest, limit: 0, value: 0)
    rig.engine.pursueHalt(seconds(12))
    #expect(rig.engine.pendingCommands.map(\.instrument) == [1])
    rig.accept()
    rig.answerCancels(AL_AGAIN)
    rig.fill(3, 1, -5, at: 100)
    rig.engine.advance(to: seconds(13))
    #expect(rig.engine.halt == .flattening)
    rig.report(AL_REPORT_CANCELLED, 2, at: seconds(14))
    rig.engine.advance(to: seconds(15))
    #expect(rig.engine.halt == .flat)
  }

  @Test("a halt asks once for the cancel of an order of unknown fate")
  func haltUnknown() throws {
    let rig = try rig()
    rig.engine.advance(to: seconds(11))
    rig.engine.setHalt(.halted, .operatorRequest, limit: 0, value: 0)
    rig.engine.pursueHalt(seconds(11))
    #expect(rig.engine.pendingCancels.map(\.sequence) == [1])
    rig.answerCancels(AL_AGAIN)
    rig.engine.advance(to: seconds(50))
    #expect(!rig.engine.hasCancels)
    rig.report(AL_REPORT_CANCELLED, 1, at: seconds(51))
    #expect(rig.state(1) == .cancelled)
  }

  @Test("a time allowed from now on counts for what is awaited already")
  func allowedLater() throws {
    let rig = try rig(timeout: 0)
    rig.panel(seconds(100), [100, 100])
    rig.engine.adopt(answerTimeout: seconds(10))
    rig.panel(seconds(110) - 1, [100, 100])
    #expect(rig.state(1) == .submitted)
    rig.panel(seconds(110), [100, 100])
    #expect(rig.state(1) == .unknown)

    let cancel = try self.rig(timeout: 0)
    cancel.report(AL_REPORT_ACCEPTED, 1, at: seconds(2))
    cancel.engine.setHalt(.halted, .operatorRequest, limit: 0, value: 0)
    cancel.engine.pursueHalt(seconds(2))
    cancel.answerCancels(AL_AGAIN)
    cancel.engine.adopt(answerTimeout: seconds(10))
    cancel.engine.advance(to: seconds(12))
    #expect(cancel.state(1) == .unknown)
  }

  @Test("what is remembered of answers does not grow with history")
  func bounded() {
    var watch = AnswerWatch()
    for i in 0..<100_000 as Range<UInt64> {
      watch.add(OrderID(session: 7, sequence: i), .submission, at: Int64(i))
      // One is always awaited.
      if i > 0 { #expect(watch.pop(askedUpTo: Int64(i) - 1)?.id.sequence == i - 1) }
    }
    #expect(watch.entries.count < 5000)
    #expect(watch.due(10) == 99_999 + 10)
  }
}

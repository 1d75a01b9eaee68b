import AlphaLoopCore
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("A halt of a session with a connected broker", .serialized)
struct ConnectedHaltTests {
  /// Gives an order to a session as soon as so many orders are at the exchange, and lets it end.
  private func run(
    _ fixture: ConnectedFixture, _ command: ControlCommand, after orders: Int
  ) throws -> String {
    let session = try fixture.session(40, pace: 4_000_000)
    defer { session.close() }
    let (inbox, book) = (session.inbox, fixture.book)
    let person = Thread {
      for _ in 0..<2000 where book.contents().ours.count < orders { usleep(1000) }
      _ = inbox.post(.command(command, TradeEvent.Reply()), isUrgent: true)
    }
    person.start()
    let end = Date().addingTimeInterval(20)
    try session.run(isStopping: { Date() > end })
    #expect(session.engine.halt >= .halted)
    return AccountStatement(session.engine).text
  }

  @Test("cancels that a comparison asked for again are in the journal's account once")
  func cancelsAskedAgain() throws {
    let fixture = try ConnectedFixture("answer: again, fill: none, cancel: never")
    let running = try run(fixture, .halt(reason: "a test", actor: "test"), after: 2)
    #expect(fixture.book.contents().cancelsAsked > fixture.book.contents().working.count)
    #expect(try fixture.folded() == running)
    #expect(try fixture.run(2) == fixture.folded())
  }

  @Test("what a comparison lets be closed while flattening is closed again in the replay")
  func flattening() throws {
    let fixture = try ConnectedFixture("answer: again, fill: partial")
    try fixture.book.addCash(1_000_000)
    try fixture.book.set("answer", "again")
    try fixture.book.set("fill", "partial")
    try fixture.book.set("lose_every", "2")
    _ = try run(fixture, .flatten(reason: "a test", actor: "test"), after: 4)
    let reader = try SessionReader(session: "last", folder: "\(fixture.files.folder)/journal")
    let result = try Replay(reader).run()
    #expect(result.difference == nil)
  }
}

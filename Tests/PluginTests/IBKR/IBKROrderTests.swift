import CAlphaLoop
import Foundation
import Testing

@testable import IBKRClient

@Suite("IBKR orders") struct IBKROrderTests {
  @Test("an order goes out with our reference, account and time in force, and its fill comes back once")
  func firstOrder() throws {
    let fixture = try GatewayFixture()
    let acks = try fixture.submit(GatewayFixture.order(1))
    #expect(acks[0].status == AL_AGAIN)
    #expect(eventually { fixture.server.requests(3).count == 1 })
    let sent = try #require(fixture.server.requests(3).first)
    #expect(sent.count == 119)
    #expect(sent[1] == "\(acks[0].broker_id)")
    #expect([sent[16], sent[17], sent[18], sent[19]] == ["BUY", "100", "LMT", "185.25"])
    #expect([sent[21], sent[23], sent[26]] == ["DAY", "DU1234567", "AL0123456789abcdef-1"])
    let id = Int(acks[0].broker_id)
    fixture.server.send([
      GatewayMessages.status(id, "Submitted"), GatewayMessages.execution(id, "0001.aa.01.01", sequence: 1),
      GatewayMessages.execution(id, "0001.aa.01.01", sequence: 1), GatewayMessages.commission("0001.aa.01.01"),
      GatewayMessages.status(id, "Filled", filled: 100, remaining: 0),
    ])
    #expect(eventually { fixture.inbox.all(AL_REPORT_FEE).count == 1 })
    let fills = fixture.inbox.all(AL_REPORT_FILL)
    #expect(fills.count == 1)
    #expect(fills.first?.id == OrderKey(GatewayFixture.id(1)))
    #expect(fills.first?.quantity == 100 * AL_UNIT)
    #expect(fills.first?.price == 18_525_000_000)
    #expect(fixture.inbox.all(AL_REPORT_ACCEPTED).count == 1)
    #expect(fixture.inbox.all(AL_REPORT_FEE).first?.fee == 105_000_000)
  }
}

import CAlphaLoop
import Foundation
import TWSProtocol
import Testing

@testable import IBKRClient

extension [Int64] {
  fileprivate func randomElement(using random: inout some RandomNumberGenerator, or other: Int64) -> Int64 {
    randomElement(using: &random) ?? other
  }
}

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

  /// Sends one order and waits until the gateway has it; its order id.
  private func sent(_ fixture: GatewayFixture, _ row: al_order_v1 = GatewayFixture.order(1)) throws -> Int {
    let ack = try #require(try fixture.submit(row).first)
    #expect(ack.status == AL_AGAIN)
    #expect(eventually { fixture.server.requests(3).contains { $0[1] == "\(ack.broker_id)" } })
    return Int(ack.broker_id)
  }

  @Test("an id that was submitted is answered as it stands, and nothing is sent again")
  func idempotence() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    #expect(try fixture.submit(GatewayFixture.order(1))[0].status == AL_AGAIN)
    fixture.server.send([GatewayMessages.status(id, "Submitted")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_ACCEPTED).count == 1 })
    let again = try fixture.submit(GatewayFixture.order(1))[0]
    #expect(again.status == AL_OK && again.broker_id == Int64(id))
    #expect(fixture.server.requests(3).count == 1)
  }

  @Test("nothing goes out before open orders and executions were asked for in this session")
  func reconciledFirst() throws {
    let fixture = try GatewayFixture(isReconciled: false)
    #expect(throws: IBKRError.self) { try fixture.submit(GatewayFixture.order(1)) }
    _ = try fixture.gateway.openOrders()
    #expect(throws: IBKRError.self) { try fixture.submit(GatewayFixture.order(1)) }
    _ = try fixture.gateway.executions(since: 0)
    #expect(try fixture.submit(GatewayFixture.order(1))[0].status == AL_AGAIN)
    fixture.server.send([GatewayMessages.error(-1, 1102, "restored")])
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION).count == 2 })
    #expect(throws: IBKRError.self) { try fixture.submit(GatewayFixture.order(2)) }
    try fixture.reconcile()
    #expect(try fixture.submit(GatewayFixture.order(2))[0].status == AL_AGAIN)
  }

  @Test("an execution before any status is not lost, nor one under 1100")
  func earlyExecution() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    fixture.server.send([
      GatewayMessages.error(-1, 1100, "lost"),
      GatewayMessages.execution(id, "0001.bb.01.01", shares: 40, sequence: 1),
    ])
    #expect(eventually { fixture.inbox.all(AL_REPORT_FILL).count == 1 })
    #expect(fixture.inbox.all(AL_REPORT_FILL).first?.remaining == 60 * AL_UNIT)
  }

  @Test("a later execution of the same id replaces the earlier one; a commission may come first, or be unknown")
  func corrections() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    fixture.server.send([
      GatewayMessages.commission("0001.cc.01.01", "-1"), GatewayMessages.commission("0001.cc.01.01", "0.7"),
      GatewayMessages.execution(id, "0001.cc.01.01", sequence: 1),
      GatewayMessages.execution(id, "0001.cc.01.02", price: 185.20, sequence: 1),
      GatewayMessages.execution(id, "0001.cc.01.01", sequence: 1),
      GatewayMessages.commission("0001.cc.01.02", "1.7976931348623157E308"),
    ])
    #expect(eventually { fixture.inbox.all(AL_REPORT_CORRECTION).count == 1 })
    let fill = try #require(fixture.inbox.all(AL_REPORT_FILL).first)
    let correction = try #require(fixture.inbox.all(AL_REPORT_CORRECTION).first)
    #expect(fill.fee == 70_000_000)
    #expect(fill.execution == correction.execution)
    #expect(correction.price == 18_520_000_000)
    #expect(fixture.inbox.all(AL_REPORT_FILL).count == 1)
    #expect(fixture.inbox.all(AL_REPORT_FEE).isEmpty)
    let asked = try fixture.gateway.executions(since: 0)
    #expect(asked.map(\.row.kind) == [AL_REPORT_FILL, AL_REPORT_CORRECTION, AL_REPORT_FEE])
  }

  @Test(
    "numbers that warn, or that are not known, leave an order alive; others end it with a reason",
    arguments: [
      (399, "", UInt16(0)), (10349, "", 0), (404, "", 0), (2109, "", 0), (987_654, "", 0),
      (201, "margin", AL_REPORT_REJECTED), (110, "price", AL_REPORT_REJECTED), (200, "contract", AL_REPORT_REJECTED),
      (202, "", AL_REPORT_CANCELLED),
    ])
  func errors(_ code: Int, _ reason: String, _ kind: UInt16) throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    fixture.server.send([
      GatewayMessages.error(id, code, "Order rejected - insufficient margin"), GatewayMessages.status(id, "Submitted"),
      GatewayMessages.execution(id, "0001.dd.01.01", sequence: 1),
    ])
    #expect(eventually { fixture.inbox.all(AL_REPORT_FILL).count == 1 }, "a fill counts in every state")
    let ends = fixture.inbox.all.filter { [AL_REPORT_REJECTED, AL_REPORT_CANCELLED].contains($0.kind) }
    if kind == 0 {
      #expect(ends.isEmpty)
      #expect(fixture.inbox.all(AL_REPORT_ACCEPTED).count == 1)
    } else {
      #expect(ends.map(\.kind) == [kind])
      #expect(ends.first?.code == Int32(code))
      #expect(ends.first?.text.hasPrefix(reason) == true)
      #expect(fixture.inbox.all(AL_REPORT_ACCEPTED).isEmpty, "an older status does not bring it back")
    }
  }

  @Test("a change goes out under the same id; when it is refused the order works on as it was")
  func changes() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    #expect(try fixture.replace(GatewayFixture.order(1, limit: 185.3)).status == AL_AGAIN)
    usleep(50_000)
    #expect(fixture.server.requests(3).count == 1, "it waits for the broker's first word")
    fixture.server.send([GatewayMessages.status(id, "Submitted")])
    #expect(eventually { fixture.server.requests(3).count == 2 })
    let change = try #require(fixture.server.requests(3).last)
    #expect(change[1] == "\(id)" && change[19] == "185.3" && change[26] == GatewayFixture.reference(1))
    fixture.server.send([GatewayMessages.error(id, 321, "Error validating request")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_REPLACE_REJECTED).count == 1 })
    #expect(fixture.inbox.all(AL_REPORT_REJECTED).isEmpty)
    #expect(try fixture.replace(GatewayFixture.order(1, limit: 185.4)).status == AL_AGAIN)
    #expect(eventually { fixture.server.requests(3).count == 3 })
    fixture.server.send([GatewayMessages.error(id, 110, "The price does not conform to the minimum price variation")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_REPLACE_REJECTED).count == 2 })
    #expect(try fixture.cancel(1).status == AL_AGAIN)
    #expect(eventually { fixture.server.requests(4).count == 1 })
    fixture.server.send([GatewayMessages.status(id, "PendingCancel"), GatewayMessages.status(id, "Cancelled")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_CANCELLED).count == 1 })
    fixture.server.send([
      GatewayMessages.error(id, 202, "Order Canceled - reason:"), GatewayMessages.status(id, "Submitted"),
    ])
    fixture.server.send([GatewayMessages.execution(id, "0001.ee.01.01", sequence: 1)])
    #expect(eventually { fixture.inbox.all(AL_REPORT_FILL).count == 1 }, "a fill after a cancel still counts")
    #expect(fixture.inbox.all(AL_REPORT_CANCELLED).count == 1)
  }

  @Test("a status Inactive ends nothing")
  func inactive() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    fixture.server.send([GatewayMessages.status(id, "Inactive"), GatewayMessages.status(id, "Submitted")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_ACCEPTED).count == 1 })
    #expect(fixture.inbox.all(AL_REPORT_REJECTED).isEmpty && fixture.inbox.all(AL_REPORT_CANCELLED).isEmpty)
  }

  @Test("a cancel that the gateway does not find is told, and reconciliation is asked for")
  func cancelNotFound() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    _ = try fixture.cancel(1)
    let before = fixture.inbox.states(AL_LAYER_SESSION).count
    fixture.server.send([GatewayMessages.error(id, 10147, "OrderId that needs to be cancelled is not found")])
    #expect(eventually { fixture.inbox.all(AL_REPORT_CANCEL_REJECTED).count == 1 })
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION).count == before + 1 })
    #expect(fixture.inbox.all(AL_REPORT_CANCELLED).isEmpty)
    #expect(try fixture.cancel(99).status == AL_E_REJECTED)
  }

  @Test("statuses that speak of executions which do not come make it ask for them")
  func missingExecutions() throws {
    let fixture = try GatewayFixture()
    let id = try sent(fixture)
    let before = fixture.server.requests(7).count
    fixture.server.answer { request, _ in
      guard request[0] == "7" else { return [] }
      return [
        GatewayMessages.execution(id, "0001.ff.01.01", sequence: 1, request: request[2]), ["55", "1", request[2]],
      ]
    }
    fixture.server.send([GatewayMessages.status(id, "Filled", filled: 100, remaining: 0)])
    #expect(eventually { fixture.server.requests(7).count > before })
    #expect(eventually { fixture.inbox.all(AL_REPORT_FILL).count == 1 })
  }

  @Test(
    "every type and time in force of the contract is on the wire as the gateway wants it",
    arguments: [
      (AL_ORDER_MARKET, AL_TIF_DAY, ["MKT", "", "", "DAY"]),
      (AL_ORDER_LIMIT, AL_TIF_GTC, ["LMT", "185.25", "", "GTC"]),
      (AL_ORDER_STOP, AL_TIF_GTC, ["STP", "", "180.5", "GTC"]),
      (AL_ORDER_STOP_LIMIT, AL_TIF_DAY, ["STP LMT", "185.25", "180.5", "DAY"]),
      (AL_ORDER_TRAILING_STOP, AL_TIF_GTC, ["TRAIL", "", "180.5", "GTC"]),
      (AL_ORDER_MARKET_ON_OPEN, AL_TIF_DAY, ["MKT", "", "", "OPG"]),
      (AL_ORDER_LIMIT_ON_OPEN, AL_TIF_DAY, ["LMT", "185.25", "", "OPG"]),
      (AL_ORDER_MARKET_ON_CLOSE, AL_TIF_DAY, ["MOC", "", "", "DAY"]),
      (AL_ORDER_LIMIT_ON_CLOSE, AL_TIF_DAY, ["LOC", "185.25", "", "DAY"]),
      (AL_ORDER_LIMIT, AL_TIF_IOC, ["LMT", "185.25", "", "IOC"]),
      (AL_ORDER_LIMIT, AL_TIF_FOK, ["LMT", "185.25", "", "FOK"]),
      (AL_ORDER_LIMIT, AL_TIF_GTD, ["LMT", "185.25", "", "GTD"]),
    ])
  func types(_ type: UInt8, _ time: UInt8, _ fields: [String]) throws {
    var row = GatewayFixture.order(3, quantity: -7, type: type)
    row.time_in_force = time
    row.stop_price = 18_050_000_000
    row.expire_ns = 1_764_000_000_000_000_000
    row.flags = AL_ORDER_OUTSIDE_HOURS
    let order = try OrderMapping(account: "DU1").order(row, ref: "r", magnifier: 1)
    let price: (Double?) -> String = { $0.map { "\($0)" } ?? "" }
    #expect([order.orderType, price(order.lmtPrice), price(order.auxPrice), order.tif] == fields)
    #expect(order.action == "SELL" && order.totalQuantity?.description == "7" && order.outsideRth)
    #expect(order.goodTillDate == (time == AL_TIF_GTD ? "20251124-16:00:00" : ""))
    #expect(order.account == "DU1" && order.orderRef == "r")
  }

  @Test("a trailing share of the price is a percentage; prices in pence are magnified")
  func trailingAndPence() throws {
    var row = GatewayFixture.order(1, type: AL_ORDER_TRAILING_STOP)
    row.trail_ppm = 50_000
    #expect(try OrderMapping(account: "").order(row, ref: "", magnifier: 1).trailingPercent == 5)
    #expect(
      try OrderMapping(account: "").order(GatewayFixture.order(1, limit: 2.5), ref: "", magnifier: 100).lmtPrice == 250)
    row.trail_ppm = 0
    #expect(throws: IBKRError.self, "no offset at all") {
      try OrderMapping(account: "").order(row, ref: "", magnifier: 1)
    }
  }

  @Test("rows of one group and one side cancel each other; an entry with exits is a bracket in three consecutive ids")
  func groups() throws {
    let fixture = try GatewayFixture()
    var rows = (1...3).map { GatewayFixture.order(UInt64($0), quantity: $0 == 1 ? 100 : -100) }
    for index in rows.indices { rows[index].group = 9 }
    let acks = try fixture.submit(rows[0], rows[1], rows[2])
    #expect(acks.map(\.status) == [AL_AGAIN, AL_AGAIN, AL_AGAIN])
    #expect(eventually { fixture.server.requests(3).count == 3 })
    let sent = fixture.server.requests(3)
    #expect(sent.map { $0[27] } == ["0", "0", "1"], "the last one releases all")
    #expect(sent.map { $0[28] } == ["0", sent[0][1], sent[0][1]])
    var pair = [GatewayFixture.order(4), GatewayFixture.order(5)]
    for index in pair.indices { pair[index].group = 10 }
    _ = try fixture.submit(pair[0], pair[1])
    #expect(eventually { fixture.server.requests(3).count == 5 })
    let members = fixture.server.requests(3).suffix(2)
    #expect(Set(members.map { $0[22] }) == ["GAL0123456789abcdef-10"])
    #expect(members.map { $0[46] } == ["1", "1"])
  }

  @Test("what cannot be an order is refused by itself and not sent")
  func invalid() throws {
    let fixture = try GatewayFixture()
    var wrong = GatewayFixture.order(2)
    wrong.instrument = 77
    let acks = try fixture.submit(GatewayFixture.order(1, limit: 0), wrong, GatewayFixture.order(3))
    #expect(acks.map(\.status) == [AL_E_ARGUMENT, AL_E_ARGUMENT, AL_AGAIN])
    #expect(eventually { fixture.server.requests(3).count == 1 })
  }

  @Test("our id as text goes both ways; other texts are not ours")
  func references() {
    let ids: [(UInt64, UInt64)] = [(0, 0), (.max, .max), (1, 42)]
    for (session, sequence) in ids {
      let text = OrderReference.text(al_order_id_v1(session: session, sequence: sequence))
      #expect(text.utf8.count < 40)
      #expect(OrderReference.parse(text) == OrderKey(session: session, sequence: sequence))
    }
    for text in [
      "", "AL", "AL0123456789abcdef", "AL0123456789abcdef-", "AL0123456789ABCDEF-1", "AL0123456789abcdef-01",
      "AL0123456789abcdef-99999999999999999999", "XX0123456789abcdef-1", "AL0123456789abcdef-1 ",
    ] {
      #expect(OrderReference.parse(text) == nil, "\(text)")
    }
  }

  @Test("the template of an order gives the same bytes as the encoder of all orders")
  func templates() throws {
    let version = try #require(ServerVersion(200))
    var contract = GatewayFixture.listing("AAPL").contract
    contract.conId = 265_598
    var listing = Listing(symbol: "AAPL", currency: "USD", contract: contract)
    listing.resolution = .resolved
    let template = try #require(OrderTemplate(contract, account: "DU1", version))
    var random = SystemRandomNumberGenerator()
    var compared = 0
    for number in 0..<3_000 {
      var row = GatewayFixture.order(UInt64.random(in: 0 ... .max, using: &random) >> UInt64(number % 64))
      row.id.session = .random(in: 0 ... .max)
      row.type = .random(in: 0...8)
      row.time_in_force = .random(in: 0...4)
      row.quantity = Int64.random(in: 1...1_000_000_000) * [1, 1_000, AL_UNIT].randomElement(using: &random, or: 1)
      if Bool.random() { row.quantity = -row.quantity }
      row.limit_price =
        Int64.random(in: 1...1_000_000) * [1, 10_000, 1_000_000, 100_000_000].randomElement(using: &random, or: 1)
      row.stop_price = Int64.random(in: 1...1_000_000) * [10_000, 1_000_000].randomElement(using: &random, or: 1)
      row.expire_ns = .random(in: 1...2_000_000_000_000_000_000)
      row.flags = .random(in: 0...3)
      let (oca, parent, transmit) = (Bool.random() ? "" : "GROUP", Int32.random(in: 0...9), Bool.random())
      var bytes: [UInt8] = []
      guard
        template.write(
          row, id: Int32(number), magnifier: 1, oca: oca, parent: parent, transmit: transmit, into: &bytes)
      else { continue }
      compared += 1
      let whole = try OrderFrame.make(
        row, id: Int32(number), listing: listing, account: "DU1", oca: oca, parent: parent, transmit: transmit, version)
      #expect(bytes == whole, "type \(row.type), limit \(row.limit_price), stop \(row.stop_price)")
    }
    #expect(compared > 2_000)
    var pence = GatewayFixture.order(1)
    pence.limit_price = 1
    var none: [UInt8] = []
    #expect(!template.write(pence, id: 1, magnifier: 1, oca: "", parent: 0, transmit: true, into: &none))
  }
}

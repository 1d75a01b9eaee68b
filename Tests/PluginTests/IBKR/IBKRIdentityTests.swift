import CAlphaLoop
import Foundation
import TWSProtocol
import Testing

@testable import IBKRClient

@Suite("IBKR identity") struct IBKRIdentityTests {
  @Test("order ids go on above what was kept, seen or offered, whatever the gateway offers later")
  func orderIds() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var ids = try OrderIdSource(folder: folder, name: "mark")
    let went1 = ids.offer(100)
    #expect(!went1)
    let took5 = try ids.take()
    #expect(took5 == 100)
    let took6 = try ids.take(3)
    #expect(took6 == 101)
    ids.see(200)
    let took7 = try ids.take()
    #expect(took7 == 201)
    let went2 = ids.offer(150)
    #expect(went2, "it went back")
    let took8 = try ids.take()
    #expect(took8 == 202)
    ids.see(.max)
    let took9 = try ids.take()
    #expect(took9 == 203, "an id of others says nothing")
    var again = try OrderIdSource(folder: folder, name: "mark")
    let went3 = again.offer(1)
    #expect(went3)
    let took10 = try again.take()
    #expect(took10 > 203)
    try "rubbish".write(toFile: "\(folder)/mark", atomically: true, encoding: .utf8)
    #expect(throws: IBKRError.self) { try OrderIdSource(folder: folder, name: "mark") }
    var unkept = try OrderIdSource(folder: "", name: "mark")
    let went4 = unkept.offer(7)
    #expect(!went4)
    let took11 = try unkept.take()
    #expect(took11 == 7)
  }

  @Test("executions of one id differ in their last number alone; others are others")
  func executions() {
    let first = ExecutionIdentity("0000e0d5.6732a3b1.01.01")
    let second = ExecutionIdentity("0000e0d5.6732a3b1.01.02")
    #expect(first == second && (first.revision, second.revision) == (1, 2))
    var seen: Set<ExecutionIdentity> = []
    for number in 0..<50_000 { seen.insert(ExecutionIdentity("0000e0d5.\(number).01.01")) }
    #expect(seen.count == 50_000)
    #expect(ExecutionIdentity("odd").revision == 0)
  }

  @Test("facts of orders that are not ours, or of an id used twice, are never booked on ours")
  func strangers() {
    var book = OrderBook()
    book.clientId = 7
    func status(_ orderId: Int32, _ permId: Int64, _ client: Int32) -> OrderStatus {
      var status = OrderStatus()
      (status.orderId, status.permId, status.clientId, status.status) = (orderId, permId, client, "Cancelled")
      return status
    }
    let record = OrderRecord(key: OrderKey(session: 1, sequence: 1), instrument: 0)
    record.row = GatewayFixture.order(1)
    record.physicals = [OrderRecord.Physical(orderId: 5, permId: 77)]
    book.byKey[record.key] = record
    book.byAlias[5] = record
    book.apply(status(5, 78, 7), now: 0, monotonic: 0)
    book.apply(status(5, 0, 8), now: 0, monotonic: 0)
    book.apply(status(0, 0, 7), now: 0, monotonic: 0)
    var manual = ExecDetails()
    manual.execution.execId = "a.b.01.01"
    manual.execution.shares = WireDecimal(mantissa: 5)
    manual.execution.orderRef = "somebody"
    manual.execution.permId = 99
    book.apply(manual, now: 0, monotonic: 0)
    let reports = book.takeReports()
    #expect(reports.map(\.row.kind) == [AL_REPORT_FILL])
    #expect(reports.first?.row.id.sequence == 0 && reports.first?.row.broker_id == 99)
    #expect(record.executed == 0)
    book.apply(status(5, 77, 7), now: 0, monotonic: 0)
    let last = book.takeReports()
    #expect(last.map(\.row.kind) == [AL_REPORT_CANCELLED])
  }

  @Test("completed orders of ours end as what they were; what still works, or was filled, is not told as ended")
  func completed() {
    var book = OrderBook()
    var answer = OpenOrdersAnswer()
    for (sequence, status, prose) in [
      (1, "Cancelled", "Cancelled by Trader"), (2, "Filled", "Filled Size: 100"), (3, "Inactive", "Rejected"),
      (4, "Cancelled", "Order expired"),
    ] as [(UInt64, String, String)] {
      var order = CompletedOrder()
      order.order.orderRef = GatewayFixture.reference(sequence)
      order.order.permId = Int64(sequence)
      order.orderState.status = status
      order.orderState.completedStatus = prose
      answer.take(.completedOrder(order))
    }
    var open = OpenOrder()
    open.order.orderRef = "by hand"
    open.order.permId = 9
    open.order.action = "SELL"
    open.order.totalQuantity = WireDecimal(mantissa: 10)
    open.contract.symbol = "TSLA"
    open.orderState.status = "Submitted"
    answer.take(.openOrder(open))
    answer.take(.openOrder(open))
    let rows = book.rows(answer, now: 5)
    #expect(rows.map(\.row.kind) == [AL_REPORT_WORKING, AL_REPORT_CANCELLED, AL_REPORT_REJECTED, AL_REPORT_EXPIRED])
    #expect(rows[0].row.broker_id == 9 && rows[0].row.quantity == -10 * AL_UNIT && rows[0].text == "TSLA by hand")
    #expect(rows[0].row.instrument == AL_NONE && rows[0].row.id.session == 0)
    #expect(rows.dropFirst().map(\.row.id.sequence) == [1, 3, 4])
  }

  @Test("orders that waited when the line went down are told as not sent; those on the wire are not")
  func unsent() throws {
    let fixture = try GatewayFixture({ $0.maxRate = 10 })
    fixture.server.refuse(1_000)
    var acks: [al_ack_v1] = []
    for number in 1...20 { acks += try fixture.submit(GatewayFixture.order(UInt64(number))) }
    #expect(acks.allSatisfy { $0.status == AL_AGAIN })
    fixture.server.drop()
    #expect(eventually { !fixture.inbox.all(AL_REPORT_REJECTED).isEmpty })
    usleep(100_000)
    let unsent = Set(fixture.inbox.all(AL_REPORT_REJECTED).map(\.id.sequence))
    let came = Set(fixture.server.requests(3).map { UInt64($0[26].split(separator: "-")[1]) ?? 0 })
    #expect(unsent.isDisjoint(with: came) && unsent.union(came) == Set(1...20))
    #expect(fixture.inbox.all(AL_REPORT_REJECTED).allSatisfy { $0.code == 504 })
  }

  @Test("the table of numbers covers those of the protocol's notes; what is not in it is unknown")
  func verdicts() {
    let expected: [(OrderVerdict, [Int32])] = [
      (
        .refused, [103, 106, 107, 109, 110, 111, 154, 200, 201, 203, 320, 321, 387, 434, 435, 460, 10052, 10149, 10241]
      ),
      (.cancelled, [202]), (.notFound, [135, 10147]), (.cancelRefused, [136, 161, 10148]),
      (.changeRefused, [104, 105, 329]), (.alive, [399, 404, 481, 2109, 2137, 2148, 2161, 2169, 10349]),
      (.unknown, [0, 1, 100, 5000, 99_999]),
    ]
    for (verdict, codes) in expected { for code in codes { #expect(OrderVerdict(code: code) == verdict, "\(code)") } }
    #expect(RejectReason(code: 201, text: "Order rejected - reason: no trading permissions") == .permission)
    #expect(RejectReason(code: 201, text: "?") == .other)
  }
}

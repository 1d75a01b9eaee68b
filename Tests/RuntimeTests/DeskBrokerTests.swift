import AlphaLoopLoader
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("The fixture exchange")
struct DeskBrokerTests {
  private let folder: String
  private let book: DeskBook

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-desk-\(UUID().uuidString)").path
    makeFolder(folder)
    book = DeskBook(path: "\(folder)/book")
  }

  private func finish() { try? FileManager.default.removeItem(atPath: folder) }

  @Test("orders, fills, positions and cash are in the book, and a second connection finds them there")
  func remembers() throws {
    defer { finish() }
    let first = try DeskConnection(book.path)
    #expect(first.waitForConnection())
    #expect(try first.submit(1, 10).status == AL_AGAIN)
    #expect(first.wait { first.kinds(1) == [AL_REPORT_ACCEPTED, AL_REPORT_FILL] })
    try book.set("fill", "partial")
    _ = try first.submit(2, -4, instrument: 1)
    #expect(try first.submit(2, -4, instrument: 1).status == AL_OK)
    #expect(book.contents().order(DeskConnection.session, 2)?.repeats == 1)
    first.instance.destroy()

    let second = try DeskConnection(book.path)
    let open = try second.openOrders()
    #expect(open.map(\.row.id.sequence) == [2])
    #expect(open.map(\.row.remaining) == [-2 * AL_UNIT])
    #expect(open.map(\.text) == ["BBB AL00000000000000a1-2"])
    let executions = try second.executions()
    #expect(executions.map(\.quantity) == [10, -2])
    #expect(Set(executions.map(\.execution)).count == 2)
    #expect(try second.positions() == ["AAA": 10, "BBB": -2])
    #expect(try second.account().cash == (1_000_000 - 990 + 198) * AL_UNIT)
    // What happened before the connection is not pushed.
    #expect(second.waitForConnection())
    #expect(!second.reports.contains { $0.row.kind != AL_REPORT_CONNECTION })
    try book.fill(DeskConnection.session, 2)
    #expect(second.wait { second.kinds(2) == [AL_REPORT_FILL] })
    #expect(try second.openOrders().isEmpty)
  }

  @Test(
    "each way of answering leaves the order in the book",
    arguments: [("ack", AL_OK), ("again", AL_AGAIN), ("timeout", AL_E_TIMEOUT), ("never", AL_AGAIN)])
  func answers(_ word: String, _ status: al_status) throws {
    defer { finish() }
    let desk = try DeskConnection(book.path, parameters: [.init("answer", .text(word)), .init("fill", .text("none"))])
    #expect(try desk.submit(1, 10).status == status)
    #expect(book.contents().order(DeskConnection.session, 1)?.state == .working)
    if word == "again" { #expect(desk.wait { desk.kinds(1) == [AL_REPORT_ACCEPTED] }) }
    usleep(20_000)
    #expect(desk.kinds(1).isEmpty == (word != "again"))
  }

  @Test("every third is rejected, every second is lost, and what was lost is nowhere to be found")
  func rejectsAndLosses() throws {
    defer { finish() }
    let desk = try DeskConnection(book.path, parameters: [.init("fill", .text("none"))])
    try book.set("reject_every", "3")
    try book.set("lose_every", "2")
    let acks = try (1...4).map { try desk.submit(UInt64($0), 1).status }
    #expect(acks == [AL_AGAIN, AL_AGAIN, AL_E_REJECTED, AL_AGAIN])
    #expect(book.contents().orders.map(\.state) == [.working, .lost, .rejected, .lost])
    let known = try desk.openOrders()
    #expect(known.map(\.row.kind) == [AL_REPORT_WORKING, AL_REPORT_REJECTED])
    #expect(known.map(\.row.id.sequence) == [1, 3])
  }

  @Test("fills while the session is down are told only to who asks, and a query can time out")
  func gap() throws {
    defer { finish() }
    let desk = try DeskConnection(book.path, parameters: [.init("fill", .text("none"))])
    _ = try desk.submit(1, 10)
    try book.connection(AL_LAYER_SESSION, AL_CONNECTION_DOWN, code: 1100)
    #expect(desk.wait { desk.reports.contains { $0.row.quantity == 1100 } })
    #expect(failure { try desk.openOrders() } != nil)
    #expect(failure { try desk.submit(2, 10) } != nil)
    try book.fill(DeskConnection.session, 1, quantity: 4)
    try book.connection(AL_LAYER_SESSION, AL_CONNECTION_UP, code: 1102)
    #expect(desk.wait { desk.reports.contains { $0.row.quantity == 1102 } })
    try book.fill(DeskConnection.session, 1, quantity: 6)
    #expect(desk.wait { desk.kinds(1).contains(AL_REPORT_FILL) })
    #expect(desk.reports.filter { $0.row.kind == AL_REPORT_FILL }.map(\.quantity) == [6])
    #expect(try desk.executions().map(\.quantity) == [4, 6])
    try book.set("query_timeout", "executions")
    #expect(failure { try desk.executions() }?.contains("timeout") == true)
    #expect(try desk.openOrders().isEmpty)
  }

  @Test("the orders and positions of others are shown as theirs and can be cancelled by the broker's number only")
  func others() throws {
    defer { finish() }
    let desk = try DeskConnection(book.path, parameters: [.init("fill", .text("none"))])
    try book.addOrderOfOthers("AAA", quantity: 7, limit: 90)
    try book.addPosition("ZZZ", quantity: 5)
    _ = try desk.submit(1, 10)
    let open = try desk.openOrders()
    #expect(open.map(\.row.id.session) == [0, DeskConnection.session])
    #expect(open.map(\.text) == ["AAA MANUAL", "AAA AL00000000000000a1-1"])
    #expect(try desk.positions() == ["ZZZ": 5])
    _ = try desk.cancel(DeskConnection.session, 1)
    #expect(desk.wait { desk.kinds(1).last == AL_REPORT_CANCELLED })
    #expect(book.contents().working.map(\.reference) == ["MANUAL"])
    _ = try desk.cancel(0, UInt64(open[0].row.broker_id))
    #expect(book.contents().working.isEmpty)
  }

  @Test("a cancel that is not answered leaves the order working")
  func silentCancel() throws {
    defer { finish() }
    let silence = [PluginParameter("fill", .text("none")), PluginParameter("cancel", .text("never"))]
    let desk = try DeskConnection(book.path, parameters: silence)
    _ = try desk.submit(1, 10)
    #expect(try desk.cancel(DeskConnection.session, 1).status == AL_AGAIN)
    #expect(try desk.openOrders().map(\.row.kind) == [AL_REPORT_WORKING])
    #expect(book.contents().cancelsAsked == 1)
    try book.set("cancel", "ack")
    #expect(try desk.cancel(DeskConnection.session, 1).status == AL_OK)
    #expect(try desk.openOrders().map(\.row.kind) == [AL_REPORT_CANCELLED])
  }

  @Test("one client number is one connection; the next has it once the first is gone")
  func clientNumber() throws {
    defer { finish() }
    let first = try DeskConnection(book.path)
    #expect(first.waitForConnection())
    let second = try DeskConnection(book.path)
    #expect(second.wait { second.reports.contains { $0.row.quantity == 326 } })
    #expect(failure { try second.openOrders() } != nil)
    first.instance.destroy()
    #expect(second.waitForConnection())
    #expect(try second.openOrders().isEmpty)
  }
}

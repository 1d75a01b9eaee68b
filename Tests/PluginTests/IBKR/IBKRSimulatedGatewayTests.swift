import CAlphaLoop
import Foundation
import TWSProtocol
import TWSSimulator
import Testing

@testable import IBKRClient

/// A client in a whole session with the simulated gateway, and a host's part: it keeps each fill once, and reconciles when
/// the session is up again.
private final class SimulatedSession {
  let server: TWSSimulator.Gateway
  let client: IBKRClient.Gateway
  let inbox = Inbox()
  private let folder: String

  init(volatility: Double = 0, fillGap: Double = 5, weather: [String] = []) throws {
    var options = GatewayOptions()
    options.volatility = volatility
    options.fillGap = fillGap
    options.weather = weather
    server = try TWSSimulator.Gateway(options)
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    var settings = GatewayFixture.settings(server.port)
    settings.requestTimeout = 5
    settings.streamSilence = 1
    settings.stateFolder = folder
    client = IBKRClient.Gateway(settings, seed: 3)
    try client.start()
    client.bind(["AAPL", "MSFT"].map(GatewayFixture.listing))
    client.awaitContracts(timeout: 5)
    client.deliver { [inbox] in inbox.push($0) }
    try reconcile()
  }

  deinit {
    client.stop()
    server.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  @discardableResult
  func reconcile() throws -> [OrderReport] {
    let open = try client.openOrders()
    for report in try client.executions(since: 0) {
      withUnsafePointer(to: report.row) { inbox.push(UnsafeBufferPointer(start: $0, count: 1)) }
    }
    return open
  }

  /// Until the session has been told to be up this often, then as the host does.
  func reconcile(afterUps count: Int) throws {
    let up = Int32(bitPattern: AL_CONNECTION_UP)
    #expect(eventually(15) { inbox.states(AL_LAYER_SESSION).count { $0 == up } >= count && client.isReady })
    // The line may go down once more in the middle of it.
    #expect(eventually(15) { (try? reconcile()) != nil })
  }

  var ups: Int { inbox.states(AL_LAYER_SESSION).count { $0 == Int32(bitPattern: AL_CONNECTION_UP) } }

  func submit(_ row: al_order_v1) throws -> al_ack_v1 {
    var ack = al_ack_v1()
    try withUnsafePointer(to: row) { order in
      try withUnsafeMutablePointer(to: &ack) {
        try client.submit(UnsafeBufferPointer(start: order, count: 1), UnsafeMutableBufferPointer(start: $0, count: 1))
      }
    }
    return ack
  }

  func cancel(_ sequence: UInt64) throws -> al_ack_v1 {
    var ack = al_ack_v1()
    try withUnsafePointer(to: GatewayFixture.id(sequence)) { id in
      try withUnsafeMutablePointer(to: &ack) {
        try client.cancel(UnsafeBufferPointer(start: id, count: 1), UnsafeMutableBufferPointer(start: $0, count: 1))
      }
    }
    return ack
  }

  /// Filled in each order, each execution once and as last corrected.
  var filled: [UInt64: Int64] {
    var newest: [[UInt64]: SeenReport] = [:]
    for row in inbox.all where row.kind == AL_REPORT_FILL || row.kind == AL_REPORT_CORRECTION {
      if row.kind == AL_REPORT_CORRECTION || newest[row.execution] == nil { newest[row.execution] = row }
    }
    return newest.values.reduce(into: [:]) { $0[$1.id.sequence, default: 0] += $1.quantity }
  }

  /// The gateway's own book: orders by reference, and what was executed in each.
  func book() throws -> (orders: [String: Int], executed: [String: Double]) {
    let text = server.command(#"{"do":"book"}"#)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let orders = object["orders"] as? [[String: Any]] ?? []
    let executions = object["executions"] as? [[String: Any]] ?? []
    var count: [String: Int] = [:]
    for order in orders { count[order["ref"] as? String ?? "?", default: 0] += 1 }
    var sum: [String: Double] = [:]
    for row in executions {
      sum[row["ref"] as? String ?? "?", default: 0] += Double(row["shares"] as? String ?? "") ?? 0
    }
    return (count, sum)
  }

  static func market(_ sequence: UInt64, _ quantity: Int64 = 300) -> al_order_v1 {
    GatewayFixture.order(sequence, quantity: quantity, type: AL_ORDER_MARKET)
  }
}

@Suite("IBKR against the simulated gateway") struct IBKRSimulatedGatewayTests {
  @Test("orders fill in parts, each part once, with fees; the gateway's own book agrees")
  func fills() throws {
    let session = try SimulatedSession()
    for number in 1...5 { #expect(try session.submit(SimulatedSession.market(UInt64(number))).status == AL_AGAIN) }
    #expect(eventually(10) { session.filled == [1: 300, 2: 300, 3: 300, 4: 300, 5: 300].mapValues { $0 * AL_UNIT } })
    let book = try session.book()
    for number in 1...5 {
      #expect(book.orders[GatewayFixture.reference(UInt64(number))] == 1)
      #expect(book.executed[GatewayFixture.reference(UInt64(number))] == 300)
    }
    let fills = session.inbox.all(AL_REPORT_FILL)
    #expect(
      eventually {
        session.inbox.all(AL_REPORT_FEE).count + session.inbox.all(AL_REPORT_FILL).count { $0.fee > 0 } >= fills.count
      })
    let positions = try session.client.positions()
    #expect(positions.first { $0.instrument == 0 }?.quantity == 1500 * AL_UNIT)
    #expect(try session.client.figures().equity > 0)
  }

  @Test(
    "weather around the fills changes nothing in what was filled",
    arguments: [
      [#"{"do":"execution_first"}"#], [#"{"do":"duplicate_status"}"#], [#"{"do":"reorder"}"#],
      [#"{"do":"no_commission","times":3}"#], [#"{"do":"pieces","bytes":1}"#], [#"{"do":"pieces","bytes":7}"#],
      [#"{"do":"execution_first"}"#, #"{"do":"duplicate_status"}"#, #"{"do":"reorder"}"#],
    ])
  func weather(_ commands: [String]) throws {
    let session = try SimulatedSession()
    for command in commands { #expect(session.server.command(command).contains(#""ok":true"#)) }
    for number in 1...3 { _ = try session.submit(SimulatedSession.market(UInt64(number))) }
    #expect(eventually(15) { session.filled == [1: 300, 2: 300, 3: 300].mapValues { $0 * AL_UNIT } })
  }

  @Test("the line drops anywhere: after reconciliation every fill is there once and no order twice", arguments: 0..<6)
  func drops(_ place: Int) throws {
    let session = try SimulatedSession(fillGap: 20)
    let ups = session.ups
    if place > 0 {
      // In the middle of what the gateway says next.
      _ = session.server.command(#"{"do":"drop","bytes":\#(place * 137)}"#)
    }
    var sent: [UInt64] = []
    for number in UInt64(1)...3 {
      if let ack = try? session.submit(SimulatedSession.market(number)), ack.status >= 0 { sent.append(number) }
    }
    if place == 0 { _ = session.server.command(#"{"do":"drop"}"#) }
    try session.reconcile(afterUps: ups + 1)
    let wanted = try session.book()
    #expect(wanted.orders.values.allSatisfy { $0 == 1 })
    #expect(
      eventually(15) {
        guard (try? session.reconcile()) != nil, let book = try? session.book() else { return false }
        let executed = book.executed.mapValues { Int64($0) * AL_UNIT }
        let ours = Dictionary(uniqueKeysWithValues: session.filled.map { (GatewayFixture.reference($0.key), $0.value) })
        return ours == executed && executed.values.allSatisfy { $0 == 300 * AL_UNIT }
          && executed.count == book.orders.count
      })
    #expect(
      eventually(15) {
        guard (try? session.reconcile()) != nil, let ack = try? session.submit(SimulatedSession.market(9)) else {
          return false
        }
        return ack.status == AL_AGAIN || ack.status == AL_OK
      })
  }

  @Test(
    "fills while the gateway is cut off come with the reconciliation, also where their reports were lost",
    arguments: [
      #"{"do":"restored"}"#, #"{"do":"restored","data":"lost"}"#, #"{"do":"restored","reports":"lost"}"#,
    ])
  func gap(_ restored: String) throws {
    let session = try SimulatedSession()
    _ = session.server.command(#"{"do":"hold_fills"}"#)
    _ = try session.submit(SimulatedSession.market(1))
    #expect(eventually { !session.inbox.all(AL_REPORT_ACCEPTED).isEmpty })
    let ups = session.ups
    _ = session.server.command(#"{"do":"lost"}"#)
    #expect(eventually { session.inbox.states(AL_LAYER_SESSION).last == Int32(bitPattern: AL_CONNECTION_DOWN) })
    #expect(throws: IBKRError.self) { try session.submit(SimulatedSession.market(2)) }
    _ = session.server.command(#"{"do":"hold_fills","on":false}"#)
    usleep(300_000)
    #expect(session.server.command(restored).contains(#""ok":true"#))
    try session.reconcile(afterUps: ups + 1)
    #expect(eventually(10) { (try? session.reconcile()) != nil && session.filled[1] == 300 * AL_UNIT })
    #expect(try session.submit(SimulatedSession.market(2)).status == AL_AGAIN)
  }

  @Test("after a restart that takes ids back ours go on above, and every order keeps its own fills")
  func rollback() throws {
    let session = try SimulatedSession()
    _ = session.server.command(#"{"do":"hold_fills"}"#)
    var limit = GatewayFixture.order(1, quantity: 100, limit: 100)
    limit.time_in_force = AL_TIF_GTC
    let first = try session.submit(limit)
    #expect(eventually { !session.inbox.all(AL_REPORT_ACCEPTED).isEmpty })
    let ups = session.ups
    #expect(session.server.command(#"{"do":"reset","seconds":0.3,"rollback":5}"#).contains(#""ok":true"#))
    try session.reconcile(afterUps: ups + 1)
    _ = session.server.command(#"{"do":"hold_fills","on":false}"#)
    let second = try session.submit(SimulatedSession.market(2))
    #expect(second.status == AL_AGAIN && second.broker_id > first.broker_id)
    #expect(eventually(10) { session.filled == [2: 300 * AL_UNIT] })
    // The id that named it was taken back: the gateway does not find it, and nobody may take that for a cancel.
    _ = session.server.command(#"{"do":"hold_fills"}"#)
    #expect(try session.cancel(1).status == AL_AGAIN)
    #expect(
      eventually { session.inbox.all(AL_REPORT_CANCEL_REJECTED).contains { $0.id.sequence == 1 && $0.code == 10147 } })
    #expect(session.inbox.all(AL_REPORT_CANCELLED).isEmpty)
    #expect(eventually { session.ups > ups + 1 }, "the host is asked to reconcile")
    #expect(try session.reconcile().contains { $0.row.kind == AL_REPORT_WORKING && $0.row.id.sequence == 1 })
  }

  @Test("a second order under one reference is seen, counted and cancelled with the first")
  func secondPermId() throws {
    let session = try SimulatedSession()
    var limit = GatewayFixture.order(1, quantity: 100, limit: 100)
    limit.time_in_force = AL_TIF_GTC
    _ = try session.submit(limit)
    #expect(eventually { !session.inbox.all(AL_REPORT_ACCEPTED).isEmpty })
    #expect(session.server.command(#"{"do":"second_perm"}"#).contains(#""ok":true"#))
    let working = try session.reconcile().filter { $0.row.kind == AL_REPORT_WORKING }
    #expect(working.map(\.row.remaining) == [200 * AL_UNIT], "both count")
    #expect(working.first?.text.contains("twice") == true)
    #expect(try session.cancel(1).status == AL_AGAIN)
    #expect(eventually { session.inbox.all(AL_REPORT_CANCELLED).contains { $0.id.sequence == 1 } })
    #expect(eventually { (try? session.reconcile())?.allSatisfy { $0.row.kind != AL_REPORT_WORKING } == true })
  }

  @Test("a burst of rejects ends each order with the gateway's words, and nothing else")
  func rejects() throws {
    let session = try SimulatedSession()
    #expect(
      session.server.command(#"{"do":"reject","times":10,"reason":"Insufficient margin"}"#).contains(
        #""ok":true"#))
    for number in 1...11 { _ = try session.submit(SimulatedSession.market(UInt64(number))) }
    #expect(eventually(10) { session.filled == [11: 300 * AL_UNIT] })
    let rejected = session.inbox.all(AL_REPORT_REJECTED)
    #expect(Set(rejected.map(\.id.sequence)) == Set(1...10) && rejected.count == 10)
    #expect(Set(rejected.map(\.code)) == [201])
    #expect(Set(rejected.map(\.text)) == ["margin: Order rejected - reason:Insufficient margin"])
  }

  @Test("orders cancelled from elsewhere, corrected trades and late statuses are told as what they are")
  func otherSide() throws {
    let session = try SimulatedSession()
    var limit = GatewayFixture.order(1, quantity: 100, limit: 100)
    limit.time_in_force = AL_TIF_GTC
    _ = try session.submit(limit)
    #expect(eventually { !session.inbox.all(AL_REPORT_ACCEPTED).isEmpty })
    _ = session.server.command(#"{"do":"cancel","reason":"by the desk"}"#)
    #expect(eventually { session.inbox.all(AL_REPORT_CANCELLED).count == 1 })
    _ = try session.submit(SimulatedSession.market(2, 100))
    #expect(eventually { session.filled[2] == 100 * AL_UNIT })
    #expect(session.server.command(#"{"do":"correct","price":1.5}"#).contains(#""ok":true"#))
    #expect(eventually { session.inbox.all(AL_REPORT_CORRECTION).first?.price == 150_000_000 })
    #expect(session.filled[2] == 100 * AL_UNIT)
  }

  @Test("a new process finds the orders of the old one as ours, with a client id and ids that go on")
  func restart() throws {
    let session = try SimulatedSession()
    var limit = GatewayFixture.order(1, quantity: 100, limit: 100)
    limit.time_in_force = AL_TIF_GTC
    let old = try session.submit(limit)
    #expect(eventually { !session.inbox.all(AL_REPORT_ACCEPTED).isEmpty })
    session.client.stop()
    let again = IBKRClient.Gateway(session.client.settings, seed: 4)
    try again.start()
    defer { again.stop() }
    again.bind(["AAPL"].map(GatewayFixture.listing))
    again.awaitContracts(timeout: 5)
    let rows = try again.openOrders()
    _ = try again.executions(since: 0)
    #expect(rows.map(\.row.kind) == [AL_REPORT_WORKING])
    #expect(rows.first?.row.id.sequence == 1 && rows.first?.row.broker_id == old.broker_id)
    #expect(rows.first?.row.quantity == 100 * AL_UNIT && rows.first?.row.instrument == 0)
    var next = GatewayFixture.order(2, quantity: 1, limit: 100)
    next.time_in_force = AL_TIF_GTC
    var ack = al_ack_v1()
    try withUnsafePointer(to: next) { order in
      try withUnsafeMutablePointer(to: &ack) {
        try again.submit(UnsafeBufferPointer(start: order, count: 1), UnsafeMutableBufferPointer(start: $0, count: 1))
      }
    }
    #expect(ack.status == AL_AGAIN && ack.broker_id > old.broker_id + 100, "above the block that was kept on disk")
  }

  @Test("live quotes stream, and come again after a drop")
  func quotes() throws {
    let session = try SimulatedSession(volatility: 1)
    let count = Monitor(0)
    let stream = session.client.subscribe(
      .marketData(GatewayFixture.listing("AAPL").contract, MarketDataQuery())
    ) { event in
      if case .message(.tickPrice) = event { count.withLock { $0 += 1 } }
    }
    #expect(eventually(10) { count.withLock { $0 } > 3 })
    let ups = session.ups
    _ = session.server.command(#"{"do":"drop"}"#)
    #expect(eventually(10) { session.ups > ups })
    let before = count.withLock { $0 }
    #expect(eventually(10) { count.withLock { $0 } > before + 3 })
    session.client.unsubscribe(stream)
    var query = HistoricalDataQuery()
    query.barSizeSetting = "1 min"
    query.durationStr = "600 S"
    query.whatToShow = "TRADES"
    #expect(try !session.client.historicalBars(GatewayFixture.listing("AAPL").contract, query).isEmpty)
  }
}

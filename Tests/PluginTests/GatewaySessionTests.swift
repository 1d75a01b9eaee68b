import Foundation
import TWSProtocol
import TWSSimulator
import Testing

@Suite struct GatewaySessionTests {
  @Test func versionsAreAgreedOn() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    for (offer, agreed) in [(100...226, 200), (157...178, 178), (176...176, 176), (100...187, 187)] {
      let client = try GatewayClient(port: gateway.port, clientId: nil, versions: offer)
      #expect(client.version?.number == agreed)
      // Nothing comes before the client starts, and requests before that are dropped.
      try client.send(.reqCurrentTime)
      client.pump(seconds: 0.05)
      #expect(client.received.isEmpty)
    }
    for bytes in [
      try Greeting.bytes(versions: 100...175), try Greeting.bytes(versions: 201...226),
      Array("GET / HTTP/1.1\r\n\r\n".utf8),
    ] {
      let client = try GatewayClient(port: gateway.port, greets: false)
      try client.write(bytes)
      #expect(client.waitForClose(seconds: 2))
    }
    var options = GatewayOptions()
    options.highestVersion = 203
    #expect(throws: GatewayError.self) { try Gateway(options) }
  }

  @Test func theGreetingMayComeInPieces() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port, greets: false)
    for byte in try Greeting.bytes() {
      try client.write([byte])
      usleep(2000)
    }
    #expect(try client.nextGreeting().number == 200)
  }

  @Test func aSecondConnectionOfAClientIsRefused() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let first = try GatewayClient(port: gateway.port, clientId: 5)
    let second = try GatewayClient(port: gateway.port, clientId: nil)
    try second.send(.startApi(clientId: 5))
    try second.waitForError(-1, 326)
    #expect(second.waitForClose(seconds: 2))
    try first.send(.reqCurrentTime)
    _ = try first.wait("time") { if case .currentTime(let time) = $0 { time } else { nil } }
    _ = try GatewayClient(port: gateway.port, clientId: 6)
  }

  @Test func ordersOutliveTheirConnection() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    gateway.command(#"{"do":"price","symbol":"AAPL","price":187}"#)
    var orderId: Int32 = 0
    var permId: Int64 = 0
    do {
      let client = try GatewayClient(port: gateway.port, clientId: 3)
      orderId = try client.place("AAPL", GatewayClient.order("BUY", "100", "LMT", limit: 150, ref: "lasts"))
      permId = try client.waitForStatus(orderId, "Submitted").permId
      try client.waitForStatus(try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT")), "Filled")
      let gone = try client.place("AAPL", GatewayClient.order("BUY", "10", "LMT", limit: 150))
      try client.waitForStatus(gone, "Submitted")
      try client.send(.cancelOrder(orderId: gone))
      try client.waitForStatus(gone, "Cancelled")
      try client.waitForError(gone, 202)
    }
    gateway.command(#"{"do":"fill","order":\#(orderId),"quantity":"30","price":150}"#)
    let other = try GatewayClient(port: gateway.port, clientId: 4)
    #expect(other.nextId == 1)
    try other.send(.reqAllOpenOrders)
    let seen = try other.wait("the order") { if case .openOrder(let o) = $0 { o } else { nil } }
    #expect(seen.orderId == 0 && seen.order.clientId == 3 && seen.order.permId == permId)
    try other.send(.cancelOrder(orderId: orderId))
    try other.waitForError(orderId, 10147)
    let again = try GatewayClient(port: gateway.port, clientId: 3)
    #expect(again.nextId == orderId + 3)
    #expect(try again.waitForStatus(orderId, "Submitted").filled == WireDecimal("30"))
    try again.send(.reqExecutions(reqId: 9))
    _ = try again.wait("end") { if case .execDetailsEnd(9) = $0 { true } else { nil } }
    #expect(again.executions(of: orderId).map(\.shares) == [WireDecimal("30")])
    try again.send(.reqCompletedOrders(apiOnly: false))
    _ = try again.wait("end") { if case .completedOrdersEnd = $0 { true } else { nil } }
    let completed = again.received.compactMap {
      if case .completedOrder(let c) = $0 { c.orderState.status } else { nil }
    }
    #expect(completed.sorted() == ["Cancelled", "Filled"])
    try again.send(.reqGlobalCancel())
    try again.waitForStatus(orderId, "Cancelled")
    #expect(again.faults.isEmpty && other.faults.isEmpty)
  }

  @Test func whatCannotBeReadIsAnswered() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    for text in ["3|1|x|", "777|a|", "|", "x|"] {
      try client.write(FrameSplitter.frame(Array(text.replacing("|", with: "\u{0}").utf8)))
    }
    client.pump(seconds: 0.2)
    let errors = client.received.filter { if case .error(let e) = $0 { e.errorCode == 320 } else { false } }
    #expect(errors.count == 4)
    try client.send(.reqIds())
    _ = try client.wait("id", from: client.received.count) { if case .nextValidId(let id) = $0 { id } else { nil } }
  }

  @Test func accountsFollowTrades() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    try client.send(.reqPositions)
    try client.send(.reqAccountUpdates(subscribe: true, account: ""))
    try client.send(.reqAccountSummary(reqId: 1, group: "All", tags: "NetLiquidation,BuyingPower"))
    try client.send(.reqPnL(reqId: 2, account: "DU1234567", modelCode: ""))
    try client.send(.reqPnLSingle(reqId: 3, account: "DU1234567", modelCode: "", conId: 265598))
    try client.send(.reqPositionsMulti(reqId: 4, account: "DU1234567", modelCode: ""))
    try client.send(.reqAccountUpdatesMulti(reqId: 5, account: "DU1234567", modelCode: "", ledgerAndNLV: true))
    _ = try client.wait("summary") { if case .accountSummaryEnd(1) = $0 { true } else { nil } }
    _ = try client.wait("download") { if case .accountDownloadEnd = $0 { true } else { nil } }
    _ = try client.wait("pnl") { if case .pnl(let p) = $0, p.reqId == 2 { true } else { nil } }
    _ = try client.wait("end") { if case .accountUpdateMultiEnd(5) = $0 { true } else { nil } }
    let orderId = try client.place("AAPL", GatewayClient.order("BUY", "100", "MKT"))
    try client.waitForStatus(orderId, "Filled")
    let held = try client.wait("position") {
      if case .position(let p) = $0, p.position == WireDecimal("100") { p } else { nil }
    }
    // With commissions.
    let paid = client.executions(of: orderId).reduce(0.0) { $0 + (Double($1.shares.description) ?? 0) * $1.price }
    #expect(held.contract.conId == 265598 && (held.avgCost ?? 0) * 100 > paid)
    try client.waitForStatus(try client.place("AAPL", GatewayClient.order("SELL", "100", "MKT")), "Filled")
    _ = try client.wait("flat") { if case .position(let p) = $0, p.position == .zero { p } else { nil } }
    let realized = try client.wait("realized") {
      if case .commissionReport(let r) = $0, let earned = r.realizedPNL { earned } else { nil }
    }
    #expect(realized < 0)
    #expect(client.faults.isEmpty, "\(client.faults)")
  }
}

import Foundation
import TWSProtocol
import TWSSimulator
import Testing

@Suite struct GatewayWeatherTests {
  private func resting(_ gateway: Gateway, _ client: GatewayClient) throws -> Int32 {
    gateway.command(#"{"do":"price","symbol":"AAPL","price":187}"#)
    let orderId = try client.place("AAPL", GatewayClient.order("BUY", "100", "LMT", limit: 150, ref: "rests"))
    try client.waitForStatus(orderId, "Submitted")
    return orderId
  }

  private func isOK(_ answer: String) -> Bool { answer.hasPrefix("{\"ok\":true") }

  @Test func aConnectionIsDropped() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let (first, other) = (try GatewayClient(port: gateway.port), try GatewayClient(port: gateway.port, clientId: 2))
    gateway.command(#"{"do":"drop","client":1}"#)
    #expect(first.waitForClose(seconds: 2))
    try other.send(.reqIds())
    _ = try other.wait("id", from: other.received.count) { if case .nextValidId(let id) = $0 { id } else { nil } }
    // After so many bytes: in the middle of a frame.
    let again = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"drop","client":1,"bytes":7}"#)
    try again.send(.reqCurrentTime)
    #expect(again.waitForClose(seconds: 2) && again.undecoded == 7)
    // Without a number everybody.
    gateway.command(#"{"do":"drop"}"#)
    #expect(other.waitForClose(seconds: 2))
  }

  @Test func bytesComeSlowlyAndInPieces() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    gateway.command(#"{"do":"pieces","bytes":5,"ms":1}"#)
    let client = try GatewayClient(port: gateway.port)
    let orderId = try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT"))
    try client.waitForStatus(orderId, "Filled")
    #expect(client.faults.isEmpty)
    gateway.command(#"{"do":"pieces","bytes":0}"#)
  }

  @Test(arguments: [("kept", Int32(1102), "sent"), ("lost", 1101, "lost")])
  func theLinkGoesAndComes(data: String, code: Int32, reports: String) throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    let orderId = try resting(gateway, client)
    try client.send(.reqMktData(reqId: 1, GatewayClient.stock("AAPL"), MarketDataQuery()))
    _ = try client.wait("a tick") { if case .tickPrice = $0 { true } else { nil } }
    gateway.command(#"{"do":"lost"}"#)
    try client.waitForError(-1, 1100)
    client.pump(seconds: 0.1)
    gateway.command(#"{"do":"fill","order":\#(orderId),"quantity":"40"}"#)
    var mark = client.received.count
    client.pump(seconds: 0.2)
    // Neither trades nor quotes.
    #expect(client.received.count == mark)
    gateway.command(#"{"do":"restored","data":"\#(data)","reports":"\#(reports)"}"#)
    try client.waitForError(-1, code)
    mark = client.received.count
    client.pump(seconds: 0.3)
    let ticks = client.received[mark...].contains { if case .tickPrice = $0 { true } else { false } }
    #expect(ticks == (data == "kept"))
    #expect(client.executions(of: orderId).count == (reports == "sent" ? 1 : 0))
    // Whoever asks hears of the trade in any case.
    try client.send(.reqExecutions(reqId: 5))
    _ = try client.wait("end") { if case .execDetailsEnd(5) = $0 { true } else { nil } }
    #expect(client.executions(of: orderId).contains { $0.shares == WireDecimal("40") })
  }

  @Test func farmsAndSessionsCompete() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    try client.send(.reqMktData(reqId: 1, GatewayClient.stock("AAPL"), MarketDataQuery()))
    for (off, on, down, up) in [
      (#"{"do":"farm","up":false}"#, #"{"do":"farm","up":true}"#, Int32(2103), Int32(2104)),
      (#"{"do":"history_farm","up":false}"#, #"{"do":"history_farm","up":true}"#, 2105, 2106),
    ] {
      gateway.command(off)
      try client.waitForError(-1, down)
      let mark = client.received.count
      gateway.command(on)
      try client.waitForError(-1, up, from: mark)
    }
    gateway.command(#"{"do":"competing"}"#)
    try client.waitForError(1, 10197)
    gateway.command(#"{"do":"competing","on":false}"#)
    _ = try client.wait("a tick", from: client.received.count) { if case .tickPrice = $0 { true } else { nil } }
    gateway.command(#"{"do":"unsubscribed"}"#)
    try client.send(.reqMktData(reqId: 2, GatewayClient.stock("AAPL"), MarketDataQuery()))
    try client.waitForError(2, 354)
    try client.send(.reqMarketDataType(3))
    try client.send(.reqMktData(reqId: 3, GatewayClient.stock("AAPL"), MarketDataQuery()))
    try client.waitForError(3, 10167)
    _ = try client.wait("a delayed tick") {
      if case .tickPrice(let t) = $0, t.reqId == 3, t.tickType == 66 { true } else { nil }
    }
    gateway.command(#"{"do":"occupy","client":9}"#)
    let refused = try GatewayClient(port: gateway.port, clientId: nil)
    try refused.send(.startApi(clientId: 9))
    try refused.waitForError(-1, 326)
    gateway.command(#"{"do":"occupy","client":9,"on":false}"#)
    _ = try GatewayClient(port: gateway.port, clientId: 9)
  }

  @Test func reportsComeInOddOrders() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"execution_first"}"#)
    let early = try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT"))
    try client.waitForStatus(early, "Filled")
    let first = client.received.first {
      switch $0 {
      case .execDetails(let d): d.execution.orderId == early
      case .openOrder(let o): o.orderId == early
      case .orderStatus(let s): s.orderId == early
      default: false
      }
    }
    if case .execDetails? = first {} else { Issue.record("\(String(describing: first)) came first") }
    gateway.command(#"{"do":"execution_first","on":false}"#)
    gateway.command(#"{"do":"duplicate_status"}"#)
    gateway.command(#"{"do":"reorder"}"#)
    gateway.command(#"{"do":"no_commission","times":9}"#)
    let twice = try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT"))
    try client.waitForStatus(twice, "Filled")
    client.pump(seconds: 0.2)
    let statuses = client.received.compactMap {
      if case .orderStatus(let s) = $0, s.orderId == twice { s.status } else { nil }
    }
    #expect(statuses.count { $0 == "Filled" } == 2 && statuses.count { $0 == "Submitted" } >= 2)
    let commissioned = Set(
      client.received.compactMap { if case .commissionReport(let r) = $0 { r.execId } else { nil } })
    #expect(client.executions(of: twice).allSatisfy { !commissioned.contains($0.execId) })
    #expect(client.executions(of: early).allSatisfy { commissioned.contains($0.execId) })
    // A correction replaces: the same id but for the last number.
    let mark = client.received.count
    gateway.command(#"{"do":"correct","price":190.5}"#)
    let corrected = try client.wait("correction", from: mark) {
      if case .execDetails(let d) = $0 { d.execution } else { nil }
    }
    #expect(corrected.execId.hasSuffix(".02") && corrected.price == 190.5)
    #expect(client.executions(of: twice).last.map { $0.execId.dropLast(3) } == corrected.execId.dropLast(3))
    gateway.command(#"{"do":"stale_status","order":\#(twice),"client":1}"#)
    try client.waitForStatus(twice, "Submitted", from: mark)
  }

  @Test func theOtherSideActsOnOrders() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    let one = try resting(gateway, client)
    gateway.command(#"{"do":"cancel","order":\#(one),"reason":"by the exchange"}"#)
    try client.waitForStatus(one, "Cancelled")
    #expect(try client.waitForError(one, 202).errorString.contains("by the exchange"))
    // A fill after the cancellation.
    gateway.command(#"{"do":"fill","order":\#(one),"client":1,"quantity":"7"}"#)
    _ = try client.wait("a late fill") {
      if case .execDetails(let d) = $0, d.execution.orderId == one { d } else { nil }
    }
    let two = try resting(gateway, client)
    let original = try client.waitForStatus(two, "Submitted").permId
    let mark = client.received.count
    gateway.command(#"{"do":"second_perm","order":\#(two)}"#)
    let second = try client.wait("a second permId", from: mark) {
      if case .openOrder(let o) = $0, o.order.permId != original { o } else { nil }
    }
    #expect(second.order.orderRef == "rests" && second.orderId == two)
    try client.send(.cancelOrder(orderId: two))
    _ = try client.wait("cancelled") {
      if case .orderStatus(let s) = $0, s.permId == second.order.permId, s.status == "Cancelled" { s } else { nil }
    }
    // The first of the two still works.
    try client.send(.reqAllOpenOrders)
    _ = try client.wait("end", from: mark) { if case .openOrderEnd = $0 { true } else { nil } }
    #expect(gateway.command(#"{"do":"book"}"#).contains("\"perm\":\(original),\"ref\":\"rests\""))
    gateway.command(#"{"do":"reject","times":3,"reason":"a burst"}"#)
    for _ in 0..<3 {
      let refused = try client.place("AAPL", GatewayClient.order("BUY", "1", "LMT", limit: 150))
      #expect(try client.waitForError(refused, 201).errorString.contains("a burst"))
    }
    _ = try resting(gateway, client)
    gateway.command(#"{"do":"notice","id":\#(two),"code":10349,"text":"TIF was set to DAY based on order preset."}"#)
    try client.waitForError(two, 10349)
    let three = try resting(gateway, client)
    gateway.command(#"{"do":"inactive","order":\#(three),"reason":"market closed"}"#)
    try client.waitForStatus(three, "Inactive")
    gateway.command(#"{"do":"ignore_cancels"}"#)
    let four = try resting(gateway, client)
    try client.send(.cancelOrder(orderId: four))
    client.pump(seconds: 0.2)
    let statuses = client.received.compactMap {
      if case .orderStatus(let s) = $0, s.orderId == four { s.status } else { nil }
    }
    #expect(!statuses.contains("Cancelled"))
  }

  @Test func theNightlyResetClosesThePort() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    _ = try resting(gateway, client)
    let lost = try resting(gateway, client)
    gateway.command(#"{"do":"reset","seconds":0.5,"rollback":0,"lose":1}"#)
    #expect(client.waitForClose(seconds: 2))
    #expect(throws: GatewayClient.Failure.self) { try GatewayClient(port: gateway.port) }
    usleep(800_000)
    let again = try GatewayClient(port: gateway.port)
    // The last order never left, and its id is handed out again.
    #expect(again.nextId == lost)
    again.pump(seconds: 0.1)
    let open = again.received.compactMap { if case .openOrder(let o) = $0 { o.orderId } else { nil } }
    #expect(open == [lost - 1])
    gateway.command(#"{"do":"reset","seconds":0.1,"rollback":2}"#)
    usleep(400_000)
    #expect(try GatewayClient(port: gateway.port).nextId < again.nextId)
  }

  @Test func aSilentGatewayAcceptsEverything() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"silent"}"#)
    try client.send(.reqCurrentTime)
    let mark = client.received.count
    client.pump(seconds: 0.2)
    #expect(client.received.count == mark && !client.isClosed)
    let other = try GatewayClient(port: gateway.port, greets: false)
    try other.write(Greeting.bytes())
    #expect(throws: GatewayClient.Failure.self) { try other.nextGreeting(seconds: 0.3) }
    gateway.command(#"{"do":"silent","on":false}"#)
    _ = try GatewayClient(port: gateway.port, clientId: 2)
  }

  @Test func commandsComeAtTheirTimesAndAfterEvents() throws {
    let gateway = try steadyGateway {
      $0.weather = [
        "# a comment", #"{"do":"notice","code":1,"text":"at a time","at":0.3}"#,
        #"{"do":"drop","client":1,"on":"place","count":2}"#,
      ]
    }
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    try client.waitForError(-1, 1)
    let order = GatewayClient.order("BUY", "1", "LMT", limit: 1)
    try client.waitForStatus(try client.place("AAPL", order), "Submitted")
    _ = try client.place("AAPL", order)
    #expect(client.waitForClose(seconds: 2))
    for line in [#"{"do":"rain"}"#, "x", #"{"do":"drop","colour":1}"#] {
      #expect(!isOK(gateway.command(line)) && gateway.command(line).contains("\"ok\":false"))
      #expect(throws: GatewayError.self, "\(line)") { try steadyGateway { $0.weather = [line] } }
    }
  }

  /// The book says who gave what and what became of it, in a file of its own, at the moment it happens.
  @Test func theBookIsTold() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("book-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let gateway = try steadyGateway { $0.bookPath = path }
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    let orderId = try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT", ref: "told"))
    try client.waitForStatus(orderId, "Filled")
    // Read while the gateway runs: every line is there as soon as the client can know of it.
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
    #expect(lines.map { $0["n"] as? Int } == (1...lines.count).map { $0 })
    let events = lines.filter { $0["ref"] as? String == "told" }.compactMap { $0["event"] as? String }
    #expect(events.first == "place" && events.contains("transmit") && events.last == "filled")
    let shares = lines.filter { $0["event"] as? String == "execution" }.compactMap { $0["shares"] as? String }
    #expect(shares.compactMap { Int($0) }.reduce(0, +) == 10)
  }
}

import Foundation
import TWSProtocol
import TWSSimulator
import Testing

/// A gateway with quick answers, and prices that stay where they are.
func steadyGateway(_ change: (inout GatewayOptions) -> Void = { _ in }) throws -> Gateway {
  var options = GatewayOptions()
  options.volatility = 0
  options.quotesPerSecond = 50
  options.fillGap = 2
  change(&options)
  return try Gateway(options)
}

@Suite struct GatewayOrderTests {
  @Test func aMarketOrderFillsInParts() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    for number in [176, 178, 190, 200] {
      let client = try GatewayClient(port: gateway.port, clientId: Int32(number), versions: 176...number)
      #expect(client.version?.number == number)
      let orderId = try client.place("AAPL", GatewayClient.order("BUY", "100", "MKT", ref: "a-\(number)"))
      let status = try client.waitForStatus(orderId, "Filled")
      #expect(status.filled == WireDecimal("100") && status.remaining == .zero && status.permId > Int64(Int32.max))
      let executions = client.executions(of: orderId)
      #expect(executions.reduce(0) { $0 + $1.shares.mantissa } == 100)
      #expect(executions.allSatisfy { $0.orderRef == "a-\(number)" && $0.permId == status.permId && $0.side == "BOT" })
      #expect(client.faults.isEmpty, "\(client.faults)")
    }
  }

  @Test func aLimitOrderRestsIsChangedAndFills() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"price","symbol":"AAPL","price":187}"#)
    let orderId = try client.place("AAPL", GatewayClient.order("BUY", "100", "LMT", limit: 180))
    let first = try client.waitForStatus(orderId, "Submitted")
    try client.send(
      .placeOrder(orderId: orderId, GatewayClient.stock("AAPL"), GatewayClient.order("BUY", "150", "LMT", limit: 181)))
    _ = try client.wait("the change") {
      if case .openOrder(let open) = $0, open.order.lmtPrice == 181, open.order.permId == first.permId {
        true
      } else {
        nil
      }
    }
    let mark = client.received.count
    gateway.command(#"{"do":"price","symbol":"AAPL","price":180.5}"#)
    let last = try client.waitForStatus(orderId, "Filled", from: mark)
    #expect(last.filled == WireDecimal("150") && last.permId == first.permId && last.avgFillPrice <= 181)
    try client.send(
      .placeOrder(orderId: orderId, GatewayClient.stock("AAPL"), GatewayClient.order("BUY", "200", "LMT", limit: 181)))
    try client.waitForError(orderId, 104)
    for execution in client.executions(of: orderId) {
      _ = try client.wait("commission") {
        if case .commissionReport(let r) = $0, r.execId == execution.execId { r } else { nil }
      }
    }
  }

  @Test(
    arguments: [
      ("SELL", "STP", nil, 180, 181.0, 179.0), ("BUY", "STP", nil, 190, 189.0, 191.0),
      ("SELL", "STP LMT", 170, 180, 181.0, 179.0), ("BUY", "MIT", nil, 180, 181.0, 179.0),
      ("BUY", "LIT", 182, 180, 181.0, 179.0),
    ] as [(String, String, Double?, Double, Double, Double)])
  func aTriggeredOrderWaits(
    action: String, type: String, limit: Double?, stop: Double, before: Double, after: Double
  ) throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"price","symbol":"AAPL","price":185}"#)
    let orderId = try client.place("AAPL", GatewayClient.order(action, "10", type, limit: limit, stop: stop))
    #expect(try client.waitForStatus(orderId, "PreSubmitted").whyHeld == "trigger")
    gateway.command(#"{"do":"price","symbol":"AAPL","price":\#(before)}"#)
    client.pump(seconds: 0.1)
    #expect(client.executions(of: orderId).isEmpty)
    gateway.command(#"{"do":"price","symbol":"AAPL","price":\#(after)}"#)
    try client.waitForStatus(orderId, "Filled")
  }

  @Test func aTrailingStopFollowsThePrice() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"price","symbol":"AAPL","price":100}"#)
    let orderId = try client.place("AAPL", GatewayClient.order("SELL", "10", "TRAIL", stop: 2))
    try client.waitForStatus(orderId, "PreSubmitted")
    for price in [99.0, 105, 110, 108.5] {
      gateway.command(#"{"do":"price","symbol":"AAPL","price":\#(price)}"#)
      client.pump(seconds: 0.05)
      #expect(client.executions(of: orderId).isEmpty, "\(price)")
    }
    gateway.command(#"{"do":"price","symbol":"AAPL","price":107.9}"#)
    try client.waitForStatus(orderId, "Filled")
  }

  @Test func auctionsAndTimesInForce() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"price","symbol":"AAPL","price":187}"#)
    let atClose = try client.place("AAPL", GatewayClient.order("BUY", "10", "MOC"))
    let tooLow = try client.place("AAPL", GatewayClient.order("BUY", "10", "LOC", limit: 150))
    let atOpen = try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT", tif: "OPG"))
    let ofDay = try client.place("AAPL", GatewayClient.order("BUY", "10", "LMT", limit: 150))
    let lasting = try client.place("AAPL", GatewayClient.order("BUY", "10", "LMT", limit: 150, tif: "GTC"))
    let atOnce = try client.place("AAPL", GatewayClient.order("BUY", "10", "LMT", limit: 150, tif: "IOC"))
    let whole = try client.place("AAPL", GatewayClient.order("BUY", "1000", "LMT", limit: 188, tif: "FOK"))
    for orderId in [atClose, tooLow, atOpen] { try client.waitForStatus(orderId, "PreSubmitted") }
    try client.waitForStatus(atOnce, "Cancelled")
    try client.waitForStatus(whole, "Filled")
    #expect(client.executions(of: whole).count == 1)
    client.pump(seconds: 0.1)
    #expect(client.executions(of: atClose).isEmpty && client.executions(of: atOpen).isEmpty)
    gateway.command(#"{"do":"auction","auction":"open"}"#)
    try client.waitForStatus(atOpen, "Filled")
    gateway.command(#"{"do":"auction","auction":"close"}"#)
    try client.waitForStatus(atClose, "Filled")
    try client.waitForStatus(tooLow, "Cancelled")
    try client.waitForStatus(ofDay, "Cancelled")
    client.pump(seconds: 0.1)
    try client.send(.reqOpenOrders)
    let mark = client.received.count
    _ = try client.wait("open orders", from: mark) { if case .openOrderEnd = $0 { true } else { nil } }
    let open = client.received[mark...].compactMap { if case .openOrder(let o) = $0 { o.orderId } else { nil } }
    #expect(open == [lasting])
    var dated = GatewayClient.order("BUY", "10", "LMT", limit: 150, tif: "GTD")
    dated.goodTillDate = "20200101-00:00:00"
    try client.waitForError(try client.place("AAPL", dated), 391)
  }

  @Test func groupsAndBrackets() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    gateway.command(#"{"do":"price","symbol":"AAPL","price":187}"#)
    // A group that is reduced by what fills, and one that is cancelled.
    for (type, expected) in [(Int32(3), "60"), (1, "Cancelled")] {
      var one = GatewayClient.order("BUY", "100", "LMT", limit: 185)
      (one.ocaGroup, one.ocaType) = ("group \(type)", type)
      let (first, second) = (try client.place("AAPL", one), try client.place("AAPL", one))
      try client.waitForStatus(second, "Submitted")
      gateway.command(#"{"do":"fill","order":\#(first),"quantity":"40"}"#)
      if type == 1 {
        try client.waitForStatus(second, expected)
      } else {
        _ = try client.wait("the smaller one") {
          if case .openOrder(let o) = $0, o.orderId == second, o.order.totalQuantity == WireDecimal(expected) {
            o
          } else {
            nil
          }
        }
      }
      // A name that was used makes a later order end at once.
      try client.waitForStatus(try client.place("AAPL", one), "Cancelled")
    }
    let parent = client.id()
    var entry = GatewayClient.order("BUY", "50", "LMT", limit: 180)
    entry.transmit = false
    try client.send(.placeOrder(orderId: parent, GatewayClient.stock("AAPL"), entry))
    var profit = GatewayClient.order("SELL", "50", "LMT", limit: 195)
    (profit.parentId, profit.transmit) = (parent, false)
    let gain = try client.place("AAPL", profit)
    client.pump(seconds: 0.1)
    #expect(!client.received.contains { if case .openOrder(let o) = $0 { o.orderId >= parent } else { false } })
    var loss = GatewayClient.order("SELL", "50", "STP", stop: 170)
    loss.parentId = parent
    let stop = try client.place("AAPL", loss)
    try client.waitForStatus(parent, "Submitted")
    for child in [gain, stop] { #expect(try client.waitForStatus(child, "PreSubmitted").whyHeld == "child") }
    gateway.command(#"{"do":"price","symbol":"AAPL","price":179}"#)
    try client.waitForStatus(parent, "Filled")
    try client.waitForStatus(gain, "Submitted")
    gateway.command(#"{"do":"price","symbol":"AAPL","price":169}"#)
    try client.waitForStatus(stop, "Filled")
    try client.waitForStatus(gain, "Cancelled")
    // A parent that is cancelled takes its children along.
    let other = client.id()
    try client.send(.placeOrder(orderId: other, GatewayClient.stock("AAPL"), entry))
    profit.parentId = other
    profit.transmit = true
    let child = try client.place("AAPL", profit)
    try client.waitForStatus(other, "Filled")
    try client.waitForStatus(child, "Submitted")
  }

  @Test func refusalsHaveTheirCodes() throws {
    let gateway = try steadyGateway()
    defer { gateway.stop() }
    let client = try GatewayClient(port: gateway.port)
    let plain = GatewayClient.order("BUY", "10", "LMT", limit: 100)
    func with(_ change: (inout Order) -> Void) -> Order {
      var order = plain
      change(&order)
      return order
    }
    let cases: [(Int32, Order)] = [
      (110, with { $0.lmtPrice = 100.005 }), (434, with { $0.totalQuantity = .zero }),
      (387, with { $0.orderType = "VOL" }),
      (10052, with { $0.tif = "XYZ" }), (435, with { $0.account = "U1" }), (10006, with { $0.parentId = 4711 }),
      (321, with { $0.action = "HOLD" }), (201, with { $0.totalQuantity = WireDecimal("99999999") }),
      (463, with { ($0.orderType, $0.auxPrice) = ("STP", nil) }), (10244, with { $0.cashQty = 100 }),
      (201, with { ($0.orderType, $0.tif) = ("MOC", "GTC") }),
    ]
    for (code, order) in cases { try client.waitForError(try client.place("AAPL", order), code) }
    try client.waitForError(try client.place("", plain), 200)
    try client.send(.placeOrder(orderId: 0, GatewayClient.stock("AAPL"), plain))
    try client.waitForError(0, 10149)
    try client.send(.cancelOrder(orderId: 999_999))
    try client.waitForError(999_999, 10147)
    let good = try client.place("AAPL", plain)
    try client.waitForStatus(good, "Submitted")
    // A change that is refused leaves the order as it is.
    for (code, order) in [
      (110, with { $0.lmtPrice = 100.005 }), (329, with { $0.orderType = "MKT" }), (105, with { $0.action = "SELL" }),
    ] as [(Int32, Order)] {
      try client.send(.placeOrder(orderId: good, GatewayClient.stock("AAPL"), order))
      try client.waitForError(good, code)
    }
    gateway.command(#"{"do":"fill","order":\#(good),"price":100}"#)
    try client.waitForStatus(good, "Filled")
    try client.send(.cancelOrder(orderId: good))
    try client.waitForError(good, 10148)
    // An id that was used and is below the highest.
    try client.send(.placeOrder(orderId: good - 3, GatewayClient.stock("AAPL"), plain))
    try client.waitForError(good - 3, 103)
    var preview = plain
    preview.whatIf = true
    let asked = try client.place("AAPL", preview)
    let answer = try client.wait("preview") { if case .openOrder(let o) = $0, o.orderId == asked { o } else { nil } }
    #expect(answer.order.whatIf && answer.order.permId == 0 && answer.orderState.initMarginChange == "250.0")
    #expect(client.faults.isEmpty, "\(client.faults)")
  }
}

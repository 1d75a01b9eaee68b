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
}

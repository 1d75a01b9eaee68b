import AlphaLoopKit

/// What the weather asks of the sockets.
enum Deed {
  case drop(clientId: Int32?, afterBytes: Int?)
  case transport
  case closePort(seconds: Double)
}

extension Core {
  func scheduleWeather(_ lines: [String]) throws(GatewayError) {}
  func command(_ line: String) -> String { "{}" }
  func takeDeeds() -> [Deed] { [] }
  func isClient(_ number: Int, _ clientId: Int32?) -> Bool { clientId == nil || sessions[number]?.clientId == clientId }
  func applyTransport(to connection: Connection) {}
  func unreadable(_ number: Int, _ error: Error) {}
}

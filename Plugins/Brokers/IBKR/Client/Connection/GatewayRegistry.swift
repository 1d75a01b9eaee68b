/// The connections of this library: instances with the same host, port and client id share one.
public final class GatewayRegistry: Sendable {
  public static let shared = GatewayRegistry()

  private struct Key: Hashable {
    var host: String
    var port: UInt16
    var clientId: Int32
  }

  private struct Entry {
    var gateway: Gateway
    var users: Int
  }

  private let entries = Monitor<[Key: Entry]>([:])

  public init() {}

  /// Connects, or joins the connection that is there. To be given back by `release`.
  ///
  /// - Throws: where it cannot be made, or where the one that is there was made for another mode or account.
  public func acquire(
    _ settings: GatewaySettings, time: TimeSource = .system, seed: UInt64 = 0, log: @escaping Gateway.Log
  ) throws(IBKRError) -> Gateway {
    let key = Key(host: settings.host, port: settings.port, clientId: settings.clientId)
    return try entries.withLock { (entries) throws(IBKRError) in
      if let known = entries[key] {
        let other = known.gateway.settings
        guard other.mode == settings.mode, settings.account.isEmpty || settings.account == known.gateway.account else {
          throw IBKRError(.account, "another instance uses this connection with another mode or account")
        }
        entries[key]?.users += 1
        return known.gateway
      }
      let gateway = Gateway(settings, time: time, seed: seed, log: log)
      try gateway.start()
      entries[key] = Entry(gateway: gateway, users: 1)
      return gateway
    }
  }

  /// Ends the connection with its last user.
  public func release(_ gateway: Gateway) {
    let isLast = entries.withLock { entries in
      guard let key = entries.first(where: { $0.value.gateway === gateway })?.key else { return false }
      entries[key]?.users -= 1
      guard entries[key]?.users == 0 else { return false }
      entries[key] = nil
      return true
    }
    if isLast { gateway.stop() }
  }
}

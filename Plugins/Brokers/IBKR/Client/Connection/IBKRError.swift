import TWSProtocol

/// Why something could not be had of the gateway.
public struct IBKRError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Nothing listens, or the handshake did not come to its end.
    case unreachable
    /// The gateway speaks a version that this client does not.
    case version
    /// Another connection has this client id.
    case clientIdInUse
    /// The account, or the port, does not fit the mode.
    case account
    /// There is no session now; nothing was sent.
    case notReady
    /// Sent, and no whole answer came in time.
    case timedOut
    /// The connection ended before the whole answer came.
    case disconnected
    /// The gateway said no; `code` is its number.
    case refused
    /// The request cannot be put on the wire.
    case invalid
    /// The client was stopped.
    case stopped
  }

  public var kind: Kind
  /// The gateway's number; 0 none.
  public var code: Int32
  public var message: String

  public init(_ kind: Kind, code: Int32 = 0, _ message: String) {
    self.kind = kind
    self.code = code
    self.message = message
  }

  init(_ error: WireError, in what: String) { self.init(.invalid, "\(what): \(error)") }
}

import CAlphaLoop

/// What is known of a connected broker's line, layer by layer (`AL_LAYER_*`), and whether its books were compared with ours
/// since it last came up.
public struct Connection: Equatable, Sendable {
  /// False for a simulated broker, which is always there and has no books of its own.
  public let isConnected: Bool
  /// By layer; `AL_CONNECTION_*`.
  public private(set) var layers: [UInt32]
  /// The session was up, and nothing has come between our books and the broker's since.
  public internal(set) var isReconciled: Bool
  /// When the session last came up, ns; 0: it is not up.
  public private(set) var upSince: Int64 = 0

  public init(isConnected: Bool) {
    self.isConnected = isConnected
    layers = Array(repeating: isConnected ? AL_CONNECTION_DOWN : AL_CONNECTION_UP, count: 5)
    isReconciled = !isConnected
  }

  public subscript(_ layer: Int64) -> UInt32 { layers[Int(max(0, min(4, layer)))] }

  /// Nothing can reach the broker, or what it holds is not known: no order is sent.
  public var isFrozen: Bool { isConnected && !(isUp && isReconciled) }

  /// Socket and session.
  public var isUp: Bool { self[AL_LAYER_SOCKET] == AL_CONNECTION_UP && self[AL_LAYER_SESSION] == AL_CONNECTION_UP }

  /// - Returns: whether the books have to be compared: each time the session comes up, also again.
  mutating func heard(_ layer: Int64, _ state: UInt32, at time: Int64) -> Bool {
    guard isConnected, layer > 0, layer < layers.count else { return false }
    layers[Int(layer)] = state
    // What a lost socket or session carried is not known to be there.
    if !isUp {
      isReconciled = false
      upSince = 0
      return false
    }
    guard layer == AL_LAYER_SESSION || layer == AL_LAYER_SOCKET else { return false }
    isReconciled = false
    upSince = max(time, 1)
    return true
  }
}

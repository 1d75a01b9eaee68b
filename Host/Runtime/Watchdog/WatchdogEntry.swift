import AlphaLoopCore
import CAlphaLoop

/// How a watchdog finds a host.
public enum HostCondition: UInt8, Sendable, Equatable {
  /// No session was ever started here.
  case absent = 1
  /// The last one ended in good order, or never came to trade.
  case ended = 2
  case healthy = 3
  case dead = 4
  case stopped = 5
  /// Alive, but its trade loop does not turn.
  case stale = 6

  public var needsTakeover: Bool { self == .dead || self == .stopped || self == .stale }
}

/// One step of a watchdog, as it stands in its journal. What it sends to the broker stands there before it leaves.
public enum WatchdogEntry: Equatable, Sendable {
  /// A host was found in a condition that needs somebody in its place.
  case began(Beginning)
  /// SIGKILL is about to be sent.
  case ending(pid: Int32)
  case gone(pid: Int32)
  /// The line to the broker; indices of instruments in the events after it are those of this list.
  case connected(symbols: [String])
  /// What was sent and heard, as a session records it: `cancels` and `intents` before they leave, `cancelAcks`, `acks`,
  /// `reports`, and the broker's books as `reconciliation`.
  case event(RecordedEvent)
  /// Something went wrong, or was decided.
  case said(String)
  case ended(Ending)

  public struct Beginning: Equatable, Sendable {
    /// Of the order ids that this takeover gives out.
    public var session: UInt64
    /// The host's; 0: it had none yet.
    public var hostSession: UInt64
    /// The process: boot, pid and start.
    public var host: String
    public var condition: HostCondition
    public var policy: WatchdogConfiguration.Policy
  }

  public enum Ending: UInt8, Sendable {
    /// No order of ours works any more.
    case done = 1
    /// Another host has taken the account over, and its start settles what is left.
    case abandoned = 2
  }

  enum Kind: Int64 {
    case began = 1
    case ending = 2
    case gone = 3
    case connected = 4
    case event = 5
    case said = 6
    case ended = 7
  }

  var encoded: (kind: Kind, payload: [UInt8]) {
    var w = EventWriter()
    switch self {
    case .began(let b):
      w.put(b.session)
      w.put(b.hostSession)
      w.put(b.host)
      w.put(b.condition.rawValue)
      w.put(b.policy.rawValue)
      return (.began, w.bytes)
    case .ending(let pid), .gone(let pid):
      w.put(pid)
      if case .gone = self { return (.gone, w.bytes) }
      return (.ending, w.bytes)
    case .connected(let symbols):
      w.put(symbols)
      return (.connected, w.bytes)
    case .event(let event): return (.event, event.encoded)
    case .said(let text):
      w.put(text)
      return (.said, w.bytes)
    case .ended(let ending):
      w.put(ending.rawValue)
      return (.ended, w.bytes)
    }
  }

  /// nil when the bytes are no entry.
  init?(kind: Int64, payload: [UInt8]) {
    var r = EventReader(payload)
    switch Kind(rawValue: kind) {
    case .began?:
      guard let session: UInt64 = r.get(), let hostSession: UInt64 = r.get(), let host = r.text(),
        let condition = r.get(UInt8.self).flatMap(HostCondition.init(rawValue:)),
        let policy = r.text().flatMap(WatchdogConfiguration.Policy.init(rawValue:))
      else { return nil }
      self = .began(
        Beginning(session: session, hostSession: hostSession, host: host, condition: condition, policy: policy))
    case .ending?:
      guard let pid: Int32 = r.get() else { return nil }
      self = .ending(pid: pid)
    case .gone?:
      guard let pid: Int32 = r.get() else { return nil }
      self = .gone(pid: pid)
    case .connected?:
      guard let symbols = r.texts() else { return nil }
      self = .connected(symbols: symbols)
    case .event?:
      guard let event = RecordedEvent(encoded: payload) else { return nil }
      self = .event(event)
      return
    case .said?:
      guard let text = r.text() else { return nil }
      self = .said(text)
    case .ended?:
      guard let ending = r.get(UInt8.self).flatMap(Ending.init(rawValue:)) else { return nil }
      self = .ended(ending)
    case nil: return nil
    }
    guard r.isAtEnd else { return nil }
  }
}

import CAlphaLoop

/// What is known of the four layers of the connection.
struct Health: Sendable {
  enum Layer: Int64, CaseIterable, Sendable {
    case socket = 1
    case session = 2
    case farm = 3
    case subscription = 4
  }

  private(set) var states: [Layer: UInt32] = [:]
  private(set) var texts: [Layer: String] = [:]
  /// Since when a layer is not up; monotonic.
  private var downSince: [Layer: Int64] = [:]
  private var alarmed: [Layer: Int64] = [:]
  /// Farms that are broken.
  private var broken: Set<String> = []

  func isUp(_ layer: Layer) -> Bool { states[layer] == AL_CONNECTION_UP }

  /// True when there is something new to tell: another state, or a repeated word that the host acts on.
  mutating func set(_ layer: Layer, _ state: UInt32, text: String, now: Int64, isRepeated: Bool = false) -> Bool {
    let isNew = states[layer] != state
    states[layer] = state
    texts[layer] = text
    if state == AL_CONNECTION_UP {
      downSince[layer] = nil
      alarmed[layer] = nil
    } else if downSince[layer] == nil {
      downSince[layer] = now
    }
    return isNew || isRepeated
  }

  /// A farm by the name in the text ("Market data farm connection is broken:usfarm").
  mutating func farm(_ text: String, isBroken: Bool) -> UInt32 {
    let name = text.split(separator: ":").last.map { $0.trimmed } ?? text
    if isBroken { broken.insert(name) } else { broken.remove(name) }
    return broken.isEmpty ? AL_CONNECTION_UP : AL_CONNECTION_DOWN
  }

  mutating func forgetFarms() { broken.removeAll() }

  /// Layers that have been down for longer than `limit` since the start or the last alarm, and for how many seconds.
  mutating func overdue(now: Int64, limit: Int64) -> [(layer: Layer, seconds: Int64)] {
    var list: [(Layer, Int64)] = []
    for layer in [Layer.socket, .session] {
      guard let since = downSince[layer], states[layer] == AL_CONNECTION_DOWN,
        now - (alarmed[layer] ?? since) > limit
      else { continue }
      alarmed[layer] = now
      list.append((layer, (now - since) / 1_000_000_000))
    }
    return list
  }
}

extension StringProtocol {
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}

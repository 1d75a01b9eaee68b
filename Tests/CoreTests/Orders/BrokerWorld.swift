@testable import AlphaLoopCore

/// A seeded generator for tests: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A broker that really holds an order, and a network that delivers its messages in any order and more than once.
///
/// What the machine believes can be held against what is so: `open` is what the broker can still execute.
struct BrokerWorld {
  enum Life { case nowhere, travelling, live, ended }

  var life = Life.nowhere
  var quantity: Int64 = 0
  var executed: Int64 = 0
  /// Requests on their way to the broker.
  var requests: [OrderFact] = []
  /// Messages on their way to us; `heard` have come at least once and may come again.
  var messages: [OrderFact] = []
  var heard: [OrderFact] = []
  var executions: UInt64 = 0

  /// What may yet be executed: of an order there, and of one that will arrive.
  var open: Int64 {
    switch life {
    case .nowhere, .ended: 0
    case .travelling, .live: quantity - executed
    }
  }

  /// Something happens at the broker.
  mutating func act(_ random: inout SplitMix64) {
    switch life {
    case .nowhere, .ended: break
    case .travelling:
      life = .live
      if Int.random(in: 0..<6, using: &random) == 0 { end(.rejected) } else { messages.append(.accepted) }
    case .live:
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<4: execute(Int64.random(in: 1...max(1, open), using: &random))
      case 4: end(.expired)
      default: answer(&random)
      }
    }
    if life == .ended { answer(&random) }
  }

  private mutating func execute(_ size: Int64) {
    executions += 1
    executed += size
    messages.append(.fill(OrderEnumeration.fill(executions, size)))
    if executed >= quantity { life = .ended }
  }

  private mutating func end(_ fact: OrderFact) {
    life = .ended
    messages.append(fact)
  }

  private mutating func answer(_ random: inout SplitMix64) {
    guard let request = requests.first else { return }
    requests.removeFirst()
    switch request {
    case .cancelRequested: if life == .live { end(.cancelConfirmed) } else { messages.append(.cancelRejected) }
    case .replaceRequested(let size, let limit):
      guard life == .live else { return messages.append(.replaceRejected) }
      quantity = size.raw
      messages.append(.replaceConfirmed(quantity: size, limit: limit))
      if executed >= quantity { life = .ended }
    default: break
    }
  }

  /// A message arrives: any of those on their way, or one that came before.
  mutating func deliver(_ random: inout SplitMix64) -> OrderFact? {
    if !heard.isEmpty, Int.random(in: 0..<4, using: &random) == 0 { return heard.randomElement(using: &random) }
    if messages.isEmpty { return nil }
    let fact = messages.remove(at: Int.random(in: 0..<messages.count, using: &random))
    // A snapshot speaks of its moment: it is not sent again.
    if fact != .foundOpen { heard.append(fact) }
    return fact
  }
}

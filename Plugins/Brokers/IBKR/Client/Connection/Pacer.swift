/// How soon a message may go out. The gateway counts messages of every kind in a second and ends connections that go over
/// 50 again and again, so that no second here, wherever it starts, has more than `rate`. Less urgent messages leave room:
/// an order never waits behind data, nor a cancel behind orders.
struct Pacer: Sendable {
  enum Priority: Int, CaseIterable, Sendable {
    case cancel = 0
    case order = 1
    case data = 2
  }

  static let second: Int64 = 1_000_000_000

  private var sent: [Int64]
  private var head = 0
  private let limits: [Int]

  /// - Parameters:
  ///   - rate: most messages in a second, at least 4.
  init(rate: Int) {
    let rate = max(4, rate)
    sent = [Int64](repeating: .min / 2, count: rate)
    limits = [rate, max(3, rate - rate / 10), max(2, rate - rate / 4)]
  }

  /// Nanoseconds until a message of this priority may go; 0: now.
  func delay(_ priority: Priority, now: Int64) -> Int64 {
    let limit = limits[priority.rawValue]
    let index = (head - limit + sent.count) % sent.count
    return max(0, sent[index] &+ Pacer.second &- now)
  }

  /// Counts a message that goes now.
  mutating func take(now: Int64) {
    sent[head] = now
    head = (head + 1) % sent.count
  }

  /// As if the whole rate had just been used.
  mutating func fill(now: Int64) {
    for index in sent.indices { sent[index] = now }
  }
}

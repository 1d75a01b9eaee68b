import AlphaLoopSDK
import CAlphaLoop

/// A submission, cancel or replacement on its way to the venue.
struct Message {
  enum Kind: UInt64 { case submit, cancel, replace }
  var arrival: Int64
  var kind: Kind
  /// For cancels only `id` counts.
  var order: al_order_v1
}

/// First in, first out: with one latency for all, arrivals rise. A ring that doubles.
struct MessageQueue {
  private var ring: UnsafeMutablePointer<Message>
  private var capacity = 16
  private var head = 0
  private(set) var count = 0

  init() { ring = .allocate(capacity: 16) }
  func deallocate() { ring.deallocate() }

  subscript(position: Int) -> Message { ring[(head + position) & (capacity - 1)] }

  /// An arrival is never before that of the message ahead of it.
  mutating func append(_ message: Message) {
    if count == capacity { grow() }
    var message = message
    if count > 0 { message.arrival = max(message.arrival, self[count - 1].arrival) }
    (ring + ((head + count) & (capacity - 1))).initialize(to: message)
    count += 1
  }

  @inline(never) private mutating func grow() {
    let wider = UnsafeMutablePointer<Message>.allocate(capacity: capacity * 2)
    for i in 0..<count { (wider + i).initialize(to: self[i]) }
    ring.deallocate()
    ring = wider
    head = 0
    capacity *= 2
  }

  /// The first message if it has arrived by `time`.
  @inline(__always) mutating func take(by time: Int64) -> Message? {
    guard count > 0, ring[head].arrival <= time else { return nil }
    let message = ring[head]
    head = (head + 1) & (capacity - 1)
    count -= 1
    return message
  }
}

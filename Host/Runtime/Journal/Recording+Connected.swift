import AlphaLoopCore
import CAlphaLoop

/// What sessions with a connected broker record beside the rest: enough to know the account again without any agent.
extension RecordedEvent {
  /// An order as it goes to the broker, and whose it is.
  public struct Intent: Equatable, Sendable {
    public var order: al_order_v1
    public var label: UInt32
    /// Engine index and weight of the agents behind it.
    public var shares: [Ownership.Share]

    public init(order: al_order_v1, label: UInt32, shares: [Ownership.Share]) {
      self.order = order
      self.label = label
      self.shares = shares
    }

    public static func == (a: Intent, b: Intent) -> Bool {
      a.label == b.label && a.shares == b.shares && a.words == b.words
    }

    fileprivate var words: [UInt64] {
      let o = order
      let shape =
        UInt64(o.instrument) | UInt64(o.type) << 32 | UInt64(o.time_in_force) << 40 | UInt64(o.flags) << 48
      return [o.id.session, o.id.sequence, shape, o.group]
        + [o.quantity, o.limit_price, o.stop_price, o.trail_ppm, o.expire_ns, o.decided_ns].map(
          UInt64.init(bitPattern:))
    }

    fileprivate static let size = 10

    fileprivate init(words w: [UInt64], label: UInt32, shares: [Ownership.Share]) {
      func signed(_ i: Int) -> Int64 { Int64(bitPattern: w[i]) }
      order = al_order_v1(
        id: al_order_id_v1(session: w[0], sequence: w[1]), instrument: UInt32(truncatingIfNeeded: w[2]),
        type: UInt8(truncatingIfNeeded: w[2] >> 32), time_in_force: UInt8(truncatingIfNeeded: w[2] >> 40),
        flags: UInt16(truncatingIfNeeded: w[2] >> 48), quantity: signed(4), limit_price: signed(5),
        stop_price: signed(6),
        trail_ppm: signed(7), expire_ns: signed(8), decided_ns: signed(9), group: w[3])
      self.label = label
      self.shares = shares
    }
  }

  /// One thing that a watchdog sent or heard, and when, ns.
  public struct WatchdogFact: Equatable, Sendable {
    public var time: Int64
    public var event: RecordedEvent

    public init(time: Int64, event: RecordedEvent) {
      self.time = time
      self.event = event
    }
  }

  /// The four answers of the broker, as one moment.
  public struct Reconciliation: Equatable, Sendable {
    public var snapshot: BrokerSnapshot
    public var orders: [Report]
    public var executions: [Report]

    public init(snapshot: BrokerSnapshot, orders: [Report], executions: [Report]) {
      self.snapshot = snapshot
      self.orders = orders
      self.executions = executions
    }
  }
}

extension EventWriter {
  mutating func put(_ intent: RecordedEvent.Intent) {
    put(intent.words)
    put(intent.label)
    put(intent.shares.map(\.agent))
    put(intent.shares.map(\.weight))
  }

  mutating func put(_ r: RecordedEvent.Reconciliation) {
    let s = r.snapshot
    put(s.time)
    put(s.policy.rawValue)
    put(UInt8(s.isSettled ? 1 : 0))
    put(s.dayStart)
    put(s.cash)
    put(UInt32(s.holdings.count))
    for h in s.holdings {
      put(h.instrument ?? AL_NONE)
      put(h.symbol)
      put(h.quantity)
      put(h.averageCost)
    }
    for list in [r.orders, r.executions] {
      put(UInt32(list.count))
      for report in list { RecordedEvent.put(report, &self) }
    }
  }
}

extension EventReader {
  mutating func intents() -> [RecordedEvent.Intent]? {
    guard let n: UInt32 = get() else { return nil }
    var all: [RecordedEvent.Intent] = []
    for _ in 0..<n {
      guard let words = list(UInt64.self), words.count == RecordedEvent.Intent.size, let label: UInt32 = get(),
        let agents = list(UInt32.self), let weights = list(Int64.self), agents.count == weights.count
      else { return nil }
      let shares = zip(agents, weights).map { Ownership.Share(agent: $0, weight: $1) }
      all.append(RecordedEvent.Intent(words: words, label: label, shares: shares))
    }
    return all
  }

  mutating func watchdog() -> RecordedEvent? {
    guard let last: Int64 = get(), let session: UInt64 = get(), let n: UInt32 = get() else { return nil }
    var facts: [RecordedEvent.WatchdogFact] = []
    for _ in 0..<n {
      guard let time: Int64 = get(), let bytes = list(UInt8.self), let event = RecordedEvent(encoded: bytes) else {
        return nil
      }
      facts.append(RecordedEvent.WatchdogFact(time: time, event: event))
    }
    return .watchdog(last: last, session: session, facts: facts)
  }

  mutating func reconciliation() -> RecordedEvent.Reconciliation? {
    var s = BrokerSnapshot()
    guard let time: Int64 = get(), let policy = text().flatMap(ExternalPolicy.init(rawValue:)),
      let settled: UInt8 = get(),
      let dayStart: Int64 = get(), let cash: Int64 = get(), let n: UInt32 = get()
    else { return nil }
    s.time = time
    s.policy = policy
    s.isSettled = settled == 1
    s.dayStart = dayStart
    s.cash = cash
    for _ in 0..<n {
      guard let instrument: UInt32 = get(), let symbol = text(), let quantity: Int64 = get(), let cost: Int64 = get()
      else { return nil }
      s.holdings.append(
        BrokerSnapshot.Holding(
          instrument: instrument == AL_NONE ? nil : instrument, symbol: symbol, quantity: quantity, averageCost: cost))
    }
    guard let orders = RecordedEvent.readReports(&self), let executions = RecordedEvent.readReports(&self) else {
      return nil
    }
    return RecordedEvent.Reconciliation(snapshot: s, orders: orders, executions: executions)
  }
}

@testable import AlphaLoopCore

/// Every sequence of facts about one order to a depth, equal situations merged, each step judged by the second model and
/// by invariants. The alphabet lets any message come twice and in any order.
struct OrderEnumeration {
  /// A buy of three at 100.
  static let quantity: Int64 = 3
  static let limit: Int64 = 100

  /// One situation: what the machine holds, what the second model makes of the same history, and one such history.
  struct Node {
    var order: Order
    var evidence: OrderEvidence
    var history: [OrderFact]
  }

  struct Key: Hashable {
    var state: OrderState
    var flags: UInt8
    var numbers: SIMD8<Int64>
    var evidence: OrderEvidence

    init(_ node: Node) {
      let order = node.order
      state = order.state
      flags = order.flags.rawValue
      numbers = SIMD8(
        order.quantity.raw, order.filled.raw, order.filledNotional.raw, order.reserved.raw, order.limit.raw,
        order.flags.contains(.replaceOutstanding) ? order.pendingQuantity.raw : 0,
        order.flags.contains(.replaceOutstanding) ? order.pendingLimit.raw : 0, 0)
      evidence = node.evidence
    }
  }

  struct Report {
    var nodes = 0
    var edges = 0
    var failures: [String] = []
    /// Situations in which a cell was used, by `state.rawValue * 32 + kind.rawValue`.
    var uses: [[Int32]] = .init(repeating: [], count: 12 * 32)
    var all: [Node] = []
  }

  /// An execution at a price of one: its notional is its quantity.
  static func fill(_ id: UInt64, _ quantity: Int64) -> Fill {
    let fill = Fill(
      execution: ExecutionID(high: 0, low: id), quantity: Quantity(raw: quantity), price: Price(raw: fixedPointScale),
      fee: .zero)
    guard let fill else { preconditionFailure("a notional of \(quantity) does not fit") }
    return fill
  }

  static let alphabet: [OrderFact] = [
    .denied, .sent, .accepted, .rejected, .fill(fill(1, 1)), .fill(fill(2, 2)), .fill(fill(3, 1)),
    .corrected(old: fill(1, 1), new: fill(4, 2)), .busted(fill(1, 1)), .cancelRequested, .cancelConfirmed,
    .cancelRejected, .replaceRequested(quantity: Quantity(raw: 2), limit: Price(raw: 99)),
    .replaceRequested(quantity: Quantity(raw: 4), limit: Price(raw: 101)),
    .replaceConfirmed(quantity: Quantity(raw: 2), limit: Price(raw: 99)),
    .replaceConfirmed(quantity: Quantity(raw: 4), limit: Price(raw: 101)), .replaceRejected, .expired, .answerOverdue,
    .foundOpen, .foundAbsent, .neverReceived,
  ]

  static func newOrder() -> Order {
    Order(
      id: OrderID(session: 7, sequence: 1), instrument: 0, owner: .agent(0), quantity: Quantity(raw: quantity),
      type: .limit, limit: Price(raw: limit), at: UnixNanoseconds(0))
  }

  /// The machine in a node's situation, put there through the journal's door.
  static func machine(at node: Node, table: TransitionTable) -> OrderMachine {
    var executions = ExecutionIndex(ordered: false, capacity: 8)
    for id in UInt64(0)..<8 where node.evidence.seen & 1 << UInt8(id) != 0 {
      _ = executions.insert(ExecutionID(high: 0, low: id))
    }
    for id in UInt64(0)..<8 where node.evidence.void & 1 << UInt8(id) != 0 {
      _ = executions.void(ExecutionID(high: 0, low: id))
    }
    var machine = OrderMachine(
      pool: OrderPool(instruments: 1, capacity: 1, lingering: 1), executions: executions, table: table)
    _ = machine.adopt(node.order)
    return machine
  }

  /// What differs between the machine after `fact` and the second model; nil when they agree.
  static func difference(
    _ node: Node, _ fact: OrderFact, _ expected: (OrderEvidence, OrderEffects), table: TransitionTable,
    after: inout Order
  ) -> String? {
    var machine = machine(at: node, table: table)
    let effects = machine.apply(fact, to: 0, at: UnixNanoseconds(0))
    after = machine.pool[0]
    let (evidence, told) = expected
    if after.state != evidence.state { return "state \(after.state), expected \(evidence.state)" }
    if after.filled.raw != evidence.total { return "filled \(after.filled), expected \(evidence.total)" }
    if after.quantity.raw != evidence.version.quantity { return "quantity \(after.quantity)" }
    if after.limit.raw != evidence.version.limit { return "limit \(after.limit)" }
    if after.reserved.raw != evidence.exposure { return "reserved \(after.reserved), expected \(evidence.exposure)" }
    if effects != told { return "effects \(effects.rawValue), expected \(told.rawValue)" }
    let book = machine.pool.books[0]
    if book.reservedBuy != after.reserved || book.reservedSell != .zero { return "book reserves \(book.reservedBuy)" }
    if book.live != (after.state.isTerminal ? 0 : 1) { return "book lists \(book.live) orders" }
    if book.unknown != (after.state == .unknown ? 1 : 0) { return "book counts \(book.unknown) unknown" }
    return nil
  }

  static func run(depth: Int, table: TransitionTable = .standard, invariants: (Node, Order) -> String?) -> Report {
    var report = Report()
    let root = Node(
      order: {
        var order = newOrder()
        order.reserved = order.quantity
        return order
      }(), evidence: OrderEvidence(quantity: quantity, limit: limit), history: [])
    var seen: Set<Key> = [Key(root)]
    report.all = [root]
    var layer = 0..<1
    for _ in 0..<depth {
      for index in layer {
        let node = report.all[index]
        for fact in alphabet {
          report.edges += 1
          report.uses[Int(node.order.state.rawValue) * 32 + Int(fact.kind.rawValue)].append(Int32(index))
          var after = node.order
          let history = node.history + [fact]
          let expected = OrderEvidence.read(history, quantity: quantity, limit: limit)
          let next = { Node(order: after, evidence: expected.0, history: history) }
          if let problem = difference(node, fact, expected, table: table, after: &after)
            ?? invariants(next(), node.order)
          {
            report.failures.append("\(history.map { "\($0.kind)" }): \(problem)")
            if report.failures.count > 20 { return report }
            continue
          }
          if seen.insert(Key(next())).inserted { report.all.append(next()) }
        }
      }
      layer = layer.upperBound..<report.all.count
      if layer.isEmpty { break }
    }
    report.nodes = report.all.count
    return report
  }
}

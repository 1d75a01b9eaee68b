import Testing

@testable import AlphaLoopCore

/// Invariants that hold whatever the two models agree on, from the history alone.
enum OrderInvariants {
  static func check(_ node: OrderEnumeration.Node, before: Order) -> String? {
    quantityConserved(node) ?? endHasEvidence(node) ?? exposureCovers(node) ?? unknownLeftOnEvidence(node, before)
  }

  /// Filled is the sum of the executions that were reported and not taken back, each once, in any order.
  static func quantityConserved(_ node: OrderEnumeration.Node) -> String? {
    var reported: [UInt64: Int64] = [:]
    var takenBack: Set<UInt64> = []
    for fact in node.history {
      switch fact {
      case .fill(let fill): reported[fill.execution.low] = fill.quantity.raw
      case .busted(let fill): takenBack.insert(fill.execution.low)
      case .corrected(let old, let new):
        takenBack.insert(old.execution.low)
        reported[new.execution.low] = new.quantity.raw
      default: break
      }
    }
    let sum = reported.filter { !takenBack.contains($0.key) }.values.reduce(0, +)
    return sum == node.order.filled.raw ? nil : "filled \(node.order.filled.raw), executions sum to \(sum)"
  }

  static func endHasEvidence(_ node: OrderEnumeration.Node) -> String? {
    let kinds = Set(node.history.map(\.kind))
    let order = node.order
    let grounds: Bool =
      switch order.state {
      case .filled: order.filled.raw >= order.quantity.raw
      case .cancelled: kinds.contains(.cancelConfirmed)
      case .rejected: kinds.contains(.rejected) || kinds.contains(.neverReceived)
      case .expired: kinds.contains(.expired)
      case .denied: kinds.contains(.denied)
      default: true
      }
    return grounds ? nil : "\(order.state) without evidence"
  }

  /// As long as the broker has not ended it, an order may still execute all that any version it may hold leaves.
  static func exposureCovers(_ node: OrderEnumeration.Node) -> String? {
    let order = node.order
    let kinds = node.history.map(\.kind)
    let ends: Set<OrderFactKind> = [.cancelConfirmed, .rejected, .expired, .neverReceived]
    let lastOpen = kinds.lastIndex(of: .foundOpen) ?? -1
    let hasEnd = kinds.indices.contains { $0 > lastOpen && ends.contains(kinds[$0]) }
    let signsOfLife: Set<OrderFactKind> = [.sent, .accepted, .fill, .corrected, .busted, .replaceConfirmed, .foundOpen]
    if hasEnd || order.state == .denied && !kinds.contains(where: signsOfLife.contains) { return nil }
    let possible = max(0, order.quantity.raw - order.filled.raw)
    return order.reserved.raw >= possible ? nil : "reserves \(order.reserved.raw) of a possible \(possible)"
  }

  static func unknownLeftOnEvidence(_ node: OrderEnumeration.Node, _ before: Order) -> String? {
    guard before.state == .unknown, node.order.state != .unknown, let last = node.history.last else { return nil }
    return last.kind.isBrokerEvidence ? nil : "left unknown on \(last.kind)"
  }
}

@Suite("The order machine, enumerated")
struct OrderEnumerationTests {
  static let depth = 8
  static let report = OrderEnumeration.run(depth: depth) { OrderInvariants.check($0, before: $1) }

  @Test("every sequence of facts to depth 8 satisfies the invariants and the second model")
  func everySequence() {
    let report = Self.report
    print("order machine: depth \(Self.depth), \(report.nodes) states, \(report.edges) edges")
    #expect(report.failures.isEmpty, "\(report.failures.joined(separator: "\n"))")
    #expect(report.nodes > 1000)
    let used = report.uses.filter { !$0.isEmpty }.count
    #expect(used == OrderState.allCases.count * OrderFactKind.allCases.count, "every cell of the table is reached")
  }
}

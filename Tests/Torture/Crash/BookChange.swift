import AlphaLoopCore

/// What could be wrong at the end of a life, done to good books by hand: the comparison must notice each.
enum BookChange: CaseIterable {
  case duplicate, orphan, lostFill, wrongOwner, halt

  func isNoticed(in result: Life.Result) -> Bool {
    var (broker, own) = (result.broker, result.own)
    guard Comparison(broker: broker, own: own).afterEnd().isEmpty else { return false }
    switch self {
    case .duplicate:
      guard let order = broker.orders.first(where: { $0.isReceived && $0.id != nil }) else { return false }
      broker.add(order)
    case .orphan:
      broker.add(
        BrokerBook.Order(id: OrderID(session: 1, sequence: 1), symbol: "AAA", quantity: 0, isWorking: true))
    case .lostFill:
      guard let fill = broker.executions.last else { return false }
      broker.fill(
        BrokerBook.Execution(
          order: fill.order, quantity: 0, price: fill.price, fee: 0))
    case .wrongOwner: own.changeOwner()
    case .halt: own.addHalt("reconciliation")
    }
    let found = Comparison(broker: broker, own: own).afterEnd()
    return switch self {
    case .duplicate: !found.duplicates.isEmpty
    case .orphan: !found.orphans.isEmpty
    case .lostFill: !found.lostFills.isEmpty
    case .wrongOwner: !found.wrongOwner.isEmpty
    case .halt: !found.halts.isEmpty
    }
  }
}

extension OwnBooks {
  /// The first order's owner becomes another.
  mutating func changeOwner() {
    guard let id = intents.keys.min() else { return }
    setAgents(of: id, ["of_nobody"])
  }
}

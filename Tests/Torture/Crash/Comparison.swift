import AlphaLoopCore
import AlphaLoopRuntime

/// What is wrong between a broker's book and a host's, each with its words.
struct Findings {
  var duplicates: [String] = []
  var orphans: [String] = []
  var lostFills: [String] = []
  var wrongOwner: [String] = []
  /// Halts that nobody asked for.
  var halts: [String] = []
  /// Journals, folds, replays and endings of processes that are not as they must be.
  var broken: [String] = []

  var all: [String] { duplicates + orphans + lostFills + wrongOwner + halts + broken }
  var isEmpty: Bool { all.isEmpty }

  static func + (a: Findings, b: Findings) -> Findings {
    var sum = a
    sum.duplicates += b.duplicates
    sum.orphans += b.orphans
    sum.lostFills += b.lostFills
    sum.wrongOwner += b.wrongOwner
    sum.halts += b.halts
    sum.broken += b.broken
    return sum
  }
}

/// Compares the broker's own book with the account that the journal makes.
struct Comparison {
  let broker: BrokerBook
  let own: OwnBooks

  /// At any moment, with the host dead: nothing is at the broker that the journal does not know it was to send.
  func afterKill() -> Findings {
    var found = Findings()
    for order in broker.orders where order.isReceived { found.orphans += strangeness(of: order) }
    found.duplicates = duplicates()
    return found
  }

  /// After the host has ended in good order.
  func afterEnd() -> Findings {
    var found = afterKill()
    found.halts = own.halts
    guard let statement = own.statement else {
      found.broken.append("there is no account to compare")
      return found
    }
    found.orphans += unequalOrders(statement)
    found.lostFills = unequalFills(statement)
    found.wrongOwner = wrongOwners(statement)
    return found
  }

  private func strangeness(of order: BrokerBook.Order) -> [String] {
    guard let id = order.id else { return ["an order of nobody in \(order.symbol)"] }
    guard let intent = own.intents[id] else {
      return ["order \(id) of \(order.quantity) \(order.symbol) is at the broker, and the journal does not know it"]
    }
    let isSame = intent.symbol == order.symbol && (intent.quantity == order.quantity || order.quantity == 0)
    return isSame ? [] : ["order \(id): the journal has \(intent), the broker \(order.quantity) \(order.symbol)"]
  }

  /// An id twice, or more in a name than what its agent may ever have had on the way.
  private func duplicates() -> [String] {
    var found = broker.repeats.map { "order \($0) came to the broker a second time" }
    for (symbol, reach) in broker.reach
    where reach.upperBound > HostFolder.most * fixedPointScale || reach.lowerBound < 0 {
      found.append("\(symbol): with what works from \(reach.lowerBound) to \(reach.upperBound) was on the way")
    }
    return found
  }

  private func unequalOrders(_ statement: JSONValue) -> [String] {
    let alive = Set((statement["orders"]?.array ?? []).compactMap { $0["id"]?.string.flatMap { OrderID($0) } })
    let working = Set(broker.working.compactMap(\.id))
    return working.subtracting(alive).map { "order \($0) works at the broker, and in our books it does not" }
      + alive.subtracting(working).map { "order \($0) is alive in our books and not at the broker" }
  }

  private func unequalFills(_ statement: JSONValue) -> [String] {
    var missing: [OwnBooks.Execution: Int] = [:]
    for fill in broker.executions {
      guard let id = broker.orders[fill.order].id else { continue }
      missing[OwnBooks.Execution(order: id, quantity: fill.quantity, price: fill.price), default: 0] += 1
    }
    for fill in own.executions.values { missing[fill, default: 0] -= 1 }
    var found = missing.filter { $0.value > 0 }.map { "\($0.key) is not in the journal" }
    found += missing.filter { $0.value < 0 }.map { "\($0.key) is in the journal, and the broker has none such" }
    let held = Self.positions(statement)
    for symbol in Set(held.keys).union(broker.positions.keys) {
      let (ours, theirs) = (held[symbol]?.quantity ?? 0, broker.positions[symbol] ?? 0)
      if ours != theirs { found.append("\(symbol): we hold \(ours), the broker says \(theirs)") }
    }
    let cash = statement["cash"]?.string.flatMap(fixedPoint)
    if cash.map({ abs($0 - broker.cash) <= broker.cashTolerance }) != true {
      found.append("cash: we have \(cash.map { "\($0)" } ?? "none"), the broker says \(broker.cash)")
    }
    return found
  }

  private func wrongOwners(_ statement: JSONValue) -> [String] {
    var found: [String] = []
    for (id, intent) in own.intents where intent.agents != [HostFolder.agent(of: intent.symbol)] {
      found.append("order \(id) of \(intent.symbol) is owned by \(intent.agents)")
    }
    for (symbol, position) in Self.positions(statement) {
      let agent = HostFolder.agent(of: symbol)
      for (owner, quantity) in position.agents where owner != agent || quantity != position.quantity {
        found.append("\(symbol): \(owner) has \(quantity) of \(position.quantity), and it is \(agent)'s")
      }
      if position.quantity != 0, position.agents.isEmpty {
        found.append("\(symbol): \(position.quantity) are nobody's")
      }
    }
    return found
  }

  static func positions(_ statement: JSONValue) -> [String: (quantity: Int64, agents: [(String, Int64)])] {
    var all: [String: (quantity: Int64, agents: [(String, Int64)])] = [:]
    for position in statement["positions"]?.array ?? [] {
      guard let symbol = position["symbol"]?.string, let quantity = position["quantity"]?.string.flatMap(fixedPoint)
      else { continue }
      let agents = (position["agents"]?.array ?? []).map { part in
        (part["agent"]?.string ?? "?", part["quantity"]?.string.flatMap(fixedPoint) ?? .min)
      }
      all[symbol] = (quantity, agents)
    }
    return all
  }
}

/// The general path of a booking: fractions, first fills, several agents.
extension Ledger {
  /// One agent's part of a booking.
  struct Part {
    var agent: UInt32
    var quantity: Int64
    var notional: Int64
    var fee: Int64
  }

  @inline(never)
  mutating func bookSlowly(_ fill: Fill, _ instrument: UInt32, _ owner: Owner, _ filledBefore: Quantity) -> Bool {
    let position = positions + Int(instrument)
    guard let notional = position.pointee.worth(fill.quantity.raw, at: fill.price.raw) else { return false }
    guard let parts = parts(fill, notional, owner, filledBefore) else { return false }
    return take(parts, quantity: fill.quantity.raw, notional, fee: fill.fee.raw, at: fill.price.raw, instrument)
  }

  /// Books a trade of known money for the account and its parts for the agents: all or nothing.
  mutating func take(
    _ parts: [Part], quantity: Int64, _ notional: Int64, fee: Int64, at price: Int64, _ instrument: UInt32
  ) -> Bool {
    let position = positions + Int(instrument)
    let last = position.pointee.isMarked ? position.pointee.last.raw : price
    let (after, overflow) = position.pointee.holding.quantity.raw.addingReportingOverflow(quantity)
    guard !overflow, let value = position.pointee.worth(after, at: last) else { return false }
    let (gain, tooRich) = value.subtractingReportingOverflow(position.pointee.value.raw)
    if tooRich { return false }
    let before = position.pointee
    guard let books = agentsAfter(parts, instrument) else { return false }
    let scale = position.pointee.wholeScale(of: after)
    guard settle(quantity, notional, fee, gain, scale, position) else { return false }
    if quantity != 0 {
      position.pointee.last.raw = last
      position.pointee.isMarked = true
      position.pointee.measure()
    }
    write(books, parts, instrument, before)
    return true
  }

  /// The agents' holdings after their parts; nil when a number does not fit.
  private func agentsAfter(_ parts: [Part], _ instrument: UInt32) -> [Holding]? {
    var after: [Holding] = []
    for part in parts {
      guard let now = agentPosition(part.agent, instrument) else { return nil }
      guard let holding = now.holding.trading(part.quantity, part.notional) else { return nil }
      if now.fees.raw.addingReportingOverflow(part.fee).overflow { return nil }
      after.append(holding)
    }
    return after
  }

  private mutating func write(_ books: [Holding], _ parts: [Part], _ instrument: UInt32, _ before: Position) {
    let position = positions + Int(instrument)
    if before.holder == Position.noAgent, parts.count == 1, let part = parts.first {
      position.pointee.holder = part.agent
      return
    }
    if parts.count == 1, let part = parts.first, part.agent == before.holder { return }
    separate(instrument, before)
    for (part, holding) in zip(parts, books) {
      let row = rows.findOrAdd(part.agent, instrument, first: &position.pointee.firstRow)
      rows.rows[Int(row)].holding = holding
      rows.rows[Int(row)].fees.raw += part.fee
    }
  }

  /// Gives the sole holder a book of its own, as the account was `before` others came.
  mutating func separate(_ instrument: UInt32, _ before: Position) {
    let position = positions + Int(instrument)
    if before.holder == Position.manyAgents { return }
    position.pointee.holder = Position.manyAgents
    if before.holder == Position.noAgent { return }
    let row = rows.findOrAdd(before.holder, instrument, first: &position.pointee.firstRow)
    rows.rows[Int(row)].holding = before.holding
    rows.rows[Int(row)].fees = before.fees
    rows.rows[Int(row)].dividends = before.dividends
  }

  /// Who gets what of a fill. The quantity goes by the largest remainder of the whole order's execution so far; notional
  /// and fee follow the quantities. Nil for a group that nobody knows.
  private func parts(_ fill: Fill, _ notional: Int64, _ owner: Owner, _ filledBefore: Quantity) -> [Part]? {
    if !owner.isGroup {
      return [Part(agent: owner.index, quantity: fill.quantity.raw, notional: notional, fee: fill.fee.raw)]
    }
    let shares = ownership.shares(of: owner)
    let (upTo, overflow) = filledBefore.raw.addingReportingOverflow(fill.quantity.raw)
    if shares.isEmpty || overflow { return nil }
    let weights = shares.map(\.weight)
    let quantities = zip(apportioned(upTo, over: weights), apportioned(filledBefore.raw, over: weights)).map { $0 - $1 }
    return parts(shares.map(\.agent), quantities, of: fill.quantity.raw, notional, fill.fee.raw)
  }

  func parts(_ agents: [UInt32], _ quantities: [Int64], of whole: Int64, _ notional: Int64, _ fee: Int64) -> [Part] {
    let notionals = telescoped(notional, over: quantities, whole: whole)
    let fees = telescoped(fee, over: quantities, whole: whole)
    return agents.indices.map {
      Part(agent: agents[$0], quantity: quantities[$0], notional: notionals[$0], fee: fees[$0])
    }
  }

  @inline(never)
  func markSlowly(_ position: UnsafeMutablePointer<Position>, _ price: Int64) -> Bool {
    let balance = balances + Int(position.pointee.currency)
    guard let value = position.pointee.worth(position.pointee.holding.quantity.raw, at: price) else { return false }
    let equity = Int128(balance.pointee.equity.raw) + Int128(value) - Int128(position.pointee.value.raw)
    guard let equity = Int64(exactly: equity) else { return false }
    position.pointee.last.raw = price
    position.pointee.isMarked = true
    position.pointee.fractionalValue.raw = value
    position.pointee.measure()
    balance.pointee.equity.raw = equity
    return true
  }

  /// Adds `amount` to cash and equity; false, and nothing added, when it does not fit.
  func credit(_ amount: Int64, _ currency: UInt32) -> Bool {
    let balance = balances + Int(currency)
    let (cash, first) = balance.pointee.cash.raw.addingReportingOverflow(amount)
    let (equity, second) = balance.pointee.equity.raw.addingReportingOverflow(amount)
    if first || second { return false }
    balance.pointee.cash.raw = cash
    balance.pointee.equity.raw = equity
    return true
  }

  // MARK: reading

  /// One agent's part of one instrument, zero when it never traded it; nil for an instrument that does not exist.
  public func agentPosition(_ agent: UInt32, _ instrument: UInt32) -> AgentPosition? {
    if instrument >= instruments { return nil }
    let position = positions[Int(instrument)]
    if position.holder == agent { return sole(position, instrument) }
    let row = rows.find(agent, instrument)
    return row < 0 ? AgentPosition(agent: agent, instrument: instrument) : rows.rows[Int(row)]
  }

  /// Every agent that ever held the instrument, in order of first fill. Quantities, fees, dividends and `realised - cost`
  /// sum to the account's to the last unit.
  public func agentPositions(of instrument: UInt32) -> [AgentPosition] {
    let position = positions[Int(instrument)]
    if position.holder < Position.manyAgents { return [sole(position, instrument)] }
    return rows.list(from: position.firstRow).map { rows.rows[Int($0)] }
  }

  /// The market values of `agentPositions(of:)`, which sum to the account's value to the last unit.
  public func agentValues(of instrument: UInt32) -> [Money] {
    let position = positions[Int(instrument)]
    var running = Int128(0)
    var before: Int64 = 0
    return agentPositions(of: instrument).map { agent in
      running += Int128(agent.quantity.raw)
      let upTo = Int64(exactly: running).flatMap { position.worth($0, at: position.last.raw) } ?? before
      defer { before = upTo }
      return Money(raw: upTo &- before)
    }
  }

  private func sole(_ position: Position, _ instrument: UInt32) -> AgentPosition {
    var agent = AgentPosition(agent: position.holder, instrument: instrument)
    agent.holding = position.holding
    agent.fees = position.fees
    agent.dividends = position.dividends
    return agent
  }
}

/// What happens to positions besides trading: dividends, splits, fees, expiry, exercise and assignment.
extension Ledger {
  /// Cash dividend of `perUnit` on the quantity held at the ex-date: a long receives it, a short pays it.
  /// - Returns: what the account received (negative: paid).
  @discardableResult
  public mutating func dividend(_ instrument: UInt32, perUnit: Price) throws(Fault) -> Money {
    let position = try held(instrument)
    guard let amount = scaledHalfEven(position.pointee.quantity.raw, perUnit.raw, over: fixedPointScale) else {
      throw .overflow
    }
    let (dividends, overflow) = position.pointee.dividends.raw.addingReportingOverflow(amount)
    if overflow { throw .overflow }
    if !credit(amount, position.pointee.currency) { throw .overflow }
    position.pointee.dividends.raw = dividends
    if position.pointee.holder == Position.manyAgents {
      var running = Int128(0)
      var before = Int128(0)
      for row in rows.list(from: position.pointee.firstRow) {
        running += Int128(rows.rows[Int(row)].quantity.raw)
        let upTo = dividedHalfEven(running * Int128(perUnit.raw), by: Int128(fixedPointScale))
        rows.rows[Int(row)].dividends.raw &+= Int64(truncatingIfNeeded: upTo - before)
        before = upTo
      }
    }
    return Money(raw: amount)
  }

  /// A charge outside any fill: borrow, data, exchange or regulatory fees (negative: a rebate).
  public mutating func charge(_ fee: Money, instrument: UInt32, agent: UInt32) throws(Fault) {
    let position = try held(instrument)
    let part = Part(agent: agent, quantity: 0, notional: 0, fee: fee.raw)
    guard take([part], quantity: 0, 0, fee: fee.raw, at: position.pointee.last.raw, instrument) else { throw .overflow }
  }

  /// The same for the owners of an order, each by its share.
  /// - Returns: false, and nothing is booked, when a number would pass 64 bits or nobody knows the owners.
  mutating func charge(_ fee: Money, instrument: UInt32, owner: Owner) -> Bool {
    let shares = ownership.shares(of: owner)
    guard instrument < instruments, !shares.isEmpty else { return false }
    let fees = apportioned(fee.raw, over: shares.map(\.weight))
    let parts = zip(shares, fees).map { Part(agent: $0.agent, quantity: 0, notional: 0, fee: $1) }
    return take(parts, quantity: 0, 0, fee: fee.raw, at: positions[Int(instrument)].last.raw, instrument)
  }

  /// Expiry at a cash settlement value (zero when worthless), or delisting: the whole position closes at `price`.
  /// - Returns: each agent's quantity that closed, in order of first fill.
  @discardableResult
  public mutating func expire(_ instrument: UInt32, at price: Price) throws(Fault) -> [(
    agent: UInt32, quantity: Quantity
  )] {
    let position = try held(instrument)
    let agents = agentPositions(of: instrument)
    let whole = 0 - position.pointee.quantity.raw
    guard let notional = position.pointee.worth(whole, at: price.raw) else { throw .overflow }
    var running = Int128(0)
    var before: Int64 = 0
    var parts: [Part] = []
    for agent in agents {
      running -= Int128(agent.quantity.raw)
      guard let upTo = Int64(exactly: running).flatMap({ position.pointee.worth($0, at: price.raw) }) else {
        throw .overflow
      }
      parts.append(Part(agent: agent.agent, quantity: 0 - agent.quantity.raw, notional: upTo &- before, fee: 0))
      before = upTo
    }
    guard take(parts, quantity: whole, notional, fee: 0, at: price.raw, instrument) else { throw .overflow }
    return agents.map { ($0.agent, $0.quantity) }
  }

  /// Exercise or assignment with delivery: `contracts` of the option close at zero and `delivered` of the underlying (signed:
  /// positive received) comes at `strike`. Both are shared by the agents on that side in proportion to their contracts.
  /// - Parameter contracts: signed as the position: positive exercises a long, negative is an assignment of a short.
  public mutating func deliver(
    option: UInt32, contracts: Quantity, underlying: UInt32, delivered: Quantity, strike: Price
  ) throws(Fault) {
    let position = try held(option)
    let target = try held(underlying)
    let holding = position.pointee.quantity.raw
    guard contracts.raw != 0, (contracts.raw ^ holding) >= 0, contracts.magnitude <= holding.magnitude else {
      throw .invalid("cannot deliver on \(contracts) of \(Quantity(raw: holding)) contracts held")
    }
    let side = agentPositions(of: option).filter { $0.quantity.raw != 0 && ($0.quantity.raw ^ contracts.raw) >= 0 }
    let agents = side.map(\.agent)
    let weights = side.map { Int64(clamping: $0.quantity.magnitude) }
    guard let notional = target.pointee.worth(delivered.raw, at: strike.raw) else { throw .overflow }
    let closing = parts(agents, apportioned(0 - contracts.raw, over: weights), of: 0 - contracts.raw, 0, 0)
    let coming = parts(agents, apportioned(delivered.raw, over: weights), of: delivered.raw, notional, 0)
    let undo = (position.pointee, balances[Int(position.pointee.currency)])
    let books = rows.list(from: position.pointee.firstRow).map { rows.rows[Int($0)] }
    guard take(closing, quantity: 0 - contracts.raw, 0, fee: 0, at: 0, option) else { throw .overflow }
    if take(coming, quantity: delivered.raw, notional, fee: 0, at: strike.raw, underlying) { return }
    position.pointee = undo.0
    balances[Int(undo.0.currency)] = undo.1
    for (row, book) in zip(rows.list(from: undo.0.firstRow), books) { rows.rows[Int(row)] = book }
    throw .overflow
  }

  /// A split: `numerator` new units for `denominator` old ones (3:2 is 3, 2; a reverse split is 1, 10).
  ///
  /// The cost stays, so the average falls by the ratio, and so does the last mark. Where only whole units are kept, the
  /// fraction is sold for cash in lieu at `cashInLieu` a new unit, which realises its part of the cost.
  /// - Parameter cashInLieu: the price for fractions of a unit; nil keeps fractions, to 1e-8.
  /// - Returns: the cash received in lieu (negative: paid by a short).
  @discardableResult
  public mutating func split(
    _ instrument: UInt32, numerator: Int64, denominator: Int64, cashInLieu: Price?
  ) throws(Fault) -> Money {
    guard numerator > 0, denominator > 0 else { throw .invalid("split ratio \(numerator):\(denominator)") }
    let position = try held(instrument)
    let agents = agentPositions(of: instrument)
    let quantities = try scaled(agents.map(\.quantity.raw), numerator, denominator)
    guard
      let quantity = scaledHalfEven(position.pointee.quantity.raw, numerator, over: denominator),
      let last = scaledHalfEven(position.pointee.last.raw, denominator, over: numerator),
      let value = position.pointee.worth(quantity, at: last),
      let equity = Int64(
        exactly: Int128(balances[Int(position.pointee.currency)].equity.raw) + Int128(value)
          - Int128(position.pointee.value.raw))
    else { throw .overflow }
    let scale = position.pointee.wholeScale(of: quantity)
    position.pointee.holding.quantity.raw = quantity
    position.pointee.last.raw = last
    position.pointee.set(scale: scale, value: value)
    balances[Int(position.pointee.currency)].equity.raw = equity
    for (row, part) in zip(rows.list(from: position.pointee.firstRow), quantities) {
      rows.rows[Int(row)].holding.quantity.raw = part
    }
    guard let cashInLieu else { return .zero }
    return try sellFraction(of: instrument, at: cashInLieu)
  }

  /// Sells what is beyond whole units, for the agents on the position's side in proportion to what they hold.
  private mutating func sellFraction(of instrument: UInt32, at price: Price) throws(Fault) -> Money {
    let position = try held(instrument)
    let fraction = position.pointee.quantity.raw % fixedPointScale
    if fraction == 0 { return .zero }
    let side = agentPositions(of: instrument).filter { $0.quantity.raw != 0 && ($0.quantity.raw ^ fraction) >= 0 }
    let weights = side.map { Int64(clamping: $0.quantity.magnitude) }
    guard let notional = position.pointee.worth(0 - fraction, at: price.raw) else { throw .overflow }
    let sold = parts(side.map(\.agent), apportioned(0 - fraction, over: weights), of: 0 - fraction, notional, 0)
    guard take(sold, quantity: 0 - fraction, notional, fee: 0, at: price.raw, instrument) else { throw .overflow }
    return Money(raw: 0 - notional)
  }

  /// Each quantity times the ratio, so that the sum is the rounded sum times the ratio.
  private func scaled(_ quantities: [Int64], _ numerator: Int64, _ denominator: Int64) throws(Fault) -> [Int64] {
    var running = Int128(0)
    var before = Int128(0)
    var parts: [Int64] = []
    for quantity in quantities {
      running += Int128(quantity)
      let (product, overflow) = running.multipliedReportingOverflow(by: Int128(numerator))
      if overflow { throw .overflow }
      let upTo = dividedHalfEven(product, by: Int128(denominator))
      guard let part = Int64(exactly: upTo - before) else { throw .overflow }
      parts.append(part)
      before = upTo
    }
    return parts
  }

  private func held(_ instrument: UInt32) throws(Fault) -> UnsafeMutablePointer<Position> {
    if instrument >= instruments { throw .invalid("no instrument \(instrument)") }
    return positions + Int(instrument)
  }
}

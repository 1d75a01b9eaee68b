import CAlphaLoop

/// The account as agents read it: one row an instrument, shared; one table a reader, with its universe's order.
struct PortfolioTables {
  let rows: UnsafeMutablePointer<al_position_v1>
  let instruments: Int
  /// Agent -> its table, nil when it does not read the portfolio.
  let tables: [UnsafeMutablePointer<al_portfolio_v1>?]

  init(instruments: Int, specs: [AgentSpec], memory: any InputMemory) {
    self.instruments = instruments
    rows = memory.allocate(al_position_v1.self, count: instruments)
    for i in 0..<instruments { rows[i].instrument = UInt32(i) }
    let rows = rows
    tables = specs.map { spec in
      guard spec.inputs & AL_IN_PORTFOLIO != 0 else { return nil }
      let list = memory.allocate(UnsafePointer<al_position_v1>?.self, count: spec.universe.count)
      for (i, member) in spec.universe.enumerated() { list[i] = UnsafePointer(rows + Int(member)) }
      let table = memory.allocate(al_portfolio_v1.self, count: 1)
      table.pointee.size = UInt32(MemoryLayout<al_portfolio_v1>.size)
      table.pointee.n_positions = UInt32(spec.universe.count)
      table.pointee.positions = UnsafePointer(list)
      return table
    }
  }
}

extension Engine {
  /// Brings one reader's table up to date with the account.
  @inline(never)
  func refresh(_ portfolio: UnsafePointer<al_portfolio_v1>) {
    let table = UnsafeMutablePointer(mutating: portfolio)
    let balance = ledger.balance()
    table.pointee.equity = balance.equity.raw
    table.pointee.cash = balance.cash.raw
    table.pointee.peak_equity = max(peakEquity, balance.equity.raw)
    table.pointee.day_start_equity = dayStartEquity
    table.pointee.initial_cash = settings.initialCash.raw
    table.pointee.gross = gate.gross
    table.pointee.net = gate.net
    table.pointee.n_open = UInt32(truncatingIfNeeded: gate.names)
    table.pointee.halt = UInt32(halt.rawValue)
    for i in 0..<portfolios.instruments {
      let position = ledger.positions + i
      let book = machine.pool.books + i
      let quantity = position.pointee.holding.quantity.raw
      let row = portfolios.rows + i
      row.pointee.last = position.pointee.last.raw
      if quantity == 0, book.pointee.live == 0, row.pointee.committed == 0, row.pointee.quantity == 0 { continue }
      row.pointee.quantity = quantity
      row.pointee.committed = quantity &+ book.pointee.reservedBuy.raw &- book.pointee.reservedSell.raw
      row.pointee.average_cost = position.pointee.averageCost.raw
      row.pointee.realised = position.pointee.holding.realised.raw
      row.pointee.unrealised = position.pointee.unrealised.raw
      row.pointee.fees = position.pointee.fees.raw
    }
  }
}

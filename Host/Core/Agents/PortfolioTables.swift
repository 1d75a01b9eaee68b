import CAlphaLoop

/// The account as agents read it: one row an instrument, shared; one table a reader, with its universe's order.
struct PortfolioTables {
  let rows: UnsafeMutablePointer<al_position_v1>
  let instruments: Int
  /// Agent -> its table, nil when it does not read the portfolio.
  let tables: [UnsafeMutablePointer<al_portfolio_v1>?]
  /// Instruments whose rows may differ from the account in more than the last price: those held or ordered, and those that
  /// were until the last refresh.
  private var active: [Int32]
  private let isActive: UnsafeMutablePointer<Bool>

  init(instruments: Int, specs: [AgentSpec], memory: any InputMemory) {
    self.instruments = instruments
    rows = memory.allocate(al_position_v1.self, count: instruments)
    for i in 0..<instruments { rows[i].instrument = UInt32(i) }
    active = (0..<Int32(instruments)).map { $0 }
    isActive = memory.allocate(Bool.self, count: instruments)
    isActive.update(repeating: true, count: instruments)
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

  /// An order or a fill changed what is held of an instrument.
  @inline(__always) mutating func changed(_ instrument: Int) {
    if !isActive[instrument] { activate(instrument) }
  }

  @inline(never) private mutating func activate(_ instrument: Int) {
    isActive[instrument] = true
    active.append(Int32(instrument))
  }

  /// Brings the rows up to date with the account.
  mutating func refresh(_ positions: UnsafePointer<Position>, _ books: UnsafePointer<OrderPool.Book>) {
    for i in 0..<instruments { rows[i].last = positions[i].last.raw }
    var kept = 0
    for i in active {
      let position = positions + Int(i)
      let book = books + Int(i)
      let row = rows + Int(i)
      let quantity = position.pointee.holding.quantity.raw
      row.pointee.quantity = quantity
      row.pointee.committed = quantity &+ book.pointee.reservedBuy.raw &- book.pointee.reservedSell.raw
      row.pointee.average_cost = position.pointee.averageCost.raw
      row.pointee.realised = position.pointee.holding.realised.raw
      row.pointee.unrealised = position.pointee.unrealised.raw
      row.pointee.fees = position.pointee.fees.raw
      let goesOn = quantity != 0 || book.pointee.live != 0
      isActive[Int(i)] = goesOn
      active[kept] = i
      kept &+= goesOn ? 1 : 0
    }
    active.removeSubrange(kept...)
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
    portfolios.refresh(ledger.positions, machine.pool.books)
  }
}

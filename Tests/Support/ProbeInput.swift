import CAlphaLoop

/// Memory of one evaluation's input beside the windows. Freed with the object.
final class ProbeInput {
  private let arena = TextArena()
  private var free: [() -> Void] = []
  private(set) var c = al_input_v1()

  init(_ market: ProbeMarket, windows: ProbeWindows, asOf: Int64, cause: UInt32, token: UInt64, sequence: UInt64) {
    c.size = UInt32(MemoryLayout<al_input_v1>.size)
    c.cause = cause
    c.as_of_ns = asOf
    c.timer = token
    c.sequence = sequence
    c.n_instruments = UInt32(market.instruments.count)
    c.windows = market.grantsBars ? UnsafePointer(windows.list) : nil
    let known = { (facts: [ProbeFact]) in facts.filter { $0.known <= asOf } }
    c.macro = market.macro.map {
      facts(
        $0,
        known($0).map {
          var f = $0
          f.instrument = 0
          return f
        }, instruments: 1)
    }
    c.fundamentals = market.fundamentals.map { facts($0, known($0), instruments: market.instruments.count) }
    c.quotes = market.quotes.map { pointers($0(asOf)) }
    c.portfolio = market.portfolio.map { portfolio($0(asOf), count: market.instruments.count) }
    c.views = market.views.map { views($0(asOf)) }
    if let work = market.work?(asOf) { (c.work, c.n_work) = (array(work), UInt32(work.count)) }
    if let updates = market.orderUpdates?(asOf) {
      (c.order_updates, c.n_order_updates) = (array(updates), UInt32(updates.count))
    }
    if let session = market.session?(asOf) { c.session = array([session]) }
  }

  deinit { for action in free { action() } }

  /// Never NULL, also when empty.
  private func array<T>(_ values: [T]) -> UnsafePointer<T> {
    let block = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    block.initialize(from: values, count: values.count)
    free.append { block.deallocate() }
    return UnsafePointer(block)
  }

  private func pointers<T>(_ values: [T]) -> UnsafePointer<UnsafePointer<T>?> {
    let block = array(values)
    return array(values.indices.map { block + $0 })
  }

  private func facts(_ all: [ProbeFact], _ known: [ProbeFact], instruments: Int) -> UnsafePointer<al_facts_v1> {
    let names = Array(Set(all.map(\.name))).sorted()
    let sorted = known.map { fact in (fact, names.firstIndex(of: fact.name) ?? 0) }
      .sorted { ($0.0.instrument, $0.1, $0.0.period, $0.0.known) < ($1.0.instrument, $1.1, $1.0.period, $1.0.known) }
    let rows = sorted.map { fact, field in
      al_fact_v1(
        instrument: UInt32(fact.instrument), field: UInt32(field), period_ns: fact.period, known_ns: fact.known,
        value: fact.value)
    }
    let offsets = (0...instruments).map { i in UInt32(sorted.filter { $0.0.instrument < i }.count) }
    return array([
      al_facts_v1(
        size: UInt32(MemoryLayout<al_facts_v1>.size), n_names: UInt32(names.count), n_rows: UInt64(rows.count),
        names: array(names.map(arena.add)), rows: array(rows), offsets: array(offsets))
    ])
  }

  private func portfolio(_ p: ProbePortfolio, count: Int) -> UnsafePointer<al_portfolio_v1> {
    let positions = (0..<count).map { i in
      let position = i < p.positions.count ? p.positions[i] : ProbePosition()
      return al_position_v1(
        instrument: UInt32(i), flags: 0, quantity: position.quantity, committed: position.quantity,
        average_cost: position.averageCost, last: position.last, realised: position.realised,
        unrealised: position.unrealised, fees: position.fees)
    }
    return array([
      al_portfolio_v1(
        size: UInt32(MemoryLayout<al_portfolio_v1>.size), n_positions: UInt32(count), positions: pointers(positions),
        equity: p.equity, cash: p.cash, peak_equity: p.peakEquity, day_start_equity: p.dayStartEquity,
        initial_cash: p.initialCash, gross: p.gross, net: p.net,
        n_open: UInt32(p.positions.filter { $0.quantity != 0 }.count), halt: p.halt)
    ])
  }

  private func views(_ records: [ProbeRecord]) -> UnsafePointer<al_views_v1> {
    let agents = records.map { r in
      al_agent_record_v1(
        instance: arena.add(r.instance), id: arena.add(r.id), tier: r.tier, wins: r.wins, losses: r.losses, reserved: 0,
        weight: r.weight, sum_win: r.sumWin, sum_loss: r.sumLoss, last_return: r.lastReturn, realised: r.realised,
        unrealised: r.unrealised, fees: r.fees)
    }
    let rows = records.enumerated().flatMap { agent, record in
      record.rows.sorted { ($0.instrument, $0.kind) < ($1.instrument, $1.kind) }
        .map { al_view_v1(agent: UInt32(agent), reserved: 0, row: $0.c) }
    }
    return array([
      al_views_v1(
        size: UInt32(MemoryLayout<al_views_v1>.size), n_agents: UInt32(agents.count), n_rows: UInt64(rows.count),
        records: array(agents), rows: array(rows))
    ])
  }
}

/// The universe in C, for the life of an instance.
final class ProbeUniverse {
  private let arena = TextArena()
  private let block: UnsafeMutablePointer<al_instrument_v1>
  private let list: UnsafeMutablePointer<UnsafePointer<al_instrument_v1>?>
  let c: al_universe_v1

  init(_ instruments: [ProbeInstrument]) {
    let n = max(1, instruments.count)
    block = .allocate(capacity: n)
    list = .allocate(capacity: n)
    for (i, x) in instruments.enumerated() {
      (block + i).initialize(
        to: al_instrument_v1(
          size: UInt32(MemoryLayout<al_instrument_v1>.size), index: UInt32(i), uid: x.uid ?? UInt64(i + 1),
          asset: x.asset, flags: x.flags, tick: x.tick, lot: x.lot, multiplier: x.multiplier, strike: 0, expiry_ns: 0,
          right: 0, underlying: AL_NONE, symbol: arena.add(x.symbol), currency: arena.add(x.currency),
          venue: arena.add("XNYS"), calendar: arena.add("XNYS"), sector: arena.add(x.sector)))
      list[i] = UnsafePointer(block + i)
    }
    c = al_universe_v1(
      size: UInt32(MemoryLayout<al_universe_v1>.size), n: UInt32(instruments.count), instruments: UnsafePointer(list))
  }

  deinit {
    block.deallocate()
    list.deallocate()
  }
}

import CAlphaLoop

/// Everything an evaluation may read, laid out as the host does it: the windows, and every other capability generated from
/// the market and the as-of time alone, so that the past never depends on the future.
final class PanelMemory {
  let input: UnsafeMutablePointer<al_input_v1>
  let blocks: InputBlocks
  private let market: SyntheticMarket
  private let windows: WindowMemory
  private let granted: UInt64
  private let texts: CArguments
  private let quotes: UnsafeMutablePointer<al_quote_v1>
  private let quoteList: UnsafeMutablePointer<UnsafePointer<al_quote_v1>?>
  private let positions: UnsafeMutablePointer<al_position_v1>
  private let positionList: UnsafeMutablePointer<UnsafePointer<al_position_v1>?>
  private let portfolio: UnsafeMutablePointer<al_portfolio_v1>
  private let session: UnsafeMutablePointer<al_session_v1>
  private let views: UnsafeMutablePointer<al_views_v1>
  private let facts: FactMemory
  private let trades: RowRoom<al_trade_v1>
  private let options: RowRoom<al_option_v1>
  private let updates: RowRoom<al_order_update_v1>
  private let work: RowRoom<al_work_v1>
  private let records: RowRoom<al_agent_record_v1>
  private let viewRows: RowRoom<al_view_v1>

  private var count: Int { market.series.count }

  /// - Parameter granted: `AL_IN_*`; what is not in it is NULL.
  init(_ market: SyntheticMarket, lookback: Int, granted: UInt64, options: WindowMemory.Options, blocks: InputBlocks) {
    texts = CArguments(shared: blocks.shared)
    self.market = market
    self.granted = granted
    self.blocks = blocks
    let n = market.series.count
    windows = WindowMemory(market, lookback: lookback, options: options, blocks: blocks)
    input = blocks.allocate(al_input_v1.self, 1, "the input")
    quotes = blocks.allocate(al_quote_v1.self, n, "the quotes")
    quoteList = blocks.allocate(UnsafePointer<al_quote_v1>?.self, n, "the list of quotes")
    positions = blocks.allocate(al_position_v1.self, n, "the positions")
    positionList = blocks.allocate(UnsafePointer<al_position_v1>?.self, n, "the list of positions")
    portfolio = blocks.allocate(al_portfolio_v1.self, 1, "the portfolio")
    session = blocks.allocate(al_session_v1.self, 1, "the session")
    views = blocks.allocate(al_views_v1.self, 1, "the views")
    facts = FactMemory(market, blocks: blocks)
    trades = RowRoom(blocks, 2 * n, "the trades")
    self.options = RowRoom(blocks, 4 * n, "the options")
    updates = RowRoom(blocks, 2, "the order updates")
    work = RowRoom(blocks, 1, "the work")
    records = RowRoom(blocks, 3, "the agents' records")
    viewRows = RowRoom(blocks, 3 * n, "the views' rows")
    for i in 0..<n {
      quoteList[i] = UnsafePointer(quotes + i)
      positionList[i] = UnsafePointer(positions + i)
    }
  }

  private func value(_ time: Int64, _ salt: Int) -> Double {
    var generator = SeededGenerator(seed: UInt64(bitPattern: time) &+ UInt64(salt) &* 0x9E37_79B9)
    _ = generator.next()
    return generator.uniform()
  }

  /// Fills the input for an as-of time.
  func fill(_ time: Int64, cause: UInt32, sequence: UInt64, timer: UInt64 = 0) {
    if blocks.placement != .plain { blocks.unseal() }
    windows.advance(to: time)
    var c = al_input_v1()
    c.size = UInt32(MemoryLayout<al_input_v1>.size)
    c.cause = cause
    c.as_of_ns = time
    c.sequence = sequence
    c.timer = timer
    c.n_instruments = UInt32(count)
    if has(AL_IN_BARS) { c.windows = UnsafePointer(windows.list) }
    if has(AL_IN_QUOTES) { c.quotes = fillQuotes(time) }
    if has(AL_IN_TRADES) {
      c.n_trades = UInt32(2 * count)
      c.trades = UnsafePointer(trades.place(newTrades(time)))
    }
    facts.fill(&c, time, granted)
    if has(AL_IN_OPTIONS) {
      c.n_options = UInt32(4 * count)
      c.options = UnsafePointer(options.place(chain(time)))
    }
    if has(AL_IN_PORTFOLIO) { c.portfolio = fillPortfolio(time) }
    if has(AL_IN_ORDERS) { fillOrders(&c, time) }
    if has(AL_IN_VIEWS) { c.views = fillViews(time) }
    session.initialize(to: market.session(at: time))
    c.session = UnsafePointer(session)
    input.initialize(to: c)
    if blocks.placement != .plain { blocks.seal() }
  }

  private func has(_ capability: UInt64) -> Bool { granted & capability != 0 }

  private func fillQuotes(_ time: Int64) -> UnsafePointer<UnsafePointer<al_quote_v1>?> {
    for i in 0..<count {
      let close = market.close(i, at: time)
      quotes[i] = al_quote_v1(
        ts: close == 0 ? 0 : time, bid: close * 0.9995, ask: close * 1.0005, bid_size: 100 + 900 * value(time, i),
        ask_size: 100 + 900 * value(time, i + 100))
    }
    return UnsafePointer(quoteList)
  }

  private func newTrades(_ time: Int64) -> [al_trade_v1] {
    (0..<2 * count).map { k in
      al_trade_v1(
        ts: time - Int64(2 * count - k), instrument: UInt32(k % count), flags: 0,
        price: market.close(k % count, at: time) * (1 + 0.001 * (value(time, k) - 0.5)),
        size: (100 * value(time, k + 50)).rounded(.up))
    }
  }

  private func chain(_ time: Int64) -> [al_option_v1] {
    (0..<count).flatMap { i -> [al_option_v1] in
      let spot = market.close(i, at: time)
      return [0.95, 1.05].flatMap { strike in
        [AL_RIGHT_CALL, AL_RIGHT_PUT].map { right in
          let intrinsic = max(0, right == AL_RIGHT_CALL ? spot - spot * strike : spot * strike - spot)
          let price = intrinsic + 0.02 * spot
          return al_option_v1(
            underlying: UInt32(i), right: right, ts: time, expiry_ns: time + 30 * SyntheticMarket.day,
            strike: spot * strike, bid: price * 0.98, ask: price * 1.02, last: price,
            implied_volatility: 0.15 + 0.2 * value(time, i), open_interest: 1000, volume: 50)
        }
      }
    }
  }

  private func fillPortfolio(_ time: Int64) -> UnsafePointer<al_portfolio_v1> {
    let million = 1_000_000 * AL_UNIT
    var gross: Int64 = 0
    for i in 0..<count {
      let price = fixed(market.close(i, at: time))
      let units: Int64 = i == 0 ? 500 : i == 1 ? -200 : 0
      gross += abs(units) * price
      positions[i] = al_position_v1(
        instrument: UInt32(i), flags: 0, quantity: units * AL_UNIT, committed: units * AL_UNIT,
        average_cost: price / 10 * 9, last: price, realised: 0, unrealised: units * (price / 10), fees: AL_UNIT)
    }
    var p = al_portfolio_v1()
    p.size = UInt32(MemoryLayout<al_portfolio_v1>.size)
    p.n_positions = UInt32(count)
    p.positions = UnsafePointer(positionList)
    p.equity = million + Int64(value(time, 7) * 1e5) * AL_UNIT
    p.cash = million - gross
    p.peak_equity = million + 100_000 * AL_UNIT
    p.day_start_equity = million
    p.initial_cash = million
    p.gross = gross
    p.n_open = UInt32(min(2, count))
    portfolio.initialize(to: p)
    return UnsafePointer(portfolio)
  }

  /// In 1e-8 units, kept small enough for sums of positions.
  private func fixed(_ price: Double) -> Int64 { Int64((min(price, 1e6) * 1e8).rounded()) }

  private func fillOrders(_ c: inout al_input_v1, _ time: Int64) {
    let index = max(0, SyntheticMarket.count(market.times, upTo: time) - 1)
    let price = fixed(market.close(0, at: time))
    if index % 5 == 4 {
      let update = al_order_update_v1(
        id: al_order_id_v1(session: 1, sequence: UInt64(index)), ts: time, instrument: 0, state: AL_STATE_FILLED,
        type: AL_ORDER_MARKET, reason: 0, quantity: 10 * AL_UNIT, filled: 10 * AL_UNIT, last_quantity: 10 * AL_UNIT,
        last_price: price, label: 0, reserved: 0)
      c.order_updates = UnsafePointer(updates.place([update]))
      c.n_order_updates = 1
    }
    let start = market.times[index / 20 * 20]
    let total = 1000 * AL_UNIT
    let left = total - Int64(index % 20) * 40 * AL_UNIT
    c.work = UnsafePointer(
      work.place([
        al_work_v1(
          parent: UInt64(index / 20 + 1), instrument: 0, flags: 0, total: total, remaining: left, working: 0,
          start_ns: start, end_ns: start + 20 * SyntheticMarket.day, limit_price: 0)
      ]))
    c.n_work = 1
  }

  private func fillViews(_ time: Int64) -> UnsafePointer<al_views_v1> {
    let ids = ["alpha.one", "alpha.two", "alpha.three"]
    var rows: [al_view_v1] = []
    let agents = ids.enumerated().map { k, id -> al_agent_record_v1 in
      for i in 0..<count {
        var row = al_row_v1()
        row.kind = AL_ROW_VIEW
        row.instrument = UInt32(i)
        row.value = 2 * value(time, 31 * k + i) - 1
        row.confidence = value(time, 77 * k + i)
        rows.append(al_view_v1(agent: UInt32(k), reserved: 0, row: row))
      }
      return al_agent_record_v1(
        instance: texts.cached(id), id: texts.cached(id), tier: AL_TIER_JUNIOR, wins: 30 + UInt32(k), losses: 25,
        reserved: 0,
        weight: 1, sum_win: 0.6, sum_loss: 0.4, last_return: 0.02 * (value(time, 900 + k) - 0.5), realised: 0,
        unrealised: 0, fees: 0)
    }
    views.initialize(
      to: al_views_v1(
        size: UInt32(MemoryLayout<al_views_v1>.size), n_agents: UInt32(agents.count), n_rows: UInt64(rows.count),
        records: UnsafePointer(records.place(agents)), rows: UnsafePointer(viewRows.place(rows))))
    return UnsafePointer(views)
  }
}

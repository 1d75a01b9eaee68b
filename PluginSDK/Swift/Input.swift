import CAlphaLoop

/// A read-only column of doubles in host memory, oldest first. Valid during the evaluation that received it.
public struct Column {
  public let base: UnsafePointer<Double>
  public let count: Int

  @inlinable public init(base: UnsafePointer<Double>, count: Int) {
    self.base = base
    self.count = count
  }

  @inlinable public subscript(index: Int) -> Double {
    precondition(index >= 0 && index < count, "row outside the window")
    return base[index]
  }

  /// The value `age` rows before the newest; 0 is the newest.
  @inlinable public subscript(ago age: Int) -> Double { self[count - 1 - age] }

  /// The newest `n` rows.
  @inlinable public func suffix(_ n: Int) -> Column {
    precondition(n >= 0 && n <= count, "more rows than the window has")
    return Column(base: base + (count - n), count: n)
  }

  @inlinable public var last: Double { self[count - 1] }
}

/// The history of one instrument, at most the rows the agent asked for.
public struct Window {
  @usableFromInline let c: UnsafePointer<al_window_v1>
  public let count: Int
  @usableFromInline let first: Int

  @inlinable init(_ c: UnsafePointer<al_window_v1>, lookback: Int) {
    self.c = c
    let rows = Int(c.pointee.count)
    count = rows < lookback ? rows : lookback
    first = Int(c.pointee.first) + rows - count
  }

  /// Bars of this instrument so far, also those before the window.
  @inlinable public var total: Int { Int(c.pointee.total) }
  @inlinable public var columns: UInt32 { c.pointee.columns }

  @inlinable func column(_ base: UnsafePointer<Double>?) -> Column? {
    guard let base else { return nil }
    return Column(base: base + first, count: count)
  }

  /// nil where the series has no such column (close-only data).
  @inlinable public var open: Column? { column(c.pointee.open) }
  @inlinable public var high: Column? { column(c.pointee.high) }
  @inlinable public var low: Column? { column(c.pointee.low) }
  @inlinable public var volume: Column? { column(c.pointee.volume) }
  @inlinable public var close: Column? { column(c.pointee.close) }

  /// Time of row `index`, ns UTC.
  @inlinable public func time(_ index: Int) -> Int64 {
    precondition(index >= 0 && index < count, "row outside the window")
    return c.pointee.ts[first + index]
  }

  @inlinable public var lastTime: Int64 { count == 0 ? 0 : time(count - 1) }
}

/// What an evaluation sees. Nothing of it may be kept after the evaluation.
public struct Input {
  @usableFromInline let c: UnsafePointer<al_input_v1>
  @usableFromInline let lookback: Int

  @inlinable init(_ c: UnsafePointer<al_input_v1>, lookback: Int) {
    self.c = c
    self.lookback = lookback
  }

  /// As-of time, ns UTC.
  @inlinable public var asOf: Int64 { c.pointee.as_of_ns }
  @inlinable public var cause: UInt32 { c.pointee.cause }
  @inlinable public var timer: UInt64 { c.pointee.timer }
  /// Instruments of the universe.
  @inlinable public var count: Int { Int(c.pointee.n_instruments) }
  @inlinable public var hasBars: Bool { c.pointee.windows != nil }

  /// History of instrument `index`; empty when bars were not granted.
  @inlinable public func window(_ index: Int) -> Window? {
    precondition(index >= 0 && index < count, "instrument outside the universe")
    guard let list = c.pointee.windows, let w = list[index] else { return nil }
    return Window(w, lookback: lookback)
  }

  /// Newest quote of instrument `index`, nil before the first.
  @inlinable public func quote(_ index: Int) -> al_quote_v1? {
    precondition(index >= 0 && index < count, "instrument outside the universe")
    guard let list = c.pointee.quotes, let q = list[index], q.pointee.ts != 0 else { return nil }
    return q.pointee
  }

  @inlinable public var trades: UnsafeBufferPointer<al_trade_v1> {
    UnsafeBufferPointer(start: c.pointee.trades, count: Int(c.pointee.n_trades))
  }
  @inlinable public var options: UnsafeBufferPointer<al_option_v1> {
    UnsafeBufferPointer(start: c.pointee.options, count: Int(c.pointee.n_options))
  }
  @inlinable public var news: UnsafeBufferPointer<al_news_v1> {
    UnsafeBufferPointer(start: c.pointee.news, count: Int(c.pointee.n_news))
  }
  @inlinable public var events: UnsafeBufferPointer<al_event_v1> {
    UnsafeBufferPointer(start: c.pointee.events, count: Int(c.pointee.n_events))
  }
  @inlinable public var orderUpdates: UnsafeBufferPointer<al_order_update_v1> {
    UnsafeBufferPointer(start: c.pointee.order_updates, count: Int(c.pointee.n_order_updates))
  }
  /// Parent quantities to work, for execution agents.
  @inlinable public var work: UnsafeBufferPointer<al_work_v1> {
    UnsafeBufferPointer(start: c.pointee.work, count: Int(c.pointee.n_work))
  }
  @inlinable public var fundamentals: Facts? { c.pointee.fundamentals.map(Facts.init) }
  @inlinable public var macro: Facts? { c.pointee.macro.map(Facts.init) }
  @inlinable public var portfolio: Portfolio? { c.pointee.portfolio.map(Portfolio.init) }
  @inlinable public var views: Views? { c.pointee.views.map(Views.init) }
  @inlinable public var session: al_session_v1? { c.pointee.session?.pointee }
  public var hasQuotes: Bool { c.pointee.quotes != nil }
}

/// Point-in-time facts: every revision known by now, sorted by (instrument, field, period, known).
public struct Facts {
  @usableFromInline let c: UnsafePointer<al_facts_v1>
  @inlinable init(_ c: UnsafePointer<al_facts_v1>) { self.c = c }

  public var names: [String] { (0..<Int(c.pointee.n_names)).map { String(c.pointee.names[$0]) } }

  /// Index of a field or series, nil when the source has never had it.
  public func field(_ name: String) -> Int? {
    for i in 0..<Int(c.pointee.n_names) {
      let known = c.pointee.names[i]
      // Byte by byte: a String made of each name would cost an allocation at every evaluation.
      if name.utf8.elementsEqual(UnsafeRawBufferPointer(start: known.ptr, count: Int(clamping: known.len))) { return i }
    }
    return nil
  }

  /// Rows of one instrument (0 for macro); empty when there are none.
  @inlinable public func rows(instrument: Int = 0) -> UnsafeBufferPointer<al_fact_v1> {
    let from = Int(c.pointee.offsets[instrument])
    let to = Int(c.pointee.offsets[instrument + 1])
    guard let base = c.pointee.rows, to > from else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: base + from, count: to - from)
  }
}

/// The account, in money of the account's currency.
public struct Portfolio {
  @usableFromInline let c: UnsafePointer<al_portfolio_v1>
  @inlinable init(_ c: UnsafePointer<al_portfolio_v1>) { self.c = c }

  @inlinable public var equity: Double { Double(c.pointee.equity) / 1e8 }
  @inlinable public var cash: Double { Double(c.pointee.cash) / 1e8 }
  @inlinable public var peakEquity: Double { Double(c.pointee.peak_equity) / 1e8 }
  @inlinable public var dayStartEquity: Double { Double(c.pointee.day_start_equity) / 1e8 }
  @inlinable public var gross: Double { Double(c.pointee.gross) / 1e8 }
  @inlinable public var net: Double { Double(c.pointee.net) / 1e8 }
  @inlinable public var raw: al_portfolio_v1 { c.pointee }

  @inlinable public func position(_ index: Int) -> al_position_v1 {
    precondition(index >= 0 && index < Int(c.pointee.n_positions), "instrument outside the universe")
    return c.pointee.positions[index]!.pointee
  }
}

/// Other agents' outputs of the earlier stages, and their records.
public struct Views {
  @usableFromInline let c: UnsafePointer<al_views_v1>
  @inlinable init(_ c: UnsafePointer<al_views_v1>) { self.c = c }

  @inlinable public var records: UnsafeBufferPointer<al_agent_record_v1> {
    UnsafeBufferPointer(start: c.pointee.records, count: Int(c.pointee.n_agents))
  }
  @inlinable public var rows: UnsafeBufferPointer<al_view_v1> {
    UnsafeBufferPointer(start: c.pointee.rows, count: Int(c.pointee.n_rows))
  }
}

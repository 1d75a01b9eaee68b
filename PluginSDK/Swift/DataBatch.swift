import CAlphaLoop

/// Rows of one kind on their way to the host. The memory is reused from batch to batch.
///
/// Only the rows of `kind` are read. Columns of bars that the source does not have are left out of `columns`.
public final class DataBatch {
  /// `AL_DATA_*`.
  public let kind: UInt32
  /// `AL_COLUMN_*` that bars have.
  public var columns: UInt32 = AL_COLUMN_OPEN | AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE | AL_COLUMN_VOLUME

  private let instruments: Int
  private let texts = TextArena()
  private var symbols = Rows<al_str_v1>()
  private var faults = Rows<al_fault_v1>()
  private var ts = Rows<Int64>()
  private var instrument = Rows<UInt32>()
  private var prices = (open: Rows<Int64>(), high: Rows<Int64>(), low: Rows<Int64>(), close: Rows<Int64>())
  private var volume = Rows<Int64>()
  private var borrowed: al_bars_v1?
  private var quotes = Rows<al_quote_v1>()
  private var trades = Rows<al_trade_v1>()
  private var facts = Rows<al_fact_v1>()
  private var factTable = Rows<al_facts_v1>()
  private var factOffsets = Rows<UInt32>()
  private var fieldNames = Rows<al_str_v1>()
  private var fields: [String: UInt32] = [:]
  private var options = Rows<al_option_v1>()
  private var news = Rows<al_news_v1>()
  private var events = Rows<al_event_v1>()

  /// - Parameters:
  ///   - instruments: symbols of the query; 0 when it named none and the batch names them by `name(_:)`.
  public init(kind: UInt32, instruments: Int) {
    self.kind = kind
    self.instruments = instruments
  }

  deinit {
    symbols.free()
    faults.free()
    ts.free()
    instrument.free()
    prices.open.free()
    prices.high.free()
    prices.low.free()
    prices.close.free()
    volume.free()
    quotes.free()
    trades.free()
    facts.free()
    factTable.free()
    factOffsets.free()
    fieldNames.free()
    options.free()
    news.free()
    events.free()
  }

  /// Names the next instrument of a query that named none; gives its index.
  @discardableResult
  public func name(_ symbol: String) -> UInt32 {
    symbols.append(texts.keep(symbol))
    return UInt32(clamping: symbols.count - 1)
  }

  /// A row that could not be used; `line` 0: not from a text file.
  public func fault(line: UInt64 = 0, where place: String, _ what: String) {
    faults.append(al_fault_v1(line: line, where: texts.keep(place), what: texts.keep(what)))
  }

  /// One bar; prices and volume in 1e-8 units.
  public func bar(
    _ index: UInt32, ts time: Int64, open: Int64 = 0, high: Int64 = 0, low: Int64 = 0, close: Int64 = 0,
    volume shares: Int64 = 0
  ) {
    ts.append(time)
    instrument.append(index)
    prices.open.append(open)
    prices.high.append(high)
    prices.low.append(low)
    prices.close.append(close)
    volume.append(shares)
  }

  /// Bars in memory of the caller's own, which must live until the next call on the cursor; no copy is made.
  public func use(bars: al_bars_v1) { borrowed = bars }

  public func quote(_ index: UInt32, _ quote: al_quote_v1) {
    quotes.append(quote)
    instrument.append(index)
  }
  public func trade(_ trade: al_trade_v1) { trades.append(trade) }

  /// A published value. `field` by name ("eps", "T10Y3M").
  public func fact(_ index: UInt32, field name: String, period: Int64, known: Int64, _ value: Double) {
    let field = fields[name] ?? UInt32(clamping: fieldNames.count)
    if fields.updateValue(field, forKey: name) == nil { fieldNames.append(texts.keep(name)) }
    facts.append(al_fact_v1(instrument: index, field: field, period_ns: period, known_ns: known, value: value))
  }

  public func option(_ option: al_option_v1) { options.append(option) }

  /// - Parameters:
  ///   - sentiment: the vendor's, NaN when none.
  public func news(
    _ index: UInt32 = AL_NONE, published: Int64, known: Int64, id: String, source: String, headline: String,
    body: String = "", sentiment: Double = .nan, flags: UInt32 = 0
  ) {
    news.append(
      al_news_v1(
        instrument: index, flags: flags, published_ns: published, known_ns: known, sentiment: sentiment,
        id: texts.keep(id), source: texts.keep(source), headline: texts.keep(headline), body: texts.keep(body)))
  }

  /// - Parameters:
  ///   - kind: `AL_EVENT_*`, which says what `value` and `value2` are.
  public func event(
    _ index: UInt32 = AL_NONE, kind: UInt32, event: Int64, known: Int64, value: Double = .nan, value2: Double = .nan,
    subject: String = "", text: String = ""
  ) {
    events.append(
      al_event_v1(
        instrument: index, kind: kind, event_ns: event, known_ns: known, value: value, value2: value2,
        subject: texts.keep(subject), text: texts.keep(text)))
  }

  /// Rows of this batch so far.
  public var count: Int {
    switch kind {
    case AL_DATA_BARS: borrowed.map { Int(clamping: $0.n) } ?? ts.count
    case AL_DATA_QUOTES: quotes.count
    case AL_DATA_TRADES: trades.count
    case AL_DATA_FUNDAMENTALS, AL_DATA_MACRO: facts.count
    case AL_DATA_OPTIONS: options.count
    case AL_DATA_NEWS: news.count
    default: events.count
    }
  }

  public var faultCount: Int { faults.count }

  public func removeAll() {
    texts.removeAll()
    symbols.count = 0
    faults.count = 0
    ts.count = 0
    instrument.count = 0
    prices.open.count = 0
    prices.high.count = 0
    prices.low.count = 0
    prices.close.count = 0
    volume.count = 0
    borrowed = nil
    quotes.count = 0
    trades.count = 0
    facts.count = 0
    factTable.count = 0
    factOffsets.count = 0
    fieldNames.count = 0
    fields.removeAll(keepingCapacity: true)
    options.count = 0
    news.count = 0
    events.count = 0
  }

  func fill(_ out: inout al_batch_v1) {
    out = al_batch_v1()
    out.size = UInt32(MemoryLayout<al_batch_v1>.size)
    out.kind = kind
    out.n_symbols = UInt32(clamping: symbols.count)
    out.symbols = symbols.pointer
    out.n_faults = UInt32(clamping: faults.count)
    out.faults = faults.pointer
    out.n_rows = UInt64(count)
    switch kind {
    case AL_DATA_BARS: out.bars = bars
    case AL_DATA_QUOTES:
      out.quotes = quotes.pointer
      out.quote_instruments = instrument.pointer
    case AL_DATA_TRADES: out.trades = trades.pointer
    case AL_DATA_FUNDAMENTALS, AL_DATA_MACRO: out.facts = sortedFacts()
    case AL_DATA_OPTIONS: out.options = options.pointer
    case AL_DATA_NEWS: out.news = news.pointer
    default: out.events = events.pointer
    }
  }

  private var bars: al_bars_v1 {
    var bars = borrowed ?? ownBars
    bars.size = UInt32(MemoryLayout<al_bars_v1>.size)
    return bars
  }

  private var ownBars: al_bars_v1 {
    func column(_ rows: Rows<Int64>, _ bit: UInt32) -> UnsafePointer<Int64>? {
      columns & bit == 0 ? nil : rows.pointer
    }
    return al_bars_v1(
      size: 0, columns: columns, n: UInt64(ts.count), ts: ts.pointer, instrument: instrument.pointer,
      open: column(prices.open, AL_COLUMN_OPEN), high: column(prices.high, AL_COLUMN_HIGH),
      low: column(prices.low, AL_COLUMN_LOW), close: column(prices.close, AL_COLUMN_CLOSE),
      volume: column(volume, AL_COLUMN_VOLUME))
  }

  /// The table's own order is (instrument, field, period, known), with the row range of each instrument.
  private func sortedFacts() -> UnsafePointer<al_facts_v1>? {
    var rows = facts.buffer
    rows.sort {
      ($0.instrument, $0.field, $0.period_ns, $0.known_ns) < ($1.instrument, $1.field, $1.period_ns, $1.known_ns)
    }
    let named = symbols.count > 0 ? symbols.count : instruments
    let n = kind == AL_DATA_MACRO ? 1 : named
    var row = 0
    factOffsets.count = 0
    for index in 0...n {
      while row < facts.count, Int(rows[row].instrument) < index { row += 1 }
      factOffsets.append(UInt32(clamping: row))
    }
    factTable.count = 0
    factTable.append(
      al_facts_v1(
        size: UInt32(MemoryLayout<al_facts_v1>.size), n_names: UInt32(clamping: fieldNames.count),
        n_rows: UInt64(facts.count), names: fieldNames.pointer, rows: facts.pointer, offsets: factOffsets.pointer))
    return factTable.pointer
  }
}

/// A growing block of plain C values at an address that C can read.
struct Rows<T: BitwiseCopyable> {
  private var base: UnsafeMutablePointer<T>?
  private var capacity = 0
  var count = 0

  var pointer: UnsafePointer<T>? { UnsafePointer(base) }
  var buffer: UnsafeMutableBufferPointer<T> { UnsafeMutableBufferPointer(start: base, count: count) }

  mutating func append(_ value: T) {
    if count == capacity { grow() }
    (base! + count).initialize(to: value)
    count += 1
  }

  private mutating func grow() {
    let larger = max(64, capacity * 2)
    let fresh = UnsafeMutablePointer<T>.allocate(capacity: larger)
    if let base {
      fresh.update(from: base, count: count)
      base.deallocate()
    }
    base = fresh
    capacity = larger
  }

  mutating func free() {
    base?.deallocate()
    base = nil
    capacity = 0
    count = 0
  }
}

import CAlphaLoop

/// Fundamentals, macro series, news and events of a generated market, each row from the moment it is known.
final class FactMemory {
  private let market: SyntheticMarket
  private let texts: CArguments
  private let fundamentals: UnsafeMutablePointer<al_facts_v1>
  private let macro: UnsafeMutablePointer<al_facts_v1>
  private let fundamentalNames: RowRoom<al_str_v1>
  private let macroNames: RowRoom<al_str_v1>
  private let fundamentalRows: RowRoom<al_fact_v1>
  private let macroRows: RowRoom<al_fact_v1>
  private let fundamentalOffsets: RowRoom<UInt32>
  private let macroOffsets: RowRoom<UInt32>
  private let news: RowRoom<al_news_v1>
  private let events: RowRoom<al_event_v1>

  private var reportsShown = -1
  private var observationsShown = -1

  private static let fields = ["book_value", "eps", "revenue", "shares"]
  private static let seriesIDs = ["CPI", "T10Y3M", "VIX"]
  private static let kept = 40

  init(_ market: SyntheticMarket, blocks: InputBlocks) {
    texts = CArguments(shared: blocks.shared)
    self.market = market
    let n = market.series.count
    let periods = market.times.count / 60 + 1
    fundamentals = blocks.allocate(al_facts_v1.self, 1, "the fundamentals")
    macro = blocks.allocate(al_facts_v1.self, 1, "the macro series")
    fundamentalNames = RowRoom(blocks, Self.fields.count, "the names of fundamentals")
    macroNames = RowRoom(blocks, Self.seriesIDs.count, "the names of macro series")
    fundamentalRows = RowRoom(blocks, n * Self.fields.count * periods, "the rows of fundamentals")
    macroRows = RowRoom(blocks, Self.seriesIDs.count * (market.times.count / 20 + 1), "the rows of macro series")
    fundamentalOffsets = RowRoom(blocks, n + 1, "the offsets of fundamentals")
    macroOffsets = RowRoom(blocks, 2, "the offsets of macro series")
    news = RowRoom(blocks, Self.kept, "the news")
    events = RowRoom(blocks, Self.kept, "the events")
  }

  func fill(_ c: inout al_input_v1, _ time: Int64, _ granted: UInt64) {
    let known = SyntheticMarket.count(market.times, upTo: time)
    if granted & AL_IN_FUNDAMENTALS != 0 { c.fundamentals = fillFundamentals(known) }
    if granted & AL_IN_MACRO != 0 { c.macro = fillMacro(known) }
    if granted & AL_IN_NEWS != 0 {
      let rows = recentNews(known)
      c.n_news = UInt32(rows.count)
      c.news = UnsafePointer(news.place(rows))
    }
    if granted & AL_IN_EVENTS != 0 {
      let rows = recentEvents(known)
      c.n_events = UInt32(rows.count)
      c.events = UnsafePointer(events.place(rows))
    }
  }

  /// A report every 60 bars, known 20 bars after its period.
  private func fillFundamentals(_ known: Int) -> UnsafePointer<al_facts_v1> {
    let reports = (max(0, known - 20) + 59) / 60
    if reports == reportsShown { return UnsafePointer(fundamentals) }
    reportsShown = reports
    var rows: [al_fact_v1] = []
    var offsets: [UInt32] = [0]
    for i in market.series.indices {
      for field in Self.fields.indices {
        for period in stride(from: 0, to: max(0, known - 20), by: 60) {
          let value = 1 + Double((i * 7 + field * 3 + period / 60) % 11) / 4
          rows.append(
            al_fact_v1(
              instrument: UInt32(i), field: UInt32(field), period_ns: market.times[period],
              known_ns: market.times[period + 20], value: value))
        }
      }
      offsets.append(UInt32(rows.count))
    }
    fundamentals.initialize(
      to: table(
        rows, fundamentalNames.place(Self.fields.map(texts.cached)), fundamentalRows.place(rows),
        fundamentalOffsets.place(offsets), Self.fields.count))
    return UnsafePointer(fundamentals)
  }

  private func fillMacro(_ known: Int) -> UnsafePointer<al_facts_v1> {
    let observations = (max(0, known - 1) + 19) / 20
    if observations == observationsShown { return UnsafePointer(macro) }
    observationsShown = observations
    var rows: [al_fact_v1] = []
    for id in Self.seriesIDs.indices {
      for k in stride(from: 0, to: max(0, known - 1), by: 20) {
        let value = [100 + Double(k) / 50, 1.5 - Double(k % 300) / 100, 15 + Double(k % 70) / 4][id]
        rows.append(
          al_fact_v1(
            instrument: 0, field: UInt32(id), period_ns: market.times[k], known_ns: market.times[k + 1], value: value))
      }
    }
    macro.initialize(
      to: table(
        rows, macroNames.place(Self.seriesIDs.map(texts.cached)), macroRows.place(rows),
        macroOffsets.place([0, UInt32(rows.count)]), Self.seriesIDs.count))
    return UnsafePointer(macro)
  }

  private func table(
    _ rows: [al_fact_v1], _ names: UnsafeMutablePointer<al_str_v1>, _ placed: UnsafeMutablePointer<al_fact_v1>,
    _ offsets: UnsafeMutablePointer<UInt32>, _ count: Int
  ) -> al_facts_v1 {
    al_facts_v1(
      size: UInt32(MemoryLayout<al_facts_v1>.size), n_names: UInt32(count), n_rows: UInt64(rows.count), names: names,
      rows: placed, offsets: offsets)
  }

  private func recentNews(_ known: Int) -> [al_news_v1] {
    Array(stride(from: 0, to: known, by: 9)).suffix(Self.kept).map { (k: Int) -> al_news_v1 in
      let i = k / 9 % market.series.count
      return al_news_v1(
        instrument: UInt32(i), flags: 0, published_ns: market.times[k] - 1000, known_ns: market.times[k],
        sentiment: Double(k % 21) / 10 - 1, id: texts.cached("n\(k)"), source: texts.cached("wire"),
        headline: texts.cached("Results of \(market.series[i].symbol) beat expectations"), body: texts.cached(""))
    }
  }

  private func recentEvents(_ known: Int) -> [al_event_v1] {
    Array(stride(from: 0, to: known, by: 13)).suffix(Self.kept).map { (k: Int) -> al_event_v1 in
      let kind = k % 2 == 0 ? AL_EVENT_EARNINGS : AL_EVENT_DIVIDEND
      let value = 1 + Double(k % 5) / 10
      return al_event_v1(
        instrument: UInt32(k / 13 % market.series.count), kind: kind, event_ns: market.times[k],
        known_ns: market.times[k], value: value, value2: 1, subject: texts.cached(""), text: texts.cached(""))
    }
  }
}

import CAlphaLoop
import TWSProtocol

/// What a stretch of the past is asked for.
public struct RangeQuery: Sendable {
  /// ns UTC, the start included and the end not; 0: no bound.
  public var from: Int64
  public var to: Int64
  public var whatToShow: String
  public var useRTH: Bool

  public init(from: Int64, to: Int64, whatToShow: String, useRTH: Bool) {
    self.from = from
    self.to = to
    self.whatToShow = whatToShow
    self.useRTH = useRTH
  }
}

/// Stretches of the past of any length, put together of as many requests as the gateway's limits ask for.
extension Gateway {
  /// Bars known at or after `from` and before `to`, by rising times, and how many could not be read. Without a start: one
  /// request back from the end.
  public func bars(
    _ contract: Contract, _ reader: BarReader, _ range: RangeQuery
  ) throws(IBKRError) -> (bars: [KnownBar], bad: Int) {
    var query = HistoricalDataQuery()
    query.barSizeSetting = reader.length.setting
    query.whatToShow = range.whatToShow
    query.useRTH = range.useRTH
    let now = time.wall()
    var end = range.to == 0 ? now : min(range.to, now)
    var all: [KnownBar] = []
    var bad = 0
    for _ in 0..<10_000 {
      // The start of the first bar may lie a length before it is known.
      let seconds =
        range.from == 0 ? reader.length.reach : (end - range.from + reader.length.nanoseconds) / 1_000_000_000 + 1
      query.endDateTime = ServerTime.text(end + 999_999_999)
      query.durationStr = reader.length.duration(seconds: seconds)
      let raw = try historicalBars(contract, query)
      let read = reader.read(raw)
      bad += read.bad
      let first = raw.compactMap { reader.start($0) }.min()
      all = read.bars.filter { row in all.first.map { row.ts < $0.ts } ?? true } + all
      guard let first, first < end, range.from != 0, first > range.from else { break }
      end = first
    }
    let limit = range.to == 0 ? now + 1 : range.to
    return (all.filter { $0.ts >= range.from && $0.ts < limit && $0.ts <= now }, bad)
  }

  /// Trades from `from` on, at most `most`.
  public func trades(
    _ contract: Contract, _ range: RangeQuery, magnifier: Double, most: Int = 1_000_000
  ) throws(IBKRError) -> [al_trade_v1] {
    try ticks(contract, range, "TRADES", most) { response in
      guard case .historicalTicksLast(let page) = response else { return [] }
      return page.ticks.filter { !$0.unreported }.map {
        al_trade_v1(
          ts: $0.time.multipliedSafely(by: 1_000_000_000) ?? 0, instrument: 0, flags: 0, price: $0.price / magnifier,
          size: $0.size?.double ?? 0)
      }
    } time: {
      $0.ts
    }
  }

  /// Quotes from `from` on, at most `most`.
  public func quotes(
    _ contract: Contract, _ range: RangeQuery, magnifier: Double, most: Int = 1_000_000
  ) throws(IBKRError) -> [al_quote_v1] {
    try ticks(contract, range, "BID_ASK", most) { response in
      guard case .historicalTicksBidAsk(let page) = response else { return [] }
      return page.ticks.map {
        al_quote_v1(
          ts: $0.time.multipliedSafely(by: 1_000_000_000) ?? 0, bid: $0.priceBid / magnifier,
          ask: $0.priceAsk / magnifier,
          bid_size: $0.sizeBid?.double ?? 0, ask_size: $0.sizeAsk?.double ?? 0)
      }
    } time: {
      $0.ts
    }
  }

  /// Pages of at most 1000 ticks; a page ends with a whole second, so that the next one begins with the second after it.
  private func ticks<T>(
    _ contract: Contract, _ range: RangeQuery, _ kind: String, _ most: Int, _ read: (Response) -> [T],
    time stamp: (T) -> Int64
  ) throws(IBKRError) -> [T] {
    guard range.from > 0 else { throw IBKRError(.invalid, "ticks of the past need a start") }
    var query = HistoricalTicksQuery()
    query.numberOfTicks = 1000
    query.whatToShow = kind
    query.useRth = range.useRTH
    let limit = range.to == 0 ? time.wall() + 1 : range.to
    var (from, all) = (range.from, [T]())
    while from < limit {
      query.startDateTime = ServerTime.text(from)
      let page = read(try historicalTicks(contract, query))
      all += page.filter { stamp($0) >= range.from && stamp($0) < limit }
      guard let newest = page.map(stamp).max(), newest >= from, page.count >= 1000 || newest < limit else { break }
      guard all.count < most else { throw IBKRError(.invalid, "more than \(most) ticks; ask for less at a time") }
      if page.count < 1000 { break }
      from = newest + 1_000_000_000
    }
    return all
  }
}

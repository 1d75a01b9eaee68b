import CAlphaLoop
import TWSProtocol

/// Makes quotes and trades of the ticks of one stream. Delayed ticks count as the others: whether they may be used is decided
/// by the market data type that was asked for.
public struct QuoteBuilder: Sendable {
  /// Prices on the wire are real prices times this.
  let magnifier: Double
  /// Units of one size on the wire: 100 where sizes come in lots.
  let lot: Double
  public private(set) var quote = al_quote_v1(ts: 0, bid: .nan, ask: .nan, bid_size: 0, ask_size: 0)
  private(set) var isChanged = false
  private(set) var trades: [al_trade_v1] = []
  private var last: (price: Double, time: Int64) = (.nan, 0)

  public init(magnifier: Double, lot: Double) {
    self.magnifier = magnifier
    self.lot = lot
  }

  /// - Parameters:
  ///   - now: ns UTC; ticks of quotes have no time of their own.
  public mutating func take(_ response: Response, now: Int64) {
    switch response {
    case .tickPrice(let tick): price(tick, now)
    case .tickSize(let tick): if let size = tick.size { self.size(tick.tickType, size, now) }
    case .tickString(_, 48, let text), .tickString(_, 77, let text): volume(text)
    case .tickByTick(let tick): tickByTick(tick)
    default: break
    }
  }

  /// The quote when it changed and has both sides.
  public mutating func takeQuote() -> al_quote_v1? {
    guard isChanged else { return nil }
    isChanged = false
    return quote.bid.isNaN || quote.ask.isNaN ? nil : quote
  }

  public mutating func takeTrades() -> [al_trade_v1] {
    defer { trades.removeAll(keepingCapacity: true) }
    return trades
  }

  /// A price of -1 without a size means that there is none now.
  private mutating func price(_ tick: TickPrice, _ now: Int64) {
    let isNone = tick.price == -1 && tick.size.map { $0.mantissa == 0 } ?? true
    let price = isNone ? Double.nan : tick.price / magnifier
    switch tick.tickType {
    case 1, 66: quote.bid = price
    case 2, 67: quote.ask = price
    default: return
    }
    changed(now)
    if let type = tick.sizeTickType, let size = tick.size { self.size(type, size, now) }
  }

  private mutating func size(_ type: Int32, _ size: WireDecimal, _ now: Int64) {
    let units = size.double * lot
    switch type {
    case 0, 69: quote.bid_size = units
    case 3, 70: quote.ask_size = units
    default: return
    }
    changed(now)
  }

  private mutating func changed(_ now: Int64) {
    quote.ts = now
    isChanged = true
  }

  /// "price;size;milliseconds;total volume;average;single": a price or size that is empty says nothing.
  private mutating func volume(_ text: String) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    guard parts.count >= 3, let price = Double(parts[0]), let size = Double(parts[1]), let time = Int64(parts[2]),
      let nanoseconds = time.multipliedSafely(by: 1_000_000)
    else { return }
    add(price, size, nanoseconds)
  }

  private mutating func tickByTick(_ tick: TickByTick) {
    switch tick.tick {
    case .last(let trade):
      guard let size = trade.size, !trade.unreported, let time = trade.time.multipliedSafely(by: 1_000_000_000) else {
        return
      }
      add(trade.price, size.double, time)
    case .bidAsk(let row):
      quote.bid = row.priceBid / magnifier
      quote.ask = row.priceAsk / magnifier
      quote.bid_size = (row.sizeBid?.double ?? 0) * lot
      quote.ask_size = (row.sizeAsk?.double ?? 0) * lot
      if let time = row.time.multipliedSafely(by: 1_000_000_000) { changed(time) }
    case .midPoint: break
    }
  }

  private mutating func add(_ price: Double, _ size: Double, _ time: Int64) {
    trades.append(al_trade_v1(ts: time, instrument: 0, flags: 0, price: price / magnifier, size: size * lot))
  }
}

extension WireDecimal {
  var double: Double { Double(description) ?? 0 }
}

import AlphaLoopSDK
import CAlphaLoop
import IBKRClient
import TWSProtocol

/// The answer to a query about the past: everything is fetched at the first step, symbol by symbol within the gateway's limits,
/// and given out by time.
final class RangeCursor: DataCursor {
  static let rowsABatch = 65_536

  private enum Row {
    case bar(UInt32, KnownBar)
    case quote(UInt32, al_quote_v1)
    case trade(al_trade_v1)

    var order: (Int64, UInt32) {
      switch self {
      case .bar(let index, let bar): (bar.ts, index)
      case .quote(let index, let quote): (quote.ts, index)
      case .trade(let trade): (trade.ts, trade.instrument)
      }
    }
  }

  private let gateway: Gateway
  private let query: Query
  private let source: SourceSettings
  private let reader: BarReader
  private let lot: Double
  private var rows: [Row]?
  private var next = 0

  init(_ gateway: Gateway, _ query: Query, _ source: SourceSettings, _ reader: BarReader, lot: Double) {
    self.gateway = gateway
    self.query = query
    self.source = source
    self.reader = reader
    self.lot = lot
  }

  func next(_ batch: DataBatch) throws(PluginError) -> Bool {
    let rows: [Row]
    if let known = self.rows {
      rows = known
    } else {
      rows = fetch(batch)
      self.rows = rows
    }
    let end = min(rows.count, next + RangeCursor.rowsABatch)
    for row in rows[next..<end] {
      switch row {
      case .bar(let index, let bar):
        batch.bar(
          index, ts: bar.ts, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume)
      case .quote(let index, let quote): batch.quote(index, quote)
      case .trade(let trade): batch.trade(trade)
      }
    }
    next = end
    return next < rows.count
  }

  /// A symbol that cannot be had is a fault of the answer, not its end.
  private func fetch(_ batch: DataBatch) -> [Row] {
    var all: [Row] = []
    for (index, symbol) in query.symbols.enumerated() {
      do throws(PluginError) {
        let listing = try source.resolve(symbol, gateway)
        all += try fetch(UInt32(index), listing, batch)
      } catch {
        batch.fault(where: symbol, error.message)
      }
    }
    return all.sorted { $0.order < $1.order }
  }

  private func fetch(_ index: UInt32, _ listing: Listing, _ batch: DataBatch) throws(PluginError) -> [Row] {
    let range = RangeQuery(
      from: query.from, to: query.to, whatToShow: source.show(listing.contract), useRTH: source.useRTH)
    do throws(IBKRError) {
      switch query.kind {
      case AL_DATA_QUOTES:
        return try gateway.quotes(listing.contract, range, magnifier: listing.magnifier).map { quote in
          var quote = quote
          quote.bid_size *= lot
          quote.ask_size *= lot
          return .quote(index, quote)
        }
      case AL_DATA_TRADES:
        return try gateway.trades(listing.contract, range, magnifier: listing.magnifier).map { trade in
          var trade = trade
          trade.instrument = index
          trade.size *= lot
          return .trade(trade)
        }
      default:
        var own = reader
        own.magnifier = listing.magnifier
        let found = try gateway.bars(listing.contract, own, range)
        if found.bad > 0 { batch.fault(where: listing.symbol, "\(found.bad) bars could not be read") }
        return found.bars.map { .bar(index, $0) }
      }
    } catch { throw PluginError(error) }
  }
}

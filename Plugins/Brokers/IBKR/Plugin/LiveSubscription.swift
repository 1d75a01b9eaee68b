import AlphaLoopSDK
import CAlphaLoop
import Glibc
import IBKRClient
import TWSProtocol

/// Streams of one subscription of the host; everything that came together is pushed in one batch.
final class LiveSubscription: Subscription, @unchecked Sendable {
  private let gateway: Gateway
  private let feed: Feed
  private let host: Host
  private let kind: UInt32
  private let lot: Double
  private let symbols: [String]
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  // Guarded by the lock, under which rows are pushed: after `cancel` there are none.
  private var isActive = true
  private let batch: DataBatch
  private var quotes: [QuoteBuilder] = []
  private var bars: [LiveBars] = []
  private var running: Set<Int> = []
  private var health: UInt32?
  /// Batches that the host had no room for.
  private var dropped = 0

  private var streams: [DataStream] = []

  init(_ gateway: Gateway, _ feed: Feed, _ query: Query, _ host: Host, lot: Double) {
    self.gateway = gateway
    self.feed = feed
    self.host = host
    kind = query.kind
    symbols = query.symbols
    self.lot = lot
    batch = DataBatch(kind: query.kind, instruments: query.symbols.count)
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  func begin(_ listings: [Listing], _ source: SourceSettings, _ reader: BarReader) {
    let now = host.now
    for listing in listings {
      var own = reader
      own.magnifier = listing.magnifier
      bars.append(LiveBars(own, after: now))
      quotes.append(QuoteBuilder(magnifier: listing.magnifier, lot: lot))
    }
    for (index, listing) in listings.enumerated() {
      let stream = gateway.subscribe(self.source(index, listing, source, reader)) { [weak self] event in
        self?.take(index, event)
      }
      streams.append(stream)
    }
  }

  private func source(
    _ index: Int, _ listing: Listing, _ source: SourceSettings, _ reader: BarReader
  ) -> DataStream.Source {
    if kind == AL_DATA_BARS {
      let show = source.show(listing.contract)
      return .bars(listing.contract) { [weak self] in
        var query = HistoricalDataQuery()
        query.barSizeSetting = reader.length.setting
        query.whatToShow = show
        query.useRTH = source.useRTH
        query.formatDate = 2
        query.keepUpToDate = true
        query.durationStr = self?.reach(index) ?? "1 D"
        return query
      }
    }
    if source.isTickByTick {
      var query = TickByTickQuery()
      query.tickType = kind == AL_DATA_QUOTES ? "BidAsk" : "AllLast"
      return .tickByTick(listing.contract, query)
    }
    var query = MarketDataQuery()
    // Trades with their own times.
    if kind == AL_DATA_TRADES { query.genericTickList = "233" }
    return .marketData(listing.contract, query)
  }

  /// So far back that nothing is missing since the last bar.
  private func reach(_ index: Int) -> String {
    locked { bars[index].duration(now: host.now) }
  }

  private func locked<R>(_ body: () -> R) -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body()
  }

  private func take(_ index: Int, _ event: DataStream.Event) {
    locked {
      guard isActive else { return }
      switch event {
      case .message(let response): take(index, response)
      case .pause: flush(index)
      case .asked: tell(index, isRunning: true, "")
      case .lost(let reason): tell(index, isRunning: false, reason)
      case .failed(let error): tell(index, isRunning: false, error.message)
      }
    }
  }

  private func take(_ index: Int, _ response: Response) {
    if kind == AL_DATA_BARS {
      add(index, bars[index].take(response))
    } else {
      quotes[index].take(response, now: host.now)
    }
  }

  private func add(_ index: Int, _ known: [KnownBar]) {
    for bar in known {
      batch.bar(
        UInt32(index), ts: bar.ts, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume)
    }
  }

  private func flush(_ index: Int) {
    switch kind {
    case AL_DATA_BARS: add(index, bars[index].expire(now: host.now))
    case AL_DATA_QUOTES: if let quote = quotes[index].takeQuote() { batch.quote(UInt32(index), quote) }
    default:
      for var trade in quotes[index].takeTrades() {
        trade.instrument = UInt32(index)
        batch.trade(trade)
      }
    }
    guard batch.count > 0 else { return }
    push()
  }

  /// Bars are kept until there is room; of quotes and trades newer ones will come.
  private func push() {
    do throws(PluginError) {
      if try feed.push(batch) {
        batch.removeAll()
      } else {
        dropped += 1
        if kind != AL_DATA_BARS || batch.count > 100_000 { batch.removeAll() }
      }
    } catch {
      batch.removeAll()
      host.log(.error, error.message)
    }
  }

  private func tell(_ index: Int, isRunning: Bool, _ reason: String) {
    if isRunning { running.insert(index) } else { running.remove(index) }
    let state =
      running.count == symbols.count ? AL_CONNECTION_UP : running.isEmpty ? AL_CONNECTION_DOWN : AL_CONNECTION_DEGRADED
    guard state != health else { return }
    health = state
    feed.health(
      state, reason.isEmpty ? "\(running.count) of \(symbols.count) streams run" : "\(symbols[index]): \(reason)")
  }

  override func cancel() throws(PluginError) {
    locked { isActive = false }
    for stream in streams { gateway.unsubscribe(stream) }
    streams.removeAll()
    if dropped > 0 { host.log(.warning, "the host had no room for \(dropped) batches") }
  }
}

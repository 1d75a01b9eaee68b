import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// A broker as a driver calls it: the instance's table and context.
public struct BrokerLink {
  public let context: UnsafeMutableRawPointer?
  public let table: UnsafePointer<al_broker_v1>

  public init(context: UnsafeMutableRawPointer?, table: UnsafePointer<al_broker_v1>) {
    self.context = context
    self.table = table
  }
}

/// Feeds an engine from a history under a virtual clock, with a simulated broker. The loop is the live loop without the
/// waiting: reports first, then the market, then what the engine asks for.
public final class BacktestDriver {
  /// When market orders fill.
  public enum Fill: Sendable { case nextOpen, sameClose }

  private let engine: Engine
  private let feed: MarketFeed
  private let broker: BrokerLink
  private let fill: Fill
  private var market = al_market_v1()
  private var reports: al_reports_v1
  /// Called after batches whose flags have the bit, for equity curves and sessions.
  public var onSessionClose: ((Int) -> Void)?
  public var onSessionOpen: ((Int) -> Void)?

  public init(engine: Engine, feed: MarketFeed, broker: BrokerLink, fill: Fill) {
    self.engine = engine
    self.feed = feed
    self.broker = broker
    self.fill = fill
    reports = al_reports_v1(
      size: UInt32(MemoryLayout<al_reports_v1>.size), cap: 1024, len: 0, needed: 0, rows: .allocate(capacity: 1024))
    market.size = UInt32(MemoryLayout<al_market_v1>.size)
    market.bars.size = UInt32(MemoryLayout<al_bars_v1>.size)
  }

  deinit { reports.rows.deallocate() }

  /// Runs batches `range` of the feed.
  public func run(_ range: Range<Int>, isStopping: () -> Bool = { false }) throws(LoadError) {
    var pauses = AL_MARKET_SESSION_CLOSES
    if onSessionOpen != nil { pauses |= AL_MARKET_SESSION_OPENS }
    var index = range.lowerBound
    while index < range.upperBound {
      if pauses & AL_MARKET_SESSION_OPENS & UInt32(feed.flags[index]) != 0 { onSessionOpen?(index) }
      var end = range.upperBound
      if engine.liveOrders > 0 {
        try advance(feed.batch(index), extra: 0)
        end = index + 1
      }
      index = engine.process(feed, index..<end, pauses: pauses)
      if engine.hasCommands || engine.hasCancels { try send(feed.batch(index - 1)) }
      if UInt32(feed.flags[index - 1]) & AL_MARKET_SESSION_CLOSES != 0 {
        onSessionClose?(index - 1)
        if isStopping() { return }
      }
    }
  }

  @inline(__always) private func describe(_ batch: BarBatch, _ extra: UInt32) {
    let c = batch.columns
    let first = batch.firstRow
    market.as_of_ns = batch.ts
    market.session_flags = batch.flags | extra
    market.bars.n = UInt64(truncatingIfNeeded: batch.count)
    market.bars.instrument = c.instruments.map { $0 + first }
    market.bars.open = c.open.map { $0 + first }
    market.bars.high = c.high.map { $0 + first }
    market.bars.low = c.low.map { $0 + first }
    market.bars.close = c.close + first
    market.bars.volume = c.volume.map { $0 + first }
  }

  /// Lets the broker match against a batch, and the engine hear of it at that batch's time.
  private func advance(_ batch: BarBatch, extra: UInt32) throws(LoadError) {
    describe(batch, extra)
    engine.clock.pointee = batch.ts
    reports.len = 0
    var status = broker.table.pointee.advance(broker.context, &market, &reports)
    if status == AL_E_CAPACITY {
      growReports(Int(reports.needed))
      status = broker.table.pointee.advance(broker.context, &market, &reports)
    }
    guard status >= 0 else { throw LoadError("broker", "advance failed (\(statusName(status)))") }
    if reports.len > 0 { engine.apply(UnsafeBufferPointer(start: reports.rows, count: Int(reports.len))) }
  }

  @inline(never) private func growReports(_ needed: Int) {
    reports.rows.deallocate()
    reports.cap = UInt32(max(needed, Int(reports.cap) * 2))
    reports.rows = .allocate(capacity: Int(reports.cap))
    reports.len = 0
    reports.needed = 0
  }

  private func send(_ batch: BarBatch) throws(LoadError) {
    let orders = engine.pendingCommands
    if orders.count > 0 {
      let status = broker.table.pointee.submit(
        broker.context, orders.baseAddress, UInt32(orders.count), engine.ackBuffer, nil)
      if status < 0 { engine.failSubmission() } else { engine.applyAcks() }
      if fill == .sameClose { try advance(batch, extra: AL_MARKET_SAME_CLOSE) }
    }
    let cancels = engine.pendingCancels
    if !cancels.isEmpty { sendCancels(cancels) }
  }

  private func sendCancels(_ ids: [al_order_id_v1]) {
    var acks = [al_ack_v1](repeating: al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0), count: ids.count)
    let status = broker.table.pointee.cancel(broker.context, ids, UInt32(ids.count), &acks, nil)
    if status < 0 { for i in acks.indices { acks[i].status = AL_E_REJECTED } }
    engine.applyCancelAcks(acks)
  }
}

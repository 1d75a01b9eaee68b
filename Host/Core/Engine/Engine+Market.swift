import CAlphaLoop

/// Market events: one call a moment.
extension Engine {
  /// Enters all bars of one moment: marks, windows, the agents that want every bar, the limits on equity, then the agents that
  /// want the whole panel, and the decision. Orders asked for are in `commands` afterwards.
  public func process(_ batch: BarBatch) {
    enter(batch.ts, batch.flags, batch.columns, batch.firstRow, batch.count)
  }

  /// Enters batch after batch of a feed until something waits to be sent.
  /// - Parameter pauses: session flags that the caller acts on: it gets control back before a batch that opens a session (but
  ///   the first) and after one that closes it.
  /// - Returns: the index after the last batch entered.
  public func process(_ feed: MarketFeed, _ range: Range<Int>, pauses: UInt32) -> Int {
    let bars = feed.columns
    let (ts, flags, firstRows, width) = (feed.ts, feed.flags, feed.firstRows, feed.instruments)
    let opens = pauses & AL_MARKET_SESSION_OPENS
    let closes = pauses & AL_MARKET_SESSION_CLOSES
    var index = range.lowerBound
    while index < range.upperBound {
      let marks = UInt32(flags[index])
      if marks & opens != 0 && index != range.lowerBound { break }
      if let firstRows {
        enter(ts[index], marks, bars, firstRows[index], firstRows[index &+ 1] &- firstRows[index])
      } else {
        enter(ts[index], marks, bars, index &* width, width)
      }
      index &+= 1
      if needsDriver || marks & closes != 0 { break }
    }
    return index
  }

  @inline(__always)
  private func enter(_ now: Int64, _ flags: UInt32, _ bars: BarColumns, _ firstRow: Int, _ count: Int) {
    clock.pointee = now
    if flags & AL_MARKET_SESSION_OPENS != 0 { openSession() }
    if now >= timers.next { fireTimers(now) }
    var row = firstRow
    let end = firstRow &+ count
    while row < end {
      let i = bars.instruments.map { Int($0[row]) } ?? row &- firstRow
      let close = bars.close[row]
      if close > 0, ledger.mark(UInt32(truncatingIfNeeded: i), at: Price(raw: close)) { gate.mark(i, close, now) }
      panel.append(i, ts: now, bars, row: row)
      var k = barOffsets[i]
      let last = barOffsets[i &+ 1]
      while k < last {
        evaluateOnBar(Int(barSlots[Int(k)]), now)
        k &+= 1
      }
      row &+= 1
    }
    counts.batches &+= 1
    counts.bars &+= UInt64(truncatingIfNeeded: count)
    let equity = ledger.balances.pointee.equity.raw
    if equity > peakEquity || equity <= drawdownWatch { equityMoved(equity) }
    if now >= watch.next { watchMarket(now) }
    if hasPanelAgents || isDirty { decide(now) }
    if now >= work.next { releaseChildren(now) }
    if halt != .armed { pursueHalt(now) }
  }

  /// One agent on one bar of its instrument.
  @inline(__always) private func evaluateOnBar(_ k: Int, _ now: Int64) {
    let slot = slots + k
    if !slot.pointee.isActive { return }
    let output = slot.pointee.output
    prepare(slot, now, AL_CAUSE_BAR)
    let status = slot.pointee.evaluate(slot.pointee.context, slot.pointee.input, output)
    slot.pointee.input.pointee.n_order_updates = 0
    if status != AL_OK || output.pointee.len != 0 { answerOnBar(k, status, now) }
  }

  @inline(__always) func prepare(_ slot: UnsafeMutablePointer<AgentSlot>, _ now: Int64, _ cause: UInt32) {
    let input = slot.pointee.input
    input.pointee.as_of_ns = now
    input.pointee.cause = cause
    input.pointee.sequence &+= 1
    slot.pointee.output.pointee.len = 0
    slot.pointee.output.pointee.needed = 0
    if let portfolio = input.pointee.portfolio { refresh(portfolio) }
  }

  /// The first event of a trading day: the loss of the day counts from here.
  private func openSession() {
    dayStartEquity = ledger.balances.pointee.equity.raw
    resetTrips()
    openBreaker()
  }

  /// Equity passed its peak, or fell to where something may have to be done.
  @inline(never) func equityMoved(_ equity: Int64) {
    if equity > peakEquity {
      peakEquity = equity
    } else {
      let fall = 1 - Double(equity) / Double(peakEquity)
      if fall > maximumDrawdown { maximumDrawdown = fall }
      checkTrips(equity)
    }
    resetTrips()
  }

  /// The equity at which the daily loss or the drawdown trips, and the one at which `equityMoved` is worth a call.
  func resetTrips() {
    let limits = settings.limits
    func floor(_ base: Int64, _ ppm: Int64) -> Int64 {
      ppm <= 0 ? .min : Int64(clamping: Int128(base) * Int128(1_000_000 - ppm) / 1_000_000)
    }
    tripEquity = max(floor(dayStartEquity, limits.dailyLossPPM), floor(peakEquity, limits.drawdownPPM))
    let deepest = Double(peakEquity) * (1 - maximumDrawdown)
    drawdownWatch = max(tripEquity, deepest.isFinite && abs(deepest) < 9e18 ? Int64(deepest) &- 1 : .min)
  }

  private func checkTrips(_ equity: Int64) {
    let limits = settings.limits
    if limits.dailyLossPPM > 0,
      Int128(equity) * 1_000_000 <= Int128(dayStartEquity) * Int128(1_000_000 - limits.dailyLossPPM)
    {
      setHalt(limits.dailyLossAction, .dailyLoss, limit: limits.dailyLossPPM, value: lossPPM(equity, dayStartEquity))
    }
    if limits.drawdownPPM > 0, Int128(equity) * 1_000_000 <= Int128(peakEquity) * Int128(1_000_000 - limits.drawdownPPM)
    {
      setHalt(limits.drawdownAction, .drawdown, limit: limits.drawdownPPM, value: lossPPM(equity, peakEquity))
    }
  }

  private func lossPPM(_ equity: Int64, _ base: Int64) -> Int64 {
    base <= 0 ? 0 : Int64(clamping: (Int128(base) - Int128(equity)) * 1_000_000 / Int128(base))
  }

  @inline(never) func fireTimers(_ now: Int64) {
    noteOverdue(now)
    while let timer = timers.pop(upTo: now) {
      let slot = slots + timer.agent
      guard slot.pointee.isActive else { continue }
      prepare(slot, now, AL_CAUSE_TIMER)
      slot.pointee.input.pointee.timer = timer.token
      let status = slot.pointee.evaluate(slot.pointee.context, slot.pointee.input, slot.pointee.output)
      slot.pointee.input.pointee.timer = 0
      slot.pointee.input.pointee.n_order_updates = 0
      if status != AL_OK || slot.pointee.output.pointee.len != 0 { take(timer.agent, status, now) }
    }
    resetWake()
  }

  /// An agent asks to be woken; false when it has too many timers pending.
  public func addTimer(agent: Int, at time: Int64, token: UInt64) -> Bool {
    // The present has been: a timer for it fires with the next event, never again within this one.
    let at = max(time, clock.pointee &+ 1)
    guard timers.add(agent: agent, at: at, token: token) else { return false }
    timers.next = min(timers.next, at)
    return true
  }
}

/// Wishes to be woken, by time, then by order of asking.
struct TimerQueue {
  struct Timer {
    var time: Int64
    var order: UInt64
    var agent: Int
    var token: UInt64
  }
  static let perAgent = 64
  private var timers: [Timer] = []
  private var asked: UInt64 = 0
  /// When the engine has to look here again.
  var next = Int64.max

  var first: Int64? { timers.last?.time }

  mutating func add(agent: Int, at time: Int64, token: UInt64) -> Bool {
    if timers.lazy.filter({ $0.agent == agent }).count >= Self.perAgent { return false }
    asked += 1
    let timer = Timer(time: time, order: asked, agent: agent, token: token)
    // Soonest last, so that taking it is cheap.
    let place = timers.firstIndex { ($0.time, $0.order) < (timer.time, timer.order) } ?? timers.count
    timers.insert(timer, at: place)
    return true
  }

  mutating func pop(upTo now: Int64) -> Timer? {
    guard let last = timers.last, last.time <= now else { return nil }
    return timers.removeLast()
  }
}

extension Engine {
  /// The account starts here: what history did to marks and peaks while nothing was held is no loss and no gain.
  public func finishWarmUp() {
    let equity = ledger.balances.pointee.equity.raw
    peakEquity = equity
    dayStartEquity = equity
    maximumDrawdown = 0
    work.removeAll()
    touched.removeAll()
    resetWake()
    resetTrips()
  }
}

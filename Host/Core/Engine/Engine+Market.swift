import CAlphaLoop

/// Market events: one call a moment.
extension Engine {
  /// Enters all bars of one moment: marks, windows, the agents that want every bar, the limits on equity, then the agents that
  /// want the whole panel, and the decision. Orders asked for are in `commands` afterwards.
  public func process(_ batch: BarBatch) {
    let rows = (batch.firstRow, batch.firstRow &+ batch.count)
    withUnsafePointer(to: batch.ts) { ts in
      withUnsafePointer(to: UInt8(truncatingIfNeeded: batch.flags)) { flags in
        withUnsafePointer(to: rows) { rows in
          rows.withMemoryRebound(to: Int.self, capacity: 2) { firstRows in
            _ = enter(
              Moments(ts: ts, flags: flags, firstRows: firstRows, width: batch.count), batch.columns, 0..<1, pauses: 0)
          }
        }
      }
    }
  }

  /// Enters batch after batch of a feed until something waits to be sent.
  /// - Parameter pauses: session flags that the caller acts on: it gets control back before a batch that opens a session (but
  ///   the first) and after one that closes it.
  /// - Returns: the index after the last batch entered.
  public func process(_ feed: MarketFeed, _ range: Range<Int>, pauses: UInt32) -> Int {
    enter(
      Moments(ts: feed.ts, flags: feed.flags, firstRows: feed.firstRows, width: feed.instruments), feed.columns, range,
      pauses: pauses)
  }

  /// When the batches are, and where their rows.
  private struct Moments {
    var ts: UnsafePointer<Int64>
    var flags: UnsafePointer<UInt8>
    var firstRows: UnsafePointer<Int>?
    var width: Int
  }

  @inline(never)
  private func enter(_ moments: Moments, _ bars: BarColumns, _ range: Range<Int>, pauses: UInt32) -> Int {
    let opens = pauses & AL_MARKET_SESSION_OPENS
    let closes = pauses & AL_MARKET_SESSION_CLOSES
    let clock = clock
    let balance = ledger.balances
    var entered = 0
    var index = range.lowerBound
    while index < range.upperBound {
      let marks = UInt32(moments.flags[index])
      let now = moments.ts[index]
      if marks & opens != 0 && index != range.lowerBound { break }
      clock.pointee = now
      if marks & AL_MARKET_SESSION_OPENS != 0 { openSession() }
      if now >= timers.next { fireTimers(now) }
      let row: Int
      let end: Int
      if let firstRows = moments.firstRows {
        row = firstRows[index]
        end = firstRows[index &+ 1]
      } else {
        row = index &* moments.width
        end = row &+ moments.width
      }
      entered &+= end &- row
      if hasBarAgents { enterWithAgents(now, bars, row, end) } else { enterAlone(now, bars, row, end) }
      let equity = balance.pointee.equity.raw
      if equity > peakEquity || equity <= drawdownWatch { equityMoved(equity) }
      if now >= watch.next { watchMarket(now) }
      if hasPanelAgents || isDirty { decide(now) }
      if now >= work.next { releaseChildren(now) }
      if halt != .armed { pursueHalt(now) }
      index &+= 1
      if needsDriver || marks & closes != 0 { break }
    }
    counts.batches &+= UInt64(truncatingIfNeeded: index &- range.lowerBound)
    counts.bars &+= UInt64(truncatingIfNeeded: entered)
    return index
  }

  /// A moment's bars where no agent wants each of them: two short loops.
  @inline(never)
  private func enterAlone(_ now: Int64, _ bars: BarColumns, _ first: Int, _ end: Int) {
    var row = first
    while row < end {
      mark(bars.instruments.map { Int($0[row]) } ?? row &- first, bars.close[row], now)
      row &+= 1
    }
    panel.append(now, bars, first, end)
  }

  /// A moment's bars, and after each the agents that want every bar of its instrument.
  @inline(__always)
  private func enterWithAgents(_ now: Int64, _ bars: borrowing BarColumns, _ first: Int, _ end: Int) {
    var row = first
    while row < end {
      enterBar(bars.instruments.map { Int($0[row]) } ?? row &- first, now, bars, row)
      row &+= 1
    }
  }

  /// One bar: the mark, the window, and the agents that want every bar of the instrument.
  @inline(__always)
  private func enterBar(_ i: Int, _ now: Int64, _ bars: borrowing BarColumns, _ row: Int) {
    mark(i, bars.close[row], now)
    panel.append(i, ts: now, bars, row: row)
    var next = barSlots[i]
    let last = barSlots[i &+ 1]
    while next < last {
      let slot = next.pointee
      next += 1
      if !slot.pointee.isActive { continue }
      prepare(slot, now, AL_CAUSE_BAR)
      let status = slot.pointee.evaluate(slot.pointee.context, slot.pointee.input, slot.pointee.output)
      if slot.pointee.wantsUpdates { slot.pointee.input.pointee.n_order_updates = 0 }
      if status != AL_OK || slot.pointee.output.pointee.len != 0 { answerOnBar(slot - slots, status, now) }
    }
  }

  @inline(__always)
  private func mark(_ i: Int, _ close: Int64, _ now: Int64) {
    if ledger.markPlainly(i, close) { gate.mark(i, close, now) } else { markOtherwise(i, close, now) }
  }

  @inline(never)
  private func markOtherwise(_ i: Int, _ close: Int64, _ now: Int64) {
    if close > 0, ledger.mark(UInt32(truncatingIfNeeded: i), at: Price(raw: close)) { gate.mark(i, close, now) }
  }

  @inline(__always) func prepare(_ slot: UnsafeMutablePointer<AgentSlot>, _ now: Int64, _ cause: UInt32) {
    let input = slot.pointee.input
    let output = slot.pointee.output
    input.pointee.as_of_ns = now
    input.pointee.cause = cause
    input.pointee.sequence &+= 1
    output.pointee.len = 0
    output.pointee.needed = 0
    if slot.pointee.readsPortfolio, let portfolio = input.pointee.portfolio { refresh(portfolio) }
  }

  /// The first event of a trading day: the loss of the day counts from here.
  private func openSession() {
    openFoldedSession()
    openBreaker()
  }

  /// The part of it that is about the account.
  func openFoldedSession() {
    dayStartEquity = ledger.balances.pointee.equity.raw
    resetTrips()
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
    // Traded when the prices of this moment are in, also where no agent wants a panel.
    if !touched.isEmpty { isDirty = true }
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
    // History halts nothing: what the day's fall reached in it is raised by the first event that trades.
    watch.levelsRaised = 0
    resetWake()
    resetTrips()
  }
}

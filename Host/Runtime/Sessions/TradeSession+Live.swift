import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc

/// A session on live data: time is the clock on the wall, and bars are known when they come.
extension TradeSession {
  /// What a live session keeps in mind; times ns.
  struct Live {
    /// The date of the trading session that goes on, its close, and whether that has passed.
    var date = Int64.min
    var close = Int64.max
    var isClosed = false
    var sessionsLeft = 1
    /// Monotonic: when time was last let go on.
    var nextTick: Int64 = 0
    /// Wall clock and monotonic at the last look.
    var lastWall: Int64 = 0
    var isBehind = false
  }

  /// Bars that waited longer than this say that the loop cannot keep up.
  static let patience: Int64 = 5_000_000_000
  /// The wall clock may be set back by less than this.
  static let clockSlack: Int64 = 1_000_000_000
  /// The last bars of a session come after its close.
  static let closeGrace: Int64 = 30_000_000_000

  /// Trades until as many sessions have closed as were asked for, or a stop is.
  func runLive(_ stop: () -> Bool, _ wantsReload: () -> Bool) throws(HostError) {
    let subscriptions = LiveFeed(inbox, instruments: engine.settings.instruments.count)
    live.sessionsLeft = options.sessions
    defer { subscriptions.cancel() }
    try subscriptions.subscribe(generation, interval: barInterval)
    while live.sessionsLeft > 0 {
      if stop() { return }
      options.heartbeat?.beat()
      try tend()
      try tick(wantsReload)
      guard let event = inbox.take(milliseconds: 20) else { continue }
      if case .stop = event { return }
      try handle(event, wantsReload)
    }
    try settle(stop)
  }

  private var barInterval: Int64 {
    generation.configuration.manifest.connected?.bars.nanoseconds ?? 60_000_000_000
  }

  /// Bars that a source pushed.
  func take(_ bars: RecordedEvent.BarsEvent, arrived: Int64) throws(HostError) {
    let waited = options.clock.monotonic() - arrived
    if waited > Self.patience {
      if !live.isBehind {
        try stopTrading(.stalled, "bars have waited \(waited / 1_000_000) ms: the loop cannot keep up", value: waited)
      }
      live.isBehind = true
    } else {
      live.isBehind = false
    }
    var bars = bars
    // Known when it came; an older one does not turn time back.
    bars.ts = max(min(bars.ts, options.clock.wall()), engine.clock.pointee)
    if let session = calendar(bars.ts), session.date != live.date, bars.ts > session.open {
      live.date = session.date
      live.close = session.close
      live.isClosed = false
      bars.flags |= AL_MARKET_SESSION_OPENS
      try input(.session(session), at: bars.ts)
    }
    try input(.bars(bars), at: bars.ts)
    hub.post(
      AL_NOTICE_DECISION, time: bars.ts, a: engine.equity.raw, b: engine.cash.raw, c: engine.grossExposure)
    try send(at: bars.ts)
  }

  /// Lets time go on where nothing comes, and ends the session after its close.
  package func tick(_ wantsReload: () -> Bool = { false }) throws(HostError) {
    let now = options.clock.monotonic()
    guard now >= live.nextTick else { return }
    live.nextTick = now + 200_000_000
    let wall = options.clock.wall()
    if wall < live.lastWall - Self.clockSlack {
      try stopTrading(
        .clock, "the clock went back by \((live.lastWall - wall) / 1_000_000) ms; correct it, then resume",
        value: live.lastWall - wall)
    }
    live.lastWall = wall
    try pass(wall)
    guard live.date != .min, !live.isClosed, wall >= live.close + Self.closeGrace else { return }
    live.isClosed = true
    live.sessionsLeft -= 1
    recorder.sample(engine.clock.pointee)
    try sessionEnded(wantsReload())
  }

  /// A halt of the host's own.
  private func stopTrading(_ trigger: HaltTrigger, _ reason: String, value: Int64) throws(HostError) {
    options.log("host", AL_LOG_ERROR, reason)
    try input(
      .trip(state: HaltState.paused.rawValue, trigger: trigger.rawValue, value: value, reason: reason),
      at: engine.clock.pointee)
    if let latch = latchMove() { try journal.record(latch) }
    try send(at: engine.clock.pointee)
  }
}

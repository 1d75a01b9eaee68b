import CAlphaLoop

/// Triggers of the kill switch that look at the market rather than at the account: prices that stopped, and the fall of the
/// whole market.
extension Engine {
  /// Looks at prices after those of this moment are in. Reached when `watch.next` says so.
  @inline(never) func watchMarket(_ now: Int64) {
    checkBreaker()
    if now >= watch.silenceDue { checkSilence(now) }
  }

  // MARK: stale data

  /// A name that is at risk has its last price from `time`.
  @inline(never) func watchPrice(_ time: Int64) {
    watch.priceFloor = time
    watch.silenceDue = min(watch.silenceDue, late(time))
    resetWatchTime()
  }

  /// The first moment at which a price from `time` is too old.
  private func late(_ time: Int64) -> Int64 {
    let (due, overflow) = time.addingReportingOverflow(settings.limits.staleAfter)
    return overflow || due == .max ? .max : due + 1
  }

  /// Names with a position or an order must go on having prices. A limit shorter than the session is about prices within
  /// it and counts from the open: the night is no silence. A longer one counts all time, as the gate does.
  private func checkSilence(_ now: Int64) {
    let limit = settings.limits.staleAfter
    let (open, close) = (session.pointee.open_ns, session.pointee.close_ns)
    let isIntraday = limit < close &- open
    if isIntraday, now < open || now > close { return }
    let floor = max(watch.silenceFloor, isIntraday ? open : .min)
    var oldest = Int64.max
    for i in 0..<gate.count where gate.exposures[i].flags & Exposure.counted != 0 {
      oldest = min(oldest, max(gate.exposures[i].lastTime, floor))
    }
    watch.priceFloor = oldest
    watch.silenceDue = oldest == .max ? .max : late(oldest)
    if now >= watch.silenceDue {
      setHalt(settings.limits.staleDataAction, .staleData, limit: limit, value: now &- oldest)
      watch.silenceDue = late(now)
    }
    resetWatchTime()
  }

  // MARK: circuit breaker

  /// The fall of the reference is against the last price before the session.
  func openBreaker() {
    guard let breaker = settings.limits.circuitBreaker else { return }
    watch.previousClose = gate.exposures[Int(breaker.instrument)].last
    watch.levelsRaised = 0
  }

  /// Each level is raised once a day; of several at once the deepest counts.
  private func checkBreaker() {
    guard let breaker = settings.limits.circuitBreaker, watch.previousClose > 0 else { return }
    let base = Int128(watch.previousClose)
    let fall = (base - Int128(gate.exposures[Int(breaker.instrument)].last)) * 1_000_000
    var level = watch.levelsRaised
    while level < breaker.levelsPPM.count, fall >= base * Int128(breaker.levelsPPM[level]) { level += 1 }
    guard level > watch.levelsRaised else { return }
    watch.levelsRaised = level
    setHalt(
      settings.limits.circuitBreakerAction, .circuitBreaker, limit: breaker.levelsPPM[level - 1],
      value: Int64(clamping: fall / base))
  }

  /// When the circuit breaker's reference last had a price; nil without one, 0 when it never had a price.
  public var circuitBreakerPriceTime: Int64? {
    settings.limits.circuitBreaker.map { gate.exposures[Int($0.instrument)].lastTime }
  }

  // MARK: when to look

  private func resetWatchTime() {
    watch.next = settings.limits.circuitBreaker != nil ? .min : watch.silenceDue
  }

  /// At the start, and when limits changed: the next event looks at everything again.
  func resetWatch(after old: Limits? = nil) {
    let limits = settings.limits
    watch.priceFloor = limits.staleAfter > 0 ? .max : .min
    watch.silenceDue = limits.staleAfter > 0 && old != nil ? .min : .max
    if let old, old.circuitBreaker != limits.circuitBreaker {
      // Another reference counts from the next session on: what it closed at before this one is not known here.
      if old.circuitBreaker?.instrument != limits.circuitBreaker?.instrument { watch.previousClose = 0 }
      watch.levelsRaised = 0
    }
    resetWatchTime()
  }

  /// After a resume silence counts anew, as losses do.
  func resumeWatch() {
    watch.silenceFloor = clock.pointee
    if watch.silenceDue != .max { watch.silenceDue = late(clock.pointee) }
    resetWatchTime()
  }
}

/// What the triggers on the market remember.
struct MarketWatch {
  /// When the engine has to look next: always while a circuit breaker is set.
  var next = Int64.max
  /// No name at risk has an older price than this, as far as was looked; `.max`: none is at risk, `.min`: nobody asks.
  var priceFloor = Int64.min
  /// When the oldest of those prices is too old.
  var silenceDue = Int64.max
  /// Silence before this was dealt with by a person.
  var silenceFloor = Int64.min
  var previousClose: Int64 = 0
  var levelsRaised = 0
}

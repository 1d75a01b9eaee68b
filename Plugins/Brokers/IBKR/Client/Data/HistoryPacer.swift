import TWSProtocol

/// What the published limits of history count by.
struct HistoryKey: Hashable, Sendable {
  var contract: String
  var kind: String
  var whole: String
  /// Bars of 30 seconds or less: the hard limits are for these.
  var isSmall: Bool
  var cost: Int

  init(_ contract: Contract, _ query: HistoricalDataQuery) {
    self.contract =
      "\(contract.conId)|\(contract.symbol)|\(contract.secType)|\(contract.exchange)|\(contract.lastTradeDateOrContractMonth)"
    kind = query.whatToShow
    whole = "\(self.contract)|\(kind)|\(query.endDateTime)|\(query.durationStr)|\(query.barSizeSetting)|\(query.useRTH)"
    isSmall = query.barSizeSetting.hasSuffix("secs")
    cost = query.whatToShow == "BID_ASK" ? 2 : 1
  }

  /// Ticks of the past count as the smallest bars do.
  init(ticks contract: Contract, _ query: HistoricalTicksQuery) {
    var bars = HistoricalDataQuery()
    bars.whatToShow = query.whatToShow
    bars.barSizeSetting = "1 secs"
    bars.endDateTime = query.startDateTime + query.endDateTime
    self.init(contract, bars)
  }
}

/// The limits of history: 60 requests of small bars in ten minutes, bid and ask together counting twice, none twice within 15
/// seconds, fewer than 6 of one contract and kind in two seconds; and few at a time.
struct HistoryPacer: Sendable {
  static let window: Int64 = 600_000_000_000
  static let most = 60
  static let inFlight = 6

  private var small: [(time: Int64, key: HistoryKey)] = []
  private var open = 0

  /// Nanoseconds until this request may go; nil: only when another one has ended.
  func delay(_ key: HistoryKey, now: Int64) -> Int64? {
    guard open < HistoryPacer.inFlight else { return nil }
    guard key.isSmall else { return 0 }
    var soonest: Int64 = 0
    func after(_ time: Int64, _ gap: Int64) { soonest = max(soonest, time + gap - now) }
    if let same = small.last(where: { $0.key.whole == key.whole }) { after(same.time, 15_000_000_000) }
    let near = small.filter { $0.key.contract == key.contract && $0.key.kind == key.kind }
    if near.count >= 5 { after(near[near.count - 5].time, 2_000_000_001) }
    var room = HistoryPacer.most - key.cost
    for entry in small.reversed() {
      room -= entry.key.cost
      if room < 0 {
        after(entry.time, HistoryPacer.window)
        break
      }
    }
    return max(0, soonest)
  }

  mutating func take(_ key: HistoryKey, now: Int64) {
    open += 1
    guard key.isSmall else { return }
    small.removeAll { $0.time < now - HistoryPacer.window }
    small.append((now, key))
  }

  mutating func end() { open = max(0, open - 1) }
}

/// Gives leave for requests of history, one after the other.
final class HistoryDesk: @unchecked Sendable {
  private let monitor = Monitor(HistoryPacer())
  private let time: TimeSource
  private let names = Monitor<Int64>(0)

  init(time: TimeSource) { self.time = time }

  /// Waits for leave; to be given back by `leave`. False when it was not given in time.
  func enter(_ key: HistoryKey, until deadline: Int64, isStopping: () -> Bool) -> Bool {
    while time.monotonic() < deadline, !isStopping() {
      let now = time.monotonic()
      let delay: Int64? = monitor.update { pacer in
        guard let delay = pacer.delay(key, now: now) else { return nil }
        if delay == 0 { pacer.take(key, now: now) }
        return delay
      }
      if delay == 0 { return true }
      let step = min(deadline, now + min(delay ?? 50_000_000, 200_000_000))
      _ = monitor.wait(until: step) { _ -> Bool? in nil }
    }
    return false
  }

  func leave() { monitor.update { $0.end() } }

  /// Leave for a stream, which is not in flight long: nanoseconds to wait, 0 when it was taken.
  func tryEnter(_ key: HistoryKey) -> Int64 {
    let now = time.monotonic()
    return monitor.update { pacer in
      guard let delay = pacer.delay(key, now: now) else { return 1_000_000_000 }
      if delay == 0 {
        pacer.take(key, now: now)
        pacer.end()
      }
      return delay
    }
  }

  /// One search for symbols a second: nanoseconds to wait.
  func takeSearch() -> Int64 {
    let now = time.monotonic()
    return names.update { next in
      let delay = max(0, next - now)
      next = max(next, now) + 1_050_000_000
      return delay
    }
  }
}

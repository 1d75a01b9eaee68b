import CAlphaLoop

/// When the agent is called, and why.
struct EvaluationSchedule {
  /// In time order, each time once.
  let moments: [(time: Int64, cause: UInt32)]

  /// Every time of a bar, then the times of the other data that the agent asks to be called for. A folder without bars has no
  /// panels of its own: there every time of any data is one.
  ///
  /// - Parameters:
  ///   - grants: `AL_IN_*`: what the agent cannot see gives no call.
  ///   - start: the moment of a folder in which nothing has a time.
  init(_ folder: EvaluationFolder, triggers: UInt32, grants: UInt64, instruments: Int, start: Int64) {
    var causes: [Int64: UInt32] = [:]
    func add(_ times: some Sequence<Int64>, _ cause: UInt32) {
      for time in times where time != .min { causes[time, default: 0] |= cause }
    }
    func add(_ input: UInt64, _ times: some Sequence<Int64>, _ cause: UInt32) {
      if grants & input != 0 { add(times, cause) }
    }
    let bar = instruments == 1 ? AL_CAUSE_PANEL | AL_CAUSE_BAR : AL_CAUSE_PANEL
    for bars in folder.bars.map({ Array($0.values) }) ?? [] { add(bars.times, bar) }
    add(AL_IN_QUOTES, (folder.quotes ?? []).map(\.row.ts), AL_CAUSE_QUOTE)
    add(AL_IN_TRADES, (folder.trades ?? []).map(\.row.ts), AL_CAUSE_TRADE)
    add(AL_IN_OPTIONS, (folder.options ?? []).map(\.row.ts), AL_CAUSE_FACT)
    add(AL_IN_FUNDAMENTALS, (folder.fundamentals ?? []).map(\.known), AL_CAUSE_FACT)
    add(AL_IN_MACRO, (folder.macro ?? []).map(\.known), AL_CAUSE_FACT)
    add(AL_IN_NEWS, (folder.news ?? []).map(\.known), AL_CAUSE_FACT)
    add(AL_IN_EVENTS, (folder.events ?? []).map(\.known), AL_CAUSE_FACT)
    for account in folder.accounts ?? [] where !account.work.isEmpty {
      let begin = account.asOf == .min ? account.work.map(\.start).min() ?? start : account.asOf
      add(AL_IN_ORDERS, [begin], AL_CAUSE_WORK)
    }
    if folder.bars == nil {
      add(AL_IN_PORTFOLIO, (folder.accounts ?? []).map(\.asOf), 0)
      add(AL_IN_VIEWS, (folder.views ?? []).map(\.asOf) + (folder.records ?? []).map(\.asOf), 0)
      if causes.isEmpty { causes[start] = 0 }
      for time in causes.keys { causes[time, default: 0] |= AL_CAUSE_PANEL }
    }
    moments = causes.compactMap { time, cause in
      cause & triggers == 0 ? nil : (time, cause & triggers)
    }.sorted { $0.0 < $1.0 }
  }
}

/// Timers that the agent asked for, soonest first. At most 64 wait.
final class EvaluationTimers {
  private var pending: [(at: Int64, token: UInt64)] = []

  func add(_ at: Int64, _ token: UInt64) -> Bool {
    guard pending.count < 64 else { return false }
    pending.append((at, token))
    return true
  }

  /// Takes the soonest timer up to a time; of equal ones the first that was asked for.
  func take(until time: Int64) -> (at: Int64, token: UInt64)? {
    guard let at = pending.map(\.at).min(), at <= time, let k = pending.firstIndex(where: { $0.at == at }) else {
      return nil
    }
    return pending.remove(at: k)
  }
}

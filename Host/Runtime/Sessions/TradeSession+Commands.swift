import AlphaLoopCore
import Glibc

/// What an operator asks for.
extension TradeSession {
  func obey(_ command: ControlCommand) throws(HostError) -> String {
    let time = engine.clock.pointee
    switch command {
    case .status: return status()
    case .halt(let reason, let actor):
      let state = engine.settings.limits.operatorAction
      try input(.halt(state: state.rawValue, actor: actor, reason: reason), at: time)
    case .flatten(let reason, let actor):
      try input(.halt(state: HaltState.flattening.rawValue, actor: actor, reason: reason), at: time)
    case .resume(let reason, let actor): try input(.resume(actor: actor, reason: reason), at: time)
    case .reload:
      var any = ""
      if !reloader.hasChanged(generation, since: &any) {
        return "nothing has changed, generation \(generation.number) goes on"
      }
      return try reload()
    case .why(let order): return OrderStory(journal: journalPath, session: engine.settings.session).text(order)
    }
    if let latch = latchMove() { try journal.record(latch) }
    try send(at: time)
    return status()
  }

  /// One JSON line: what an operator asks first.
  public func status() -> String {
    let object: JSONValue = [
      "mode": .string(Names.mode(options.mode)), "account": .string(options.account),
      "session": .string(String(engine.settings.session, radix: 16)), "generation": .integer(Int64(generation.number)),
      "time": .integer(engine.clock.pointee), "equity": .string(engine.equity.description),
      "cash": .string(engine.cash.description), "gross": .string(Money(raw: engine.grossExposure).description),
      "positions": .integer(Int64(engine.openNames)), "working_orders": .integer(Int64(engine.liveOrders)),
      "unknown_orders": .integer(Int64(engine.unknownOrders)), "halt": .string("\(engine.halt)"),
      "orders": .integer(Int64(engine.counts.orders)),
      "fills": .integer(Int64(engine.counts.fills)), "denials": .integer(Int64(engine.counts.denials)),
      "synthetic": .bool(options.isSynthetic), "pid": .integer(Int64(getpid())),
    ]
    return object.text
  }
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Prints a session canonically: one line a fact, the same bytes for the same session on every machine.
public struct CanonicalExport {
  private let symbols: [String]
  private let agents: [String]

  /// - Parameters:
  ///   - symbols: by engine index.
  ///   - agents: by engine index.
  public init(symbols: [String], agents: [String]) {
    self.symbols = symbols
    self.agents = agents
  }

  public static func header(_ h: SessionHeader) -> String {
    """
    session \(String(h.session, radix: 16))
    mode \(h.mode)
    account \(h.account)
    date \(isoTime(h.date))
    seed \(h.seed)
    configuration \(String(h.decisionHash, radix: 16))
    data \(h.dataDigest)
    initial_cash \(Money(raw: h.initialCash))
    synthetic \(h.isSynthetic)
    """ + "\n"
  }

  private func symbol(_ i: UInt32) -> String { Int(i) < symbols.count ? symbols[Int(i)] : "#\(i)" }
  private func agent(_ i: UInt32) -> String {
    Int(i) < agents.count ? agents[Int(i)] : i == Owner.unattributed.index ? "host" : "#\(i)"
  }

  public func line(_ r: JournalRecord) -> String {
    switch r.kind {
    case .time: "time \(isoTime(r.b)) equity \(Money(raw: r.c))"
    case .intent:
      "intent \(r.a) \(symbol(r.subject)) quantity \(Quantity(raw: r.b)) type \(orderType(r.state)) tif \(timeInForce(r.code))"
        + (r.c == 0 ? "" : " limit \(Price(raw: r.c))")
    case .owner: "owner \(r.a) \(agent(r.subject)) share \(r.b)"
    case .order:
      "order \(r.a) \(symbol(r.subject)) \(OrderState(rawValue: r.state).map { "\($0)" } ?? "state \(r.state)") "
        + "by \(OrderFactKind(rawValue: UInt8(truncatingIfNeeded: r.code)).map { "\($0)" } ?? "fact \(r.code)") "
        + "filled \(Quantity(raw: r.b)) reserved \(Quantity(raw: r.c))"
    case .fill:
      "fill \(r.a) \(symbol(r.subject)) quantity \(Quantity(raw: r.b)) price \(Price(raw: r.c)) "
        + "\(OrderState(rawValue: r.state).map { "\($0)" } ?? "")"
    case .fee: "fee \(r.a) \(symbol(r.subject)) \(Money(raw: r.c))"
    case .denial: "denial \(r.a) \(symbol(r.subject)) \(Names.denial(r.code)) limit \(r.b) value \(r.c)"
    case .halt:
      "halt \(HaltState(rawValue: UInt8(truncatingIfNeeded: r.subject)).map { "\($0)" } ?? "?") -> "
        + "\(HaltState(rawValue: r.state).map { "\($0)" } ?? "?") by \(HaltTrigger(rawValue: r.code).map(Names.trigger) ?? "?") "
        + "limit \(r.b) value \(r.c)"
    case .output: output(r)
    case .refusal: "refusal \(agent(r.subject)) \(OutputRefusal(rawValue: r.code)?.name ?? "code \(r.code)")"
    case .decision: "decision \(r.a) equity \(Money(raw: r.b)) gross \(Money(raw: r.c))"
    case .anomaly: "anomaly \(r.a) \(symbol(r.subject)) code \(r.code) \(r.b) \(r.c)"
    case .ledger:
      r.code == AL_REPORT_FEE
        ? "fee_report \(r.a) \(symbol(r.subject)) now \(Money(raw: r.b))"
        : "correction \(r.a) \(symbol(r.subject)) now \(Quantity(raw: r.b)) price \(Price(raw: r.c))"
    case .session: "session \(r.state == 1 ? "open" : "close") \(isoTime(r.b))"
    }
  }

  private func output(_ r: JournalRecord) -> String {
    let instrument = r.subject & 0xffff
    let value = Double(bitPattern: UInt64(bitPattern: r.b))
    let kind = UInt16(r.state)
    let name = Names.row(kind)
    let tail: String
    switch kind {
    case AL_ROW_QUANTITY, AL_ROW_ORDER: tail = "quantity \(Quantity(raw: r.c))"
    case AL_ROW_ABSTAIN, AL_ROW_VETO: tail = Names.reason(UInt32(r.code))
    default: tail = "value \(value) confidence \(Double(bitPattern: UInt64(bitPattern: r.c)))"
    }
    return "output \(agent(r.subject >> 16)) \(name) \(instrument == 0xffff ? "*" : "\(instrument)") \(tail)"
  }

  private func orderType(_ type: UInt8) -> String {
    switch type {
    case AL_ORDER_LIMIT: "limit"
    case AL_ORDER_STOP: "stop"
    case AL_ORDER_STOP_LIMIT: "stop_limit"
    case AL_ORDER_TRAILING_STOP: "trailing_stop"
    case AL_ORDER_MARKET_ON_OPEN: "market_on_open"
    case AL_ORDER_LIMIT_ON_OPEN: "limit_on_open"
    case AL_ORDER_MARKET_ON_CLOSE: "market_on_close"
    case AL_ORDER_LIMIT_ON_CLOSE: "limit_on_close"
    default: "market"
    }
  }

  private func timeInForce(_ code: UInt16) -> String {
    switch UInt8(truncatingIfNeeded: code) {
    case AL_TIF_GTC: "gtc"
    case AL_TIF_IOC: "ioc"
    case AL_TIF_FOK: "fok"
    case AL_TIF_GTD: "gtd"
    default: "day"
    }
  }

  public func line(_ e: RecordedEvent) -> String {
    switch e {
    case .warmUp(let first, let last): "input warm_up \(first) \(last)"
    case .backtest(let first, let last): "input backtest \(first) \(last)"
    case .bars(let b): "input bars \(isoTime(b.ts)) rows \(b.instruments.count) flags \(b.flags)"
    case .acks(let list): "input acks " + list.map { "\($0.status)" }.joined(separator: " ")
    case .cancelAcks(let list): "input cancel_acks " + list.map { "\($0.status)" }.joined(separator: " ")
    case .reports(let list): "input reports " + list.map { "\($0.kind):\($0.sequence)" }.joined(separator: " ")
    case .session(let s): "input session \(isoTime(s.date)) open \(isoTime(s.open)) close \(isoTime(s.close))"
    case .halt(let state, let actor, let reason): "input halt \(state) \(actor): \(reason)"
    case .resume(let actor, let reason): "input resume \(actor): \(reason)"
    case .latch(let state): "input latch \(HaltState(rawValue: state).map { "\($0)" } ?? "\(state)")"
    case .clock: "input clock"
    case .reload(let change): line(change)
    case .outcome(let outcome): line(outcome)
    }
  }

  private func line(_ change: GenerationSwitch) -> String {
    let libraries = change.libraries.keys.sorted().map { "\($0):\(change.libraries[$0]?.prefix(16) ?? "")" }
    return "input reload generation \(change.number) configuration \(String(change.decisionHash, radix: 16)) libraries "
      + libraries.joined(separator: " ") + change.states.map { " state \(text($0))" }.joined()
  }

  private func line(_ outcome: CallOutcome) -> String {
    let what =
      switch outcome.kind {
      case .unanswered(AL_OK): "paused"
      case .unanswered(let status): "unanswered \(statusName(status))"
      case .restarted(nil): "restarted"
      case .restarted(let memory?): "restarted state \(text(memory))"
      }
    let timers = outcome.timers.map { " timer \(isoTime($0.time)) \($0.token)" }.joined()
    return "input call \(outcome.agent) \(outcome.call) \(what)\(timers)"
  }

  /// The state by its length and hash: it may be large.
  private func text(_ memory: AgentMemory) -> String {
    let streams = memory.streams.map { " \($0.number):\(String($0.position, radix: 16))" }.joined()
    return "\(memory.agent) \(memory.state.count) bytes \(String(FNV1a.hash(memory.state), radix: 16))\(streams)"
  }
}

/// 2016-12-30T21:00:00.000000000Z; a date alone at midnight.
public func isoTime(_ ns: Int64) -> String {
  let day: Int64 = 86_400_000_000_000
  let days = ns >= 0 ? ns / day : -((day - 1 - ns) / day)
  let rest = ns - days * day
  let (y, m, d) = civilDate(days)
  func pad(_ v: Int64, _ n: Int) -> String { String(repeating: "0", count: max(0, n - String(v).count)) + String(v) }
  let date = "\(pad(y, 4))-\(pad(m, 2))-\(pad(d, 2))"
  let seconds = rest / 1_000_000_000
  let fraction = rest % 1_000_000_000
  let time = "\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
  return fraction == 0 ? "\(date)T\(time)Z" : "\(date)T\(time).\(pad(fraction, 9))Z"
}

/// Proleptic Gregorian date of a day number since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
  let z = days + 719_468
  let era = (z >= 0 ? z : z - 146_096) / 146_097
  let doe = z - era * 146_097
  let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
  let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
  let mp = (5 * doy + 2) / 153
  let month = mp < 10 ? mp + 3 : mp - 9
  return (yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1)
}

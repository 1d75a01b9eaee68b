import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Prints a session canonically: one line a fact, the same bytes for the same session on every machine.
public struct CanonicalExport {
  private let symbols: [String]
  private let agents: [String]
  private let universes: [[String]]

  /// - Parameters:
  ///   - symbols: by engine index.
  ///   - agents: by engine index.
  ///   - universes: the symbols of each agent; without them its outputs give the index in its universe.
  public init(symbols: [String], agents: [String], universes: [[String]] = []) {
    self.symbols = symbols
    self.agents = agents
    self.universes = universes
  }

  private static func headerFields(_ h: SessionHeader) -> [ExportRecord.Field] {
    [
      .named("session", String(h.session, radix: 16)), .named("mode", h.mode), .named("account", h.account),
      .named("date", isoTime(h.date)), .named("seed", h.seed),
      .named("configuration", String(h.decisionHash, radix: 16)), .named("data", h.dataDigest),
      .named("initial_cash", "\(Money(raw: h.initialCash))"),
      .init(key: "synthetic", json: .bool(h.isSynthetic), label: "synthetic", text: "\(h.isSynthetic)"),
    ]
  }

  /// The header as text, a line a field.
  public static func header(_ h: SessionHeader) -> String {
    headerFields(h).map { "\($0.key) \($0.text)\n" }.joined()
  }

  /// The header as one JSON object.
  public static func headerObject(_ h: SessionHeader) -> JSONValue { ExportRecord("header", headerFields(h)).json }

  func symbol(_ i: UInt32) -> String { Int(i) < symbols.count ? symbols[Int(i)] : "#\(i)" }
  private func agent(_ i: UInt32) -> String {
    Int(i) < agents.count ? agents[Int(i)] : i == Owner.unattributed.index ? "host" : "#\(i)"
  }

  public func line(_ r: JournalRecord) -> String { record(r).text }

  public func line(_ e: RecordedEvent) -> String { record(e).text }

  public func record(_ r: JournalRecord) -> ExportRecord {
    switch r.kind {
    case .time: ExportRecord("time", [.plain("time", isoTime(r.b)), .named("equity", "\(Money(raw: r.c))")])
    case .intent: ExportRecord("intent", intent(r))
    case .owner:
      ExportRecord("owner", [.plain("order", r.a), .plain("agent", agent(r.subject)), .named("share", r.b)])
    case .order: ExportRecord("order", order(r))
    case .fill:
      ExportRecord(
        "fill",
        [
          .plain("order", r.a), .plain("symbol", symbol(r.subject)), .named("quantity", "\(Quantity(raw: r.b))"),
          .named("price", "\(Price(raw: r.c))"),
          .plain("state", OrderState(rawValue: r.state).map { "\($0)" } ?? ""),
        ])
    case .fee:
      ExportRecord(
        "fee", [.plain("order", r.a), .plain("symbol", symbol(r.subject)), .plain("fee", "\(Money(raw: r.c))")])
    case .denial:
      ExportRecord(
        "denial",
        [
          .plain("order", r.a), .plain("symbol", symbol(r.subject)), .plain("reason", Names.denial(r.code)),
          .named("limit", r.b), .named("value", r.c),
        ])
    case .halt: ExportRecord("halt", halt(r))
    case .output: ExportRecord("output", output(r))
    case .refusal:
      ExportRecord(
        "refusal",
        [
          .plain("agent", agent(r.subject)),
          .plain("reason", OutputRefusal(rawValue: r.code)?.name ?? "code \(r.code)"),
        ])
    case .decision:
      ExportRecord(
        "decision",
        [.plain("number", r.a), .named("equity", "\(Money(raw: r.b))"), .named("gross", "\(Money(raw: r.c))")])
    case .anomaly:
      ExportRecord("anomaly", [.plain("id", r.a), .plain("symbol", symbol(r.subject))] + Self.uninterpreted(r))
    case .ledger: ledger(r)
    case .allocation:
      ExportRecord(
        "allocation",
        [
          .plain("symbol", symbol(r.subject)), .named("weight", Double(bitPattern: r.a)),
          .named("price", "\(Price(raw: r.b))"), .named("equity", "\(Money(raw: r.c))"),
        ])
    case .sizing:
      ExportRecord(
        "sizing",
        [
          .plain("symbol", symbol(r.subject)), .named("wanted", "\(Quantity(raw: r.b))"),
          .named("committed", "\(Quantity(raw: r.c))"),
        ])
    case .check:
      ExportRecord(
        "check",
        [
          .plain("order", r.a), .plain("limit", Names.denial(r.code)), .named("most", Self.number(r.code, r.b)),
          .named("value", Self.number(r.code, r.c)),
        ])
    case .connection:
      ExportRecord(
        "connection",
        [
          .plain("layer", Names.layer(Int64(r.subject))), .plain("state", Names.connection(UInt32(r.state))),
          .named("code", r.b), .named("frozen", Int64(clamping: r.a)),
        ])
    case .reconciliation:
      ExportRecord(
        "reconciliation",
        [
          .plain("outcome", r.state == 0 ? "agreed" : r.state == 1 ? "again" : "halted"),
          .named("orders", Int64(r.subject)),
          .named("executions", Int64(clamping: r.a)), .named("pending", r.b), .named("differences", r.c),
        ])
    case .session:
      ExportRecord("session", [.plain("state", r.state == 1 ? "open" : "close"), .plain("date", isoTime(r.b))])
    }
  }

  private static func uninterpreted(_ r: JournalRecord) -> [ExportRecord.Field] {
    [.named("code", Int64(r.code)), .plain("b", r.b), .plain("c", r.c)]
  }

  private func ledger(_ r: JournalRecord) -> ExportRecord {
    let order: [ExportRecord.Field] = [.plain("order", r.a), .plain("symbol", symbol(r.subject))]
    if r.code == AL_REPORT_FEE {
      return ExportRecord("fee_report", order + [.labelled("fee", "now", "\(Money(raw: r.b))")])
    }
    return ExportRecord(
      "correction",
      order + [.labelled("quantity", "now", "\(Quantity(raw: r.b))"), .named("price", "\(Price(raw: r.c))")])
  }

  private func intent(_ r: JournalRecord) -> [ExportRecord.Field] {
    let limit: [ExportRecord.Field] = r.c == 0 ? [] : [.named("limit", "\(Price(raw: r.c))")]
    return [
      .plain("order", r.a), .plain("symbol", symbol(r.subject)), .named("quantity", "\(Quantity(raw: r.b))"),
      .named("type", orderType(r.state)), .labelled("time_in_force", "tif", timeInForce(r.code)),
    ] + limit
  }

  private func order(_ r: JournalRecord) -> [ExportRecord.Field] {
    let fact = OrderFactKind(rawValue: UInt8(truncatingIfNeeded: r.code))
    return [
      .plain("order", r.a), .plain("symbol", symbol(r.subject)),
      .plain("state", OrderState(rawValue: r.state).map { "\($0)" } ?? "state \(r.state)"),
      .labelled("fact", "by", fact.map { "\($0)" } ?? "fact \(r.code)"),
      .named("filled", "\(Quantity(raw: r.b))"), .named("reserved", "\(Quantity(raw: r.c))"),
    ]
  }

  private func halt(_ r: JournalRecord) -> [ExportRecord.Field] {
    func word(_ state: UInt8) -> String { HaltState(rawValue: state).map { "\($0)" } ?? "?" }
    return [
      .plain("from", word(UInt8(truncatingIfNeeded: r.subject))), .labelled("to", "->", word(r.state)),
      .labelled("trigger", "by", HaltTrigger(rawValue: r.code).map(Names.trigger) ?? "?"), .named("limit", r.b),
      .named("value", r.c),
    ]
  }

  private func output(_ r: JournalRecord) -> [ExportRecord.Field] {
    let kind = UInt16(r.state)
    let tail: [ExportRecord.Field]
    switch kind {
    case AL_ROW_QUANTITY, AL_ROW_ORDER: tail = [.named("quantity", "\(Quantity(raw: r.c))")]
    case AL_ROW_ABSTAIN, AL_ROW_VETO: tail = [.plain("reason", Names.reason(UInt32(r.code)))]
    default:
      tail = [
        .named("value", Double(bitPattern: UInt64(bitPattern: r.b))),
        .named("confidence", Double(bitPattern: UInt64(bitPattern: r.c))),
      ]
    }
    return [.plain("agent", agent(r.subject >> 16)), .plain("output", Names.row(kind)), subject(of: r)] + tail
  }

  /// What an output is about: an instrument of its agent's universe, another agent, or everything.
  private func subject(of r: JournalRecord) -> ExportRecord.Field {
    switch OutputSubject(r) {
    case .everything: .plain("symbol", "*")
    case .agent(let k): .plain("of_agent", agent(k))
    case .instrument(let u):
      .plain("symbol", Self.member(u, of: r.subject >> 16, universes) ?? "\(u)")
    }
  }

  private static func member(_ u: UInt32, of agent: UInt32, _ universes: [[String]]) -> String? {
    guard Int(agent) < universes.count, Int(u) < universes[Int(agent)].count else { return nil }
    return universes[Int(agent)][Int(u)]
  }

  /// Whether an output bears on an instrument: said of it, of all that its agent sees where that includes it, of the whole
  /// book, or of an agent that sees it.
  func concerns(_ r: JournalRecord, symbol: String) -> Bool {
    func sees(_ agent: UInt32) -> Bool {
      Int(agent) >= universes.count || universes[Int(agent)].contains(symbol)
    }
    switch OutputSubject(r) {
    case .agent(let k): return sees(k)
    case .instrument(let u): return Self.member(u, of: r.subject >> 16, universes).map { $0 == symbol } ?? true
    case .everything:
      let isOfTheBook = [AL_ROW_MULTIPLIER, AL_ROW_VETO, AL_ROW_HALT].contains(UInt16(r.state))
      return isOfTheBook || sees(r.subject >> 16)
    }
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

  public func record(_ e: RecordedEvent) -> ExportRecord {
    switch e {
    case .warmUp(let first, let last): input("warm_up", [.plain("first", Int64(first)), .plain("last", Int64(last))])
    case .backtest(let first, let last):
      input("backtest", [.plain("first", Int64(first)), .plain("last", Int64(last))])
    case .bars(let b):
      input(
        "bars",
        [
          .plain("time", isoTime(b.ts)), .named("rows", Int64(b.instruments.count)), .named("flags", Int64(b.flags)),
        ])
    case .acks(let list): input("acks", [Self.statuses(list)])
    case .cancelAcks(let list): input("cancel_acks", [Self.statuses(list)])
    case .reports(let list):
      input(
        "reports",
        [
          .list(
            "reports",
            list.map {
              ("\($0.kind):\($0.sequence)", ["kind": .integer(Int64($0.kind)), "order": .string("\($0.sequence)")])
            })
        ])
    case .session(let s):
      input(
        "session",
        [.plain("date", isoTime(s.date)), .named("open", isoTime(s.open)), .named("close", isoTime(s.close))])
    case .halt(let state, let actor, let reason):
      input("halt", [.plain("state", Int64(state))] + Self.order(of: actor, reason))
    case .resume(let actor, let reason): input("resume", Self.order(of: actor, reason))
    case .latch(let state):
      input("latch", [.plain("state", HaltState(rawValue: state).map { "\($0)" } ?? "\(state)")])
    case .reload(let change): input("reload", reload(change))
    case .outcome(let outcome): input("call", call(outcome))
    case .clock: input("clock", [])
    case .intents(let list):
      input("intents", [.list("orders", list.map { ("\($0.order.id.sequence)", .string("\($0.order.id.sequence)")) })])
    case .cancels(let ids): input("cancels", [.list("orders", ids.map { ("\($0)", .string("\($0)")) })])
    case .watchdog(let last, let session, let facts):
      input(
        "watchdog",
        [.plain("last", last), .named("session", String(session, radix: 16)), .named("facts", Int64(facts.count))])
    case .trip(let state, _, let value, let reason):
      input("trip", [.plain("state", Int64(state)), .named("value", value), .plain("reason", reason)])
    case .fold(let last): input("fold", [.plain("last", last)])
    case .reconciliation(let r): input("reconciliation", Self.reconciliation(r))
    }
  }

  /// In the unit of the limit: counts and times as they are, the rest in whole units.
  private static func number(_ reason: UInt16, _ value: Int64) -> String {
    switch reason {
    case AL_DENY_STALE_QUOTE, AL_DENY_POSITION_COUNT: "\(value)"
    default: "\(Money(raw: value))"
    }
  }

  private static func reconciliation(_ r: RecordedEvent.Reconciliation) -> [ExportRecord.Field] {
    [
      .plain("time", isoTime(r.snapshot.time)), .named("policy", r.snapshot.policy.rawValue),
      .named("settled", r.snapshot.isSettled ? 1 : Int64(0)), .named("orders", Int64(r.orders.count)),
      .named("executions", Int64(r.executions.count)), .named("cash", "\(Money(raw: r.snapshot.cash))"),
      .list(
        "holdings",
        r.snapshot.holdings.map { h in
          (
            "\(h.symbol):\(Quantity(raw: h.quantity))",
            ["symbol": .string(h.symbol), "quantity": .string("\(Quantity(raw: h.quantity))")]
          )
        }),
    ]
  }

  private func reload(_ change: GenerationSwitch) -> [ExportRecord.Field] {
    let libraries = change.libraries.keys.sorted().map { ($0, String(change.libraries[$0]?.prefix(16) ?? "")) }
    return [
      .named("generation", Int64(change.number)), .named("configuration", String(change.decisionHash, radix: 16)),
      .list(
        "libraries", label: "libraries",
        libraries.map { ("\($0):\($1)", ["library": .string($0), "sha256": .string($1)]) }),
      .list("states", change.states.map { ("state \(text($0))", .string(text($0))) }),
    ]
  }

  private func call(_ outcome: CallOutcome) -> [ExportRecord.Field] {
    let what =
      switch outcome.kind {
      case .unanswered(AL_OK): "paused"
      case .unanswered(let status): "unanswered \(statusName(status))"
      case .restarted(nil): "restarted"
      case .restarted(let memory?): "restarted state \(text(memory))"
      }
    return [
      .plain("agent", outcome.agent), .plain("call", Int64(clamping: outcome.call)), .plain("outcome", what),
      .list(
        "timers",
        outcome.timers.map {
          (
            "timer \(isoTime($0.time)) \($0.token)",
            ["time": .string(isoTime($0.time)), "token": .string("\($0.token)")]
          )
        }),
    ]
  }

  /// The state by its length and hash: it may be large.
  private func text(_ memory: AgentMemory) -> String {
    let streams = memory.streams.map { " \($0.number):\(String($0.position, radix: 16))" }.joined()
    return "\(memory.agent) \(memory.state.count) bytes \(String(FNV1a.hash(memory.state), radix: 16))\(streams)"
  }

  private func input(_ name: String, _ fields: [ExportRecord.Field]) -> ExportRecord {
    ExportRecord("input", [.plain("input", name)] + fields)
  }

  private static func statuses(_ list: [RecordedEvent.Ack]) -> ExportRecord.Field {
    .list("statuses", list.map { ("\($0.status)", .integer(Int64($0.status))) })
  }

  /// What an operator ordered.
  private static func order(of actor: String, _ reason: String) -> [ExportRecord.Field] {
    [.init(key: "actor", json: .string(actor), text: "\(actor):"), .plain("reason", reason)]
  }
}

extension SessionReader {
  /// The facts of the session after its header, in the order in which they were written down.
  public func export(_ visit: (ExportRecord) throws -> Void) throws(HostError) {
    var names = SessionPrinter(header)
    try rows { row in
      switch row.kind {
      case .event:
        guard let event = RecordedEvent(encoded: row.payload) else { break }
        names.follow(event)
        try visit(names.printer.record(event))
      case .records: for record in journalRecords(row.payload) { try visit(names.printer.record(record)) }
      case .header, .document, .end: break
      }
    }
  }
}

/// What an output record is about.
private enum OutputSubject {
  /// Its index in the universe of the agent that spoke.
  case instrument(UInt32)
  case agent(UInt32)
  case everything

  init(_ r: JournalRecord) {
    let index = r.subject & 0xffff
    self =
      index == 0xffff ? .everything : UInt16(r.state) == AL_ROW_AGENT_WEIGHT ? .agent(index) : .instrument(index)
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

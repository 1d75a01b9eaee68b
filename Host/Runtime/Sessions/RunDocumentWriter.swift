import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// What a run document says beside the run's own numbers.
public struct RunDescription: Sendable {
  public var title: String
  public var mode: String
  public var isSynthetic = false
  public var notices: [String] = []
  public var sources: [(name: String, licence: String, detail: String)] = []
  public var session: String
  public var configurationHash: String
  public var seed: String
  public var currency: String
  public var periodsPerYear = 252
  public var benchmark: (name: String, rows: [(time: Int64, value: Int64)])?

  public init(title: String, mode: String, session: String, configurationHash: String, seed: String, currency: String) {
    self.title = title
    self.mode = mode
    self.session = session
    self.configurationHash = configurationHash
    self.seed = seed
    self.currency = currency
  }
}

/// Writes the run document that reports are made from. The same run gives the same bytes.
public struct RunDocumentWriter {
  private let engine: Engine
  private let recorder: RunRecorder
  private let descriptors: [PluginDescriptor]

  public init(_ engine: Engine, _ recorder: RunRecorder, descriptors: [PluginDescriptor]) {
    self.engine = engine
    self.recorder = recorder
    self.descriptors = descriptors
  }

  public func document(_ d: RunDescription) -> JSONValue {
    var o = JSONObject()
    o["format"] = "alphaloop.run/1"
    o["title"] = .string(d.title)
    o["mode"] = .string(d.mode)
    o["synthetic"] = .bool(d.isSynthetic)
    o["notices"] = .array(d.notices.map { .string($0) })
    o["sources"] = .array(
      d.sources.map { s in
        var object: JSONObject = JSONObject()
        object["name"] = .string(s.name)
        object["licence"] = .string(s.licence)
        if !s.detail.isEmpty { object["detail"] = .string(s.detail) }
        return .object(object)
      })
    o["session"] = .string(d.session)
    o["configurationHash"] = .string(d.configurationHash)
    o["seed"] = .string(d.seed)
    o["period"] = [
      "from": .integer(recorder.equity.first?.time ?? 0), "to": .integer(recorder.equity.last?.time ?? 0),
    ]
    o["currency"] = .string(d.currency)
    o["periodsPerYear"] = .integer(Int64(d.periodsPerYear))
    o["initialCash"] = money(engine.settings.initialCash.raw)
    o["equity"] = .array(recorder.equity.map(equityRow))
    if let benchmark = d.benchmark {
      o["benchmark"] = [
        "name": .string(benchmark.name),
        "rows": .array(benchmark.rows.map { .array([.integer($0.time), money($0.value)]) }),
      ]
    }
    o["fills"] = .array(recorder.fills.map(fill))
    o["trades"] = .array(recorder.trades.map(trade))
    o["agents"] = .array(agents())
    o["instruments"] = .array(instruments())
    o["halts"] = .array(recorder.halts.map(halt))
    o["denials"] = .array(recorder.denials.map(denial))
    o["faults"] = .array(recorder.faults.map(fault))
    return .object(o)
  }

  private func money(_ raw: Int64) -> JSONValue { .string(Money(raw: raw).description) }
  private func symbol(_ i: UInt32) -> JSONValue {
    .string(Int(i) < engine.settings.instruments.count ? engine.settings.instruments[Int(i)].symbol : "?")
  }
  private func agentName(_ k: Int) -> String {
    let states = names
    return states.indices.contains(k) ? states[k] : "host"
  }
  private var names: [String] { engine.agentNames }

  private func equityRow(_ p: EquityPoint) -> JSONValue {
    .array([.integer(p.time), money(p.equity), money(p.cash), money(p.gross), money(p.net), .integer(Int64(p.names))])
  }

  private func fill(_ f: FillEvent) -> JSONValue {
    let shares = engine.ledger.ownership.shares(of: f.owner)
    let total = Double(max(1, shares.reduce(0) { $0 + $1.weight }))
    var object = JSONObject()
    object["time"] = .integer(f.time)
    object["instrument"] = symbol(f.instrument)
    object["quantity"] = .string(Quantity(raw: f.quantity).description)
    object["price"] = .string(Price(raw: f.price).description)
    object["fee"] = money(f.fee)
    object["agents"] = .array(
      shares.map { s in
        ["agent": .string(agentName(Int(s.agent))), "share": number(Double(s.weight) / total)]
      })
    return .object(object)
  }

  private func number(_ value: Double) -> JSONValue { JSONNumber(value).map { .number($0) } ?? .null }

  private func trade(_ t: RunRecorder.Trade) -> JSONValue {
    [
      "agent": .string(agentName(t.agent)), "instrument": symbol(t.instrument),
      "quantity": .string(Quantity(raw: t.quantity).description), "opened": .integer(t.opened),
      "closed": .integer(t.closed),
      "entryPrice": .string(Price(raw: t.entry).description), "exitPrice": .string(Price(raw: t.exit).description),
      "profit": money(t.profit), "fees": money(t.fees),
    ]
  }

  private func agents() -> [JSONValue] {
    let reports = engine.agentStates
    var totals = Array(repeating: (realised: Int64(0), unrealised: Int64(0), fees: Int64(0)), count: reports.count)
    for i in 0..<engine.settings.instruments.count {
      let values = engine.ledger.agentValues(of: UInt32(i))
      for (p, value) in zip(engine.ledger.agentPositions(of: UInt32(i)), values) where Int(p.agent) < totals.count {
        totals[Int(p.agent)].realised += p.holding.realised.raw
        totals[Int(p.agent)].unrealised += value.raw - p.holding.cost.raw
        totals[Int(p.agent)].fees += p.fees.raw
      }
    }
    return reports.indices.map { k in
      let r = reports[k]
      let custom = descriptors.indices.contains(k) ? descriptors[k].reasons : []
      var abstentions = JSONObject()
      for reason in r.abstentions.keys.sorted() {
        abstentions[Names.reason(reason, custom: custom)] = .integer(Int64(r.abstentions[reason] ?? 0))
      }
      var refusals = JSONObject()
      for code in r.refusals.keys.sorted() {
        refusals[OutputRefusal(rawValue: code)?.name ?? "\(code)"] = .integer(Int64(r.refusals[code] ?? 0))
      }
      return [
        "agent": .string(r.instance), "tier": .string(Names.tier(r.tier)), "family": .string(r.family),
        "realised": money(totals[k].realised), "unrealised": money(totals[k].unrealised), "fees": money(totals[k].fees),
        "views": .integer(Int64(r.views)), "abstentions": .object(abstentions), "refusals": .object(refusals),
        "weight": number(r.weight),
      ]
    }
  }

  private func instruments() -> [JSONValue] {
    (0..<engine.settings.instruments.count).compactMap { i in
      let p = engine.ledger.position(UInt32(i))
      if p.quantity.raw == 0, p.realised.raw == 0, p.fees.raw == 0 { return nil }
      return [
        "instrument": symbol(UInt32(i)), "quantity": .string(p.quantity.description), "realised": money(p.realised.raw),
        "unrealised": money(p.unrealised.raw), "fees": money(p.fees.raw),
      ]
    }
  }

  private func halt(_ h: HaltEvent) -> JSONValue {
    [
      "time": .integer(h.time), "trigger": .string(Names.trigger(h.trigger)), "from": .string(Names.halt(h.from)),
      "to": .string(Names.halt(h.to)), "actor": .string(h.actor), "reason": .string(h.reason),
      "numbers": ["limit": .string("\(h.limit)"), "value": .string("\(h.value)")],
    ]
  }

  private func denial(_ d: DenialEvent) -> JSONValue {
    [
      "time": .integer(d.time), "instrument": symbol(d.instrument),
      "agent": .string(d.agent == .max ? "several" : agentName(Int(d.agent))),
      "reason": .string(Names.denial(d.reason)),
      "numbers": [
        "limit": .string("\(d.limit)"), "value": .string("\(d.value)"),
        "quantity": .string(Quantity(raw: d.quantity).description),
      ],
    ]
  }

  private func fault(_ f: RunRecorder.Fault) -> JSONValue {
    let name = agentName(f.agent)
    return [
      "time": .integer(f.first), "last": .integer(f.last), "count": .integer(Int64(f.count)),
      "plugin": .string(descriptors.indices.contains(f.agent) ? descriptors[f.agent].id : name),
      "agent": .string(name), "kind": .string(f.kind), "detail": .string("the output was refused; the run went on"),
    ]
  }
}

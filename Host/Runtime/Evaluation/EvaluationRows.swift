import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Turns an agent's rows into lines, and refuses those that break its contract.
struct EvaluationRows {
  let descriptor: PluginDescriptor
  let symbols: [String]
  /// The other agents, by their index in the views that it read.
  let agents: [String]

  /// Rows of no instrument first, then those of each instrument in the order of the universe; every instrument has a line.
  func lines(_ rows: UnsafeBufferPointer<al_row_v1>, asOf: Int64) -> [EvaluationLine] {
    var whole: [EvaluationLine] = []
    var each: [[EvaluationLine]] = Array(repeating: [], count: symbols.count)
    var silence: EvaluationLine?
    var counts = Array(repeating: 0, count: symbols.count)
    for row in rows {
      let isKnown = row.kind != AL_ROW_AGENT_WEIGHT && Int(row.instrument) < symbols.count
      var line = EvaluationLine(
        asOf: asOf, instrument: isKnown ? symbols[Int(row.instrument)] : nil, kind: Names.row(row.kind))
      if isKnown { counts[Int(row.instrument)] += 1 }
      if let problem = problem(row, count: isKnown ? counts[Int(row.instrument)] : 1) {
        line.kind = "refused"
        line.fields = [("reason", .string(problem))]
      } else {
        line.fields = fields(row)
        if row.kind == AL_ROW_ABSTAIN, row.instrument == AL_NONE { silence = line }
      }
      if isKnown { each[Int(row.instrument)].append(line) } else { whole.append(line) }
    }
    for i in symbols.indices where each[i].isEmpty {
      var line = silence ?? EvaluationLine(asOf: asOf, kind: "none")
      line.instrument = symbols[i]
      each[i].append(line)
    }
    return whole + each.flatMap { $0 }
  }

  /// What the contract forbids in a row; nil when it may count. `count`: rows of its instrument so far, it included.
  private func problem(_ row: al_row_v1, count: Int) -> String? {
    guard row.kind >= AL_ROW_VIEW, row.kind <= AL_ROW_HALT else { return "unknown kind \(row.kind)" }
    if row.kind != AL_ROW_ABSTAIN, descriptor.outputs >> UInt64(row.kind) & 1 == 0 {
      return "undeclared kind \(Names.row(row.kind)): the descriptor's outputs lack it"
    }
    if row.kind != AL_ROW_AGENT_WEIGHT, row.instrument != AL_NONE, Int(row.instrument) >= symbols.count {
      return "unknown instrument \(row.instrument): the universe has \(symbols.count)"
    }
    if !row.value.isFinite { return "value \(row.value) is not finite" }
    if !row.confidence.isFinite { return "confidence \(row.confidence) is not finite" }
    if count > Int(max(descriptor.maxRows, 1)) {
      return "too many rows: more than the \(descriptor.maxRows) of an instrument that the descriptor declares"
    }
    return range(row)
  }

  private func range(_ row: al_row_v1) -> String? {
    let ofOne = [AL_ROW_VIEW, AL_ROW_WEIGHT, AL_ROW_QUANTITY, AL_ROW_ORDER].contains(row.kind)
    if ofOne, row.instrument == AL_NONE { return "a \(Names.row(row.kind)) names no instrument" }
    let isVote = row.kind == AL_ROW_VIEW || row.kind == AL_ROW_WEIGHT
    if isVote, row.confidence < 0 || row.confidence > 1 { return "confidence \(row.confidence) is outside [0, 1]" }
    switch row.kind {
    case AL_ROW_VIEW where abs(row.value) > 1: return "score \(row.value) is outside [-1, 1]"
    case AL_ROW_WEIGHT where abs(row.value) > 10: return "weight \(row.value) is outside [-10, 10]"
    case AL_ROW_MULTIPLIER where row.value < 0 || row.value > 1: return "multiplier \(row.value) is outside [0, 1]"
    case AL_ROW_AGENT_WEIGHT where Int(row.instrument) >= agents.count:
      return "unknown agent \(row.instrument): the views have \(agents.count)"
    case AL_ROW_AGENT_WEIGHT where row.value < 0 || row.value > 1: return "weight \(row.value) is outside [0, 1]"
    case AL_ROW_HALT where row.label > AL_HALT_FLATTENING: return "halt state \(row.label) is not one to ask for"
    case AL_ROW_ESTIMATE where Int(row.label) >= max(descriptor.estimates.count, 1):
      return "estimate \(row.label) is none of the \(descriptor.estimates.count) that the descriptor names"
    case AL_ROW_ORDER where row.quantity == 0: return "an order of quantity 0"
    case AL_ROW_ORDER where Self.orderTypes.count <= Int(row.order_type): return "unknown order type \(row.order_type)"
    case AL_ROW_ORDER where Self.times.count <= Int(row.time_in_force):
      return "unknown time in force \(row.time_in_force)"
    default: return nil
    }
  }

  private func fields(_ row: al_row_v1) -> [(name: String, value: JSONValue)] {
    func number(_ value: Double) -> JSONValue { JSONNumber(value).map { .number($0) } ?? .null }
    func amount(_ raw: Int64) -> JSONValue {
      JSONNumber(Quantity(raw: raw).description).map { .number($0) } ?? .null
    }
    let reason = JSONValue.string(Names.reason(row.reason, custom: descriptor.reasons))
    switch row.kind {
    case AL_ROW_VIEW:
      return [
        ("score", number(row.value)), ("confidence", number(row.confidence)), ("horizon_ns", .integer(row.time_ns)),
      ]
    case AL_ROW_WEIGHT: return [("weight", number(row.value)), ("confidence", number(row.confidence))]
    case AL_ROW_QUANTITY: return [("quantity", amount(row.quantity))]
    case AL_ROW_MULTIPLIER: return [("multiplier", number(row.value))]
    case AL_ROW_VETO: return [("reason", reason), ("value", number(row.value))]
    case AL_ROW_ABSTAIN: return [("reason", reason)]
    case AL_ROW_ESTIMATE:
      let name = Int(row.label) < descriptor.estimates.count ? descriptor.estimates[Int(row.label)] : "\(row.label)"
      return [("name", .string(name)), ("value", number(row.value))]
    case AL_ROW_AGENT_WEIGHT: return [("agent", .string(agents[Int(row.instrument)])), ("weight", number(row.value))]
    case AL_ROW_HALT:
      return [("state", .string(Self.halts[min(Int(row.label), Self.halts.count - 1)])), ("reason", reason)]
    case AL_ROW_ORDER:
      return [
        ("quantity", amount(row.quantity)), ("type", .string(Self.orderTypes[Int(row.order_type)])),
        ("tif", .string(Self.times[Int(row.time_in_force)])),
        ("limit", row.limit_price == 0 ? .null : amount(row.limit_price)),
        ("stop", row.stop_price == 0 ? .null : amount(row.stop_price)),
        ("release", row.time_ns == 0 ? .null : .string(EvaluationLine.text(row.time_ns))),
        ("label", .integer(Int64(row.label))),
      ]
    default: return []
    }
  }

  private static let orderTypes = [
    "market", "limit", "stop", "stop_limit", "trailing_stop", "market_on_open", "limit_on_open", "market_on_close",
    "limit_on_close",
  ]
  private static let times = ["day", "gtc", "ioc", "fok", "gtd"]
  static let halts = ["armed", "paused", "halted", "flattening", "flat"]
}

import AlphaLoopCSV

/// One line of the answer: what the agent said of one instrument, or of none, at one as-of time.
public struct EvaluationLine: Sendable {
  /// Nanoseconds UTC.
  public var asOf: Int64
  /// nil: the whole universe, or no instrument.
  public var instrument: String?
  /// `view`, `abstain`, ..., `none` where the agent gave no row, `refused` where the row breaks the contract.
  public var kind: String
  /// What the kind carries, in a fixed order.
  public var fields: [(name: String, value: JSONValue)] = []

  /// One JSON object; the same bytes for the same answer.
  public var json: String {
    var object = JSONObject()
    object["as_of"] = .string(Self.text(asOf))
    object["instrument"] = instrument.map { .string($0) } ?? .null
    object["kind"] = .string(kind)
    for field in fields { object[field.name] = field.value }
    return JSONValue.object(object).text
  }

  /// Time, instrument, kind and the rest for people.
  public var cells: [String] {
    let rest = fields.map { field in "\(field.name) \(field.value.string ?? field.value.text)" }
    return [Self.text(asOf), instrument ?? "-", kind, rest.joined(separator: ", ")]
  }

  /// `2016-12-30T21:00:00Z`, with as many decimals as the time has.
  public static func text(_ nanoseconds: Int64) -> String {
    let second: Int64 = 1_000_000_000
    let fraction = ((nanoseconds % second) + second) % second
    let seconds = (nanoseconds - fraction) / second
    let ofDay = ((seconds % 86_400) + 86_400) % 86_400
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    var decimals = ""
    if fraction > 0 {
      let digits = String(fraction)
      decimals = "." + String(repeating: "0", count: 9 - digits.count) + digits
      while decimals.last == "0" { decimals.removeLast() }
    }
    let day = TradingSession.text(day: (seconds - ofDay) / 86_400)
    return "\(day)T\(two(ofDay / 3600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60))\(decimals)Z"
  }
}

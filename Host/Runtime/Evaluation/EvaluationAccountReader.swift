import AlphaLoopCSV
import AlphaLoopCore
internal import AlphaLoopYAML
import CAlphaLoop

/// Reads `portfolio.json`: one account, or a list of them with `as_of`.
struct EvaluationAccountReader {
  let path: String

  func read() throws(HostError) -> [EvaluationAccount] {
    guard let bytes = readFile(path) else { throw HostError(.data, "\(path): cannot be read: \(errorText())") }
    let value: JSONValue
    do {
      value = try JSONValue.parse(bytes)
    } catch {
      throw HostError(.data, "\(path):\(error)")
    }
    guard let items = value.array else { return [try account(value, "")] }
    var accounts: [EvaluationAccount] = []
    for (i, item) in items.enumerated() {
      let made = try account(item, "/\(i)")
      if items.count > 1, made.asOf == .min { throw fault("/\(i)", "one of several accounts needs 'as_of'") }
      accounts.append(made)
    }
    // Of equal moments the later one in the file counts.
    return accounts.enumerated().sorted { ($0.element.asOf, $0.offset) < ($1.element.asOf, $1.offset) }.map(\.element)
  }

  private func account(_ value: JSONValue, _ place: String) throws(HostError) -> EvaluationAccount {
    let object = try object(
      value, place,
      [
        "as_of", "equity", "cash", "peak_equity", "day_start_equity", "initial_cash", "halt", "positions", "work",
      ])
    let equity = try amount(object, "equity", place)
    let cash = try amount(object, "cash", place)
    if equity == nil, cash == nil { throw fault(place, "'equity' or 'cash' is missing") }
    return EvaluationAccount(
      asOf: try time(object, "as_of", place) ?? .min, equity: equity, cash: cash,
      peakEquity: try amount(object, "peak_equity", place),
      dayStartEquity: try amount(object, "day_start_equity", place),
      initialCash: try amount(object, "initial_cash", place), halt: try halt(object["halt"], place + "/halt"),
      positions: try list(object, "positions", place, position), work: try list(object, "work", place, work))
  }

  private func position(_ value: JSONValue, _ place: String) throws(HostError) -> EvaluationAccount.Position {
    let object = try object(
      value, place, ["symbol", "quantity", "committed", "average_cost", "last", "realised", "fees"])
    return EvaluationAccount.Position(
      symbol: try symbol(object, place), quantity: try needed(object, "quantity", place),
      committed: try amount(object, "committed", place), averageCost: try amount(object, "average_cost", place) ?? 0,
      last: try amount(object, "last", place), realised: try amount(object, "realised", place) ?? 0,
      fees: try amount(object, "fees", place) ?? 0)
  }

  private func work(_ value: JSONValue, _ place: String) throws(HostError) -> EvaluationAccount.Work {
    let object = try object(
      value, place, ["symbol", "total", "remaining", "working", "start", "end", "limit"])
    let total = try needed(object, "total", place)
    guard let start = try time(object, "start", place), let end = try time(object, "end", place) else {
      throw fault(place, "'start' and 'end' are needed")
    }
    return EvaluationAccount.Work(
      symbol: try symbol(object, place), total: total, remaining: try amount(object, "remaining", place) ?? total,
      working: try amount(object, "working", place) ?? 0, start: start, end: end,
      limit: try amount(object, "limit", place) ?? 0)
  }

  // MARK: parts

  private func fault(_ place: String, _ problem: String) -> HostError {
    HostError(.data, "\(path)\(place.isEmpty ? "" : ": at '\(place)'"): \(problem)")
  }

  private func object(_ value: JSONValue, _ place: String, _ keys: [String]) throws(HostError) -> JSONObject {
    guard let object = value.object else { throw fault(place, "is \(value.typeName); write an object") }
    for key in object.keys where !keys.contains(key) {
      throw fault(place, "unknown key '\(key)'; \(NearestWord.advice(for: key, in: keys, noun: "the keys are"))")
    }
    return object
  }

  private func list<T>(
    _ object: JSONObject, _ key: String, _ place: String, _ read: (JSONValue, String) throws(HostError) -> T
  ) throws(HostError) -> [T] {
    guard let value = object[key] else { return [] }
    guard let items = value.array else { throw fault("\(place)/\(key)", "is \(value.typeName); write a list") }
    var made: [T] = []
    for (i, item) in items.enumerated() { made.append(try read(item, "\(place)/\(key)/\(i)")) }
    return made
  }

  /// In 1e-8 units.
  private func amount(_ object: JSONObject, _ key: String, _ place: String) throws(HostError) -> Int64? {
    guard let value = object[key] else { return nil }
    if case .null = value { return nil }
    guard let number = value.number else { throw fault("\(place)/\(key)", "is \(value.typeName); write a number") }
    guard let amount = Quantity(number.text) ?? Quantity(rounding: number.double) else {
      throw fault("\(place)/\(key)", "\(number.text) is larger than about 92 billion")
    }
    return amount.raw
  }

  private func needed(_ object: JSONObject, _ key: String, _ place: String) throws(HostError) -> Int64 {
    guard let amount = try amount(object, key, place) else { throw fault(place, "'\(key)' is missing") }
    return amount
  }

  private func symbol(_ object: JSONObject, _ place: String) throws(HostError) -> String {
    guard let symbol = object["symbol"]?.string, !symbol.isEmpty else { throw fault(place, "'symbol' is missing") }
    return symbol
  }

  private func time(_ object: JSONObject, _ key: String, _ place: String) throws(HostError) -> Int64? {
    guard let value = object[key] else { return nil }
    let text = value.string ?? value.number?.text ?? ""
    guard let time = TimestampFormat().nanoseconds(text) else {
      throw fault("\(place)/\(key)", "\(value.text) is no time; write \"2020-03-16T20:00:00Z\" or a date")
    }
    return time
  }

  private func halt(_ value: JSONValue?, _ place: String) throws(HostError) -> UInt32 {
    guard let value else { return AL_HALT_ARMED }
    let number = value.string.flatMap { EvaluationRows.halts.firstIndex(of: $0.lowercased()) }
    guard let number = number ?? value.number?.int64.map({ Int(clamping: $0) }), EvaluationRows.halts.indices ~= number
    else { throw fault(place, "\(value.text) is none of \(EvaluationRows.halts.joined(separator: ", "))") }
    return UInt32(number)
  }
}

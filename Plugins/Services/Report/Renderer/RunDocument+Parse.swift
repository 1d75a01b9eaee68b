import AlphaLoopKit

extension RunDocument {
  static let format = "alphaloop.run/1"

  private static let keys = [
    "format", "title", "mode", "synthetic", "notices", "sources", "session", "configurationHash", "seed", "period",
    "currency", "periodsPerYear", "riskFreeRate", "trials", "initialCash", "equity", "benchmark", "fills", "trades",
    "agents", "instruments", "halts", "denials", "faults",
  ]

  /// Reads a run document.
  ///
  /// - Parameters:
  ///   - bytes: the JSON text.
  ///   - file: the name to put into errors.
  /// - Throws: `JSONError` with line, column and field of the first fault.
  public static func parse(_ bytes: [UInt8], file: String = "run document") throws(JSONError) -> RunDocument {
    let root = try JSONReader.parse(bytes, file: file)
    try root.allow(keys)
    let format = try root.member("format")
    guard try format.string() == Self.format else {
      throw format.error("expected \"\(Self.format)\"; write the document with the same release as the report")
    }
    let period = try root.member("period")
    try period.allow(["from", "to"])
    let from = try period.member("from").time()
    let end = try period.member("to")
    let to = try end.time()
    guard to >= from else { throw end.error("the period ends before it begins") }
    return RunDocument(
      title: try root.member("title").string(),
      mode: try root.member("mode").choice(),
      isSynthetic: try root.member("synthetic").boolean(),
      notices: try root.member("notices").list { cursor throws(JSONError) in try cursor.string() },
      sources: try root.member("sources").list(Source.init(json:)),
      session: try root.member("session").string(),
      configurationHash: try root.member("configurationHash").string(),
      seed: try root.member("seed").integerOrText(),
      from: from,
      to: to,
      currency: try root.member("currency").string(),
      periodsPerYear: try root.member("periodsPerYear").positive(),
      riskFreeRate: try root.optional("riskFreeRate")?.double() ?? 0,
      trials: try root.optional("trials").map(Trials.init(json:)),
      initialCash: try root.member("initialCash").positiveDecimal(),
      equity: try root.member("equity").ascending(EquityRow.init(json:)) { $0.time },
      benchmark: try root.optional("benchmark").map(Benchmark.init(json:)),
      fills: try root.member("fills").ascending(Fill.init(json:)) { $0.time },
      trades: try root.member("trades").list(Trade.init(json:)),
      agents: try root.member("agents").list(Agent.init(json:)),
      instruments: try root.member("instruments").list(Instrument.init(json:)),
      halts: try root.member("halts").ascending(Halt.init(json:)) { $0.time },
      denials: try root.member("denials").ascending(Denial.init(json:)) { $0.time },
      faults: try root.member("faults").ascending(Fault.init(json:)) { $0.time })
  }
}

extension JSONCursor {
  func list<T>(_ read: (JSONCursor) throws(JSONError) -> T) throws(JSONError) -> [T] {
    var result: [T] = []
    for element in try elements() { result.append(try read(element)) }
    return result
  }

  func ascending<T>(
    _ read: (JSONCursor) throws(JSONError) -> T, by time: (T) -> Int64
  ) throws(JSONError) -> [T] {
    var result: [T] = []
    for element in try elements() {
      let value = try read(element)
      if let last = result.last, time(last) > time(value) { throw element.error("its time is before the row above") }
      result.append(value)
    }
    return result
  }

  /// Nanoseconds UTC, far enough from the ends of `Int64` that whole days around it fit.
  func time() throws(JSONError) -> Int64 {
    let nanoseconds = try integer()
    guard nanoseconds.magnitude < 9_200_000_000_000_000_000 else { throw error("the time lies outside 1679 to 2261") }
    return nanoseconds
  }

  func decimal() throws(JSONError) -> FixedDecimal {
    let text = try string()
    guard let decimal = FixedDecimal(text) else {
      throw error("expected a decimal string with at most 8 decimals, such as \"1234.5\", found \"\(text)\"")
    }
    return decimal
  }

  func positiveDecimal() throws(JSONError) -> FixedDecimal {
    let decimal = try decimal()
    guard decimal > .zero else { throw error("expected a decimal above 0") }
    return decimal
  }

  func positive() throws(JSONError) -> Double {
    let number = try double()
    guard number > 0 else { throw error("expected a number above 0") }
    return number
  }

  func choice() throws(JSONError) -> RunDocument.Mode {
    let text = try string()
    guard let mode = RunDocument.Mode(rawValue: text) else {
      let known = RunDocument.Mode.allCases.map(\.rawValue).joined(separator: ", ")
      throw error("unknown mode \"\(text)\"; known modes: \(known)")
    }
    return mode
  }

  func integerOrText() throws(JSONError) -> String {
    if case .string(let text) = node.value { return text }
    return String(try integer())
  }

  func counts() throws(JSONError) -> [RunDocument.ReasonCount] {
    var result: [RunDocument.ReasonCount] = []
    for (reason, value) in try members() {
      result.append(RunDocument.ReasonCount(reason: reason, count: try value.count()))
    }
    return result
  }

  func numbers() throws(JSONError) -> [RunDocument.Number] {
    var result: [RunDocument.Number] = []
    for (name, value) in try members() { result.append(RunDocument.Number(name: name, text: try value.string())) }
    return result
  }

  /// The cells of a row of exactly so many.
  func row(_ columns: [String]) throws(JSONError) -> [JSONCursor] {
    let cells = try elements()
    guard cells.count == columns.count else {
      throw error("expected \(columns.count) cells (\(columns.joined(separator: ", "))), found \(cells.count)")
    }
    return cells
  }
}

extension RunDocument.Source {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["name", "licence", "detail"])
    name = try json.member("name").string()
    licence = try json.member("licence").string()
    detail = try json.optional("detail")?.string() ?? ""
  }
}

extension RunDocument.Trials {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["count", "sharpeVariance"])
    count = try json.member("count").count()
    let variance = try json.member("sharpeVariance")
    sharpeVariance = try variance.double()
    guard sharpeVariance >= 0 else { throw variance.error("a variance is at least 0") }
  }
}

extension RunDocument.EquityRow {
  init(json: JSONCursor) throws(JSONError) {
    let cells = try json.row(["time", "equity", "cash", "grossExposure", "netExposure", "positions"])
    time = try cells[0].time()
    equity = try cells[1].decimal()
    cash = try cells[2].decimal()
    grossExposure = try cells[3].decimal()
    netExposure = try cells[4].decimal()
    positions = try cells[5].count()
  }
}

extension RunDocument.Benchmark {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["name", "rows"])
    name = try json.member("name").string()
    let rows = try json.member("rows").ascending { cursor throws(JSONError) in
      let cells = try cursor.row(["time", "value"])
      return (time: try cells[0].time(), value: try cells[1].positiveDecimal().double)
    } by: {
      $0.time
    }
    times = rows.map(\.time)
    values = rows.map(\.value)
  }
}

extension RunDocument.Share {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["agent", "share"])
    agent = try json.member("agent").string()
    share = try json.member("share").double()
  }
}

extension RunDocument.Fill {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["time", "instrument", "quantity", "price", "fee", "notional", "agents"])
    time = try json.member("time").time()
    instrument = try json.member("instrument").string()
    quantity = try json.member("quantity").decimal()
    price = try json.member("price").decimal()
    fee = try json.member("fee").decimal()
    notional = try json.optional("notional")?.decimal() ?? quantity * price
    agents = try json.member("agents").list(RunDocument.Share.init(json:))
  }
}

extension RunDocument.Trade {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow([
      "agent", "instrument", "quantity", "opened", "closed", "entryPrice", "exitPrice", "profit", "fees",
    ])
    agent = try json.member("agent").string()
    instrument = try json.member("instrument").string()
    quantity = try json.member("quantity").decimal()
    opened = try json.member("opened").time()
    let end = try json.member("closed")
    closed = try end.time()
    guard closed >= opened else { throw end.error("the trade closes before it opens") }
    entryPrice = try json.member("entryPrice").decimal()
    exitPrice = try json.member("exitPrice").decimal()
    profit = try json.member("profit").decimal()
    fees = try json.member("fees").decimal()
  }
}

extension RunDocument.Agent {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow([
      "agent", "tier", "family", "realised", "unrealised", "fees", "views", "abstentions", "refusals", "weight",
    ])
    agent = try json.member("agent").string()
    tier = try json.member("tier").string()
    family = try json.member("family").string()
    realised = try json.member("realised").decimal()
    unrealised = try json.member("unrealised").decimal()
    fees = try json.member("fees").decimal()
    views = try json.member("views").count()
    abstentions = try json.member("abstentions").counts()
    refusals = try json.member("refusals").counts()
    weight = try json.optional("weight")?.double()
  }
}

extension RunDocument.Instrument {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["instrument", "quantity", "realised", "unrealised", "fees"])
    instrument = try json.member("instrument").string()
    quantity = try json.member("quantity").decimal()
    realised = try json.member("realised").decimal()
    unrealised = try json.member("unrealised").decimal()
    fees = try json.member("fees").decimal()
  }
}

extension RunDocument.Halt {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["time", "trigger", "from", "to", "actor", "reason", "numbers"])
    time = try json.member("time").time()
    trigger = try json.member("trigger").string()
    from = try json.member("from").string()
    to = try json.member("to").string()
    actor = try json.member("actor").string()
    reason = try json.member("reason").string()
    numbers = try json.member("numbers").numbers()
  }
}

extension RunDocument.Denial {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["time", "instrument", "agent", "reason", "numbers"])
    time = try json.member("time").time()
    instrument = try json.member("instrument").string()
    agent = try json.member("agent").string()
    reason = try json.member("reason").string()
    numbers = try json.member("numbers").numbers()
  }
}

extension RunDocument.Fault {
  init(json: JSONCursor) throws(JSONError) {
    try json.allow(["time", "last", "count", "plugin", "agent", "kind", "detail"])
    time = try json.member("time").time()
    last = try json.optional("last")?.time() ?? time
    count = try json.optional("count")?.count() ?? 1
    plugin = try json.member("plugin").string()
    agent = try json.optional("agent")?.string() ?? ""
    kind = try json.member("kind").string()
    detail = try json.member("detail").string()
  }
}

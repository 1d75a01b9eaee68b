import AlphaLoopCore
import CAlphaLoop
import Glibc

/// What a folder of CSV files holds, read whole: one file a capability. A file that is missing is nil.
struct EvaluationFolder {
  static let files = [
    "bars.csv", "quotes.csv", "trades.csv", "options.csv", "fundamentals.csv", "macro.csv", "news.csv", "events.csv",
    "portfolio.json", "views.csv", "records.csv", "universe.csv",
  ]

  let path: String
  /// The symbol of files without a column for it.
  let symbol: String
  var bars: [String: EvaluationBars]?
  var quotes: [EvaluationQuote]?
  var trades: [EvaluationTrade]?
  var options: [EvaluationOption]?
  var fundamentals: [EvaluationFact]?
  var macro: [EvaluationFact]?
  var news: [EvaluationNews]?
  var events: [EvaluationEvent]?
  var accounts: [EvaluationAccount]?
  var views: [EvaluationView]?
  var records: [EvaluationRecord]?
  var universe: [Instrument]?
  let faults = EvaluationFaults()
  private(set) var notes: [String] = []

  /// - Throws: a folder or a file that cannot be used; bad rows are gathered in `faults`.
  init(path: String, symbol: String?) throws(HostError) {
    self.path = path
    let found = try Self.names(in: path)
    let present = Set(found)
    guard Self.files.contains(where: present.contains) else {
      throw HostError(.data, "\(path): none of \(Self.files.joined(separator: ", ")) is in it; give at least one")
    }
    for name in found where !Self.files.contains(name) && (name.hasSuffix(".csv") || name.hasSuffix(".json")) {
      notes.append("\(path)/\(name) is not read; the names are \(Self.files.joined(separator: ", "))")
    }
    if present.contains("universe.csv") { universe = try Self.readUniverse(path + "/universe.csv", faults) }
    self.symbol = symbol ?? (universe?.count == 1 ? universe?[0].symbol : nil) ?? "bars"
    try read(present)
  }

  private mutating func read(_ present: Set<String>) throws(HostError) {
    func has(_ name: String) -> Bool { present.contains(name) }
    func file(_ name: String) -> String { "\(path)/\(name)" }
    if has("bars.csv") { bars = try Self.readBars(file("bars.csv"), symbol: symbol, faults) }
    if has("quotes.csv") { quotes = try Self.readQuotes(file("quotes.csv"), symbol: symbol, faults) }
    if has("trades.csv") { trades = try Self.readTrades(file("trades.csv"), symbol: symbol, faults) }
    if has("options.csv") { options = try Self.readOptions(file("options.csv"), symbol: symbol, faults) }
    if has("fundamentals.csv") {
      fundamentals = try Self.readFundamentals(file("fundamentals.csv"), symbol: symbol, faults)
    }
    if has("macro.csv") { macro = try Self.readMacro(file("macro.csv"), faults) }
    if has("news.csv") { news = try Self.readNews(file("news.csv"), faults) }
    if has("events.csv") { events = try Self.readEvents(file("events.csv"), faults) }
    if has("portfolio.json") { accounts = try EvaluationAccountReader(path: file("portfolio.json")).read() }
    if has("views.csv") { views = try Self.readViews(file("views.csv"), faults) }
    if has("records.csv") { records = try Self.readRecords(file("records.csv"), faults) }
  }

  private static func names(in path: String) throws(HostError) -> [String] {
    guard let directory = opendir(path) else {
      throw HostError(.data, "\(path): is no folder that can be read: \(errorText())")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted()
  }

  /// `AL_IN_*` of the files that exist.
  var inputs: UInt64 {
    var mask: UInt64 = 0
    if bars != nil { mask |= AL_IN_BARS }
    if quotes != nil { mask |= AL_IN_QUOTES }
    if trades != nil { mask |= AL_IN_TRADES }
    if options != nil { mask |= AL_IN_OPTIONS }
    if fundamentals != nil { mask |= AL_IN_FUNDAMENTALS }
    if macro != nil { mask |= AL_IN_MACRO }
    if news != nil { mask |= AL_IN_NEWS }
    if events != nil { mask |= AL_IN_EVENTS }
    if accounts != nil { mask |= AL_IN_PORTFOLIO | AL_IN_ORDERS }
    if views != nil || records != nil { mask |= AL_IN_VIEWS }
    return mask
  }

  /// The given universe, else every symbol that a file names, in the order of its bytes.
  func instruments() -> [Instrument] { universe ?? symbols().map { Self.instrument($0) } }

  /// Symbols whose rows nobody sees, since universe.csv lacks them.
  func symbolsOutsideUniverse() -> [String] {
    let known = Set(universe?.map(\.symbol) ?? [])
    return universe == nil ? [] : symbols().filter { !known.contains($0) }
  }

  private func symbols() -> [String] {
    var symbols = Set(bars?.keys.map { $0 } ?? [])
    symbols.formUnion(quotes?.map(\.symbol) ?? [])
    symbols.formUnion(trades?.map(\.symbol) ?? [])
    symbols.formUnion(options?.map(\.underlying) ?? [])
    symbols.formUnion(fundamentals?.map(\.subject) ?? [])
    symbols.formUnion(news?.map(\.symbol) ?? [])
    symbols.formUnion(events?.map(\.symbol) ?? [])
    symbols.formUnion(views?.map(\.symbol) ?? [])
    for account in accounts ?? [] {
      symbols.formUnion(account.positions.map(\.symbol))
      symbols.formUnion(account.work.map(\.symbol))
    }
    symbols.remove("")
    return symbols.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func instrument(_ symbol: String) -> Instrument {
    Instrument(symbol: symbol, uid: FNV1a.hash(Array(symbol.utf8)))
  }
}

import AlphaLoopLoader
import Glibc

/// The daily prices the demonstration runs on: real ones where they were fetched, else a generated market.
///
/// ```swift
/// let sample = try SampleData.prepare(root: ".")
/// print(sample.notices.joined(separator: "\n"))
/// ```
public struct SampleData: Equatable, Sendable {
  public enum Origin: Equatable, Sendable {
    /// Prices of 20 US large caps and the S&P 500 out of public packages.
    case real
    /// Made on this machine; every surface must say SYNTHETIC.
    case synthetic
  }

  public var origin: Origin
  /// Closes of 20 names: `symbol,date,close`.
  public var largeCaps: String
  /// Bars of the index `^GSPC`: `symbol,date,open,high,low,close,volume`.
  public var index: String
  /// What every surface that shows a result of these data must state, the most important first.
  public var notices: [String]

  public var files: [String] { [largeCaps, index] }
  public var isSynthetic: Bool { origin == .synthetic }

  public static let symbols = [
    "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC",
    "UNH", "WMT", "XOM",
  ]
  static let indexSymbol = "^GSPC"
  static let largeCapsName = "large_caps_daily_close.csv"
  static let indexName = "sp500_daily.csv"
  static let seed: UInt64 = 20_240_102

  /// The real data when they are whole, else a generated market, which is made when it is not there.
  ///
  /// - Parameter root: the project's folder; data lie in `data/sample` and `data/synthetic` under it.
  /// - Throws: `HostError` of kind data when the generated market cannot be written.
  public static func prepare(root: String) throws(HostError) -> SampleData {
    let problem = problem(root: root)
    if problem == nil { return real(root) }
    try generate(into: folder(root, .synthetic))
    return synthetic(root, because: problem)
  }

  /// Which data are there, making none: the real ones when they are whole, else a generated market, else nil.
  public static func locate(root: String) -> SampleData? {
    let problem = problem(root: root)
    if problem == nil { return real(root) }
    let folder = folder(root, .synthetic)
    let isThere = [largeCapsName, indexName].allSatisfy { access("\(folder)/\($0)", R_OK) == 0 }
    return isThere ? synthetic(root, because: problem) : nil
  }

  /// Why the real data cannot be used, with the command that mends it; nil when they are whole.
  public static func problem(root: String) -> String? {
    let folder = folder(root, .real)
    // Without the root: what is said of the data is the same on every machine.
    let place = folder.dropFirst(root.count + 1)
    let advice = "run scripts/fetch-sample-data.py"
    guard let sums = readFile("\(folder)/SHA256SUMS") else { return "no sample data in \(place); \(advice)" }
    var digests: [String: String] = [:]
    for line in String(decoding: sums, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      if fields.count == 2 { digests[String(fields[1])] = String(fields[0]) }
    }
    for name in [largeCapsName, indexName] {
      guard let bytes = readFile("\(folder)/\(name)") else { return "\(place)/\(name) cannot be read; \(advice)" }
      if ELFDigest.sha256(bytes) != digests[name] { return "\(place)/\(name) is truncated or changed; \(advice)" }
    }
    return nil
  }

  private static func folder(_ root: String, _ origin: Origin) -> String {
    "\(root)/data/\(origin == .real ? "sample" : "synthetic")"
  }

  private static let closesOnly =
    "The 20 names are closes only: agents that need their highs, lows or volume abstain, and orders fill at the next close."

  private static func real(_ root: String) -> SampleData {
    let folder = folder(root, .real)
    return SampleData(
      origin: .real, largeCaps: "\(folder)/\(largeCapsName)", index: "\(folder)/\(indexName)",
      notices: [
        "Back-adjusted prices, chosen with hindsight: a demonstration, not evidence of profit.", closesOnly,
        "Sources: skfolio 1.12.2 (BSD-3-Clause), arch 8.0.0 (NCSA), fetched to this machine and not part of the project; "
          + "see data/sample/LICENCES.txt.",
      ])
  }

  /// The generated market of a project folder.
  public static func synthetic(root: String) -> SampleData { synthetic(root, because: nil) }

  private static func synthetic(_ root: String, because problem: String?) -> SampleData {
    let folder = folder(root, .synthetic)
    let reason = problem.map { " (\($0))" } ?? ""
    return SampleData(
      origin: .synthetic, largeCaps: "\(folder)/\(largeCapsName)", index: "\(folder)/\(indexName)",
      notices: [
        "SYNTHETIC: a generated market under the names of real companies; no price in it was ever traded\(reason).",
        "A demonstration, not evidence of profit.", closesOnly,
      ])
  }
}

// MARK: - Writing the generated market

extension SampleData {
  /// Writes 14 years of a generated market, 2009 to 2022, as the two files of the real sample.
  static func generate(into folder: String, seed: UInt64 = SampleData.seed) throws(HostError) {
    let sessions = SessionCalendar.newYork.sessions(from: (2009, 1, 1), to: (2022, 12, 31))
    let market = GeneratedMarket(seed: seed, names: symbols.count, sessions: sessions.count)
    let dates = sessions.map(\.dateText)
    try writeAtomically(largeCapsText(market, dates), to: "\(folder)/\(largeCapsName)")
    try writeAtomically(indexText(market, dates), to: "\(folder)/\(indexName)")
    let notice = "SYNTHETIC: a generated market under the names of real companies; no price in it was ever traded.\n"
    try writeAtomically(Array(notice.utf8), to: "\(folder)/SYNTHETIC.txt")
  }

  private static func largeCapsText(_ market: GeneratedMarket, _ dates: [String]) -> [UInt8] {
    var text = "symbol,date,close\n"
    text.reserveCapacity(symbols.count * dates.count * 24)
    for (name, symbol) in symbols.enumerated() {
      for (row, date) in dates.enumerated() { text += "\(symbol),\(date),\(decimal(market.closes[row][name]))\n" }
    }
    return Array(text.utf8)
  }

  private static func indexText(_ market: GeneratedMarket, _ dates: [String]) -> [UInt8] {
    var text = "symbol,date,open,high,low,close,volume\n"
    for (bar, date) in zip(market.index, dates) {
      let prices = [bar.open, bar.high, bar.low, bar.close].map(decimal).joined(separator: ",")
      text += "\(indexSymbol),\(date),\(prices),\(bar.volume)\n"
    }
    return Array(text.utf8)
  }

  /// Cents as a decimal number.
  private static func decimal(_ cents: Int64) -> String {
    let rest = cents % 100
    return "\(cents / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}

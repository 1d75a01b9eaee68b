import AlphaLoopSDK

/// Monthly factor returns from published facts: macro series, or fundamentals of an instrument. Buffers are allocated once.
struct FactorReturns {
  let count: Int
  private let names: [String]
  private let riskFreeName: String
  private let months: Int
  /// Factor by factor, oldest month first; the risk-free return is the last.
  private var values: [Double]

  /// - Parameter names: comma-separated.
  init(names: String, riskFree: String, months: Int) throws(PluginError) {
    let list = names.split(separator: ",").map { String($0.drop { $0 == " " }) }
    guard !list.isEmpty, Set(list).count == list.count else {
      throw .configuration("factors '\(names)' must name at least one series, each once, separated by commas")
    }
    self.names = list
    self.months = months
    riskFreeName = riskFree
    count = list.count
    values = Array(repeating: .nan, count: (list.count + 1) * months)
  }

  func value(_ factor: Int, _ month: Int) -> Double { values[factor * months + month] }
  func riskFree(_ month: Int) -> Double { values[count * months + month] }

  /// Where all the factors are.
  enum Source { case macro, fundamentals }

  func source(_ input: Input) -> Source? {
    if let macro = input.macro, has(macro) { return .macro }
    if let fundamentals = input.fundamentals, has(fundamentals) { return .fundamentals }
    return nil
  }

  private func has(_ facts: Facts) -> Bool {
    for name in names where facts.field(name) == nil { return false }
    return true
  }

  /// Takes the newest revision of each month's value.
  /// - Parameter instrument: whose fundamentals; macro series are the same for all.
  /// - Returns: why they are not all there, or nil: stale where the newest month's are not published yet, warm-up where
  ///   older ones are missing.
  mutating func load(_ input: Input, _ source: Source, instrument: Int, newest: Int) -> Reason? {
    guard let facts = source == .macro ? input.macro : input.fundamentals else { return .missingCapability }
    for k in values.indices { values[k] = .nan }
    let rows = facts.rows(instrument: source == .macro ? 0 : instrument)
    for f in 0...count {
      guard let field = facts.field(f < count ? names[f] : riskFreeName) else {
        for month in 0..<months { values[f * months + month] = 0 }
        continue
      }
      for row in rows where row.field == UInt32(field) {
        let month = Month(of: row.period_ns).index - (newest - months + 1)
        if month >= 0, month < months { values[f * months + month] = row.value }
      }
    }
    for f in 0...count where values[f * months + months - 1].isNaN { return .stale }
    for value in values where !value.isFinite { return value.isNaN ? .warmUp : .invalidData }
    return nil
  }
}

import TWSProtocol

/// Questions about contracts, options and the gateway itself; each waits for its whole answer.
extension Gateway {
  public func contractDetails(_ contract: Contract) throws(IBKRError) -> [ContractDetails] {
    let id = inquiries.nextId()
    return try collect(id, .reqContractDetails(reqId: id, contract), "contract details of \(contract.symbol)") {
      switch $0 {
      case .contractDetails(_, let details), .bondContractDetails(_, let details): .item(details)
      case .contractDetailsEnd: .end
      default: .skip
      }
    }
  }

  /// At most 16 contracts whose symbol or name begins with the pattern; one search a second.
  public func matchingSymbols(_ pattern: String) throws(IBKRError) -> [SymbolSample] {
    let delay = history.takeSearch()
    if delay > 0 { _ = link.wait(until: time.monotonic() + delay) { $0.isStopping ? true : nil } }
    let id = inquiries.nextId()
    return try one(id, .reqMatchingSymbols(reqId: id, pattern: pattern), "symbols like \(pattern)") {
      if case .symbolSamples(_, let samples) = $0 { samples } else { nil }
    }
  }

  /// Expiries and strikes of the options on an underlying, by exchange.
  public func optionParameters(_ query: SecDefOptParamsQuery) throws(IBKRError) -> [OptionParameters] {
    let id = inquiries.nextId()
    return try collect(id, .reqSecDefOptParams(reqId: id, query), "options on \(query.underlyingSymbol)") {
      switch $0 {
      case .securityDefinitionOptionParameter(let row): .item(row)
      case .securityDefinitionOptionParameterEnd: .end
      default: .skip
      }
    }
  }

  /// The price steps of a market rule.
  public func marketRule(_ rule: Int32) throws(IBKRError) -> [PriceIncrement] {
    try one(.marketRule, .reqMarketRule(marketRuleId: rule), "market rule \(rule)") {
      if case .marketRule(rule, let steps) = $0 { steps } else { nil }
    }
  }

  public func smartComponents(_ exchange: String) throws(IBKRError) -> [SmartComponent] {
    let id = inquiries.nextId()
    return try one(id, .reqSmartComponents(reqId: id, bboExchange: exchange), "components of \(exchange)") {
      if case .smartComponents(_, let list) = $0 { list } else { nil }
    }
  }

  public func depthExchanges() throws(IBKRError) -> [DepthExchange] {
    try one(.depthExchanges, .reqMktDepthExchanges, "exchanges with depth") {
      if case .mktDepthExchanges(let list) = $0 { list } else { nil }
    }
  }

  /// The volatility that an option's price implies, with its greeks.
  public func impliedVolatility(
    _ contract: Contract, optionPrice: Double, underlyingPrice: Double
  ) throws(IBKRError) -> TickOptionComputation {
    let id = inquiries.nextId()
    defer { _ = try? post(.cancelCalculateImpliedVolatility(reqId: id)) }
    return try one(
      id,
      .calculateImpliedVolatility(reqId: id, contract, optionPrice: optionPrice, underPrice: underlyingPrice),
      "implied volatility"
    ) { if case .tickOptionComputation(let row) = $0 { row } else { nil } }
  }

  /// The price of an option at a volatility, with its greeks.
  public func optionPrice(
    _ contract: Contract, volatility: Double, underlyingPrice: Double
  ) throws(IBKRError) -> TickOptionComputation {
    let id = inquiries.nextId()
    defer { _ = try? post(.cancelCalculateOptionPrice(reqId: id)) }
    return try one(
      id, .calculateOptionPrice(reqId: id, contract, volatility: volatility, underPrice: underlyingPrice),
      "option price"
    ) { if case .tickOptionComputation(let row) = $0 { row } else { nil } }
  }

  /// Seconds since 1970, by the gateway's clock.
  public func currentTime() throws(IBKRError) -> Int64 {
    try one(.currentTime, .reqCurrentTime, "time") { if case .currentTime(let time) = $0 { time } else { nil } }
  }

  public func newsProviders() throws(IBKRError) -> [NewsProvider] {
    try one(.newsProviders, .reqNewsProviders, "news providers") {
      if case .newsProviders(let list) = $0 { list } else { nil }
    }
  }

  public func newsArticle(provider: String, article: String) throws(IBKRError) -> NewsArticle {
    let id = inquiries.nextId()
    return try one(
      id, .reqNewsArticle(reqId: id, providerCode: provider, articleId: article), "article \(article)"
    ) { if case .newsArticle(let found) = $0 { found } else { nil } }
  }

  public func historicalNews(_ query: HistoricalNewsQuery) throws(IBKRError) -> [HistoricalNews] {
    let id = inquiries.nextId()
    return try collect(id, .reqHistoricalNews(reqId: id, query), "news") {
      switch $0 {
      case .historicalNews(let row): .item(row)
      case .historicalNewsEnd: .end
      default: .skip
      }
    }
  }

  // MARK: Ways of answering

  enum Part<T: Sendable>: Sendable {
    case item(T)
    case end
    case skip
  }

  /// Rows until the end marker.
  func collect<T: Sendable>(
    _ id: Int32, _ request: Request, _ what: String, timeout: Double? = nil,
    _ read: @escaping @Sendable (Response) -> Part<T>
  ) throws(IBKRError) -> [T] {
    let rows = Monitor<[T]>([])
    try ask(id: id, request, what, timeout: timeout) { response in
      switch read(response) {
      case .item(let row):
        rows.withLock { $0.append(row) }
        return false
      case .end: return true
      case .skip: return false
      }
    }
    return rows.withLock { $0 }
  }

  /// The one message that is the answer.
  func one<T: Sendable>(
    _ id: Int32, _ request: Request, _ what: String, _ read: @escaping @Sendable (Response) -> T?
  ) throws(IBKRError) -> T {
    let found = Monitor<T?>(nil)
    try ask(id: id, request, what) { response in keep(read(response), in: found) }
    return try Gateway.unwrap(found, what)
  }

  private func one<T: Sendable>(
    _ lane: Lane, _ request: Request, _ what: String, _ read: @escaping @Sendable (Response) -> T?
  ) throws(IBKRError) -> T {
    let found = Monitor<T?>(nil)
    try ask(lane: lane, request, what) { response in keep(read(response), in: found) }
    return try Gateway.unwrap(found, what)
  }

  private static func unwrap<T>(_ found: Monitor<T?>, _ what: String) throws(IBKRError) -> T {
    guard let value = found.withLock({ $0 }) else { throw IBKRError(.timedOut, "\(what): no answer") }
    return value
  }
}

/// True, and kept, where there is a value.
private func keep<T: Sendable>(_ value: T?, in place: Monitor<T?>) -> Bool {
  guard let value else { return false }
  place.withLock { $0 = value }
  return true
}

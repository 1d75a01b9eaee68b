import TWSProtocol

extension Core {
  /// Contracts and what belongs to them. False: the request is another one.
  func handleContract(_ request: Request, _ session: ClientSession) -> Bool {
    switch request {
    case .reqContractDetails(let reqId, let contract):
      guard let instrument = found(contract, session, reqId) else { return true }
      send(session, .contractDetails(reqId: reqId, details(instrument)))
      send(session, .contractDetailsEnd(reqId: reqId))
    case .reqMatchingSymbols(let reqId, let pattern): sendMatches(session, reqId, pattern)
    case .reqSecDefOptParams(let reqId, let query):
      if let instrument = market.byConId[query.underlyingConId] ?? market.instrument(query.underlyingSymbol) {
        for exchange in ["SMART", "CBOE"] {
          send(session, .securityDefinitionOptionParameter(optionParameters(instrument, reqId, exchange)))
        }
      }
      send(session, .securityDefinitionOptionParameterEnd(reqId: reqId))
    case .reqMarketRule(let id):
      var (low, high) = (PriceIncrement(), PriceIncrement())
      (low.increment, high.lowEdge, high.increment) = (0.0001, 1, 0.01)
      send(session, .marketRule(marketRuleId: id, id == 26 ? [low, high] : [high]))
    case .reqSmartComponents(let reqId, _):
      let components = [("AMEX", "A"), ("ARCA", "P"), ("NASDAQ", "Q"), ("NYSE", "N")].enumerated().map {
        var component = SmartComponent()
        (component.bitNumber, component.exchange, component.exchangeLetter) = (Int32($0), $1.0, $1.1)
        return component
      }
      send(session, .smartComponents(reqId: reqId, components))
    case .reqMktDepthExchanges:
      let exchanges = ["ISLAND", "ARCA", "BATS"].map {
        var exchange = DepthExchange()
        (exchange.exchange, exchange.secType, exchange.serviceDataType) = ($0, "STK", "Deep2")
        return exchange
      }
      send(session, .mktDepthExchanges(exchanges))
    default: return false
    }
    return true
  }

  /// The stock of a contract; where there is none, the client is told so.
  func found(_ contract: Contract, _ session: ClientSession, _ reqId: Int32) -> Instrument? {
    if let instrument = market.instrument(of: contract) { return instrument }
    fail(session, reqId, 200, "No security definition has been found for the request")
    return nil
  }

  private func details(_ instrument: Instrument) -> ContractDetails {
    var details = ContractDetails()
    details.contract = instrument.contract
    details.marketName = instrument.contract.tradingClass
    details.minTick = instrument.tick
    details.orderTypes =
      "ACTIVETIM,AD,ADJUST,ALERT,ALGO,AON,COND,DAY,FOK,GAT,GTC,GTD,IOC,LIT,LMT,LOC,MIDPX,MIT,MKT,MOC,MTL,OCA,OPG,REL,"
      + "STP,STPLMT,TRAIL,TRAILLMT,WHATIF"
    details.validExchanges = "SMART,AMEX,NYSE,CBOE,ISLAND,IEX,ARCA,NASDAQ"
    details.priceMagnifier = 1
    details.longName = instrument.name
    (details.industry, details.category, details.subcategory) = ("Technology", "Computers", "Computers")
    details.timeZoneId = "US/Eastern"
    details.tradingHours = hours(from: 4, to: 20)
    details.liquidHours = hours(from: 9.5, to: 16)
    details.aggGroup = 1
    details.marketRuleIds = Array(repeating: "26", count: 8).joined(separator: ",")
    details.stockType = "COMMON"
    let fraction = WireDecimal(mantissa: 1, scale: 4)
    (details.minSize, details.sizeIncrement) = (fraction, fraction)
    details.suggestedSizeIncrement = WireDecimal(mantissa: 100)
    return details
  }

  /// Six days of sessions, as `20261123:0930-20261123:1600;...`.
  private func hours(from start: Double, to end: Double) -> String {
    func clock(_ hours: Double) -> String {
      String(CivilTime(Int64(hours * 3600)).clock.filter { $0 != ":" }.prefix(4))
    }
    let today = seconds - CivilTime.behindUTC(seconds)
    return (0..<6).map { day in
      let time = today + Int64(day) * 86_400
      let date = CivilTime(time).date
      let isOff = [0, 6].contains(CivilTime.weekday(time))
      return isOff ? "\(date):CLOSED" : "\(date):\(clock(start))-\(date):\(clock(end))"
    }.joined(separator: ";")
  }

  private func sendMatches(_ session: ClientSession, _ reqId: Int32, _ pattern: String) {
    let text = pattern.uppercased()
    let fitting = market.bySymbol.values.filter { $0.symbol.hasPrefix(text) || $0.name.contains(text) }
      .sorted { $0.symbol < $1.symbol }.prefix(16)
    let samples = fitting.map { instrument in
      var sample = SymbolSample()
      sample.contract = instrument.contract
      sample.derivativeSecTypes = ["CFD", "OPT", "IOPT", "WAR"]
      sample.contract.description = instrument.name
      return sample
    }
    send(session, .symbolSamples(reqId: reqId, samples))
  }

  /// Third Fridays of the next months, and strikes around the price.
  private func optionParameters(_ instrument: Instrument, _ reqId: Int32, _ exchange: String) -> OptionParameters {
    var parameters = OptionParameters()
    (parameters.reqId, parameters.exchange, parameters.underlyingConId) = (reqId, exchange, instrument.conId)
    (parameters.tradingClass, parameters.multiplier) = (instrument.symbol, "100")
    let today = CivilTime.newYork(seconds)
    for ahead in 0..<6 {
      let month = today.month - 1 + ahead
      let first = CivilTime.seconds(year: today.year + month / 12, month: month % 12 + 1, day: 1)
      let friday = first + Int64((5 - CivilTime.weekday(first) + 7) % 7 + 14) * 86_400
      let date = CivilTime(friday).date
      if date >= today.date { parameters.expirations.append(date) }
    }
    let step = instrument.base < 50 ? 1.0 : instrument.base < 200 ? 2.5 : 5
    let middle = (instrument.base / step).rounded() * step
    parameters.strikes = (-10...10).map { middle + Double($0) * step }.filter { $0 > 0 }
    return parameters
  }
}

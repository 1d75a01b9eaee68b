import TWSProtocol

extension Core {
  /// Streams and history. False: the request is another one.
  func handleMarket(_ request: Request, _ session: ClientSession) -> Bool {
    switch request {
    case .reqMarketDataType(let type): session.marketDataType = type
    case .reqMktData(let reqId, let contract, let query): subscribe(session, reqId, contract, query)
    case .cancelMktData(let reqId):
      if session.quotes.removeValue(forKey: reqId) == nil {
        fail(session, reqId, 300, "Can't find EId with tickerId:\(reqId)")
      }
    case .reqTickByTickData(let reqId, let contract, let query): subscribe(session, reqId, contract, query)
    case .cancelTickByTickData(let reqId): session.tickByTick[reqId] = nil
    case .reqRealTimeBars(let reqId, let contract, let query):
      guard let instrument = found(contract, session, reqId) else { return true }
      guard ["TRADES", "MIDPOINT", "BID", "ASK"].contains(query.whatToShow) else {
        fail(session, reqId, 420, "Invalid Real-time Query:\(query.whatToShow)")
        return true
      }
      watch(instrument)
      session.bars[reqId] = BarStream(
        instrument: instrument, seconds: 5, whatToShow: query.whatToShow, formatDate: 2,
        bar: FormingBar(seconds / 5 * 5))
    case .cancelRealTimeBars(let reqId): session.bars[reqId] = nil
    case .reqMktDepth(let reqId, let contract, let query): sendDepth(session, reqId, contract, query)
    case .cancelMktDepth: break
    case .reqHistoricalData(let reqId, let contract, let query): sendHistory(session, reqId, contract, query)
    case .cancelHistoricalData(let reqId):
      if session.history.removeValue(forKey: reqId) != nil {
        let service = "Historical Market Data Service error message"
        fail(session, reqId, 162, "\(service):API historical data query cancelled: \(reqId)")
      } else {
        fail(session, reqId, 366, "No historical data query found for ticker id:\(reqId)")
      }
    case .reqHeadTimeStamp(let reqId, let contract, let query):
      guard found(contract, session, reqId) != nil else { return true }
      let first = CivilTime.seconds(year: 1980, month: 12, day: 12) + 52_200
      let text = query.formatDate == 2 ? String(first) : CivilTime.dashed(first)
      send(session, .headTimestamp(reqId: reqId, headTimestamp: text))
    case .cancelHeadTimeStamp, .cancelHistogramData: break
    case .reqHistogramData(let reqId, let contract, _, _): sendHistogram(session, reqId, contract)
    case .reqHistoricalTicks(let reqId, let contract, let query): sendTicks(session, reqId, contract, query)
    case .calculateImpliedVolatility(let reqId, _, _, _, _), .calculateOptionPrice(let reqId, _, _, _, _):
      var tick = TickOptionComputation()
      (tick.reqId, tick.tickType) = (reqId, 53)
      send(session, .tickOptionComputation(tick))
    default: return false
    }
    return true
  }

  private func subscribe(_ session: ClientSession, _ reqId: Int32, _ contract: Contract, _ query: MarketDataQuery) {
    guard let instrument = found(contract, session, reqId) else { return }
    if session.quotes[reqId] != nil { return fail(session, reqId, 322, "Error processing request:Duplicate ticker id") }
    if query.snapshot, !query.genericTickList.isEmpty {
      return fail(session, reqId, 321, "Error validating request:Snapshot requests limitation for generic ticks")
    }
    var stream = QuoteStream(instrument: instrument)
    stream.genericTicks = Set(query.genericTickList.split(separator: ",").compactMap { Int($0) })
    if weather.isUnsubscribed {
      guard session.marketDataType >= 3 else {
        return fail(session, reqId, 354, "Requested market data is not subscribed.")
      }
      stream.isDelayed = true
      fail(session, reqId, 10167, "Requested market data is not subscribed. Displaying delayed market data.")
    }
    watch(instrument)
    var parameters = TickReqParams()
    (parameters.reqId, parameters.minTick, parameters.bboExchange) = (reqId, instrument.tick, "9c0001")
    parameters.snapshotPermissions = 3
    send(session, .tickReqParams(parameters))
    send(session, .marketDataType(reqId: reqId, marketDataType: stream.isDelayed ? 3 : 1))
    if weather.hasCompetingSession {
      return fail(session, reqId, 10197, "No market data during competing live session")
    }
    sendDay(session, reqId, stream)
    sendQuote(session, reqId, stream, isTrade: true)
    if query.snapshot { send(session, .tickSnapshotEnd(reqId: reqId)) } else { session.quotes[reqId] = stream }
  }

  /// The values of the day, once.
  private func sendDay(_ session: ClientSession, _ reqId: Int32, _ stream: QuoteStream) {
    let stock = stream.instrument
    let values: [(live: Int32, delayed: Int32, value: Double)] = [
      (6, 72, stock.high), (7, 73, stock.low), (9, 75, stock.close), (14, 76, stock.open),
    ]
    for (live, delayed, value) in values {
      var tick = TickPrice()
      (tick.reqId, tick.tickType, tick.price) = (reqId, stream.isDelayed ? delayed : live, value)
      tick.size = .zero
      send(session, .tickPrice(tick))
    }
    if stream.genericTicks.contains(236) { send(session, .tickGeneric(reqId: reqId, tickType: 46, value: 3)) }
    send(session, .tickGeneric(reqId: reqId, tickType: stream.isDelayed ? 90 : 49, value: 0))
  }

  private func subscribe(_ session: ClientSession, _ reqId: Int32, _ contract: Contract, _ query: TickByTickQuery) {
    guard let instrument = found(contract, session, reqId) else { return }
    let kinds: [String: Int32] = ["Last": 1, "AllLast": 2, "BidAsk": 3, "MidPoint": 4]
    guard let kind = kinds[query.tickType] else {
      return fail(session, reqId, 10189, "Failed to request tick-by-tick data:\(query.tickType)")
    }
    guard session.tickByTick.count < 5 else {
      return fail(session, reqId, 10190, "Max number of tick-by-tick requests has been reached.")
    }
    if query.numberOfTicks > 0 {
      var history = HistoricalTicksQuery()
      history.numberOfTicks = query.numberOfTicks
      history.endDateTime = CivilTime.dashed(seconds)
      history.whatToShow = kind == 3 ? "BID_ASK" : kind == 4 ? "MIDPOINT" : "TRADES"
      sendTicks(session, reqId, contract, history)
    }
    watch(instrument)
    session.tickByTick[reqId] = TickStream(instrument: instrument, kind: kind, ignoresSize: query.ignoreSize)
  }

  func sendTickByTick(_ session: ClientSession, _ reqId: Int32, _ stream: TickStream, isTrade: Bool) {
    let stock = stream.instrument
    var message = TickByTick()
    (message.reqId, message.kind) = (reqId, stream.kind)
    switch stream.kind {
    case 1, 2:
      guard isTrade else { return }
      var trade = HistoricalTicksLast.Tick()
      (trade.time, trade.price, trade.exchange) = (seconds, stock.last, "ISLAND")
      trade.size = WireDecimal(mantissa: Int64(stock.lastSize))
      message.tick = .last(trade)
    case 3:
      var quote = HistoricalTicksBidAsk.Tick()
      (quote.time, quote.priceBid, quote.priceAsk) = (seconds, stock.bid, stock.ask)
      quote.sizeBid = WireDecimal(mantissa: Int64(stock.bidSize))
      quote.sizeAsk = WireDecimal(mantissa: Int64(stock.askSize))
      message.tick = .bidAsk(quote)
    default: message.tick = .midPoint(time: seconds, price: (stock.bid + stock.ask) / 2)
    }
    send(session, .tickByTick(message))
  }

  private func sendDepth(_ session: ClientSession, _ reqId: Int32, _ contract: Contract, _ query: MarketDepthQuery) {
    guard let instrument = found(contract, session, reqId) else { return }
    for row in 0..<max(1, min(query.numRows, 10)) {
      for side in [Int32(0), 1] {
        var depth = MarketDepth()
        (depth.reqId, depth.position, depth.side) = (reqId, row, side)
        let offset = Double(row) * instrument.tick
        depth.price = Instrument.onGrid(side == 1 ? instrument.bid - offset : instrument.ask + offset, instrument.tick)
        depth.size = WireDecimal(mantissa: Int64(100 * (row + 1)))
        send(session, .marketDepth(depth))
      }
    }
  }
}

extension Response {
  func writeMarket(to writer: inout FieldWriter) throws(WireError) {
    switch self {
    case .tickPrice(let tick):
      writer.integers(1, 6, Int64(tick.reqId), Int64(tick.tickType))
      writer.real(tick.price)
      writer.decimal(tick.size)
      writer.integer((tick.canAutoExecute ? 1 : 0) | (tick.pastLimit ? 2 : 0) | (tick.preOpen ? 4 : 0))
    case .tickSize(let tick):
      writer.integers(2, 6, Int64(tick.reqId), Int64(tick.tickType))
      writer.decimal(tick.size)
    case .tickOptionComputation(let tick): tick.write(to: &writer)
    case .tickGeneric(let reqId, let tickType, let value):
      writer.integers(45, 6, Int64(reqId), Int64(tickType))
      writer.realOrMax(value)
    case .tickString(let reqId, let tickType, let value):
      writer.integers(46, 6, Int64(reqId), Int64(tickType))
      try writer.plain(value, "value")
    case .tickSnapshotEnd(let reqId): writer.integers(57, 1, Int64(reqId))
    case .tickReqParams(let parameters):
      writer.integers(81, Int64(parameters.reqId))
      writer.realOrEmpty(parameters.minTick)
      try writer.plain(parameters.bboExchange, "bboExchange")
      writer.integer(parameters.snapshotPermissions)
    case .marketDataType(let reqId, let type): writer.integers(58, 1, Int64(reqId), Int64(type))
    case .marketDepth(let depth):
      writer.integers(12, 1, Int64(depth.reqId), Int64(depth.position), Int64(depth.operation), Int64(depth.side))
      writer.real(depth.price)
      writer.decimal(depth.size)
    case .marketDepthL2(let depth): try depth.write(to: &writer)
    case .realTimeBar(let bar):
      writer.integers(50, 3, Int64(bar.reqId), bar.time)
      for price in [bar.open, bar.high, bar.low, bar.close] { writer.real(price) }
      writer.decimal(bar.volume)
      writer.decimal(bar.wap)
      writer.integer(bar.count)
    case .tickByTick(let tick): try tick.write(to: &writer)
    case .rerouteMktData(let reqId, let conId, let exchange):
      writer.integers(91, Int64(reqId), Int64(conId))
      try writer.plain(exchange, "exchange")
    case .rerouteMktDepth(let reqId, let conId, let exchange):
      writer.integers(92, Int64(reqId), Int64(conId))
      try writer.plain(exchange, "exchange")
    default: break
    }
  }
}

extension TickOptionComputation {
  fileprivate func write(to writer: inout FieldWriter) {
    writer.integers(21, Int64(reqId), Int64(tickType), Int64(tickAttrib))
    writer.realOr(impliedVol, -1)
    writer.realOr(delta, -2)
    writer.realOr(optPrice, -1)
    writer.realOr(pvDividend, -1)
    writer.realOr(gamma, -2)
    writer.realOr(vega, -2)
    writer.realOr(theta, -2)
    writer.realOr(undPrice, -1)
  }
}

extension MarketDepthL2 {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integers(13, 1, Int64(reqId), Int64(position))
    try writer.plain(marketMaker, "marketMaker")
    writer.integers(Int64(operation), Int64(side))
    writer.real(price)
    writer.decimal(size)
    writer.flag(isSmartDepth)
  }
}

extension TickByTick {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integers(99, Int64(reqId), Int64(kind))
    switch tick {
    case .last(let trade):
      writer.integer(trade.time)
      writer.real(trade.price)
      writer.decimal(trade.size)
      writer.integer(trade.mask)
      try writer.plain(trade.exchange, "exchange")
      try writer.plain(trade.specialConditions, "specialConditions")
    case .bidAsk(let quote):
      writer.integer(quote.time)
      writer.real(quote.priceBid)
      writer.real(quote.priceAsk)
      writer.decimal(quote.sizeBid)
      writer.decimal(quote.sizeAsk)
      // The other way round than in history.
      writer.integer((quote.bidPastLow ? 1 : 0) | (quote.askPastHigh ? 2 : 0))
    case .midPoint(let time, let price):
      writer.integer(time)
      writer.real(price)
    }
  }
}

extension HistoricalTicksLast.Tick {
  var mask: Int32 { (pastLimit ? 1 : 0) | (unreported ? 2 : 0) }
}

import TWSProtocol

extension Core {
  private func history(_ instrument: Instrument) -> PriceHistory {
    PriceHistory(instrument: instrument, seed: options.seed, anchor: startedAt / CivilTime.nanoseconds)
  }

  func sendHistory(_ session: ClientSession, _ reqId: Int32, _ contract: Contract, _ query: HistoricalDataQuery) {
    guard let instrument = found(contract, session, reqId) else { return }
    guard let request = BarRequest(query) else {
      return fail(session, reqId, 321, "Error validating request:Invalid duration or bar size")
    }
    if weather.isHistoryDown {
      return fail(session, reqId, 162, "Historical Market Data Service error message:HMDS connection is down")
    }
    if query.keepUpToDate, !query.endDateTime.isEmpty || request.barSeconds < 5 {
      return fail(session, reqId, 321, "Error validating request:End date not supported with live updates")
    }
    guard let end = query.endDateTime.isEmpty ? seconds : CivilTime.parse(query.endDateTime) else {
      return fail(session, reqId, 10314, "End Date/Time: The date, time, or time-zone entered is invalid.")
    }
    let prices = history(instrument)
    let starts = request.starts(until: end, useRTH: query.useRTH)
    var data = HistoricalData()
    data.reqId = reqId
    data.bars = starts.map { start in
      var bar = prices.bar(start, seconds: min(request.barSeconds, 23_400))
      bar.date = date(start, request.barSeconds, query.formatDate)
      return bar
    }
    let first = CivilTime.zoned(starts.first ?? end)
    let last = CivilTime.zoned(end)
    (data.start, data.end) = (first, last)
    send(session, .historicalData(data))
    if session.version.number >= 196 { send(session, .historicalDataEnd(reqId: reqId, start: first, end: last)) }
    guard query.keepUpToDate else { return }
    watch(instrument)
    session.history[reqId] = BarStream(
      instrument: instrument, seconds: request.barSeconds, whatToShow: query.whatToShow, formatDate: query.formatDate,
      bar: FormingBar(seconds / request.barSeconds * request.barSeconds))
  }

  /// How a bar is named: a day by its date, whatever the format; less by its start.
  private func date(_ start: Int64, _ length: Int64, _ format: Int32) -> String {
    if length >= 86_400 { return CivilTime(start).date }
    return format == 2 ? String(start) : CivilTime.zoned(start)
  }

  // MARK: Bars that grow

  /// A quote or trade goes into every bar that it belongs to.
  func addToBars(_ session: ClientSession, _ instrument: Instrument, isTrade: Bool) {
    for (reqId, stream) in session.bars where stream.instrument === instrument {
      add(isTrade, to: &session.bars[reqId])
    }
    for (reqId, stream) in session.history where stream.instrument === instrument {
      add(isTrade, to: &session.history[reqId])
    }
  }

  private func add(_ isTrade: Bool, to stream: inout BarStream?) {
    guard var growing = stream else { return }
    let stock = growing.instrument
    switch growing.whatToShow {
    case "BID": growing.bar.add(stock.bid, 0)
    case "ASK": growing.bar.add(stock.ask, 0)
    case "MIDPOINT": growing.bar.add((stock.bid + stock.ask) / 2, 0)
    default: if isTrade { growing.bar.add(stock.last, stock.lastSize) }
    }
    stream = growing
  }

  /// Every second: bars whose time is over go out, and forming ones of history are told.
  func tickBars() {
    for session in startedSessions {
      for reqId in session.bars.keys.sorted() {
        guard var stream = session.bars[reqId], seconds >= stream.bar.start + stream.seconds else { continue }
        if !weather.isLinkDown { send(session, .realTimeBar(finished(stream, reqId))) }
        stream.bar = FormingBar(seconds / stream.seconds * stream.seconds)
        session.bars[reqId] = stream
      }
      for reqId in session.history.keys.sorted() {
        guard var stream = session.history[reqId] else { continue }
        if stream.bar.count > 0, !weather.isLinkDown {
          send(session, .historicalDataUpdate(reqId: reqId, update(stream)))
        }
        if seconds >= stream.bar.start + stream.seconds {
          stream.bar = FormingBar(seconds / stream.seconds * stream.seconds)
          session.history[reqId] = stream
        }
      }
    }
  }

  private func finished(_ stream: BarStream, _ reqId: Int32) -> RealTimeBar {
    var bar = RealTimeBar()
    (bar.reqId, bar.time) = (reqId, stream.bar.start)
    let last = stream.bar.count > 0 ? stream.bar.close : stream.instrument.last
    (bar.open, bar.close) = stream.bar.count > 0 ? (stream.bar.open, last) : (last, last)
    (bar.high, bar.low) = stream.bar.count > 0 ? (stream.bar.high, stream.bar.low) : (last, last)
    bar.volume = WireDecimal(mantissa: Int64(stream.bar.volume))
    bar.wap = WireDecimal("\(Instrument.onGrid(stream.bar.count > 0 ? stream.bar.average : last, 0.001))")
    bar.count = Int32(clamping: stream.bar.count)
    return bar
  }

  private func update(_ stream: BarStream) -> Bar {
    var bar = Bar()
    bar.date = date(stream.bar.start, stream.seconds, stream.formatDate)
    (bar.open, bar.high, bar.low, bar.close) = (stream.bar.open, stream.bar.high, stream.bar.low, stream.bar.close)
    bar.volume = WireDecimal(mantissa: Int64(stream.bar.volume))
    bar.wap = WireDecimal("\(Instrument.onGrid(stream.bar.average, 0.001))")
    bar.barCount = Int32(clamping: stream.bar.count)
    return bar
  }

  // MARK: Ticks

  func sendTicks(_ session: ClientSession, _ reqId: Int32, _ contract: Contract, _ query: HistoricalTicksQuery) {
    guard let instrument = found(contract, session, reqId) else { return }
    let count = Int64(max(1, min(query.numberOfTicks, 1000)))
    guard let edge = CivilTime.parse(query.endDateTime.isEmpty ? query.startDateTime : query.endDateTime),
      query.endDateTime.isEmpty != query.startDateTime.isEmpty
    else { return fail(session, reqId, 321, "Error validating request:one of start and end has to be given") }
    let first = query.endDateTime.isEmpty ? edge : edge - count
    let prices = history(instrument)
    let times = (0..<count).map { first + $0 }
    switch query.whatToShow {
    case "BID_ASK":
      var ticks = HistoricalTicksBidAsk()
      ticks.ticks = times.map { time in
        var tick = HistoricalTicksBidAsk.Tick()
        (tick.time, tick.priceBid) = (time, prices.price(time))
        tick.priceAsk = Instrument.onGrid(tick.priceBid + 2 * instrument.tick, instrument.tick)
        (tick.sizeBid, tick.sizeAsk) = (WireDecimal(mantissa: 300), WireDecimal(mantissa: 200))
        return tick
      }
      (ticks.reqId, ticks.done) = (reqId, true)
      send(session, .historicalTicksBidAsk(ticks))
    case "MIDPOINT":
      var ticks = HistoricalTicks()
      ticks.ticks = times.map { time in
        var tick = HistoricalTicks.Tick()
        (tick.time, tick.price, tick.size) = (time, prices.price(time), .zero)
        return tick
      }
      (ticks.reqId, ticks.done) = (reqId, true)
      send(session, .historicalTicks(ticks))
    default:
      var ticks = HistoricalTicksLast()
      ticks.ticks = times.map { time in
        var tick = HistoricalTicksLast.Tick()
        (tick.time, tick.price, tick.exchange) = (time, prices.price(time), "ISLAND")
        tick.size = WireDecimal(mantissa: 100)
        return tick
      }
      (ticks.reqId, ticks.done) = (reqId, true)
      send(session, .historicalTicksLast(ticks))
    }
  }

  func sendHistogram(_ session: ClientSession, _ reqId: Int32, _ contract: Contract) {
    guard let instrument = found(contract, session, reqId) else { return }
    let entries = (-3...3).map { step in
      var entry = HistogramEntry()
      entry.price = Instrument.onGrid(instrument.last + Double(step) * instrument.tick, instrument.tick)
      entry.size = WireDecimal(mantissa: Int64(1000 - abs(step) * 200))
      return entry
    }
    send(session, .histogramData(reqId: reqId, entries))
  }
}

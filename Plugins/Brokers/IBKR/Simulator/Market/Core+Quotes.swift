import TWSProtocol

extension Core {
  /// From now on the price of a stock moves.
  func watch(_ instrument: Instrument) {
    if !active.contains(where: { $0 === instrument }) { active.append(instrument) }
  }

  func scheduleQuotes() {
    let interval = Int64(1_000_000_000 / max(options.quotesPerSecond, 0.001))
    schedule.add(at: now + interval) { [unowned self] in
      step()
      scheduleQuotes()
    }
  }

  private func step() {
    if weather.isFrozen { return }
    for instrument in active {
      let isTrade = instrument.advance(volatility: options.volatility)
      publish(instrument, isTrade: isTrade)
      reconsider(instrument)
    }
  }

  /// A price that somebody sets: quotes, trades and orders follow at once.
  func setPrice(_ instrument: Instrument, _ price: Double) {
    watch(instrument)
    instrument.move(to: price)
    instrument.trade(at: Instrument.onGrid(price, instrument.tick), 100)
    publish(instrument, isTrade: true)
    reconsider(instrument)
  }

  func publish(_ instrument: Instrument, isTrade: Bool) {
    if weather.isLinkDown || weather.isFarmDown || weather.hasCompetingSession { return }
    for session in startedSessions {
      for (reqId, stream) in session.quotes where stream.instrument === instrument {
        sendQuote(session, reqId, stream, isTrade: isTrade)
      }
      for (reqId, stream) in session.tickByTick where stream.instrument === instrument {
        sendTickByTick(session, reqId, stream, isTrade: isTrade)
      }
      addToBars(session, instrument, isTrade: isTrade)
    }
  }

  /// Bars end, and accounts follow prices, every second.
  func scheduleSeconds() {
    let next = (now / CivilTime.nanoseconds + 1) * CivilTime.nanoseconds
    schedule.add(at: next) { [unowned self] in
      tickBars()
      refreshAccount(isMinute: seconds % 180 == 0)
      expireOrders()
      scheduleSeconds()
    }
  }

  func sendQuote(_ session: ClientSession, _ reqId: Int32, _ stream: QuoteStream, isTrade: Bool) {
    let stock = stream.instrument
    let shift: Int32 = stream.isDelayed ? 65 : 0
    price(session, reqId, 1 + shift, stock.bid, stock.bidSize, sizeType: stream.isDelayed ? 69 : 0)
    price(session, reqId, 2 + shift, stock.ask, stock.askSize, sizeType: stream.isDelayed ? 70 : 3)
    guard isTrade else { return }
    price(
      session, reqId, 4 + (stream.isDelayed ? 64 : 0), stock.last, stock.lastSize, sizeType: stream.isDelayed ? 71 : 5)
    size(session, reqId, stream.isDelayed ? 74 : 8, stock.volume)
    send(session, .tickString(reqId: reqId, tickType: stream.isDelayed ? 88 : 45, value: String(seconds)))
    if stream.genericTicks.contains(233) {
      let text = "\(stock.last);\(stock.lastSize);\(now / 1_000_000);\(stock.volume);\(stock.last);true"
      send(session, .tickString(reqId: reqId, tickType: 48, value: text))
    }
  }

  func price(_ session: ClientSession, _ reqId: Int32, _ type: Int32, _ price: Double, _ size: Int, sizeType: Int32) {
    var tick = TickPrice()
    (tick.reqId, tick.tickType, tick.price) = (reqId, type, price)
    tick.size = WireDecimal(mantissa: Int64(size))
    tick.canAutoExecute = type < 3
    send(session, .tickPrice(tick))
    self.size(session, reqId, sizeType, size)
  }

  func size(_ session: ClientSession, _ reqId: Int32, _ type: Int32, _ size: Int) {
    var tick = TickSize()
    (tick.reqId, tick.tickType, tick.size) = (reqId, type, WireDecimal(mantissa: Int64(size)))
    send(session, .tickSize(tick))
  }
}

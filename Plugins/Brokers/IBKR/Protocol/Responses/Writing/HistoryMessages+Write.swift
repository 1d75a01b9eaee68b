extension Response {
  func writeHistory(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    switch self {
    case .historicalData(let data):
      writer.integers(17, Int64(data.reqId))
      if version < 196 {
        try writer.plain(data.start ?? "", "start")
        try writer.plain(data.end ?? "", "end")
      }
      writer.entries(data.bars.count)
      for bar in data.bars { try bar.write(to: &writer) }
    case .historicalDataEnd(let reqId, let start, let end):
      try version.require(196, for: "historicalDataEnd")
      writer.integers(108, Int64(reqId))
      try writer.plain(start, "start")
      try writer.plain(end, "end")
    case .historicalDataUpdate(let reqId, let bar):
      writer.integers(90, Int64(reqId))
      try bar.writeUpdate(to: &writer)
    case .headTimestamp(let reqId, let time):
      writer.integers(88, Int64(reqId))
      try writer.plain(time, "headTimestamp")
    case .histogramData(let reqId, let entries):
      writer.integers(89, Int64(reqId))
      writer.entries(entries.count)
      for entry in entries {
        writer.real(entry.price)
        writer.decimal(entry.size)
      }
    case .historicalTicks(let ticks): ticks.write(to: &writer)
    case .historicalTicksBidAsk(let ticks): ticks.write(to: &writer)
    case .historicalTicksLast(let ticks): try ticks.write(to: &writer)
    case .historicalSchedule(let schedule): try schedule.write(to: &writer)
    default: break
    }
  }
}

extension Bar {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    try writer.plain(date, "date")
    for price in [open, high, low, close] { writer.real(price) }
    writer.decimal(volume)
    writer.decimal(wap)
    writer.integer(barCount)
  }

  /// An update has the fields in another order.
  fileprivate func writeUpdate(to writer: inout FieldWriter) throws(WireError) {
    writer.integer(barCount)
    try writer.plain(date, "date")
    for price in [open, close, high, low] { writer.real(price) }
    writer.decimal(wap)
    writer.decimal(volume)
  }
}

extension HistoricalTicks {
  fileprivate func write(to writer: inout FieldWriter) {
    writer.integers(96, Int64(reqId))
    writer.entries(ticks.count)
    for tick in ticks {
      writer.integers(tick.time, 0)
      writer.real(tick.price)
      writer.decimal(tick.size)
    }
    writer.flag(done)
  }
}

extension HistoricalTicksBidAsk {
  fileprivate func write(to writer: inout FieldWriter) {
    writer.integers(97, Int64(reqId))
    writer.entries(ticks.count)
    for tick in ticks {
      // The other way round than in the tick-by-tick stream.
      writer.integers(tick.time, (tick.askPastHigh ? 1 : 0) | (tick.bidPastLow ? 2 : 0))
      writer.real(tick.priceBid)
      writer.real(tick.priceAsk)
      writer.decimal(tick.sizeBid)
      writer.decimal(tick.sizeAsk)
    }
    writer.flag(done)
  }
}

extension HistoricalTicksLast {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integers(98, Int64(reqId))
    writer.entries(ticks.count)
    for tick in ticks {
      writer.integers(tick.time, Int64(tick.mask))
      writer.real(tick.price)
      writer.decimal(tick.size)
      try writer.plain(tick.exchange, "exchange")
      try writer.plain(tick.specialConditions, "specialConditions")
    }
    writer.flag(done)
  }
}

extension HistoricalSchedule {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integers(106, Int64(reqId))
    for text in [startDateTime, endDateTime, timeZone] { try writer.plain(text, "schedule") }
    writer.entries(sessions.count)
    for session in sessions {
      for text in [session.startDateTime, session.endDateTime, session.refDate] {
        try writer.plain(text, "session")
      }
    }
  }
}

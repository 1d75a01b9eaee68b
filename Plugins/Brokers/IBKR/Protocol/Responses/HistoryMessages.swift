/// A bar, named by its start. Volume, average and count are -1 where they mean nothing.
public struct Bar: Sendable, Equatable {
  public var date = ""
  public var open = 0.0
  public var high = 0.0
  public var low = 0.0
  public var close = 0.0
  public var volume: WireDecimal?
  public var wap: WireDecimal?
  public var barCount: Int32 = 0
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    date = try fields.text("date")
    open = try fields.double("open")
    high = try fields.double("high")
    low = try fields.double("low")
    close = try fields.double("close")
    volume = try fields.optionalDecimal("volume")
    wap = try fields.optionalDecimal("wap")
    barCount = try fields.int("barCount")
  }

  /// An update has the fields in another order.
  init(update fields: inout FieldReader) throws(WireError) {
    barCount = try fields.int("barCount")
    date = try fields.text("date")
    open = try fields.double("open")
    close = try fields.double("close")
    high = try fields.double("high")
    low = try fields.double("low")
    wap = try fields.optionalDecimal("wap")
    volume = try fields.optionalDecimal("volume")
  }
}

public struct HistoricalData: Sendable, Equatable {
  public var reqId: Int32 = 0
  /// Below server version 196 the bars are all there is, and these two are set; from 196 a message of its own ends them.
  public var start: String?
  public var end: String?
  public var bars: [Bar] = []
  public init() {}

  init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    reqId = try fields.int("reqId")
    if version < 196 {
      start = try fields.text("start")
      end = try fields.text("end")
    }
    bars = try fields.entries("barCount", fieldsEach: 8) { fields throws(WireError) in try Bar(&fields) }
  }
}

public struct HistogramEntry: Sendable, Equatable {
  public var price = 0.0
  public var size: WireDecimal?
  public init() {}

  static func list(_ fields: inout FieldReader) throws(WireError) -> [HistogramEntry] {
    try fields.entries("entryCount", fieldsEach: 2) { fields throws(WireError) in
      var entry = HistogramEntry()
      entry.price = try fields.double("price")
      entry.size = try fields.optionalDecimal("size")
      return entry
    }
  }
}

/// Midpoints; times are in seconds since 1970.
public struct HistoricalTicks: Sendable, Equatable {
  public struct Tick: Sendable, Equatable {
    public var time: Int64 = 0
    public var price = 0.0
    public var size: WireDecimal?
    public init() {}
  }
  public var reqId: Int32 = 0
  public var ticks: [Tick] = []
  public var done = false
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    ticks = try fields.entries("tickCount", fieldsEach: 4) { fields throws(WireError) in
      var tick = Tick()
      tick.time = try fields.long("time")
      try fields.skip("unused")
      tick.price = try fields.double("price")
      tick.size = try fields.optionalDecimal("size")
      return tick
    }
    done = try fields.bool("done")
  }
}

public struct HistoricalTicksBidAsk: Sendable, Equatable {
  public struct Tick: Sendable, Equatable {
    public var time: Int64 = 0
    public var bidPastLow = false
    public var askPastHigh = false
    public var priceBid = 0.0
    public var priceAsk = 0.0
    public var sizeBid: WireDecimal?
    public var sizeAsk: WireDecimal?
    public init() {}
  }
  public var reqId: Int32 = 0
  public var ticks: [Tick] = []
  public var done = false
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    ticks = try fields.entries("tickCount", fieldsEach: 6) { fields throws(WireError) in
      var tick = Tick()
      tick.time = try fields.long("time")
      // The other way round than in the tick-by-tick stream.
      let mask = try fields.int("mask")
      tick.askPastHigh = mask & 1 != 0
      tick.bidPastLow = mask & 2 != 0
      tick.priceBid = try fields.double("priceBid")
      tick.priceAsk = try fields.double("priceAsk")
      tick.sizeBid = try fields.optionalDecimal("sizeBid")
      tick.sizeAsk = try fields.optionalDecimal("sizeAsk")
      return tick
    }
    done = try fields.bool("done")
  }
}

public struct HistoricalTicksLast: Sendable, Equatable {
  public struct Tick: Sendable, Equatable {
    public var time: Int64 = 0
    public var pastLimit = false
    public var unreported = false
    public var price = 0.0
    public var size: WireDecimal?
    public var exchange = ""
    public var specialConditions = ""
    public init() {}
  }
  public var reqId: Int32 = 0
  public var ticks: [Tick] = []
  public var done = false
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    ticks = try fields.entries("tickCount", fieldsEach: 6) { fields throws(WireError) in
      var tick = Tick()
      tick.time = try fields.long("time")
      let mask = try fields.int("mask")
      tick.pastLimit = mask & 1 != 0
      tick.unreported = mask & 2 != 0
      tick.price = try fields.double("price")
      tick.size = try fields.optionalDecimal("size")
      tick.exchange = try fields.text("exchange")
      tick.specialConditions = try fields.text("specialConditions")
      return tick
    }
    done = try fields.bool("done")
  }
}

public struct HistoricalSchedule: Sendable, Equatable {
  public struct Session: Sendable, Equatable {
    public var startDateTime = ""
    public var endDateTime = ""
    public var refDate = ""
    public init() {}
  }
  public var reqId: Int32 = 0
  public var startDateTime = ""
  public var endDateTime = ""
  public var timeZone = ""
  public var sessions: [Session] = []
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    startDateTime = try fields.text("startDateTime")
    endDateTime = try fields.text("endDateTime")
    timeZone = try fields.text("timeZone")
    sessions = try fields.entries("sessionCount", fieldsEach: 3) { fields throws(WireError) in
      var session = Session()
      session.startDateTime = try fields.text("startDateTime")
      session.endDateTime = try fields.text("endDateTime")
      session.refDate = try fields.text("refDate")
      return session
    }
  }
}

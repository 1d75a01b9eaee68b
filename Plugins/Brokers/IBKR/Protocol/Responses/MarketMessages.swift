/// A price, with the size that belongs to it where there is one; a size message of its own follows as well.
public struct TickPrice: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var tickType: Int32 = 0
  public var price = 0.0
  public var size: WireDecimal?
  public var canAutoExecute = false
  public var pastLimit = false
  public var preOpen = false
  public init() {}

  /// The tick type of the size: bids, asks and trades have one, live and delayed.
  public var sizeTickType: Int32? {
    switch tickType {
    case 1: 0
    case 2: 3
    case 4: 5
    case 66: 69
    case 67: 70
    case 68: 71
    default: nil
    }
  }

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    tickType = try fields.int("tickType")
    price = try fields.double("price")
    size = try fields.optionalDecimal("size")
    let mask = try fields.int("attrMask")
    canAutoExecute = mask & 1 != 0
    pastLimit = mask & 2 != 0
    preOpen = mask & 4 != 0
  }
}

public struct TickSize: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var tickType: Int32 = 0
  public var size: WireDecimal?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    tickType = try fields.int("tickType")
    size = try fields.optionalDecimal("size")
  }
}

/// What a model makes of an option; nil was not computed.
public struct TickOptionComputation: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var tickType: Int32 = 0
  /// 0 based on returns, 1 on prices.
  public var tickAttrib: Int32 = 0
  public var impliedVol: Double?
  public var delta: Double?
  public var optPrice: Double?
  public var pvDividend: Double?
  public var gamma: Double?
  public var vega: Double?
  public var theta: Double?
  public var undPrice: Double?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    tickType = try fields.int("tickType")
    tickAttrib = try fields.int("tickAttrib")
    impliedVol = try Self.value(&fields, "impliedVol", none: -1)
    delta = try Self.value(&fields, "delta", none: -2)
    optPrice = try Self.value(&fields, "optPrice", none: -1)
    pvDividend = try Self.value(&fields, "pvDividend", none: -1)
    gamma = try Self.value(&fields, "gamma", none: -2)
    vega = try Self.value(&fields, "vega", none: -2)
    theta = try Self.value(&fields, "theta", none: -2)
    undPrice = try Self.value(&fields, "undPrice", none: -1)
  }

  private static func value(
    _ fields: inout FieldReader, _ field: String, none: Double
  ) throws(WireError) -> Double? {
    let value = try fields.optionalDouble(field)
    return value == none ? nil : value
  }
}

public struct TickReqParams: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var minTick: Double?
  public var bboExchange = ""
  public var snapshotPermissions: Int32 = 0
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    minTick = try fields.optionalDouble("minTick")
    bboExchange = try fields.text("bboExchange")
    snapshotPermissions = try fields.int("snapshotPermissions")
  }
}

public struct MarketDepth: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var position: Int32 = 0
  /// 0 insert, 1 update, 2 delete.
  public var operation: Int32 = 0
  /// 0 ask, 1 bid.
  public var side: Int32 = 0
  public var price = 0.0
  public var size: WireDecimal?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    position = try fields.int("position")
    operation = try fields.int("operation")
    side = try fields.int("side")
    price = try fields.double("price")
    size = try fields.optionalDecimal("size")
  }
}

public struct MarketDepthL2: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var position: Int32 = 0
  public var marketMaker = ""
  public var operation: Int32 = 0
  public var side: Int32 = 0
  public var price = 0.0
  public var size: WireDecimal?
  public var isSmartDepth = false
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    position = try fields.int("position")
    marketMaker = try fields.text("marketMaker")
    operation = try fields.int("operation")
    side = try fields.int("side")
    price = try fields.double("price")
    size = try fields.optionalDecimal("size")
    isSmartDepth = try fields.bool("isSmartDepth")
  }
}

/// A bar of five seconds, named by its start.
public struct RealTimeBar: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var time: Int64 = 0
  public var open = 0.0
  public var high = 0.0
  public var low = 0.0
  public var close = 0.0
  public var volume: WireDecimal?
  public var wap: WireDecimal?
  public var count: Int32 = 0
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    time = try fields.long("time")
    open = try fields.double("open")
    high = try fields.double("high")
    low = try fields.double("low")
    close = try fields.double("close")
    volume = try fields.optionalDecimal("volume")
    wap = try fields.optionalDecimal("wap")
    count = try fields.int("count")
  }
}

/// One tick of a tick-by-tick stream; the time is in seconds since 1970.
public struct TickByTick: Sendable, Equatable {
  public enum Tick: Sendable, Equatable {
    /// A trade: kind 1 of the tape that is consolidated, kind 2 of everything.
    case last(HistoricalTicksLast.Tick)
    case bidAsk(HistoricalTicksBidAsk.Tick)
    case midPoint(time: Int64, price: Double)
  }
  public var reqId: Int32 = 0
  /// 1 last, 2 all last, 3 bid and ask, 4 midpoint.
  public var kind: Int32 = 4
  public var tick = Tick.midPoint(time: 0, price: 0)
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    kind = try fields.int("kind")
    let time = try fields.long("time")
    switch kind {
    case 1, 2:
      var trade = HistoricalTicksLast.Tick()
      trade.time = time
      trade.price = try fields.double("price")
      trade.size = try fields.optionalDecimal("size")
      let mask = try fields.int("mask")
      trade.pastLimit = mask & 1 != 0
      trade.unreported = mask & 2 != 0
      trade.exchange = try fields.text("exchange")
      trade.specialConditions = try fields.text("specialConditions")
      tick = .last(trade)
    case 3:
      var quote = HistoricalTicksBidAsk.Tick()
      quote.time = time
      quote.priceBid = try fields.double("bidPrice")
      quote.priceAsk = try fields.double("askPrice")
      quote.sizeBid = try fields.optionalDecimal("bidSize")
      quote.sizeAsk = try fields.optionalDecimal("askSize")
      // The other way round than in history.
      let mask = try fields.int("mask")
      quote.bidPastLow = mask & 1 != 0
      quote.askPastHigh = mask & 2 != 0
      tick = .bidAsk(quote)
    case 4: tick = .midPoint(time: time, price: try fields.double("midPoint"))
    default: throw .malformed(field: "kind", text: String(kind))
    }
  }
}

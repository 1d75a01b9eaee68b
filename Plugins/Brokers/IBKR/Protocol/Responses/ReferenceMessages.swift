/// The expiries and strikes of the options that one exchange lists on an underlying.
public struct OptionParameters: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var exchange = ""
  public var underlyingConId: Int32 = 0
  public var tradingClass = ""
  public var multiplier = ""
  public var expirations: [String] = []
  public var strikes: [Double] = []
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    exchange = try fields.text("exchange")
    underlyingConId = try fields.int("underlyingConId")
    tradingClass = try fields.text("tradingClass")
    multiplier = try fields.text("multiplier")
    expirations = try fields.entries("expirationCount", fieldsEach: 1) { fields throws(WireError) in
      try fields.text("expiration")
    }
    strikes = try fields.entries("strikeCount", fieldsEach: 1) { fields throws(WireError) in
      try fields.double("strike")
    }
  }
}

/// A contract that fits a search, and the kinds of derivatives on it.
public struct SymbolSample: Sendable, Equatable {
  public var contract = Contract()
  public var derivativeSecTypes: [String] = []
  public init() {}

  static func list(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) -> [SymbolSample] {
    try fields.entries("sampleCount", fieldsEach: 8) { fields throws(WireError) in
      var sample = SymbolSample()
      sample.contract.conId = try fields.int("conId")
      sample.contract.symbol = try fields.text("symbol")
      sample.contract.secType = try fields.text("secType")
      sample.contract.primaryExchange = try fields.text("primaryExchange")
      sample.contract.currency = try fields.text("currency")
      sample.derivativeSecTypes = try fields.entries("derivativeSecTypeCount", fieldsEach: 1) {
        fields throws(WireError) in
        try fields.text("derivativeSecType")
      }
      // Every version that is spoken here has these two.
      sample.contract.description = try fields.text("description")
      sample.contract.issuerId = try fields.text("issuerId")
      return sample
    }
  }
}

public struct DepthExchange: Sendable, Equatable {
  public var exchange = ""
  public var secType = ""
  public var listingExch = ""
  public var serviceDataType = ""
  public var aggGroup: Int32?
  public init() {}

  static func list(_ fields: inout FieldReader) throws(WireError) -> [DepthExchange] {
    try fields.entries("exchangeCount", fieldsEach: 5) { fields throws(WireError) in
      var entry = DepthExchange()
      entry.exchange = try fields.text("exchange")
      entry.secType = try fields.text("secType")
      entry.listingExch = try fields.text("listingExch")
      entry.serviceDataType = try fields.text("serviceDataType")
      entry.aggGroup = try fields.optionalInt("aggGroup")
      return entry
    }
  }
}

/// The exchange behind a letter, or behind a bit, of smart-routed quotes.
public struct SmartComponent: Sendable, Equatable {
  public var bitNumber: Int32 = 0
  public var exchange = ""
  public var exchangeLetter = ""
  public init() {}

  static func list(_ fields: inout FieldReader) throws(WireError) -> [SmartComponent] {
    try fields.entries("componentCount", fieldsEach: 3) { fields throws(WireError) in
      var entry = SmartComponent()
      entry.bitNumber = try fields.int("bitNumber")
      entry.exchange = try fields.text("exchange")
      entry.exchangeLetter = try fields.text("exchangeLetter")
      return entry
    }
  }
}

/// The tick from a price upwards.
public struct PriceIncrement: Sendable, Equatable {
  public var lowEdge = 0.0
  public var increment = 0.0
  public init() {}

  static func list(_ fields: inout FieldReader) throws(WireError) -> [PriceIncrement] {
    try fields.entries("incrementCount", fieldsEach: 2) { fields throws(WireError) in
      var entry = PriceIncrement()
      entry.lowEdge = try fields.double("lowEdge")
      entry.increment = try fields.double("increment")
      return entry
    }
  }
}

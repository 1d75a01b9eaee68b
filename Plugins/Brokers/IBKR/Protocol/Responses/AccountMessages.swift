public struct AccountValue: Sendable, Equatable {
  public var key = ""
  /// A number or a word.
  public var value = ""
  /// Empty or `BASE` too.
  public var currency = ""
  public var accountName = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    try fields.skip("version")
    key = try fields.text("key")
    value = try fields.text("value")
    currency = try fields.text("currency")
    accountName = try fields.text("accountName")
  }
}

public struct PortfolioValue: Sendable, Equatable {
  public var contract = Contract()
  public var position: WireDecimal?
  public var marketPrice: Double?
  public var marketValue: Double?
  public var averageCost: Double?
  public var unrealizedPNL: Double?
  public var realizedPNL: Double?
  public var accountName = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    try fields.skip("version")
    contract = try fields.contract()
    // The place of the exchange holds the primary one here.
    (contract.primaryExchange, contract.exchange) = (contract.exchange, "")
    position = try fields.optionalDecimal("position")
    marketPrice = try fields.optionalDouble("marketPrice")
    marketValue = try fields.optionalDouble("marketValue")
    averageCost = try fields.optionalDouble("averageCost")
    unrealizedPNL = try fields.optionalDouble("unrealizedPNL")
    realizedPNL = try fields.optionalDouble("realizedPNL")
    accountName = try fields.text("accountName")
  }
}

public struct AccountSummary: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var account = ""
  public var tag = ""
  public var value = ""
  public var currency = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    account = try fields.text("account")
    tag = try fields.text("tag")
    value = try fields.text("value")
    currency = try fields.text("currency")
  }
}

/// A position; one of 0 was closed.
public struct Position: Sendable, Equatable {
  public var account = ""
  public var contract = Contract()
  public var position = WireDecimal.zero
  /// With commissions, and times the multiplier.
  public var avgCost: Double?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    try fields.skip("version")
    account = try fields.text("account")
    contract = try fields.contract()
    position = try fields.decimal("position")
    avgCost = try fields.optionalDouble("avgCost")
  }
}

public struct PositionMulti: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var account = ""
  public var modelCode = ""
  public var contract = Contract()
  public var position = WireDecimal.zero
  public var avgCost: Double?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    account = try fields.text("account")
    contract = try fields.contract()
    position = try fields.decimal("position")
    avgCost = try fields.optionalDouble("avgCost")
    modelCode = try fields.text("modelCode")
  }
}

public struct AccountUpdateMulti: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var account = ""
  public var modelCode = ""
  public var key = ""
  public var value = ""
  public var currency = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.versionedId()
    account = try fields.text("account")
    modelCode = try fields.text("modelCode")
    key = try fields.text("key")
    value = try fields.text("value")
    currency = try fields.text("currency")
  }
}

/// Profit and loss of an account; nil is not known.
public struct PnL: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var dailyPnL: Double?
  public var unrealizedPnL: Double?
  public var realizedPnL: Double?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    dailyPnL = try fields.optionalDouble("dailyPnL")
    unrealizedPnL = try fields.optionalDouble("unrealizedPnL")
    realizedPnL = try fields.optionalDouble("realizedPnL")
  }
}

/// Profit and loss of one position; nil is not known.
public struct PnLSingle: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var position: WireDecimal?
  public var dailyPnL: Double?
  public var unrealizedPnL: Double?
  public var realizedPnL: Double?
  public var value: Double?
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    position = try fields.optionalDecimal("position")
    dailyPnL = try fields.optionalDouble("dailyPnL")
    unrealizedPnL = try fields.optionalDouble("unrealizedPnL")
    realizedPnL = try fields.optionalDouble("realizedPnL")
    value = try fields.optionalDouble("value")
  }
}

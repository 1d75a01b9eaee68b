/// A contract as the protocol describes it. Text that is empty and numbers that are nil are not stated. The names are the
/// protocol's published ones.
public struct Contract: Sendable, Equatable {
  public var conId: Int32 = 0
  public var symbol = ""
  public var secType = ""
  public var lastTradeDateOrContractMonth = ""
  public var strike: Double?
  public var right = ""
  public var multiplier = ""
  public var exchange = ""
  public var primaryExchange = ""
  public var currency = ""
  public var localSymbol = ""
  public var tradingClass = ""
  public var secIdType = ""
  public var secId = ""
  public var issuerId = ""
  public var description = ""
  public var includeExpired = false
  public var comboLegsDescription = ""
  public var comboLegs: [ComboLeg] = []
  public var deltaNeutral: DeltaNeutralContract?
  public init() {}
}

public struct ComboLeg: Sendable, Equatable {
  public var conId: Int32 = 0
  public var ratio: Int32 = 0
  public var action = ""
  public var exchange = ""
  public var openClose: Int32 = 0
  public var shortSaleSlot: Int32 = 0
  public var designatedLocation = ""
  public var exemptCode: Int32 = -1
  public init() {}
}

public struct DeltaNeutralContract: Sendable, Equatable {
  public var conId: Int32 = 0
  public var delta = 0.0
  public var price = 0.0
  public init() {}
}

public struct TagValue: Sendable, Equatable {
  public var tag: String
  public var value: String
  public init(_ tag: String, _ value: String) {
    self.tag = tag
    self.value = value
  }
}

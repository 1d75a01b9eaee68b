public struct OrderStatus: Sendable, Equatable {
  public var orderId: Int32 = 0
  public var status = ""
  public var filled: WireDecimal?
  public var remaining: WireDecimal?
  public var avgFillPrice = 0.0
  public var permId: Int64 = 0
  public var parentId: Int32 = 0
  public var lastFillPrice = 0.0
  public var clientId: Int32 = 0
  public var whyHeld = ""
  public var mktCapPrice = 0.0
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    orderId = try fields.int("orderId")
    status = try fields.text("status")
    filled = try fields.optionalDecimal("filled")
    remaining = try fields.optionalDecimal("remaining")
    avgFillPrice = try fields.optionalDouble("avgFillPrice") ?? 0
    permId = try fields.long("permId")
    parentId = try fields.int("parentId")
    lastFillPrice = try fields.optionalDouble("lastFillPrice") ?? 0
    clientId = try fields.int("clientId")
    whyHeld = try fields.text("whyHeld")
    mktCapPrice = try fields.optionalDouble("mktCapPrice") ?? 0
  }
}

public struct ExecDetails: Sendable, Equatable {
  /// -1 for an execution that nobody asked for.
  public var reqId: Int32 = -1
  public var contract = Contract()
  public var execution = Execution()
  public init() {}

  init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    reqId = try fields.int("reqId")
    execution.orderId = try fields.optionalInt("orderId")
    contract = try fields.contract()
    execution.execId = try fields.text("execId")
    execution.time = try fields.text("time")
    execution.acctNumber = try fields.text("acctNumber")
    execution.exchange = try fields.text("execution.exchange")
    execution.side = try fields.text("side")
    execution.shares = try fields.decimal("shares")
    execution.price = try fields.double("price")
    execution.permId = try fields.long("permId")
    execution.clientId = try fields.int("clientId")
    execution.liquidation = try fields.int("liquidation")
    execution.cumQty = try fields.optionalDecimal("cumQty")
    execution.avgPrice = try fields.optionalDouble("avgPrice")
    execution.orderRef = try fields.text("orderRef")
    execution.evRule = try fields.text("evRule")
    execution.evMultiplier = try fields.optionalDouble("evMultiplier")
    execution.modelCode = try fields.text("modelCode")
    execution.lastLiquidity = try fields.int("lastLiquidity")
    if version >= 178 { execution.pendingPriceRevision = try fields.bool("pendingPriceRevision") }
    if version >= 198 { execution.submitter = try fields.text("submitter") }
  }
}

extension CommissionReport {
  init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    try fields.skip("version")
    execId = try fields.text("execId")
    commission = try fields.optionalDouble("commission")
    currency = try fields.text("currency")
    realizedPNL = try fields.optionalDouble("realizedPNL")
    yield = try fields.optionalDouble("yield")
    yieldRedemptionDate = try fields.optionalInt("yieldRedemptionDate")
  }
}

extension FieldReader {
  /// The eleven fields by which order and position messages name a contract.
  mutating func contract() throws(WireError) -> Contract {
    var contract = Contract()
    contract.conId = try int("conId")
    contract.symbol = try text("symbol")
    contract.secType = try text("secType")
    contract.lastTradeDateOrContractMonth = try text("lastTradeDateOrContractMonth")
    contract.strike = try optionalDouble("strike")
    contract.right = try text("right")
    contract.multiplier = try text("multiplier")
    contract.exchange = try text("exchange")
    contract.currency = try text("currency")
    contract.localSymbol = try text("localSymbol")
    contract.tradingClass = try text("tradingClass")
    return contract
  }
}

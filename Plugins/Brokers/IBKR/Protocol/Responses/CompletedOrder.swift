/// An order that is over: filled, cancelled or refused. For a filled one the size is in `order.filledQuantity`, and
/// `order.totalQuantity` is 0.
public struct CompletedOrder: Sendable, Equatable {
  public var contract = Contract()
  public var order = Order()
  public var orderState = OrderState()
  public init() {}

  init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    var blocks = OrderBlocks(fields, version, isOpen: false)
    try blocks.readHead()
    try blocks.readMiddle()
    blocks.state.status = try blocks.fields.text("status")
    try blocks.readRandomizeAndPeg()
    try blocks.readConditions()
    try blocks.readCompletedTail()
    (fields, contract, order, orderState) = (blocks.fields, blocks.contract, blocks.order, blocks.state)
  }
}

extension OrderBlocks {
  mutating func readCompletedTail() throws(WireError) {
    // The second time: this one counts.
    order.trailStopPrice = try fields.optionalDouble("trailStopPrice")
    order.lmtPriceOffset = try fields.optionalDouble("lmtPriceOffset")
    order.cashQty = try fields.optionalDouble("cashQty")
    order.dontUseAutoPriceForHedge = try fields.bool("dontUseAutoPriceForHedge")
    order.isOmsContainer = try fields.bool("isOmsContainer")
    order.autoCancelDate = try fields.text("autoCancelDate")
    order.filledQuantity = try fields.optionalDecimal("filledQuantity")
    order.refFuturesConId = try fields.optionalInt("refFuturesConId") ?? 0
    order.autoCancelParent = try fields.bool("autoCancelParent")
    order.shareholder = try fields.text("shareholder")
    order.imbalanceOnly = try fields.bool("imbalanceOnly")
    order.routeMarketableToBbo = try fields.bool("routeMarketableToBbo")
    order.parentPermId = try fields.long("parentPermId")
    state.completedTime = try fields.text("completedTime")
    state.completedStatus = try fields.text("completedStatus")
    try readPegBest()
    try readCustomer()
    if version >= 198 { order.submitter = try fields.text("submitter") }
  }
}

extension Response {
  func writeOrders(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    switch self {
    case .orderStatus(let status): try status.write(to: &writer)
    case .openOrder(let open):
      writer.integers(5, Int64(open.orderId))
      var blocks = OrderBlocksWriter(open.contract, open.order, open.orderState, version, isOpen: true)
      try blocks.writeOpen()
      writer.append(blocks.writer)
    case .openOrderEnd: writer.head(53, version: 1)
    case .execDetails(let details): try details.write(to: &writer, version)
    case .execDetailsEnd(let reqId): writer.integers(55, 1, Int64(reqId))
    case .commissionReport(let report): try report.write(to: &writer)
    case .completedOrder(let completed):
      writer.head(101)
      var blocks = OrderBlocksWriter(completed.contract, completed.order, completed.orderState, version, isOpen: false)
      try blocks.writeCompleted()
      writer.append(blocks.writer)
    case .completedOrdersEnd: writer.head(102)
    case .orderBound(let permId, let clientId, let orderId):
      writer.integers(100, permId, Int64(clientId), Int64(orderId))
    default: break
    }
  }
}

extension OrderStatus {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.integers(3, Int64(orderId))
    try writer.plain(status, "status")
    writer.decimal(filled)
    writer.decimal(remaining)
    writer.real(avgFillPrice)
    writer.integer(permId)
    writer.integer(parentId)
    writer.real(lastFillPrice)
    writer.integer(clientId)
    try writer.plain(whyHeld, "whyHeld")
    writer.real(mktCapPrice)
  }
}

extension ExecDetails {
  fileprivate func write(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    writer.integers(11, Int64(reqId))
    writer.integerOrMax(execution.orderId)
    try writer.contractOfFact(contract)
    try writer.plain(execution.execId, "execId")
    try writer.plain(execution.time, "time")
    try writer.plain(execution.acctNumber, "acctNumber")
    try writer.plain(execution.exchange, "execution.exchange")
    try writer.plain(execution.side, "side")
    writer.decimal(execution.shares)
    writer.real(execution.price)
    writer.integer(execution.permId)
    writer.integer(execution.clientId)
    writer.integer(execution.liquidation)
    writer.decimal(execution.cumQty)
    writer.realOrEmpty(execution.avgPrice)
    try writer.plain(execution.orderRef, "orderRef")
    try writer.plain(execution.evRule, "evRule")
    writer.realOrEmpty(execution.evMultiplier)
    try writer.plain(execution.modelCode, "modelCode")
    writer.integer(execution.lastLiquidity)
    if version >= 178 { writer.flag(execution.pendingPriceRevision) }
    if version >= 198 { try writer.plain(execution.submitter, "submitter") }
  }
}

extension CommissionReport {
  fileprivate func write(to writer: inout FieldWriter) throws(WireError) {
    writer.head(59, version: 1)
    try writer.plain(execId, "execId")
    writer.realOrMax(commission)
    try writer.plain(currency, "currency")
    writer.realOrMax(realizedPNL)
    writer.realOrMax(yield)
    writer.integerOrEmpty(yieldRedemptionDate)
  }
}

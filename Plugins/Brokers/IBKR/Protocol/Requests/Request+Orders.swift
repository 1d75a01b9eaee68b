extension OrderCancel {
  func write(orderId: Int32, to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    try requireVersion(version)
    writer.integers(4)
    if version < 192 { writer.integers(1) }
    writer.integer(orderId)
    try writer.text(manualOrderCancelTime, "manualOrderCancelTime")
    // What these versions had for requests of quotes.
    if version >= 187, version < 190 {
      writer.empty()
      writer.empty()
      writer.unsetInteger()
    }
    if version >= 192 { try writeOperator(to: &writer) }
  }

  func writeGlobal(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    try requireVersion(version)
    writer.integers(58)
    if version < 192 { writer.integers(1) } else { try writeOperator(to: &writer) }
  }

  private func writeOperator(to writer: inout FieldWriter) throws(WireError) {
    try writer.text(extOperator, "extOperator")
    writer.integerOrMax(manualOrderIndicator)
  }

  private func requireVersion(_ version: ServerVersion) throws(WireError) {
    try version.require(192, for: "extOperator", if: !extOperator.isEmpty)
    try version.require(192, for: "manualOrderIndicator", if: manualOrderIndicator != nil)
  }
}

extension ExecutionFilter {
  func write(_ id: Int32, to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    try version.require(200, for: "lastNDays", if: lastNDays != nil)
    try version.require(200, for: "specificDates", if: !specificDates.isEmpty)
    writer.integers(7, 3, Int64(id), Int64(clientId))
    try writer.text(acctCode, "acctCode")
    try writer.text(time, "time")
    try writer.text(symbol, "symbol")
    try writer.text(secType, "secType")
    try writer.text(exchange, "exchange")
    try writer.text(side, "side")
    guard version >= 200 else { return }
    writer.integerOrMax(lastNDays)
    writer.integer(specificDates.count)
    for day in specificDates { writer.integer(day) }
  }
}

extension Request {
  /// Requests for data about one contract.
  func writeContractRequest(to writer: inout FieldWriter) throws(WireError) {
    switch self {
    case .reqContractDetails(let id, let contract): try contract.writeDetailsRequest(id, to: &writer)
    case .reqMktData(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqTickByTickData(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqRealTimeBars(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqMktDepth(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqHistoricalData(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqHeadTimeStamp(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqHistoricalTicks(let id, let contract, let query): try query.write(id, contract, to: &writer)
    case .reqHistogramData(let id, let contract, let useRTH, let period):
      writer.integers(88, Int64(id))
      try writer.contract(contract)
      writer.flag(contract.includeExpired)
      writer.flag(useRTH)
      try writer.text(period, "timePeriod")
    case .calculateImpliedVolatility(let id, let contract, let price, let underPrice, let options):
      writer.integers(54, 3, Int64(id))
      try writer.contract(contract)
      try writer.double(price, "optionPrice")
      try writer.double(underPrice, "underPrice")
      try writer.joined(options, "options")
    case .calculateOptionPrice(let id, let contract, let volatility, let underPrice, let options):
      writer.integers(55, 3, Int64(id))
      try writer.contract(contract)
      try writer.double(volatility, "volatility")
      try writer.double(underPrice, "underPrice")
      try writer.joined(options, "options")
    default: break
    }
  }
}

extension Contract {
  fileprivate func writeDetailsRequest(_ id: Int32, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(9, 8, Int64(id))
    try writer.contract(self)
    writer.flag(includeExpired)
    try writer.text(secIdType, "secIdType")
    try writer.text(secId, "secId")
    try writer.text(issuerId, "issuerId")
  }
}

extension MarketDataQuery {
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(1, 11, Int64(id))
    try writer.contract(contract)
    try writer.legsOfData(contract)
    try writer.deltaNeutral(contract.deltaNeutral)
    try writer.text(genericTickList, "genericTickList")
    writer.flag(snapshot)
    writer.flag(regulatorySnapshot)
    try writer.joined(options, "options")
  }
}

extension TickByTickQuery {
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(97, Int64(id))
    try writer.contract(contract)
    try writer.text(tickType, "tickType")
    writer.integer(numberOfTicks)
    writer.flag(ignoreSize)
  }
}

extension RealTimeBarsQuery {
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(50, 3, Int64(id))
    try writer.contract(contract)
    writer.integer(barSize)
    try writer.text(whatToShow, "whatToShow")
    writer.flag(useRTH)
    try writer.joined(options, "options")
  }
}

extension MarketDepthQuery {
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(10, 5, Int64(id))
    try writer.contract(contract)
    writer.integer(numRows)
    writer.flag(isSmartDepth)
    try writer.joined(options, "options")
  }
}

extension HistoricalDataQuery {
  /// The size of the bars stands before the duration, and the trading hours before what to show.
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(20, Int64(id))
    try writer.contract(contract)
    writer.flag(contract.includeExpired)
    try writer.text(endDateTime, "endDateTime")
    try writer.text(barSizeSetting, "barSizeSetting")
    try writer.text(durationStr, "durationStr")
    writer.flag(useRTH)
    try writer.text(whatToShow, "whatToShow")
    writer.integer(formatDate)
    try writer.legsOfData(contract)
    writer.flag(keepUpToDate)
    try writer.joined(chartOptions, "chartOptions")
  }
}

extension HeadTimeStampQuery {
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(87, Int64(id))
    try writer.contract(contract)
    writer.flag(contract.includeExpired)
    writer.flag(useRTH)
    try writer.text(whatToShow, "whatToShow")
    writer.integer(formatDate)
  }
}

extension HistoricalTicksQuery {
  fileprivate func write(_ id: Int32, _ contract: Contract, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(96, Int64(id))
    try writer.contract(contract)
    writer.flag(contract.includeExpired)
    try writer.text(startDateTime, "startDateTime")
    try writer.text(endDateTime, "endDateTime")
    writer.integer(numberOfTicks)
    try writer.text(whatToShow, "whatToShow")
    writer.flag(useRth)
    writer.flag(ignoreSize)
    try writer.joined(miscOptions, "miscOptions")
  }
}

extension OptionExercise {
  func write(
    _ id: Int32, _ contract: Contract, to writer: inout FieldWriter, _ version: ServerVersion
  ) throws(WireError) {
    try version.require(180, for: "manualOrderTime", if: !manualOrderTime.isEmpty)
    try version.require(183, for: "customerAccount", if: !customerAccount.isEmpty)
    try version.require(184, for: "professionalCustomer", if: professionalCustomer)
    writer.integers(21, 2, Int64(id))
    try writer.optionContract(contract)
    writer.integer(exerciseAction)
    writer.integer(exerciseQuantity)
    try writer.text(account, "account")
    writer.flag(override)
    if version >= 180 { try writer.text(manualOrderTime, "manualOrderTime") }
    if version >= 183 { try writer.text(customerAccount, "customerAccount") }
    if version >= 184 { writer.flag(professionalCustomer) }
  }
}

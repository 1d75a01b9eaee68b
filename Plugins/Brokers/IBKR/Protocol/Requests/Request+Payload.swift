extension Request {
  /// The message with its length before it, as it goes on the wire.
  public func frame(_ version: ServerVersion) throws(WireError) -> [UInt8] {
    let payload = try payload(version)
    guard payload.count <= FrameSplitter.longest else { throw .frameTooLong(payload.count) }
    return FrameSplitter.frame(payload)
  }

  /// The fields of the message for a server of that version.
  ///
  /// - Throws: ``WireError/needsVersion(_:for:)`` for a request, or a stated attribute, that the server does not know;
  ///   ``WireError/unprintable(field:)`` and ``WireError/malformed(field:text:)`` for values that no field can hold.
  public func payload(_ version: ServerVersion) throws(WireError) -> [UInt8] {
    var writer = FieldWriter()
    try write(to: &writer, version)
    return writer.bytes
  }

  private func write(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    switch self {
    case .startApi, .reqAccountUpdates, .reqAccountSummary, .reqPositionsMulti, .reqAccountUpdatesMulti, .reqPnL,
      .reqPnLSingle, .reqMatchingSymbols, .reqSmartComponents, .reqSecDefOptParams, .reqNewsArticle,
      .reqHistoricalNews:
      try writeTexts(to: &writer)
    case .reqContractDetails, .reqMktData, .reqTickByTickData, .reqRealTimeBars, .reqMktDepth, .reqHistoricalData,
      .reqHeadTimeStamp, .reqHistogramData, .reqHistoricalTicks, .calculateImpliedVolatility, .calculateOptionPrice:
      try writeContractRequest(to: &writer)
    case .exerciseOptions(let id, let contract, let exercise):
      try exercise.write(id, contract, to: &writer, version)
    case .placeOrder(let id, let contract, let order):
      try OrderPlacement(orderId: id, contract: contract, order: order, version: version).write(to: &writer)
    case .cancelOrder(let id, let cancel): try cancel.write(orderId: id, to: &writer, version)
    case .reqGlobalCancel(let cancel): try cancel.writeGlobal(to: &writer, version)
    case .reqExecutions(let id, let filter): try filter.write(id, to: &writer, version)
    case .reqCurrentTimeInMillis:
      try version.require(197, for: "reqCurrentTimeInMillis")
      writer.integers(105)
    case .reqIds, .reqCurrentTime, .setServerLogLevel, .reqUserInfo, .reqManagedAccts, .reqPositions, .cancelPositions,
      .reqMarketRule, .reqMktDepthExchanges, .reqMarketDataType, .reqNewsBulletins, .cancelNewsBulletins,
      .reqNewsProviders, .reqOpenOrders, .reqAllOpenOrders, .reqAutoOpenOrders, .reqCompletedOrders:
      for number in plainNumbers { writer.integer(number) }
    case .cancelAccountSummary, .cancelPositionsMulti, .cancelAccountUpdatesMulti, .cancelPnL, .cancelPnLSingle,
      .cancelMktData, .cancelTickByTickData, .cancelRealTimeBars, .cancelMktDepth, .cancelHistoricalData,
      .cancelHeadTimeStamp, .cancelHistogramData, .cancelCalculateImpliedVolatility, .cancelCalculateOptionPrice:
      for number in cancelNumbers { writer.integer(number) }
    }
  }

  /// The fields of requests that hold numbers alone, the identifier of the message first.
  private var plainNumbers: [Int32] {
    switch self {
    case .reqIds(let count): [8, 1, count]
    case .reqCurrentTime: [49, 1]
    case .setServerLogLevel(let level): [14, 1, level]
    case .reqUserInfo(let id): [104, id]
    case .reqManagedAccts: [17, 1]
    case .reqPositions: [61, 1]
    case .cancelPositions: [64, 1]
    case .reqMarketRule(let id): [91, id]
    case .reqMktDepthExchanges: [82]
    case .reqMarketDataType(let type): [59, 1, type]
    case .reqNewsBulletins(let all): [12, 1, all ? 1 : 0]
    case .cancelNewsBulletins: [13, 1]
    case .reqNewsProviders: [85]
    case .reqOpenOrders: [5, 1]
    case .reqAllOpenOrders: [16, 1]
    case .reqAutoOpenOrders(let bind): [15, 1, bind ? 1 : 0]
    case .reqCompletedOrders(let apiOnly): [99, apiOnly ? 1 : 0]
    default: []
    }
  }

  /// The fields of requests that end another one.
  private var cancelNumbers: [Int32] {
    switch self {
    case .cancelAccountSummary(let id): [63, 1, id]
    case .cancelPositionsMulti(let id): [75, 1, id]
    case .cancelAccountUpdatesMulti(let id): [77, 1, id]
    case .cancelPnL(let id): [93, id]
    case .cancelPnLSingle(let id): [95, id]
    case .cancelMktData(let id): [2, 2, id]
    case .cancelTickByTickData(let id): [98, id]
    case .cancelRealTimeBars(let id): [51, 1, id]
    case .cancelMktDepth(let id, let isSmart): [11, 1, id, isSmart ? 1 : 0]
    case .cancelHistoricalData(let id): [25, 1, id]
    case .cancelHeadTimeStamp(let id): [90, id]
    case .cancelHistogramData(let id): [89, id]
    case .cancelCalculateImpliedVolatility(let id): [56, 1, id]
    case .cancelCalculateOptionPrice(let id): [57, 1, id]
    default: []
    }
  }
}

extension ServerVersion {
  /// - Throws: ``WireError/needsVersion(_:for:)`` where the server is older than that.
  func require(_ least: Int, for name: String, if isStated: Bool = true) throws(WireError) {
    if isStated, self < least { throw .needsVersion(least, for: name) }
  }
}

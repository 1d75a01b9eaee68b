extension Response {
  /// The message with its length before it, as it goes on the wire to a client.
  public func frame(_ version: ServerVersion) throws(WireError) -> [UInt8] {
    let payload = try payload(version)
    guard payload.count <= FrameSplitter.longest else { throw .frameTooLong(payload.count) }
    return FrameSplitter.frame(payload)
  }

  /// The fields of the message as a server of that version writes them. Attributes that the version does not know are left
  /// out: a server tells a client what the client can read.
  ///
  /// - Throws: ``WireError/needsVersion(_:for:)`` for a message that the version does not have at all;
  ///   ``WireError/unprintable(field:)`` for text with a NUL.
  public func payload(_ version: ServerVersion) throws(WireError) -> [UInt8] {
    var writer = FieldWriter()
    try write(to: &writer, version)
    return writer.bytes
  }

  private func write(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    switch self {
    case .nextValidId, .managedAccounts, .currentTime, .currentTimeInMillis, .error, .userInfo, .unknown:
      try writeSession(to: &writer, version)
    case .orderStatus, .openOrder, .openOrderEnd, .execDetails, .execDetailsEnd, .commissionReport, .completedOrder,
      .completedOrdersEnd, .orderBound:
      try writeOrders(to: &writer, version)
    case .accountValue, .portfolioValue, .accountUpdateTime, .accountDownloadEnd, .accountSummary, .accountSummaryEnd,
      .position, .positionEnd, .positionMulti, .positionMultiEnd, .accountUpdateMulti, .accountUpdateMultiEnd, .pnl,
      .pnlSingle:
      try writeAccounts(to: &writer)
    case .contractDetails, .bondContractDetails, .contractDetailsEnd, .securityDefinitionOptionParameter,
      .securityDefinitionOptionParameterEnd, .symbolSamples, .mktDepthExchanges, .smartComponents, .marketRule:
      try writeContracts(to: &writer, version)
    case .tickPrice, .tickSize, .tickOptionComputation, .tickGeneric, .tickString, .tickSnapshotEnd, .tickReqParams,
      .marketDataType, .marketDepth, .marketDepthL2, .realTimeBar, .tickByTick, .rerouteMktData, .rerouteMktDepth:
      try writeMarket(to: &writer)
    case .historicalData, .historicalDataEnd, .historicalDataUpdate, .headTimestamp, .histogramData, .historicalTicks,
      .historicalTicksBidAsk, .historicalTicksLast, .historicalSchedule:
      try writeHistory(to: &writer, version)
    case .newsBulletin, .newsArticle, .tickNews, .newsProviders, .historicalNews, .historicalNewsEnd:
      try writeNews(to: &writer)
    }
  }
}

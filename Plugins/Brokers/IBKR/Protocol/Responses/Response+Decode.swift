/// A message, and how many whole fields its bytes held beyond those that the protocol knows: a sign that the server speaks
/// more than it should, to be logged.
public struct ReceivedMessage: Sendable, Equatable {
  public var response: Response
  public var surplus: Int

  public init(response: Response, surplus: Int) {
    self.response = response
    self.surplus = surplus
  }
}

extension Response {
  /// The message of one payload.
  ///
  /// - Throws: what is wrong with this message. The connection stays good, but see ``losesState(_:)``.
  public static func decode(_ payload: ArraySlice<UInt8>, _ version: ServerVersion) throws(WireError) -> Response {
    try receive(payload, version).response
  }

  /// The message of one payload, with what was left over.
  public static func receive(
    _ payload: ArraySlice<UInt8>, _ version: ServerVersion
  ) throws(WireError) -> ReceivedMessage {
    var fields = FieldReader(payload)
    let id = try fields.int("messageId")
    let response =
      if let known = try orderMessage(id, &fields, version) {
        known
      } else if let known = try accountMessage(id, &fields) {
        known
      } else if let known = try contractMessage(id, &fields, version) {
        known
      } else if let known = try marketMessage(id, &fields) {
        known
      } else if let known = try historyMessage(id, &fields, version) {
        known
      } else {
        try otherMessage(id, &fields, version)
      }
    return ReceivedMessage(response: response, surplus: fields.fieldsLeft)
  }

  /// The number of the message in a payload; nil when the payload does not start with one.
  public static func messageId(_ payload: ArraySlice<UInt8>) -> Int32? {
    var fields = FieldReader(payload)
    guard let raw = try? fields.next("messageId"), let wide = FieldReader.integer(raw) else { return nil }
    return Int32(exactly: wide)
  }

  /// Whether a payload that could not be decoded carried the state of an order (openOrder, orderStatus, execDetails): then
  /// state was lost, and has to be asked for again.
  public static func losesState(_ payload: ArraySlice<UInt8>) -> Bool {
    switch messageId(payload) {
    case 3, 5, 11: true
    default: false
    }
  }
}

extension Response {
  /// Fields of an unknown message that are kept.
  static let unknownFields = 100

  static func orderMessage(
    _ id: Int32, _ fields: inout FieldReader, _ version: ServerVersion
  ) throws(WireError) -> Response? {
    switch id {
    case 3: return .orderStatus(try OrderStatus(&fields))
    case 5: return .openOrder(try OpenOrder(&fields, version))
    case 11: return .execDetails(try ExecDetails(&fields, version))
    case 53:
      try fields.skip("version")
      return .openOrderEnd
    case 55: return .execDetailsEnd(reqId: try fields.versionedId())
    case 59: return .commissionReport(try CommissionReport(&fields))
    case 100:
      return .orderBound(
        permId: try fields.long("permId"), clientId: try fields.int("clientId"), orderId: try fields.int("orderId"))
    case 101: return .completedOrder(try CompletedOrder(&fields, version))
    case 102: return .completedOrdersEnd
    default: return nil
    }
  }

  static func accountMessage(_ id: Int32, _ fields: inout FieldReader) throws(WireError) -> Response? {
    switch id {
    case 6: return .accountValue(try AccountValue(&fields))
    case 7: return .portfolioValue(try PortfolioValue(&fields))
    case 8:
      try fields.skip("version")
      return .accountUpdateTime(timeStamp: try fields.text("timeStamp"))
    case 54:
      try fields.skip("version")
      return .accountDownloadEnd(account: try fields.text("account"))
    case 61: return .position(try Position(&fields))
    case 62:
      try fields.skip("version")
      return .positionEnd
    case 63: return .accountSummary(try AccountSummary(&fields))
    case 64: return .accountSummaryEnd(reqId: try fields.versionedId())
    case 71: return .positionMulti(try PositionMulti(&fields))
    case 72: return .positionMultiEnd(reqId: try fields.versionedId())
    case 73: return .accountUpdateMulti(try AccountUpdateMulti(&fields))
    case 74: return .accountUpdateMultiEnd(reqId: try fields.versionedId())
    case 94: return .pnl(try PnL(&fields))
    case 95: return .pnlSingle(try PnLSingle(&fields))
    default: return nil
    }
  }

  static func contractMessage(
    _ id: Int32, _ fields: inout FieldReader, _ version: ServerVersion
  ) throws(WireError) -> Response? {
    switch id {
    case 10: return .contractDetails(reqId: try fields.int("reqId"), try ContractDetails(&fields, version))
    case 18: return .bondContractDetails(reqId: try fields.int("reqId"), try ContractDetails(bond: &fields, version))
    case 52: return .contractDetailsEnd(reqId: try fields.versionedId())
    case 75: return .securityDefinitionOptionParameter(try OptionParameters(&fields))
    case 76: return .securityDefinitionOptionParameterEnd(reqId: try fields.int("reqId"))
    case 79: return .symbolSamples(reqId: try fields.int("reqId"), try SymbolSample.list(&fields, version))
    case 80: return .mktDepthExchanges(try DepthExchange.list(&fields))
    case 82: return .smartComponents(reqId: try fields.int("reqId"), try SmartComponent.list(&fields))
    case 93: return .marketRule(marketRuleId: try fields.int("marketRuleId"), try PriceIncrement.list(&fields))
    default: return nil
    }
  }

  static func marketMessage(_ id: Int32, _ fields: inout FieldReader) throws(WireError) -> Response? {
    switch id {
    case 1: return .tickPrice(try TickPrice(&fields))
    case 2: return .tickSize(try TickSize(&fields))
    case 12: return .marketDepth(try MarketDepth(&fields))
    case 13: return .marketDepthL2(try MarketDepthL2(&fields))
    case 21: return .tickOptionComputation(try TickOptionComputation(&fields))
    case 45:
      return .tickGeneric(
        reqId: try fields.versionedId(), tickType: try fields.int("tickType"),
        value: try fields.optionalDouble("value"))
    case 46:
      return .tickString(
        reqId: try fields.versionedId(), tickType: try fields.int("tickType"), value: try fields.text("value"))
    case 50: return .realTimeBar(try RealTimeBar(&fields))
    case 57: return .tickSnapshotEnd(reqId: try fields.versionedId())
    case 58: return .marketDataType(reqId: try fields.versionedId(), marketDataType: try fields.int("marketDataType"))
    case 81: return .tickReqParams(try TickReqParams(&fields))
    case 91:
      return .rerouteMktData(
        reqId: try fields.int("reqId"), conId: try fields.int("conId"), exchange: try fields.text("exchange"))
    case 92:
      return .rerouteMktDepth(
        reqId: try fields.int("reqId"), conId: try fields.int("conId"), exchange: try fields.text("exchange"))
    case 99: return .tickByTick(try TickByTick(&fields))
    default: return nil
    }
  }

  static func historyMessage(
    _ id: Int32, _ fields: inout FieldReader, _ version: ServerVersion
  ) throws(WireError) -> Response? {
    switch id {
    case 17: return .historicalData(try HistoricalData(&fields, version))
    case 88: return .headTimestamp(reqId: try fields.int("reqId"), headTimestamp: try fields.text("headTimestamp"))
    case 89: return .histogramData(reqId: try fields.int("reqId"), try HistogramEntry.list(&fields))
    case 90: return .historicalDataUpdate(reqId: try fields.int("reqId"), try Bar(update: &fields))
    case 96: return .historicalTicks(try HistoricalTicks(&fields))
    case 97: return .historicalTicksBidAsk(try HistoricalTicksBidAsk(&fields))
    case 98: return .historicalTicksLast(try HistoricalTicksLast(&fields))
    case 106: return .historicalSchedule(try HistoricalSchedule(&fields))
    case 108:
      return .historicalDataEnd(
        reqId: try fields.int("reqId"), start: try fields.text("start"), end: try fields.text("end"))
    default: return nil
    }
  }

  static func otherMessage(
    _ id: Int32, _ fields: inout FieldReader, _ version: ServerVersion
  ) throws(WireError) -> Response {
    switch id {
    case 4: return .error(try ErrorMessage(&fields, version))
    case 9:
      try fields.skip("version")
      return .nextValidId(orderId: try fields.int("orderId"))
    case 14: return .newsBulletin(try NewsBulletin(&fields))
    case 15: return .managedAccounts(try ManagedAccounts(&fields))
    case 49:
      try fields.skip("version")
      return .currentTime(time: try fields.long("time"))
    case 83: return .newsArticle(try NewsArticle(&fields))
    case 84: return .tickNews(try TickNews(&fields))
    case 85: return .newsProviders(try NewsProvider.list(&fields))
    case 86: return .historicalNews(try HistoricalNews(&fields))
    case 87: return .historicalNewsEnd(reqId: try fields.int("reqId"), hasMore: try fields.bool("hasMore"))
    case 107:
      return .userInfo(reqId: try fields.int("reqId"), whiteBrandingId: try fields.text("whiteBrandingId"))
    case 109: return .currentTimeInMillis(timeInMillis: try fields.long("timeInMillis"))
    default:
      var kept: [String] = []
      while kept.count < unknownFields, let field = try? fields.text("field") { kept.append(field) }
      return .unknown(id: id, fields: kept)
    }
  }
}

extension FieldReader {
  /// The constant version field and the id of the request after it.
  mutating func versionedId() throws(WireError) -> Int32 {
    try skip("version")
    return try int("reqId")
  }

  /// As many entries as `count` says, which has been checked against what is left.
  mutating func entries<Entry>(
    _ field: String, fieldsEach: Int, _ read: (inout FieldReader) throws(WireError) -> Entry
  ) throws(WireError) -> [Entry] {
    let count = try count(field, fieldsEach: fieldsEach)
    var entries: [Entry] = []
    for _ in 0..<count { entries.append(try read(&self)) }
    return entries
  }
}

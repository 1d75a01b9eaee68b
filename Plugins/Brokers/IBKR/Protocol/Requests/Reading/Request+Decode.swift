/// A request, and how many whole fields its bytes held beyond those that the protocol knows.
public struct ReceivedRequest: Sendable, Equatable {
  public var request: Request
  public var surplus: Int

  public init(request: Request, surplus: Int) {
    (self.request, self.surplus) = (request, surplus)
  }
}

extension Request {
  /// The request of one payload, as a server of that version reads it.
  ///
  /// - Throws: what is wrong with it; a message that is not known is malformed in its `messageId`. The connection stays
  ///   good.
  public static func decode(_ payload: ArraySlice<UInt8>, _ version: ServerVersion) throws(WireError) -> Request {
    try receive(payload, version).request
  }

  /// The request of one payload, with what was left over.
  public static func receive(
    _ payload: ArraySlice<UInt8>, _ version: ServerVersion
  ) throws(WireError) -> ReceivedRequest {
    var fields = FieldReader(payload)
    let id = try fields.int("messageId")
    let request =
      if let known = try plainRequest(id, &fields) {
        known
      } else if let known = try cancelRequest(id, &fields) {
        known
      } else if let known = try textRequest(id, &fields) {
        known
      } else if let known = try contractRequest(id, &fields) {
        known
      } else {
        try orderRequest(id, &fields, version)
      }
    return ReceivedRequest(request: request, surplus: fields.fieldsLeft)
  }

  /// Requests of numbers alone.
  private static func plainRequest(_ id: Int32, _ fields: inout FieldReader) throws(WireError) -> Request? {
    switch id {
    case 5, 8, 12, 13, 14, 15, 16, 17, 49, 59, 61, 64: try fields.skip("version")
    default: break
    }
    switch id {
    case 5: return .reqOpenOrders
    case 8: return .reqIds(numIds: try fields.int("numIds"))
    case 12: return .reqNewsBulletins(allMsgs: try fields.bool("allMsgs"))
    case 13: return .cancelNewsBulletins
    case 14: return .setServerLogLevel(try fields.int("logLevel"))
    case 15: return .reqAutoOpenOrders(autoBind: try fields.bool("autoBind"))
    case 16: return .reqAllOpenOrders
    case 17: return .reqManagedAccts
    case 49: return .reqCurrentTime
    case 59: return .reqMarketDataType(try fields.int("marketDataType"))
    case 61: return .reqPositions
    case 64: return .cancelPositions
    case 82: return .reqMktDepthExchanges
    case 85: return .reqNewsProviders
    case 91: return .reqMarketRule(marketRuleId: try fields.int("marketRuleId"))
    case 99: return .reqCompletedOrders(apiOnly: try fields.bool("apiOnly"))
    case 104: return .reqUserInfo(reqId: try fields.int("reqId"))
    case 105: return .reqCurrentTimeInMillis
    default: return nil
    }
  }

  /// Requests that end another one.
  private static func cancelRequest(_ id: Int32, _ fields: inout FieldReader) throws(WireError) -> Request? {
    switch id {
    case 2, 11, 25, 51, 56, 57, 63, 75, 77: try fields.skip("version")
    case 89, 90, 93, 95, 98: break
    default: return nil
    }
    let reqId = try fields.int("reqId")
    switch id {
    case 2: return .cancelMktData(reqId: reqId)
    case 11: return .cancelMktDepth(reqId: reqId, isSmartDepth: try fields.bool("isSmartDepth"))
    case 25: return .cancelHistoricalData(reqId: reqId)
    case 51: return .cancelRealTimeBars(reqId: reqId)
    case 56: return .cancelCalculateImpliedVolatility(reqId: reqId)
    case 57: return .cancelCalculateOptionPrice(reqId: reqId)
    case 63: return .cancelAccountSummary(reqId: reqId)
    case 75: return .cancelPositionsMulti(reqId: reqId)
    case 77: return .cancelAccountUpdatesMulti(reqId: reqId)
    case 89: return .cancelHistogramData(reqId: reqId)
    case 90: return .cancelHeadTimeStamp(reqId: reqId)
    case 93: return .cancelPnL(reqId: reqId)
    case 95: return .cancelPnLSingle(reqId: reqId)
    case 98: return .cancelTickByTickData(reqId: reqId)
    default: return nil
    }
  }

  private static func orderRequest(
    _ id: Int32, _ fields: inout FieldReader, _ version: ServerVersion
  ) throws(WireError) -> Request {
    switch id {
    case 3:
      var placed = PlacedOrder(fields, version)
      try placed.read()
      fields = placed.fields
      return .placeOrder(orderId: placed.orderId, placed.contract, placed.order)
    case 4:
      if version < 192 { try fields.skip("version") }
      let orderId = try fields.int("orderId")
      return .cancelOrder(orderId: orderId, try OrderCancel(&fields, version))
    case 58:
      var cancel = OrderCancel()
      if version < 192 { try fields.skip("version") } else { try cancel.readOperator(&fields) }
      return .reqGlobalCancel(cancel)
    case 7:
      let reqId = try fields.versionedId()
      return .reqExecutions(reqId: reqId, try ExecutionFilter(&fields, version))
    case 21:
      let reqId = try fields.versionedId()
      let contract = try fields.requestContract(hasPrimaryExchange: false)
      return .exerciseOptions(reqId: reqId, contract, try OptionExercise(&fields, version))
    default: throw .malformed(field: "messageId", text: String(id))
    }
  }
}

extension OrderCancel {
  fileprivate init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    self.init()
    manualOrderCancelTime = try fields.text("manualOrderCancelTime")
    if version >= 187, version < 190 { try fields.skip("retired", count: 3) }
    if version >= 192 { try readOperator(&fields) }
  }

  fileprivate mutating func readOperator(_ fields: inout FieldReader) throws(WireError) {
    extOperator = try fields.text("extOperator")
    manualOrderIndicator = try fields.optionalInt("manualOrderIndicator")
  }
}

extension ExecutionFilter {
  fileprivate init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    self.init()
    clientId = try fields.int("clientId")
    acctCode = try fields.text("acctCode")
    time = try fields.text("time")
    symbol = try fields.text("symbol")
    secType = try fields.text("secType")
    exchange = try fields.text("exchange")
    side = try fields.text("side")
    guard version >= 200 else { return }
    lastNDays = try fields.optionalInt("lastNDays")
    specificDates = try fields.entries("specificDatesCount", fieldsEach: 1) { fields throws(WireError) in
      try fields.int("specificDate")
    }
  }
}

extension OptionExercise {
  fileprivate init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    self.init()
    exerciseAction = try fields.int("exerciseAction")
    exerciseQuantity = try fields.int("exerciseQuantity")
    account = try fields.text("account")
    override = try fields.bool("override")
    if version >= 180 { manualOrderTime = try fields.text("manualOrderTime") }
    if version >= 183 { customerAccount = try fields.text("customerAccount") }
    if version >= 184 { professionalCustomer = try fields.bool("professionalCustomer") }
  }
}

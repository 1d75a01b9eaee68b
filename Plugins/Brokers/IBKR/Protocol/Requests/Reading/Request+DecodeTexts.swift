extension Request {
  /// Requests that name accounts, symbols or news, but no contract.
  static func textRequest(_ id: Int32, _ fields: inout FieldReader) throws(WireError) -> Request? {
    switch id {
    case 71:
      let clientId = try fields.versionedId()
      return .startApi(clientId: clientId, optionalCapabilities: try fields.text("optionalCapabilities"))
    case 6:
      try fields.skip("version")
      return .reqAccountUpdates(subscribe: try fields.bool("subscribe"), account: try fields.text("account"))
    case 62:
      return .reqAccountSummary(
        reqId: try fields.versionedId(), group: try fields.text("group"), tags: try fields.text("tags"))
    case 74:
      return .reqPositionsMulti(
        reqId: try fields.versionedId(), account: try fields.text("account"), modelCode: try fields.text("modelCode"))
    case 76:
      return .reqAccountUpdatesMulti(
        reqId: try fields.versionedId(), account: try fields.text("account"), modelCode: try fields.text("modelCode"),
        ledgerAndNLV: try fields.bool("ledgerAndNLV"))
    case 92:
      return .reqPnL(
        reqId: try fields.int("reqId"), account: try fields.text("account"), modelCode: try fields.text("modelCode"))
    case 94:
      return .reqPnLSingle(
        reqId: try fields.int("reqId"), account: try fields.text("account"), modelCode: try fields.text("modelCode"),
        conId: try fields.int("conId"))
    case 81: return .reqMatchingSymbols(reqId: try fields.int("reqId"), pattern: try fields.text("pattern"))
    case 83: return .reqSmartComponents(reqId: try fields.int("reqId"), bboExchange: try fields.text("bboExchange"))
    case 78: return .reqSecDefOptParams(reqId: try fields.int("reqId"), try SecDefOptParamsQuery(&fields))
    case 84:
      return .reqNewsArticle(
        reqId: try fields.int("reqId"), providerCode: try fields.text("providerCode"),
        articleId: try fields.text("articleId"), options: try fields.joinedTagValues("options"))
    case 86: return .reqHistoricalNews(reqId: try fields.int("reqId"), try HistoricalNewsQuery(&fields))
    default: return nil
    }
  }
}

extension SecDefOptParamsQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    underlyingSymbol = try fields.text("underlyingSymbol")
    futFopExchange = try fields.text("futFopExchange")
    underlyingSecType = try fields.text("underlyingSecType")
    underlyingConId = try fields.int("underlyingConId")
  }
}

extension HistoricalNewsQuery {
  fileprivate init(_ fields: inout FieldReader) throws(WireError) {
    self.init()
    conId = try fields.int("conId")
    providerCodes = try fields.text("providerCodes")
    startDateTime = try fields.text("startDateTime")
    endDateTime = try fields.text("endDateTime")
    totalResults = try fields.int("totalResults")
    options = try fields.joinedTagValues("options")
  }
}

extension FieldReader {
  /// A whole list in one field: `tag=value;tag=value;`.
  mutating func joinedTagValues(_ field: String) throws(WireError) -> [TagValue] {
    try text(field).split(separator: ";").map { part in
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return TagValue(String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
    }
  }
}

extension Request {
  /// Requests that name accounts, symbols or news, but no contract.
  func writeTexts(to writer: inout FieldWriter) throws(WireError) {
    switch self {
    case .startApi(let clientId, let capabilities):
      writer.integers(71, 2, Int64(clientId))
      try writer.text(capabilities, "optionalCapabilities")
    case .reqAccountUpdates(let subscribe, let account):
      writer.integers(6, 2)
      writer.flag(subscribe)
      try writer.text(account, "account")
    case .reqAccountSummary(let id, let group, let tags):
      writer.integers(62, 1, Int64(id))
      try writer.text(group, "group")
      try writer.text(tags, "tags")
    case .reqPositionsMulti(let id, let account, let model):
      writer.integers(74, 1, Int64(id))
      try writer.accountAndModel(account, model)
    case .reqAccountUpdatesMulti(let id, let account, let model, let ledgerAndNLV):
      writer.integers(76, 1, Int64(id))
      try writer.accountAndModel(account, model)
      writer.flag(ledgerAndNLV)
    case .reqPnL(let id, let account, let model):
      writer.integers(92, Int64(id))
      try writer.accountAndModel(account, model)
    case .reqPnLSingle(let id, let account, let model, let conId):
      writer.integers(94, Int64(id))
      try writer.accountAndModel(account, model)
      writer.integer(conId)
    case .reqMatchingSymbols(let id, let pattern):
      writer.integers(81, Int64(id))
      try writer.text(pattern, "pattern")
    case .reqSmartComponents(let id, let exchange):
      writer.integers(83, Int64(id))
      try writer.text(exchange, "bboExchange")
    case .reqSecDefOptParams(let id, let query): try query.write(id, to: &writer)
    case .reqNewsArticle(let id, let provider, let article, let options):
      writer.integers(84, Int64(id))
      try writer.text(provider, "providerCode")
      try writer.text(article, "articleId")
      try writer.joined(options, "options")
    case .reqHistoricalNews(let id, let query): try query.write(id, to: &writer)
    default: break
    }
  }
}

extension FieldWriter {
  fileprivate mutating func accountAndModel(_ account: String, _ model: String) throws(WireError) {
    try text(account, "account")
    try text(model, "modelCode")
  }
}

extension SecDefOptParamsQuery {
  fileprivate func write(_ id: Int32, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(78, Int64(id))
    try writer.text(underlyingSymbol, "underlyingSymbol")
    try writer.text(futFopExchange, "futFopExchange")
    try writer.text(underlyingSecType, "underlyingSecType")
    writer.integer(underlyingConId)
  }
}

extension HistoricalNewsQuery {
  fileprivate func write(_ id: Int32, to writer: inout FieldWriter) throws(WireError) {
    writer.integers(86, Int64(id), Int64(conId))
    try writer.text(providerCodes, "providerCodes")
    try writer.text(startDateTime, "startDateTime")
    try writer.text(endDateTime, "endDateTime")
    writer.integer(totalResults)
    try writer.joined(options, "options")
  }
}

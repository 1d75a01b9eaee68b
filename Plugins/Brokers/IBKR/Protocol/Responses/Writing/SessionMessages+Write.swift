extension Response {
  func writeSession(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    switch self {
    case .nextValidId(let orderId):
      writer.head(9, version: 1)
      writer.integer(orderId)
    case .managedAccounts(let accounts):
      writer.head(15, version: 1)
      try writer.plain(accounts.accountsList, "accountsList")
    case .currentTime(let time):
      writer.head(49, version: 1)
      writer.integer(time)
    case .currentTimeInMillis(let time):
      try version.require(197, for: "currentTimeInMillis")
      writer.head(109)
      writer.integer(time)
    case .error(let error): try error.write(to: &writer, version)
    case .userInfo(let reqId, let branding):
      writer.head(107)
      writer.integer(reqId)
      try writer.plain(branding, "whiteBrandingId")
    case .unknown(let id, let fields):
      writer.integer(id)
      for field in fields { try writer.plain(field, "field") }
    default: break
    }
  }

  func writeNews(to writer: inout FieldWriter) throws(WireError) {
    switch self {
    case .newsBulletin(let bulletin):
      writer.head(14, version: 1)
      writer.integer(bulletin.msgId)
      writer.integer(bulletin.msgType)
      try writer.plain(bulletin.newsMessage, "newsMessage")
      try writer.plain(bulletin.originExch, "originExch")
    case .newsArticle(let article):
      writer.head(83)
      writer.integer(article.reqId)
      writer.integer(article.articleType)
      try writer.plain(article.articleText, "articleText")
    case .tickNews(let news):
      writer.head(84)
      writer.integer(news.reqId)
      writer.integer(news.timeStamp)
      for text in [news.providerCode, news.articleId, news.headline, news.extraData] {
        try writer.plain(text, "tickNews")
      }
    case .newsProviders(let providers):
      writer.head(85)
      writer.entries(providers.count)
      for provider in providers {
        try writer.plain(provider.code, "code")
        try writer.plain(provider.name, "name")
      }
    case .historicalNews(let news):
      writer.head(86)
      writer.integer(news.reqId)
      for text in [news.time, news.providerCode, news.articleId, news.headline] {
        try writer.plain(text, "historicalNews")
      }
    case .historicalNewsEnd(let reqId, let hasMore):
      writer.head(87)
      writer.integer(reqId)
      writer.flag(hasMore)
    default: break
    }
  }
}

extension ErrorMessage {
  fileprivate func write(to writer: inout FieldWriter, _ version: ServerVersion) throws(WireError) {
    writer.head(4, version: version < 194 ? 2 : nil)
    writer.integer(reqId)
    writer.integer(errorCode)
    try writer.escaped(errorString, "errorString")
    try writer.escaped(advancedOrderRejectJson, "advancedOrderRejectJson")
    if version >= 194 { writer.integer(errorTime ?? 0) }
  }
}

extension ServerGreeting {
  /// The payload by which a server answers the greeting.
  public var payload: [UInt8] { Array("\(number)\0\(clock)\0".utf8) }
}

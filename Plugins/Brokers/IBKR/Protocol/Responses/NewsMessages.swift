public struct NewsBulletin: Sendable, Equatable {
  public var msgId: Int32 = 0
  public var msgType: Int32 = 0
  public var newsMessage = ""
  public var originExch = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    try fields.skip("version")
    msgId = try fields.int("msgId")
    msgType = try fields.int("msgType")
    newsMessage = try fields.text("newsMessage")
    originExch = try fields.text("originExch")
  }
}

public struct NewsArticle: Sendable, Equatable {
  public var reqId: Int32 = 0
  /// 0 text, 1 a document in base 64.
  public var articleType: Int32 = 0
  public var articleText = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    articleType = try fields.int("articleType")
    articleText = try fields.text("articleText")
  }
}

public struct TickNews: Sendable, Equatable {
  public var reqId: Int32 = 0
  /// Milliseconds since 1970.
  public var timeStamp: Int64 = 0
  public var providerCode = ""
  public var articleId = ""
  public var headline = ""
  public var extraData = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    timeStamp = try fields.long("timeStamp")
    providerCode = try fields.text("providerCode")
    articleId = try fields.text("articleId")
    headline = try fields.text("headline")
    extraData = try fields.text("extraData")
  }
}

public struct NewsProvider: Sendable, Equatable {
  public var code = ""
  public var name = ""
  public init() {}

  static func list(_ fields: inout FieldReader) throws(WireError) -> [NewsProvider] {
    try fields.entries("providerCount", fieldsEach: 2) { fields throws(WireError) in
      var entry = NewsProvider()
      entry.code = try fields.text("code")
      entry.name = try fields.text("name")
      return entry
    }
  }
}

public struct HistoricalNews: Sendable, Equatable {
  public var reqId: Int32 = 0
  public var time = ""
  public var providerCode = ""
  public var articleId = ""
  public var headline = ""
  public init() {}

  init(_ fields: inout FieldReader) throws(WireError) {
    reqId = try fields.int("reqId")
    time = try fields.text("time")
    providerCode = try fields.text("providerCode")
    articleId = try fields.text("articleId")
    headline = try fields.text("headline")
  }
}

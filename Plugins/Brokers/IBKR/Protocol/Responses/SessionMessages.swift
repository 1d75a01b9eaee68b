/// The accounts that the user may see.
public struct ManagedAccounts: Sendable, Equatable {
  /// As it stands, separated by commas.
  public var accountsList = ""
  public init() {}

  /// Without the empty parts that a trailing comma makes.
  public var accounts: [String] { accountsList.split(separator: ",").map(String.init) }

  init(_ fields: inout FieldReader) throws(WireError) {
    try fields.skip("version")
    accountsList = try fields.text("accountsList")
  }
}

/// An error, a warning or a notice; which of them, the code says.
public struct ErrorMessage: Sendable, Equatable {
  /// A request's or an order's id, -1 for none.
  public var reqId: Int32 = -1
  public var errorCode: Int32 = 0
  public var errorString = ""
  public var advancedOrderRejectJson = ""
  /// Milliseconds since 1970, from server version 194.
  public var errorTime: Int64?
  public init() {}

  init(_ fields: inout FieldReader, _ version: ServerVersion) throws(WireError) {
    if version < 194 { try fields.skip("version") }
    reqId = try fields.int("reqId")
    errorCode = try fields.int("errorCode")
    errorString = try fields.escapedText("errorString")
    advancedOrderRejectJson = try fields.escapedText("advancedOrderRejectJson")
    if version >= 194 { errorTime = try fields.optionalLong("errorTime") }
  }
}

/// What an error number on an order id says about the order.
enum OrderVerdict: Equatable, Sendable {
  /// The message that was sent is dead: a new order does not exist, an order that was to be changed works on unchanged.
  case refused
  case cancelled
  /// The order stays as it was; the number is a warning or a notice.
  case alive
  /// A change that was asked for was not made; the order works on.
  case changeRefused
  /// A cancel was not accepted: final already, or on its way.
  case cancelRefused
  /// The gateway knows no such order of this client: reconciliation has to find out.
  case notFound
  /// Not in the table: never a reason to take an order for dead.
  case unknown

  init(code: Int32) { self = OrderVerdict.table[code] ?? OrderVerdict.ofRange(code) }

  private static func ofRange(_ code: Int32) -> OrderVerdict {
    switch code {
    case 111...154, 10241...10250: .refused
    case 2100...2199: .alive
    default: .unknown
    }
  }

  private static let table: [Int32: OrderVerdict] = {
    var table: [Int32: OrderVerdict] = [
      202: .cancelled, 135: .notFound, 10147: .notFound, 136: .cancelRefused, 161: .cancelRefused,
      10148: .cancelRefused, 104: .changeRefused, 105: .changeRefused, 329: .changeRefused,
    ]
    for code: Int32 in [
      103, 106, 107, 109, 110, 200, 201, 203, 320, 321, 322, 387, 388, 391, 434, 435, 460, 463, 10006, 10052, 10149,
      10268, 10289, 10293,
    ] { table[code] = .refused }
    for code: Int32 in [165, 399, 404, 481, 492, 10167, 10349] { table[code] = .alive }
    return table
  }()
}

/// Why an order, or a change of it, was refused.
public enum RejectReason: String, Sendable, CaseIterable {
  case margin, permission, price, size, contract
  case duplicateId = "duplicate id"
  case orderType = "order type"
  case timeInForce = "time in force"
  case account, parent
  case readOnly = "read only"
  case invalid, other

  public init(code: Int32, text: String) {
    self = RejectReason.table[code] ?? RejectReason.byText(text.lowercased()) ?? .other
  }

  private static let table: [Int32: RejectReason] = [
    103: .duplicateId, 10149: .duplicateId, 107: .invalid, 109: .price, 110: .price, 111: .timeInForce, 117: .size,
    118: .size, 125: .price, 126: .price, 200: .contract, 203: .permission, 320: .invalid, 387: .orderType,
    388: .size, 391: .timeInForce, 434: .size, 435: .account, 460: .permission, 463: .price, 10006: .parent,
    10052: .timeInForce, 10268: .orderType, 10289: .size,
  ]

  private static func byText(_ text: String) -> RejectReason? {
    let words: [(String, RejectReason)] = [
      ("read-only", .readOnly), ("insufficient", .margin), ("margin", .margin), ("buying power", .margin),
      ("available funds", .margin), ("permission", .permission), ("not allowed", .permission), ("price", .price),
      ("size", .size), ("quantity", .size), ("order type", .orderType), ("time in force", .timeInForce),
      ("account", .account), ("invalid", .invalid), ("error validating", .invalid),
    ]
    return words.first { text.contains($0.0) }?.1
  }
}

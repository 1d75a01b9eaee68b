/// One execution. A later report whose `execId` differs in its last number only replaces the earlier one.
public struct Execution: Sendable, Equatable {
  public var execId = ""
  /// nil for orders that were not given by a client of the interface.
  public var orderId: Int32?
  public var clientId: Int32 = 0
  public var permId: Int64 = 0
  public var time = ""
  public var acctNumber = ""
  public var exchange = ""
  /// `BOT` or `SLD`.
  public var side = ""
  public var shares = WireDecimal.zero
  public var price = 0.0
  public var liquidation: Int32 = 0
  public var cumQty: WireDecimal?
  public var avgPrice: Double?
  public var orderRef = ""
  public var evRule = ""
  public var evMultiplier: Double?
  public var modelCode = ""
  /// 1 added, 2 removed, 3 routed out.
  public var lastLiquidity: Int32 = 0
  public var pendingPriceRevision = false
  public var submitter = ""
  public init() {}
}

/// What an execution cost, and what it earned when it closed a position.
public struct CommissionReport: Sendable, Equatable {
  public var execId = ""
  public var commission: Double?
  public var currency = ""
  /// nil when the execution opened a position.
  public var realizedPNL: Double?
  public var yield: Double?
  public var yieldRedemptionDate: Int32?
  public init() {}
}

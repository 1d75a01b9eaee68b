/// What the gateway says about an order beside the order itself: its status, its effect on margin, its costs.
public struct OrderState: Sendable, Equatable {
  public var status = ""
  // Text as it stands: the largest double outside of what-if orders. ``amount(_:)`` makes numbers of them.
  public var initMarginBefore = ""
  public var maintMarginBefore = ""
  public var equityWithLoanBefore = ""
  public var initMarginChange = ""
  public var maintMarginChange = ""
  public var equityWithLoanChange = ""
  public var initMarginAfter = ""
  public var maintMarginAfter = ""
  public var equityWithLoanAfter = ""
  public var commission: Double?
  public var minCommission: Double?
  public var maxCommission: Double?
  public var commissionCurrency = ""
  public var warningText = ""
  public var completedTime = ""
  public var completedStatus = ""

  // From server version 195.
  public var marginCurrency = ""
  public var outsideRTH = MarginPreview()
  public var suggestedSize: WireDecimal?
  public var rejectReason = ""
  public var orderAllocations: [OrderAllocation] = []
  public init() {}

  /// The number of a margin's text, nil where it is not set.
  public static func amount(_ text: String) -> Double? {
    guard let number = Double(text), number.isFinite, number != .greatestFiniteMagnitude else { return nil }
    return number
  }
}

/// The effect of an order on margin outside of regular trading hours.
public struct MarginPreview: Sendable, Equatable {
  public var initMarginBefore: Double?
  public var maintMarginBefore: Double?
  public var equityWithLoanBefore: Double?
  public var initMarginChange: Double?
  public var maintMarginChange: Double?
  public var equityWithLoanChange: Double?
  public var initMarginAfter: Double?
  public var maintMarginAfter: Double?
  public var equityWithLoanAfter: Double?
  public init() {}
}

/// The part of one account in an order for several.
public struct OrderAllocation: Sendable, Equatable {
  public var account = ""
  public var position: WireDecimal?
  public var positionDesired: WireDecimal?
  public var positionAfter: WireDecimal?
  public var desiredAllocQty: WireDecimal?
  public var allowedAllocQty: WireDecimal?
  public var isMonetary = false
  public init() {}
}

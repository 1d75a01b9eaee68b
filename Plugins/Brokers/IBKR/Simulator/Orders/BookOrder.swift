import TWSProtocol

/// An order as the gateway keeps it: what the client asked for, and what became of it.
final class BookOrder {
  enum Stage {
    /// Not transmitted: the gateway keeps it to itself.
    case held
    /// On its way to where it works.
    case pending
    /// Accepted, but waiting: for its parent, a trigger, a time, an auction.
    case waiting
    case working
    case cancelling
    case filled
    case cancelled
    case inactive
  }

  /// The gateway's own running number.
  let number: Int
  let clientId: Int32
  let orderId: Int32
  var permId: Int64 = 0
  let instrument: Instrument
  var contract: Contract
  var order: Order
  var stage = Stage.held
  var total: Size
  var filled = Size.zero
  /// Price times quantity of what filled.
  var spent = 0.0
  var lastFillPrice = 0.0
  var whyHeld = ""
  /// A stop that was elected, an auction that began: it works like the order below it.
  var isTriggered = false
  /// Where a trailing stop stands.
  var stopPrice: Double?
  /// In how many parts it will still fill.
  var partsLeft = 1
  var isFillPending = false
  /// Whether a client was told of it.
  var wasReported = false
  var placedAt: Int64
  var endedAt: Int64 = 0
  var endText = ""
  var rejectReason = ""

  init(
    _ number: Int, clientId: Int32, instrument: Instrument, contract: Contract, order: Order, total: Size, at now: Int64
  ) {
    (self.number, self.clientId, orderId) = (number, clientId, order.orderId)
    (self.instrument, self.contract, self.order, self.total, placedAt) = (instrument, contract, order, total, now)
    stopPrice = order.trailStopPrice
  }

  var remaining: Size { total - filled }
  var isBuy: Bool { order.action == "BUY" }
  var isOver: Bool { stage == .filled || stage == .cancelled || stage == .inactive }
  var isOpen: Bool { !isOver && stage != .held }
  var averagePrice: Double { filled > .zero ? spent / filled.double : 0 }

  /// The word for the stage.
  var status: String {
    switch stage {
    case .held: "ApiPending"
    case .pending: "PendingSubmit"
    case .waiting: "PreSubmitted"
    case .working: "Submitted"
    case .cancelling: "PendingCancel"
    case .filled: "Filled"
    case .cancelled: "Cancelled"
    case .inactive: "Inactive"
    }
  }

  /// Whether it can take part in trades now.
  var canFill: Bool { stage == .working || stage == .cancelling }

  /// The price at which it would trade against a quote; nil: it would not.
  func price(_ bid: Double, _ ask: Double) -> Double? {
    let touch = isBuy ? ask : bid
    guard let limit = limit(bid, ask) else { return touch }
    return isBuy ? (touch <= limit ? touch : nil) : (touch >= limit ? touch : nil)
  }

  /// The worst price it accepts; nil: any.
  private func limit(_ bid: Double, _ ask: Double) -> Double? {
    switch kind {
    case .market, .stop, .trail: return nil
    case .limit, .stopLimit: return order.lmtPrice
    case .trailLimit: return order.lmtPrice
    case .middle:
      let middle = isBuy ? ask : bid
      return order.lmtPrice.map { isBuy ? min($0, middle) : max($0, middle) } ?? middle
    case .relative:
      let offset = order.auxPrice ?? 0
      let pegged = isBuy ? bid + offset : ask - offset
      guard let cap = order.lmtPrice, cap > 0 else { return pegged }
      return isBuy ? min(pegged, cap) : max(pegged, cap)
    }
  }
}

/// The types of orders that the gateway knows how to work.
enum OrderKind {
  case market, limit, stop, stopLimit, trail, trailLimit, middle, relative

  init?(_ type: String) {
    switch type {
    case "MKT", "MOC", "MTL", "MKT PRT", "SNAP MKT", "MIT": self = .market
    case "LMT", "LOC", "LIT": self = .limit
    case "STP", "STP PRT": self = .stop
    case "STP LMT": self = .stopLimit
    case "TRAIL": self = .trail
    case "TRAIL LIMIT": self = .trailLimit
    case "MIDPRICE", "PEG MID", "SNAP MID": self = .middle
    case "REL": self = .relative
    default: return nil
    }
  }
}

extension BookOrder {
  var kind: OrderKind { OrderKind(order.orderType) ?? .limit }

  /// Works only when the market opens or closes.
  var auction: String? {
    if order.orderType == "MOC" || order.orderType == "LOC" { return "close" }
    return order.tif == "OPG" ? "open" : nil
  }

  var isTouched: Bool { order.orderType == "MIT" || order.orderType == "LIT" }
  var needsTrigger: Bool {
    switch kind {
    case .stop, .stopLimit, .trail, .trailLimit: true
    default: isTouched
    }
  }
  var isWhole: Bool { order.allOrNone || order.tif == "FOK" || auction != nil }
}

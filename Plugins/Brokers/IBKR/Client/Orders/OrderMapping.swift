import CAlphaLoop
import TWSProtocol

/// An instrument of the host's universe as the gateway knows it.
public struct Listing: Sendable {
  public enum Resolution: Sendable, Equatable {
    case pending
    case resolved
    case failed(String)
  }

  public var symbol: String
  public var currency: String
  /// With the contract's id once it is resolved.
  public var contract: Contract
  public var resolution = Resolution.pending
  /// Prices on the wire are real prices times this.
  public var magnifier = 1.0
  /// Money per unit of price.
  public var multiplier = 1.0
  public var timeZone = ""
  public var liquidHours = ""

  public init(symbol: String, currency: String, contract: Contract) {
    self.symbol = symbol
    self.currency = currency
    self.contract = contract
  }
}

/// What an order row of the host is on the wire.
struct OrderMapping {
  var account: String

  /// - Parameters:
  ///   - ref: the order's reference.
  ///   - parent: order id of the parent in a bracket, 0 none.
  /// - Throws: ``IBKRError/Kind/invalid`` for a row that no order can be made of.
  func order(
    _ row: al_order_v1, ref: String, magnifier: Double, oca: String = "", parent: Int32 = 0, transmit: Bool = true
  ) throws(IBKRError) -> Order {
    var order = Order()
    order.orderRef = ref
    order.account = account
    order.action = row.quantity > 0 ? "BUY" : "SELL"
    order.totalQuantity = FixedPoint.decimal(abs(row.quantity))
    order.parentId = parent
    order.transmit = transmit
    order.ocaGroup = oca
    // Cancels the rest with a block: none of them can fill while another is being filled.
    order.ocaType = oca.isEmpty ? 0 : 1
    order.outsideRth = row.flags & AL_ORDER_OUTSIDE_HOURS != 0
    guard row.quantity != 0 else { throw IBKRError(.invalid, "the quantity is 0") }
    func price(_ units: Int64, _ name: String) throws(IBKRError) -> Double {
      guard units != 0 else { throw IBKRError(.invalid, "an order of type \(row.type) needs a \(name)") }
      return magnifier == 1 ? FixedPoint.double(units) : FixedPoint.double(units) * magnifier
    }
    switch row.type {
    case AL_ORDER_MARKET, AL_ORDER_MARKET_ON_OPEN: order.orderType = "MKT"
    case AL_ORDER_LIMIT, AL_ORDER_LIMIT_ON_OPEN:
      order.orderType = "LMT"
      order.lmtPrice = try price(row.limit_price, "limit price")
    case AL_ORDER_STOP:
      order.orderType = "STP"
      order.auxPrice = try price(row.stop_price, "stop price")
    case AL_ORDER_STOP_LIMIT:
      order.orderType = "STP LMT"
      order.lmtPrice = try price(row.limit_price, "limit price")
      order.auxPrice = try price(row.stop_price, "stop price")
    case AL_ORDER_TRAILING_STOP:
      order.orderType = "TRAIL"
      if row.trail_ppm != 0 {
        // A percent is 10,000 parts per million.
        order.trailingPercent = Double(row.trail_ppm) / 10_000
      } else {
        order.auxPrice = try price(row.stop_price, "trailing offset")
      }
    case AL_ORDER_MARKET_ON_CLOSE: order.orderType = "MOC"
    case AL_ORDER_LIMIT_ON_CLOSE:
      order.orderType = "LOC"
      order.lmtPrice = try price(row.limit_price, "limit price")
    default: throw IBKRError(.invalid, "there is no order type \(row.type)")
    }
    try setTime(of: &order, row)
    return order
  }

  private func setTime(of order: inout Order, _ row: al_order_v1) throws(IBKRError) {
    switch row.type {
    case AL_ORDER_MARKET_ON_OPEN, AL_ORDER_LIMIT_ON_OPEN:
      order.tif = "OPG"
      return
    case AL_ORDER_MARKET_ON_CLOSE, AL_ORDER_LIMIT_ON_CLOSE:
      order.tif = "DAY"
      return
    default: break
    }
    switch row.time_in_force {
    case AL_TIF_DAY: order.tif = "DAY"
    case AL_TIF_GTC: order.tif = "GTC"
    case AL_TIF_IOC: order.tif = "IOC"
    case AL_TIF_FOK: order.tif = "FOK"
    case AL_TIF_GTD:
      guard row.expire_ns > 0 else { throw IBKRError(.invalid, "an order until a date needs expire_ns") }
      order.tif = "GTD"
      order.goodTillDate = ServerTime.text(row.expire_ns)
    default: throw IBKRError(.invalid, "there is no time in force \(row.time_in_force)")
    }
  }
}

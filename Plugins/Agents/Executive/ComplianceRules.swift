import AlphaLoopSDK

/// Why a proposal is refused; the raw value is the place in the descriptor's reasons.
enum ComplianceRule: Int, CaseIterable {
  case restricted
  case locate
  case positionSize
  case priceCollar
  case washSale
  case dayTrades
  case orderRate
  case positionCount
  case gross
  case noEquity

  var reason: Reason { .custom(rawValue) }

  var text: String {
    switch self {
    case .restricted: "on the restricted list"
    case .locate: "short sale without a locate"
    case .positionSize: "position above its share of equity"
    case .priceCollar: "price outside the collar around the one before"
    case .washSale: "bought again within the wash-sale window after a loss"
    case .dayTrades: "day trades used up"
    case .orderRate: "too many new orders within the window"
    case .positionCount: "more names than allowed"
    case .gross: "gross exposure above its share of equity"
    case .noEquity: "no equity to measure against"
    }
  }
}

/// The limits of `Compliance`. Fractions of equity; times in nanoseconds.
struct ComplianceLimits {
  let maxPosition: Double
  let maxNames: Int
  let maxGross: Double
  let collar: Double
  let maxOrders: Int
  let orderWindow: Int64
  let washSale: Int64
  let maxDayTrades: Int
  let dayTradeEquity: Double
  let requiresLocate: Bool

  static let parameters: [ParameterSpec] = [
    .number("max_position", default: 0.05, in: 0...10, "largest absolute weight; exactly this much is accepted"),
    .integer("max_names", default: 20, in: 0...100_000, "most open names, held ones included"),
    .number("max_gross", default: 1, in: 0...100, "largest sum of absolute weights"),
    .number(
      "price_collar", default: 0.25, in: 0...10,
      "refuse where the newest price is farther than this from the one before; 0 is off"),
    .integer("max_orders", default: 500, in: 1...100_000, "most changed names within order_window_seconds"),
    .number("order_window_seconds", default: 60, in: 0.001...31_536_000, "window of max_orders"),
    .number(
      "wash_sale_days", default: 0, in: 0...366,
      "refuse to rebuild a position within so many days after a sale at a loss; 0 is off, 30 is the statute's. The law "
        + "disallows the deduction, not the purchase"),
    .integer(
      "max_day_trades", default: 3, in: 0...100_000,
      "day trades within five sessions after which new risk is refused while equity is below day_trade_equity"),
    .number(
      "day_trade_equity", default: 25_000, in: 0...1e15, "equity from which day trades are not counted; 0 is off"),
    .flag("require_locate", default: true, "refuse short sales of instruments without a locate"),
    .json(
      "restricted",
      schema: "{\"type\":\"array\",\"default\":[],\"description\":\"symbols in which no new risk is taken\","
        + "\"items\":{\"type\":\"string\"}}"),
  ]

  init(_ p: Parameters) throws(PluginError) {
    maxPosition = try p.number("max_position")
    maxNames = try p.integer("max_names")
    maxGross = try p.number("max_gross")
    collar = try p.number("price_collar")
    maxOrders = try p.integer("max_orders")
    orderWindow = Int64(try p.number("order_window_seconds") * 1e9)
    washSale = Int64(try p.number("wash_sale_days") * 86_400e9)
    maxDayTrades = try p.integer("max_day_trades")
    dayTradeEquity = try p.number("day_trade_equity")
    requiresLocate = try p.flag("require_locate")
  }

  /// The instruments on the list.
  static func restricted(_ setup: Setup) throws(PluginError) -> [Bool] {
    var list: [String] = []
    for i in 0..<setup.parameters.count("restricted") { list.append(try setup.parameters.text("restricted.\(i)")) }
    return setup.universe.map { list.contains($0.symbol) }
  }
}

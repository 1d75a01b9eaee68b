/// Cash and positions of the one account.
final class AccountBook {
  struct Holding {
    var size = Size.zero
    /// Price times quantity, commissions included.
    var cost = 0.0
    var realized = 0.0
  }

  let name: String
  private(set) var cash: Double
  let startCash: Double
  private(set) var holdings: [String: Holding] = [:]

  init(name: String, cash: Double) {
    (self.name, self.cash, startCash) = (name, cash, cash)
  }

  /// Books a trade; what it earned, nil when it closed nothing.
  func trade(_ instrument: Instrument, _ size: Size, _ price: Double, _ commission: Double) -> Double? {
    var holding = holdings[instrument.symbol] ?? Holding()
    cash -= size.double * price + commission
    let closes = holding.size.raw != 0 && (holding.size.raw > 0) != (size.raw > 0)
    guard closes else {
      holding.size = holding.size + size
      holding.cost += size.double * price + commission
      holdings[instrument.symbol] = holding
      return nil
    }
    let closed = min(abs(holding.size.raw), abs(size.raw))
    let share = Double(closed) / Double(abs(holding.size.raw))
    let costOfClosed = holding.cost * share
    let proceeds = Double(closed) / Double(Size.scale) * price * (size.raw < 0 ? 1 : -1)
    let earned = proceeds - costOfClosed - commission
    holding.realized += earned
    holding.cost -= costOfClosed
    holding.size = holding.size + size
    // What goes beyond closing opens the other side.
    let rest = Size(raw: size.raw.signum() * (abs(size.raw) - closed))
    if rest.raw != 0 { holding.cost = rest.double * price }
    holdings[instrument.symbol] = holding
    return earned
  }

  /// A correction of a trade that was booked.
  func correct(_ instrument: Instrument, size: Size, cash change: Double) {
    var holding = holdings[instrument.symbol] ?? Holding()
    holding.size = holding.size + size
    holding.cost += change
    cash -= change
    holdings[instrument.symbol] = holding
  }

  func averageCost(_ symbol: String) -> Double {
    guard let holding = holdings[symbol], holding.size.raw != 0 else { return 0 }
    return holding.cost / holding.size.double
  }

  func value(_ symbol: String, _ market: Market) -> Double {
    (holdings[symbol]?.size.double ?? 0) * (market.bySymbol[symbol]?.last ?? 0)
  }

  func unrealized(_ symbol: String, _ market: Market) -> Double {
    guard let holding = holdings[symbol], holding.size.raw != 0 else { return 0 }
    return value(symbol, market) - holding.cost
  }

  var symbols: [String] { holdings.keys.sorted() }
  var realized: Double { symbols.reduce(0) { $0 + (holdings[$1]?.realized ?? 0) } }
  func unrealized(_ market: Market) -> Double { symbols.reduce(0) { $0 + unrealized($1, market) } }
  func gross(_ market: Market) -> Double { symbols.reduce(0) { $0 + abs(value($1, market)) } }
  func equity(_ market: Market) -> Double { symbols.reduce(cash) { $0 + value($1, market) } }
  func initialMargin(_ market: Market) -> Double { gross(market) * 0.25 }
  func buyingPower(_ market: Market) -> Double { max(0, (equity(market) - initialMargin(market)) * 4) }
}

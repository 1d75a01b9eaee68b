import AlphaLoopSDK
import CAlphaLoop

// What taking liquidity costs.
extension UnsafeMutablePointer<Venue> {
  /// The price that a market or triggered stop order pays: `price` moved against it by half the spread and the slippage.
  /// Each is rounded up to a whole 1e-8 on its own; a sale never goes below 1e-8.
  @inline(__always) func taking(
    _ price: Int64, _ quantity: Int64, isBuy: Bool, _ bar: Bar, _ instrument: UInt32, _ pass: Pass
  ) -> Int64 {
    if pointee.settings.spread == .none && pointee.settings.slippage == .none { return price }
    return costly(price, quantity, isBuy: isBuy, bar, instrument, pass.quotes)
  }

  @inline(never) private func costly(
    _ price: Int64, _ quantity: Int64, isBuy: Bool, _ bar: Bar, _ instrument: UInt32,
    _ quotes: UnsafePointer<UnsafePointer<al_quote_v1>?>?
  ) -> Int64 {
    let cost = Fixed.add(halfSpread(price, instrument, quotes), slippage(price, quantity, bar))
    return isBuy ? Fixed.add(price, cost) : max(price - min(cost, price), 1)
  }

  private func halfSpread(
    _ price: Int64, _ instrument: UInt32, _ quotes: UnsafePointer<UnsafePointer<al_quote_v1>?>?
  ) -> Int64 {
    switch pointee.settings.spread {
    case .none: return 0
    case .fixed: return pointee.settings.halfSpread
    case .proportional: return Fixed.shareUp(price, ppm: pointee.settings.halfSpreadShare)
    case .quotes:
      guard let quote = quotes?[Int(instrument)]?.pointee, quote.ts > 0, quote.bid > 0, quote.ask >= quote.bid,
        let bid = Int64(exactly: (quote.bid * 1e8).rounded(.toNearestOrEven)),
        let ask = Int64(exactly: (quote.ask * 1e8).rounded(.toNearestOrEven))
      else { return pointee.settings.halfSpread }
      return (ask - bid) / 2 + (ask - bid) % 2
    }
  }

  /// Square root: coefficient x sigma x sqrt(quantity / volume), the impact law of Almgren, Thum, Hauptmann and Li,
  /// "Direct Estimation of Equity Market Impact" (2005), with the usual exponent of one half. Sigma is Parkinson's range
  /// estimate of the bar, (high - low) / (2 sqrt(ln 2)). Without a volume the proportional slippage stands in.
  private func slippage(_ price: Int64, _ quantity: Int64, _ bar: Bar) -> Int64 {
    switch pointee.settings.slippage {
    case .none: return 0
    case .proportional: return Fixed.shareUp(price, ppm: pointee.settings.slippageShare)
    case .squareRoot:
      guard bar.volume > 0 else { return Fixed.shareUp(price, ppm: pointee.settings.slippageShare) }
      let sigma =
        bar.hasRange
        ? Double(bar.high - bar.low) * 0.600_561_204_393_224_9 : Double(price) * pointee.settings.impactVolatility
      let impact = pointee.settings.impactCoefficient * sigma * (Double(quantity) / Double(bar.volume)).squareRoot()
      return Int64(exactly: impact.rounded(.up)) ?? .max
    }
  }
}

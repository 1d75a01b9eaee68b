/// What the account holds of one instrument, with what every mark touches first.
public struct Position: Sendable, BitwiseCopyable {
  /// The last mark, or the price of the first fill before any mark.
  public internal(set) var last = Price.zero
  /// Quantity x multiplier in whole units; 0 unless `isWhole`.
  var scale: Int64 = 0
  /// Marks from 1 to here move the value by `scale` without a product that passes 64 bits; 0: every mark is taken the
  /// general way.
  var plainPrices: UInt64 = 0
  public internal(set) var currency: UInt32 = 0
  /// The only agent that ever held it: its book is the account's. `noAgent` before the first fill, `manyAgents` when the
  /// books are kept apart.
  var holder: UInt32 = noAgent
  public internal(set) var holding = Holding()
  var isWhole = true
  var isMarked = false
  /// First of the agents' rows of this instrument, in order of first fill; -1 when there is none.
  var firstRow: Int32 = -1
  /// Commissions and fees paid; positive is a cost.
  public internal(set) var fees = Money.zero
  /// The value while it is not whole.
  var fractionalValue = Money.zero
  /// The multiplier in whole units; 0 when it has decimals.
  var wholeMultiplier: Int64 = 1
  /// Dividends received (negative: paid while short).
  public internal(set) var dividends = Money.zero
  /// Contract multiplier in 1e-8 units.
  public internal(set) var multiplier = Quantity(raw: fixedPointScale)
  /// Fills the second cache line.
  private var reserved: (Int64, Int64, Int64) = (0, 0, 0)

  static let noAgent = UInt32.max
  static let manyAgents = UInt32.max - 1

  public var quantity: Quantity { holding.quantity }
  public var realised: Money { holding.realised }

  /// `last` x quantity x multiplier, signed, rounded half to even once: what equity is the sum of.
  public var value: Money { isWhole ? Money(raw: scale &* last.raw) : fractionalValue }

  /// After a change of quantity, mark or multiplier. `value` is what `worth` gives for them.
  @inline(__always)
  mutating func set(scale: Int64?, value: Int64) {
    isWhole = scale != nil
    self.scale = scale ?? 0
    fractionalValue.raw = value
    measure()
  }

  /// Finds the marks that may go the short way.
  @inline(__always)
  mutating func measure() {
    // Below 2^62, neither a value nor the move of one passes 64 bits.
    let limit = largestPlain(times: scale.magnitude, bits: 62)
    plainPrices = isWhole && isMarked && UInt64(bitPattern: last.raw) <= limit ? limit : 0
  }

  /// Value over cost: what closing at the last mark would realise.
  public var unrealised: Money { Money(raw: value.raw &- holding.cost.raw) }

  /// Mean entry price of the open quantity, rounded half to even to 1e-8; zero when flat.
  public var averageCost: Price { holding.averageCost(multiplier: multiplier) }

  /// `price` x `quantity` x multiplier, rounded half to even once; nil when it does not fit.
  func worth(_ quantity: Int64, at price: Int64) -> Int64? {
    let (product, overflow) = (Int128(quantity) * Int128(multiplier.raw)).multipliedReportingOverflow(by: Int128(price))
    if overflow { return nil }
    return Int64(exactly: dividedHalfEven(product, by: Int128(fixedPointScale) * Int128(fixedPointScale)))
  }

  /// The scale of a quantity when quantity x multiplier is whole; nil when it is not or does not fit.
  func wholeScale(of quantity: Int64) -> Int64? {
    let (scale, rest) = (Int128(quantity) * Int128(multiplier.raw))
      .quotientAndRemainder(dividingBy: Int128(fixedPointScale) * Int128(fixedPointScale))
    return rest == 0 ? Int64(exactly: scale) : nil
  }
}

extension Holding {
  /// `cost / (quantity x multiplier)`, rounded half to even to 1e-8; zero when flat.
  public func averageCost(multiplier: Quantity) -> Price {
    let exposure = Int128(quantity.raw) * Int128(multiplier.raw)
    if exposure == 0 { return .zero }
    let numerator = Int128(cost.raw) * Int128(fixedPointScale) * Int128(fixedPointScale)
    return Price(raw: Int64(clamping: dividedHalfEven(numerator, by: exposure)))
  }
}

/// What one agent holds of one instrument inside the shared account.
public struct AgentPosition: Equatable, Sendable, BitwiseCopyable {
  public let agent: UInt32
  public let instrument: UInt32
  public internal(set) var holding = Holding()
  public internal(set) var fees = Money.zero
  public internal(set) var dividends = Money.zero
  /// Next agent's row of the same instrument; -1 ends the list.
  var next: Int32 = -1

  init(agent: UInt32, instrument: UInt32) {
    self.agent = agent
    self.instrument = instrument
  }

  public var quantity: Quantity { holding.quantity }
  public var realised: Money { holding.realised }
}

import CAlphaLoop

@testable import AlphaLoopCore

/// The limits said a second time: from nothing but the orders that went out, the broker's facts and the prices, with plain
/// sums over everything at every question.
struct LimitModel {
  struct Open {
    var instrument: Int
    var left: Int64
    /// The broker owed an answer and did not give it in time.
    var isUnknown = false
  }

  struct Sent {
    var time: Int64
    var instrument: Int
    var quantity: Int64
    var limit: Int64
    var type: UInt8
    var flags: UInt16
  }

  /// An order before it is let out.
  struct Wish {
    var instrument: Int
    var quantity: Int64
    var limit: Int64
    var type: UInt8
    /// nil: not known, any may have been meant.
    var flags: UInt16?
  }

  let instruments: [Instrument]
  let limits: Limits
  var now: Int64 = 0
  var cash: Int128
  var positions: [Int64]
  var prices: [Int64]
  var priceTimes: [Int64]
  var open: [UInt64: Open] = [:]
  var sent: [Sent] = []
  /// Cancels that were asked for.
  var cancels: [Int64] = []
  var halt = HaltState.armed

  init(_ instruments: [Instrument], _ limits: Limits, cash: Int64) {
    self.instruments = instruments
    self.limits = limits
    self.cash = Int128(cash)
    positions = Array(repeating: 0, count: instruments.count)
    prices = positions
    priceTimes = positions
  }

  // MARK: sums

  private func worth(_ i: Int, _ quantity: Int128, at price: Int64) -> Int128 {
    quantity * Int128(instruments[i].multiplier.raw) / Int128(fixedPointScale) * Int128(price) / Int128(fixedPointScale)
  }

  var equity: Int128 {
    positions.indices.reduce(cash) { $0 + worth($1, Int128(positions[$1]), at: prices[$1]) }
  }

  /// What waits to be bought and to be sold, both above zero.
  private func waiting(_ i: Int, with wish: Wish? = nil) -> (buy: Int128, sell: Int128) {
    var (buy, sell) = (Int128(0), Int128(0))
    func add(_ q: Int64) { if q > 0 { buy += Int128(q) } else { sell -= Int128(q) } }
    for order in open.values where order.instrument == i { add(order.left) }
    if let wish, wish.instrument == i { add(wish.quantity) }
    return (buy, sell)
  }

  func hasUnknown(_ i: Int) -> Bool { open.values.contains { $0.instrument == i && $0.isUnknown } }

  /// The largest position that the waiting orders can leave, whichever of them fill.
  func worst(_ i: Int, with wish: Wish? = nil) -> Int128 {
    let (buy, sell) = waiting(i, with: wish)
    let position = Int128(positions[i])
    func size(_ q: Int128) -> Int128 { q < 0 ? -q : q }
    if limits.pendingExposure == .committed && !hasUnknown(i) { return size(position + buy - sell) }
    return max(size(position + buy), size(position - sell))
  }

  private func net(with wish: Wish? = nil, at price: Int64 = 0) -> Int128 {
    var sum = Int128(0)
    for i in positions.indices {
      let (buy, sell) = waiting(i)
      sum += worth(i, Int128(positions[i]) + buy - sell, at: prices[i])
    }
    if let wish { sum += worth(wish.instrument, Int128(wish.quantity), at: price) }
    return sum
  }

  private func isAbove(_ value: Int128, _ limit: MoneyLimit) -> Bool {
    switch limit {
    case .none: false
    case .money(let most): value > Int128(most.raw)
    case .ofEquity(let ppm): value * 1_000_000 > equity * Int128(ppm)
    }
  }

  // MARK: the question

  /// Lets nobody out of a position with it, and takes nobody further in: these may always go.
  func onlyReduces(_ wish: Wish) -> Bool {
    let i = wish.instrument
    let (buy, sell) = waiting(i, with: wish)
    if wish.quantity > 0 { return positions[i] < 0 && buy <= -Int128(positions[i]) }
    return positions[i] > 0 && sell <= Int128(positions[i])
  }

  func addsRisk(_ wish: Wish) -> Bool { worst(wish.instrument, with: wish) > worst(wish.instrument) }

  /// Every reason of form and pace for which the order must not go.
  func formBreaches(_ wish: Wish, sure: Bool) -> Set<UInt16> {
    let i = wish.instrument
    var found: Set<UInt16> = []
    if prices[i] <= 0 { found.insert(AL_DENY_NO_PRICE) }
    if !instruments[i].isTradable { found.insert(AL_DENY_NOT_TRADABLE) }
    if limits.priceCollarPPM != 0, wish.limit != 0 {
      let far = Int128(wish.limit) - Int128(prices[i])
      if (far < 0 ? -far : far) * 1_000_000 > Int128(prices[i]) * Int128(limits.priceCollarPPM) {
        found.insert(AL_DENY_PRICE_COLLAR)
      }
    }
    if limits.staleAfter != 0, now - priceTimes[i] > limits.staleAfter { found.insert(AL_DENY_STALE_QUOTE) }
    if limits.duplicateWithin != 0,
      sent.contains(where: {
        now - $0.time < limits.duplicateWithin && $0.instrument == i && $0.quantity == wish.quantity
          && $0.limit == wish.limit && $0.type == wish.type && (wish.flags == nil || wish.flags == $0.flags)
      })
    {
      found.insert(AL_DENY_DUPLICATE)
    }
    if let rate = limits.orderRate, sent.count(where: { now - $0.time < rate.window }) >= rate.count {
      found.insert(AL_DENY_ORDER_RATE)
    }
    if let rate = limits.messageRate {
      // Cancels of this very moment may have left before the order, or after it.
      let others = cancels.count { now - $0 < rate.window && (!sure || $0 < now) }
      if others + sent.count(where: { now - $0.time < rate.window }) >= rate.count {
        found.insert(AL_DENY_MESSAGE_RATE)
      }
    }
    return found
  }

  /// Every limit on risk that would not hold any more with the order.
  func riskBreaches(_ wish: Wish) -> Set<UInt16> {
    let i = wish.instrument
    let price = wish.quantity > 0 ? max(prices[i], wish.limit) : prices[i]
    let size = wish.quantity < 0 ? -Int128(wish.quantity) : Int128(wish.quantity)
    var found: Set<UInt16> = []
    if halt != .armed { found.insert(AL_DENY_HALTED) }
    if hasUnknown(i) { found.insert(AL_DENY_UNKNOWN_WORKING) }
    if limits.restricted.contains(UInt32(i)) { found.insert(AL_DENY_RESTRICTED) }
    if let most = limits.maxOrderQuantity, size > Int128(most.raw) { found.insert(AL_DENY_ORDER_SIZE) }
    if isAbove(worth(i, size, at: price), limits.maxOrder) { found.insert(AL_DENY_ORDER_SIZE) }
    if wish.quantity < 0, limits.requiresLocate, !instruments[i].isShortable,
      waiting(i, with: wish).sell > max(Int128(positions[i]), 0)
    {
      found.insert(AL_DENY_LOCATE)
    }
    let names = positions.indices.count { worst($0) != 0 }
    if worst(i) == 0, names + 1 > limits.maxPositions { found.insert(AL_DENY_POSITION_COUNT) }
    let value = worth(i, worst(i, with: wish), at: price)
    if isAbove(value, limits.maxPosition) { found.insert(AL_DENY_POSITION_SIZE) }
    func total(_ list: some Sequence<Int>) -> Int128 {
      list.reduce(value) { $1 == i ? $0 : $0 + worth($1, worst($1), at: prices[$1]) }
    }
    if isAbove(total(positions.indices), limits.maxGross) { found.insert(AL_DENY_GROSS) }
    if limits.buyingPowerPPM != 0, isAbove(total(positions.indices), .ofEquity(ppm: limits.buyingPowerPPM)) {
      found.insert(AL_DENY_BUYING_POWER)
    }
    let sector = positions.indices.filter { instruments[$0].sector == instruments[i].sector }
    if isAbove(total(sector), limits.maxSector) { found.insert(AL_DENY_SECTOR) }
    let (before, after) = (net(), net(with: wish, at: price))
    if max(after, -after) > max(before, -before), isAbove(max(after, -after), limits.maxNet) {
      found.insert(AL_DENY_NET)
    }
    return found
  }
}

import CAlphaLoop

/// A refusal with its numbers.
struct Denial {
  var reason: UInt16
  var limit: Int64
  var value: Int64
}

/// Every order against every hard limit, from sums that are kept up to date as prices, fills and orders come. The same code
/// in backtest and live; a check is a handful of integer comparisons.
struct Gate {
  let exposures: UnsafeMutablePointer<Exposure>
  private(set) var sectors: UnsafeMutablePointer<Int64>
  let multipliers: [Int64]
  let count: Int
  var limits: Limits
  var gross: Int64 = 0
  var net: Int64 = 0
  /// Instruments with a position or an order that could open one.
  var names = 0
  /// Instruments whose value is beyond what the sums can hold: no new risk passes a limit on them meanwhile.
  private(set) var immense = 0
  private var orderTimes: TimeRing
  private var messageTimes: TimeRing
  private var recent: RecentOrders

  init(instruments: [Instrument], limits: Limits) {
    count = instruments.count
    self.limits = limits
    exposures = .allocateLines(max(count, 1))
    exposures.initialize(repeating: Exposure(), count: max(count, 1))
    sectors = .allocate(capacity: 1)
    multipliers = instruments.map(\.multiplier.raw)
    orderTimes = TimeRing(limits.orderRate)
    messageTimes = TimeRing(limits.messageRate)
    recent = RecentOrders(window: limits.duplicateWithin)
    permit(instruments)
    sumSectors(instruments)
  }

  /// What may be traded, sold short, or neither.
  private func permit(_ instruments: [Instrument]) {
    for (i, instrument) in instruments.enumerated() {
      var flags = exposures[i].flags & ~(Exposure.tradable | Exposure.shortable | Exposure.restricted)
      if instrument.isTradable { flags |= Exposure.tradable }
      if instrument.isShortable { flags |= Exposure.shortable }
      if limits.restricted.contains(UInt32(i)) { flags |= Exposure.restricted }
      exposures[i].flags = flags
    }
  }

  /// Who is of which sector, and what each is worth at worst.
  private mutating func sumSectors(_ instruments: [Instrument]) {
    let names = Set(instruments.map(\.sector)).sorted()
    let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, UInt32($0)) })
    sectors.deallocate()
    sectors = .allocate(capacity: max(names.count, 1))
    sectors.initialize(repeating: 0, count: max(names.count, 1))
    for (i, instrument) in instruments.enumerated() {
      let e = exposures + i
      e.pointee.sector = index[instrument.sector] ?? 0
      e.pointee.flags &= ~Exposure.tracked
      if limits.maxSector != .none { e.pointee.flags |= Exposure.tracked }
      sectors[Int(e.pointee.sector)] &+= value(e, at: e.pointee.last)
    }
  }

  func deallocate() {
    exposures.deallocate()
    sectors.deallocate()
  }

  // MARK: keeping the sums

  /// A new price, above zero.
  @inline(__always) mutating func mark(_ instrument: Int, _ price: Int64, _ time: Int64) {
    let e = exposures + instrument
    e.pointee.lastTime = time
    if UInt64(bitPattern: price &- 1) >= e.pointee.plainPrices { return markOtherwise(e, price) }
    let move = price &- e.pointee.last
    let change = e.pointee.units &* move
    e.pointee.last = price
    gross &+= change
    net &+= e.pointee.netUnits &* move
    if e.pointee.flags & Exposure.tracked != 0 { sectors[Int(e.pointee.sector)] &+= change }
  }

  /// The same for quantities with decimals, and for prices so high that a value may not fit.
  @inline(never) private mutating func markOtherwise(_ e: UnsafeMutablePointer<Exposure>, _ price: Int64) {
    let last = e.pointee.last
    let change = value(e, at: price) &- value(e, at: last)
    e.pointee.last = price
    gross &+= change
    net &+= netValue(e, at: price) &- netValue(e, at: last)
    if e.pointee.flags & Exposure.tracked != 0 { sectors[Int(e.pointee.sector)] &+= change }
    remeasure(e)
  }

  /// After a new quantity or an unusual price: whether the value counts, and which prices are usual.
  @inline(__always) private mutating func remeasure(_ e: UnsafeMutablePointer<Exposure>) {
    e.pointee.measure()
    let isUsual = UInt64(bitPattern: e.pointee.last &- 1) < e.pointee.plainPrices
    if !isUsual || e.pointee.flags & Exposure.immense != 0 { weigh(e) }
  }

  @inline(never) private mutating func weigh(_ e: UnsafeMutablePointer<Exposure>) {
    let fits = e.pointee.fits(at: e.pointee.last)
    if fits == (e.pointee.flags & Exposure.immense == 0) { return }
    e.pointee.flags ^= Exposure.immense
    immense &+= fits ? -1 : 1
    e.pointee.measure()
  }

  /// Absolute money at a price.
  @inline(__always) func value(_ e: UnsafePointer<Exposure>, at price: Int64) -> Int64 {
    let whole = e.pointee.units &* price
    return e.pointee.fraction == 0 ? whole : whole &+ share(e.pointee.fraction, price)
  }

  /// Signed money at a price, all orders filled.
  @inline(__always) private func netValue(_ e: UnsafePointer<Exposure>, at price: Int64) -> Int64 {
    let whole = e.pointee.netUnits &* price
    return e.pointee.netFraction == 0 ? whole : whole &+ share(e.pointee.netFraction, price)
  }

  @inline(never) private func share(_ fraction: Int64, _ price: Int64) -> Int64 {
    Int64(clamping: Int128(fraction) * Int128(price) / Int128(fixedPointScale))
  }

  /// The quantity at risk for a position and its reservations, absolute, 1e-8.
  @inline(__always)
  func quantityAtRisk(_ position: Int64, _ buy: Int64, _ sell: Int64, hasUnknown: Bool) -> Int64 {
    if limits.pendingExposure == .committed && !hasUnknown { return abs(position &+ buy &- sell) }
    return max(abs(position &+ buy), abs(position &- sell))
  }

  /// Recomputes one instrument after an order or a fill.
  @inline(__always)
  mutating func update(_ instrument: Int, position: Int64, book: UnsafePointer<OrderPool.Book>) {
    let e = exposures + instrument
    let buy = book.pointee.reservedBuy.raw
    let sell = book.pointee.reservedSell.raw
    let risk = quantityAtRisk(position, buy, sell, hasUnknown: book.pointee.unknown > 0)
    let committed = position &+ buy &- sell
    let last = e.pointee.last
    let before = value(e, at: last)
    let netBefore = netValue(e, at: last)
    set(e, risk, committed, multipliers[instrument])
    remeasure(e)
    let isOpen = risk != 0
    if isOpen != (e.pointee.flags & Exposure.counted != 0) {
      e.pointee.flags ^= Exposure.counted
      names &+= isOpen ? 1 : -1
    }
    let change = value(e, at: last) &- before
    gross &+= change
    net &+= netValue(e, at: last) &- netBefore
    if e.pointee.flags & Exposure.tracked != 0 { sectors[Int(e.pointee.sector)] &+= change }
  }

  @inline(__always) private func set(
    _ e: UnsafeMutablePointer<Exposure>, _ risk: Int64, _ committed: Int64, _ multiplier: Int64
  ) {
    let units = risk / fixedPointScale
    let netUnits = committed / fixedPointScale
    let isWhole = units &* fixedPointScale == risk && netUnits &* fixedPointScale == committed
    guard isWhole, multiplier == fixedPointScale, e.pointee.flags & Exposure.fractional == 0 else {
      return setFraction(e, risk, committed, multiplier)
    }
    e.pointee.units = units
    e.pointee.netUnits = netUnits
  }

  @inline(never) private func setFraction(
    _ e: UnsafeMutablePointer<Exposure>, _ risk: Int64, _ committed: Int64, _ multiplier: Int64
  ) {
    let scale = Int128(fixedPointScale)
    e.pointee.flags |= Exposure.fractional
    e.pointee.units = 0
    e.pointee.netUnits = 0
    e.pointee.fraction = Int64(clamping: Int128(risk) * Int128(multiplier) / scale)
    e.pointee.netFraction = Int64(clamping: Int128(committed) * Int128(multiplier) / scale)
  }

  // MARK: the check

  /// nil: the order may go. Otherwise the first limit it would break, with the numbers.
  @inline(__always)
  mutating func check(
    _ order: UnsafePointer<al_order_v1>, position: Int64, book: UnsafePointer<OrderPool.Book>, context c: GateContext
  ) -> Denial? {
    let e = exposures + Int(order.pointee.instrument)
    let last = e.pointee.last
    let size = abs(order.pointee.quantity)
    let buy = book.pointee.reservedBuy.raw &+ (order.pointee.quantity > 0 ? size : 0)
    let sell = book.pointee.reservedSell.raw &+ (order.pointee.quantity < 0 ? size : 0)
    let unknown = book.pointee.unknown > 0
    let risk = quantityAtRisk(position, buy, sell, hasUnknown: unknown)
    let before = quantityAtRisk(
      position, book.pointee.reservedBuy.raw, book.pointee.reservedSell.raw, hasUnknown: unknown)
    // A purchase may cost as much as its limit, or as its stop where that is a price.
    var price = last
    if order.pointee.quantity > 0 {
      price = max(price, order.pointee.limit_price)
      if order.pointee.type != AL_ORDER_TRAILING_STOP { price = max(price, order.pointee.stop_price) }
    }
    // An order that can only reduce what is at risk passes the limits on exposure; every other one meets all of them.
    let opensOtherSide = order.pointee.quantity > 0 ? position < 0 && buy > -position : position > 0 && sell > position
    let mayAdd = risk > before || opensOtherSide || reducesNothing(order.pointee.quantity, position)
    // The way out of a position is never barred: no size, restriction or rate, nor that there is no price, may keep a
    // flattening from ending.
    if !mayAdd, c.halt >= .flattening { return nil }
    if last <= 0 { return Denial(reason: AL_DENY_NO_PRICE, limit: 0, value: last) }
    if let denial = checkShape(order, e, size, price, mayAdd, c) { return denial }
    if mayAdd {
      return checkRisk(order, e, position: position, sell: sell, risk: risk, before: before, price: price, unknown, c)
    }
    return nil
  }

  /// True when an order is not against the held position.
  @inline(__always) private func reducesNothing(_ quantity: Int64, _ position: Int64) -> Bool {
    position == 0 || (quantity > 0) == (position > 0)
  }

  @inline(__always) private mutating func checkShape(
    _ order: UnsafePointer<al_order_v1>, _ e: UnsafeMutablePointer<Exposure>, _ size: Int64, _ price: Int64,
    _ mayAdd: Bool, _ c: GateContext
  ) -> Denial? {
    let flags = e.pointee.flags
    if flags & (Exposure.tradable | Exposure.restricted) != Exposure.tradable,
      mayAdd || flags & Exposure.restricted == 0
    {
      return Denial(
        reason: flags & Exposure.tradable == 0 ? AL_DENY_NOT_TRADABLE : AL_DENY_RESTRICTED, limit: 0,
        value: order.pointee.quantity)
    }
    if mayAdd, let most = limits.maxOrderQuantity, size > most.raw {
      return Denial(reason: AL_DENY_ORDER_SIZE, limit: most.raw, value: size)
    }
    if limits.priceCollarPPM != 0, order.pointee.limit_price != 0 {
      let last = e.pointee.last
      let distance = Int64(clamping: (order.pointee.limit_price &- last).magnitude)
      if Int128(distance) * 1_000_000 > Int128(last) * Int128(limits.priceCollarPPM) {
        return Denial(reason: AL_DENY_PRICE_COLLAR, limit: last, value: order.pointee.limit_price)
      }
    }
    if limits.staleAfter != 0, c.now &- e.pointee.lastTime > limits.staleAfter {
      return Denial(reason: AL_DENY_STALE_QUOTE, limit: limits.staleAfter, value: c.now &- e.pointee.lastTime)
    }
    if mayAdd, limits.maxOrder != .none {
      let notional = money(size, price, multipliers[Int(order.pointee.instrument)])
      if let most = exceeds(notional, limits.maxOrder, c.equity) {
        return Denial(reason: AL_DENY_ORDER_SIZE, limit: most, value: notional)
      }
    }
    if limits.duplicateWithin != 0, recent.isRepeated(order.pointee, c.now) {
      return Denial(reason: AL_DENY_DUPLICATE, limit: limits.duplicateWithin, value: order.pointee.quantity)
    }
    if orderTimes.isFull(c.now) {
      return Denial(reason: AL_DENY_ORDER_RATE, limit: orderTimes.limit, value: orderTimes.limit + 1)
    }
    if messageTimes.isFull(c.now) {
      return Denial(reason: AL_DENY_MESSAGE_RATE, limit: messageTimes.limit, value: messageTimes.limit + 1)
    }
    return nil
  }

  @inline(__always) private func checkRisk(
    _ order: UnsafePointer<al_order_v1>, _ e: UnsafeMutablePointer<Exposure>, position: Int64, sell: Int64, risk: Int64,
    before: Int64, price: Int64, _ unknown: Bool, _ c: GateContext
  ) -> Denial? {
    if c.halt != .armed { return Denial(reason: AL_DENY_HALTED, limit: 0, value: Int64(c.halt.rawValue)) }
    if unknown { return Denial(reason: AL_DENY_UNKNOWN_WORKING, limit: 0, value: 1) }
    if c.vetoed { return Denial(reason: AL_DENY_VETO, limit: 0, value: Int64(c.vetoReason)) }
    if order.pointee.quantity < 0, limits.requiresLocate, e.pointee.flags & Exposure.shortable == 0,
      sell > max(position, 0)
    {
      return Denial(reason: AL_DENY_LOCATE, limit: max(position, 0), value: sell)
    }
    if before == 0 && names >= limits.maxPositions {
      return Denial(reason: AL_DENY_POSITION_COUNT, limit: Int64(limits.maxPositions), value: Int64(names + 1))
    }
    let worth = money(risk, price, multipliers[Int(order.pointee.instrument)])
    if let most = exceeds(worth, limits.maxPosition, c.equity) {
      return Denial(reason: AL_DENY_POSITION_SIZE, limit: most, value: worth)
    }
    let more = worth &- value(e, at: e.pointee.last)
    // What is beyond counting is beyond every limit.
    let total = immense == 0 ? saturating(gross, more) : .max
    if let most = exceeds(total, limits.maxGross, c.equity) {
      return Denial(reason: AL_DENY_GROSS, limit: most, value: total)
    }
    let worthOfOrder = money(abs(order.pointee.quantity), price, multipliers[Int(order.pointee.instrument)])
    let signed = immense == 0 ? saturating(net, order.pointee.quantity > 0 ? worthOfOrder : 0 &- worthOfOrder) : .max
    // The lowest number has no positive twin.
    if signed.magnitude > net.magnitude, let most = exceeds(Int64(clamping: signed.magnitude), limits.maxNet, c.equity)
    {
      return Denial(reason: AL_DENY_NET, limit: most, value: signed)
    }
    if limits.maxSector != .none {
      let sector = immense == 0 ? saturating(sectors[Int(e.pointee.sector)], more) : .max
      if let most = exceeds(sector, limits.maxSector, c.equity) {
        return Denial(reason: AL_DENY_SECTOR, limit: most, value: sector)
      }
    }
    if limits.buyingPowerPPM != 0, let most = exceeds(total, .ofEquity(ppm: limits.buyingPowerPPM), c.equity) {
      return Denial(reason: AL_DENY_BUYING_POWER, limit: most, value: total)
    }
    return nil
  }

  @inline(__always) private func saturating(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (b < 0 ? .min &+ 1 : .max) : sum
  }

  /// New limits and trading flags for the same instruments; the sums go on.
  mutating func configure(_ instruments: [Instrument], _ new: Limits) {
    if new.orderRate != limits.orderRate { orderTimes = TimeRing(new.orderRate) }
    if new.messageRate != limits.messageRate { messageTimes = TimeRing(new.messageRate) }
    if new.duplicateWithin != limits.duplicateWithin { recent = RecentOrders(window: new.duplicateWithin) }
    limits = new
    permit(instruments)
    sumSectors(instruments)
  }

  /// Called for every order that passed.
  @inline(__always) mutating func passed(_ order: UnsafePointer<al_order_v1>, _ now: Int64) {
    orderTimes.add(now)
    messageTimes.add(now)
    if limits.duplicateWithin != 0 { recent.add(order.pointee, now) }
  }

  /// A cancel or replace leaves too: it counts as a message and is never refused.
  @inline(__always) mutating func countMessage(_ now: Int64) { messageTimes.add(now) }

  @inline(__always) func money(_ quantity: Int64, _ price: Int64, _ multiplier: Int64) -> Int64 {
    if multiplier == fixedPointScale {
      let (units, rest) = quantity.quotientAndRemainder(dividingBy: fixedPointScale)
      if rest == 0 {
        let (product, overflow) = units.multipliedReportingOverflow(by: price)
        if !overflow { return product }
      }
    }
    return moneyThrough128Bits(quantity, price, multiplier)
  }

  @inline(never) private func moneyThrough128Bits(_ quantity: Int64, _ price: Int64, _ multiplier: Int64) -> Int64 {
    let scale = Int128(fixedPointScale)
    let units = Int128(quantity) * Int128(multiplier) / scale
    let (product, overflow) = units.multipliedReportingOverflow(by: Int128(price))
    if overflow { return (units < 0) == (price < 0) ? .max : .min + 1 }
    return Int64(clamping: product / scale)
  }

  /// The limit in money when `value` is above it.
  @inline(__always) private func exceeds(_ value: Int64, _ limit: MoneyLimit, _ equity: Int64) -> Int64? {
    switch limit {
    case .none: return nil
    case .money(let most): return value > most.raw ? most.raw : nil
    case .ofEquity(let ppm):
      if Int128(value) * 1_000_000 <= Int128(equity) * Int128(ppm) { return nil }
      return Int64(clamping: Int128(equity) * Int128(ppm) / 1_000_000)
    }
  }
}

/// What a check needs besides the order.
struct GateContext {
  var now: Int64
  var equity: Int64
  var halt: HaltState
  var vetoed: Bool
  var vetoReason: UInt32
}

import AlphaLoopSDK
import CAlphaLoop

/// What a bar does to an order.
struct Decision {
  var rank: UInt64
  var slot: UInt32
  var marks: UInt8
  var price: Int64 = 0
  /// Signed; 0: no fill.
  var quantity: Int64 = 0

  static let triggered: UInt8 = 1
  static let cancelled: UInt8 = 2
  static let expired: UInt8 = 4
  /// The fill took liquidity.
  static let taker: UInt8 = 8
}

/// What our orders of one instrument may still take of a bar, and the position while they do.
struct Allowance {
  var buy: Int64
  var sell: Int64
  var position: Int64
  var isHalted: Bool
}

extension UnsafeMutablePointer<Venue> {
  /// Matches every working order whose instrument has a row. Reports come in order of acceptance.
  func advance(_ market: UnsafePointer<al_market_v1>, _ reports: inout ReportWriter) {
    guard let pass = Pass(market) else {
      pastTheMarket(market, &reports)
      return
    }
    if pass.isSecond {
      guard pointee.settings.fillsAtSameClose else { return }
    } else {
      remember(pass)
      if pass.asOf > pointee.clock { pointee.clock = pass.asOf }
      if pointee.messages.count > 0 { deliver(by: pass.asOf, &reports) }
    }
    if pointee.workingCount > 0 { match(pass, &reports) }
  }

  /// A market without rows moves time on and ends orders, no more.
  @inline(never) private func pastTheMarket(
    _ market: UnsafePointer<al_market_v1>, _ reports: inout ReportWriter
  ) {
    var nothing: Int64 = 0
    withUnsafePointer(to: &nothing) { close in
      var empty = market.pointee
      empty.bars.n = 0
      empty.bars.close = close
      withUnsafePointer(to: empty) { advance($0, &reports) }
    }
  }

  /// Keeps the closes: for marks, and as the first reference of trailing stops.
  @inline(__always) private func remember(_ pass: Pass) {
    guard let instruments = pass.instruments else {
      return pointee.closes.update(from: pass.close, count: min(pass.rows, pointee.bookCount))
    }
    if pass.rows == 1 {
      if Int(instruments[0]) < pointee.bookCount { pointee.closes[Int(instruments[0])] = pass.close[0] }
    } else if pass.rows == pointee.bookCount && instruments[0] == 0
      && Int(instruments[pointee.bookCount - 1]) == pointee.bookCount - 1
    {
      pointee.closes.update(from: pass.close, count: pointee.bookCount)
    } else {
      for i in 0..<pass.rows where Int(instruments[i]) < pointee.bookCount {
        pointee.closes[Int(instruments[i])] = pass.close[i]
      }
    }
  }

  @inline(__always) private func match(_ pass: Pass, _ reports: inout ReportWriter) {
    let endsOrders = !pass.isSecond && (pass.has(AL_MARKET_SESSION_CLOSES) || pass.asOf >= pointee.nextExpiry)
    if pointee.activeCount == 1 {
      let instrument = pointee.active[0]
      let row = pass.row(of: instrument)
      if row < 0 && !endsOrders { return }
      if pointee.fillsWhole && !endsOrders && pointee.books[Int(instrument)].haltCount == 0 {
        if let bar = Bar(pass, row) { matchWhole(instrument, bar, pass, &reports) }
      } else {
        visit(instrument, row, endsOrders, pass) { apply($0, pass.asOf, &reports) }
      }
    } else {
      matchMany(pass, endsOrders, &reports)
    }
    if endsOrders && pass.asOf >= pointee.nextExpiry { findNextExpiry() }
  }

  /// The short way: what `visit` comes to for plain orders when every fill is whole.
  @inline(__always) private func matchWhole(
    _ instrument: UInt32, _ bar: Bar, _ pass: Pass, _ reports: inout ReportWriter
  ) {
    let book = pointee.books + Int(instrument)
    let marketPrice = pass.isSecond ? bar.close : bar.open
    if !pass.isSecond { book.pointee.last = bar.close }
    var slot = book.pointee.head
    while slot != AL_NONE {
      let order = pointee.orders + Int(slot)
      let next = order.pointee.next
      if order.pointee.marks == WorkingOrder.plain && order.pointee.live <= AL_ORDER_LIMIT {
        let limit = order.pointee.limit
        let isBuy = order.pointee.isBuy
        let isMarket = order.pointee.live == AL_ORDER_MARKET
        let isReached = isMarket || (!pass.isSecond && (isBuy ? bar.low <= limit : bar.high >= limit))
        let isDue = pass.isSecond ? order.pointee.arrival == pass.asOf : order.pointee.arrival < pass.asOf
        if isReached && isDue {
          var decision = Decision(rank: 0, slot: slot, marks: isMarket ? Decision.taker : 0)
          decision.price = isMarket ? marketPrice : isBuy ? min(bar.open, limit) : max(bar.open, limit)
          decision.quantity = order.pointee.remaining
          apply(decision, order, book, pass.asOf, &reports)
        }
      } else {
        var allowance = Allowance(buy: .max, sell: .max, position: book.pointee.position, isHalted: false)
        decideAndApply(order, slot, bar, pass, &allowance, &reports)
      }
      slot = next
    }
  }

  @inline(never) private func decideAndApply(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ slot: UInt32, _ bar: Bar, _ pass: Pass,
    _ allowance: inout Allowance, _ reports: inout ReportWriter
  ) {
    var decision = Decision(rank: order.pointee.rank, slot: slot, marks: 0)
    decide(order, bar, pass, &allowance, &decision)
    if decision.quantity != 0 || decision.marks & ~Decision.taker != 0 { apply(decision, pass.asOf, &reports) }
  }

  /// Decides book by book, then reports by rank of acceptance.
  @inline(never) private func matchMany(
    _ pass: Pass, _ endsOrders: Bool, _ reports: inout ReportWriter
  ) {
    var count = 0
    var isSorted = true
    var lastRank: UInt64 = 0
    func collect(_ decision: Decision) {
      if decision.rank < lastRank { isSorted = false }
      lastRank = decision.rank
      (pointee.decisions + count).initialize(to: decision)
      count &+= 1
    }
    if let instruments = pass.instruments, pass.rows < pointee.activeCount, !endsOrders {
      for row in 0..<pass.rows {
        let instrument = instruments[row]
        guard Int(instrument) < pointee.bookCount, pointee.books[Int(instrument)].head != AL_NONE else { continue }
        visit(instrument, row, false, pass, collect)
      }
    } else {
      for place in 0..<pointee.activeCount {
        let row = pass.row(of: pointee.active[place])
        if row >= 0 || endsOrders { visit(pointee.active[place], row, endsOrders, pass, collect) }
      }
    }
    if !isSorted {
      var list = UnsafeMutableBufferPointer(start: pointee.decisions, count: count)
      list.sort { $0.rank < $1.rank }
    }
    for i in 0..<count { apply(pointee.decisions[i], pass.asOf, &reports) }
  }

  /// Walks the orders of one book in order of acceptance.
  @inline(__always) private func visit(
    _ instrument: UInt32, _ row: Int, _ endsOrders: Bool, _ pass: Pass,
    _ take: (Decision) -> Void
  ) {
    let book = pointee.books + Int(instrument)
    let bar = row >= 0 ? Bar(pass, row) : nil
    var allowance = Allowance(buy: .max, sell: .max, position: book.pointee.position, isHalted: false)
    if let bar {
      if !pass.isSecond { book.pointee.last = bar.close }
      if pointee.settings.participation > 0 { limit(&allowance, book, bar.volume, pass.asOf) }
      if book.pointee.haltCount > 0 { allowance.isHalted = isHalted(book, pass.asOf) }
    }
    var slot = book.pointee.head
    while slot != AL_NONE {
      let order = pointee.orders + Int(slot)
      let next = order.pointee.next
      var decision = Decision(rank: order.pointee.rank, slot: slot, marks: 0)
      if let bar { decide(order, bar, pass, &allowance, &decision) }
      if endsOrders { finish(order, pass, &decision) }
      if decision.quantity != 0 || decision.marks & ~Decision.taker != 0 { take(decision) }
      slot = next
    }
    if pointee.settings.participation > 0 && bar != nil { keepUsed(allowance, book) }
  }

  /// Which quantity fills at which price in this bar, and whether the order ends for want of more.
  @inline(__always) private func decide(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ bar: Bar, _ pass: Pass, _ allowance: inout Allowance,
    _ decision: inout Decision
  ) {
    let live = order.pointee.live
    if pass.isSecond {
      guard live == AL_ORDER_MARKET, order.pointee.arrival == pass.asOf else { return }
    } else if order.pointee.arrival >= pass.asOf || order.pointee.expire < pass.asOf {
      return
    }
    let isBuy = order.pointee.isBuy
    let room = isBuy ? allowance.buy : allowance.sell
    var size = min(Int64(truncatingIfNeeded: order.pointee.remaining.magnitude), room)
    if order.pointee.marks & WorkingOrder.reduceOnly != 0 {
      let most = isBuy ? max(0, 0 &- allowance.position) : max(0, allowance.position)
      if most == 0 { decision.marks |= Decision.cancelled }
      size = min(size, most)
    }
    if allowance.isHalted { size = 0 }
    if order.pointee.timeInForce == AL_TIF_FOK && size != Int64(order.pointee.remaining.magnitude) { size = 0 }

    if live == AL_ORDER_MARKET {
      if size > 0 {
        decision.price = taking(
          pass.isSecond ? bar.close : bar.open, size, isBuy: isBuy, bar, order.pointee.instrument, pass)
        decision.marks |= Decision.taker
      }
    } else if live == AL_ORDER_LIMIT {
      let limit = order.pointee.limit
      let reach = order.pointee.isImmediate ? bar.open : isBuy ? bar.low : bar.high
      if isBuy ? reach <= limit : reach >= limit {
        decision.price = isBuy ? min(bar.open, limit) : max(bar.open, limit)
      }
    } else if !allowance.isHalted {
      decideOther(order, bar, pass, size, &decision)
    }

    if decision.price != 0 && size > 0 {
      decision.quantity = isBuy ? size : 0 &- size
      allowance.position &+= decision.quantity
      if pointee.settings.participation > 0 {
        if isBuy { allowance.buy &-= size } else { allowance.sell &-= size }
      }
    }
    if decision.quantity != order.pointee.remaining && order.pointee.isImmediate {
      decision.marks |= Decision.cancelled
    }
  }

  /// A day order at the end of the session; a dated one at its time; an order for an auction after its auction.
  @inline(never) private func finish(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ pass: Pass, _ decision: inout Decision
  ) {
    guard decision.quantity != order.pointee.remaining, decision.marks & Decision.cancelled == 0 else { return }
    let isOver =
      order.pointee.timeInForce == AL_TIF_DAY && pass.has(AL_MARKET_SESSION_CLOSES)
      && order.pointee.arrival < pass.asOf
    if isOver || order.pointee.expire <= pass.asOf { decision.marks |= Decision.expired }
  }

  // MARK: volume and halts

  /// Floor of the share of the volume, on the lot, less what this side took already at this time.
  @inline(never) private func limit(
    _ allowance: inout Allowance, _ book: UnsafeMutablePointer<Book>, _ volume: Int64, _ asOf: Int64
  ) {
    guard volume >= 0 else { return }
    if book.pointee.usedAt != asOf {
      book.pointee.usedAt = asOf
      book.pointee.usedBuy = 0
      book.pointee.usedSell = 0
    }
    let most = Fixed.share(volume, ppm: pointee.settings.participation)
    let whole = most - most % book.pointee.lot.value
    allowance.buy = max(0, whole - book.pointee.usedBuy)
    allowance.sell = max(0, whole - book.pointee.usedSell)
    book.pointee.usedBuy += allowance.buy
    book.pointee.usedSell += allowance.sell
  }

  /// `limit` booked the whole allowance as used: give back what is left of it.
  @inline(never) private func keepUsed(_ allowance: Allowance, _ book: UnsafeMutablePointer<Book>) {
    guard allowance.buy != .max else { return }
    book.pointee.usedBuy -= allowance.buy
    book.pointee.usedSell -= allowance.sell
  }

  @inline(never) private func isHalted(_ book: UnsafePointer<Book>, _ asOf: Int64) -> Bool {
    for i in 0..<book.pointee.haltCount {
      let halt = pointee.halts[book.pointee.firstHalt + i]
      if halt.from < asOf && asOf <= halt.to { return true }
    }
    return false
  }

  @inline(never) private func findNextExpiry() {
    pointee.nextExpiry = .max
    for place in 0..<pointee.activeCount {
      var slot = pointee.books[Int(pointee.active[place])].head
      while slot != AL_NONE {
        pointee.nextExpiry = min(pointee.nextExpiry, pointee.orders[Int(slot)].expire)
        slot = pointee.orders[Int(slot)].next
      }
    }
  }
}

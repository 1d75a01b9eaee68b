import TWSProtocol

/// A trade of an order.
struct BookExecution {
  var number: Int
  /// 1 for the report of the trade, more for each correction of it.
  var revision = 1
  var order: BookOrder
  var size: Size
  var price: Double
  var time: Int64
  var cumulative: Size
  var average: Double
  var commission: Double
  var realized: Double?
  var exchange = "ISLAND"

  /// `0000e0d5.6a3f1b01.01.01`; a correction differs in the last number alone.
  func id(_ seed: UInt64) -> String {
    func hex(_ number: UInt64) -> String {
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }
    let last = revision < 10 ? "0\(revision)" : "\(revision)"
    return "\(hex(0xE000 + seed % 0x1000)).\(hex(0x6A3F_0000 + UInt64(number))).01.\(last)"
  }
}

extension Core {
  /// Has an order trade against the quote of the moment, a part at a time.
  func match(_ order: BookOrder) {
    guard order.canFill, !order.isFillPending, !weather.holdsFills, order.remaining > .zero,
      order.price(order.instrument.bid, order.instrument.ask) != nil
    else { return }
    order.isFillPending = true
    after(milliseconds: options.fillGap) { [unowned self] in
      order.isFillPending = false
      guard order.canFill, !weather.holdsFills, order.remaining > .zero else { return }
      guard let price = order.price(order.instrument.bid, order.instrument.ask) else { return ifImmediate(order) }
      execute(order, part(of: order), price)
      ifImmediate(order)
      match(order)
    }
  }

  /// What is left of an order that was to fill at once is cancelled after its first part.
  private func ifImmediate(_ order: BookOrder) {
    if order.order.tif == "IOC" || order.order.tif == "FOK", order.canFill {
      end(order, .cancelled, "\(order.order.tif) order: the rest could not be filled at once")
    }
  }

  private func part(of order: BookOrder) -> Size {
    defer { order.partsLeft -= 1 }
    let units = Int(order.remaining.raw / Size.scale)
    guard order.partsLeft > 1, units > 1 else { return order.remaining }
    return Size(units: 1 + choices.below(units - 1))
  }

  /// One trade, and everything that follows from it.
  @discardableResult
  func execute(_ order: BookOrder, _ size: Size, _ price: Double, exchange: String = "ISLAND") -> BookExecution {
    order.filled = order.filled + size
    order.spent += size.double * price
    order.lastFillPrice = price
    let commission = max(1, size.double * 0.005)
    let signed = order.isBuy ? size : -size
    let realized = account.trade(order.instrument, signed, price, commission)
    let made = BookExecution(
      number: executions.count + 1, order: order, size: size, price: price, time: now, cumulative: order.filled,
      average: order.averagePrice, commission: commission, realized: realized, exchange: exchange)
    executions.append(made)
    tell("execution", made)
    let isWhole = order.remaining <= .zero
    if isWhole {
      order.stage = .filled
      order.endedAt = now
      order.endText = "Filled Size: \(order.filled.decimal)"
      order.whyHeld = ""
      tell("filled", order)
    }
    reportFill(made)
    positionChanged(order.instrument)
    settleGroup(order, size)
    if isWhole { for child in children(of: order) where !child.isOver { activate(child) } }
    return made
  }

  /// The other orders of a group: cancelled, or made smaller by what filled.
  private func settleGroup(_ order: BookOrder, _ size: Size) {
    let others = group(of: order)
    guard !others.isEmpty else { return }
    if !order.order.ocaGroup.isEmpty { triggeredGroups.insert(order.order.ocaGroup) }
    let reduces = order.order.ocaType != 1 && order.stage != .filled
    for other in others where !other.isOver {
      if reduces, other.remaining > size {
        other.total = other.total - size
        tell("reduced", other)
        report(other)
      } else {
        end(other, .cancelled, "OCA group is triggered")
      }
    }
  }

  /// The orders of the same group: the one that is named, or that of the children of one parent.
  private func group(of order: BookOrder) -> [BookOrder] {
    if !order.order.ocaGroup.isEmpty {
      return orders.filter {
        $0 !== order && $0.order.ocaGroup == order.order.ocaGroup && $0.clientId == order.clientId
      }
    }
    guard let parent = parent(of: order) else { return [] }
    return children(of: parent).filter { $0 !== order }
  }

  // MARK: Triggers

  /// A new quote of a stock: stops are elected, trailing stops follow, and what can trade does.
  func reconsider(_ instrument: Instrument) {
    for order in orders where order.instrument === instrument && order.isOpen {
      if order.stage == .waiting {
        if order.whyHeld == "trigger" { trail(order) }
        if isTriggered(order) {
          order.isTriggered = true
          tell("triggered", order)
        }
        activate(order)
      }
      if let end = CivilTime.parse(order.order.goodTillDate), order.order.tif == "GTD", end <= seconds {
        self.end(order, .cancelled, "Order expired")
      } else {
        match(order)
      }
    }
  }

  private func trail(_ order: BookOrder) {
    guard order.kind == .trail || order.kind == .trailLimit else { return }
    let last = order.instrument.last
    let distance = order.order.trailingPercent.map { last * $0 / 100 } ?? order.order.auxPrice ?? 0
    let follows = Instrument.onGrid(order.isBuy ? last + distance : last - distance, order.instrument.tick)
    let stop = order.stopPrice.map { order.isBuy ? min($0, follows) : max($0, follows) } ?? follows
    if stop != order.stopPrice {
      order.stopPrice = stop
      order.order.trailStopPrice = stop
      if let offset = order.order.lmtPriceOffset { order.order.lmtPrice = order.isBuy ? stop + offset : stop - offset }
    }
  }

  private func isTriggered(_ order: BookOrder) -> Bool {
    guard order.whyHeld == "trigger", order.needsTrigger, !order.isTriggered else { return false }
    let last = order.instrument.last
    let level = order.kind == .trail || order.kind == .trailLimit ? order.stopPrice : order.order.auxPrice
    guard let level else { return false }
    let isBelow = order.isTouched ? order.isBuy : !order.isBuy
    return isBelow ? last <= level : last >= level
  }
}

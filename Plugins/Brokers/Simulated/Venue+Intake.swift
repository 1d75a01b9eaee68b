import AlphaLoopSDK
import CAlphaLoop

// What comes from the host: submissions, cancels, replacements.
extension UnsafeMutablePointer<Venue> {
  @inline(__always) func submit(
    _ list: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) {
    guard let first = list.baseAddress, let answer = acks.baseAddress else { return }
    for i in 0..<list.count { answer[i] = submit(first + i) }
  }

  /// The short way: a plain order whose block of ids is at hand, for which a place is free.
  @inline(__always) private func submit(_ order: UnsafePointer<al_order_v1>) -> al_ack_v1 {
    let id = order.pointee.id
    let place = pointee.index.cached
    guard pointee.takesAtOnce, let entry = pointee.index.unseen(id), isPlain(order), pointee.freeOrders != AL_NONE
    else {
      return submitOther(order)
    }
    let slot = pointee.freeOrders
    let working = pointee.orders + Int(slot)
    pointee.freeOrders = working.pointee.next
    pointee.index.take(entry, place, slot &+ OrderIndex.firstSlot)
    let arrival = max(order.pointee.decided_ns, pointee.clock)
    fill(working, order, place, arrival, WorkingOrder.plain, .max, nextRank())
    pointee.workingCount &+= 1
    link(slot, working, pointee.books + Int(order.pointee.instrument))
    return al_ack_v1(status: AL_OK, code: 0, broker_id: Venue.brokerID(id))
  }

  /// The common order: nothing to refuse, nothing to remember.
  @inline(__always) private func isPlain(_ order: UnsafePointer<al_order_v1>) -> Bool {
    // Market or limit, day or good till cancelled, not reduce-only: one comparison.
    let kind =
      UInt32(order.pointee.type) | UInt32(order.pointee.time_in_force) &<< 8 | UInt32(order.pointee.flags) &<< 16
    guard kind & 0x0001_fefe == 0, Int(order.pointee.instrument) < pointee.bookCount else { return false }
    let book = pointee.books + Int(order.pointee.instrument)
    let limit = order.pointee.limit_price
    let hasPrices = kind & 1 == 0 ? limit == 0 : limit > 0 && book.pointee.tick.divides(limit)
    let quantity = order.pointee.quantity
    return hasPrices && order.pointee.stop_price | order.pointee.trail_ppm | Int64(bitPattern: order.pointee.group) == 0
      && book.pointee.marks & Book.free == Book.free && quantity &* 2 != 0 && book.pointee.lot.divides(quantity)
  }

  /// Any order: checked in full, accepted or sent on its way.
  @inline(never) private func submitOther(_ order: UnsafePointer<al_order_v1>) -> al_ack_v1 {
    let id = order.pointee.id
    let block = pointee.index.find(id)
    let seen = pointee.index.entry(block, id)
    if seen != 0 { return standing(id, seen) }
    let refusal = check(order)
    if refusal != 0 { return refuse(id, block, refusal) }
    let decided = max(order.pointee.decided_ns, pointee.clock)
    if pointee.tag == 0 {
      pointee.tag = Venue.mix(pointee.tagSalt ^ Venue.mix(id.session) ^ Venue.mix(id.sequence &+ 1)) | 1
      pointee.updateShortcuts()
    }
    if pointee.settings.latency == 0 {
      let slot = keep(order, block, decided)
      pointee.workingCount &+= 1
      accept(slot)
      return al_ack_v1(status: AL_OK, code: 0, broker_id: Venue.brokerID(id))
    }
    send(order, block, Venue.later(decided, pointee.settings.latency))
    return al_ack_v1(status: AL_AGAIN, code: 0, broker_id: Venue.brokerID(id))
  }

  /// Takes an order into the pool and the index of ids.
  private func keep(_ order: UnsafePointer<al_order_v1>, _ block: UInt32, _ arrival: Int64) -> UInt32 {
    var marks: UInt8 = 0
    if order.pointee.flags & AL_ORDER_REDUCE_ONLY != 0 {
      marks = WorkingOrder.reduceOnly
    } else if order.pointee.type <= AL_ORDER_LIMIT && order.pointee.time_in_force <= AL_TIF_GTC {
      marks = WorkingOrder.plain
    }
    if Venue.isStop(order.pointee.type) { pointee.stopCount &+= 1 }
    let expire = order.pointee.time_in_force == AL_TIF_GTD ? order.pointee.expire_ns : .max
    let slot = takeSlot()
    let place = pointee.index.insert(order.pointee.id, into: block, slot &+ OrderIndex.firstSlot)
    fill(pointee.orders + Int(slot), order, place, arrival, marks, expire, 0)
    return slot
  }

  @inline(__always) private func fill(
    _ working: UnsafeMutablePointer<WorkingOrder>, _ order: UnsafePointer<al_order_v1>, _ block: UInt32,
    _ arrival: Int64, _ marks: UInt8, _ expire: Int64, _ rank: UInt64
  ) {
    working.initialize(
      to: WorkingOrder(
        next: AL_NONE, previous: AL_NONE, instrument: order.pointee.instrument, type: order.pointee.type,
        live: order.pointee.type, timeInForce: order.pointee.time_in_force, marks: marks,
        remaining: order.pointee.quantity, limit: order.pointee.limit_price, arrival: arrival, id: order.pointee.id,
        block: block, trail: UInt32(truncatingIfNeeded: order.pointee.trail_ppm), rank: rank,
        quantity: order.pointee.quantity, stop: order.pointee.stop_price, expire: expire))
  }

  /// An order on its way: known by its id, in no book yet.
  @inline(never) func send(_ order: UnsafePointer<al_order_v1>, _ block: UInt32, _ arrival: Int64) {
    let slot = keep(order, block, arrival)
    pointee.inFlightCount += 1
    pointee.orders[Int(slot)].marks |= WorkingOrder.inFlight
    pointee.messages.append(Message(arrival: arrival, kind: .submit, order: order.pointee))
  }

  /// Puts an order into its book at the end of the queue.
  func accept(_ slot: UInt32) {
    let order = pointee.orders + Int(slot)
    order.pointee.rank = nextRank()
    link(slot, order, pointee.books + Int(order.pointee.instrument))
    if order.pointee.type == AL_ORDER_TRAILING_STOP {
      order.pointee.extreme = pointee.closes[Int(order.pointee.instrument)]
    }
    if order.pointee.timeInForce == AL_TIF_GTD { pointee.nextExpiry = min(pointee.nextExpiry, order.pointee.expire) }
  }

  // MARK: what is refused

  /// 0, or the code of a refusal.
  @inline(never) func check(_ order: UnsafePointer<al_order_v1>) -> Int32 {
    guard Int(order.pointee.instrument) < pointee.bookCount else { return Refusal.instrument.rawValue }
    let book = pointee.books + Int(order.pointee.instrument)
    let quantity = order.pointee.quantity
    guard book.pointee.marks & Book.tradable != 0 else { return Refusal.notTradable.rawValue }
    guard quantity != 0, quantity != .min else { return Refusal.quantity.rawValue }
    guard book.pointee.lot.divides(quantity) else { return Refusal.lot.rawValue }
    if order.pointee.type == AL_ORDER_MARKET {
      guard order.pointee.limit_price == 0, order.pointee.stop_price == 0, order.pointee.trail_ppm == 0 else {
        return Refusal.price.rawValue
      }
    } else if order.pointee.type == AL_ORDER_LIMIT {
      guard order.pointee.limit_price > 0, order.pointee.stop_price == 0, order.pointee.trail_ppm == 0 else {
        return Refusal.price.rawValue
      }
    } else {
      let refusal = checkPrices(order)
      if refusal != 0 { return refusal }
    }
    guard book.pointee.tick.divides(order.pointee.limit_price) else { return Refusal.tick.rawValue }
    if order.pointee.time_in_force >= AL_TIF_IOC {
      let refusal = checkTimeInForce(order)
      if refusal != 0 { return refusal }
    }
    if order.pointee.group != 0 { return Refusal.group.rawValue }
    if quantity < 0 && book.pointee.marks & Book.shortable == 0 { return checkShort(book, order) }
    if pointee.settings.rejectProbability > 0 && pointee.settings.latency == 0 && isRejectedAtRandom(order.pointee.id) {
      return Refusal.random.rawValue
    }
    return 0
  }

  @inline(never) private func checkPrices(_ order: UnsafePointer<al_order_v1>) -> Int32 {
    let (limit, stop, trail) = (order.pointee.limit_price, order.pointee.stop_price, order.pointee.trail_ppm)
    let fits: Bool
    switch order.pointee.type {
    case AL_ORDER_STOP: fits = limit == 0 && stop > 0 && trail == 0
    case AL_ORDER_STOP_LIMIT: fits = limit > 0 && stop > 0 && trail == 0
    case AL_ORDER_TRAILING_STOP:
      fits = limit == 0 && ((stop > 0 && trail == 0) || (stop == 0 && trail > 0 && trail < Fixed.million))
    case AL_ORDER_MARKET_ON_OPEN, AL_ORDER_MARKET_ON_CLOSE: fits = limit == 0 && stop == 0 && trail == 0
    case AL_ORDER_LIMIT_ON_OPEN, AL_ORDER_LIMIT_ON_CLOSE: fits = limit > 0 && stop == 0 && trail == 0
    default: return Refusal.combination.rawValue
    }
    if !fits { return Refusal.price.rawValue }
    return pointee.books[Int(order.pointee.instrument)].tick.divides(stop) ? 0 : Refusal.tick.rawValue
  }

  @inline(never) private func checkTimeInForce(_ order: UnsafePointer<al_order_v1>) -> Int32 {
    switch order.pointee.time_in_force {
    case AL_TIF_IOC, AL_TIF_FOK:
      // "At once" has no meaning for an order that waits for a trigger or an auction.
      return order.pointee.type <= AL_ORDER_LIMIT ? 0 : Refusal.combination.rawValue
    case AL_TIF_GTD:
      return order.pointee.expire_ns > max(order.pointee.decided_ns, pointee.clock) ? 0 : Refusal.expired.rawValue
    default: return Refusal.combination.rawValue
    }
  }

  /// Every working sale counts as filled; no working purchase does.
  @inline(never) private func checkShort(_ book: UnsafePointer<Book>, _ order: UnsafePointer<al_order_v1>) -> Int32 {
    var left = Int128(book.pointee.position) + Int128(order.pointee.quantity)
    var slot = book.pointee.head
    while slot != AL_NONE {
      let working = pointee.orders + Int(slot)
      let isItself =
        working.pointee.id.sequence == order.pointee.id.sequence
        && working.pointee.id.session == order.pointee.id.session
      if isItself {
        left -= Int128(working.pointee.quantity) - Int128(working.pointee.remaining)
      } else if working.pointee.remaining < 0 {
        left += Int128(working.pointee.remaining)
      }
      slot = working.pointee.next
    }
    for i in 0..<pointee.messages.count where pointee.messages[i].kind == .submit {
      let sent = pointee.messages[i].order
      if sent.instrument == order.pointee.instrument && sent.quantity < 0 { left += Int128(sent.quantity) }
    }
    if left < 0 { return Refusal.unshortable.rawValue }
    let isRandom =
      pointee.settings.rejectProbability > 0 && pointee.settings.latency == 0 && isRejectedAtRandom(order.pointee.id)
    return isRandom ? Refusal.random.rawValue : 0
  }

  /// A property of the id and the seed, so that neither the order of calls nor a restart changes it.
  func isRejectedAtRandom(_ id: al_order_id_v1) -> Bool {
    let bits = Venue.mix(Venue.mix(Venue.mix(pointee.seed) ^ id.session) ^ id.sequence)
    return Double(bits &>> 11) * 0x1p-53 < pointee.settings.rejectProbability
  }

  @inline(never) private func refuse(_ id: al_order_id_v1, _ block: UInt32, _ code: Int32) -> al_ack_v1 {
    _ = pointee.index.insert(id, into: block, UInt32(code))
    return al_ack_v1(status: AL_E_REJECTED, code: code, broker_id: 0)
  }

  /// The answer to an id that was seen before.
  @inline(never) private func standing(_ id: al_order_id_v1, _ entry: UInt32) -> al_ack_v1 {
    if entry > OrderIndex.accepted && entry < OrderIndex.firstSlot {
      return al_ack_v1(status: AL_E_REJECTED, code: Int32(entry), broker_id: 0)
    }
    let isOnItsWay = entry >= OrderIndex.firstSlot && pointee.orders[Int(entry - OrderIndex.firstSlot)].isInFlight
    return al_ack_v1(status: isOnItsWay ? AL_AGAIN : AL_OK, code: 0, broker_id: Venue.brokerID(id))
  }

  // MARK: cancel and replace

  func cancel(
    _ ids: UnsafeBufferPointer<al_order_id_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) {
    for (i, id) in ids.enumerated() {
      var order = al_order_v1()
      order.id = id
      acks[i] = change(.cancel, order)
    }
  }

  func replace(
    _ list: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) {
    for (i, order) in list.enumerated() { acks[i] = change(.replace, order) }
  }

  private func change(_ kind: Message.Kind, _ order: al_order_v1) -> al_ack_v1 {
    let brokerID = Venue.brokerID(order.id)
    let entry = pointee.index.entry(pointee.index.find(order.id), order.id)
    guard entry >= OrderIndex.firstSlot else {
      let refusal = entry == 0 ? Refusal.unknownOrder : .finished
      return al_ack_v1(status: AL_E_REJECTED, code: refusal.rawValue, broker_id: entry == 1 ? brokerID : 0)
    }
    let slot = entry - OrderIndex.firstSlot
    if pointee.settings.latency > 0 || pointee.orders[Int(slot)].isInFlight {
      pointee.messages.append(
        Message(arrival: Venue.later(pointee.clock, pointee.settings.latency), kind: kind, order: order))
      return al_ack_v1(status: AL_AGAIN, code: 0, broker_id: brokerID)
    }
    if kind == .cancel {
      end(slot)
      return al_ack_v1(status: AL_OK, code: 0, broker_id: brokerID)
    }
    let code = applyReplacement(slot, order, at: max(order.decided_ns, pointee.clock))
    return al_ack_v1(status: code == 0 ? AL_OK : AL_E_REJECTED, code: code, broker_id: brokerID)
  }

  /// The order keeps its place in the queue only when nothing but its size shrinks. 0, or the code of a refusal.
  func applyReplacement(_ slot: UInt32, _ new: al_order_v1, at time: Int64) -> Int32 {
    let order = pointee.orders + Int(slot)
    guard new.instrument == order.pointee.instrument, new.type == order.pointee.type,
      new.time_in_force == order.pointee.timeInForce, new.quantity.signum() == order.pointee.quantity.signum()
    else { return Refusal.changed.rawValue }
    let code = withUnsafePointer(to: new) { check($0) }
    // A working order is past the dice.
    if code != 0 && code != Refusal.random.rawValue { return code }
    let filled = order.pointee.quantity - order.pointee.remaining
    let remaining = new.quantity - filled
    guard remaining != 0, remaining.signum() == new.quantity.signum() else { return Refusal.nothingLeft.rawValue }

    let keepsPrices =
      new.limit_price == order.pointee.limit && new.stop_price == order.pointee.stop
      && new.trail_ppm == Int64(order.pointee.trail)
    let keepsPlace = keepsPrices && remaining.magnitude <= order.pointee.remaining.magnitude
    order.pointee.quantity = new.quantity
    order.pointee.remaining = remaining
    order.pointee.limit = new.limit_price
    order.pointee.stop = new.stop_price
    order.pointee.trail = UInt32(truncatingIfNeeded: new.trail_ppm)
    if new.time_in_force == AL_TIF_GTD {
      order.pointee.expire = new.expire_ns
      pointee.nextExpiry = min(pointee.nextExpiry, new.expire_ns)
    }
    if !keepsPlace {
      let book = pointee.books + Int(order.pointee.instrument)
      unlink(order, book)
      order.pointee.rank = nextRank()
      link(slot, order, book)
      order.pointee.arrival = max(order.pointee.arrival, time)
    }
    return 0
  }
}

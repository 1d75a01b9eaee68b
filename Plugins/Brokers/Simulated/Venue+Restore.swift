import AlphaLoopSDK
import CAlphaLoop

extension UnsafeMutablePointer<Venue> {
  /// Reads what `save` wrote. Every number is checked before it is used as a place; on an error the caller restores what
  /// was there before.
  func restore(from reader: inout StateReader, symbols: [String]) throws(PluginError) {
    reset()
    pointee.clock = try reader.integer()
    pointee.cash = try reader.integer()
    pointee.nextExpiry = try reader.integer()
    pointee.month = try reader.integer()
    pointee.monthlyShares = try reader.integer()
    let rank = UInt64(bitPattern: try reader.integer())
    pointee.seed = UInt64(bitPattern: try reader.integer())
    pointee.tag = UInt64(bitPattern: try reader.integer())
    pointee.executionCount = UInt64(bitPattern: try reader.integer())
    guard pointee.monthlyShares >= 0, pointee.cash != .min, pointee.executionCount < 1 << 62 else { throw Venue.broken }
    try restoreIndex(from: &reader)

    var places: [String: UInt32] = [:]
    for (i, symbol) in symbols.enumerated() { places[symbol] = UInt32(i) }
    for _ in 0..<(try reader.count()) { try restoreBook(from: &reader, places) }
    guard rank > 0, rank < 1 << 63 else { throw Venue.broken }
    pointee.nextRank = rank
    pointee.updateShortcuts()
    try restoreMessages(from: &reader, places)
    try restoreHistory(from: &reader, places)
  }

  private func reset() {
    for i in 0..<pointee.bookCount {
      let book = pointee.books + i
      book.pointee.head = AL_NONE
      book.pointee.tail = AL_NONE
      book.pointee.active = AL_NONE
      book.pointee.position = 0
      book.pointee.averageCost = 0
      book.pointee.last = 0
      book.pointee.usedAt = .min
      pointee.closes[i] = 0
    }
    (pointee.orderEnd, pointee.freeOrders, pointee.activeCount) = (0, AL_NONE, 0)
    (pointee.workingCount, pointee.inFlightCount, pointee.stopCount) = (0, 0, 0)
    pointee.index.deallocate()
    pointee.index = OrderIndex()
    pointee.messages.deallocate()
    pointee.messages = MessageQueue()
  }

  private func restoreIndex(from reader: inout StateReader) throws(PluginError) {
    for _ in 0..<(try reader.count()) {
      let session = UInt64(bitPattern: try reader.integer())
      let base = UInt64(bitPattern: try reader.integer())
      let runs = try reader.integers()
      guard runs.count.isMultiple(of: 2), base >> (64 - OrderIndex.shift) == 0 else { throw Venue.broken }
      var id = al_order_id_v1(session: session, sequence: base << OrderIndex.shift)
      guard pointee.index.find(id) == OrderIndex.none else { throw Venue.broken }
      var left = Int64(OrderIndex.width)
      let block = pointee.index.restoreBlock(session, base)
      for run in stride(from: 0, to: runs.count, by: 2) {
        let (value, length) = (runs[run], runs[run + 1])
        guard value >= 0, value < Int64(OrderIndex.firstSlot), length > 0, length <= left else { throw Venue.broken }
        for _ in 0..<length {
          if value != 0 { pointee.index.restoreEntry(block, id, UInt32(value)) }
          id.sequence &+= 1
        }
        left -= length
      }
      guard left == 0 else { throw Venue.broken }
      pointee.index.sealIfWhole(block)
    }
  }

  private func restoreBook(from reader: inout StateReader, _ places: [String: UInt32]) throws(PluginError) {
    let symbol = try reader.text()
    let place = places[symbol]
    let position = try reader.integer()
    let (last, close) = (try reader.integer(), try reader.integer())
    let (usedBuy, usedSell, usedAt) = (try reader.integer(), try reader.integer(), try reader.integer())
    let averageCost = try reader.double()
    guard averageCost.isFinite, usedBuy >= 0, usedSell >= 0, position != .min else { throw Venue.broken }
    if let place {
      let book = pointee.books + Int(place)
      guard book.pointee.head == AL_NONE else { throw Venue.broken }
      book.pointee.position = position
      book.pointee.last = last
      book.pointee.usedBuy = usedBuy
      book.pointee.usedSell = usedSell
      book.pointee.usedAt = usedAt
      book.pointee.averageCost = averageCost
      pointee.closes[Int(place)] = close
    } else if position != 0 {
      throw Venue.missing(symbol, "a position")
    }
    while try reader.bool() {
      guard let place else { throw Venue.missing(symbol, "a working order") }
      try restoreOrder(from: &reader, place)
    }
  }

  private func restoreOrder(from reader: inout StateReader, _ place: UInt32) throws(PluginError) {
    let id = try Venue.id(from: &reader)
    let rank = UInt64(bitPattern: try reader.integer())
    let (type, live) = (try Venue.byte(from: &reader, 8), try Venue.byte(from: &reader, 8))
    let (timeInForce, marks) = (try Venue.byte(from: &reader, 4), try Venue.byte(from: &reader, 7))
    var values: [Int64] = []
    for _ in 0..<11 { values.append(try reader.integer()) }
    let (remaining, quantity) = (values[0], values[3])
    guard remaining != 0, remaining.signum() == quantity.signum(), quantity != .min,
      remaining.magnitude <= quantity.magnitude, marks & WorkingOrder.inFlight == 0,
      let trail = UInt32(exactly: values[5]),
      [1, 4, 6, 8, 9, 10].allSatisfy({ values[$0] >= 0 })
    else { throw Venue.broken }
    let block = pointee.index.find(id)
    guard block != OrderIndex.none, pointee.index.entry(block, id) == 0 else { throw Venue.broken }
    let slot = takeSlot()
    (pointee.orders + Int(slot)).initialize(
      to: WorkingOrder(
        next: AL_NONE, previous: AL_NONE, instrument: place, type: type, live: live, timeInForce: timeInForce,
        marks: marks, remaining: remaining, limit: values[1], arrival: values[2], id: id, block: 0, trail: trail,
        rank: rank,
        quantity: quantity, stop: values[4], extreme: values[6], expire: values[7],
        value: values[8], rawCommission: values[9], charged: values[10]))
    pointee.orders[Int(slot)].block = pointee.index.insert(id, into: block, slot + OrderIndex.firstSlot)
    link(slot, pointee.orders + Int(slot), pointee.books + Int(place))
    pointee.workingCount += 1
    if Venue.isStop(type) { pointee.stopCount += 1 }
  }

  private func restoreMessages(
    from reader: inout StateReader, _ places: [String: UInt32]
  ) throws(PluginError) {
    for _ in 0..<(try reader.count()) {
      let arrival = try reader.integer()
      guard let kind = Message.Kind(rawValue: UInt64(bitPattern: try reader.integer())) else { throw Venue.broken }
      let symbol = try reader.text()
      var order = al_order_v1()
      order.id = try Venue.id(from: &reader)
      order.type = try Venue.byte(from: &reader, 8)
      order.time_in_force = try Venue.byte(from: &reader, 4)
      let flags = try reader.integer()
      guard let flags = UInt16(exactly: flags) else { throw Venue.broken }
      order.flags = flags
      order.quantity = try reader.integer()
      order.limit_price = try reader.integer()
      order.stop_price = try reader.integer()
      order.trail_ppm = try reader.integer()
      order.expire_ns = try reader.integer()
      order.decided_ns = try reader.integer()
      if kind != .cancel {
        guard let place = places[symbol] else { throw Venue.missing(symbol, "an order on its way") }
        order.instrument = place
      }
      if kind == .submit {
        let block = pointee.index.find(order.id)
        guard order.quantity != 0, order.quantity != .min, block != OrderIndex.none,
          pointee.index.entry(block, order.id) == 0
        else { throw Venue.broken }
        withUnsafePointer(to: order) { send($0, block, arrival) }
      } else {
        pointee.messages.append(Message(arrival: arrival, kind: kind, order: order))
      }
    }
  }

  private func restoreHistory(
    from reader: inout StateReader, _ places: [String: UInt32]
  ) throws(PluginError) {
    let saved = UInt64(try reader.count())
    guard saved <= pointee.executionCount else { throw Venue.broken }
    for n in 0..<saved {
      let id = try Venue.id(from: &reader)
      var fill = PastFill(id: id, ts: 0, quantity: 0, price: 0, fee: 0, remaining: 0, instrument: AL_NONE)
      fill.ts = try reader.integer()
      fill.quantity = try reader.integer()
      fill.price = try reader.integer()
      fill.fee = try reader.integer()
      fill.remaining = try reader.integer()
      fill.instrument = places[try reader.text()] ?? AL_NONE
      let number = pointee.executionCount - saved + n
      guard pointee.settings.executionHistory > 0 else { continue }
      (pointee.history + Int(number & UInt64(pointee.settings.executionHistory - 1))).initialize(to: fill)
    }
  }
}

extension Venue {
  fileprivate static let broken = PluginError.data("the saved state of the simulated broker is broken")

  fileprivate static func missing(_ symbol: String, _ what: String) -> PluginError {
    .data("the saved state has \(what) in \(symbol), which is not in the universe; add it, or close it first")
  }

  fileprivate static func id(from reader: inout StateReader) throws(PluginError) -> al_order_id_v1 {
    let session = UInt64(bitPattern: try reader.integer())
    return al_order_id_v1(session: session, sequence: UInt64(bitPattern: try reader.integer()))
  }

  fileprivate static func byte(from reader: inout StateReader, _ most: Int64) throws(PluginError) -> UInt8 {
    let value = try reader.integer()
    guard value >= 0, value <= most else { throw broken }
    return UInt8(value)
  }
}

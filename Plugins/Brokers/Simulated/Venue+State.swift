import AlphaLoopSDK
import CAlphaLoop

// Everything that a restart needs. Instruments are named by symbol, since a new universe may order them otherwise.
extension UnsafeMutablePointer<Venue> {
  func save(to writer: inout StateWriter, symbols: [String]) {
    for value in [pointee.clock, pointee.cash, pointee.nextExpiry, pointee.month, pointee.monthlyShares] {
      writer.write(value)
    }
    for value in [pointee.nextRank, pointee.seed, pointee.tag, pointee.executionCount] { writer.write(value) }
    saveIndex(to: &writer)
    writer.write(pointee.bookCount)
    for i in 0..<pointee.bookCount { save(pointee.books[i], pointee.closes[i], symbols[i], to: &writer) }
    saveMessages(to: &writer, symbols)
    let kept = min(pointee.executionCount, UInt64(pointee.settings.executionHistory))
    writer.write(kept)
    for n in 0..<kept {
      let fill = past(pointee.executionCount - kept + 1 + n)
      writer.write(fill.id.session)
      writer.write(fill.id.sequence)
      for value in [fill.ts, fill.quantity, fill.price, fill.fee, fill.remaining] { writer.write(value) }
      writer.write(fill.instrument == AL_NONE ? "" : symbols[Int(fill.instrument)])
    }
  }

  private func save(_ book: Book, _ close: Int64, _ symbol: String, to writer: inout StateWriter) {
    writer.write(symbol)
    for value in [book.position, book.last, close, book.usedBuy, book.usedSell, book.usedAt] { writer.write(value) }
    writer.write(book.averageCost)
    var slot = book.head
    while slot != AL_NONE {
      writer.write(true)
      save(pointee.orders[Int(slot)], to: &writer)
      slot = pointee.orders[Int(slot)].next
    }
    writer.write(false)
  }

  private func save(_ order: WorkingOrder, to writer: inout StateWriter) {
    writer.write(order.id.session)
    writer.write(order.id.sequence)
    writer.write(order.rank)
    for value in [Int64(order.type), Int64(order.live), Int64(order.timeInForce), Int64(order.marks)] {
      writer.write(value)
    }
    for value in [
      order.remaining, order.limit, order.arrival, order.quantity, order.stop, Int64(order.trail), order.extreme,
      order.expire,
      order.value, order.rawCommission, order.charged,
    ] { writer.write(value) }
  }

  /// Runs of equal answers: a session of finished orders is a handful of numbers. Working orders are 0 here; they write
  /// themselves.
  private func saveIndex(to writer: inout StateWriter) {
    writer.write(pointee.index.blockCount)
    for i in 0..<pointee.index.blockCount {
      let block = pointee.index.blocks[i]
      writer.write(block.session)
      writer.write(block.base)
      var runs: [Int64] = []
      for offset in 0..<OrderIndex.width {
        let id = al_order_id_v1(session: block.session, sequence: block.base << OrderIndex.shift + UInt64(offset))
        let entry = Int64(pointee.index.entry(UInt32(i), id))
        let value = entry >= Int64(OrderIndex.firstSlot) ? 0 : entry
        if runs.count >= 2 && runs[runs.count - 2] == value { runs[runs.count - 1] += 1 } else { runs += [value, 1] }
      }
      writer.write(runs)
    }
  }

  private func saveMessages(to writer: inout StateWriter, _ symbols: [String]) {
    writer.write(pointee.messages.count)
    for i in 0..<pointee.messages.count {
      let message = pointee.messages[i]
      let order = message.order
      writer.write(message.arrival)
      writer.write(message.kind.rawValue)
      writer.write(Int(order.instrument) < pointee.bookCount ? symbols[Int(order.instrument)] : "")
      writer.write(order.id.session)
      writer.write(order.id.sequence)
      for value in [
        Int64(order.type), Int64(order.time_in_force), Int64(order.flags), order.quantity,
        order.limit_price, order.stop_price, order.trail_ppm, order.expire_ns, order.decided_ns,
      ] { writer.write(value) }
    }
  }
}

import AlphaLoopSDK
import CAlphaLoop

// What the host asks when it reconciles. Not on the hot path.
extension UnsafeMutablePointer<Venue> {
  /// Orders at the venue and on their way to it, those by rank first.
  func openOrders(_ reports: inout ReportWriter) {
    var slots: [UInt32] = []
    for place in 0..<pointee.activeCount {
      var slot = pointee.books[Int(pointee.active[place])].head
      while slot != AL_NONE {
        slots.append(slot)
        slot = pointee.orders[Int(slot)].next
      }
    }
    slots.sort { pointee.orders[Int($0)].rank < pointee.orders[Int($1)].rank }
    for i in 0..<pointee.messages.count where pointee.messages[i].kind == .submit {
      let id = pointee.messages[i].order.id
      let entry = pointee.index.entry(pointee.index.find(id), id)
      if entry >= OrderIndex.firstSlot { slots.append(entry - OrderIndex.firstSlot) }
    }
    for slot in slots { report(AL_REPORT_WORKING, pointee.orders + Int(slot), pointee.clock, &reports) }
  }

  /// Throws when fills of the time asked for are no longer kept: a short answer would look like a whole one.
  func executions(since time: Int64, _ reports: inout ReportWriter) throws(PluginError) {
    let kept = min(pointee.executionCount, UInt64(pointee.settings.executionHistory))
    if kept < pointee.executionCount {
      let oldest = kept == 0 ? Int64.max : past(pointee.executionCount - kept + 1).ts
      guard oldest < time else {
        throw .data(
          "executions since \(time) ns: only the last \(kept) of \(pointee.executionCount) fills are kept; "
            + "raise the parameter execution_history")
      }
    }
    guard kept > 0 else { return }
    for n in (pointee.executionCount - kept + 1)...pointee.executionCount where past(n).ts >= time {
      let fill = past(n)
      reports.append(
        al_report_v1(
          id: fill.id, ts: fill.ts, broker_id: Venue.brokerID(fill.id), execution: (pointee.tag, n),
          quantity: fill.quantity,
          price: fill.price, fee: fill.fee, remaining: fill.remaining, instrument: fill.instrument,
          kind: AL_REPORT_FILL, reserved: 0, code: 0, text_len: 0, text: nil))
    }
  }

  /// Fill number `n`, from 1.
  func past(_ n: UInt64) -> PastFill { pointee.history[Int((n - 1) & UInt64(pointee.settings.executionHistory - 1))] }

  func holdings(_ symbols: [String]) -> [Holding] {
    (0..<pointee.bookCount).compactMap { i in
      let book = pointee.books[i]
      guard book.position != 0 else { return nil }
      let cost = Int64(exactly: book.averageCost.rounded(.toNearestOrEven)) ?? .max
      return Holding(instrument: i, symbol: symbols[i], quantity: book.position, averageCost: cost)
    }
  }

  /// Cash, and the worth of everything held at the last close; short positions count against it. Saturates.
  func worth() -> (equity: Int64, gross: Int64) {
    var net = Int128(pointee.cash)
    var gross: Int128 = 0
    for i in 0..<pointee.bookCount where pointee.books[i].position != 0 {
      let mark = pointee.closes[i] > 0 ? pointee.closes[i] : pointee.books[i].last
      let value =
        Fixed.money(mark, pointee.books[i].position, pointee.books[i].multiplier)
        ?? (pointee.books[i].position > 0 ? .max : .min)
      net += Int128(value)
      gross += Int128(value.magnitude)
    }
    return (Int64(clamping: net), Int64(clamping: gross))
  }
}

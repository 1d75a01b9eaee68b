import AlphaLoopSDK
import CAlphaLoop

// From decisions to facts: money, position, reports.
extension UnsafeMutablePointer<Venue> {
  @inline(never) func apply(_ decision: Decision, _ asOf: Int64, _ reports: inout ReportWriter) {
    let order = pointee.orders + Int(decision.slot)
    apply(decision, order, pointee.books + Int(order.pointee.instrument), asOf, &reports)
  }

  @inline(__always) func apply(
    _ decision: Decision, _ order: UnsafeMutablePointer<WorkingOrder>, _ book: UnsafeMutablePointer<Book>,
    _ asOf: Int64, _ reports: inout ReportWriter
  ) {
    if decision.marks & Decision.triggered != 0 { report(AL_REPORT_TRIGGERED, order, asOf, &reports) }
    var marks = decision.marks
    if decision.quantity != 0 && !execute(decision, order, book, asOf, &reports) {
      // The money does not fit 64 bits: there is no such trade.
      marks |= Decision.cancelled
    }
    if order.pointee.remaining == 0 {
      endWorking(decision.slot, order, book, OrderIndex.accepted)
    } else if marks & (Decision.cancelled | Decision.expired) != 0 {
      let kind = marks & Decision.cancelled != 0 ? AL_REPORT_CANCELLED : AL_REPORT_EXPIRED
      report(kind, order, asOf, &reports)
      end(decision.slot)
    }
  }

  /// Books a fill and reports it. False, with nothing changed, when a sum would not fit.
  @inline(__always) private func execute(
    _ decision: Decision, _ order: UnsafeMutablePointer<WorkingOrder>, _ book: UnsafeMutablePointer<Book>,
    _ asOf: Int64, _ reports: inout ReportWriter
  ) -> Bool {
    let quantity = decision.quantity
    let price = decision.price
    guard let notional = Fixed.money(price, quantity, book.pointee.multiplier) else { return false }
    let (position, tooMany) = book.pointee.position.addingReportingOverflow(quantity)
    let (left, tooPoor) = pointee.cash.subtractingReportingOverflow(notional)
    if tooMany || tooPoor || notional == .min { return false }
    let fee = charge(order, quantity, notional < 0 ? 0 &- notional : notional, asOf, decision.marks, book.pointee.marks)
    let (after, overdrawn) = left.subtractingReportingOverflow(fee)
    if overdrawn { return false }
    pointee.cash = after
    keepCost(book, position, quantity, price)
    let remaining = order.pointee.remaining &- quantity
    order.pointee.remaining = remaining
    let n = pointee.executionCount &+ 1
    pointee.executionCount = n
    if pointee.settings.executionHistory > 0 {
      keep(
        PastFill(
          id: order.pointee.id, ts: asOf, quantity: quantity, price: price, fee: fee, remaining: remaining,
          instrument: order.pointee.instrument))
    }
    reports.append(
      al_report_v1(
        id: order.pointee.id, ts: asOf, broker_id: Venue.brokerID(order.pointee.id), execution: (pointee.tag, n),
        quantity: quantity, price: price, fee: fee, remaining: remaining, instrument: order.pointee.instrument,
        kind: AL_REPORT_FILL, reserved: 0, code: 0, text_len: 0, text: nil))
    return true
  }

  /// The mean price of what is held: it moves when the position grows, and starts anew when it turns over.
  @inline(__always) private func keepCost(
    _ book: UnsafeMutablePointer<Book>, _ position: Int64, _ quantity: Int64, _ price: Int64
  ) {
    let before = book.pointee.position
    book.pointee.position = position
    book.pointee.last = price
    if before == 0 || (before ^ position) < 0 {
      book.pointee.averageCost = Double(price)
    } else if (before ^ quantity) >= 0 {
      book.pointee.averageCost += (Double(price) - book.pointee.averageCost) * (Double(quantity) / Double(position))
    }
  }

  @inline(__always) private func keep(_ fill: PastFill) {
    let at = Int(truncatingIfNeeded: pointee.executionCount &- 1) & (pointee.settings.executionHistory &- 1)
    (pointee.history + at).initialize(to: fill)
  }

  /// A fact about an order that is not a fill. After an end nothing of it works; else `remaining` does.
  @inline(never) func report(
    _ kind: UInt16, _ order: UnsafeMutablePointer<WorkingOrder>, _ asOf: Int64, _ reports: inout ReportWriter
  ) {
    let ends = kind == AL_REPORT_CANCELLED || kind == AL_REPORT_EXPIRED
    reports.append(
      al_report_v1(
        id: order.pointee.id, ts: asOf, broker_id: Venue.brokerID(order.pointee.id), execution: (0, 0),
        quantity: order.pointee.quantity, price: order.pointee.limit, fee: 0,
        remaining: ends ? 0 : order.pointee.remaining, instrument: order.pointee.instrument, kind: kind, reserved: 0,
        code: 0, text_len: 0, text: nil))
  }

  // MARK: late messages

  @inline(never) func deliver(by time: Int64, _ reports: inout ReportWriter) {
    while let message = pointee.messages.take(by: time) {
      let id = message.order.id
      let entry = pointee.index.entry(pointee.index.find(id), id)
      guard entry >= OrderIndex.firstSlot else {
        refuse(message, .finished, &reports)
        continue
      }
      let slot = entry - OrderIndex.firstSlot
      let order = pointee.orders + Int(slot)
      switch message.kind {
      case .submit:
        if isRejectedAtRandom(id) {
          refuse(message, .random, &reports)
          end(slot, UInt32(Refusal.random.rawValue))
          continue
        }
        order.pointee.marks &= ~WorkingOrder.inFlight
        order.pointee.arrival = message.arrival
        pointee.inFlightCount -= 1
        pointee.workingCount += 1
        accept(slot)
        report(AL_REPORT_ACCEPTED, order, message.arrival, &reports)
      case .cancel:
        report(AL_REPORT_CANCELLED, order, message.arrival, &reports)
        end(slot)
      case .replace:
        if let refusal = Refusal(rawValue: applyReplacement(slot, message.order, at: message.arrival)) {
          refuse(message, refusal, &reports)
        } else {
          report(AL_REPORT_REPLACED, order, message.arrival, &reports)
        }
      }
    }
  }

  private func refuse(_ message: Message, _ refusal: Refusal, _ reports: inout ReportWriter) {
    let kind =
      switch message.kind {
      case .submit: AL_REPORT_REJECTED
      case .cancel: AL_REPORT_CANCEL_REJECTED
      case .replace: AL_REPORT_REPLACE_REJECTED
      }
    let entry = pointee.index.entry(pointee.index.find(message.order.id), message.order.id)
    var remaining: Int64 = 0
    var instrument = message.order.instrument
    if entry >= OrderIndex.firstSlot {
      let order = pointee.orders[Int(entry - OrderIndex.firstSlot)]
      instrument = order.instrument
      if message.kind != .submit { remaining = order.remaining }
    } else if message.kind == .cancel {
      instrument = AL_NONE
    }
    let text = refusal.text
    let bytes = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    reports.append(
      al_report_v1(
        id: message.order.id, ts: message.arrival, broker_id: Venue.brokerID(message.order.id), execution: (0, 0),
        quantity: message.order.quantity, price: message.order.limit_price, fee: 0, remaining: remaining,
        instrument: instrument, kind: kind, reserved: 0, code: refusal.rawValue,
        text_len: UInt32(text.utf8CodeUnitCount),
        text: bytes))
  }
}

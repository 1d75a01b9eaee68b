/// The rarer facts of an order, with values of their own: versions asked for and confirmed, executions taken back.
extension OrderMachine {
  /// A fact with a version of the order; `note` records it and says what came of it.
  @inline(never) mutating func apply(
    _ kind: OrderFactKind, _ slot: Int32, _ time: UnixNanoseconds, note: (borrowing OrderMachine) -> OrderEffects
  ) -> OrderEffects {
    let order = pool.orders + Int(slot)
    let cell = cell(order.pointee.state, kind)
    let flags = order.pointee.flags
    if isRefused(cell, flags) { return refuse(cell.effects) }
    let noted = note(self)
    if noted.contains(.ignored) { return refuse(noted) }
    if noted.contains(.duplicate) { return cell.effects.union(noted) }
    let effects = settle(cell.target, cell.effects.union(noted), slot, time)
    return effects.isEmpty && flags == order.pointee.flags ? .duplicate : effects
  }

  func noteAsked(_ quantity: Quantity, _ limit: Price, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    let book = pool.books + Int(order.pointee.instrument)
    if !isVersion(quantity, order) || !hasRoom(for: quantity.magnitude, book, buy: quantity.raw > 0) {
      return .ignored
    }
    order.pointee.pendingQuantity = quantity
    order.pointee.pendingLimit = limit
    order.pointee.flags.insert(.replaceOutstanding)
    return []
  }

  /// The outstanding version confirmed becomes the order. The version we have already is a repetition. Any other is a
  /// change we did not ask for: the larger quantity stands, so that exposure is not under-counted.
  func noteReplaced(_ quantity: Quantity, _ limit: Price, _ order: UnsafeMutablePointer<Order>) -> OrderEffects {
    if !isVersion(quantity, order) { return .ignored }
    var effects: OrderEffects = []
    let isPending = quantity == order.pointee.pendingQuantity && limit == order.pointee.pendingLimit
    if order.pointee.flags.contains(.replaceOutstanding), isPending {
      order.pointee.flags.remove(.replaceOutstanding)
      order.pointee.quantity = quantity
      order.pointee.limit = limit
    } else if quantity == order.pointee.quantity, limit == order.pointee.limit {
      if order.pointee.flags.contains(.acknowledged), order.pointee.state != .unknown { return .duplicate }
    } else {
      effects = .contradiction
      if order.pointee.directed(quantity.raw) > order.pointee.directed(order.pointee.quantity.raw) {
        order.pointee.quantity = quantity
      }
    }
    order.pointee.flags.insert(.acknowledged)
    return effects
  }

  /// A possible new total quantity of the order: on its side and of a size that is allowed.
  @inline(__always) private func isVersion(_ quantity: Quantity, _ order: UnsafeMutablePointer<Order>) -> Bool {
    let size = order.pointee.directed(quantity.raw)
    return size > 0 && size <= Self.largestQuantity.raw
  }

  private func subtract(_ fill: Fill, _ order: UnsafeMutablePointer<Order>) {
    order.pointee.filled.raw = saturating(order.pointee.filled.raw, 0 &- fill.quantity.raw)
    order.pointee.filledNotional.raw = saturating(order.pointee.filledNotional.raw, 0 &- fill.notional.raw)
  }

  /// Voids the old execution and counts the new one, each once whatever order the messages of a chain of corrections come
  /// in: an execution that is voided before it comes never counts.
  mutating func correct(_ old: Fill, _ new: Fill, _ slot: Int32, _ time: UnixNanoseconds) -> OrderEffects {
    let voided = executions.void(old.execution)
    let isFresh = executions.insert(new.execution)
    if voided == .already && !isFresh { return .duplicate }
    let order = pool.orders + Int(slot)
    let cell = cell(order.pointee.state, .corrected)
    order.pointee.flags.insert(.acknowledged)
    var effects = cell.effects
    if voided == .counted {
      subtract(old, order)
      effects.insert(.unbooked)
    }
    if isFresh {
      effects.formUnion(add(new, order))
      // Two successors of one execution: neither is dropped, the difference is for reconciliation.
      if voided == .already { effects.insert(.contradiction) }
    }
    return settle(cell.target, effects, slot, time)
  }

  mutating func bust(_ fill: Fill, _ slot: Int32, _ time: UnixNanoseconds) -> OrderEffects {
    let voided = executions.void(fill.execution)
    if voided == .already { return .duplicate }
    let order = pool.orders + Int(slot)
    let cell = cell(order.pointee.state, .busted)
    order.pointee.flags.insert(.acknowledged)
    if voided == .unseen { return settle(cell.target, cell.effects, slot, time) }
    subtract(fill, order)
    return settle(cell.target, cell.effects.union(.unbooked), slot, time)
  }
}

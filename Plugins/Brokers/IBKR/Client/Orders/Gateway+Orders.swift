import CAlphaLoop
import TWSProtocol

/// The host's questions about orders, positions and the account. Each waits for its end marker.
extension Gateway {
  public func submit(
    _ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) throws(IBKRError) { try desk.submit(orders, acks) }

  public func cancel(
    _ ids: UnsafeBufferPointer<al_order_id_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) throws(IBKRError) { try desk.cancel(ids, acks) }

  public func replace(
    _ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>
  ) throws(IBKRError) { try desk.replace(orders, acks) }

  /// All orders that work, ours first, and those of ours that ended. Asks for everybody's, for our own with their ids, and for
  /// the completed ones.
  public func openOrders() throws(IBKRError) -> [OrderReport] {
    let epoch = desk.epoch
    let answer = Monitor(OpenOrdersAnswer())
    for request in [Request.reqAllOpenOrders, .reqOpenOrders] {
      try ask(lane: .openOrders, request, "open orders") { response in
        if case .openOrderEnd = response { return true }
        answer.withLock { $0.take(response) }
        return false
      }
    }
    try ask(lane: .completedOrders, .reqCompletedOrders(apiOnly: false), "completed orders") { response in
      if case .completedOrdersEnd = response { return true }
      answer.withLock { $0.take(response) }
      return false
    }
    let whole = answer.withLock { $0 }
    let rows = desk.monitor.withLock { $0.book.rows(whole, now: time.wall()) }
    desk.noteOrders(asked: epoch)
    return rows
  }

  /// Executions at or after a time, ns UTC, of this account: what the gateway still has, and what came in this process.
  public func executions(since: Int64) throws(IBKRError) -> [OrderReport] {
    let epoch = desk.epoch
    var filter = ExecutionFilter()
    filter.acctCode = account
    if let version = serverVersion, version >= 200 {
      let days = (time.wall() - max(since, 0)) / 86_400_000_000_000 + 1
      filter.lastNDays = Int32(clamping: min(max(days, 1), 7))
    }
    let id = inquiries.nextId()
    try ask(id: id, .reqExecutions(reqId: id, filter), "executions") { response in
      if case .execDetailsEnd = response { true } else { false }
    }
    let rows = desk.monitor.withLock { $0.book.rows(since: since, now: time.wall()) }
    desk.noteExecutions(asked: epoch)
    return rows
  }

  // MARK: Asking

  func ask(
    id: Int32, _ request: Request, _ what: String, timeout: Double? = nil, take: @escaping Inquiries.Taker
  ) throws(IBKRError) {
    try inquiries.ask(
      id: id, what: what, timeout: timeout ?? settings.requestTimeout,
      send: { () throws(IBKRError) in try post(request) }, take: take)
  }

  func ask(
    lane: Lane, _ request: Request, _ what: String, timeout: Double? = nil, take: @escaping Inquiries.Taker
  ) throws(IBKRError) {
    try inquiries.ask(
      lane: lane, what: what, timeout: timeout ?? settings.requestTimeout,
      send: { () throws(IBKRError) in try post(request) }, take: take)
  }
}

import CAlphaLoop
import TWSProtocol

/// Orders beyond what the host's rows can say: algorithms, pegged and auction orders, conditions, previews. They carry our
/// reference as the others do, and are cancelled and reconciled like them.
extension Gateway {
  /// Sends an order with any attributes of the protocol under our id. `orderRef` and, where it is empty, `account` are set
  /// here; `tif` has to be stated.
  ///
  /// - Returns: the order's id on this connection.
  /// - Throws: ``IBKRError/Kind/notReady`` as `submit` does; ``IBKRError/Kind/invalid`` for an id that was sent before.
  @discardableResult
  public func place(
    _ id: al_order_id_v1, instrument: UInt32 = AL_NONE, _ contract: Contract, _ order: Order
  ) throws(IBKRError) -> Int32 {
    try desk.monitor.withLock { (state) throws(IBKRError) in
      try state.checkOpen()
      let key = OrderKey(id)
      guard state.book.byKey[key] == nil else {
        throw IBKRError(.invalid, "\(OrderReference.text(id)) was sent before")
      }
      guard !order.tif.isEmpty else { throw IBKRError(.invalid, "the time in force is not stated") }
      let alias = try state.ids?.take() ?? 0
      let frame = try Gateway.frame(alias, contract, order, ref: OrderReference.text(id), state)
      let record = OrderRecord(key: key, instrument: instrument)
      record.row = Gateway.row(id, instrument, order)
      record.physicals = [OrderRecord.Physical(orderId: alias, permId: 0)]
      state.book.byKey[key] = record
      state.book.byAlias[alias] = record
      guard outbox.send(frame, .order, tag: OrderTag(.submit, alias).number) != .refused else {
        state.book.byKey[key] = nil
        state.book.byAlias[alias] = nil
        throw IBKRError(.notReady, code: 504, "nothing was sent: the connection is gone")
      }
      return alias
    }
  }

  /// What an order would do to margin and what it would cost; no order is made.
  public func preview(_ contract: Contract, _ order: Order) throws(IBKRError) -> OrderState {
    var order = order
    order.whatIf = true
    let (alias, frame) = try desk.monitor.withLock { (state) throws(IBKRError) in
      guard state.isSocketUp else { throw IBKRError(.notReady, "nothing was sent: \(state.problem)") }
      let alias = try state.ids?.take() ?? 0
      return (alias, try Gateway.frame(alias, contract, order, ref: "", state))
    }
    let found = Monitor<OrderState?>(nil)
    try inquiries.ask(
      id: alias, what: "preview", timeout: settings.requestTimeout,
      send: { () throws(IBKRError) in outbox.send(frame, .order) != .refused },
      take: { response in
        guard case .openOrder(let open) = response, open.order.whatIf else { return false }
        found.withLock { $0 = open.orderState }
        return true
      })
    guard let state = found.withLock({ $0 }) else { throw IBKRError(.timedOut, "preview: no answer") }
    return state
  }

  /// Cancels every open order of the account, those that are not ours included.
  public func cancelEverything() throws(IBKRError) {
    guard try post(.reqGlobalCancel(), .cancel) else { throw IBKRError(.notReady, "there is no session") }
  }

  /// Exercises options, or lets them lapse.
  public func exercise(_ contract: Contract, _ exercise: OptionExercise) throws(IBKRError) {
    var exercise = exercise
    if exercise.account.isEmpty { exercise.account = account }
    guard try post(.exerciseOptions(reqId: inquiries.nextId(), contract, exercise), .order) else {
      throw IBKRError(.notReady, "there is no session")
    }
  }

  private static func frame(
    _ alias: Int32, _ contract: Contract, _ order: Order, ref: String, _ state: OrderDesk.State
  ) throws(IBKRError) -> [UInt8] {
    guard let version = state.version else { throw IBKRError(.notReady, "there is no session") }
    var order = order
    order.orderRef = ref
    if order.account.isEmpty { order.account = state.account }
    do throws(WireError) { return try Request.placeOrder(orderId: alias, contract, order).frame(version) } catch {
      throw IBKRError(error, in: "order \(ref)")
    }
  }

  /// The part of the order that the host's rows can say.
  private static func row(_ id: al_order_id_v1, _ instrument: UInt32, _ order: Order) -> al_order_v1 {
    var row = al_order_v1()
    row.id = id
    row.instrument = instrument
    let types = [
      "LMT": AL_ORDER_LIMIT, "STP": AL_ORDER_STOP, "STP LMT": AL_ORDER_STOP_LIMIT, "TRAIL": AL_ORDER_TRAILING_STOP,
    ]
    row.type = types[order.orderType] ?? AL_ORDER_MARKET
    let quantity = order.totalQuantity.flatMap(FixedPoint.units) ?? 0
    row.quantity = order.action == "BUY" ? quantity : -quantity
    row.limit_price = order.lmtPrice.flatMap(FixedPoint.units) ?? 0
    row.stop_price = order.auxPrice.flatMap(FixedPoint.units) ?? 0
    return row
  }
}

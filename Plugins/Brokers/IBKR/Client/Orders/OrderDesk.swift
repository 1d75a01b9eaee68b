import CAlphaLoop
import TWSProtocol

/// Takes the host's orders to the wire and the gateway's facts to the host. One lock holds the book; an order is registered
/// in it before its first byte leaves, and goes out on the caller's thread.
final class OrderDesk: @unchecked Sendable {
  typealias Orders = UnsafeBufferPointer<al_order_v1>
  typealias OrderIDs = UnsafeBufferPointer<al_order_id_v1>
  typealias Acks = UnsafeMutableBufferPointer<al_ack_v1>

  struct State {
    var book = OrderBook()
    var ids: OrderIdSource?
    var version: ServerVersion?
    var account = ""
    var listings: [Listing] = []
    /// Of listings, made with the first order in each.
    var templates: [OrderTemplate?] = []
    var scratch: [UInt8] = []
    var isSocketUp = false
    var isSessionUp = false
    /// Why nothing can be sent.
    var problem = "there is no session yet"
    /// Sessions that came up, and up to which the host has asked for orders and for executions.
    var epoch: UInt64 = 0
    var ordersAsked: UInt64 = 0
    var executionsAsked: UInt64 = 0

    /// Nothing new may go out before the host could know what is working.
    func checkOpen() throws(IBKRError) {
      guard isSocketUp, isSessionUp, version != nil else { throw IBKRError(.notReady, "nothing was sent: \(problem)") }
      guard ordersAsked == epoch, executionsAsked == epoch else {
        throw IBKRError(
          .notReady, "nothing was sent: open orders and executions have not been asked for since the session came up")
      }
    }
  }

  /// What the gateway's thread has to do after facts were booked.
  struct Aftermath {
    var notes: [String] = []
    var wantsReconciliation: String?
  }

  let monitor: Monitor<State>
  let outbox: Outbox
  let reports: ReportQueue
  let time: TimeSource

  init(settings: GatewaySettings, outbox: Outbox, reports: ReportQueue, time: TimeSource) {
    self.outbox = outbox
    self.reports = reports
    self.time = time
    var state = State()
    state.book.clientId = settings.clientId
    state.book.loginZone = TimeZoneTable(settings.loginZone) ?? .utc
    monitor = Monitor(state)
  }

  // MARK: Orders

  /// - Throws: ``IBKRError/Kind/notReady``: none of them was sent.
  func submit(_ orders: Orders, _ acks: Acks) throws(IBKRError) {
    try monitor.withLock { (state) throws(IBKRError) in
      try state.checkOpen()
      var index = 0
      while index < orders.count {
        let count = orders[index].group == 0 ? 1 : Bracket.length(orders, from: index)
        if count > 1 {
          submitBracket(orders, index..<index + count, acks, &state)
        } else {
          acks[index] = submit(orders[index], &state)
        }
        index += count
      }
    }
  }

  private func submit(_ row: al_order_v1, _ state: inout State) -> al_ack_v1 {
    let key = OrderKey(row.id)
    if let known = state.book.byKey[key] { return OrderDesk.standing(known) }
    do throws(IBKRError) {
      let id = try take(1, &state)
      let frame = try frame(row, id, &state)
      register(row, key, id, &state)
      let outcome = outbox.send(frame, .order, tag: OrderTag(.submit, id).number)
      if outcome == .refused {
        unregister(key, id, &state)
        return OrderDesk.refusal(IBKRError(.notReady, code: 504, "the connection is gone"))
      }
      return al_ack_v1(status: AL_AGAIN, code: 0, broker_id: Int64(id))
    } catch { return OrderDesk.refusal(error) }
  }

  /// Parent and children go out in one piece; only the last message releases them.
  private func submitBracket(_ orders: Orders, _ range: Range<Int>, _ acks: Acks, _ state: inout State) {
    if let known = range.first(where: { state.book.byKey[OrderKey(orders[$0].id)] != nil }) {
      _ = known
      for index in range {
        acks[index] =
          state.book.byKey[OrderKey(orders[index].id)].map(OrderDesk.standing)
          ?? OrderDesk.refusal(IBKRError(.invalid, "a bracket is sent whole or not at all"))
      }
      return
    }
    do throws(IBKRError) {
      let first = try take(Int32(range.count), &state)
      var bytes: [UInt8] = []
      for (place, index) in range.enumerated() {
        bytes += try frame(
          orders[index], first + Int32(place), &state, parent: place == 0 ? 0 : first,
          isLast: place == range.count - 1)
      }
      for (place, index) in range.enumerated() {
        register(orders[index], OrderKey(orders[index].id), first + Int32(place), &state)
      }
      let outcome = outbox.send(
        bytes, .order, tag: OrderTag(.submit, first).number, messages: range.count)
      for (place, index) in range.enumerated() {
        if outcome == .refused {
          unregister(OrderKey(orders[index].id), first + Int32(place), &state)
          acks[index] = OrderDesk.refusal(IBKRError(.notReady, code: 504, "the connection is gone"))
        } else {
          acks[index] = al_ack_v1(status: AL_AGAIN, code: 0, broker_id: Int64(first) + Int64(place))
        }
      }
    } catch { for index in range { acks[index] = OrderDesk.refusal(error) } }
  }

  /// - Throws: ``IBKRError/Kind/notReady`` where there is no connection; a session that is down keeps no cancel back.
  func cancel(_ ids: OrderIDs, _ acks: Acks) throws(IBKRError) {
    try monitor.withLock { (state) throws(IBKRError) in
      guard state.isSocketUp, let version = state.version else {
        throw IBKRError(.notReady, "nothing was sent: \(state.problem)")
      }
      for index in ids.indices {
        acks[index] = cancel(OrderKey(ids[index]), version, &state)
      }
    }
  }

  private func cancel(_ key: OrderKey, _ version: ServerVersion, _ state: inout State) -> al_ack_v1 {
    guard let record = state.book.byKey[key] else {
      return OrderDesk.refusal(IBKRError(.refused, code: 10147, "this client does not know the order"))
    }
    let live = record.live
    guard !live.isEmpty else { return OrderDesk.refusal(IBKRError(.refused, code: 10148, "the order is over")) }
    var status = OrderDesk.refusal(IBKRError(.refused, code: 136, "the order belongs to another client id"))
    for id in Set(live.map(\.orderId)).sorted() where id > 0 {
      guard let frame = try? Request.cancelOrder(orderId: id).frame(version) else { continue }
      record.isCancelAsked = true
      if outbox.send(frame, .cancel, tag: OrderTag(.cancel, id).number) == .refused {
        return OrderDesk.refusal(IBKRError(.notReady, code: 504, "the connection is gone"))
      }
      status = al_ack_v1(status: AL_AGAIN, code: 0, broker_id: Int64(id))
    }
    return status
  }

  /// A change under the same id; one that comes before the broker's first word about the order waits for it.
  func replace(_ orders: Orders, _ acks: Acks) throws(IBKRError) {
    try monitor.withLock { (state) throws(IBKRError) in
      try state.checkOpen()
      for index in orders.indices { acks[index] = replace(orders[index], &state) }
    }
  }

  private func replace(_ row: al_order_v1, _ state: inout State) -> al_ack_v1 {
    guard let record = state.book.byKey[OrderKey(row.id)] else {
      return OrderDesk.refusal(IBKRError(.refused, code: 10147, "this client does not know the order"))
    }
    let alias = record.live.last { $0.orderId > 0 }?.orderId ?? 0
    guard alias > 0 else { return OrderDesk.refusal(IBKRError(.refused, code: 104, "nothing of the order works here")) }
    do throws(IBKRError) {
      let frame = try frame(row, alias, &state)
      let before = record.row ?? OrderDesk.placeholder(row, record)
      if record.isAccepted {
        let outcome = outbox.send(frame, .order, tag: OrderTag(.replace, alias).number)
        guard outcome != .refused else { throw IBKRError(.notReady, code: 504, "the connection is gone") }
      } else {
        record.deferred = row
      }
      if record.before == nil { record.before = before }
      record.row = row
      return al_ack_v1(status: AL_AGAIN, code: 0, broker_id: Int64(alias))
    } catch { return OrderDesk.refusal(error) }
  }

  /// Changes whose order the broker has acknowledged by now.
  private func sendDeferred(_ state: inout State) {
    for record in state.book.takeDue() {
      guard let row = record.deferred else { continue }
      record.deferred = nil
      let alias = record.alias
      guard let frame = try? frame(row, alias, &state),
        outbox.send(frame, .order, tag: OrderTag(.replace, alias).number) != .refused
      else {
        state.book.unsent(OrderTag(.replace, alias), now: time.wall())
        continue
      }
    }
  }

  // MARK: Facts

  /// Books a fact of the gateway, whatever any health says, and hands on what follows from it.
  func apply(_ body: (inout OrderBook, Int64, Int64) -> Void) -> Aftermath {
    monitor.withLock { state in
      body(&state.book, time.wall(), time.monotonic())
      sendDeferred(&state)
      for id in state.book.takeUncancelled() {
        guard let version = state.version, let frame = try? Request.cancelOrder(orderId: id).frame(version) else {
          continue
        }
        _ = outbox.send(frame, .cancel)
      }
      if var ids = state.ids {
        for id in state.book.takeSeenIds() { ids.see(id) }
        state.ids = ids
      }
      reports.add(state.book.takeReports())
      var aftermath = Aftermath(notes: state.book.notes, wantsReconciliation: state.book.wantsReconciliation)
      state.book.notes.removeAll()
      state.book.wantsReconciliation = nil
      if !aftermath.notes.isEmpty { aftermath.notes = Array(aftermath.notes.prefix(50)) }
      return aftermath
    }
  }

  // MARK: Parts

  private func take(_ count: Int32, _ state: inout State) throws(IBKRError) -> Int32 {
    guard state.ids != nil else { throw IBKRError(.notReady, "there are no order ids yet") }
    return try state.ids?.take(count) ?? 0
  }

  private func register(_ row: al_order_v1, _ key: OrderKey, _ id: Int32, _ state: inout State) {
    let record = OrderRecord(key: key, instrument: row.instrument)
    record.row = row
    record.physicals = [OrderRecord.Physical(orderId: id, permId: 0)]
    state.book.byKey[key] = record
    state.book.byAlias[id] = record
  }

  private func unregister(_ key: OrderKey, _ id: Int32, _ state: inout State) {
    state.book.byKey[key] = nil
    state.book.byAlias[id] = nil
  }

  private func frame(
    _ row: al_order_v1, _ id: Int32, _ state: inout State, parent: Int32 = 0, isLast: Bool = true
  ) throws(IBKRError) -> [UInt8] {
    guard Int(row.instrument) < state.listings.count else {
      throw IBKRError(.invalid, "there is no instrument \(row.instrument)")
    }
    guard let version = state.version else { throw IBKRError(.notReady, "there is no session") }
    let oca = row.group == 0 || parent != 0 || !isLast ? "" : Bracket.ocaName(row)
    let index = Int(row.instrument)
    try OrderFrame.check(state.listings[index])
    if state.templates[index] == nil {
      state.templates[index] = OrderTemplate(state.listings[index].contract, account: state.account, version)
    }
    let magnifier = state.listings[index].magnifier
    if state.templates[index]?.write(
      row, id: id, magnifier: magnifier, oca: oca, parent: parent, transmit: isLast, into: &state.scratch) == true
    {
      return state.scratch
    }
    return try OrderFrame.make(
      row, id: id, listing: state.listings[index], account: state.account, oca: oca, parent: parent,
      transmit: isLast, version)
  }

  /// An order that was sent before is answered as it stands.
  private static func standing(_ record: OrderRecord) -> al_ack_v1 {
    let status = record.isRejected ? AL_E_REJECTED : record.isAccepted ? AL_OK : AL_AGAIN
    return al_ack_v1(status: status, code: 0, broker_id: Int64(record.alias))
  }

  /// The order as it was, as far as the broker told.
  private static func placeholder(_ row: al_order_v1, _ record: OrderRecord) -> al_order_v1 {
    var before = row
    before.quantity = record.live.last?.total ?? row.quantity
    return before
  }

  private static func refusal(_ error: IBKRError) -> al_ack_v1 {
    let status =
      switch error.kind {
      case .invalid: AL_E_ARGUMENT
      case .notReady, .stopped, .disconnected: AL_E_STATE
      case .timedOut: AL_E_TIMEOUT
      default: AL_E_REJECTED
      }
    return al_ack_v1(status: status, code: error.code, broker_id: 0)
  }
}

/// Groups of the host: rows of one call with one group, of which the first stands against all others, are a bracket; all
/// other members of a group cancel each other.
enum Bracket {
  /// Rows from `first` on that go out as one bracket; 1: none.
  static func length(_ orders: UnsafeBufferPointer<al_order_v1>, from first: Int) -> Int {
    let parent = orders[first]
    var end = first + 1
    while end < orders.count, orders[end].group == parent.group, (orders[end].quantity > 0) != (parent.quantity > 0),
      orders[end].instrument == parent.instrument
    {
      end += 1
    }
    let isWhole = end == orders.count || orders[end].group != parent.group
    return isWhole ? end - first : 1
  }

  /// A used name makes later orders cancel at once, so that it holds the session.
  static func ocaName(_ row: al_order_v1) -> String {
    let session = OrderReference.text(al_order_id_v1(session: row.id.session, sequence: row.group))
    return "G\(session)"
  }
}

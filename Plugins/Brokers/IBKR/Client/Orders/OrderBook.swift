import CAlphaLoop
import TWSProtocol

/// What is known of orders and executions: every fact of the gateway goes in, whatever the connection's health, and reports
/// for the host come out. No I/O, no clock: times come with the facts.
struct OrderBook {
  var byKey: [OrderKey: OrderRecord] = [:]
  /// Order ids of this client id.
  var byAlias: [Int32: OrderRecord] = [:]
  var byPerm: [Int64: OrderRecord] = [:]
  var executions: [ExecutionIdentity: ExecutionRecord] = [:]
  /// Commissions that came before their executions.
  var earlyFees: [ExecutionIdentity: Fee] = [:]
  var clientId: Int32 = 0
  /// Facts of other accounts are none of ours; empty: all are.
  var account = ""
  /// Instruments by contract id and by name, of the bound universe.
  var instruments = InstrumentIndex()
  var loginZone = TimeZoneTable.utc
  /// Reports that were not yet taken.
  var reports: [OrderReport] = []
  /// Lines for the log.
  var notes: [String] = []
  /// Something is known to be missing: the host is to reconcile.
  var wantsReconciliation: String?

  struct Fee {
    var units: Int64
    var revision: Int
  }

  struct ExecutionRecord {
    var report: OrderReport
    var revision: Int
    /// As the first report had it.
    var first: (quantity: Int64, price: Int64)
    var fee: Fee?
    var key: OrderKey?
  }

  /// Orders whose change waited for the broker's first word, which has come.
  private var due: [OrderRecord] = []
  private var seenIds: [Int32] = []
  /// Orders of which one was cancelled and another still works under the same id: the cancel is to be sent again.
  private var uncancelled: [Int32] = []

  mutating func takeUncancelled() -> [Int32] {
    guard !uncancelled.isEmpty else { return [] }
    defer { uncancelled.removeAll() }
    return uncancelled
  }

  mutating func takeDue() -> [OrderRecord] {
    guard !due.isEmpty else { return [] }
    defer { due.removeAll() }
    return due
  }

  /// Order ids of this client that the gateway spoke of.
  mutating func takeSeenIds() -> [Int32] {
    guard !seenIds.isEmpty else { return [] }
    defer { seenIds.removeAll() }
    return seenIds
  }

  mutating func takeReports() -> [OrderReport] {
    defer { reports.removeAll(keepingCapacity: true) }
    return reports
  }

  // MARK: Finding

  /// The record of an order that the gateway speaks of; made when its reference is ours and it is new. nil: not ours.
  mutating func record(ref: String, orderId: Int32, permId: Int64, ofClient client: Int32?, contract: Contract)
    -> OrderRecord?
  {
    if let key = OrderReference.parse(ref) {
      if let known = byKey[key] { return known }
      let made = OrderRecord(key: key, instrument: instruments.find(contract))
      byKey[key] = made
      return made
    }
    guard ref.isEmpty else { return nil }
    if permId != 0, let known = byPerm[permId] { return known }
    // An order id says something only among those of this client, and only while nothing better contradicts.
    guard client == nil || client == clientId, orderId > 0, let known = byAlias[orderId] else { return nil }
    let isOther =
      permId != 0 && known.physicals.contains { $0.orderId == orderId && $0.permId != 0 && $0.permId != permId }
    return isOther ? nil : known
  }

  /// The place of the physical order, with its ids noted.
  mutating func place(_ record: OrderRecord, orderId: Int32, permId: Int64, client: Int32) -> Int {
    let own = client == clientId && orderId > 0 ? orderId : 0
    if own > 0 { seenIds.append(own) }
    let (index, isNew) = record.physical(orderId: own, permId: permId)
    if own > 0 { byAlias[own] = record }
    if permId != 0 { byPerm[permId] = record }
    if isNew, record.live.count > 1 {
      let ids = record.live.map { String($0.permId) }.joined(separator: " and ")
      notes.append(
        "order \(OrderReference.text(record.key.id)) works twice at the broker, as \(ids); a cancel ends both")
      wantsReconciliation = "one order works twice at the broker"
    }
    return index
  }

  // MARK: Facts

  mutating func apply(_ open: OpenOrder, now: Int64) {
    let (order, status) = (open.order, OrderStatusKind(rawValue: open.orderState.status))
    guard !order.whatIf,
      let record = record(
        ref: order.orderRef, orderId: open.orderId, permId: order.permId, ofClient: order.clientId,
        contract: open.contract)
    else { return }
    if record.instrument == AL_NONE { record.instrument = instruments.find(open.contract) }
    let index = place(record, orderId: open.orderId, permId: order.permId, client: order.clientId)
    let sign: Int64 = order.action == "SELL" || order.action == "SSHORT" ? -1 : 1
    if let total = order.totalQuantity.flatMap(FixedPoint.units) { record.physicals[index].total = sign * total }
    if let status { move(record, index, to: status, now: now, text: open.orderState.warningText) }
    confirmChange(record, order, now: now)
  }

  mutating func apply(_ status: OrderStatus, now: Int64, monotonic: Int64) {
    guard
      let record = record(
        ref: "", orderId: status.orderId, permId: status.permId, ofClient: status.clientId, contract: Contract())
    else { return }
    let index = place(record, orderId: status.orderId, permId: status.permId, client: status.clientId)
    if let filled = status.filled.flatMap(FixedPoint.units), filled > record.filledByStatus {
      record.filledByStatus = filled
    }
    if let remaining = status.remaining.flatMap(FixedPoint.units) {
      let sign: Int64 = (record.row?.quantity ?? record.physicals[index].total ?? 0) < 0 ? -1 : 1
      record.physicals[index].remaining = sign * remaining
    }
    record.shortSince =
      record.filledByStatus > abs(record.executed) ? (record.shortSince == 0 ? monotonic : record.shortSince) : 0
    if let kind = OrderStatusKind(rawValue: status.status) {
      move(record, index, to: kind, now: now, text: status.whyHeld)
    }
  }

  /// A final state is left by a fill alone, never by an older status that comes late.
  private mutating func move(
    _ record: OrderRecord, _ index: Int, to status: OrderStatusKind, now: Int64, text: String
  ) {
    guard !record.physicals[index].isOver else { return }
    record.physicals[index].status = status
    if status.isAcknowledged, !record.isAccepted {
      record.isAccepted = true
      reports.append(OrderReport(AL_REPORT_ACCEPTED, record, ts: now, text: text))
    }
    if status.isAcknowledged, record.deferred != nil { due.append(record) }
    if status == .submitted, !record.isTriggered, let row = record.row,
      row.type == AL_ORDER_STOP || row.type == AL_ORDER_STOP_LIMIT || row.type == AL_ORDER_TRAILING_STOP
    {
      record.isTriggered = true
      reports.append(OrderReport(AL_REPORT_TRIGGERED, record, ts: now))
    }
    guard status.isOver else { return }
    record.physicals[index].isOver = true
    if status != .filled, record.isCancelAsked, let rest = record.live.last(where: { $0.orderId > 0 }) {
      uncancelled.append(rest.orderId)
    }
    if status != .filled { end(record, AL_REPORT_CANCELLED, now: now, text: text) }
  }

  /// Reports an end once every order at the broker under this id is over.
  mutating func end(_ record: OrderRecord, _ kind: UInt16, now: Int64, code: Int32 = 0, text: String) {
    guard record.isOver, !record.isEnded else { return }
    record.isEnded = true
    record.before = nil
    record.deferred = nil
    reports.append(OrderReport(kind, record, ts: now, code: code, text: text))
  }

  /// The broker shows the order as the change wants it.
  private mutating func confirmChange(_ record: OrderRecord, _ order: Order, now: Int64) {
    guard record.before != nil, record.deferred == nil, let row = record.row else { return }
    let total = order.totalQuantity.flatMap(FixedPoint.units)
    guard total == abs(row.quantity) else { return }
    let magnifier = instruments.magnifier(record.instrument)
    func agrees(_ price: Double?, _ units: Int64) -> Bool {
      units == 0 || price.map { abs($0 - FixedPoint.double(units) * magnifier) < 1e-7 } ?? false
    }
    guard agrees(order.lmtPrice, row.limit_price),
      row.type == AL_ORDER_TRAILING_STOP || agrees(order.auxPrice, row.stop_price)
    else { return }
    record.before = nil
    var report = OrderReport(AL_REPORT_REPLACED, record, ts: now)
    report.row.price = row.limit_price
    reports.append(report)
  }
}

/// Which instrument of the universe a contract is.
struct InstrumentIndex: Sendable {
  private var byId: [Int32: UInt32] = [:]
  private var byName: [String: UInt32] = [:]
  private var magnifiers: [Double] = []
  private(set) var multipliers: [Double] = []

  init() {}

  init(_ listings: [Listing]) {
    for (index, listing) in listings.enumerated() {
      let contract = listing.contract
      if contract.conId != 0 { byId[contract.conId] = UInt32(index) }
      byName[InstrumentIndex.name(contract)] = UInt32(index)
      magnifiers.append(listing.magnifier)
      multipliers.append(listing.multiplier)
    }
  }

  private static func name(_ c: Contract) -> String {
    let strike = c.strike.map { $0 == 0 ? "" : String($0) } ?? ""
    let right = c.right == "?" || c.right == "0" ? "" : c.right
    return "\(c.symbol)|\(c.secType)|\(c.currency)|\(c.lastTradeDateOrContractMonth)|\(strike)|\(right)"
  }

  func find(_ contract: Contract) -> UInt32 {
    if contract.conId != 0, let known = byId[contract.conId] { return known }
    return byName[InstrumentIndex.name(contract)] ?? AL_NONE
  }

  func magnifier(_ instrument: UInt32) -> Double {
    instrument < magnifiers.count ? magnifiers[Int(instrument)] : 1
  }
  func multiplier(_ instrument: UInt32) -> Double {
    instrument < multipliers.count ? multipliers[Int(instrument)] : 1
  }
}

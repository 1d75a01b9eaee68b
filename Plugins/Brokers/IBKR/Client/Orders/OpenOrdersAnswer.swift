import CAlphaLoop
import TWSProtocol

/// What the gateway said of open and completed orders in one reconciliation.
struct OpenOrdersAnswer: Sendable {
  private(set) var open: [OpenOrder] = []
  private var statuses: [Int64: OrderStatus] = [:]
  private(set) var completed: [CompletedOrder] = []

  /// Takes one message; orders that come twice are kept once, as they came last.
  mutating func take(_ response: Response) {
    switch response {
    case .openOrder(let order):
      let permId = order.order.permId
      if let index = open.firstIndex(where: {
        permId != 0
          ? $0.order.permId == permId : $0.orderId == order.orderId && $0.order.clientId == order.order.clientId
      }) {
        // The question about all orders does not tell the order ids of others; what is known stays.
        let known = open[index].orderId
        open[index] = order
        if order.orderId <= 0 { open[index].orderId = known }
      } else {
        open.append(order)
      }
    case .orderStatus(let status): if status.permId != 0 { statuses[status.permId] = status }
    case .completedOrder(let order): completed.append(order)
    default: break
    }
  }

  func status(of order: OpenOrder) -> OrderStatus? { statuses[order.order.permId] }
}

extension OrderBook {
  /// The answer as rows: working orders, ours and others, and those of ours that ended.
  mutating func rows(_ answer: OpenOrdersAnswer, now: Int64) -> [OrderReport] {
    var working: [OrderKey: OrderReport] = [:]
    var others: [OrderReport] = []
    for open in answer.open where isOurAccount(open.order.account) && !open.order.whatIf {
      let status = OrderStatusKind(rawValue: answer.status(of: open)?.status ?? open.orderState.status)
      if let status, status.isOver { continue }
      let row = row(open, answer.status(of: open), now: now)
      if let key = OrderReference.parse(open.order.orderRef) {
        add(row, to: &working[key])
      } else {
        others.append(row)
      }
    }
    var rows = working.keys.sorted { ($0.session, $0.sequence) < ($1.session, $1.sequence) }.compactMap { working[$0] }
    rows += others
    for order in answer.completed where isOurAccount(order.order.account) {
      guard let key = OrderReference.parse(order.order.orderRef), working[key] == nil else { continue }
      if let ended = end(order, key, now: now) { rows.append(ended) }
    }
    return rows
  }

  private func isOurAccount(_ name: String) -> Bool { account.isEmpty || name.isEmpty || name == account }

  /// Two orders under one reference are one row with what works in both.
  private func add(_ row: OrderReport, to known: inout OrderReport?) {
    guard var sum = known else {
      known = row
      return
    }
    sum.row.quantity += row.row.quantity
    sum.row.remaining = sum.row.remaining == -1 || row.row.remaining == -1 ? -1 : sum.row.remaining + row.row.remaining
    sum.text += "; works twice at the broker"
    known = sum
  }

  private func row(_ open: OpenOrder, _ status: OrderStatus?, now: Int64) -> OrderReport {
    let key = OrderReference.parse(open.order.orderRef)
    let record = key.flatMap { byKey[$0] }
    var report = OrderReport(AL_REPORT_WORKING, record, ts: now, text: status?.status ?? open.orderState.status)
    let sign: Int64 = open.order.action == "SELL" || open.order.action == "SSHORT" ? -1 : 1
    let total = sign * (open.order.totalQuantity.flatMap(FixedPoint.units) ?? 0)
    report.row.id = key?.id ?? al_order_id_v1()
    report.row.quantity = total
    report.row.price = open.order.lmtPrice.flatMap { FixedPoint.units($0 / magnifier(open.contract)) } ?? 0
    report.row.instrument = instruments.find(open.contract)
    if let remaining = status?.remaining.flatMap(FixedPoint.units) {
      report.row.remaining = sign * remaining
    } else {
      report.row.remaining = record.map { total - $0.executed } ?? -1
    }
    if key == nil {
      report.row.broker_id = open.order.permId
      report.text = "\(open.contract.symbol) \(open.order.orderRef)".trimmed
    } else if report.row.broker_id == 0 {
      report.row.broker_id = open.order.permId
    }
    return report
  }

  private func magnifier(_ contract: Contract) -> Double { instruments.magnifier(instruments.find(contract)) }

  /// An order of ours that is over; nil for a filled one, which the executions tell of.
  private mutating func end(_ completed: CompletedOrder, _ key: OrderKey, now: Int64) -> OrderReport? {
    let status = OrderStatusKind(rawValue: completed.orderState.status)
    guard
      let record = record(
        ref: completed.order.orderRef, orderId: 0, permId: completed.order.permId, ofClient: nil,
        contract: completed.contract)
    else { return nil }
    let (index, _) = record.physical(orderId: 0, permId: completed.order.permId)
    byPerm[completed.order.permId] = record
    record.physicals[index].isOver = true
    guard status != .filled, record.isOver else { return nil }
    let prose = completed.orderState.completedStatus
    let kind =
      status == .inactive
      ? AL_REPORT_REJECTED : prose.lowercased().contains("expired") ? AL_REPORT_EXPIRED : AL_REPORT_CANCELLED
    record.isEnded = true
    record.isRejected = status == .inactive
    let time = ServerTime.parse(completed.orderState.completedTime, loginZone: loginZone) ?? now
    var report = OrderReport(kind, record, ts: time, text: prose)
    report.row.remaining = 0
    return report
  }
}

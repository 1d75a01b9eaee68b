import CAlphaLoop

/// One order of ours, under its id for ever. At the broker it may be several orders: a change sent around a lost connection
/// can leave the old one working beside the new one.
final class OrderRecord {
  struct Physical {
    /// 0 where this client id cannot name it.
    var orderId: Int32
    /// 0 until the broker gave one.
    var permId: Int64
    var status = OrderStatusKind.apiPending
    var isOver = false
    /// Signed, 1e-8; nil until told.
    var remaining: Int64?
    var total: Int64?
  }

  let key: OrderKey
  /// As it was last accepted for sending; nil for an order that an earlier process sent.
  var row: al_order_v1?
  var instrument: UInt32
  var physicals: [Physical] = []
  var isAccepted = false
  var isTriggered = false
  var isRejected = false
  /// An end was reported.
  var isEnded = false
  /// The row as it was before a change that has no answer yet.
  var before: al_order_v1?
  /// A change that waits for the first word of the broker about the order.
  var deferred: al_order_v1?
  var isCancelAsked = false
  /// Signed, of executions.
  var executed: Int64 = 0
  /// The highest count of a status, without sign.
  var filledByStatus: Int64 = 0
  /// When a status first spoke of more than the executions show; monotonic, 0 never.
  var shortSince: Int64 = 0

  init(key: OrderKey, instrument: UInt32) {
    self.key = key
    self.instrument = instrument
  }

  /// The newest id by which this connection can name it, 0 none.
  var alias: Int32 { physicals.last { $0.orderId > 0 }?.orderId ?? 0 }
  var isOver: Bool { !physicals.isEmpty && physicals.allSatisfy(\.isOver) }
  var live: [Physical] { physicals.filter { !$0.isOver } }

  /// Signed; -1 where unknown.
  var remaining: Int64 {
    if isEnded || isOver { return 0 }
    if let row { return row.quantity &- executed }
    let parts = live.map(\.remaining)
    return parts.contains(nil) ? -1 : parts.reduce(0) { $0 + ($1 ?? 0) }
  }

  /// The physical order of these ids, made when it is new. An id of the broker's that is not known joins the one that was
  /// sent under the order id, if that has none yet.
  func physical(orderId: Int32, permId: Int64) -> (index: Int, isNew: Bool) {
    if permId != 0 {
      if let index = physicals.firstIndex(where: { $0.permId == permId }) {
        if physicals[index].orderId <= 0, orderId > 0 { physicals[index].orderId = orderId }
        return (index, false)
      }
      if let index = physicals.firstIndex(where: { $0.permId == 0 && ($0.orderId == orderId || orderId <= 0) }) {
        physicals[index].permId = permId
        return (index, false)
      }
    } else if let index = physicals.lastIndex(where: { $0.orderId == orderId }) {
      return (index, false)
    }
    physicals.append(Physical(orderId: orderId, permId: permId))
    return (physicals.count - 1, true)
  }
}

import CAlphaLoop
import TWSProtocol

extension OrderBook {
  /// An error on an order id. False when no order of ours has that id.
  mutating func apply(_ error: ErrorMessage, now: Int64) -> Bool {
    guard let record = byAlias[error.reqId] else { return false }
    let text =
      error.advancedOrderRejectJson.isEmpty
      ? error.errorString : "\(error.errorString) \(error.advancedOrderRejectJson)"
    let code = error.errorCode
    let name = OrderReference.text(record.key.id)
    switch OrderVerdict(code: code) {
    case .refused:
      if record.before != nil || (record.isAccepted && code == 103) {
        refuseChange(record, code, text, now: now)
      } else {
        refuse(record, error.reqId, code, text, now: now)
      }
    case .changeRefused:
      if record.before != nil { refuseChange(record, code, text, now: now) }
    case .cancelled:
      // Where two orders were given one id the statuses alone tell which of them is over.
      if record.physicals.count(where: { $0.orderId == error.reqId }) > 1 { return true }
      for index in record.physicals.indices where record.physicals[index].orderId == error.reqId {
        record.physicals[index].isOver = true
      }
      end(record, AL_REPORT_CANCELLED, now: now, code: code, text: text)
    case .cancelRefused: refuseCancel(record, code, text, now: now)
    case .notFound:
      refuseCancel(record, code, text, now: now)
      wantsReconciliation = "the gateway does not find \(name)"
    case .alive:
      notes.append("order \(name): \(code) \(text)")
      if code == 2102 { refuseChange(record, code, text, now: now) }
    case .unknown:
      notes.append("order \(name): \(code) \(text); this number is not known and the order is taken to live")
      wantsReconciliation = "error \(code) on \(name) is not known"
    }
    return true
  }

  private mutating func refuse(_ record: OrderRecord, _ alias: Int32, _ code: Int32, _ text: String, now: Int64) {
    guard !record.isEnded else { return }
    if code == 201, record.isAccepted, record.executed != 0 { wantsReconciliation = "a part-filled order was rejected" }
    for index in record.physicals.indices where record.physicals[index].orderId == alias {
      record.physicals[index].isOver = true
    }
    record.isRejected = true
    let reason = RejectReason(code: code, text: text)
    end(record, AL_REPORT_REJECTED, now: now, code: code, text: "\(reason.rawValue): \(text)")
  }

  /// The order works on as it was before.
  private mutating func refuseChange(_ record: OrderRecord, _ code: Int32, _ text: String, now: Int64) {
    guard let before = record.before else { return }
    record.row = before
    record.before = nil
    record.deferred = nil
    let reason = RejectReason(code: code, text: text)
    reports.append(
      OrderReport(AL_REPORT_REPLACE_REJECTED, record, ts: now, code: code, text: "\(reason.rawValue): \(text)"))
    if code == 201 || code == 104 { wantsReconciliation = "a change was refused with \(code)" }
  }

  private mutating func refuseCancel(_ record: OrderRecord, _ code: Int32, _ text: String, now: Int64) {
    record.isCancelAsked = false
    reports.append(OrderReport(AL_REPORT_CANCEL_REJECTED, record, ts: now, code: code, text: text))
  }

  /// A message that waited in this process when the connection ended: known not to have been sent.
  mutating func unsent(_ tag: OrderTag, now: Int64) {
    guard let record = byAlias[tag.alias] else { return }
    let text = "not sent: the connection ended first"
    switch tag.kind {
    case .submit:
      refuse(record, tag.alias, 504, text, now: now)
      byAlias[tag.alias] = nil
    case .replace: refuseChange(record, 504, text, now: now)
    case .cancel: refuseCancel(record, 504, text, now: now)
    }
  }

  /// Reports executions that a status spoke of and that have been missing for too long: they are to be asked for.
  mutating func missesExecutions(monotonic: Int64, patience: Int64) -> Bool {
    var isShort = false
    for record in byKey.values where record.shortSince != 0 && monotonic - record.shortSince > patience {
      isShort = true
      record.shortSince = monotonic + 10 * patience
    }
    return isShort
  }
}

/// What a waiting message was: its kind in the lowest two bits of a number.
struct OrderTag {
  enum Kind: Int64 {
    case submit = 1
    case replace = 2
    case cancel = 3
  }
  var kind: Kind
  var alias: Int32

  init(_ kind: Kind, _ alias: Int32) {
    self.kind = kind
    self.alias = alias
  }

  init?(_ number: Int64) {
    guard let kind = Kind(rawValue: number & 3), let alias = Int32(exactly: number >> 2) else { return nil }
    self.init(kind, alias)
  }

  var number: Int64 { Int64(alias) << 2 | kind.rawValue }
}

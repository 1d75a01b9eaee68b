import CAlphaLoop
import TWSProtocol

extension OrderBook {
  /// Books an execution, once; a later one with a higher last number in its id replaces it.
  ///
  /// - Returns: its identity; nil for a row that cannot be booked.
  @discardableResult
  mutating func apply(_ details: ExecDetails, now: Int64, monotonic: Int64) -> ExecutionIdentity? {
    let execution = details.execution
    guard details.contract.secType != "BAG" else { return nil }
    guard let shares = FixedPoint.units(execution.shares), !execution.execId.isEmpty else {
      notes.append("execution '\(execution.execId)' of \(execution.shares) cannot be booked")
      wantsReconciliation = "an execution that cannot be read"
      return nil
    }
    let identity = ExecutionIdentity(execution.execId)
    let known = executions[identity]
    if let known, known.revision >= identity.revision { return identity }
    let record = record(
      ref: execution.orderRef, orderId: execution.orderId ?? 0, permId: execution.permId, ofClient: execution.clientId,
      contract: details.contract)
    if let record {
      _ = place(record, orderId: execution.orderId ?? 0, permId: execution.permId, client: execution.clientId)
    }
    let instrument = record.map(\.instrument).flatMap { $0 == AL_NONE ? nil : $0 } ?? instruments.find(details.contract)
    if let record, record.instrument == AL_NONE { record.instrument = instrument }
    let quantity = execution.side == "SLD" || execution.side == "SELL" ? -shares : shares
    if let record { record.executed += quantity - (known?.report.row.quantity ?? 0) }
    var report = OrderReport(known == nil ? AL_REPORT_FILL : AL_REPORT_CORRECTION, record, ts: time(of: execution, now))
    report.row.instrument = instrument
    report.row.quantity = quantity
    report.row.price = FixedPoint.units(execution.price / instruments.magnifier(instrument)) ?? 0
    report.row.execution = (identity.high, identity.low)
    if record == nil {
      report.row.broker_id = execution.permId
      report.text = "\(details.contract.symbol) \(execution.orderRef)"
    }
    var entry = ExecutionRecord(
      report: report, revision: identity.revision,
      first: known?.first ?? (report.row.quantity, report.row.price), fee: known?.fee, key: record?.key)
    if let early = earlyFees.removeValue(forKey: identity) { entry.fee = early }
    report.row.fee = entry.fee?.units ?? 0
    entry.report = report
    executions[identity] = entry
    reports.append(report)
    if let record { settle(record, monotonic) }
    return identity
  }

  private func time(of execution: Execution, _ now: Int64) -> Int64 {
    ServerTime.parse(execution.time, loginZone: loginZone) ?? now
  }

  private mutating func settle(_ record: OrderRecord, _ monotonic: Int64) {
    if record.filledByStatus <= abs(record.executed) { record.shortSince = 0 }
    if let row = record.row, abs(record.executed) >= abs(row.quantity) {
      for index in record.physicals.indices where record.live.count == 1 { record.physicals[index].isOver = true }
    }
  }

  /// A commission joins its execution by id, whichever comes first. -1 and the largest double are not known yet.
  mutating func apply(_ report: CommissionReport, now: Int64) {
    guard let commission = report.commission, commission != -1, let units = FixedPoint.units(commission) else { return }
    let identity = ExecutionIdentity(report.execId)
    let fee = Fee(units: units, revision: identity.revision)
    guard var entry = executions[identity] else {
      if earlyFees.count > 100_000 { earlyFees.removeAll() }
      if earlyFees[identity].map({ $0.revision <= fee.revision }) ?? true { earlyFees[identity] = fee }
      return
    }
    if let known = entry.fee, known.revision > fee.revision || known.units == units { return }
    entry.fee = fee
    entry.report.row.fee = units
    executions[identity] = entry
    var row = OrderReport(AL_REPORT_FEE, entry.key.flatMap { byKey[$0] }, ts: now)
    row.row.instrument = entry.report.row.instrument
    row.row.quantity = entry.report.row.quantity
    row.row.execution = entry.report.row.execution
    row.row.broker_id = entry.report.row.broker_id
    row.row.fee = units
    reports.append(row)
  }

  /// Everything that was executed at or after a time: the fill as it was first told, then what became of it.
  func rows(since time: Int64, now: Int64) -> [OrderReport] {
    var rows: [OrderReport] = []
    let known = executions.filter { $0.value.report.row.ts >= time }
    for (_, entry) in known.sorted(by: { ($0.value.report.row.ts, $0.key.high) < ($1.value.report.row.ts, $1.key.high) }
    ) {
      var fill = entry.report
      fill.row.kind = AL_REPORT_FILL
      (fill.row.quantity, fill.row.price) = entry.first
      rows.append(fill)
      if entry.revision > 1 || entry.first != (entry.report.row.quantity, entry.report.row.price) {
        var correction = entry.report
        correction.row.kind = AL_REPORT_CORRECTION
        rows.append(correction)
      }
      if let fee = entry.fee {
        var row = entry.report
        row.row.kind = AL_REPORT_FEE
        row.row.fee = fee.units
        rows.append(row)
      }
    }
    return rows
  }
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// What the session says to its broker and hears from it. Every answer is an input, recorded before it is applied.
extension TradeSession {
  func submit(at time: Int64, _ batch: BarBatch?) throws(HostError) {
    let orders = engine.pendingCommands
    // What the broker does not answer is on its way, not accepted.
    for i in 0..<orders.count { engine.ackBuffer[i] = al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0) }
    var failure: LoadError?
    failure = check("broker", "submit") { err in
      broker.table.pointee.submit(broker.context, orders.baseAddress, UInt32(orders.count), engine.ackBuffer, err)
    }
    var acks = (0..<orders.count).map { RecordedEvent.Ack(engine.ackBuffer[$0]) }
    if let failure {
      options.log("host", AL_LOG_ERROR, failure.description)
      acks = acks.map { _ in RecordedEvent.Ack(status: AL_E_REJECTED, code: 0, brokerID: 0) }
    }
    try input(.acks(acks), at: time)
    if let batch, fillsAtClose { try hearBroker(batch, extra: AL_MARKET_SAME_CLOSE) }
  }

  private var fillsAtClose: Bool {
    generation.configuration.instances(of: .broker).first?.parameters.value["fill"]?.string == "same_close"
  }

  func sendCancels(_ time: Int64) throws(HostError) {
    let ids = engine.pendingCancels
    var acks = [al_ack_v1](repeating: al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0), count: ids.count)
    let status = broker.table.pointee.cancel(broker.context, ids, UInt32(ids.count), &acks, nil)
    if status < 0 { for i in acks.indices { acks[i].status = AL_E_REJECTED } }
    try input(.cancelAcks(acks.map { RecordedEvent.Ack($0) }), at: time)
  }

  func hearBroker(_ batch: BarBatch, extra: UInt32) throws(HostError) {
    market.describe(batch, extra)
    reports.len = 0
    var status = broker.table.pointee.advance(broker.context, &market, &reports)
    if status == AL_E_CAPACITY {
      reports.rows.deallocate()
      reports.cap = max(reports.needed, reports.cap * 2)
      reports.rows = .allocate(capacity: Int(reports.cap))
      reports.len = 0
      status = broker.table.pointee.advance(broker.context, &market, &reports)
    }
    guard status >= 0 else { throw HostError(.broker, "the simulated broker failed (\(statusName(status)))") }
    guard reports.len <= reports.cap else { throw HostError(.broker, "the broker reports more than there is room for") }
    guard reports.len > 0 else { return }
    let list = (0..<Int(reports.len)).map { RecordedEvent.Report(reports.rows[$0]) }
    try input(.reports(list), at: batch.ts)
  }
}

extension al_market_v1 {
  /// The rows of one batch, where they are.
  mutating func describe(_ batch: BarBatch, _ extra: UInt32) {
    let c = batch.columns
    let first = batch.firstRow
    as_of_ns = batch.ts
    session_flags = batch.flags | extra
    bars.n = UInt64(batch.count)
    bars.instrument = c.instruments.map { $0 + first }
    bars.open = c.open.map { $0 + first }
    bars.high = c.high.map { $0 + first }
    bars.low = c.low.map { $0 + first }
    bars.close = c.close + first
    bars.volume = c.volume.map { $0 + first }
  }
}

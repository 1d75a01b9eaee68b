import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("Facts of earlier sessions, entered again")
struct FoldTests {
  private func order(_ sequence: UInt64) -> al_order_v1 {
    var order = al_order_v1()
    order.id = al_order_id_v1(session: 9, sequence: sequence)
    order.type = AL_ORDER_LIMIT
    order.quantity = 5 * fixedPointScale
    order.limit_price = 100 * fixedPointScale
    return order
  }

  @Test("the cancels of a row are those that left, also where a comparison before it wants one of them again")
  func cancels() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "AAA")], limits: Limits())
    let engine = rig.engine
    defer { withExtendedLifetime(rig) {} }
    engine.beginFold()
    engine.foldSession(9)
    let order = order(1)
    engine.foldIntents([(order, .agent(0), 0)])
    engine.ackBuffer[0] = al_ack_v1(status: AL_OK, code: 0, broker_id: 0)
    engine.applyAcks()
    engine.foldCancels([order.id])
    engine.applyCancelAcks([al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0)])
    #expect(engine.pendingCancels.isEmpty)
    var row = al_report_v1()
    row.id = order.id
    row.kind = AL_REPORT_WORKING
    row.quantity = order.quantity
    row.remaining = order.quantity
    _ = engine.reconcile(BrokerSnapshot(), orders: [row], executions: [])
    #expect(engine.pendingCancels.count == 1)
    engine.foldCancels([order.id])
    #expect(engine.pendingCancels.count == 1)
  }

  @Test("prices of the warm-up are none of the account's facts")
  func marks() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "AAA")], limits: Limits())
    rig.engine.isTrading = false
    rig.panel(1, [93])
    #expect(rig.engine.ledger.position(0).last.raw == 93 * fixedPointScale)
    rig.engine.beginFold()
    #expect(rig.engine.ledger.position(0).last == .zero)
    var snapshot = BrokerSnapshot()
    snapshot.policy = .adopt
    snapshot.cash = 1000 * fixedPointScale
    snapshot.holdings = [
      BrokerSnapshot.Holding(
        instrument: 0, symbol: "AAA", quantity: 2 * fixedPointScale, averageCost: 80 * fixedPointScale)
    ]
    _ = rig.engine.reconcile(snapshot, orders: [], executions: [])
    #expect(rig.engine.equity.raw == 1160 * fixedPointScale)
  }
}

import CAlphaLoop

// Too little room, impossible orders, and going on after a restart.
extension BrokerChecks {
  static func capacity(_ context: CheckContext) throws(Finding) -> String {
    let generous = try BrokerBench(context)
    let tight = try BrokerBench(context)
    _ = try generous.submit(script(generous))
    _ = try tight.submit(script(tight))
    var refusals = 0
    for _ in 0..<6 {
      let expected = try generous.advance()
      context.phase("advancing with too little room")
      var room = 0
      while true {
        let answer = try tight.tryAdvance(room: room)
        if answer.status >= 0 { break }
        guard answer.status == AL_E_CAPACITY else {
          throw .fail("advance with room for \(room) reports: status \(answer.status)")
        }
        guard answer.needed > room, room < 1 << 20 else {
          throw .fail("advance with room for \(room) reports needs \(answer.needed)")
        }
        refusals += 1
        room = room < answer.needed - 1 ? answer.needed - 1 : answer.needed
      }
      let got = tight.reports.suffix(expected.count)
      guard tight.reports.count == generous.reports.count, zip(got, expected).allSatisfy(same) else {
        throw .fail("after a refusal for want of room advance reports something else")
      }
    }
    try generous.end()
    try tight.end()
    return "\(refusals) refusals"
  }

  static func same(_ a: al_report_v1, _ b: al_report_v1) -> Bool {
    a.id == b.id && a.kind == b.kind && a.quantity == b.quantity && a.price == b.price && a.fee == b.fee && a.ts == b.ts
      && a.remaining == b.remaining && a.execution.1 == b.execution.1
  }

  static func hostile(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    var orders: [al_order_v1] = []
    func add(_ change: (inout al_order_v1) -> Void) {
      var order = bench.order(10)
      change(&order)
      orders.append(order)
    }
    add { $0.quantity = 0 }
    add { $0.instrument = 999 }
    add { $0.instrument = AL_NONE }
    add { $0.type = 255 }
    add { $0.time_in_force = 255 }
    add { ($0.type, $0.limit_price) = (AL_ORDER_LIMIT, 0) }
    add { ($0.type, $0.limit_price) = (AL_ORDER_LIMIT, -5 * AL_UNIT) }
    let refused = orders.count
    add { $0.quantity = .min }
    add { $0.quantity = .max / AL_UNIT * AL_UNIT }
    add { ($0.type, $0.limit_price) = (AL_ORDER_LIMIT, .max) }
    add { ($0.type, $0.stop_price) = (AL_ORDER_STOP, .min) }
    add { ($0.type, $0.trail_ppm) = (AL_ORDER_TRAILING_STOP, .max) }
    add { ($0.expire_ns, $0.time_in_force) = (.min, AL_TIF_GTD) }
    for (k, order) in orders.enumerated() {
      context.phase("submitting hostile order \(k)")
      let ack = try bench.submit([order])[0]
      if k < refused, ack.status == AL_OK {
        throw .fail(
          "accepts hostile order \(k) (quantity \(order.quantity), instrument \(order.instrument), type \(order.type), limit \(order.limit_price))"
        )
      }
    }
    context.phase("cancelling unknown orders")
    let unknown = al_order_id_v1(session: 9, sequence: 9)
    guard try bench.cancel([unknown])[0].status != AL_OK || bench.kinds(unknown).isEmpty else {
      throw .fail("cancels an order it never saw")
    }
    context.phase("advancing after hostile orders")
    for _ in 0..<4 { try bench.advance() }
    for order in orders.prefix(refused) where bench.filled(order.id) != 0 { throw .fail("a hostile order fills") }
    _ = try bench.positions()
    _ = try bench.openOrders()
    try bench.end()
    return "\(orders.count) orders"
  }

  static func run(_ context: CheckContext) throws(Finding) -> [al_report_v1] {
    let bench = try BrokerBench(context)
    let orders = script(bench)
    _ = try bench.submit(orders)
    for k in 0..<8 {
      try bench.advance()
      if k == 3 { _ = try bench.cancel([orders[6].id]) }
    }
    try bench.end()
    return bench.reports
  }

  static func repeated(_ context: CheckContext) throws(Finding) -> String {
    let (a, b) = (try run(context), try run(context))
    guard a.count == b.count, zip(a, b).allSatisfy(same) else { throw .fail("a second run reports something else") }
    return "\(a.count) reports"
  }

  static func resume(_ context: CheckContext) throws(Finding) -> String {
    let whole = try BrokerBench(context)
    guard whole.instance.c.get_interface(whole.instance.c.ctx, AL_INTERFACE_STATE) != nil else {
      throw .skip("it has no state interface")
    }
    let orders = script(whole)
    _ = try whole.submit(orders)
    for _ in 0..<3 { try whole.advance() }
    context.phase("saving with orders at work")
    let state = try AgentState.save(whole.instance)
    let other = try BrokerBench(context, restoring: state)
    guard try AgentState.save(other.instance) == state else { throw .fail("save, restore, save gives other bytes") }
    let before = whole.reports.count
    for _ in 0..<6 {
      try whole.advance()
      try other.advance()
    }
    let rest = Array(whole.reports[before...])
    guard rest.count == other.reports.count, zip(rest, other.reports).allSatisfy(same) else {
      throw .fail("restored it reports \(other.reports.count) facts, uninterrupted \(rest.count), or others")
    }
    try whole.end()
    try other.end()
    return "\(state.count) bytes"
  }
}

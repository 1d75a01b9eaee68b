import CAlphaLoop

/// What a broker must never get wrong: how much was traded, and what is working.
enum BrokerChecks {
  private static let broker = Check.Scope.plugin(kinds: AL_KIND_BROKER)
  static let all: [Check] = [
    Check(
      "broker.resubmit", broker, "an order id that was seen before is never sent again",
      advice: "keep every id for the session; answer the standing of the first", resubmit),
    Check(
      "broker.fills", broker, "fills have the order's sign and new ids, and never sum to more than the order",
      advice: "reduce what remains by each fill; give each a new execution id", fills),
    Check(
      "broker.cancel", broker, "a cancelled order ends once, and never fills afterwards",
      advice: "report AL_REPORT_CANCELLED once; a fill that came first wins the race", cancel),
    Check(
      "broker.replace", broker, "a replaced order has the new total, and fills no more than that",
      advice: "quantity of replace is the new total, fills so far included", replace),
    Check(
      "broker.immediate", broker, "IOC and FOK orders do not go on working, and FOK never fills in part",
      advice: "end them at the first bar they can trade in", immediate),
    Check(
      "broker.queries", broker, "open orders, executions and positions agree with what was reported",
      advice: "answer queries from the same book as reports", queries),
    Check(
      "broker.capacity", broker, "advance with too little room does nothing and says what it needs",
      advice: "bound the reports before matching; set needed, return AL_E_CAPACITY", capacity),
    Check(
      "broker.hostile", broker, "unknown ids and impossible orders are refused and leave nothing working",
      advice: "check instrument, quantity, type, time in force and prices before anything else", hostile),
    Check(
      "broker.repeat", broker, "the same orders and bars give the same reports",
      advice: "take randomness from the host's seeded stream", repeated),
    Check(
      "broker.resume", broker, "saved and restored it goes on as if never stopped",
      advice: "save working orders, positions, cash and the last execution number", resume),
  ]

  private static func resubmit(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    let order = bench.order(10)
    try accepted(try bench.submit([order]), "a market order")
    context.phase("submitting the same order again")
    _ = try bench.submit([order])
    try bench.advance()
    _ = try bench.submit([order])
    for _ in 0..<3 { try bench.advance() }
    let filled = bench.filled(order.id)
    guard filled == order.quantity else {
      throw .fail("an order of \(units(order.quantity)) submitted three times filled \(units(filled))")
    }
    let held = try bench.positions()[0] ?? 0
    guard held == order.quantity else {
      throw .fail("an order of 10 submitted three times left a position of \(units(held))")
    }
    try bench.end()
    return ""
  }

  private static func fills(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    let orders = script(bench)
    _ = try bench.submit(orders)
    context.phase("filling \(orders.count) orders")
    for _ in 0..<12 { try bench.advance() }
    var seen: Set<[UInt64]> = []
    for report in bench.reports where report.kind == AL_REPORT_FILL {
      guard let order = orders.first(where: { $0.id == report.id }) else {
        throw .fail("a fill of an order that was never sent")
      }
      if report.quantity == 0 || (report.quantity > 0) != (order.quantity > 0) {
        throw .fail("an order of \(units(order.quantity)) filled \(units(report.quantity))")
      }
      guard report.price > 0 else { throw .fail("a fill at price \(report.price)") }
      guard report.instrument == order.instrument else {
        throw .fail("a fill in instrument \(report.instrument) of an order in \(order.instrument)")
      }
      guard report.execution.0 != 0 || report.execution.1 != 0 else { throw .fail("a fill without an execution id") }
      guard seen.insert([report.execution.0, report.execution.1]).inserted else {
        throw .fail("two fills share an execution id")
      }
      if order.type == AL_ORDER_LIMIT,
        order.quantity > 0 ? report.price > order.limit_price : report.price < order.limit_price
      {
        throw .fail("a fill at \(report.price) is worse than the limit \(order.limit_price)")
      }
    }
    for order in orders { try sums(bench, order) }
    try bench.end()
    return "\(seen.count) fills"
  }

  /// Fills so far and what the last report says remains make up the order.
  private static func sums(_ bench: BrokerBench, _ order: al_order_v1) throws(Finding) {
    let filled = bench.filled(order.id)
    if filled.magnitude > order.quantity.magnitude {
      throw .fail("an order of \(units(order.quantity)) filled \(units(filled))")
    }
    var sum: Int64 = 0
    for report in bench.reports where report.id == order.id && report.kind == AL_REPORT_FILL {
      sum += report.quantity
      if report.remaining >= 0, report.remaining.magnitude != (order.quantity - sum).magnitude {
        throw .fail(
          "an order of \(units(order.quantity)) with fills of \(units(sum)) says \(units(report.remaining)) remain: the fills do not sum"
        )
      }
    }
  }

  static func script(_ bench: BrokerBench) -> [al_order_v1] {
    [
      bench.order(10), bench.order(-20, instrument: 1), bench.order(30_000, instrument: 2),
      bench.order(7, type: AL_ORDER_LIMIT, limit: 101), bench.order(-5, type: AL_ORDER_LIMIT, limit: 105),
      bench.order(40, instrument: 1, type: AL_ORDER_LIMIT, limit: 250), bench.order(3, type: AL_ORDER_LIMIT, limit: 1),
    ]
  }

  private static func cancel(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    let resting = bench.order(5, type: AL_ORDER_LIMIT, limit: 1)
    let racing = bench.order(9)
    try accepted(try bench.submit([resting, racing]), "a resting limit order")
    context.phase("cancelling at once and later")
    _ = try bench.cancel([racing.id])
    for _ in 0..<2 { try bench.advance() }
    let acks = try bench.cancel([resting.id])
    guard acks[0].status >= 0 else { throw .fail("a working order cannot be cancelled: status \(acks[0].status)") }
    for _ in 0..<3 { try bench.advance() }
    _ = try bench.cancel([resting.id, racing.id])
    for _ in 0..<2 { try bench.advance() }
    guard bench.filled(resting.id) == 0 else { throw .fail("an order far from the market filled") }
    let ends = bench.kinds(resting.id).filter { $0 == AL_REPORT_CANCELLED }.count
    if ends > 1 { throw .fail("one order is reported cancelled \(ends) times") }
    if try bench.openOrders().contains(where: { $0.id == resting.id || $0.id == racing.id }) {
      throw .fail("open_orders lists an order that was cancelled")
    }
    // AL_OK is the evidence itself; AL_AGAIN promises a report.
    if ends == 0, acks[0].status == AL_AGAIN { throw .fail("a cancelled order is never reported cancelled") }
    let race = bench.kinds(racing.id)
    if race.contains(AL_REPORT_CANCELLED), bench.filled(racing.id) == racing.quantity {
      throw .fail("an order is both filled and cancelled")
    }
    if let end = race.firstIndex(of: AL_REPORT_CANCELLED), race[end...].contains(AL_REPORT_FILL) {
      throw .fail("an order fills after it was reported cancelled")
    }
    try bench.end()
    return ""
  }

  private static func replace(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    guard bench.table.flags & AL_BROKER_REPLACES != 0 else { throw .skip("it does not replace orders") }
    var order = bench.order(10, type: AL_ORDER_LIMIT, limit: 1)
    try accepted(try bench.submit([order]), "a limit order")
    try bench.advance()
    context.phase("replacing a working order")
    order.quantity = 25 * AL_UNIT
    order.limit_price = 500 * AL_UNIT
    let acks = try bench.replace([order])
    guard acks[0].status >= 0 else { throw .fail("a working order cannot be replaced: status \(acks[0].status)") }
    for _ in 0..<6 { try bench.advance() }
    let filled = bench.filled(order.id)
    guard filled == order.quantity else { throw .fail("replaced to a total of 25 it filled \(units(filled))") }
    let unknown = bench.order(5, type: AL_ORDER_LIMIT, limit: 100)
    guard try bench.replace([unknown])[0].status < 0 || !bench.kinds(unknown.id).contains(AL_REPORT_REPLACED) else {
      throw .fail("replaces an order that it never saw")
    }
    for _ in 0..<2 { try bench.advance() }
    guard bench.filled(unknown.id) == 0 else { throw .fail("a replacement of an unknown order trades") }
    try bench.end()
    return ""
  }

  private static func immediate(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    var orders = [
      bench.order(50_000), bench.order(50_000, instrument: 1), bench.order(5, type: AL_ORDER_LIMIT, limit: 1),
    ]
    orders[0].time_in_force = AL_TIF_IOC
    orders[1].time_in_force = AL_TIF_FOK
    orders[2].time_in_force = AL_TIF_IOC
    let acks = try bench.submit(orders)
    context.phase("advancing with IOC and FOK orders")
    for _ in 0..<4 { try bench.advance() }
    let filled = bench.filled(orders[1].id)
    if filled != 0, filled != orders[1].quantity { throw .fail("a FOK order of 50000 filled \(units(filled))") }
    let open = try bench.openOrders()
    for (order, ack) in zip(orders, acks) where ack.status >= 0 && open.contains(where: { $0.id == order.id }) {
      throw .fail("an immediate order still works four bars later")
    }
    try bench.end()
    return acks.contains { $0.status < 0 } ? "refuses some of them" : ""
  }

  private static func queries(_ context: CheckContext) throws(Finding) -> String {
    let bench = try BrokerBench(context)
    let orders = script(bench)
    let acks = try bench.submit(orders)
    for _ in 0..<8 { try bench.advance() }
    context.phase("asking for what was reported")
    var expected: [UInt32: Int64] = [:]
    for order in orders { expected[order.instrument, default: 0] += bench.filled(order.id) }
    let held = try bench.positions()
    for i in 0..<UInt32(BrokerBench.instruments) where (held[i] ?? 0) != (expected[i] ?? 0) {
      throw .fail(
        "positions says \(units(held[i] ?? 0)) of instrument \(i), the fills sum to \(units(expected[i] ?? 0))")
    }
    let listed = try bench.executions(since: 0).filter { $0.kind == AL_REPORT_FILL }
    let reported = bench.reports.filter { $0.kind == AL_REPORT_FILL }
    let names = { (r: al_report_v1) in "\(r.execution.0):\(r.execution.1):\(r.quantity):\(r.price)" }
    guard listed.map(names).sorted() == reported.map(names).sorted() else {
      throw .fail("executions lists \(listed.count) fills, \(reported.count) were reported, or others")
    }
    let open = try bench.openOrders()
    for (order, ack) in zip(orders, acks) where ack.status >= 0 {
      let ended = bench.kinds(order.id).contains {
        [AL_REPORT_CANCELLED, AL_REPORT_REJECTED, AL_REPORT_EXPIRED].contains($0)
      }
      let isWorking = !ended && bench.filled(order.id) != order.quantity
      let rows = open.filter { $0.id == order.id }
      if rows.count != (isWorking ? 1 : 0) {
        throw .fail(
          "open_orders lists an order of \(units(order.quantity)) \(rows.count) times although it \(isWorking ? "works" : "ended")"
        )
      }
    }
    try account(bench)
    try bench.end()
    return "\(listed.count) executions, \(open.count) open"
  }

  private static func account(_ bench: BrokerBench) throws(Finding) {
    guard let account = bench.table.account else { throw .fail("account is NULL") }
    var out = al_account_v1()
    out.size = UInt32(MemoryLayout<al_account_v1>.size)
    let answer = try reply("account") { account(bench.instance.c.ctx, &out, $0) }
    if answer.isFailure { throw .fail("account fails: \(answer.description)") }
    guard out.currency_len <= 8 else { throw .fail("account says its currency has \(out.currency_len) bytes") }
    guard out.equity != 0 || out.cash != 0 else { throw .fail("account says equity and cash are 0") }
  }

  static func accepted(_ acks: [al_ack_v1], _ what: String) throws(Finding) {
    if let bad = acks.first(where: { $0.status < 0 }) {
      throw .fail("refuses \(what): status \(bad.status), code \(bad.code)")
    }
  }

  static func units(_ quantity: Int64) -> String { FixedText.units(quantity) }
}

/// Quantities for people.
enum FixedText {
  static func units(_ quantity: Int64) -> String {
    quantity % AL_UNIT == 0 ? "\(quantity / AL_UNIT)" : "\(Double(quantity) / 1e8)"
  }
}

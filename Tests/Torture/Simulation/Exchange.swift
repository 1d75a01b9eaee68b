import CAlphaLoop

/// The exchange's own book: the truth that everything is compared with. It takes what it is sent, twice if it is sent twice.
final class Exchange {
  struct Key: Hashable {
    var session: UInt64
    var sequence: UInt64
    init(_ id: al_order_id_v1) { (session, sequence) = (id.session, id.sequence) }
    init(_ session: UInt64, _ sequence: UInt64) { (self.session, self.sequence) = (session, sequence) }
    var c: al_order_id_v1 { al_order_id_v1(session: session, sequence: sequence) }
    var isOurs: Bool { sequence != 0 }
  }

  enum State { case working, filled, cancelled, rejected, expired }

  struct Order {
    var key: Key
    var number: Int64
    var instrument: Int
    var isLimit: Bool
    var timeInForce: UInt8
    var quantity: Int64
    var limit: Int64
    var filled: Int64 = 0
    var state = State.working
    /// The day of its end, since 1970.
    var ended: Int64 = 0
    var left: Int64 { quantity - filled }
  }

  struct Execution {
    var id: (UInt64, UInt64)
    var order: Int
    var first: (quantity: Int64, price: Int64, fee: Int64, ts: Int64)
    var quantity: Int64
    var price: Int64
    var fee: Int64
    /// Times of the newest correction and fee report; 0: none.
    var corrected: Int64 = 0
    var feeTold: Int64 = 0
  }

  let world: World
  let weather: Weather
  private(set) var orders: [Order] = []
  private(set) var executions: [Execution] = []
  private(set) var arrivals: [Key: Int] = [:]
  /// What was there before everybody, and what others did since, by instrument.
  private(set) var foreign: [Int64]
  private(set) var hasForeignTrades = false
  private(set) var cash: Int64
  var prices: [Int64]
  var clockOffset: Int64 = 0
  /// Nothing is corrected, rejected or traded by others any more.
  var isCalm = false
  /// Nothing is executed any more.
  var isClosed = false
  var tell: (al_report_v1) -> Void = { _ in }
  private var executionNumber: UInt64 = 0

  init(_ world: World, _ weather: Weather, prices: [Int64], cash: Int64) {
    self.world = world
    self.weather = weather
    self.prices = prices
    self.cash = cash
    foreign = prices.map { _ in 0 }
  }

  var clock: Int64 { world.now + clockOffset }
  private var day: Int64 { world.now / 86_400_000_000_000 }

  func ours(_ instrument: Int) -> Int64 {
    executions.reduce(0) {
      orders[$1.order].instrument == instrument && orders[$1.order].key.isOurs ? $0 + $1.quantity : $0
    }
  }

  func fees(_ instrument: Int) -> Int64 {
    executions.reduce(0) {
      orders[$1.order].instrument == instrument && orders[$1.order].key.isOurs ? $0 + $1.fee : $0
    }
  }

  var working: [Order] { orders.filter { $0.state == .working } }

  func report(_ kind: UInt16, _ order: Order) -> al_report_v1 {
    var r = al_report_v1()
    r.id = order.key.c
    r.ts = clock
    r.broker_id = order.number
    r.instrument = UInt32(order.instrument)
    r.kind = kind
    r.remaining = order.state == .working ? abs(order.left) : 0
    return r
  }

  // MARK: orders

  func arrive(_ order: al_order_v1) {
    let key = Key(order.id)
    arrivals[key, default: 0] += 1
    if arrivals[key, default: 0] > 1 { world.violate("order \(key.sequence) reached the exchange twice") }
    orders.append(
      Order(
        key: key, number: Int64(orders.count) + 1, instrument: Int(order.instrument),
        isLimit: order.type == AL_ORDER_LIMIT,
        timeInForce: order.time_in_force, quantity: order.quantity, limit: order.limit_price))
    let index = orders.count - 1
    world.note("arrived \(key.sequence) \(order.instrument) \(order.quantity) at \(order.limit_price)")
    if !isCalm, world.chance(weather.rejects) {
      end(index, .rejected)
      tell(report(AL_REPORT_REJECTED, orders[index]))
      return
    }
    tell(report(AL_REPORT_ACCEPTED, orders[index]))
    world.after(world.pick(1...4000) * 1_000_000) { [self] in match(index) }
  }

  private func end(_ index: Int, _ state: State) {
    orders[index].state = state
    orders[index].ended = day
  }

  /// Whether nobody who asks is told any more how it ended.
  func hasForgotten(_ key: Key) -> Bool {
    weather.forgetsEnded && orders.contains { $0.key == key && $0.state != .working && $0.ended != day }
  }

  private func match(_ index: Int) {
    guard orders[index].state == .working, !isClosed else { return }
    let order = orders[index]
    let price = prices[order.instrument] + world.pick(-5...5) * 1_000_000
    let isReached = !order.isLimit || (order.quantity > 0 ? price <= order.limit : price >= order.limit)
    if isReached, order.left != 0 {
      let units = abs(order.left) / AL_UNIT
      let part = units > 1 && world.chance(0.4) ? world.pick(1...units - 1) : units
      let share = units == 0 ? order.left : part * AL_UNIT * (order.quantity > 0 ? 1 : -1)
      execute(index, share, order.isLimit && world.chance(0.5) ? order.limit : price)
    }
    guard orders[index].state == .working else { return }
    if order.timeInForce == AL_TIF_IOC {
      end(index, .cancelled)
      tell(report(AL_REPORT_CANCELLED, orders[index]))
      return
    }
    world.after(order.isLimit ? world.pick(20...200) * second : world.pick(1...20) * second) { [self] in match(index) }
  }

  private func execute(_ index: Int, _ quantity: Int64, _ price: Int64) {
    executionNumber += 1
    let isLater = world.chance(weather.feesLater)
    let fee = orders[index].key.isOurs ? world.pick(0...200) * 1_000_000 : 0
    let ts = clock
    executions.append(
      Execution(
        id: (0xE0, executionNumber), order: index, first: (quantity, price, isLater ? 0 : fee, ts), quantity: quantity,
        price: price, fee: isLater ? 0 : fee))
    cash -= Self.money(quantity, price) + (isLater ? 0 : fee)
    orders[index].filled += quantity
    if orders[index].left == 0 { end(index, .filled) }
    let execution = executions.count - 1
    if orders[index].key.isOurs { world.count { $0.fills += 1 } }
    tell(fill(execution))
    guard orders[index].key.isOurs else { return }
    if isLater { world.after(world.pick(1...3000) * 1_000_000) { [self] in charge(execution, fee) } }
    if world.chance(weather.corrections) {
      world.after(world.pick(1...60) * second) { [self] in correct(execution, isBust: false) }
    }
    if world.chance(weather.busts) {
      world.after(world.pick(1...60) * second) { [self] in correct(execution, isBust: true) }
    }
  }

  static func money(_ quantity: Int64, _ price: Int64) -> Int64 { quantity / AL_UNIT * price }

  private func fill(_ k: Int) -> al_report_v1 {
    let e = executions[k]
    var r = report(AL_REPORT_FILL, orders[e.order])
    r.execution = e.id
    r.ts = e.first.ts
    (r.quantity, r.price, r.fee) = (e.first.quantity, e.first.price, e.first.fee)
    return r
  }

  // MARK: what comes after a fill

  private func charge(_ k: Int, _ fee: Int64) {
    guard executions[k].quantity != 0 else { return }
    cash -= fee - executions[k].fee
    executions[k].fee = fee
    executions[k].feeTold = max(clock, executions[k].feeTold + 1, executions[k].corrected + 1)
    tell(feeReport(k))
  }

  private func feeReport(_ k: Int) -> al_report_v1 {
    var r = report(AL_REPORT_FEE, orders[executions[k].order])
    r.execution = executions[k].id
    r.ts = executions[k].feeTold
    r.fee = executions[k].fee
    return r
  }

  private func correct(_ k: Int, isBust: Bool) {
    let before = executions[k]
    guard before.quantity != 0, !isCalm else { return }
    let unit = before.quantity > 0 ? AL_UNIT : -AL_UNIT
    var (quantity, price) = (before.quantity, before.price)
    if isBust {
      (quantity, price) = (0, 0)
    } else if abs(quantity) > AL_UNIT, world.chance(0.5) {
      quantity -= unit
    } else {
      price += 1_000_000 * (world.chance(0.5) ? 3 : -3)
    }
    world.count { $0.corrections += 1 }
    world.note("corrects \(before.id.1) to \(quantity) at \(price)")
    cash += Self.money(before.quantity, before.price) - Self.money(quantity, price)
    (executions[k].quantity, executions[k].price) = (quantity, price)
    executions[k].corrected = max(clock, before.corrected + 1, before.feeTold + 1)
    if isBust {
      cash += before.fee
      executions[k].fee = 0
    }
    let index = before.order
    orders[index].filled += quantity - before.quantity
    // What was done is not opened again.
    if orders[index].state == .filled, orders[index].left != 0 { end(index, .cancelled) }
    tell(correction(k))
  }

  private func correction(_ k: Int) -> al_report_v1 {
    var r = report(AL_REPORT_CORRECTION, orders[executions[k].order])
    r.execution = executions[k].id
    r.ts = executions[k].corrected
    (r.quantity, r.price) = (executions[k].quantity, executions[k].price)
    return r
  }

  // MARK: cancels and the end of a day

  func cancel(_ id: al_order_id_v1) {
    let key = Key(id)
    guard let index = orders.lastIndex(where: { $0.key == key }) else {
      var r = al_report_v1()
      r.id = id
      r.ts = clock
      r.kind = AL_REPORT_CANCEL_REJECTED
      r.instrument = AL_NONE
      return tell(r)
    }
    world.count { $0.cancels += 1 }
    world.after(world.pick(0...3000) * 1_000_000) { [self] in
      if orders[index].state == .working {
        end(index, .cancelled)
        tell(report(AL_REPORT_CANCELLED, orders[index]))
      } else {
        tell(report(AL_REPORT_CANCEL_REJECTED, orders[index]))
      }
    }
  }

  func endDay() {
    for i in orders.indices where orders[i].state == .working && orders[i].timeInForce == AL_TIF_DAY {
      guard orders[i].key.isOurs else { continue }
      end(i, .expired)
      tell(report(AL_REPORT_EXPIRED, orders[i]))
    }
  }

  // MARK: others

  func holdBefore(_ instrument: Int, _ quantity: Int64) { foreign[instrument] += quantity }

  func addForeignOrder(_ instrument: Int, _ quantity: Int64) {
    orders.append(
      Order(
        key: Key(0, 0), number: Int64(orders.count) + 1, instrument: instrument, isLimit: true,
        timeInForce: AL_TIF_GTC, quantity: quantity, limit: 1_000_000))
  }

  func tradeForeign(_ instrument: Int, _ quantity: Int64) {
    orders.append(
      Order(
        key: Key(0, 0), number: Int64(orders.count) + 1, instrument: instrument, isLimit: false,
        timeInForce: AL_TIF_GTC, quantity: quantity, limit: 0))
    hasForeignTrades = true
    execute(orders.count - 1, quantity, prices[instrument])
    foreign[instrument] += quantity
  }

  // MARK: what it answers

  func openOrders() -> [al_report_v1] {
    var rows: [al_report_v1] = []
    for order in orders {
      let kind: UInt16? =
        switch order.state {
        case .working: AL_REPORT_WORKING
        case .filled: nil
        case .cancelled: AL_REPORT_CANCELLED
        case .rejected: AL_REPORT_REJECTED
        case .expired: AL_REPORT_EXPIRED
        }
      guard let kind, kind == AL_REPORT_WORKING || order.key.isOurs else { continue }
      if kind != AL_REPORT_WORKING, weather.forgetsEnded, order.ended != day { continue }
      var r = report(kind, order)
      r.quantity = order.quantity
      r.price = order.limit
      rows.append(r)
    }
    return rows
  }

  func executions(since: Int64) -> [al_report_v1] {
    var rows: [al_report_v1] = []
    for (k, e) in executions.enumerated() where max(e.first.ts, e.corrected, e.feeTold) >= since {
      rows.append(fill(k))
      if e.corrected != 0 { rows.append(correction(k)) }
      if e.feeTold != 0, e.quantity != 0 { rows.append(feeReport(k)) }
    }
    return rows
  }
}

import AlphaLoopCore
import AlphaLoopRuntime
import CAlphaLoop

/// What must hold at every moment, checked from outside: from the exchange's book, from what the host was told, and from what
/// operators asked for.
final class Watcher {
  struct Limits {
    var position: Int64
    var gross: Int64
  }

  let world: World
  let exchange: Exchange
  let line: Line
  let storage: Storage
  let limits: Limits
  /// The account's other positions count as ours.
  let adopts: Bool
  var session: TradeSession?
  /// Closes that the host saw last.
  var closes: [Int64]
  /// At least this, until a person resumes.
  var floor = HaltState.armed
  private var told: [ToldID: Told] = [:]
  private var layers: [Int64: UInt32] = [:]
  private var roundsAtUp = 0
  private var unknown: Set<OrderID> = []
  private var evidence: Set<OrderID> = []
  private var roundsBefore = 0

  private struct ToldID: Hashable {
    var high: UInt64
    var low: UInt64
  }
  private struct Told {
    var instrument: Int
    var quantity: Int64
    var time: Int64
  }

  init(_ world: World, _ exchange: Exchange, _ line: Line, _ storage: Storage, limits: Limits, adopts: Bool) {
    self.world = world
    self.exchange = exchange
    self.line = line
    self.storage = storage
    self.limits = limits
    self.adopts = adopts
    closes = exchange.prices
    line.sends = { [unowned self] orders in for order in orders { sent(order) } }
    line.answered = { [unowned self] rows in for row in rows { hear(row) } }
    line.arrives = { [unowned self] key in arrives(key) }
  }

  /// A new process knows nothing of the line.
  func reset(_ session: TradeSession?) {
    self.session = session
    layers = [:]
    unknown = []
    evidence = []
  }

  // MARK: what the host hears

  func hear(_ list: [RecordedEvent.Report]) {
    for r in list {
      var row = al_report_v1()
      row.id = al_order_id_v1(session: r.session, sequence: r.sequence)
      row.kind = r.kind
      row.ts = r.ts
      row.quantity = r.quantity
      row.instrument = r.instrument
      row.execution = (r.execution[0], r.execution[1])
      row.code = r.code
      row.broker_id = r.brokerID
      hear(row)
    }
  }

  private func hear(_ row: al_report_v1) {
    if row.kind == AL_REPORT_CONNECTION {
      layers[row.broker_id] = UInt32(bitPattern: row.code)
      roundsAtUp = line.roundsAnswered
      return
    }
    guard row.id.sequence != 0 else { return }
    evidence.insert(OrderID(session: row.id.session, sequence: row.id.sequence))
    guard row.kind == AL_REPORT_FILL || row.kind == AL_REPORT_CORRECTION else { return }
    let id = ToldID(high: row.execution.0, low: row.execution.1)
    let time = row.kind == AL_REPORT_FILL ? Int64.min : row.ts
    if let known = told[id], known.time > time || row.kind == AL_REPORT_FILL { return }
    told[id] = Told(instrument: Int(row.instrument), quantity: row.quantity, time: time)
  }

  private func toldPosition(_ instrument: Int) -> Int64 {
    told.values.reduce(adopts ? exchange.foreign[instrument] : 0) {
      $1.instrument == instrument ? $0 + $1.quantity : $0
    }
  }

  // MARK: what it sends

  private func sent(_ order: al_order_v1) {
    let name = "order \(order.id.sequence)"
    if !storage.hasSynced(order.id.session, order.id.sequence) {
      world.violate("\(name) was sent before its intent was durable")
    }
    let isUp = layers[AL_LAYER_SOCKET] == AL_CONNECTION_UP && layers[AL_LAYER_SESSION] == AL_CONNECTION_UP
    if !isUp { world.violate("\(name) was sent without a line") }
    if line.roundsAnswered == roundsAtUp { world.violate("\(name) was sent before the books were compared") }
    let halt = max(floor, session?.engine.halt ?? .armed)
    let position = toldPosition(Int(order.instrument))
    let reduces = (order.quantity > 0) != (position > 0) && abs(order.quantity) <= abs(position)
    if halt != .armed, !reduces {
      world.violate("\(name) of \(order.quantity) adds risk to \(position) while trading is \(halt)")
    }
    checkExposure(order, name)
  }

  /// What may come to be held at worst, on the side that is worse.
  private func worst(_ instrument: Int, with order: al_order_v1?) -> Int64 {
    let position = exchange.ours(instrument) + (adopts ? exchange.foreign[instrument] : 0)
    var (buys, sells): (Int64, Int64) = (0, 0)
    func add(_ quantity: Int64) { if quantity > 0 { buys += quantity } else { sells -= quantity } }
    for o in exchange.orders where o.state == .working && o.key.isOurs && o.instrument == instrument { add(o.left) }
    for o in line.underWay.values where Int(o.instrument) == instrument { add(o.quantity) }
    if let order, Int(order.instrument) == instrument { add(order.quantity) }
    return max(abs(position + buys), abs(position - sells))
  }

  private func checkExposure(_ order: al_order_v1, _ name: String) {
    let i = Int(order.instrument)
    let (before, after) = (worst(i, with: nil), worst(i, with: order))
    guard after > before, !(adopts && exchange.hasForeignTrades) else { return }
    // What the exchange took back and the host may not know yet.
    var slack: Int64 = 0
    for e in exchange.executions {
      slack += abs(e.quantity - e.first.quantity) / AL_UNIT * closes[exchange.orders[e.order].instrument]
    }
    let price = order.quantity > 0 ? max(closes[i], order.limit_price) : closes[i]
    let worth = after / AL_UNIT * price
    if worth > limits.position + slack { world.violate("\(name): \(worth) at risk in one name") }
    var gross = worth
    for j in closes.indices where j != i { gross += worst(j, with: nil) / AL_UNIT * closes[j] }
    if gross > limits.gross + slack { world.violate("\(name): \(gross) at risk in all") }
  }

  private func arrives(_ key: Exchange.Key) {
    guard let session, !line.isDead else { return }
    let id = OrderID(session: key.session, sequence: key.sequence)
    if !session.engine.openOrders.contains(where: { $0.id == id }) {
      world.violate("order \(key.sequence) arrived after the host had given it up")
    }
  }

  /// What works at the exchange is not over in our books; of what was corrected each side may know another half.
  private func checkGivenUp(_ engine: Engine) {
    let working = exchange.working.filter(\.key.isOurs)
    if working.isEmpty { return }
    let open = Set(engine.openOrders.map(\.id))
    for order in working where !open.contains(OrderID(session: order.key.session, sequence: order.key.sequence)) {
      let isCorrected = exchange.executions.contains { exchange.orders[$0.order].key == order.key && $0.corrected != 0 }
      if !isCorrected {
        world.violate("order \(order.key.sequence) works at the exchange, and the host has given it up")
      }
    }
  }

  // MARK: after each step

  func stepped() {
    guard let session else { return }
    let now = Set(session.engine.openOrders.filter { $0.state == .unknown }.map(\.id))
    let hasAsked = line.roundsAnswered != roundsBefore
    for id in unknown where !now.contains(id) && !hasAsked && !evidence.contains(id) {
      world.violate("order \(id.sequence) is not unknown any more, and nothing was heard of it")
    }
    unknown = now
    evidence = []
    checkGivenUp(session.engine)
    roundsBefore = line.roundsAnswered
  }
}

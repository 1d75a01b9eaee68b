import AlphaLoopCore
import AlphaLoopRuntime
import CAlphaLoop
import CRecordingVFS
import Foundation
import PluginProbe

/// One seed: some days of trading in all weathers, then calm; then everybody's books are the same, or something is wrong.
struct Simulation {
  struct Outcome {
    var seed: UInt64
    var hash: UInt64
    var counts: Counts
    var violations: [String]
  }

  let market: Market
  let puppet: Puppet
  var log: ((String) -> Void)?

  func run(seed: UInt64, bug: Line.Bug? = nil, replays: Bool = false) throws -> Outcome {
    let start = market.times[Market.firstTradedDay * Market.barsADay] - 120 * second
    let world = World(seed: seed, start: start)
    world.log = log
    var weather = Weather(world)
    // An empty answer does harm where the broker's own word on an order is lost too.
    if bug == .answersEmpty { (weather.dropped, weather.queriesFail) = (0.3, 0.5) }
    let cash = 1_000_000 * AL_UNIT
    let exchange = Exchange(world, weather, prices: market.closes[Market.firstTradedDay * Market.barsADay], cash: cash)
    let line = Line(world, weather, exchange, bug: bug)
    let storage = Storage(world, folder: market.journal, bug: bug)
    let policy = world.chance(0.7) ? ExternalPolicy.ignore : world.chance(0.6) ? .adopt : .halt
    let watcher = Watcher(world, exchange, line, storage, limits: Market.limits, adopts: policy == .adopt)
    clearJournal()
    rv_reset()
    storage.attach()
    defer {
      storage.detach()
      puppet.line = nil
    }
    puppet.line = line
    let host = try Host(world, market, line, storage, watcher, policy: policy)
    host.stalls = weather.stalls
    defer { host.end() }
    if policy != .halt, world.chance(0.4) {
      exchange.holdBefore(Int(world.pick(0...3)), world.pick(-30...30) * AL_UNIT)
    }
    let plan = Plan(world, weather, market, exchange, line, storage, host, policy)
    plan.make()
    host.start()
    while world.step(until: plan.end) { host.takeMail() }
    plan.calmDown()
    while world.step(until: plan.end + 600 * second) { host.takeMail() }
    exchange.isClosed = true
    while world.step(until: plan.end + 900 * second) { host.takeMail() }
    Verdict(world, exchange, host, policy).give()
    if replays, world.violations.isEmpty, host.isAlive { host.replay() }
    return Outcome(seed: seed, hash: world.hash, counts: world.counts, violations: world.violations)
  }

  private func clearJournal() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: market.journal)) ?? [] where name.contains(".db")
    {
      try? FileManager.default.removeItem(atPath: "\(market.journal)/\(name)")
    }
  }
}

/// What will happen in a run, apart from what comes of it.
private final class Plan {
  let world: World
  let weather: Weather
  let market: Market
  let exchange: Exchange
  let line: Line
  let storage: Storage
  let host: Host
  let policy: ExternalPolicy
  let end: Int64

  init(
    _ world: World, _ weather: Weather, _ market: Market, _ exchange: Exchange, _ line: Line, _ storage: Storage,
    _ host: Host, _ policy: ExternalPolicy
  ) {
    self.world = world
    self.weather = weather
    self.market = market
    self.exchange = exchange
    self.line = line
    self.storage = storage
    self.host = host
    self.policy = policy
    let days = Int(world.pick(1...Int64(Market.days - Market.firstTradedDay)))
    let last = (Market.firstTradedDay + days) * Market.barsADay - 1
    end = market.times[last] + world.pick(60...7200) * second
  }

  func make() {
    for (i, time) in market.times.enumerated() where time > world.now && time <= end {
      world.hostAt(time) { [self] in host.bar(i) }
      // The prices of the exchange lead: the bar is what was.
      world.after(time - world.now - second) { [self] in exchange.prices = market.closes[i] }
      if i % Market.barsADay == Market.barsADay - 1 {
        world.after(time - world.now + 1200 * second) { [self] in exchange.endDay() }
      }
    }
    often(weather.breaks) { [self] in line.breakDown() }
    often(weather.crashes) { [self] in crash() }
    often(weather.disk) { [self] in failDisk() }
    often(weather.clocks) { [self] in moveClock() }
    often(weather.commands) { [self] in command() }
    if policy != .halt { often(weather.foreign) { [self] in tradeOthers() } }
  }

  /// About once in so many seconds of trading hours.
  private func often(_ every: Double, _ action: @escaping () -> Void) {
    guard every > 0 else { return }
    var time = world.now
    while true {
      time += Int64(every * 2 * world.random.uniform() * 1e9) + 1
      // Most of what can happen happens while there is trading.
      if time % Market.day > Market.opening + 3600 * second, world.chance(0.9) {
        time = (time / Market.day + 1) * Market.day + Market.opening - 300 * second
      }
      if time > end { return }
      world.hostAt(time, action)
    }
  }

  private func crash() {
    let isPowerCut = world.chance(weather.power)
    host.kill(after: world.chance(0.4) ? 0 : Int(world.pick(1...40)), isPowerCut: isPowerCut)
  }

  private func failDisk() {
    let all = Storage.Failure.allCases
    storage.failure = all[Int(world.pick(0...Int64(all.count - 1)))]
    world.hostAfter(world.pick(1...200) * second) { [self] in storage.failure = nil }
  }

  private func moveClock() {
    world.fault("clock")
    let jump = world.pick(-7200...7200) * second
    switch world.pick(0...1) {
    case 0: host.wallOffset += jump
    default: exchange.clockOffset += jump / 5
    }
  }

  private func command() {
    switch world.pick(0...5) {
    case 0: host.command(.halt(reason: "simulated", actor: "simulation"))
    case 1: host.command(.flatten(reason: "simulated", actor: "simulation"))
    case 2: host.command(.reload)
    default: host.command(.resume(reason: "simulated", actor: "simulation"))
    }
  }

  private func tradeOthers() {
    world.fault("others")
    let instrument = Int(world.pick(0...3))
    let quantity = world.pick(1...20) * AL_UNIT * (world.chance(0.5) ? 1 : -1)
    if world.chance(0.5) {
      exchange.tradeForeign(instrument, quantity)
    } else {
      exchange.addForeignOrder(instrument, quantity)
    }
  }

  /// Nothing goes wrong any more.
  func calmDown() {
    world.note("calm")
    line.isCalm = true
    exchange.isCalm = true
    storage.failure = nil
    host.isCalm = true
    host.start()
    host.wake()
  }
}

/// In the end the books are compared: ours, and the exchange's.
private struct Verdict {
  let world: World
  let exchange: Exchange
  let host: Host
  let policy: ExternalPolicy

  init(_ world: World, _ exchange: Exchange, _ host: Host, _ policy: ExternalPolicy) {
    (self.world, self.exchange, self.host, self.policy) = (world, exchange, host, policy)
  }

  func give() {
    guard let session = host.session else { return world.violate("the host does not run in the end") }
    let engine = session.engine
    world.note(AccountStatement(engine).text)
    if engine.connection.isFrozen { world.violate("still frozen in the end: \(host.lastNotice)") }
    // How one ended that was good for more than a day, and that the exchange has forgotten, nobody can know: a halt.
    let lost = engine.openOrders.filter {
      $0.state == .unknown && $0.timeInForce == .goodTilCancelled && engine.halt >= .halted
        && exchange.hasForgotten(Exchange.Key($0.id.session, $0.id.sequence))
    }
    if engine.unknownOrders > lost.count {
      world.violate("\(engine.unknownOrders) orders are unknown in the end: \(host.lastNotice)")
    }
    for i in exchange.prices.indices { compare(engine, i) }
    if policy == .ignore || policy == .adopt, !(policy == .ignore && exchange.hasForeignTrades),
      engine.cash.raw != exchange.cash
    {
      world.violate("our cash is \(engine.cash), the exchange's \(Money(raw: exchange.cash))")
    }
    compareOrders(engine, except: Set(lost.map(\.id)))
  }

  private func compare(_ engine: Engine, _ i: Int) {
    let name = Market.symbols[i]
    let adopted = policy == .adopt ? exchange.foreign[i] : 0
    let wanted = exchange.ours(i) + adopted
    let position = engine.ledger.position(UInt32(i))
    if position.quantity.raw != wanted {
      world.violate(
        "\(name): we hold \(position.quantity), the exchange says \(Quantity(raw: wanted)) (\(engine.halt): \(host.lastNotice))"
      )
    }
    if position.fees.raw != exchange.fees(i) {
      world.violate("\(name): we paid fees of \(position.fees), the exchange took \(Money(raw: exchange.fees(i)))")
    }
    // One agent alone trades each of the first three.
    let owners: [UInt32] = [0, 1, 3]
    guard i < owners.count, exchange.foreign[i] == 0 else { return }
    let held = engine.ledger.agentPositions(of: UInt32(i)).reduce(Int64(0)) {
      $1.agent == owners[i] ? $0 + $1.quantity.raw : $0
    }
    if held != exchange.ours(i) {
      world.violate("\(name): its agent holds \(Quantity(raw: held)) of \(Quantity(raw: exchange.ours(i)))")
    }
  }

  private func compareOrders(_ engine: Engine, except lost: Set<OrderID>) {
    var theirs: [Exchange.Key: Int64] = [:]
    for order in exchange.working where order.key.isOurs { theirs[order.key, default: 0] += order.left }
    for order in engine.openOrders where !lost.contains(order.id) {
      let key = Exchange.Key(order.id.session, order.id.sequence)
      guard let left = theirs.removeValue(forKey: key) else {
        world.violate("order \(key.sequence) is \(order.state) in our books, and not at the exchange")
        continue
      }
      if left != order.quantity.raw - order.filled.raw {
        world.violate(
          "order \(key.sequence): \(left) works at the exchange, \(order.quantity.raw - order.filled.raw) by our books")
      }
    }
    for key in theirs.keys { world.violate("order \(key.sequence) works at the exchange, and not in our books") }
  }
}

import CAlphaLoop

/// The line between a host and the exchange, with the broker plugin's side of it: everything that can happen to a message.
///
/// Towards the exchange messages keep their order, and a question follows what was sent before it. Back they come as they
/// like.
final class Line {
  /// What the simulation does wrong on purpose: a check that does not notice it checks nothing.
  enum Bug: String, CaseIterable {
    /// An order without an answer is sent once more.
    case resends
    /// Rows that are told durable are not.
    case loosesSyncs
    /// Numbers of executions repeat.
    case repeatsNumbers
    /// "No orders" for an answer that did not come.
    case answersEmpty
    /// A fill is told twice, under two numbers.
    case renamesFills
    /// The kill switch does not outlive the process.
    case forgetsLatch
    /// "Refused" for an order that was sent.
    case deniesSending
  }

  let world: World
  let weather: Weather
  let exchange: Exchange
  let bug: Bug?
  private(set) var feed: al_report_feed_v1?
  /// Messages of another epoch are lost.
  private var epoch = 0
  private(set) var isUp = false
  /// Whether the host was told that it is.
  private(set) var isKnownUp = false
  private var lastArrival: Int64 = 0
  /// The plugin stops: what the process does from here on is not done.
  var isDead = true
  /// Before each call of the plugin; it may end the process there.
  var boundary: () -> Void = {}
  /// The host sends this: it is checked here, before it leaves.
  var sends: ([al_order_v1]) -> Void = { _ in }
  /// Pushed, and not taken out of the inbox yet.
  var posted = 0
  var answered: ([al_report_v1]) -> Void = { _ in }
  var roundsAnswered = 0
  private var round = 0
  var isCalm = false

  init(_ world: World, _ weather: Weather, _ exchange: Exchange, bug: Bug?) {
    self.world = world
    self.weather = weather
    self.exchange = exchange
    self.bug = bug
    exchange.tell = { [unowned self] in push($0) }
  }

  private func chance(_ share: Double) -> Bool { !isCalm && world.chance(share) }

  private var delay: Int64 {
    let usual = world.pick(1...80) * 1_000_000
    return chance(weather.slow) ? usual + world.pick(0...2500) * 1_000_000 : usual
  }

  // MARK: the connection

  func bind(_ feed: al_report_feed_v1) {
    self.feed = feed
    epoch += 1
    isUp = false
    isKnownUp = false
    isDead = false
    comeUp(after: delay)
  }

  /// The process is gone.
  func hangUp() {
    feed = nil
    isDead = true
    epoch += 1
    isUp = false
    isKnownUp = false
  }

  private func comeUp(after delay: Int64) {
    let mine = epoch
    world.after(delay) { [self] in
      guard epoch == mine, feed != nil else { return }
      isUp = true
      lastArrival = world.now
      if !isKnownUp { say(AL_LAYER_SOCKET, AL_CONNECTION_UP, 0) }
      isKnownUp = true
      say(AL_LAYER_SESSION, AL_CONNECTION_UP, world.chance(0.5) ? 1101 : 1102)
    }
  }

  /// The line breaks; after a while it is noticed, and later it is back.
  func breakDown() {
    guard isUp else { return }
    world.fault("line")
    isUp = false
    epoch += 1
    let mine = epoch
    let isSession = world.chance(0.4)
    let noticed = world.pick(0...5000) * 1_000_000
    world.after(noticed) { [self] in
      guard epoch == mine, feed != nil else { return }
      if isSession {
        say(AL_LAYER_SESSION, AL_CONNECTION_DOWN, 1100)
      } else {
        isKnownUp = false
        say(AL_LAYER_SOCKET, AL_CONNECTION_DOWN, 504)
      }
    }
    comeUp(after: noticed + world.pick(1...40) * second)
  }

  private func say(_ layer: Int64, _ state: UInt32, _ code: Int64) {
    var r = al_report_v1()
    r.kind = AL_REPORT_CONNECTION
    r.broker_id = layer
    r.code = Int32(state)
    r.quantity = code
    r.ts = exchange.clock
    r.instrument = AL_NONE
    world.note("line \(layer) \(state)")
    deliver(r)
  }

  // MARK: towards the host

  private func push(_ report: al_report_v1) {
    guard isUp, report.id.sequence != 0, !chance(weather.dropped) else { return }
    var copies = [report]
    if chance(weather.duplicated) { copies.append(report) }
    if bug == .repeatsNumbers, report.execution.1 != 0 { for i in copies.indices { copies[i].execution.1 %= 4 } }
    if bug == .renamesFills, report.kind == AL_REPORT_FILL, world.chance(0.2) {
      var other = report
      other.execution.0 ^= 0xBAD
      copies.append(other)
    }
    let mine = epoch
    for copy in copies { world.after(delay) { [self] in if epoch == mine { deliver(copy) } } }
  }

  private func deliver(_ report: al_report_v1) {
    guard let feed, !isDead else { return }
    posted += 1
    var row = report
    _ = feed.push(feed.ctx, &row, 1)
  }

  // MARK: from the host

  func submit(_ orders: [al_order_v1], _ acks: UnsafeMutablePointer<al_ack_v1>) -> al_status {
    boundary()
    if isDead { return AL_E_INTERNAL }
    if chance(weather.submitsFail) {
      world.fault("submit")
      return AL_E_IO
    }
    if !isKnownUp { return AL_E_STATE }
    sends(orders)
    for (i, order) in orders.enumerated() {
      acks[i] = al_ack_v1(status: send(order), code: 0, broker_id: 0)
      world.note(Int64(acks[i].status), Int64(order.id.sequence), order.quantity)
      boundary()
      if isDead { break }
    }
    return AL_OK
  }

  private func send(_ order: al_order_v1) -> al_status {
    world.count { $0.orders += 1 }
    let isLost = chance(weather.dropped)
    if isUp, !isLost {
      if weather.acceptsAtOnce, bug == nil {
        arrive(order)
        return chance(weather.acksLost) ? AL_E_TIMEOUT : AL_OK
      }
      travel(order)
      if bug == .resends, world.chance(0.05) { travel(order) }
      if bug == .deniesSending, world.chance(0.1) { return AL_E_REJECTED }
    } else {
      world.fault("lost order")
      if !isUp, world.chance(0.3) {
        underWay[Exchange.Key(order.id)] = order
        world.after(world.pick(0...3000) * 1_000_000) { [self] in arrive(order) }
      }
    }
    if chance(weather.acksLost) {
      world.fault("lost answer")
      return AL_E_TIMEOUT
    }
    return AL_AGAIN
  }

  /// Orders that may still arrive.
  private(set) var underWay: [Exchange.Key: al_order_v1] = [:]
  var arrives: (Exchange.Key) -> Void = { _ in }

  private func arrive(_ order: al_order_v1) {
    underWay[Exchange.Key(order.id)] = nil
    arrives(Exchange.Key(order.id))
    exchange.arrive(order)
  }

  private func travel(_ order: al_order_v1) {
    underWay[Exchange.Key(order.id)] = order
    travel { [self] in
      arrive(order)
    } lost: { [self] in
      underWay[Exchange.Key(order.id)] = nil
    }
  }

  private func travel(_ arrive: @escaping () -> Void, lost: @escaping () -> Void = {}) {
    lastArrival = max(lastArrival, world.now + delay)
    let mine = epoch
    // What was under way when the line broke may arrive all the same.
    world.after(lastArrival - world.now) { [self] in
      if epoch == mine { return arrive() }
      if world.chance(0.3) { return arrive() }
      world.fault("lost under way")
      lost()
    }
  }

  func cancel(_ ids: [al_order_id_v1], _ acks: UnsafeMutablePointer<al_ack_v1>) -> al_status {
    boundary()
    if isDead { return AL_E_INTERNAL }
    if !isKnownUp { return AL_E_STATE }
    for (i, id) in ids.enumerated() {
      let isLost = !isUp || chance(weather.dropped)
      if !isLost { travel { [exchange] in exchange.cancel(id) } }
      acks[i] = al_ack_v1(status: chance(weather.acksLost) ? AL_E_TIMEOUT : AL_AGAIN, code: 0, broker_id: 0)
      world.note("cancel \(id.sequence) \(acks[i].status)")
    }
    return AL_OK
  }

  // MARK: questions

  /// An answer is given all the same.
  func pretend() { round = 1 }

  /// Whether a question is answered. It follows what was sent before it, and the exchange goes on meanwhile.
  func ask(_ number: Int) -> Bool {
    boundary()
    if isDead { return false }
    if isUp { world.pass(max(0, lastArrival - world.now)) }
    let mine = epoch
    world.pass(world.pick(1...60) * 1_000_000)
    if !isUp || epoch != mine || chance(weather.queriesFail) {
      world.fault("question")
      world.pass(world.pick(100...1500) * 1_000_000)
      round = 0
      return false
    }
    round = number == 0 ? 1 : round == number ? number + 1 : 0
    if round == 4 {
      roundsAnswered += 1
      world.count { $0.reconciliations += 1 }
    }
    return true
  }
}

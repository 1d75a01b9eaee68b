import AlphaLoopCore
import AlphaLoopRuntime
import CAlphaLoop

/// The host's process, life after life: the real trade loop, driven step by step on clocks of the world.
final class Host {
  let world: World
  let market: Market
  let line: Line
  let storage: Storage
  let watcher: Watcher
  private let configuration: Configuration
  private let catalog: PluginCatalog
  private(set) var session: TradeSession?
  private var inbox = Inbox<TradeEvent>(capacity: 4096)
  /// Batches of the feed that are over.
  private(set) var nextBar: Int
  var monotonicStart: Int64 = 0
  var wallOffset: Int64 = 0
  /// Ends the process at so many boundaries from now.
  private var fuse: Int?
  private var isPowerCut = false
  /// Of the bars, those that waited.
  var stalls = 0.0
  /// The kill switch after the last whole step; nil: it was being reset.
  private var lastHalt: HaltState? = HaltState.armed
  private var hasTraded = false
  private(set) var lastNotice = ""
  /// The session before, which nothing may hold.
  private weak var gone: TradeSession?
  private var life = 0
  var isCalm = false

  init(
    _ world: World, _ market: Market, _ line: Line, _ storage: Storage, _ watcher: Watcher, policy: ExternalPolicy
  ) throws {
    self.world = world
    self.market = market
    self.line = line
    self.storage = storage
    self.watcher = watcher
    guard let (configuration, catalog) = market.configurations[policy] else { throw Failure("no such policy") }
    (self.configuration, self.catalog) = (configuration, catalog)
    nextBar = Market.firstTradedDay * Market.barsADay
    line.boundary = { [unowned self] in burn() }
    storage.boundary = { [unowned self] in burn() }
  }

  var isAlive: Bool { session != nil }

  // MARK: a process

  func start() {
    guard session == nil else { return }
    if gone != nil { world.violate("a session outlives its end") }
    life += 1
    world.count { $0.starts += 1 }
    world.note("start")
    inbox = Inbox(capacity: 4096)
    hasTraded = false
    monotonicStart = world.now - 1_000_000_000
    var options = TradeSession.Options()
    options.mode = AL_MODE_PAPER
    options.account = "SIM"
    options.sessions = max(1, Market.days - nextBar / Market.barsADay)
    options.reloads = false
    options.clock.monotonic = { [unowned self] in world.now - monotonicStart }
    options.clock.wall = { [unowned self] in world.now + wallOffset }
    options.onNotice = { [unowned self] text in
      lastNotice = text
      world.log?("notice: \(text)")
    }
    act {
      let session = try TradeSession(
        configuration, catalog: catalog, options: options, inbox: inbox,
        calendar: try SessionTimes(configuration).event)
      self.session = session
      watcher.reset(session)
      try session.begin()
    }
    guard let session else { return }
    if session.engine.halt < watcher.floor {
      world.violate(
        "the kill switch is \(session.engine.halt) after a start, and an operator had asked for \(watcher.floor)")
    }
    if let lastHalt, session.engine.halt < lastHalt {
      world.violate("the kill switch is \(session.engine.halt) after a start, and it was \(lastHalt) before")
    }
    lastHalt = session.engine.halt
    watcher.closes = market.closes[max(session.batches.lowerBound, nextBar) - 1]
    tick(life)
  }

  private func tick(_ life: Int) {
    let isBusy =
      world.now % Market.day < Market.opening + 3600 * second && world.now % Market.day > Market.opening - second
    let pause = isBusy || isCalm ? world.pick(500...8000) * 1_000_000 : world.pick(300...3000) * second
    world.hostAfter(pause) { [self] in
      guard self.life == life, let session else { return }
      act {
        try session.tend()
        try session.tick()
      }
      tick(life)
    }
  }

  /// Ticks come at short intervals from now on.
  func wake() {
    life += 1
    tick(life)
  }

  /// A step of the loop, with all that comes of it; the process may end in it.
  private func act(_ body: () throws -> Void) {
    let before = lastHalt
    do {
      try body()
    } catch {
      world.note("the host ends")
      world.log?("error: \(error)")
      if !storage.isDead { crash(isPowerCut: false) }
    }
    if storage.isDead { return bury() }
    guard let session else { return }
    watcher.stepped()
    if let before, session.engine.halt > before { world.count { $0.halts += 1 } }
    lastHalt = session.engine.halt
  }

  /// What was pushed into the inbox, as the loop takes it.
  func takeMail() {
    while let session, !storage.isDead, line.posted > 0, let event = inbox.take(milliseconds: 0) {
      line.posted -= 1
      act {
        if case .reports(let list) = event { watcher.hear(list) }
        try session.handle(event)
        try session.tend()
      }
    }
  }

  func bar(_ index: Int) {
    nextBar = index + 1
    guard let session, !session.engine.connection.isFrozen || hasTraded else { return }
    hasTraded = true
    watcher.closes = market.closes[index]
    var bars = RecordedEvent.BarsEvent(session.feed.batch(index))
    bars.flags = 0
    // One that the loop had no time for in long is a halt.
    var waited = world.pick(0...900) * 1_000_000
    if !isCalm, world.chance(stalls) {
      world.fault("stall")
      waited += 6 * second
    }
    act {
      try session.tend()
      try session.handle(.live(bars, arrived: world.now - monotonicStart - waited))
    }
  }

  func command(_ command: ControlCommand) {
    guard let session else { return }
    world.count { $0.commands += 1 }
    world.note("command \(command)")
    let floor: HaltState =
      switch command {
      case .halt: .halted
      case .flatten: .flattening
      case .resume: .armed
      default: watcher.floor
      }
    // While it is on its way either state may be the one that stays.
    let before = watcher.floor
    watcher.floor = min(before, floor)
    if floor < before { lastHalt = nil }
    act { try session.handle(.command(command, TradeEvent.Reply())) }
    if self.session != nil { watcher.floor = floor == .armed ? .armed : max(before, floor) }
  }

  // MARK: its end

  /// - Parameter boundaries: writes and calls of the plugin until then; 0: now, between two steps.
  func kill(after boundaries: Int, isPowerCut: Bool) {
    guard let session, fuse == nil else { return }
    self.isPowerCut = isPowerCut
    if boundaries > 0 {
      fuse = boundaries
      return
    }
    let statement = AccountStatement(session.engine).text
    crash(isPowerCut: isPowerCut)
    bury()
    compare(statement)
  }

  private func burn() {
    guard let left = fuse, !storage.isDead else { return }
    fuse = left - 1
    if left <= 1 { crash(isPowerCut: isPowerCut) }
  }

  private func crash(isPowerCut: Bool) {
    world.note("crash")
    world.count { counts in
      counts.crashes += 1
      if isPowerCut { counts.powerCuts += 1 }
    }
    fuse = nil
    line.isDead = true
    storage.crash(isPowerCut: isPowerCut)
  }

  private func bury() {
    fuse = nil
    line.hangUp()
    line.posted = 0
    watcher.reset(nil)
    gone = session
    session?.close()
    session = nil
    inbox = Inbox(capacity: 4096)
    do { try storage.restore() } catch { world.violate("the files cannot be put back: \(error)") }
    world.hostAfter(world.pick(1...90) * second) { [self] in start() }
  }

  /// The journal alone makes the account that ran.
  private func compare(_ running: String) {
    guard hasTraded else { return }
    world.count { $0.folds += 1 }
    do {
      let folded = try AccountStatement.folded(configuration, mode: AL_MODE_PAPER, account: "SIM").text
      if folded != running {
        world.violate("the journal makes another account")
        world.log?("running \(running)\nfolded  \(folded)")
      }
    } catch {
      world.violate("the journal cannot be folded: \(error)")
    }
  }

  /// The last session again, from its journal.
  func replay() {
    world.count { $0.replays += 1 }
    do {
      let result = try Replay(try SessionReader(session: "last", folder: market.journal)).run()
      if let difference = result.difference { world.violate("the replay differs: \(difference)") }
    } catch {
      world.violate("the session cannot be replayed: \(error)")
    }
  }

  func end() {
    session?.close()
    session = nil
    line.hangUp()
    watcher.reset(nil)
  }
}

import CAlphaLoop

/// An instance that is ready to start: agents and brokers know their universe.
struct PreparedInstance {
  let instance: Instance
  /// What the instance may point to.
  let memory: [AnyObject]

  init(_ subject: Subject, seed: UInt64? = nil, instruments: Int = 3, name: String = "validated") throws(Finding) {
    let instance = try subject.make(seed: seed, instance: name)
    var kept: [AnyObject] = []
    if subject.isKind(AL_KIND_AGENT) { kept += try Self.bindAgent(instance, instruments, subject.context.seed) }
    if subject.isKind(AL_KIND_BROKER) { kept += try Self.bindBroker(instance, instruments, subject.context.seed) }
    self.instance = instance
    memory = kept
  }

  private static func universe(_ n: Int, _ seed: UInt64) -> (UniverseMemory, InputBlocks) {
    let blocks = InputBlocks(.plain)
    return (UniverseMemory(SyntheticMarket(instruments: n, bars: 1, seed: seed), blocks: blocks), blocks)
  }

  private static func bindAgent(_ instance: Instance, _ n: Int, _ seed: UInt64) throws(Finding) -> [AnyObject] {
    let table = try instance.table(AL_INTERFACE_AGENT, al_agent_v1.self)
    guard let bind = table.bind else { throw .fail("bind is NULL") }
    var needs = al_needs_v1()
    needs.size = UInt32(MemoryLayout<al_needs_v1>.size)
    for count in [n, 1] {
      let (universe, blocks) = universe(count, seed)
      let answer = try reply("bind") { bind(instance.c.ctx, universe.table, &needs, $0) }
      if !answer.isFailure { return [universe, blocks] }
      if count == 1 { throw .fail("bind fails: \(answer.description)") }
    }
    return []
  }

  private static func bindBroker(_ instance: Instance, _ n: Int, _ seed: UInt64) throws(Finding) -> [AnyObject] {
    let table = try instance.table(AL_INTERFACE_BROKER, al_broker_v1.self)
    guard let bind = table.bind else { throw .fail("bind is NULL") }
    let (universe, blocks) = universe(n, seed)
    let feed = BrokerFeed()
    let isSimulated = table.flags & AL_BROKER_SIMULATED != 0
    let answer = try reply("bind") { bind(instance.c.ctx, universe.table, isSimulated ? nil : feed.table, $0) }
    if answer.isFailure { throw .fail("bind fails: \(answer.description)") }
    return [universe, blocks, feed]
  }
}

/// Where a connected broker pushes its facts; they are dropped.
final class BrokerFeed {
  let table: UnsafeMutablePointer<al_report_feed_v1>

  init() {
    table = .allocate(capacity: 1)
    table.initialize(
      to: al_report_feed_v1(
        size: UInt32(MemoryLayout<al_report_feed_v1>.size), reserved: 0, ctx: nil, push: { _, _, _ in AL_OK }))
  }

  deinit { table.deallocate() }
}

import CAlphaLoop
import CSystem

/// What an agent answered at one evaluation.
struct Answer: Equatable {
  var asOf: Int64
  var cause: UInt32
  var status: al_status
  var rows: [al_row_v1]
  /// Calls of the allocator during the evaluation.
  var allocations: UInt64 = 0

  static func == (a: Answer, b: Answer) -> Bool {
    a.asOf == b.asOf && a.cause == b.cause && a.status == b.status && a.bytes == b.bytes
  }

  var bytes: [UInt8] { rows.withUnsafeBytes { Array($0) } }
  var isTalking: Bool { rows.contains { $0.kind != AL_ROW_ABSTAIN } }
}

/// One instance of an agent, driven over a market.
final class AgentRun {
  struct Options {
    var windows = WindowMemory.Options()
    var placement = InputBlocks.Placement.plain
    /// Capabilities that are NULL although the agent declares them.
    var withheld: UInt64 = 0
    var countsAllocations = false
    var parameters: JSONValue?
    var instance = "validated"
  }

  let instance: Instance
  let needs: al_needs_v1
  let market: SyntheticMarket
  let panel: PanelMemory
  let output: UnsafeMutablePointer<al_output_v1>
  let capacity: Int
  private let agent: al_agent_v1
  private let universe: UniverseMemory
  private let outputBlocks: InputBlocks
  private let options: Options
  private(set) var evaluations: UInt64 = 0

  /// Created and bound, not started.
  init(_ subject: Subject, _ market: SyntheticMarket, _ options: Options = Options()) throws(Finding) {
    self.market = market
    self.options = options
    let granted = subject.inputs & ~options.withheld
    instance = try subject.make(parameters: options.parameters, inputs: granted, instance: options.instance)
    agent = try instance.table(AL_INTERFACE_AGENT, al_agent_v1.self)
    let blocks = InputBlocks(options.placement)
    universe = UniverseMemory(market, blocks: blocks)
    needs = try Self.bind(agent, instance, universe)
    panel = PanelMemory(
      market, lookback: max(1, Int(needs.lookback)), granted: granted, options: options.windows, blocks: blocks)
    capacity = Int(subject.descriptor.max_rows) * market.series.count + 1
    // Always guarded: a row too many must not fall on the validator's own memory.
    outputBlocks = InputBlocks(options.placement == .startsAtGuard ? .startsAtGuard : .endsAtGuard)
    output = outputBlocks.allocate(al_output_v1.self, 1, "the output's header", isOutput: true)
    output.initialize(
      to: al_output_v1(
        size: UInt32(MemoryLayout<al_output_v1>.size), cap: UInt32(capacity), len: 0, needed: 0,
        rows: outputBlocks.allocate(al_row_v1.self, capacity, "the output's rows", isOutput: true)))
  }

  private static func bind(_ agent: al_agent_v1, _ instance: Instance, _ universe: UniverseMemory) throws(Finding)
    -> al_needs_v1
  {
    guard let bind = agent.bind, agent.evaluate != nil else { throw .fail("bind or evaluate is NULL") }
    var needs = al_needs_v1()
    needs.size = UInt32(MemoryLayout<al_needs_v1>.size)
    let answer = try reply("bind") { bind(instance.c.ctx, universe.table, &needs, $0) }
    if answer.isFailure { throw .fail("bind fails: \(answer.description)") }
    return needs
  }

  /// Evaluates at every as-of time of the range, timers between them. Starts the instance when it is not.
  func run(_ range: Range<Int>? = nil, from answered: UInt64? = nil) throws(Finding) -> [Answer] {
    if let answered { evaluations = answered }
    var answers: [Answer] = []
    for k in range ?? market.times.indices {
      let time = market.times[k]
      for timer in instance.host.takeTimers(until: time) where needs.triggers & AL_CAUSE_TIMER != 0 {
        answers.append(try evaluate(max(timer.at, k > 0 ? market.times[k - 1] : timer.at), AL_CAUSE_TIMER, timer.token))
      }
      let cause = self.cause(at: k)
      if cause != 0 { answers.append(try evaluate(time, cause)) }
    }
    return answers
  }

  private func cause(at k: Int) -> UInt32 { Self.cause(at: k, needs, universe: market.series.count) }

  /// Why an agent is evaluated at a time, as far as it asked for it.
  static func cause(at k: Int, _ needs: al_needs_v1, universe: Int) -> UInt32 {
    var cause = AL_CAUSE_PANEL | AL_CAUSE_QUOTE | AL_CAUSE_TRADE
    if universe == 1 { cause |= AL_CAUSE_BAR }
    if k % 3 == 0 { cause |= AL_CAUSE_FACT }
    if k % 5 == 4 { cause |= AL_CAUSE_ORDER }
    if k % 20 == 0 { cause |= AL_CAUSE_WORK }
    return cause & needs.triggers
  }

  /// One evaluation with the room that the host promises.
  func evaluate(_ time: Int64, _ cause: UInt32, _ timer: UInt64 = 0) throws(Finding) -> Answer {
    instance.host.now = time
    panel.fill(time, cause: cause, sequence: evaluations, timer: timer)
    output.pointee.cap = UInt32(capacity)
    let answer = try call(cause)
    evaluations += 1
    return answer
  }

  /// The call itself, on the input as it stands and with the capacity that is set.
  func call(_ cause: UInt32) throws(Finding) -> Answer {
    output.pointee.len = 0
    output.pointee.needed = 0
    guard let evaluate = agent.evaluate else { throw .fail("evaluate is NULL") }
    let (context, input) = (instance.c.ctx, panel.input)
    if options.countsAllocations { al_allocations_start() }
    let status = evaluate(context, input, output)
    let allocations = options.countsAllocations ? al_allocations_stop() : 0
    let out = output.pointee
    guard out.len <= out.cap else { throw .fail("evaluate says it wrote \(out.len) rows where \(out.cap) fit") }
    guard let rows = out.rows else { throw .fail("evaluate set output->rows to NULL") }
    return Answer(
      asOf: input.pointee.as_of_ns, cause: cause, status: status,
      rows: (0..<Int(out.len)).map { rows[$0] }, allocations: allocations)
  }

  func start() throws(Finding) { try instance.start() }

  func end() throws(Finding) {
    try instance.stop()
    instance.destroy()
  }

  func save() throws(Finding) -> [UInt8] { try AgentState.save(instance) }

  func restore(_ bytes: [UInt8], version: UInt32? = nil, chunk: Int = .max) throws(Finding) -> Reply {
    try AgentState.restore(instance, bytes, version: version, chunk: chunk)
  }
}

/// The universe that an instance is bound to.
final class UniverseMemory {
  let table: UnsafeMutablePointer<al_universe_v1>
  private let texts: CArguments

  init(_ market: SyntheticMarket, blocks: InputBlocks) {
    texts = CArguments(shared: blocks.shared)
    let n = market.series.count
    let instruments = blocks.allocate(al_instrument_v1.self, n, "the instruments")
    let list = blocks.allocate(UnsafePointer<al_instrument_v1>?.self, n, "the list of instruments")
    for (i, series) in market.series.enumerated() {
      var c = al_instrument_v1()
      c.size = UInt32(MemoryLayout<al_instrument_v1>.size)
      c.index = UInt32(i)
      c.uid = UInt64(series.key + 1)
      c.asset = AL_ASSET_EQUITY
      c.flags = AL_INSTRUMENT_TRADABLE | AL_INSTRUMENT_SHORTABLE
      c.tick = AL_UNIT / 100
      c.lot = AL_UNIT
      c.multiplier = AL_UNIT
      c.underlying = AL_NONE
      c.symbol = texts.cached(series.symbol)
      c.currency = texts.cached("USD")
      c.venue = texts.cached("XNYS")
      c.calendar = texts.cached("XNYS")
      c.sector = texts.cached(["technology", "energy"][series.key % 2])
      (instruments + i).initialize(to: c)
      list[i] = UnsafePointer(instruments + i)
    }
    table = blocks.allocate(al_universe_v1.self, 1, "the universe")
    table.initialize(
      to: al_universe_v1(
        size: UInt32(MemoryLayout<al_universe_v1>.size), n: UInt32(n), instruments: UnsafePointer(list)))
  }
}

import CAlphaLoop

/// The deterministic heart: events in, commands out. No clock, no I/O, no randomness, no threads, no hash order in here; time
/// comes with the events and seeds with the configuration. The same engine runs backtests, simulations, paper and live.
///
/// One event is one call: `process(_: BarBatch)`, `apply(reports)`, `setHalt`, ... After each the driver reads `commands` and
/// `cancels`, makes them durable, sends them, and answers with `applyAcks`.
public final class Engine {
  public internal(set) var settings: EngineSettings
  /// The as-of time, where hosts of agents read it.
  public let clock: UnsafeMutablePointer<Int64>
  public var ledger: Ledger
  public internal(set) var machine: OrderMachine
  public internal(set) var counts = EngineCounts()
  public internal(set) var halt = HaltState.armed
  public internal(set) var peakEquity: Int64
  public internal(set) var dayStartEquity: Int64
  /// Largest fall from the peak so far, as a share.
  public internal(set) var maximumDrawdown = 0.0
  public weak var observer: (any EngineObserver)? { didSet { hasObserver = observer != nil } }
  public var journal: JournalCursor

  var gate: Gate
  var panel: Panel
  let memory: any InputMemory
  /// `AL_COLUMN_*` that each instrument's series has.
  let available: [UInt32]
  var agents: [AgentState]
  var slots: UnsafeMutablePointer<AgentSlot>
  /// Engine index -> its agents that want every bar: from barSlots[i] up to barSlots[i + 1].
  var barSlots: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<AgentSlot>>>
  /// Agents evaluated once an as-of time, in the order of their stages.
  var panelOrder: [Int]
  var hasPanelAgents: Bool
  var hasBarAgents: Bool
  var portfolios: PortfolioTables
  var viewTables: ViewTables
  var allocator: Allocator
  /// Stage 4's plugin; nil: quantities and weights stand as they are.
  public var policy: SizingPolicy?
  var work: WorkBook
  var timers = TimerQueue()
  var answers = AnswerWatch()
  var watch = MarketWatch()
  /// Executions as they are booked, for the broker to correct; looked up by id alone, never walked through.
  var executions: [ExecutionID: BookedExecution] = [:]
  let keepsExecutions: Bool
  public let session: UnsafeMutablePointer<al_session_v1>

  var commands: CommandBuffer
  var cancels: [al_order_id_v1] = []
  /// Something waits to be sent.
  var needsDriver = false
  let recentSlots: UnsafeMutablePointer<Int32>
  var sequence: UInt64 = 0
  /// False while history only warms the agents up: they are evaluated, nothing is ordered.
  public var isTrading = true
  /// Facts of earlier sessions are being entered.
  public internal(set) var isFolding = false
  /// Sessions before this one that gave out orders of this account, with the highest number of each.
  var knownSessions: [UInt64: UInt64] = [:]
  public internal(set) var connection: Connection { didSet { isFrozen = connection.isFrozen } }
  /// Of the connection, for the order path.
  var isFrozen: Bool
  var external = ExternalBooks()
  var tripEquity: Int64 = .min
  var drawdownWatch: Int64 = .min
  var hasObserver = false
  var isDirty = false
  var lastRecordedTime: Int64 = .min
  var rejectTimes: TimeRing
  static let recentMask: UInt64 = 4095

  var viewAgents: Int
  var quantityAgents: Int
  /// Instrument -> agents that may set quantities of it.
  var quantitySpeakers: [Int]
  var usesWeights: Bool
  var hasMultipliers: Bool
  var hasVetoes: Bool
  /// Instruments whose quantity target changed, with the agent that spoke last.
  var touched: [(instrument: UInt32, agent: Int)] = []
  var allocationIsNew = false
  /// Rows of an answer by universe index, while it is checked.
  var rowCounts: [Int]
  /// Reason of the veto that denied the last order of an instrument, 0 none.
  var deniedVetoes: [UInt32]
  /// Who is behind the position of an instrument that nobody backs any more.
  var lastOwners: [Owner]
  let workRow: UnsafeMutablePointer<al_work_v1>
  /// The owners of the quantity that the execution agent is answering for.
  var workOwner: Owner?
  /// `AL_ORDER_*` of that quantity, which its children inherit.
  var workFlags: UInt16 = 0
  let policyInput: UnsafeMutablePointer<al_sizing_v1>
  let policyTarget: UnsafeMutablePointer<al_target_v1>

  /// - Parameters:
  ///   - available: `AL_COLUMN_*` that each instrument's series has.
  ///   - agents: bound and started, in the order of the manifest.
  ///   - journal: where records go; the sink outlives the engine.
  public init(
    settings: EngineSettings, available: [UInt32], agents specs: [AgentSpec], memory: any InputMemory,
    journal: JournalCursor
  ) throws(Ledger.Fault) {
    self.settings = settings
    keepsExecutions = !settings.hasOrderedExecutions
    connection = Connection(isConnected: settings.isConnected)
    isFrozen = settings.isConnected
    self.memory = memory
    self.available = available
    self.journal = journal
    let n = settings.instruments.count
    clock = memory.allocate(Int64.self, count: 1)
    session = memory.allocate(al_session_v1.self, count: 1)
    session.pointee.size = UInt32(MemoryLayout<al_session_v1>.size)
    ledger = Ledger(instruments: n)
    for (i, instrument) in settings.instruments.enumerated() {
      try ledger.define(UInt32(i), multiplier: instrument.multiplier, currency: 0)
    }
    try ledger.deposit(settings.initialCash)
    machine = OrderMachine(
      pool: OrderPool(instruments: n, capacity: 256, lingering: 1024),
      executions: ExecutionIndex(ordered: settings.hasOrderedExecutions, capacity: 1024))
    gate = Gate(instruments: settings.instruments, limits: settings.limits)
    peakEquity = settings.initialCash.raw
    dayStartEquity = settings.initialCash.raw
    rejectTimes = TimeRing(settings.limits.rejectBurst)
    let lookback = specs.map { Int($0.needs.lookback) }.max() ?? 1
    let columns = specs.reduce(AL_COLUMN_CLOSE) { $0 | $1.needs.columns }
    panel = Panel(available: available, lookback: lookback, columns: columns, memory: memory)
    agents = specs.map(AgentState.init)
    portfolios = PortfolioTables(instruments: n, specs: specs, memory: memory)
    viewTables = ViewTables(instruments: n, specs: specs, memory: memory)
    slots = .allocateLines(max(specs.count, 1))
    for (k, spec) in specs.enumerated() {
      (slots + k).initialize(
        to: Self.makeSlot(
          spec, agents[k], panel: panel, session: session, portfolio: portfolios.tables[k],
          views: viewTables.tables[k], memory: memory))
    }
    barSlots = Self.barTable(specs, slots, instruments: n)
    panelOrder = Self.panelOrder(specs)
    hasPanelAgents = !panelOrder.isEmpty
    hasBarAgents = barSlots[0] != barSlots[n]
    allocator = Allocator(settings: settings.allocation, instruments: settings.instruments)
    work = WorkBook(specs: specs)
    commands = CommandBuffer(capacity: 256)
    viewAgents = specs.count { $0.has(AL_ROW_VIEW) }
    quantityAgents = specs.count { $0.has(AL_ROW_QUANTITY) }
    var speakers = Array(repeating: 0, count: n)
    for spec in specs where spec.has(AL_ROW_QUANTITY) { for member in spec.universe { speakers[Int(member)] += 1 } }
    quantitySpeakers = speakers
    usesWeights = specs.contains { $0.has(AL_ROW_WEIGHT) }
    hasMultipliers = specs.contains { $0.has(AL_ROW_MULTIPLIER) }
    hasVetoes = specs.contains { $0.has(AL_ROW_VETO) }
    rowCounts = Array(repeating: 0, count: n)
    deniedVetoes = Array(repeating: 0, count: n)
    lastOwners = Array(repeating: .agent(0), count: n)
    workRow = memory.allocate(al_work_v1.self, count: 1)
    policyInput = memory.allocate(al_sizing_v1.self, count: 1)
    policyTarget = memory.allocate(al_target_v1.self, count: 1)
    policyInput.pointee.size = UInt32(MemoryLayout<al_sizing_v1>.size)
    policyInput.pointee.n = 1
    policyInput.pointee.targets = policyTarget
    recentSlots = .allocate(capacity: Int(Self.recentMask) + 1)
    recentSlots.initialize(repeating: -1, count: Int(Self.recentMask) + 1)
    resetTrips()
    resetWatch()
  }

  deinit {
    gate.deallocate()
    for agent in agents {
      agent.quantities.deallocate()
      agent.hasQuantity.deallocate()
    }
    slots.deinitialize(count: agents.count)
    slots.deallocate()
    barSlots[0].deallocate()
    barSlots.deallocate()
    recentSlots.deallocate()
    commands.deallocate()
  }

  public var equity: Money { ledger.balance().equity }
  public var cash: Money { ledger.balance().cash }
  public var grossExposure: Int64 { gate.gross }
  public var netExposure: Int64 { gate.net }
  public var openNames: Int { gate.names }
  public var agentNames: [String] { agents.map(\.spec.instance) }
  public var agentStates: [AgentReport] {
    agents.indices.map { AgentReport(agents[$0], evaluations: slots[$0].input.pointee.sequence &+ 1) }
  }

  /// The stage that an agent is evaluated in: that of the first kind it declares, in the order of the stages.
  static func stage(_ spec: AgentSpec) -> Int {
    let order: [(UInt16, Int)] = [
      (AL_ROW_ESTIMATE, 1), (AL_ROW_VIEW, 2), (AL_ROW_AGENT_WEIGHT, 3), (AL_ROW_WEIGHT, 4), (AL_ROW_QUANTITY, 4),
      (AL_ROW_MULTIPLIER, 5), (AL_ROW_VETO, 6), (AL_ROW_HALT, 6), (AL_ROW_ORDER, 7),
    ]
    return order.first { spec.has($0.0) }?.1 ?? 8
  }

  /// By stage; within a stage juniors first and executives last, who may overrule; then as configured.
  static func panelOrder(_ specs: [AgentSpec]) -> [Int] {
    specs.indices.filter { specs[$0].needs.triggers & AL_CAUSE_PANEL != 0 }
      .map { (stage(specs[$0]), 3 - Int(specs[$0].tier), $0) }.sorted { $0 < $1 }.map(\.2)
  }

  static func barTable(
    _ specs: [AgentSpec], _ slots: UnsafeMutablePointer<AgentSlot>, instruments n: Int, retired: Set<Int> = []
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<AgentSlot>>> {
    var lists: [[UnsafeMutablePointer<AgentSlot>]] = Array(repeating: [], count: n)
    for (k, spec) in specs.enumerated() where spec.needs.triggers & AL_CAUSE_BAR != 0 && !retired.contains(k) {
      for member in spec.universe { lists[Int(member)].append(slots + k) }
    }
    let flat = UnsafeMutablePointer<UnsafeMutablePointer<AgentSlot>>.allocate(
      capacity: max(lists.reduce(0) { $0 + $1.count }, 1))
    let table = UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<AgentSlot>>>.allocate(capacity: n + 1)
    var end = flat
    for (i, list) in lists.enumerated() {
      (table + i).initialize(to: end)
      for slot in list {
        end.initialize(to: slot)
        end += 1
      }
    }
    (table + n).initialize(to: end)
    return table
  }

  static func makeSlot(
    _ spec: AgentSpec, _ state: AgentState, panel: Panel, session: UnsafeMutablePointer<al_session_v1>,
    portfolio: UnsafeMutablePointer<al_portfolio_v1>?, views: UnsafeMutablePointer<al_views_v1>?,
    memory: any InputMemory
  ) -> AgentSlot {
    let n = spec.universe.count
    let rows = Int(spec.maxRows) * n + 1
    let input = memory.allocate(al_input_v1.self, count: 1)
    let output = memory.allocate(al_output_v1.self, count: 1)
    output.pointee = al_output_v1(
      size: UInt32(MemoryLayout<al_output_v1>.size), cap: UInt32(rows), len: 0, needed: 0,
      rows: memory.allocate(al_row_v1.self, count: rows))
    let members = memory.allocate(UInt32.self, count: n)
    let windows = memory.allocate(UnsafePointer<al_window_v1>?.self, count: n)
    for (i, member) in spec.universe.enumerated() {
      members[i] = member
      windows[i] = UnsafePointer(panel.windows + Int(member))
    }
    let wantsUpdates = spec.inputs & AL_IN_ORDERS != 0
    let capacity = wantsUpdates ? max(256, 8 * n) : 1
    let updates = memory.allocate(al_order_update_v1.self, count: capacity)
    input.pointee.size = UInt32(MemoryLayout<al_input_v1>.size)
    // Raised before a call: the first one is number 0.
    input.pointee.sequence = .max
    input.pointee.n_instruments = UInt32(n)
    input.pointee.windows = spec.inputs & AL_IN_BARS != 0 ? UnsafePointer(windows) : nil
    input.pointee.session = UnsafePointer(session)
    input.pointee.portfolio = portfolio.map { UnsafePointer($0) }
    input.pointee.views = views.map { UnsafePointer($0) }
    input.pointee.order_updates = UnsafePointer(updates)
    return AgentSlot(
      context: spec.context, evaluate: spec.evaluate, input: input, output: output, wantsUpdates: wantsUpdates,
      readsPortfolio: portfolio != nil, estimates: UInt32(spec.estimates.count), outputs: spec.outputs,
      members: members, quantities: state.quantities, hasQuantity: state.hasQuantity, updates: updates,
      updateCapacity: UInt32(capacity))
  }
}

/// Orders that wait to be journalled and sent, in the form that a broker takes.
struct CommandBuffer {
  private(set) var rows: UnsafeMutablePointer<al_order_v1>
  private(set) var slots: UnsafeMutablePointer<Int32>
  private(set) var acks: UnsafeMutablePointer<al_ack_v1>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    rows = .allocate(capacity: capacity)
    slots = .allocate(capacity: capacity)
    acks = .allocate(capacity: capacity)
  }

  func deallocate() {
    rows.deallocate()
    slots.deallocate()
    acks.deallocate()
  }

  /// The row after the last, to be filled in place; it counts when `keep` is called.
  @inline(__always) mutating func free() -> UnsafeMutablePointer<al_order_v1> {
    if count == capacity { grow() }
    return rows + count
  }

  @inline(__always) mutating func keep(_ slot: Int32) {
    slots[count] = slot
    count &+= 1
  }

  mutating func removeAll() { count = 0 }

  /// Drops the rows that `keep` refuses; the others stay in their order.
  mutating func filter(_ keep: (Int) -> Bool) {
    var kept = 0
    for i in 0..<count where keep(i) {
      rows[kept] = rows[i]
      slots[kept] = slots[i]
      kept += 1
    }
    count = kept
  }

  @inline(never) private mutating func grow() {
    let old = self
    self = CommandBuffer(capacity: capacity * 2)
    rows.update(from: old.rows, count: old.count)
    slots.update(from: old.slots, count: old.count)
    count = old.count
    old.deallocate()
  }
}

/// An agent's record, for reports.
public struct AgentReport: Sendable {
  public var instance: String
  public var descriptorID: String
  public var tier: UInt32
  public var family: String
  public var weight: Double
  public var evaluations: UInt64
  public var views: UInt64
  public var abstentions: [UInt32: UInt64]
  public var refusals: [UInt16: UInt64]
  public var wins: UInt32
  public var losses: UInt32

  init(_ state: AgentState, evaluations: UInt64) {
    instance = state.spec.instance
    descriptorID = state.spec.descriptorID
    tier = state.spec.tier
    family = state.spec.family
    weight = state.weight
    self.evaluations = evaluations
    views = state.viewCount
    abstentions = state.abstentions
    refusals = state.refusals
    wins = state.wins
    losses = state.losses
  }
}

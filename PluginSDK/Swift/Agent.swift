import CAlphaLoop

/// One instrument of a universe.
public struct Instrument: Sendable {
  public var index: Int
  public var symbol: String
  public var sector: String
  public var currency: String
  public var asset: UInt32
  public var isTradable: Bool
  public var isShortable: Bool
  /// Smallest steps and contract multiplier, 1e-8 units.
  public var tick: Int64
  public var lot: Int64
  public var multiplier: Int64

  init(_ c: al_instrument_v1) {
    index = Int(c.index)
    symbol = String(c.symbol)
    sector = String(c.sector)
    currency = String(c.currency)
    asset = c.asset
    isTradable = c.flags & AL_INSTRUMENT_TRADABLE != 0
    isShortable = c.flags & AL_INSTRUMENT_SHORTABLE != 0
    tick = c.tick
    lot = c.lot
    multiplier = c.multiplier
  }
}

/// What an instance is made from.
public struct Setup {
  public var parameters: Parameters
  public var universe: [Instrument]
  public var host: Host
  /// The instance's name in the manifest.
  public var instance: String
  /// Capabilities granted.
  public var inputs: Inputs
}

/// When an agent wants to be evaluated, and on how much history.
public struct Needs: Sendable {
  public var lookback: Int
  public var warmUp: Int
  public var triggers: UInt32
  public var columns: UInt32

  /// - Parameters:
  ///   - lookback: rows of history the agent reads, its window is never longer.
  ///   - warmUp: bars before it can answer.
  ///   - triggers: `AL_CAUSE_*`; the default is once per as-of time, when every bar of it is in.
  ///   - columns: `AL_COLUMN_*` it reads.
  public init(
    lookback: Int, warmUp: Int? = nil, triggers: UInt32 = AL_CAUSE_PANEL, columns: UInt32 = AL_COLUMN_CLOSE
  ) {
    self.lookback = lookback
    self.warmUp = warmUp ?? lookback
    self.triggers = triggers
    self.columns = columns
  }
}

/// An agent: a small type with an idea.
///
///     struct Cross: Agent {
///       static let descriptor = Descriptor(
///         id: "acme.cross", name: "EMA cross", summary: "Long while the fast average is above the slow one",
///         tier: .senior, inputs: .bars, outputs: .view,
///         parameters: [.integer("fast", default: 10, in: 1...500, "bars of the fast average")])
///       init(_ setup: Setup) throws(PluginError) { … }
///       var needs: Needs { Needs(lookback: 50) }
///       mutating func evaluate(_ input: Input, _ output: inout Output) { … }
///     }
///
/// and one line registers it: `@c(alphaloop_register) public func registerPlugins() { Library.add(agent: Cross.self) }`.
public protocol Agent: ~Copyable {
  static var descriptor: Descriptor { get }
  /// Called when the universe is known. Throws `PluginError.configuration` where parameters contradict each other.
  init(_ setup: Setup) throws(PluginError)
  var needs: Needs { get }
  /// Deterministic in its state and input; no allocation, no I/O, no clock.
  mutating func evaluate(_ input: Input, _ output: inout Output)
  /// What a new instance needs to go on with the same outputs. The default saves nothing: right for agents whose answer
  /// depends on the window alone.
  func save(to writer: inout StateWriter)
  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError)
}

extension Agent where Self: ~Copyable {
  public func save(to writer: inout StateWriter) {}
  public mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {}
}

/// What one evaluation touches of an instance, in raw memory: the C function reads it without a check or a count.
struct AgentCell {
  /// The agent's value.
  var agent: UnsafeMutableRawPointer
  /// Rows of history that it asked for.
  var lookback = 0
  /// Instruments of its universe.
  var count: UInt32 = 0
  /// An output needs more room than this; `.max` while the instance is not started, which none has.
  var tooSmall = UInt32.max
}

/// One evaluation of an agent whose type is known where the closure is made: there the compiler puts the agent's own code
/// into it, and the call costs one jump.
@usableFromInline
typealias Evaluation = (UnsafeMutableRawPointer, UnsafePointer<al_input_v1>, Int, UnsafeMutablePointer<al_output_v1>) ->
  Void

/// The typed half of an agent instance.
final class AgentBox<A: Agent & ~Copyable>: AgentInstance {
  private let agent: UnsafeMutablePointer<A>
  private var isBound = false
  private var room: UInt32 = 1

  init(host: Host, create: al_create_v1, evaluation: @escaping Evaluation) {
    // The cell, then the agent's value, from the start of a cache line: an evaluation touches few of them.
    let alignment = max(MemoryLayout<A>.alignment, 16)
    let offset = (MemoryLayout<AgentCell>.size + alignment - 1) / alignment * alignment
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: offset + max(MemoryLayout<A>.size, 1), alignment: max(alignment, 64))
    agent = (memory + offset).bindMemory(to: A.self, capacity: 1)
    let cell = memory.bindMemory(to: AgentCell.self, capacity: 1)
    cell.initialize(to: AgentCell(agent: UnsafeMutableRawPointer(agent)))
    super.init(host: host, create: create, cell: cell, evaluation: evaluation)
  }

  deinit {
    if isBound { agent.deinitialize(count: 1) }
    UnsafeMutableRawPointer(cell).deallocate()
  }

  override func bind(_ universe: al_universe_v1) throws(PluginError) -> Needs {
    guard !isBound else { throw .state("bind is called once per instance") }
    let instruments = try Tables.instruments(universe)
    let setup = Setup(
      parameters: parameters, universe: instruments, host: host, instance: instance, inputs: inputs)
    agent.initialize(to: try A(setup))
    isBound = true
    let needs = agent.pointee.needs
    // What the host is told, so that both read the same rows.
    cell.pointee.lookback = Int(UInt32(clamping: needs.lookback))
    cell.pointee.count = universe.n
    room = UInt32(clamping: UInt64(max(A.descriptor.maxRows, 1)) * UInt64(universe.n) + 1)
    return needs
  }

  override func start() throws(PluginError) {
    try super.start()
    if isBound { cell.pointee.tooSmall = room - 1 }
  }

  override func save() throws(PluginError) -> [UInt8] {
    guard isBound else { throw .state("save needs a bound instance") }
    var writer = StateWriter()
    agent.pointee.save(to: &writer)
    return writer.finish()
  }

  override func restore(_ bytes: [UInt8], version: UInt32) throws(PluginError) {
    guard isBound, !isStarted else { throw .state("restore needs a bound instance that is not started") }
    try A.descriptor.check(stateVersion: version)
    // Kept for a failed restore, which must leave the instance as it was.
    var before = StateWriter()
    agent.pointee.save(to: &before)
    do {
      var reader = StateReader(bytes)
      try agent.pointee.restore(from: &reader, version: version)
      try reader.finish()
    } catch {
      var reader = StateReader(before.finish())
      try agent.pointee.restore(from: &reader, version: A.descriptor.stateVersion)
      throw error
    }
  }
}

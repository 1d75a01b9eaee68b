import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

public typealias EvaluateFunction =
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<al_input_v1>?, UnsafeMutablePointer<al_output_v1>?
  ) -> al_status

/// An instance that a new build or a restart goes on from.
public protocol StatefulHandle: AnyObject {
  var name: String { get }
  var descriptor: PluginDescriptor { get }
  var services: HostServices { get }
  func save() throws(LoadError) -> [UInt8]
  func restore(_ state: [UInt8], version: UInt32) throws(LoadError)
}

/// An agent instance wherever it runs: in this process or in a worker. The engine cannot tell.
public protocol AgentHandle: StatefulHandle {
  var needs: al_needs_v1 { get }
  var context: UnsafeMutableRawPointer? { get }
  var evaluate: EvaluateFunction { get }
  /// Learns the universe; sets `needs`.
  func bind(_ universe: UnsafePointer<al_universe_v1>) throws(LoadError)
  func start() throws(LoadError)
  func stop() throws(LoadError)
  func destroy()
}

/// An agent in this process: its own function is what the engine calls.
public final class InProcessAgent: AgentHandle {
  public let instance: LoadedInstance
  private let table: UnsafePointer<al_agent_v1>
  public private(set) var needs = al_needs_v1()
  public let evaluate: EvaluateFunction

  public init(_ instance: LoadedInstance) throws(LoadError) {
    self.instance = instance
    guard let table = try instance.table(AL_INTERFACE_AGENT, al_agent_v1.self), let evaluate = table.pointee.evaluate,
      table.pointee.bind != nil
    else {
      throw LoadError(instance.name, "'\(instance.descriptor.id)' answers no \(AL_INTERFACE_AGENT): it is not an agent")
    }
    self.table = table
    self.evaluate = evaluate
  }

  public var name: String { instance.name }
  public var descriptor: PluginDescriptor { instance.descriptor }
  public var services: HostServices { instance.services }
  public var context: UnsafeMutableRawPointer? { instance.context }

  public func bind(_ universe: UnsafePointer<al_universe_v1>) throws(LoadError) {
    var wanted = al_needs_v1()
    wanted.size = UInt32(MemoryLayout<al_needs_v1>.size)
    if let failure = check(name, "bind", { table.pointee.bind(instance.context, universe, &wanted, $0) }) {
      throw failure
    }
    needs = try checked(wanted, universe: universe.pointee.n, name: name)
  }

  public func start() throws(LoadError) { try instance.start() }
  public func stop() throws(LoadError) { try instance.stop() }
  public func save() throws(LoadError) -> [UInt8] { try instance.save() ?? [] }
  public func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {
    try instance.restore(state, version: version)
  }
  public func destroy() { instance.destroy() }
}

/// Largest history an agent may ask for: 10 million rows.
let lookbackLimit: UInt32 = 10_000_000

/// Refuses needs that the host cannot serve.
func checked(_ needs: al_needs_v1, universe n: UInt32, name: String) throws(LoadError) -> al_needs_v1 {
  if needs.lookback > lookbackLimit {
    throw LoadError(name, "asks for \(needs.lookback) rows of history; the most is \(lookbackLimit)")
  }
  if needs.triggers & AL_CAUSE_BAR != 0, n != 1 {
    throw LoadError(
      name, "asks for every bar (AL_CAUSE_BAR) with a universe of \(n) instruments; that needs exactly one")
  }
  return needs
}

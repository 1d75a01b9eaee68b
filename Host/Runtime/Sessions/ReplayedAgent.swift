import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// The recorded outcomes of a session by agent, in the order in which the session met them.
final class OutcomeScript {
  /// The outcomes of one agent; those that were asked for are behind `position`.
  final class Part {
    fileprivate var outcomes: [CallOutcome] = []
    fileprivate var position = 0

    /// The outcome of a call, once; nil when the plugin answered it.
    @inline(__always)
    func take(_ call: UInt64) -> CallOutcome? {
      guard position < outcomes.count, outcomes[position].call == call else { return nil }
      position += 1
      return outcomes[position - 1]
    }
  }

  private var parts: [String: Part] = [:]
  /// What the replay's own workers came to: nothing, or the replay says nothing about the session.
  let log = OutcomeLog()
  private(set) var failure: String?

  func fail(_ reason: String) { failure = failure ?? reason }

  func add(_ outcome: CallOutcome) { part(outcome.agent).outcomes.append(outcome) }

  func part(_ agent: String) -> Part {
    if let part = parts[agent] { return part }
    let part = Part()
    parts[agent] = part
    return part
  }

  /// The first outcome that no call came for.
  var missed: CallOutcome? {
    parts.keys.sorted().lazy.compactMap { [parts] name in
      parts[name].flatMap { $0.position < $0.outcomes.count ? $0.outcomes[$0.position] : nil }
    }.first
  }
}

/// An agent in a replay. A call that the session's worker did not answer is not made: the engine sees what it saw then. Where
/// a worker was started again, a new instance goes on from the same state.
final class ReplayedAgent: AgentHandle {
  /// Makes an instance, with the clock and callbacks of the one before.
  typealias Maker = (HostServices?) throws(LoadError) -> any AgentHandle

  private let make: Maker
  private let script: OutcomeScript
  private let part: OutcomeScript.Part
  private var agent: any AgentHandle
  private var universe: UnsafePointer<al_universe_v1>?

  init(_ script: OutcomeScript, _ make: @escaping Maker) throws(LoadError) {
    self.make = make
    self.script = script
    agent = try make(nil)
    part = script.part(agent.name)
  }

  var name: String { agent.name }
  var descriptor: PluginDescriptor { agent.descriptor }
  var services: HostServices { agent.services }
  var needs: al_needs_v1 { agent.needs }
  var context: UnsafeMutableRawPointer? { Unmanaged.passUnretained(self).toOpaque() }

  let evaluate: EvaluateFunction = { context, input, output in
    guard let context, let input, let output else { return AL_E_ARGUMENT }
    return Unmanaged<ReplayedAgent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.evaluate(input, output) }
  }

  private func evaluate(
    _ input: UnsafePointer<al_input_v1>, _ output: UnsafeMutablePointer<al_output_v1>
  ) -> al_status {
    if let outcome = part.take(input.pointee.sequence), let status = follow(outcome) { return status }
    return agent.evaluate(agent.context, input, output)
  }

  /// The status of an unanswered call; nil when the call is to be made.
  private func follow(_ outcome: CallOutcome) -> al_status? {
    switch outcome.kind {
    case .unanswered(let status):
      for timer in outcome.timers { _ = services.callbacks.timer(timer.time, timer.token) }
      return status
    case .restarted(let memory):
      do {
        try restart(memory)
        return nil
      } catch {
        script.fail("\(name) cannot be started again as it was in the session: \(error)")
        return AL_E_INTERNAL
      }
    }
  }

  /// In the order of `WorkerInstance`.
  private func restart(_ memory: AgentMemory?) throws(LoadError) {
    let next = try make(services)
    agent.destroy()
    agent = next
    if let memory { next.services.randomState = memory.randomState }
    if let universe { try next.bind(universe) }
    if let memory { try next.restore(memory.state, version: memory.version) }
    try next.start()
  }

  func bind(_ universe: UnsafePointer<al_universe_v1>) throws(LoadError) {
    self.universe = universe
    try agent.bind(universe)
  }

  func start() throws(LoadError) { try agent.start() }
  func stop() throws(LoadError) { try agent.stop() }
  func save() throws(LoadError) -> [UInt8] { try agent.save() }
  func restore(_ state: [UInt8], version: UInt32) throws(LoadError) { try agent.restore(state, version: version) }
  func destroy() { agent.destroy() }
}

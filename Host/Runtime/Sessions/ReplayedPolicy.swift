import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// A risk policy in a replay, as ``ReplayedAgent`` is for agents. A policy's calls are counted here: what it is asked carries
/// no number.
final class ReplayedPolicy: PolicyHandle {
  typealias Maker = (HostServices?) throws(LoadError) -> any PolicyHandle

  private let make: Maker
  private let script: OutcomeScript
  private let part: OutcomeScript.Part
  private var policy: any PolicyHandle
  private var inner: SizingPolicy
  private var next: UInt64

  init(_ script: OutcomeScript, firstCall: UInt64, _ make: @escaping Maker) throws(LoadError) {
    self.make = make
    self.script = script
    policy = try make(nil)
    inner = policy.sizing
    next = firstCall
    part = script.part(policy.name)
  }

  var name: String { policy.name }
  var descriptor: PluginDescriptor { policy.descriptor }
  var services: HostServices { policy.services }

  var sizing: SizingPolicy {
    SizingPolicy(context: Unmanaged.passUnretained(self).toOpaque()) { context, sizing, err in
      guard let context, let sizing else { return AL_E_ARGUMENT }
      return Unmanaged<ReplayedPolicy>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.size(sizing, err) }
    }
  }

  private func size(
    _ sizing: UnsafeMutablePointer<al_sizing_v1>, _ err: UnsafeMutablePointer<al_error_v1>?
  ) -> al_status {
    let call = next
    next &+= 1
    switch part.take(call)?.kind {
    case .unanswered(let status)?: return status
    case .restarted(let memory)?:
      do {
        try restart(memory)
      } catch {
        script.fail("\(name) cannot be started again as it was in the session: \(error)")
        return AL_E_INTERNAL
      }
    case nil: break
    }
    return inner.size(inner.context, sizing, err)
  }

  private func restart(_ memory: AgentMemory?) throws(LoadError) {
    let next = try make(services)
    policy.destroy()
    policy = next
    inner = next.sizing
    if let memory {
      next.services.randomState = memory.randomState
      try next.restore(memory.state, version: memory.version)
    }
    try next.start()
  }

  func start() throws(LoadError) { try policy.start() }
  func stop() throws(LoadError) { try policy.stop() }
  func checkpoint() throws(LoadError) { try policy.checkpoint() }
  func save() throws(LoadError) -> [UInt8] { try policy.save() }
  func restore(_ state: [UInt8], version: UInt32) throws(LoadError) { try policy.restore(state, version: version) }
  func destroy() { policy.destroy() }
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// A risk policy in a worker process. Targets are copied both ways: what the host reads from is not the worker's to write.
/// A fault costs its call, and a pause after it (``WorkerInstance``) the calls of the pause: they answer an error, on which the
/// engine opens and enlarges nothing (`Engine.unsized`).
public final class WorkerPolicy: PolicyHandle {
  private let instance: WorkerInstance
  private let callDeadline: Int64
  /// Number of the next call.
  private var next: UInt64

  /// Most targets of one call.
  private static let targetLimit = WorkerBlock.payloadCapacity / MemoryLayout<al_target_v1>.stride / 2

  /// - Parameters:
  ///   - memory: an ``ArenaInputMemory``, the one that the engine allocates in.
  ///   - firstCall: number of its first call.
  ///   - sha256: of the file that was looked at; nil: any.
  ///   - outcomes: told of every call that ends for a reason outside of the plugin.
  public init(
    path: String, id: String, name: String, parameters: [PluginParameter], json: String, inputs: UInt64 = 0,
    services: HostServices, deadlines: PluginLibrary.Deadlines, memory: any InputMemory,
    options: WorkerOptions = WorkerOptions(), firstCall: UInt64 = 0, sha256: String? = nil, outcomes: OutcomeLog? = nil
  ) throws(LoadError) {
    next = firstCall
    callDeadline = deadlines.call.nanoseconds
    instance = try WorkerInstance(
      path: path, id: id, name: name, parameters: parameters, json: json, inputs: inputs, services: services,
      deadlines: deadlines, memory: memory, options: options, sha256: sha256, outcomes: outcomes)
    guard descriptor.kinds & AL_KIND_POLICY != 0 else {
      throw LoadError(name, "'\(id)' answers no \(AL_INTERFACE_POLICY): it is not a policy")
    }
  }

  public var name: String { instance.name }
  public var descriptor: PluginDescriptor { instance.descriptor }
  public var services: HostServices { instance.services }
  public var status: WorkerStatus { instance.status }

  public func start() throws(LoadError) { try instance.start() }
  public func stop() throws(LoadError) { try instance.stop() }
  public func checkpoint() throws(LoadError) { try instance.checkpointIfRunning() }
  public func save() throws(LoadError) -> [UInt8] { try instance.save() }
  public func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {
    try instance.restore(state, version: version)
  }
  public func destroy() { instance.destroy() }

  /// What the engine calls; this object must outlive it.
  public var sizing: SizingPolicy {
    SizingPolicy(context: Unmanaged.passUnretained(self).toOpaque()) { context, sizing, _ in
      guard let context, let sizing else { return AL_E_ARGUMENT }
      return Unmanaged<WorkerPolicy>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.size(sizing) }
    }
  }

  private func size(_ sizing: UnsafeMutablePointer<al_sizing_v1>) -> al_status {
    let call = next
    next &+= 1
    let count = Int(sizing.pointee.n)
    guard count <= Self.targetLimit, let targets = sizing.pointee.targets else {
      // The host's own limit: no plugin was asked.
      return instance.unanswered(AL_E_ARGUMENT, call: call)
    }
    var isFresh = false
    if let process = instance.process {
      process.forgetTimers()
    } else {
      if let status = instance.resume() {
        return instance.unanswered(status == AL_OK ? AL_E_INTERNAL : status, call: call)
      }
      isFresh = true
    }
    guard let process = instance.process else { return instance.unanswered(AL_E_INTERNAL, call: call) }
    let shared = process.block.sizing
    shared.header.pointee = sizing.pointee
    shared.header.pointee.targets = nil
    shared.targets.update(from: targets, count: count)
    if let fault = process.exchange(.size, now: services.clock.pointee, a: UInt64(count), deadline: callDeadline) {
      let status = instance.unanswered(instance.lost(fault), call: call)
      services.callbacks.log(AL_LOG_ERROR, "it sizes no targets; \(unsizedAdvice)")
      return status
    }
    let status = process.block.message.pointee.status
    if status >= 0 {
      for i in 0..<count {
        targets[i].quantity = shared.targets[i].quantity
        targets[i].reason = shared.targets[i].reason
      }
    }
    if isFresh { instance.restarted(call: call) }
    instance.succeeded(process)
    return status
  }
}

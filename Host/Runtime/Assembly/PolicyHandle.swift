import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// A risk policy wherever it runs: in this process or in a worker. The engine cannot tell.
public protocol PolicyHandle: StatefulHandle {
  /// What the engine calls; this object must outlive it.
  var sizing: SizingPolicy { get }
  func start() throws(LoadError)
  func stop() throws(LoadError)
  /// Saves what a restart would go on from, where there is anything to restart. Sessions call it at their boundaries.
  func checkpoint() throws(LoadError)
  func destroy()
}

/// A policy in this process.
public final class InProcessPolicy: PolicyHandle {
  private let instance: LoadedInstance
  private let size:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<al_sizing_v1>?, UnsafeMutablePointer<al_error_v1>?
    ) -> al_status
  private var isFailing = false

  public init(_ instance: LoadedInstance) throws(LoadError) {
    self.instance = instance
    guard let table = try instance.table(AL_INTERFACE_POLICY, al_policy_v1.self), let size = table.pointee.size_targets
    else {
      throw LoadError(
        instance.name, "'\(instance.descriptor.id)' answers no \(AL_INTERFACE_POLICY): it is not a policy")
    }
    self.size = size
  }

  public var name: String { instance.name }
  public var descriptor: PluginDescriptor { instance.descriptor }
  public var services: HostServices { instance.services }

  public func start() throws(LoadError) { try instance.start() }
  public func stop() throws(LoadError) { try instance.stop() }
  public func checkpoint() throws(LoadError) {}
  public func save() throws(LoadError) -> [UInt8] { try instance.save() ?? [] }
  public func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {
    try instance.restore(state, version: version)
  }
  public func destroy() { instance.destroy() }

  public var sizing: SizingPolicy {
    SizingPolicy(context: Unmanaged.passUnretained(self).toOpaque()) { context, sizing, err in
      guard let context, let sizing else { return AL_E_ARGUMENT }
      return Unmanaged<InProcessPolicy>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.size(sizing, err) }
    }
  }

  @inline(__always)
  private func size(_ sizing: UnsafeMutablePointer<al_sizing_v1>, _ err: UnsafeMutablePointer<al_error_v1>?)
    -> al_status
  {
    let status = size(instance.context, sizing, err)
    if status != AL_OK || isFailing { tell(status) }
    return status
  }

  /// Says when it begins to fail and when it answers again, not every call in between.
  @inline(never)
  private func tell(_ status: al_status) {
    if (status != AL_OK) == isFailing { return }
    isFailing = status != AL_OK
    services.callbacks.log(
      isFailing ? AL_LOG_ERROR : AL_LOG_WARNING,
      isFailing ? "size_targets failed (\(statusName(status))); \(unsizedAdvice)" : "sizes targets again")
  }
}

/// What the engine does meanwhile (`Engine.unsized`).
let unsizedAdvice = "until it answers nothing is opened or enlarged, and positions are only closed"

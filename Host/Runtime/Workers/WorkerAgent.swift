import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// An agent in a worker process.
public final class WorkerAgent: AgentHandle {
  public let name: String
  public let descriptor: PluginDescriptor
  public let services: HostServices
  public private(set) var needs = al_needs_v1()
  public var context: UnsafeMutableRawPointer? { nil }
  public let evaluate: EvaluateFunction = { _, _, _ in AL_E_UNSUPPORTED }

  public init(
    path: String, id: String, name: String, parameters: [PluginParameter], json: String, inputs: UInt64,
    services: HostServices, deadlines: PluginLibrary.Deadlines, memory: any InputMemory
  ) throws(LoadError) {
    throw LoadError(name, "isolation: process is not available")
  }

  public func bind(_ universe: UnsafePointer<al_universe_v1>) throws(LoadError) {}
  public func start() throws(LoadError) {}
  public func stop() throws(LoadError) {}
  public func save() throws(LoadError) -> [UInt8] { [] }
  public func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {}
  public func destroy() {}
}

/// Asks a worker what a library offers.
public struct WorkerDescriber: Describer {
  public static let standard = WorkerDescriber()
  public func descriptors(of path: String, deadline: Int64) throws(LoadError) -> [PluginDescriptor] {
    throw LoadError(path, "isolation: process is not available")
  }
}

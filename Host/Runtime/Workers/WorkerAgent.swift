import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// An agent in a worker process. What it reads lies in shared memory at the same address, so a call hands over two words;
/// its rows are copied out of the worker's memory before the engine looks at them, so that it cannot change them meanwhile.
///
/// A fault is the status of that one evaluation (``WorkerInstance``); the evaluations of a pause answer nothing, which leaves
/// its views the abstentions that the fault made of them.
public final class WorkerAgent: AgentHandle {
  private let instance: WorkerInstance
  public private(set) var needs = al_needs_v1()
  private var universe: UnsafePointer<al_universe_v1>?
  private var rows: UnsafePointer<al_row_v1>?
  private var rowCapacity: UInt32 = 0
  private let callDeadline: Int64
  private let spareRows: UInt64

  /// 64 MiB of rows, far more than a universe needs.
  private static let rowLimit: UInt64 = 1 << 20

  /// - Parameters:
  ///   - memory: an ``ArenaInputMemory``, the one that the engine allocates in.
  ///   - sha256: of the file that was looked at; nil: any.
  ///   - outcomes: told of every call that ends for a reason outside of the plugin.
  public init(
    path: String, id: String, name: String, parameters: [PluginParameter], json: String, inputs: UInt64,
    services: HostServices, deadlines: PluginLibrary.Deadlines, memory: any InputMemory,
    options: WorkerOptions = WorkerOptions(), sha256: String? = nil, outcomes: OutcomeLog? = nil
  ) throws(LoadError) {
    callDeadline = deadlines.call.nanoseconds
    spareRows = UInt64(options.spareRows)
    instance = try WorkerInstance(
      path: path, id: id, name: name, parameters: parameters, json: json, inputs: inputs, services: services,
      deadlines: deadlines, memory: memory, options: options, sha256: sha256, outcomes: outcomes)
  }

  public var name: String { instance.name }
  public var descriptor: PluginDescriptor { instance.descriptor }
  public var services: HostServices { instance.services }
  public var status: WorkerStatus { instance.status }
  /// The as-of time of the first fault, ns UTC, and what it was.
  public var firstFault: (time: Int64, reason: String)? { instance.firstFault }
  public var context: UnsafeMutableRawPointer? { Unmanaged.passUnretained(self).toOpaque() }

  public let evaluate: EvaluateFunction = { context, input, output in
    guard let context, let output else { return AL_E_ARGUMENT }
    return Unmanaged<WorkerAgent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.evaluate(input, output) }
  }

  public func bind(_ universe: UnsafePointer<al_universe_v1>) throws(LoadError) {
    guard instance.memory.arena.contains(universe, byteCount: MemoryLayout<al_universe_v1>.size) else {
      throw LoadError(name, "its universe lies outside of the memory that its worker sees")
    }
    let needed = UInt64(max(descriptor.maxRows, 1)) * UInt64(universe.pointee.n) + spareRows
    guard needed <= Self.rowLimit else {
      throw LoadError(name, "may answer with \(needed) rows; the most of an isolated agent is \(Self.rowLimit)")
    }
    self.universe = universe
    rowCapacity = UInt32(needed)
    needs = try bind(try instance.running())
    let first = needs
    instance.prepare = { [unowned self] (process) throws(LoadError) in
      if try bind(process) != first { throw instance.garbled(process, "other needs after a restart") }
    }
  }

  private func bind(_ process: WorkerProcess) throws(LoadError) -> al_needs_v1 {
    let memory: UnsafeMutableRawPointer
    do {
      memory = try process.control.allocateGuarded(
        byteCount: Int(rowCapacity) * MemoryLayout<al_row_v1>.stride, alignment: 64)
    } catch {
      throw LoadError(name, "no memory for its rows: \(error)")
    }
    rows = UnsafePointer(memory.assumingMemoryBound(to: al_row_v1.self))
    var answer = try instance.request(
      process, .bind, a: UInt64(UInt(bitPattern: universe)), b: UInt64(UInt(bitPattern: memory)),
      deadline: instance.stepDeadline)
    var wanted = al_needs_v1()
    wanted.size = UInt32(MemoryLayout<al_needs_v1>.size)
    do {
      wanted.triggers = try answer.small()
      wanted.lookback = try answer.small()
      wanted.warm_up = try answer.small()
      wanted.columns = try answer.small()
    } catch { throw instance.garbled(process, "its needs") }
    return try checked(wanted, universe: universe?.pointee.n ?? 0, name: name)
  }

  public func start() throws(LoadError) { try instance.start() }
  public func stop() throws(LoadError) { try instance.stop() }
  public func save() throws(LoadError) -> [UInt8] { try instance.save() }
  /// Saves the state that a restart goes on from. Sessions call it at their boundaries.
  public func checkpoint() throws(LoadError) { try instance.checkpointIfRunning() }
  public func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {
    try instance.restore(state, version: version)
  }
  public func destroy() { instance.destroy() }

  @inline(__always)
  private func evaluate(_ input: UnsafePointer<al_input_v1>?, _ output: UnsafeMutablePointer<al_output_v1>) -> al_status
  {
    let call = input?.pointee.sequence ?? 0
    var isFresh = false
    if let process = instance.process {
      process.forgetTimers()
    } else {
      if let status = instance.resume() { return instance.unanswered(status, call: call) }
      isFresh = true
    }
    guard let process = instance.process, let rows else { return AL_E_STATE }
    let cap = min(output.pointee.cap, rowCapacity)
    let fault = process.exchange(
      .evaluate, now: instance.services.clock.pointee, a: UInt64(UInt(bitPattern: input)), b: UInt64(cap),
      deadline: callDeadline)
    if let fault { return instance.unanswered(instance.lost(fault), call: call) }
    let status = process.block.message.pointee.status
    if status == AL_OK {
      // Read once: nothing that the worker may still write decides how much is copied.
      let count = process.block.rowCount
      guard count <= UInt64(cap) else {
        return instance.unanswered(instance.lost(process.broken("\(count) rows where \(cap) fit")), call: call)
      }
      output.pointee.rows.update(from: rows, count: Int(count))
      output.pointee.len = UInt32(count)
    } else {
      output.pointee.needed = UInt32(truncatingIfNeeded: process.block.message.pointee.b)
    }
    if isFresh { instance.restarted(call: call) }
    instance.succeeded(process)
    return status
  }
}

extension al_needs_v1 {
  static func != (a: al_needs_v1, b: al_needs_v1) -> Bool {
    a.triggers != b.triggers || a.lookback != b.lookback || a.warm_up != b.warm_up || a.columns != b.columns
  }
}

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem

/// An agent in a worker process. What it reads lies in shared memory at the same address, so a call hands over two words;
/// its rows are copied out of the worker's memory before the engine looks at them, so that it cannot change them meanwhile.
///
/// A fault (a crash, an exit, no answer in time, nonsense in the shared block) is the status of that one evaluation. The
/// worker is started again at a later evaluation (``RestartPolicy``) from the last saved state: that of the last
/// ``checkpoint()``, which is also taken after every `checkpointInterval` evaluations and at `start`.
public final class WorkerAgent: AgentHandle {
  public struct Options: Sendable {
    /// What the worker keeps after `create`; nil: no lock-down.
    public var lockdown: LockdownPolicy? = .computeOnly
    /// Good evaluations between two saves of the state.
    public var checkpointInterval: UInt64 = 256
    /// Longest spin of a waiting side, ns.
    public var spin: Int64 = WorkerProcess.spin
    public init() {}
  }

  public let name: String
  public let descriptor: PluginDescriptor
  public let services: HostServices
  public private(set) var needs = al_needs_v1()
  public private(set) var lockdown = ""

  private let image: LibraryImage
  private let creation: WorkerCreation
  private let deadlines: PluginLibrary.Deadlines
  private let memory: ArenaInputMemory
  private let options: Options
  private var process: WorkerProcess?
  private var universe: UnsafePointer<al_universe_v1>?
  private var rows: UnsafePointer<al_row_v1>?
  private var rowCapacity: UInt32 = 0
  private var isStarted = false
  private var isDestroyed = false

  private var restart = RestartPolicy()
  private var pause = 0
  private var failure: String?
  private var saved: (state: [UInt8], version: UInt32, streams: [(stream: UInt64, state: UInt64)])?
  private var sinceCheckpoint: UInt64 = 0
  private var restarts = 0
  private var faults: [(reason: String, count: Int)] = []
  private var skipped: UInt64 = 0

  /// - Parameter memory: an ``ArenaInputMemory``, the one that the engine allocates in.
  public init(
    path: String, id: String, name: String, parameters: [PluginParameter], json: String, inputs: UInt64,
    services: HostServices, deadlines: PluginLibrary.Deadlines, memory: any InputMemory, options: Options = Options()
  ) throws(LoadError) {
    guard let memory = memory as? ArenaInputMemory else {
      throw LoadError(name, "isolation: process needs inputs in shared memory (ArenaInputMemory)")
    }
    self.name = name
    self.services = services
    self.deadlines = deadlines
    self.memory = memory
    self.options = options
    image = try LibraryImage(path: path)
    creation = WorkerCreation(
      id: id, name: name, parameters: parameters, json: json, inputs: inputs, mode: services.table.pointee.mode,
      seed: services.seed, lockdown: options.lockdown)
    let process = try WorkerProcess(library: image, inputs: memory.arena, services: services, spin: options.spin)
    let offered = try process.load(name, deadline: deadlines.load.nanoseconds)
    guard let descriptor = offered.first(where: { $0.id == id }) else {
      throw LoadError(name, "\(path) has no '\(id)'; it has \(offered.map(\.id).joined(separator: ", "))")
    }
    self.descriptor = descriptor
    self.process = process
    try create(process)
  }

  deinit { destroy() }

  public var context: UnsafeMutableRawPointer? { Unmanaged.passUnretained(self).toOpaque() }

  public let evaluate: EvaluateFunction = { context, input, output in
    guard let context, let output else { return AL_E_ARGUMENT }
    return Unmanaged<WorkerAgent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.evaluate(input, output) }
  }

  public var status: WorkerStatus {
    let state: WorkerStatus.State =
      isDestroyed
      ? .destroyed : failure.map { .failed($0) } ?? (process == nil ? .waiting(evaluations: pause) : .running)
    return WorkerStatus(
      state: state, process: process?.identifier ?? 0, lockdown: lockdown, restarts: restarts, faults: faults,
      skipped: skipped)
  }
}

// MARK: - Life cycle

extension WorkerAgent {
  public func bind(_ universe: UnsafePointer<al_universe_v1>) throws(LoadError) {
    guard memory.arena.contains(universe, byteCount: MemoryLayout<al_universe_v1>.size) else {
      throw LoadError(name, "its universe lies outside of the memory that its worker sees")
    }
    self.universe = universe
    let needed = UInt64(max(descriptor.maxRows, 1)) * UInt64(universe.pointee.n) + 1
    guard needed <= Self.rowLimit else {
      throw LoadError(name, "may answer with \(needed) rows; the most of an isolated agent is \(Self.rowLimit)")
    }
    rowCapacity = UInt32(needed)
    needs = try bind(try running())
  }

  /// 64 MiB of rows, far more than a universe needs.
  private static let rowLimit: UInt64 = 1 << 20

  private func bind(_ process: WorkerProcess) throws(LoadError) -> al_needs_v1 {
    let memory: UnsafeMutableRawPointer
    do {
      memory = try process.control.allocateGuarded(
        byteCount: Int(rowCapacity) * MemoryLayout<al_row_v1>.stride, alignment: 64)
    } catch {
      throw LoadError(name, "no memory for its rows: \(error)")
    }
    rows = UnsafePointer(memory.assumingMemoryBound(to: al_row_v1.self))
    var answer = try request(
      process, .bind, "bind", a: UInt64(UInt(bitPattern: universe)), b: UInt64(UInt(bitPattern: memory)),
      deadline: deadlines.start.nanoseconds)
    var wanted = al_needs_v1()
    wanted.size = UInt32(MemoryLayout<al_needs_v1>.size)
    do {
      wanted.triggers = try answer.small()
      wanted.lookback = try answer.small()
      wanted.warm_up = try answer.small()
      wanted.columns = try answer.small()
    } catch { throw garbled(process, "its needs") }
    return try checked(wanted, universe: universe?.pointee.n ?? 0, name: name)
  }

  private func create(_ process: WorkerProcess) throws(LoadError) {
    var wire = WireWriter()
    creation.write(to: &wire)
    var answer = try request(process, .create, nil, wire.bytes, deadline: deadlines.start.nanoseconds)
    guard let report = try? answer.text() else { throw garbled(process, "its lock-down") }
    lockdown = report
  }

  public func start() throws(LoadError) {
    let process = try running()
    _ = try request(process, .start, nil, deadline: deadlines.start.nanoseconds)
    isStarted = true
    services.isStopped = false
    try checkpoint()
  }

  /// Stops the instance; a worker that runs no more has nothing to stop.
  public func stop() throws(LoadError) {
    guard isStarted else { return }
    isStarted = false
    defer { services.isStopped = true }
    guard let process else { return }
    _ = try request(process, .stop, nil, deadline: deadlines.stop.nanoseconds)
  }

  /// The state now; that of the last checkpoint when no worker runs, which is what a restart would go on from. The random
  /// streams' positions are in `services` afterwards.
  public func save() throws(LoadError) -> [UInt8] {
    if process != nil { try checkpoint() }
    services.randomState = saved?.streams ?? []
    return saved?.state ?? []
  }

  /// Saves the state to restart from. Sessions call it at their boundaries.
  public func checkpoint() throws(LoadError) {
    let process = try running()
    var answer = try request(process, .save, nil, deadline: deadlines.stop.nanoseconds)
    guard let state = try? answer.data() else { throw garbled(process, "its state") }
    saved = (state, descriptor.stateVersion, services.randomState)
    sinceCheckpoint = 0
  }

  public func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {
    try restore(state, version, in: try running())
    saved = (state, version, services.randomState)
  }

  private func restore(_ state: [UInt8], _ version: UInt32, in process: WorkerProcess) throws(LoadError) {
    var wire = WireWriter()
    wire.put(state)
    _ = try request(process, .restore, nil, wire.bytes, a: UInt64(version), deadline: deadlines.start.nanoseconds)
  }

  public func destroy() {
    guard !isDestroyed else { return }
    isDestroyed = true
    process?.finish(deadline: deadlines.stop.nanoseconds)
    process = nil
  }

  private func running() throws(LoadError) -> WorkerProcess {
    guard let process else {
      throw LoadError(name, failure ?? "its worker does not run: \(faults.last?.reason ?? "destroyed")")
    }
    return process
  }

  /// A request outside of the hot path, which exchanges the positions of the random streams too.
  ///
  /// - Parameter action: put before the reason of a failure; nil when the worker does that.
  private func request(
    _ process: WorkerProcess, _ kind: WorkerRequest, _ action: String?, _ payload: [UInt8] = [], a: UInt64 = 0,
    b: UInt64 = 0, deadline: Int64
  ) throws(LoadError) -> WireReader {
    var all = WireWriter()
    if kind == .bind || kind == .restore || kind == .start { all.put(streams: services.randomState) }
    let answer: (status: al_status, payload: [UInt8])
    do {
      answer = try process.call(kind, all.bytes + payload, now: services.clock.pointee, a: a, b: b, deadline: deadline)
    } catch {
      lost(error)
      throw LoadError(name, "\(action ?? "\(kind)") failed: \(error)")
    }
    guard answer.status >= 0 else { throw LoadError(name, String(decoding: answer.payload, as: UTF8.self)) }
    var reader = WireReader(answer.payload)
    guard let streams = try? reader.streams() else { throw garbled(process, "its random streams") }
    services.randomState = streams
    return reader
  }

  private func garbled(_ process: WorkerProcess, _ what: String) -> LoadError {
    let fault = process.broken("\(what) cannot be read")
    lost(fault)
    return LoadError(name, "\(fault)")
  }
}

// MARK: - The hot path

extension WorkerAgent {
  @inline(__always)
  private func evaluate(_ input: UnsafePointer<al_input_v1>?, _ output: UnsafeMutablePointer<al_output_v1>) -> al_status
  {
    guard let process, let rows else { return evaluateLater(input, output) }
    let cap = min(output.pointee.cap, rowCapacity)
    let fault = process.exchange(
      .evaluate, now: services.clock.pointee, a: UInt64(UInt(bitPattern: input)), b: UInt64(cap),
      deadline: deadlines.call.nanoseconds)
    if let fault { return lost(fault) }
    let message = process.block.message
    let status = message.pointee.status
    if status == AL_OK {
      // Read once: nothing that the worker may still write decides how much is copied.
      let count = process.block.rowCount
      guard count <= UInt64(cap) else { return lost(process.broken("\(count) rows where \(cap) fit")) }
      output.pointee.rows.update(from: rows, count: Int(count))
      output.pointee.len = UInt32(count)
    } else {
      output.pointee.needed = UInt32(truncatingIfNeeded: message.pointee.b)
    }
    if process.block.hasMetrics { mirrorMetrics(process) }
    restart.succeeded()
    sinceCheckpoint &+= 1
    if sinceCheckpoint >= options.checkpointInterval { return afterCheckpoint(status) }
    return status
  }

  /// A failed save leaves the answer as it was: the agent's next evaluation shows what is wrong with it.
  @inline(never)
  private func afterCheckpoint(_ status: al_status) -> al_status {
    sinceCheckpoint = 0
    do { try checkpoint() } catch { services.callbacks.log(AL_LOG_WARNING, error.reason) }
    return status
  }

  /// No worker runs: its views are abstentions already. Starts one when the pause is over.
  @inline(never)
  private func evaluateLater(_ input: UnsafePointer<al_input_v1>?, _ output: UnsafeMutablePointer<al_output_v1>)
    -> al_status
  {
    if failure != nil || isDestroyed { return AL_E_INTERNAL }
    if pause > 0 {
      pause -= 1
      skipped += 1
      return AL_OK
    }
    do {
      try revive()
    } catch {
      // A fault during the start has set the pause already.
      services.callbacks.log(AL_LOG_ERROR, error.reason)
      if process != nil { lost(.garbage("it refuses to start again: \(error.reason)")) }
      return AL_E_INTERNAL
    }
    return evaluate(input, output)
  }

  private func revive() throws(LoadError) {
    let process = try WorkerProcess(library: image, inputs: memory.arena, services: services, spin: options.spin)
    restarts += 1
    self.process = process
    _ = try process.load(name, deadline: deadlines.load.nanoseconds)
    try create(process)
    if let saved { services.randomState = saved.streams }
    let again = try bind(process)
    guard again == needs else { throw garbled(process, "its needs after a restart") }
    if let saved { try restore(saved.state, saved.version, in: process) }
    _ = try request(process, .start, nil, deadline: deadlines.start.nanoseconds)
    sinceCheckpoint = 0
  }

  private func mirrorMetrics(_ process: WorkerProcess) {
    for handle in 0..<min(services.metrics.count, WorkerBlock.maximumMetrics) {
      services.mirrorMetric(handle, process.block.metrics[handle])
    }
  }

  /// The worker is gone: counts the fault and decides when the next one starts.
  @inline(never) @discardableResult
  private func lost(_ fault: WorkerFault) -> al_status {
    guard process != nil else { return fault.status }
    process = nil
    rows = nil
    let reason = "\(fault)"
    if let known = faults.firstIndex(where: { $0.reason == reason }) {
      faults[known].count += 1
    } else {
      faults.append((reason, 1))
    }
    services.callbacks.log(AL_LOG_ERROR, reason)
    if let wait = restart.failed() {
      pause = wait
    } else {
      failure = "given up after \(RestartPolicy.limit + 1) faults, the last: \(reason)"
    }
    return fault.status
  }
}

extension al_needs_v1 {
  static func == (a: al_needs_v1, b: al_needs_v1) -> Bool {
    a.triggers == b.triggers && a.lookback == b.lookback && a.warm_up == b.warm_up && a.columns == b.columns
  }
}

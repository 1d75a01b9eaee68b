import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// How isolated instances are run.
public struct WorkerOptions: Sendable {
  /// What the worker keeps after `create`; nil: no lock-down, to show what it prevents.
  public var lockdown: LockdownPolicy? = .computeOnly
  /// Good calls between two saves of the state.
  public var checkpointInterval: UInt64 = 256
  /// Longest spin of a waiting side, ns.
  public var spin: Int64 = WorkerProcess.spin
  /// Room for rows beyond those that an agent's descriptor declares.
  public var spareRows = 1
  public init() {}
}

/// An instance in a worker process, of whatever kind: its life cycle, its saved state, and what happens when its worker fails.
///
/// A fault (a crash, an exit, no answer in time, nonsense in the shared block) costs one call. The worker is started again
/// at a later call (``RestartPolicy``) and goes on from the last saved state: that of the last ``checkpoint()``, which is
/// also taken at `start` and after every `checkpointInterval` calls. Used by one thread.
final class WorkerInstance {
  let name: String
  let descriptor: PluginDescriptor
  let services: HostServices
  let deadlines: PluginLibrary.Deadlines
  let memory: ArenaInputMemory
  /// For one step of making an instance, ns. The engine waits while a worker is started again: that took milliseconds
  /// before, so it gets no longer than a call, or a second.
  private(set) var stepDeadline: Int64
  private(set) var lockdown = ""
  private(set) var process: WorkerProcess?
  /// What a fresh worker needs between `create` and its state: agents bind.
  var prepare: ((WorkerProcess) throws(LoadError) -> Void)?

  private let image: LibraryImage
  private let creation: WorkerCreation
  private let options: WorkerOptions
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
  /// Told of every call that ends for a reason outside of the plugin; nil: nobody asks.
  private let outcomes: OutcomeLog?
  /// Timers of a call whose worker was lost in it.
  private var lostTimers: [CallOutcome.Timer] = []
  /// The as-of time of the first fault, and what it was.
  private(set) var firstFault: (time: Int64, reason: String)?

  /// - Parameter sha256: of the file that was looked at; another one is not run. nil: whatever the file is now.
  init(
    path: String, id: String, name: String, parameters: [PluginParameter], json: String, inputs: UInt64,
    services: HostServices, deadlines: PluginLibrary.Deadlines, memory: any InputMemory, options: WorkerOptions,
    sha256: String? = nil, outcomes: OutcomeLog? = nil
  ) throws(LoadError) {
    guard let memory = memory as? ArenaInputMemory else {
      throw LoadError(name, "isolation: process needs inputs in shared memory (ArenaInputMemory)")
    }
    self.name = name
    self.services = services
    self.deadlines = deadlines
    self.memory = memory
    self.options = options
    self.outcomes = outcomes
    stepDeadline = deadlines.start.nanoseconds
    image = try LibraryImage(path: path, sha256: sha256)
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

  var status: WorkerStatus {
    let state: WorkerStatus.State =
      isDestroyed ? .destroyed : failure.map { .failed($0) } ?? (process == nil ? .waiting(calls: pause) : .running)
    return WorkerStatus(
      state: state, process: process?.identifier ?? 0, lockdown: lockdown, restarts: restarts, faults: faults,
      skipped: skipped)
  }

  // MARK: life cycle

  private func create(_ process: WorkerProcess) throws(LoadError) {
    var wire = WireWriter()
    creation.write(to: &wire)
    var answer = try request(process, .create, wire.bytes, deadline: stepDeadline)
    guard let report = try? answer.text() else { throw garbled(process, "its lock-down") }
    lockdown = report
  }

  func start() throws(LoadError) {
    _ = try request(try running(), .start, deadline: deadlines.start.nanoseconds)
    isStarted = true
    services.isStopped = false
    try checkpoint()
  }

  /// Stops the instance; a worker that runs no more has nothing to stop.
  func stop() throws(LoadError) {
    guard isStarted else { return }
    isStarted = false
    defer { services.isStopped = true }
    guard let process else { return }
    _ = try request(process, .stop, deadline: deadlines.stop.nanoseconds)
  }

  /// The state now; that of the last checkpoint when no worker runs, which is what a restart would go on from. The random
  /// streams' positions are in `services` afterwards.
  func save() throws(LoadError) -> [UInt8] {
    if process != nil { try checkpoint() }
    services.randomState = saved?.streams ?? []
    return saved?.state ?? []
  }

  /// Saves the state to restart from.
  func checkpoint() throws(LoadError) {
    let process = try running()
    var answer = try request(process, .save, deadline: deadlines.stop.nanoseconds)
    guard let state = try? answer.data() else { throw garbled(process, "its state") }
    saved = (state, descriptor.stateVersion, services.randomState)
    sinceCheckpoint = 0
  }

  /// Without a worker the last saved state stands.
  func checkpointIfRunning() throws(LoadError) {
    if process != nil { try checkpoint() }
  }

  func restore(_ state: [UInt8], version: UInt32) throws(LoadError) {
    try restore(state, version, in: try running())
    saved = (state, version, services.randomState)
  }

  private func restore(_ state: [UInt8], _ version: UInt32, in process: WorkerProcess) throws(LoadError) {
    var wire = WireWriter()
    wire.put(state)
    _ = try request(process, .restore, wire.bytes, a: UInt64(version), deadline: stepDeadline)
  }

  func destroy() {
    guard !isDestroyed else { return }
    isDestroyed = true
    process?.finish(deadline: deadlines.stop.nanoseconds)
    process = nil
  }

  func running() throws(LoadError) -> WorkerProcess {
    guard let process else {
      throw LoadError(name, failure ?? "its worker does not run: \(faults.last?.reason ?? "destroyed")")
    }
    return process
  }

  /// A request outside of the hot path, which exchanges the positions of the random streams too.
  func request(
    _ process: WorkerProcess, _ kind: WorkerRequest, _ payload: [UInt8] = [], a: UInt64 = 0, b: UInt64 = 0,
    deadline: Int64
  ) throws(LoadError) -> WireReader {
    var all = WireWriter()
    if kind == .bind || kind == .restore || kind == .start { all.put(streams: services.randomState) }
    let answer: (status: al_status, payload: [UInt8])
    do {
      answer = try process.call(kind, all.bytes + payload, now: services.clock.pointee, a: a, b: b, deadline: deadline)
    } catch {
      lost(error)
      throw LoadError(name, "\(kind) failed: \(error)", isFault: true)
    }
    guard answer.status >= 0 else { throw LoadError(name, String(decoding: answer.payload, as: UTF8.self)) }
    var reader = WireReader(answer.payload)
    guard let streams = try? reader.streams() else { throw garbled(process, "its random streams") }
    services.randomState = streams
    return reader
  }

  /// Ends a worker whose answer makes no sense.
  func garbled(_ process: WorkerProcess, _ what: String) -> LoadError {
    let fault = process.broken("\(what) cannot be read")
    lost(fault)
    return LoadError(name, "\(fault)", isFault: true)
  }

  // MARK: calls

  /// The status of a call that was not answered, and the record of it.
  @inline(never)
  func unanswered(_ status: al_status, call: UInt64) -> al_status {
    outcomes?.add(CallOutcome(agent: name, call: call, kind: .unanswered(status), timers: lostTimers))
    lostTimers = []
    return status
  }

  /// A new worker answered the call.
  @inline(never)
  func restarted(call: UInt64) {
    let memory = saved.map { AgentMemory(name, $0.state, version: $0.version, streams: $0.streams) }
    outcomes?.add(CallOutcome(agent: name, call: call, kind: .restarted(memory)))
  }

  /// After a call that was answered; takes a checkpoint when it is time.
  @inline(__always)
  func succeeded(_ process: WorkerProcess) {
    if process.block.hasMetrics { mirrorMetrics(process) }
    restart.succeeded()
    sinceCheckpoint &+= 1
    if sinceCheckpoint >= options.checkpointInterval { takeCheckpoint() }
  }

  /// A save that fails leaves the answer of the call as it was: the next call shows what is wrong.
  @inline(never)
  private func takeCheckpoint() {
    sinceCheckpoint = 0
    do { try checkpoint() } catch { services.callbacks.log(AL_LOG_WARNING, error.reason) }
  }

  /// For a call while no worker runs. Starts one when the pause is over.
  ///
  /// - Returns: nil when a worker runs again; `AL_OK` during a pause: there is no answer.
  @inline(never)
  func resume() -> al_status? {
    if failure != nil || isDestroyed { return AL_E_INTERNAL }
    lostTimers = []
    if pause > 0 {
      pause -= 1
      skipped += 1
      return AL_OK
    }
    do {
      try revive()
      return nil
    } catch {
      services.callbacks.log(AL_LOG_ERROR, error.reason)
      // A fault during the start has set the pause already; a refusal has not.
      if let process {
        lost(process.refused(error.reason))
      } else if failure == nil, pause == 0 {
        postpone(error.reason)
      }
      return AL_E_INTERNAL
    }
  }

  private func revive() throws(LoadError) {
    let process = try WorkerProcess(library: image, inputs: memory.arena, services: services, spin: options.spin)
    restarts += 1
    self.process = process
    stepDeadline = min(stepDeadline, max(deadlines.call.nanoseconds, 1_000_000_000))
    _ = try process.load(name, deadline: max(deadlines.call.nanoseconds, 1_000_000_000))
    try create(process)
    if let saved { services.randomState = saved.streams }
    try prepare?(process)
    if let saved { try restore(saved.state, saved.version, in: process) }
    _ = try request(process, .start, deadline: stepDeadline)
    sinceCheckpoint = 0
  }

  @inline(never)
  private func mirrorMetrics(_ process: WorkerProcess) {
    for handle in 0..<min(services.metrics.count, WorkerBlock.maximumMetrics) {
      services.mirrorMetric(handle, process.block.metrics[handle])
    }
  }

  /// The worker is gone: counts the fault and decides when the next one starts.
  @inline(never) @discardableResult
  func lost(_ fault: WorkerFault) -> al_status {
    guard let lost = process else { return fault.status }
    lostTimers = lost.timers
    process = nil
    services.callbacks.log(AL_LOG_ERROR, "\(fault)")
    postpone("\(fault)")
    return fault.status
  }

  private func postpone(_ reason: String) {
    if firstFault == nil { firstFault = (services.clock.pointee, reason) }
    if let known = faults.firstIndex(where: { $0.reason == reason }) {
      faults[known].count += 1
    } else {
      faults.append((reason, 1))
    }
    if let wait = restart.failed() {
      pause = wait
    } else {
      let text = "given up after \(RestartPolicy.limit + 1) faults, the last: \(reason)"
      failure = text
      services.callbacks.log(AL_LOG_ERROR, text)
    }
  }
}

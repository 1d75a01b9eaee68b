import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// Serves the host's requests, one at a time, on the process's first thread.
final class Service {
  private let block: WorkerBlock
  private let control: SharedArena
  private let path: String
  private var waiter: WorkerWaiter
  private let output: UnsafeMutablePointer<al_output_v1>
  private var library: LoadedLibrary?
  private var instance: LoadedInstance?
  private var services: HostServices?
  private var agent: UnsafePointer<al_agent_v1>?
  private var policy: UnsafePointer<al_policy_v1>?
  private var targets = UnsafeMutableBufferPointer<al_target_v1>.allocate(capacity: 1)
  /// Where the as-of time of the current request is kept.
  private let clock: UnsafeMutablePointer<Int64>
  private let thread = pthread_self()

  /// - Parameter path: the library as configured, for messages; its bytes come by descriptor 4.
  init(_ block: WorkerBlock, _ control: SharedArena, path: String) {
    self.block = block
    self.control = control
    self.path = path
    waiter = WorkerWaiter(worker: block)
    output = .allocate(capacity: 1)
    output.initialize(to: al_output_v1())
    output.pointee.size = UInt32(MemoryLayout<al_output_v1>.size)
    clock = .allocate(capacity: 1)
    clock.initialize(to: 0)
  }

  func run() -> Never {
    while true {
      waitForTurn()
      let request = block.message.pointee
      clock.pointee = request.now
      switch request.kind {
      case WorkerRequest.evaluate.rawValue: evaluate(request)
      case WorkerRequest.size.rawValue: size(request)
      default: serve(request)
      }
      block.message.pointee.kind = WorkerReply.answer.rawValue
      waiter.pass()
      if request.kind == WorkerRequest.destroy.rawValue { _exit(0) }
    }
  }

  private func waitForTurn() {
    while waiter.wait(from: al_monotonic_ns(), until: .max) != .arrived {}
  }

  // MARK: requests

  /// The one that counts: no allocation, no reference counting of the plugin's data.
  @inline(__always)
  private func evaluate(_ request: WorkerMessage) {
    guard let agent, let call = agent.pointee.evaluate, let instance else { return answer(AL_E_STATE) }
    output.pointee.cap = UInt32(truncatingIfNeeded: request.b)
    output.pointee.len = 0
    output.pointee.needed = 0
    let status = call(instance.context, UnsafePointer(bitPattern: UInt(request.a)), output)
    block.message.pointee.status = status
    block.message.pointee.a = UInt64(output.pointee.len)
    block.message.pointee.b = UInt64(output.pointee.needed)
    if let services, !services.metrics.isEmpty { publishMetrics(services) }
  }

  private func serve(_ request: WorkerMessage) {
    guard let kind = WorkerRequest(rawValue: request.kind), let bytes = block.read() else {
      return answer(AL_E_ARGUMENT)
    }
    var wire = WireReader(bytes)
    var result = WireWriter()
    do {
      if kind == .bind || kind == .restore || kind == .start { services?.randomState = try wire.streams() }
      switch kind {
      case .load: try load(&result)
      case .create: try create(&wire, &result)
      case .bind: try bind(request, &result)
      case .start: try required().start()
      case .stop: try required().stop()
      case .save: result.put(try required().save() ?? [])
      case .restore: try required().restore(try wire.data(), version: UInt32(truncatingIfNeeded: request.a))
      case .destroy: instance?.destroy()
      case .evaluate, .size: break
      }
      var all = WireWriter()
      all.put(streams: services?.randomState ?? [])
      answer(AL_OK, all.bytes + result.bytes)
    } catch let error as LoadError {
      answer(AL_E_CONFIG, Array(error.reason.utf8))
    } catch {
      answer(AL_E_ARGUMENT, Array("the host's request cannot be read".utf8))
    }
    if let services { publishMetrics(services) }
  }

  private func answer(_ status: al_status, _ bytes: [UInt8] = []) {
    block.message.pointee.status = status
    if !block.write(bytes) {
      block.message.pointee.status = AL_E_CAPACITY
      _ = block.write(Array("\(bytes.count) bytes are more than an isolated plugin can hand over".utf8))
    }
  }

  private func required() throws(LoadError) -> LoadedInstance {
    guard let instance else { throw LoadError(path, "it has no instance yet") }
    return instance
  }

  private func load(_ result: inout WireWriter) throws(LoadError) {
    let loaded: LoadedLibrary
    do {
      loaded = try LoadedLibrary.load("/proc/self/fd/4")
    } catch {
      throw LoadError(path, error.reason.replacing("/proc/self/fd/4", with: path))
    }
    library = loaded
    result.put(UInt64(loaded.descriptors.count))
    for descriptor in loaded.descriptors { result.put(descriptor) }
  }

  private func create(_ wire: inout WireReader, _ result: inout WireWriter) throws {
    let creation = try WorkerCreation(from: &wire)
    guard let library else { throw LoadError(path, "it is not loaded") }
    let services = HostServices(
      mode: creation.mode, seed: creation.seed, clock: UnsafePointer(clock), callbacks: callbacks())
    self.services = services
    let made = try LoadedInstance(
      library, id: creation.id, name: creation.name, parameters: creation.parameters, json: creation.json,
      inputs: creation.inputs, services: services)
    instance = made
    agent = try made.table(AL_INTERFACE_AGENT, al_agent_v1.self)
    policy = try made.table(AL_INTERFACE_POLICY, al_policy_v1.self)
    guard let lockdown = creation.lockdown else { return result.put("none") }
    do {
      result.put("\(try Lockdown.apply(lockdown))")
    } catch {
      // Locked in part at worst: the host ends this process.
      throw LoadError(path, "\(error)")
    }
  }

  private func bind(_ request: WorkerMessage, _ result: inout WireWriter) throws(LoadError) {
    let instance = try required()
    guard let agent, agent.pointee.bind != nil, agent.pointee.evaluate != nil else {
      throw LoadError(path, "'\(instance.descriptor.id)' answers no \(AL_INTERFACE_AGENT): it is not an agent")
    }
    do { try control.applyGuards() } catch { throw LoadError(path, "\(error)") }
    output.pointee.rows = UnsafeMutablePointer(bitPattern: UInt(request.b))
    var needs = al_needs_v1()
    needs.size = UInt32(MemoryLayout<al_needs_v1>.size)
    let universe = UnsafePointer<al_universe_v1>(bitPattern: UInt(request.a))
    if let failure = check(path, "bind", { agent.pointee.bind(instance.context, universe, &needs, $0) }) {
      throw failure
    }
    for value in [needs.triggers, needs.lookback, needs.warm_up, needs.columns] { result.put(value) }
  }
}

extension Service {
  /// Sizes targets in memory of this process, so that a policy that writes elsewhere in the shared block is the exception.
  private func size(_ request: WorkerMessage) {
    guard let policy, let call = policy.pointee.size_targets, let instance else {
      block.message.pointee.status = AL_E_UNSUPPORTED
      return
    }
    let shared = block.sizing
    let count = Int(request.a)
    if targets.count < count {
      targets.deallocate()
      targets = .allocate(capacity: count)
    }
    var sizing = shared.header.pointee
    sizing.size = UInt32(MemoryLayout<al_sizing_v1>.size)
    sizing.n = UInt32(count)
    sizing.targets = targets.baseAddress
    for i in 0..<count { targets[i] = shared.targets[i] }
    let status = call(instance.context, &sizing, nil)
    for i in 0..<count { shared.targets[i] = targets[i] }
    block.message.pointee.status = status
  }

  private func publishMetrics(_ services: HostServices) {
    let count = min(services.metrics.count, WorkerBlock.maximumMetrics)
    for i in 0..<count { block.metrics[i] = services.metrics[i] }
    block.metricCount.pointee = UInt32(count)
  }

  // MARK: questions to the host

  private func callbacks() -> HostServices.Callbacks {
    var callbacks = HostServices.Callbacks()
    // Unchecked: `ask` refuses every thread but the one that owns the turn.
    nonisolated(unsafe) let service = self
    callbacks.log = { level, text in
      var wire = WireWriter()
      wire.put(Int64(level))
      wire.put(String(decoding: text.utf8.prefix(1 << 16), as: UTF8.self))
      _ = service.ask(.log, wire.bytes)
    }
    callbacks.lateCallback = { name in _ = service.ask(.late, Array(name.utf8)) }
    callbacks.timer = { at, token in
      var wire = WireWriter()
      wire.put(at)
      wire.put(token)
      return service.ask(.timer, wire.bytes) == AL_OK
    }
    callbacks.secret = { name in
      guard service.ask(.secret, Array(name.utf8)) == AL_OK else { return nil }
      return service.block.read().map { String(decoding: $0, as: UTF8.self) }
    }
    callbacks.metricRegistered = { name in service.ask(.metric, Array(name.utf8)) == AL_OK }
    callbacks.isStopping = { al_load_acquire_u32(service.block.stopping) != 0 }
    return callbacks
  }

  /// Hands the turn to the host with a question and waits for its answer. On a thread of the plugin's own, which has no
  /// turn to give, the answer is no.
  private func ask(_ question: WorkerReply, _ bytes: [UInt8]) -> al_status {
    guard pthread_equal(thread, pthread_self()) != 0, block.write(bytes) else { return AL_E_STATE }
    block.message.pointee.kind = question.rawValue
    waiter.pass()
    waitForTurn()
    return block.message.pointee.status
  }
}

import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// One worker process and the memory shared with it. Used by one thread.
///
/// A worker serves one instance. Sharing it among a library's instances would save some memory (measured: about 2 MB each),
/// but one instance's fault would then cost the others their state.
final class WorkerProcess {
  let block: WorkerBlock
  let control: SharedArena
  private let watch: WorkerWatch
  private let words: Int32
  private var waiter: WorkerWaiter
  /// Serves what the plugin asks during a request.
  weak var services: HostServices?
  private(set) var fault: WorkerFault?
  /// Timers that the plugin set since they were forgotten last.
  private(set) var timers: [CallOutcome.Timer] = []

  /// Starts the worker. Its library comes as bytes, so that a restart runs the code that ran before even when the file was
  /// replaced meanwhile.
  ///
  /// - Parameters:
  ///   - inputs: what the instance reads; nil: a worker that only describes.
  init(library: LibraryImage, inputs: SharedArena?, services: HostServices?, spin: Int64 = WorkerProcess.spin)
    throws(LoadError)
  {
    self.services = services
    let executable = try Self.executable()
    do {
      control = try SharedArena.shared(
        name: "alphaloop-worker", capacity: WorkerBlock.byteCount + Self.rowRoom, sharing: .othersWrite)
      block = try WorkerBlock(making: control)
    } catch {
      throw LoadError(library.path, "no memory to share with its worker: \(error)")
    }
    block.spinLimit.pointee = UInt64(spin)
    waiter = WorkerWaiter(host: block)
    words = "alphaloop-words".withCString { al_memory_file($0, Self.wordsLimit) }
    var descriptors = [al_system_descriptor(source: control.descriptor ?? -1, target: 3)]
    descriptors.append(al_system_descriptor(source: library.descriptor, target: 4))
    if let inputs { descriptors.append(al_system_descriptor(source: inputs.descriptor ?? -1, target: 5)) }
    if words >= 0 { descriptors.append(al_system_descriptor(source: words, target: 2)) }
    var child = al_system_child()
    let result = Self.spawn(
      executable, ["alphaloop-worker", inputs == nil ? "describe" : "serve", library.path], descriptors, &child)
    guard result == 0 else {
      if words >= 0 { al_close(words) }
      throw LoadError(library.path, "\(executable) cannot be started: \(String(cString: strerror(-result)))")
    }
    do {
      watch = try WorkerWatch(pidfd: child.pidfd, control: control, block: block)
    } catch {
      _ = al_pidfd_signal(child.pidfd, SIGKILL)
      al_close(child.pidfd)
      if words >= 0 { al_close(words) }
      throw error
    }
    identifier = child.pid
  }

  deinit {
    watch.kill()
    if words >= 0 { al_close(words) }
  }

  /// The process id, for people.
  let identifier: Int32

  /// For the rows of an agent, with their guard page.
  static let rowRoom = 1 << 27

  /// What a worker may write to its standard error; beyond it writes fail.
  private static let wordsLimit: UInt64 = 1 << 16

  /// The longest spin before a side sleeps, ns; none on one core, where it would only keep the other side from running.
  static let spin: Int64 = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 20_000 : 0

  private static func executable() throws(LoadError) -> String {
    let path = environment("ALPHALOOP_WORKER") ?? executableFolder() + "/alphaloop-worker"
    guard access(path, X_OK) == 0 else {
      throw LoadError(
        path,
        "the worker program cannot be run: \(errorText()); install it beside alphaloop, or name it in ALPHALOOP_WORKER")
    }
    return path
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ descriptors: [al_system_descriptor], _ child: inout al_system_child
  ) -> Int32 {
    // Nothing of the host's environment: it may hold secrets, and a locale or time zone would change results.
    var environmentTexts = ["SWIFT_BACKTRACE=enable=no", "LC_ALL=C", "TZ=UTC"]
    for name in ["LD_LIBRARY_PATH", "TMPDIR"] {
      if let value = environment(name) { environmentTexts.append("\(name)=\(value)") }
    }
    var argumentList: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var environmentList: [UnsafeMutablePointer<CChar>?] = environmentTexts.map { strdup($0) } + [nil]
    defer { for text in argumentList + environmentList { free(text) } }
    return al_spawn(path, &argumentList, &environmentList, descriptors, descriptors.count, &child)
  }

  // MARK: requests

  /// Before a call: what is set from here on is the call's doing.
  @inline(__always)
  func forgetTimers() { if !timers.isEmpty { timers.removeAll() } }

  /// One request with its answer. The payload is in the block before, and after.
  ///
  /// - Parameter deadline: ns from now.
  /// - Returns: nil when the worker answered; else it is gone.
  @inline(__always)
  func exchange(_ kind: WorkerRequest, now: Int64, a: UInt64 = 0, b: UInt64 = 0, deadline: Int64) -> WorkerFault? {
    if let fault { return fault }
    let message = block.message
    message.pointee.kind = kind.rawValue
    message.pointee.now = now
    message.pointee.a = a
    message.pointee.b = b
    let start = al_monotonic_ns()
    let end = start &+ deadline
    waiter.pass()
    var from = start
    while true {
      if watch.hasEnded { return ended() }
      // The stop flag is passed on while the worker works.
      let slice = min(end, from &+ 20_000_000)
      let outcome = waiter.wait(from: from, until: slice)
      if outcome == .timedOut {
        from = al_monotonic_ns()
        if from >= end { return expire(deadline) }
        if let services, services.callbacks.isStopping() { al_store_release_u32(block.stopping, 1) }
        continue
      }
      guard al_load_acquire_u32(block.turn) == WorkerTurn.host else { return ended() }
      let reply = message.pointee.kind
      if reply == WorkerReply.answer.rawValue { return nil }
      guard serve(reply) else { return broken("a message of kind \(reply)") }
      from = al_monotonic_ns()
      if from >= end { return expire(deadline) }
      waiter.pass()
    }
  }

  /// A request whose answer is a status with text, or a payload.
  func call(_ kind: WorkerRequest, _ payload: [UInt8], now: Int64, a: UInt64 = 0, b: UInt64 = 0, deadline: Int64)
    throws(WorkerFault) -> (status: al_status, payload: [UInt8])
  {
    guard block.write(payload) else {
      return (AL_E_CAPACITY, Array("\(payload.count) bytes are too many for a worker".utf8))
    }
    if let fault = exchange(kind, now: now, a: a, b: b, deadline: deadline) { throw fault }
    let status = block.message.pointee.status
    guard let answer = block.read() else { throw broken("an answer longer than its payload") }
    return (status, answer)
  }

  /// Ends the worker in good order.
  func finish(deadline: Int64) {
    if fault == nil { _ = exchange(.destroy, now: 0, deadline: deadline) }
    watch.kill()
    _ = watch.wait(1_000_000_000)
    if fault == nil { fault = .exit(0, "") }
  }

  // MARK: ends

  @inline(never)
  private func ended() -> WorkerFault {
    // The turn word may say "dead" because a worker wrote it: then the watcher has seen no end, and kill makes one.
    if watch.wait(50_000_000) == nil { return broken("a turn that is nobody's") }
    let status = watch.status ?? al_system_exit()
    let fault: WorkerFault = status.signal != 0 ? .signal(status.signal, lastWords()) : .exit(status.code, lastWords())
    self.fault = fault
    return fault
  }

  @inline(never)
  private func expire(_ deadline: Int64) -> WorkerFault { end(.deadline(deadline)) }

  /// Ends a worker that wrote what no worker writes.
  @inline(never)
  func broken(_ what: String) -> WorkerFault { end(.garbage(what)) }

  /// Ends a worker that does not start again.
  func refused(_ why: String) -> WorkerFault { end(.refusal(why)) }

  private func end(_ reason: WorkerFault) -> WorkerFault {
    watch.kill()
    _ = watch.wait(1_000_000_000)
    fault = reason
    return reason
  }

  /// The last lines on the worker's standard error: a trap says there what happened.
  private func lastWords() -> String {
    var bytes = [UInt8](repeating: 0, count: Int(Self.wordsLimit))
    guard words >= 0, al_read_at(words, &bytes, bytes.count, 0) > 0 else { return "" }
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return text.split(separator: "\n").filter { $0.contains { !$0.isWhitespace } }.suffix(2).joined(separator: "; ")
  }
}

extension WorkerProcess {
  /// Serves a question of the plugin's; false when it is none.
  @inline(never)
  private func serve(_ kind: UInt32) -> Bool {
    guard let question = WorkerReply(rawValue: kind), question != .answer, let bytes = block.read() else {
      return false
    }
    block.message.pointee.status = AL_E_STATE
    guard let services else { return true }
    var wire = WireReader(bytes)
    switch question {
    case .answer: return false
    case .log:
      guard let level = try? wire.signed(), let text = try? wire.text() else { return false }
      services.callbacks.log(Int32(clamping: level), text)
    case .late: services.callbacks.lateCallback(String(decoding: bytes, as: UTF8.self))
    case .timer:
      guard let at = try? wire.signed(), let token = try? wire.word() else { return false }
      let isSet = services.callbacks.timer(at, token)
      if isSet { timers.append(CallOutcome.Timer(time: at, token: token)) }
      block.message.pointee.status = isSet ? AL_OK : AL_E_CAPACITY
    case .metric:
      guard services.metrics.count < WorkerBlock.maximumMetrics else { return true }
      let handle = services.registerMetric(String(decoding: bytes, as: UTF8.self))
      if handle >= 0 { block.message.pointee.status = AL_OK }
    case .secret:
      guard let value = services.callbacks.secret(String(decoding: bytes, as: UTF8.self)) else {
        block.message.pointee.status = AL_E_AUTH
        return true
      }
      block.message.pointee.status = block.write(Array(value.utf8)) ? AL_OK : AL_E_CAPACITY
    }
    return true
  }
}

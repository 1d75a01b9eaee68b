import AlphaLoopLoader
import CAlphaLoop
import CSystem

/// The host services a plugin under test gets: time that stands still unless moved, randomness from a seed, and a record of
/// what was asked for and when.
final class ValidatorHost: @unchecked Sendable {
  struct Timer: Equatable {
    var at: Int64
    var token: UInt64
  }

  let table: UnsafeMutablePointer<al_host_v1>
  var now: Int64 = 0
  var isStopping = false
  /// After `stop` returned: calls but `log` are late.
  var isStopped = false
  private var late: [String] = []
  private(set) var timers: [Timer] = []
  private(set) var streams: [UInt64: UInt64] = [:]
  private var metrics: [String] = []
  private let seed: UInt64
  private let lock = CallLock()

  init(seed: UInt64) {
    self.seed = seed
    table = .allocate(capacity: 1)
    table.initialize(
      to: al_host_v1(
        size: UInt32(MemoryLayout<al_host_v1>.size), abi_major: AL_ABI_MAJOR, abi_minor: AL_ABI_MINOR,
        mode: AL_MODE_VALIDATE, ctx: nil,
        now: { ctx in ValidatorHost.serve(ctx, "now", late: 0) { $0.now } },
        random: { ctx, stream in ValidatorHost.serve(ctx, "random", late: 0) { $0.random(stream) } },
        log: { _, _, _ in },
        metric: { ctx, name, _ in ValidatorHost.serve(ctx, "metric", late: -1) { $0.metric(String(copying: name)) } },
        metric_set: { ctx, _, _ in ValidatorHost.serve(ctx, "metric_set", late: ()) { _ in } },
        secret: { ctx, _, _, _, _ in ValidatorHost.serve(ctx, "secret", late: AL_E_STATE) { _ in AL_E_AUTH } },
        timer: { ctx, at, token in ValidatorHost.serve(ctx, "timer", late: AL_E_STATE) { $0.timer(at, token) } },
        stopping: { ctx in ValidatorHost.serve(ctx, "stopping", late: 1) { $0.isStopping ? 1 : 0 } },
        get_interface: { _, _ in nil }))
    table.pointee.ctx = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { table.deallocate() }

  /// Keeps it until the check's process ends: a thread that a plugin left behind may call at any time, which is to be told
  /// and not to end the check.
  func keepForever() { _ = Unmanaged.passRetained(self) }

  /// Runs the body under the lock and outside of the allocation count: what the host does is not the plugin's doing.
  private static func serve<R>(
    _ ctx: UnsafeMutableRawPointer?, _ name: String, late: R, _ body: (ValidatorHost) -> R
  ) -> R {
    guard let ctx else { return late }
    let counted = al_allocations_pause()
    defer { al_allocations_resume(counted) }
    let me = Unmanaged<ValidatorHost>.fromOpaque(ctx).takeUnretainedValue()
    return me.lock.with {
      guard !me.isStopped else {
        if me.late.count < 100 { me.late.append(name) }
        return late
      }
      return body(me)
    }
  }

  private func random(_ stream: UInt64) -> UInt64 {
    var generator = SeededGenerator(seed: streams[stream] ?? seed &+ stream &* 0xD1B5_4A32_D192_ED03)
    let value = generator.next()
    streams[stream] = value
    return value
  }

  private func metric(_ name: String) -> Int32 {
    if let known = metrics.firstIndex(of: name) { return Int32(known) }
    metrics.append(name)
    return Int32(metrics.count - 1)
  }

  private func timer(_ at: Int64, _ token: UInt64) -> al_status {
    guard timers.count < 64 else { return AL_E_CAPACITY }
    timers.append(Timer(at: at, token: token))
    return AL_OK
  }

  /// Removes and gives the timers that are due, the earliest first.
  func takeTimers(until time: Int64) -> [Timer] {
    lock.with {
      let due = timers.filter { $0.at <= time }.sorted { $0.at < $1.at }
      timers.removeAll { $0.at <= time }
      return due
    }
  }

  /// Timers and random streams are part of the saved state, and are the host's to keep.
  func takeOver(from other: ValidatorHost) {
    timers = other.timers
    streams = other.streams
  }

  /// Calls after `stop` returned, at most 100.
  var lateCalls: [String] { lock.with { late } }
}

/// A spin lock: callbacks may come from any thread, and hold it for nanoseconds.
final class CallLock: @unchecked Sendable {
  private let word: UnsafeMutablePointer<UInt32>
  init() {
    word = .allocate(capacity: 1)
    word.initialize(to: 0)
  }
  deinit { word.deallocate() }

  func with<R>(_ body: () -> R) -> R {
    while al_exchange_u32(word, 1) != 0 { al_spin_hint() }
    defer { al_store_release_u32(word, 0) }
    return body()
  }
}

import CAlphaLoop

/// The host services an instance gets: virtual time, randomness from a seed, and a record of what it asked for.
public final class ProbeHost {
  public internal(set) var now: Int64 = 0
  public private(set) var logs: [String] = []
  public private(set) var metrics: [String: Double] = [:]
  public private(set) var timers: [(time: Int64, token: UInt64)] = []
  private var metricNames: [String] = []
  private let seed: UInt64
  private var streams: [UInt64: SeededRandom] = [:]
  private(set) var table: UnsafeMutablePointer<al_host_v1>

  public init(seed: UInt64 = 1) {
    self.seed = seed
    table = .allocate(capacity: 1)
    table.initialize(
      to: al_host_v1(
        size: UInt32(MemoryLayout<al_host_v1>.size), abi_major: AL_ABI_MAJOR, abi_minor: AL_ABI_MINOR,
        mode: AL_MODE_VALIDATE, ctx: Unmanaged.passUnretained(self).toOpaque(),
        now: { ProbeHost.from($0).now },
        random: { ProbeHost.from($0).random($1) },
        log: { ProbeHost.from($0).logs.append(text($2)) },
        metric: { ctx, name, _ in ProbeHost.from(ctx).handle(text(name)) },
        metric_set: { ProbeHost.from($0).set($1, $2) },
        secret: { _, _, _, _, _ in AL_E_AUTH },
        timer: { ProbeHost.from($0).timer($1, $2) },
        stopping: { _ in 0 },
        get_interface: { _, _ in nil }))
  }

  deinit { table.deallocate() }

  /// Removes and returns the timers that are due.
  public func takeTimers(until time: Int64) -> [(time: Int64, token: UInt64)] {
    let due = timers.filter { $0.time <= time }
    timers.removeAll { $0.time <= time }
    return due
  }

  private static func from(_ ctx: UnsafeMutableRawPointer?) -> ProbeHost {
    guard let ctx else { preconditionFailure("the plugin lost the host's context") }
    return Unmanaged<ProbeHost>.fromOpaque(ctx).takeUnretainedValue()
  }

  private func random(_ stream: UInt64) -> UInt64 {
    streams[stream, default: SeededRandom(seed: seed ^ (stream &* 0x9e37_79b9_7f4a_7c15))].next()
  }

  private func handle(_ name: String) -> Int32 {
    if let known = metricNames.firstIndex(of: name) { return Int32(known) }
    metricNames.append(name)
    return Int32(metricNames.count - 1)
  }

  private func set(_ handle: Int32, _ value: Double) {
    guard handle >= 0, Int(handle) < metricNames.count else { return }
    metrics[metricNames[Int(handle)]] = value
  }

  private func timer(_ time: Int64, _ token: UInt64) -> al_status {
    guard timers.count < 64 else { return AL_E_CAPACITY }
    timers.append((time, token))
    return AL_OK
  }
}

func text(_ c: al_str_v1) -> String {
  guard let base = c.ptr else { return "" }
  return String(decoding: UnsafeRawBufferPointer(start: base, count: Int(c.len)), as: UTF8.self)
}

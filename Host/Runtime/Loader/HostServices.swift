import CAlphaLoop

/// What stands behind `al_host_v1` for one instance. Lives as long as the instance.
public final class HostServices: @unchecked Sendable {
  public struct Callbacks: @unchecked Sendable {
    public var log: @Sendable (Int32, String) -> Void = { _, _ in }
    /// Called on the engine's thread only.
    public var timer: (Int64, UInt64) -> Bool = { _, _ in false }
    public var secret: @Sendable (String) -> String? = { _ in nil }
    public var isStopping: @Sendable () -> Bool = { false }
    public var lateCallback: @Sendable (String) -> Void = { _ in }
    /// Told of every new metric name, in a worker; false refuses it.
    public var metricRegistered: (String) -> Bool = { _ in true }
    public init() {}
  }

  public let table: UnsafeMutablePointer<al_host_v1>
  /// Where the as-of time is kept.
  public var clock: UnsafePointer<Int64>
  public var callbacks: Callbacks
  /// After stop: every call but log is late.
  public var isStopped = false
  private var streams: [UInt64: UInt64] = [:]
  public let seed: UInt64
  private var metricNames: [String] = []
  public private(set) var metrics: [Double] = []
  private let ownClock: UnsafeMutablePointer<Int64>

  /// - Parameters:
  ///   - seed: of this instance's random streams: the run's seed and the instance name, mixed.
  ///   - clock: the engine's; nil: a clock of its own that stands at 0.
  public init(mode: UInt32, seed: UInt64, clock: UnsafePointer<Int64>? = nil, callbacks: Callbacks = Callbacks()) {
    self.seed = seed
    self.callbacks = callbacks
    ownClock = .allocate(capacity: 1)
    ownClock.initialize(to: 0)
    self.clock = clock ?? UnsafePointer(ownClock)
    table = .allocate(capacity: 1)
    table.initialize(
      to: al_host_v1(
        size: UInt32(MemoryLayout<al_host_v1>.size), abi_major: AL_ABI_MAJOR, abi_minor: AL_ABI_MINOR, mode: mode,
        ctx: nil,
        now: { HostServices.of($0)?.clock.pointee ?? 0 },
        random: { HostServices.of($0)?.random($1) ?? 0 },
        log: { ctx, level, text in HostServices.of(ctx)?.callbacks.log(level, String(copying: text)) },
        metric: { ctx, name, _ in HostServices.of(ctx)?.metric(String(copying: name)) ?? -1 },
        metric_set: { ctx, handle, value in HostServices.of(ctx)?.setMetric(handle, value) },
        secret: { ctx, name, buffer, cap, length in
          HostServices.of(ctx)?.secret(String(copying: name), buffer, cap, length) ?? AL_E_STATE
        },
        timer: { ctx, at, token in HostServices.of(ctx)?.timer(at, token) ?? AL_E_STATE },
        stopping: { (HostServices.of($0)?.callbacks.isStopping() ?? true) ? 1 : 0 },
        get_interface: { _, _ in nil }))
    table.pointee.ctx = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    table.deallocate()
    ownClock.deallocate()
  }

  private static func of(_ ctx: UnsafeMutableRawPointer?) -> HostServices? {
    ctx.map { Unmanaged<HostServices>.fromOpaque($0).takeUnretainedValue() }
  }

  /// SplitMix64 (Steele, Lea, Flood 2014): one state a stream, started from the seed and the stream's number.
  private func random(_ stream: UInt64) -> UInt64 {
    if late("random") { return 0 }
    var state = streams[stream] ?? (seed ^ (stream &* 0xD1B5_4A32_D192_ED03))
    state &+= 0x9E37_79B9_7F4A_7C15
    streams[stream] = state
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The positions of all streams, sorted, to be saved with the instance's state.
  public var randomState: [(stream: UInt64, state: UInt64)] {
    get { streams.keys.sorted().map { ($0, streams[$0] ?? 0) } }
    set { streams = Dictionary(newValue.map { ($0.stream, $0.state) }, uniquingKeysWith: { $1 }) }
  }

  private func late(_ name: String) -> Bool {
    if isStopped { callbacks.lateCallback(name) }
    return isStopped
  }

  private func metric(_ name: String) -> Int32 {
    if late("metric") { return -1 }
    if let known = metricNames.firstIndex(of: name) { return Int32(known) }
    guard callbacks.metricRegistered(name) else { return -1 }
    metricNames.append(name)
    metrics.append(0)
    return Int32(metrics.count - 1)
  }

  /// The handle of a metric that an instance in a worker asked for; below 0 an error.
  public func registerMetric(_ name: String) -> Int32 { metric(name) }

  /// Takes over the value of a metric of an instance in a worker.
  public func mirrorMetric(_ handle: Int, _ value: Double) {
    if handle < metrics.count { metrics[handle] = value }
  }

  private func setMetric(_ handle: Int32, _ value: Double) {
    if late("metric_set") || handle < 0 || Int(handle) >= metrics.count { return }
    metrics[Int(handle)] = value
  }

  private func secret(
    _ name: String, _ buffer: UnsafeMutablePointer<CChar>?, _ cap: UInt64, _ length: UnsafeMutablePointer<UInt64>?
  ) -> al_status {
    if late("secret") { return AL_E_STATE }
    guard let value = callbacks.secret(name) else { return AL_E_AUTH }
    let bytes = Array(value.utf8)
    length?.pointee = UInt64(bytes.count)
    guard UInt64(bytes.count) <= cap, let buffer else { return AL_E_CAPACITY }
    for (i, byte) in bytes.enumerated() { buffer[i] = CChar(bitPattern: byte) }
    return AL_OK
  }

  private func timer(_ at: Int64, _ token: UInt64) -> al_status {
    if late("timer") { return AL_E_STATE }
    return callbacks.timer(at, token) ? AL_OK : AL_E_CAPACITY
  }
}

extension String {
  /// Copies a string that crossed the boundary; broken UTF-8 is replaced, NULL is empty.
  public init(copying text: al_str_v1) {
    guard let base = text.ptr, text.len > 0, text.len < 1 << 30 else {
      self = ""
      return
    }
    self = String(decoding: UnsafeRawBufferPointer(start: base, count: Int(text.len)), as: UTF8.self)
  }
}

import CAlphaLoop
import CSystem

/// What a host asks of a worker. The raw values cross between two programs of one installation.
public enum WorkerRequest: UInt32, Sendable {
  /// Map the library and tell its descriptors.
  case load = 1
  /// Make an instance, then lock the process down.
  case create
  case bind
  case start
  case evaluate
  case save
  case restore
  case stop
  case size
  case destroy
}

/// What a worker says when it hands the turn back: the answer, or a question that the host serves while the request goes on.
public enum WorkerReply: UInt32, Sendable {
  case answer = 100
  case log
  case metric
  case secret
  case timer
  case late
}

/// Whose move it is. The word is shared, so a value outside of these is a broken worker.
public enum WorkerTurn {
  public static let host: UInt32 = 1
  public static let worker: UInt32 = 2
  /// Set by the host's watcher when the process ended.
  public static let dead: UInt32 = 3
}

/// The fields of a request or an answer that are not text.
public struct WorkerMessage: BitwiseCopyable {
  public var kind: UInt32 = 0
  public var status: Int32 = 0
  /// The as-of time of this request, ns UTC.
  public var now: Int64 = 0
  /// Bytes in the payload.
  public var length: UInt64 = 0
  public var a: UInt64 = 0
  public var b: UInt64 = 0
  public init() {}
}

/// The memory through which a host and one worker talk: one message at a time, in turns. It lies in a writable arena of
/// its own, at the same address in both; the host never trusts a byte of it that the worker may have written.
public struct WorkerBlock: @unchecked Sendable {
  /// Raised whenever the layout or the meaning of a request changes.
  public static let version: UInt64 = 0x414c_574b_0000_0001
  /// Most text or state of one request or answer. Reserved, not used: a page exists from its first touch.
  public static let payloadCapacity = 256 << 20
  public static let maximumMetrics = 256
  private static let payloadOffset = 4096
  public static let byteCount = payloadOffset + payloadCapacity

  public let base: UnsafeMutableRawPointer

  /// The block of a fresh arena; it is the arena's first allocation.
  public init(making arena: SharedArena) throws(SharedArenaError) {
    base = try arena.allocate(byteCount: Self.byteCount)
    al_store_release_u32(turn, WorkerTurn.host)
    base.storeBytes(of: Self.version, as: UInt64.self)
  }

  /// The block of an inherited arena; nil when the host speaks another version.
  public init?(attached arena: SharedArena) {
    base = arena.base + SharedArena.headerBytes
    guard arena.capacity >= SharedArena.headerBytes + Self.byteCount, base.load(as: UInt64.self) == Self.version else {
      return nil
    }
  }

  // A cache line each, so that one side's writes do not disturb the other's spinning.
  public var turn: UnsafeMutablePointer<UInt32> { (base + 64).assumingMemoryBound(to: UInt32.self) }
  public var hostSleeps: UnsafeMutablePointer<UInt32> { (base + 128).assumingMemoryBound(to: UInt32.self) }
  public var workerSleeps: UnsafeMutablePointer<UInt32> { (base + 192).assumingMemoryBound(to: UInt32.self) }
  public var message: UnsafeMutablePointer<WorkerMessage> { (base + 256).assumingMemoryBound(to: WorkerMessage.self) }
  /// Written by the host: 1 when long calls are to end.
  public var stopping: UnsafeMutablePointer<UInt32> { (base + 384).assumingMemoryBound(to: UInt32.self) }
  /// Written by the host before the worker starts: the longest spin of a waiting side, ns.
  public var spinLimit: UnsafeMutablePointer<UInt64> { (base + 448).assumingMemoryBound(to: UInt64.self) }
  public var metricCount: UnsafeMutablePointer<UInt32> { (base + 512).assumingMemoryBound(to: UInt32.self) }
  public var metrics: UnsafeMutablePointer<Double> { (base + 576).assumingMemoryBound(to: Double.self) }
  public var payload: UnsafeMutableRawPointer { base + Self.payloadOffset }

  /// The payload of a sizing: the call's numbers, then its targets.
  public var sizing: (header: UnsafeMutablePointer<al_sizing_v1>, targets: UnsafeMutablePointer<al_target_v1>) {
    (
      payload.assumingMemoryBound(to: al_sizing_v1.self),
      (payload + 64).assumingMemoryBound(to: al_target_v1.self)
    )
  }

  /// Puts text or state into the payload; false when it is too long.
  public func write(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= Self.payloadCapacity else { return false }
    bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { payload.copyMemory(from: start, byteCount: source.count) }
    }
    message.pointee.length = UInt64(bytes.count)
    return true
  }

  /// A copy of the payload; nil when its length is impossible. The length is read once: the other side may change it.
  public func read() -> [UInt8]? {
    let length = al_load_acquire_u64(UnsafePointer(lengthWord))
    guard length <= UInt64(Self.payloadCapacity) else { return nil }
    return Array(UnsafeRawBufferPointer(start: payload, count: Int(length)))
  }

  /// Rows of an evaluation's answer, read once.
  @inline(__always) public var rowCount: UInt64 { al_load_acquire_u64(UnsafePointer(word(24))) }

  public var hasMetrics: Bool { metricCount.pointee != 0 }

  private var lengthWord: UnsafeMutablePointer<UInt64> { word(16) }

  /// A field of the message by its offset, for reads that must happen exactly once.
  @inline(__always) private func word(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
    (base + 256 + offset).assumingMemoryBound(to: UInt64.self)
  }
}

/// One side's waiting: spin a little, then sleep.
///
/// A spin that was in vain is not repeated for a number of waits that doubles each time, so that work which takes longer
/// than the limit costs nothing, and neither does a machine with more to do than cores: there a spinning side only keeps
/// the other one from running, while a sleeping one hands over its core. Measured on two cores: a round trip takes 1.3 us
/// spinning and 4.8 us sleeping; on a busy machine spinning without the pauses took 100 us in the mean.
public struct WorkerWaiter {
  public enum Outcome { case arrived, timedOut }

  private let turn: UnsafeMutablePointer<UInt32>
  private let ownSleeps: UnsafeMutablePointer<UInt32>
  private let otherSleeps: UnsafeMutablePointer<UInt32>
  private let mine: UInt32
  private let limit: Int64
  /// Waits without a spin still to come, and how many after the next spin in vain.
  private var resting = 0
  private var nextRest = 1
  private static let longestRest = 4096

  public init(host block: WorkerBlock) {
    self.init(block, block.hostSleeps, block.workerSleeps, WorkerTurn.host)
  }

  public init(worker block: WorkerBlock) {
    self.init(block, block.workerSleeps, block.hostSleeps, WorkerTurn.worker)
  }

  private init(
    _ block: WorkerBlock, _ own: UnsafeMutablePointer<UInt32>, _ other: UnsafeMutablePointer<UInt32>, _ mine: UInt32
  ) {
    turn = block.turn
    ownSleeps = own
    otherSleeps = other
    self.mine = mine
    limit = Int64(clamping: block.spinLimit.pointee)
  }

  /// Gives the turn to the other side.
  @inline(__always)
  public func pass() {
    al_store_release_u32(turn, mine == WorkerTurn.host ? WorkerTurn.worker : WorkerTurn.host)
    // Pairs with the fence in `sleep`: either the other side sees the turn, or this side sees that it sleeps.
    al_fence()
    if al_load_acquire_u32(otherSleeps) != 0 { al_futex_wake(turn, 1) }
  }

  /// Waits until the turn is no longer the other side's, at most until `deadline` (monotonic ns).
  ///
  /// - Parameter start: the monotonic time now.
  public mutating func wait(from start: Int64, until deadline: Int64) -> Outcome {
    let other = mine == WorkerTurn.host ? WorkerTurn.worker : WorkerTurn.host
    if resting > 0 {
      resting &-= 1
    } else if limit > 0, spin(while: other, until: min(start &+ limit, deadline)) {
      nextRest = max(nextRest / 2, 1)
      return .arrived
    } else {
      resting = nextRest
      nextRest = min(2 &* nextRest, Self.longestRest)
    }
    var now = start
    while al_load_acquire_u32(turn) == other {
      if now >= deadline { return .timedOut }
      sleep(while: other, deadline &- now)
      now = al_monotonic_ns()
    }
    return .arrived
  }

  /// True when the turn came.
  private func spin(while other: UInt32, until end: Int64) -> Bool {
    while al_monotonic_ns() < end {
      for _ in 0..<64 {
        if al_load_acquire_u32(turn) != other { return true }
        al_spin_hint()
      }
    }
    return false
  }

  private func sleep(while other: UInt32, _ nanoseconds: Int64) {
    al_store_release_u32(ownSleeps, 1)
    al_fence()
    if al_load_acquire_u32(turn) == other { al_futex_wait(turn, other, nanoseconds) }
    al_store_release_u32(ownSleeps, 0)
  }
}

import Glibc

/// Where times come from: tests put clocks of their own in.
public struct TimeSource: Sendable {
  /// Nanoseconds that only grow; waiting and pacing go by it.
  public var monotonic: @Sendable () -> Int64
  /// Nanoseconds UTC since 1970; what reports and calendars go by.
  public var wall: @Sendable () -> Int64

  public init(monotonic: @escaping @Sendable () -> Int64, wall: @escaping @Sendable () -> Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }

  public static let system = TimeSource(monotonic: { clock(CLOCK_MONOTONIC) }, wall: { clock(CLOCK_REALTIME) })

  private static func clock(_ id: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

extension Int64 {
  /// Nanoseconds.
  static func seconds(_ count: Double) -> Int64 { Int64(count * 1e9) }
}

/// Waiting times between attempts: doubled from `first` up to `longest`, each a fifth shorter or longer at random, so that
/// several clients do not come back in step.
public struct Backoff: Sendable {
  public var first: Double
  public var longest: Double
  private var random: UInt64
  private var attempts = 0

  /// - Parameters:
  ///   - seed: of the random part.
  public init(first: Double = 1, longest: Double = 30, seed: UInt64) {
    self.first = first
    self.longest = longest
    random = seed
  }

  public mutating func reset() { attempts = 0 }

  /// Seconds to wait before the next attempt.
  public mutating func next() -> Double {
    let plain = min(longest, first * Double(1 << UInt64(min(attempts, 20))))
    attempts += 1
    return plain * (0.8 + 0.4 * uniform())
  }

  /// SplitMix64.
  private mutating func uniform() -> Double {
    random &+= 0x9e37_79b9_7f4a_7c15
    var z = random
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}

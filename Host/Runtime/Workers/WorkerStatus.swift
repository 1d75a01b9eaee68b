/// How an isolated instance fares, for `plugin list` and `status`.
public struct WorkerStatus: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    case running
    /// Calls that stay without an answer before the next start.
    case waiting(calls: Int)
    /// Given up, with the reason.
    case failed(String)
    case destroyed
  }
  public var state: State
  /// Process id; 0 when none runs.
  public var process: Int32
  /// What the lock-down achieved, one line.
  public var lockdown: String
  public var restarts: Int
  /// Every fault so far by its text, with its count, in the order of their first occurrence.
  public var faults: [(reason: String, count: Int)]
  /// Calls without an answer because no worker ran.
  public var skipped: UInt64

  public static func == (a: WorkerStatus, b: WorkerStatus) -> Bool {
    a.state == b.state && a.process == b.process && a.lockdown == b.lockdown && a.restarts == b.restarts
      && a.skipped == b.skipped && a.faults.map(\.reason) == b.faults.map(\.reason)
      && a.faults.map(\.count) == b.faults.map(\.count)
  }
}

/// When a worker that failed is started again. Counted in calls, never in time: a backtest has no clock to wait by,
/// and the same faults give the same run.
struct RestartPolicy {
  /// Faults without `forgiveAfter` good calls in between, after which the instance is given up.
  static let limit = 8
  static let forgiveAfter: UInt64 = 64

  private var faults = 0
  private var good: UInt64 = 0

  /// Calls to skip before the next start: 0 after the first fault, then 1, 2, 4, ...; nil: give up.
  mutating func failed() -> Int? {
    faults += 1
    good = 0
    if faults > Self.limit { return nil }
    return faults == 1 ? 0 : 1 << (faults - 2)
  }

  @inline(__always)
  mutating func succeeded() {
    good &+= 1
    if good >= Self.forgiveAfter { faults = 0 }
  }
}

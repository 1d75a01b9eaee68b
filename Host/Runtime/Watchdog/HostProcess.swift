import CSystem
import Glibc

/// A process as /proc shows it, and its end. A process is named by its id and its start: ids are given out again.
public struct HostProcess: Sendable, Equatable {
  public let pid: Int32
  /// Clock ticks since boot.
  public let start: UInt64

  public enum State: Equatable, Sendable {
    /// Gone, or dead and not yet buried by its parent.
    case dead
    /// By SIGSTOP or a terminal.
    case stopped
    case alive
  }

  public init(pid: Int32, start: UInt64) {
    self.pid = pid
    self.start = start
  }

  public var state: State {
    guard let stat = Self.stat(pid), stat.start == start else { return .dead }
    switch stat.state {
    case "Z", "X", "x": return .dead
    case "T": return .stopped
    default: return .alive
    }
  }

  static func start(of pid: Int32) -> UInt64? { stat(pid)?.start }

  /// Of the running kernel: monotonic times and process ids of another boot say nothing.
  static let bootID: String = {
    let bytes = readFile("/proc/sys/kernel/random/boot_id") ?? []
    return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
  }()

  /// Fields 3 and 22 of proc_pid_stat(5). The name before them may hold blanks and parentheses.
  private static func stat(_ pid: Int32) -> (state: Character, start: UInt64)? {
    guard let bytes = readFile("/proc/\(pid)/stat"), let end = bytes.lastIndex(of: UInt8(ascii: ")")) else {
      return nil
    }
    let fields = bytes[(end + 1)...].split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
    guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else { return nil }
    return (state, start)
  }

  /// Ends the process for good and waits until it is gone. Never hits another process that was given its id.
  ///
  /// - Parameter patience: ns.
  /// - Returns: why it is still there; nil: it is gone.
  public func end(patience: Int64) -> String? {
    let fd = al_pidfd_open(pid)
    guard fd >= 0 else { return state == .dead ? nil : "pidfd_open: \(String(cString: strerror(-fd)))" }
    defer { close(fd) }
    // The descriptor holds whatever process has the id now; it is ours when the start still fits.
    if state == .dead { return nil }
    let status = al_pidfd_signal(fd, SIGKILL)
    if status != 0, status != -ESRCH { return "SIGKILL: \(String(cString: strerror(-status)))" }
    var wait = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
    let ready = poll(&wait, 1, Int32(clamping: patience / 1_000_000))
    return ready > 0 || state == .dead ? nil : "it is still there \(patience / 1_000_000_000) s after SIGKILL"
  }
}

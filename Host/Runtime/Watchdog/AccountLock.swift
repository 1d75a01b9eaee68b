import CSystem
import Glibc

/// Who may speak to the broker for a mode and account: the host, or the watchdog in its place. A lock of the kernel on a file
/// beside the journal: it ends with the process, however that ends.
public final class AccountLock {
  private let fd: Int32

  /// - Parameters:
  ///   - name: `lock` for the line to the broker, `watchdog.lock` for the watch itself.
  ///   - patience: how long to wait, ns.
  ///   - onWait: told once, when somebody else holds it.
  /// - Returns: nil when somebody else still holds it after that, or `isStopping` came true.
  public init?(
    journal: String, name: String = "lock", patience: Int64, isStopping: () -> Bool = { false },
    onWait: () -> Void = {}
  ) throws(HostError) {
    let path = "\(Heartbeat.stem(journal)).\(name)"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw HostError(.data, "\(path): cannot be opened: \(errorText())") }
    let end = al_monotonic_ns().addingReportingOverflow(patience)
    var isTold = false
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        let problem = errorText()
        close(file)
        throw HostError(.data, "\(path): cannot be locked: \(problem)")
      }
      if isStopping() || !end.overflow && al_monotonic_ns() >= end.partialValue {
        close(file)
        return nil
      }
      if !isTold { onWait() }
      isTold = true
      usleep(20_000)
    }
    fd = file
  }

  deinit { close(fd) }
}

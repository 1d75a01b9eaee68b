import CSystem
import Glibc

/// Tells the service manager how the process is (sd_notify(3)): datagrams to the socket that it names in `NOTIFY_SOCKET`.
public final class ServiceNotifier: @unchecked Sendable {
  private let fd: Int32
  private var address = sockaddr_un()
  private let length: socklen_t
  /// Half of what `WatchdogSec=` asks for, ns; 0: nothing is asked for.
  private let interval: Int64
  private var last: Int64 = 0

  /// nil when no service manager listens.
  public init?() {
    guard let path = environment("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@") else { return nil }
    let isForUs = environment("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
    interval = isForUs ? (environment("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0) * 1000 / 2 : 0
    var bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    // "@" stands for the zero byte that names of the abstract namespace begin with.
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + bytes.count } ?? 0)
    fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if fd < 0 { return nil }
  }

  deinit { close(fd) }

  /// One datagram of assignments, a line each. A manager that does not listen is not waited for.
  public func send(_ state: String) {
    let bytes = Array(state.utf8)
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { to in
        _ = sendto(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), to, length)
      }
    }
  }

  /// Says that the loop turns, as often as it is asked for.
  public func beat(at now: Int64) {
    guard interval > 0, now - last >= interval else { return }
    last = now
    send("WATCHDOG=1")
  }
}

/// What the service manager gives a process to keep (`LoadCredential=`): files in `CREDENTIALS_DIRECTORY`.
enum Credentials {
  /// The credential of that name in lower case, without the line's end; nil: there is none.
  static func read(_ name: String) -> String? {
    guard let folder = environment("CREDENTIALS_DIRECTORY"), !name.contains("/"), !name.hasPrefix("."),
      let bytes = readFile("\(folder)/\(name.lowercased())")
    else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).first
      .map(String.init)
  }
}

/// Puts settings that came as credentials where plugins look for settings: into the environment, before what stands there.
public func adoptCredentials(_ names: [String]) {
  for name in names { if let value = Credentials.read(name) { setenv(name, value, 1) } }
}

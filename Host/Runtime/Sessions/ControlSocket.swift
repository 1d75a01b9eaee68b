import CSystem
import Glibc

/// How verbs of another process reach a running session: a Unix socket beside its journal, one line each way.
///
/// A request is `status`, `reload`, `why ORDER`, or `halt|resume|flatten ACTOR<TAB>REASON`.
public final class ControlSocket: @unchecked Sendable {
  public let path: String
  private let fd: Int32
  private let inbox: Inbox<TradeEvent>
  private var thread = pthread_t()
  private var isClosing = false

  /// - Throws: when another session of the same mode and account is running.
  public init(path: String, inbox: Inbox<TradeEvent>) throws(HostError) {
    self.path = path
    self.inbox = inbox
    if Self.connect(path) != nil {
      throw HostError(.failedCheck, "a session of this mode and account is running already (\(path)); stop it first")
    }
    unlink(path)
    fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard fd >= 0 else { throw HostError(.data, "no control socket: \(errorText())") }
    let bound = Self.withAddress(path) { bind(fd, $0, $1) }
    guard bound == 0, chmod(path, 0o600) == 0, listen(fd, 8) == 0 else {
      let code = errno
      let problem = String(cString: strerror(code))
      Glibc.close(fd)
      let advice =
        code == EACCES || code == EROFS
        ? "the journal's folder must be writable for who runs the session"
        : "name a journal folder on a local file system with a shorter path"
      throw HostError(.data, "\(path): \(problem); \(advice)")
    }
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<ControlSocket>.fromOpaque(context).takeUnretainedValue().serve() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  public func close() {
    isClosing = true
    shutdown(fd, Int32(SHUT_RDWR))
    Glibc.close(fd)
    pthread_join(thread, nil)
    unlink(path)
  }

  private func serve() {
    while !isClosing {
      let client = accept(fd, nil, nil)
      if client < 0 {
        if errno == EINTR { continue }
        return
      }
      var patience = timeval(tv_sec: 5, tv_usec: 0)
      setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      let line = Self.readLine(client)
      Self.write(client, answer(line) + "\n")
      Glibc.close(client)
    }
  }

  private func answer(_ line: String) -> String {
    guard let command = Self.parse(line) else { return "error: unknown request '\(line.prefix(40))'" }
    let reply = TradeEvent.Reply()
    guard inbox.post(.command(command, reply), isUrgent: true) else { return "error: the session is ending" }
    return reply.wait(milliseconds: 30_000) ?? "error: the session did not answer within 30 s"
  }

  static func parse(_ line: String) -> ControlCommand? {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    let rest = words.count > 1 ? words[1] : ""
    let parts = rest.split(separator: "\t", maxSplits: 1).map(String.init)
    let actor = parts.first ?? "operator"
    let reason = parts.count > 1 ? parts[1] : ""
    switch words.first {
    case "status": return .status
    case "reload": return .reload
    case "why": return rest.isEmpty ? nil : .why(rest)
    case "halt": return .halt(reason: reason, actor: actor)
    case "resume": return .resume(reason: reason, actor: actor)
    case "flatten": return .flatten(reason: reason, actor: actor)
    default: return nil
    }
  }

  // MARK: the other end

  /// Sends a request to the session behind `path`; nil when none is running.
  public static func ask(_ path: String, _ request: String) -> String? {
    guard let client = connect(path) else { return nil }
    defer { Glibc.close(client) }
    write(client, request + "\n")
    var answer = ""
    while true {
      let part = readChunk(client)
      if part.isEmpty { break }
      answer += part
    }
    while answer.last == "\n" { answer.removeLast() }
    return answer
  }

  private static func connect(_ path: String) -> Int32? {
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard fd >= 0 else { return nil }
    if withAddress(path, { Glibc.connect(fd, $0, $1) }) == 0 { return fd }
    Glibc.close(fd)
    return nil
  }

  private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return -1
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private static func readLine(_ fd: Int32) -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < 4096, read(fd, &byte, 1) == 1, byte != 10 { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func readChunk(_ fd: Int32) -> String {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let n = read(fd, &chunk, chunk.count)
    return n > 0 ? String(decoding: chunk[0..<n], as: UTF8.self) : ""
  }

  private static func write(_ fd: Int32, _ text: String) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let n = bytes.withUnsafeBytes {
        send(fd, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      if n <= 0 { return }
      done += n
    }
  }
}

/// Signals as flags that loops look at. Only a process that was asked twice and does not stop is ended in a handler.
public enum Signals {
  nonisolated(unsafe) private static let flags = zeros(UInt32.self, 2)
  /// When the first of them asked for a stop.
  nonisolated(unsafe) private static let asked = zeros(UInt64.self, 1)

  private static func zeros<T: FixedWidthInteger>(_ type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
    let words = UnsafeMutablePointer<T>.allocate(capacity: count)
    words.initialize(repeating: 0, count: count)
    return words
  }

  /// `timeout` and shells send one request to the process and to its group: what comes this soon is the same one, ns.
  private static let sameRequest: Int64 = 250_000_000

  /// SIGINT and SIGTERM ask for an orderly stop, SIGHUP for a reload. A second one ends the process at once, with 130 or 143:
  /// what was committed stays, as after any crash.
  public static func install() {
    // Made now: a handler must not be what makes them.
    _ = (flags, asked)
    signal(SIGINT) { Signals.stop($0) }
    signal(SIGTERM) { Signals.stop($0) }
    signal(SIGHUP) { _ in al_store_release_u32(Signals.flags + 1, 1) }
    signal(SIGPIPE, SIG_IGN)
    // Whoever started this process may have kept signals back from itself, and so from its children.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&wanted, signal) }
    pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
  }

  private static func stop(_ signal: Int32) {
    let now = al_monotonic_ns()
    if al_exchange_u32(flags, 1) == 0 { return al_store_release_u64(asked, UInt64(bitPattern: now)) }
    if now - Int64(bitPattern: al_load_acquire_u64(asked)) > sameRequest { _exit(128 + signal) }
  }

  public static var wantsStop: Bool { al_load_acquire_u32(flags) != 0 }

  /// True once for each SIGHUP.
  public static var wantsReload: Bool { al_exchange_u32(flags + 1, 0) != 0 }
}

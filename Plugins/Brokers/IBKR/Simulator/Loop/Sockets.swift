import Glibc

/// The few calls that the gateway makes for its sockets.
enum Sockets {
  /// A listening socket on the loopback interface, and its port.
  static func listen(port: UInt16) throws(GatewayError) -> (file: Int32, port: UInt16) {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    guard file >= 0 else { throw failure("socket") }
    var yes: Int32 = 1
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) == 0 }
    }
    guard isBound, Glibc.listen(file, 64) == 0 else {
      let error = failure("port \(port)")
      close(file)
      throw error
    }
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(file, $0, &length) }
    }
    setNonblocking(file)
    return (file, UInt16(bigEndian: address.sin_port))
  }

  /// A listening Unix socket at a path; what stood there before is removed when it is a socket.
  static func listen(path: String) throws(GatewayError) -> Int32 {
    var address = sockaddr_un()
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw GatewayError("\(path): longer than a Unix socket's path may be")
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
    let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    guard file >= 0 else { throw failure("socket") }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard isBound, chmod(path, 0o600) == 0, Glibc.listen(file, 16) == 0 else {
      let error = failure(path)
      close(file)
      throw error
    }
    setNonblocking(file)
    return file
  }

  static func accept(_ listener: Int32) -> Int32? {
    let file = Glibc.accept(listener, nil, nil)
    guard file >= 0 else { return nil }
    setNonblocking(file)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    return file
  }

  private static func setNonblocking(_ file: Int32) { _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK) }

  private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

  private static func failure(_ what: String) -> GatewayError {
    GatewayError("\(what): \(String(cString: strerror(errno)))")
  }
}

/// The time since the machine started, in nanoseconds.
func monotonicNow() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * CivilTime.nanoseconds + Int64(time.tv_nsec)
}

/// Nanoseconds since 1970 on the clock of the machine.
func realNow() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * CivilTime.nanoseconds + Int64(time.tv_nsec)
}

import Glibc

/// A TCP connection that never blocks by itself.
struct Socket: Sendable {
  let descriptor: Int32

  /// Connects with TCP_NODELAY to the first address of the host that answers in time.
  ///
  /// - Parameters:
  ///   - timeout: seconds, for each address.
  ///   - isCancelled: true ends the attempt early.
  static func connect(
    host: String, port: UInt16, timeout: Double, isCancelled: () -> Bool
  ) throws(IBKRError) -> Socket {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    guard status == 0 else {
      throw IBKRError(.unreachable, code: 502, "\(host): \(String(cString: gai_strerror(status)))")
    }
    defer { freeaddrinfo(list) }
    var (next, problem) = (list, "no address")
    while let address = next {
      next = address.pointee.ai_next
      switch attempt(address.pointee, timeout: timeout, isCancelled) {
      case .success(let socket): return socket
      case .failure(let failure): problem = failure.text
      }
    }
    throw IBKRError(.unreachable, code: 502, problem)
  }

  private struct Failure: Error {
    var text: String
    init(errno code: Int32) { text = String(cString: strerror(code)) }
  }

  private static func attempt(
    _ address: addrinfo, timeout: Double, _ isCancelled: () -> Bool
  ) -> Result<Socket, Failure> {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = Glibc.socket(address.ai_family, type, 0)
    guard descriptor >= 0 else { return .failure(Failure(errno: errno)) }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, socklen_t(MemoryLayout<Int32>.size))
    if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
      return .success(Socket(descriptor: descriptor))
    }
    var problem = errno
    if problem == EINPROGRESS {
      let made = Socket(descriptor: descriptor)
      var (isDone, slices) = (false, Int(timeout * 10) + 1)
      while !isDone, slices > 0, !isCancelled() {
        isDone = made.wait(for: POLLOUT, milliseconds: 100)
        slices -= 1
      }
      problem = isDone ? made.pendingError : ETIMEDOUT
      if problem == 0 { return .success(made) }
    }
    Glibc.close(descriptor)
    return .failure(Failure(errno: problem))
  }

  private var pendingError: Int32 {
    var (code, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return code
  }

  /// Whether the event, or an error, is there before the time is over.
  func wait(for event: Int32, milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }

  enum Transfer {
    case bytes(Int)
    case wouldBlock
    case ended
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .ended }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    while true {
      let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
    }
  }

  /// Ends both directions: whoever reads sees the end. The descriptor stays taken until ``close()``.
  func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func close() { Glibc.close(descriptor) }
}

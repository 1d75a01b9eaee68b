import Glibc

/// A pipe that is readable after a signal.
final class Signal: Sendable {
  let reading: Int32
  private let writing: Int32

  init() throws(GatewayError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw GatewayError("pipe: \(String(cString: strerror(errno)))") }
    (reading, writing) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
    }
  }

  deinit {
    close(reading)
    close(writing)
  }

  func raise() {
    var byte: UInt8 = 1
    _ = write(writing, &byte, 1)
  }

  /// Forgets what was raised.
  func drain() {
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(reading, &buffer, buffer.count) > 0 {}
  }

  func wait() {
    var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    while poll(&waiting, 1, -1) < 0, errno == EINTR {}
  }
}

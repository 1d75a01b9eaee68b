import CSystem
import Glibc
import Testing

@testable import AlphaLoopLoader

/// A listening socket on the loopback address, on a port the kernel chose.
private struct Listener {
  let descriptor: Int32
  let port: UInt16

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        bind(descriptor, name, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, name, &length) == 0
      }
    }
    try #require(bound)
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }
}

private func loopback(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}

/// 0, or the errno of the step that failed.
private func tryConnecting(to port: UInt16, kind: __socket_type = SOCK_STREAM) -> Int32 {
  let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
  guard descriptor >= 0 else { return errno }
  defer { close(descriptor) }
  var address = loopback(port: port)
  let result = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  return result == 0 ? 0 : errno
}

@Suite("A broker adapter's lock-down")
struct LockdownNetworkTests {
  /// The process of an exit test has several threads, of which the calling one tries everything.
  static func policy(host: String, port: UInt16) -> LockdownPolicy {
    var policy = LockdownPolicy.network(host: host, ports: [port])
    policy.requirement = .whatIsAvailable
    return policy
  }

  @Test("control: without a lock-down both ports answer")
  func without() async throws {
    let granted = try Listener()
    let other = try Listener()
    defer { for listener in [granted, other] { close(listener.descriptor) } }
    #expect(tryConnecting(to: granted.port) == 0)
    #expect(tryConnecting(to: other.port) == 0)
  }

  @Test("it connects to its port and to no other", .enabled(if: Lockdown.probe().landlockVersion >= 4))
  func ports() async throws {
    let granted = try Listener()
    let other = try Listener()
    defer { for listener in [granted, other] { close(listener.descriptor) } }
    await #expect(processExitsWith: .exitCode(9)) { [port = granted.port as UInt16, second = other.port as UInt16] in
      let report = try Lockdown.apply(LockdownNetworkTests.policy(host: "127.0.0.1", port: port))
      guard report.enforcedPorts == [port], !report.allowsDatagrams else { exit(1) }
      guard tryConnecting(to: port) == 0 else { exit(2) }
      guard tryConnecting(to: second) == EACCES else { exit(3) }
      exit(9)
    }
  }

  @Test("it is a client only: no listening, no local sockets, no raw ones, no datagrams to an address")
  func kinds() async throws {
    await #expect(processExitsWith: .exitCode(9)) {
      try Lockdown.apply(LockdownNetworkTests.policy(host: "127.0.0.1", port: 4002))
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0, listen(descriptor, 1) == -1, errno == EPERM else { exit(1) }
      guard socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) == -1, errno == EPERM else { exit(2) }
      guard socket(AF_INET, Int32(SOCK_RAW.rawValue), 1) == -1, errno == EPERM else { exit(3) }
      guard socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) == -1, errno == EPERM else { exit(4) }
      let multipathTCP: Int32 = 262
      guard socket(AF_INET, Int32(SOCK_STREAM.rawValue), multipathTCP) == -1, errno == EPERM else { exit(5) }
      guard socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 6) >= 0 || errno == EAFNOSUPPORT else { exit(6) }
      let fastOpen: Int32 = 0x2000_0000
      guard send(descriptor, "x", 1, fastOpen) == -1, errno == EPERM else { exit(7) }
      exit(9)
    }
  }

  @Test("a host that is a name may be looked up, and the report says what that opens")
  func names() async throws {
    await #expect(processExitsWith: .exitCode(9)) {
      let report = try Lockdown.apply(LockdownNetworkTests.policy(host: "gateway.example", port: 4002))
      guard report.allowsDatagrams, report.description.contains("datagrams to any host") else { exit(1) }
      guard socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) >= 0 else { exit(2) }
      guard socket(AF_INET, Int32(SOCK_STREAM.rawValue), 262) == -1 else { exit(3) }
      guard open("/etc/hosts", O_RDONLY) >= 0, open("/etc/passwd", O_RDONLY) == -1 else { exit(4) }
      exit(9)
    }
  }
}

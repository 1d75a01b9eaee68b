import Glibc
import TWSProtocol

/// The other end of the line: enough of a gateway to open a session, and to send ticks.
final class Peer: @unchecked Sendable {
  let port: UInt16
  private let listener: Int32
  private(set) var connection: Int32 = -1
  /// When bytes of orders came; ns of the monotonic clock.
  private(set) var arrivals: [Int64] = []
  private var streams: [String] = []

  init?() {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(made, $0, size) == 0 && getsockname(made, $0, &size) == 0 && listen(made, 1) == 0
      }
    }
    guard made >= 0, isBound else { return nil }
    listener = made
    port = UInt16(bigEndian: address.sin_port)
  }

  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Serves one connection until it ends. With `ticks`, that many a second go out once `subscriptions` are asked for.
  func serve(ticks: Int = 0, subscriptions: Int = 0) {
    connection = accept(listener, nil, nil)
    var one: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    var frames = FrameSplitter()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var (head, isGreeted, sent, began) = (4, false, 0, Int64(0))
    while true {
      let isSending = ticks > 0 && streams.count == subscriptions
      if isSending {
        if began == 0 { began = Peer.now() }
        let due = Int(Double(Peer.now() - began) / 1e9 * Double(ticks))
        if due > sent { send(self.ticks(from: sent, count: min(due - sent, 1_000))) }
        sent = max(sent, min(due, sent + 1_000))
      }
      let count = recv(connection, &buffer, buffer.count, isSending ? Int32(MSG_DONTWAIT) : 0)
      if count < 0, errno == EAGAIN {
        usleep(1_000)
        continue
      }
      let time = Peer.now()
      guard count > 0 else { return }
      let skipped = min(head, count)
      head -= skipped
      frames.feed(buffer[skipped..<count])
      while let payload = try? frames.next() {
        guard isGreeted else {
          isGreeted = true
          send(Peer.frame(["200", "20261124 10:00:00 UTC"]))
          continue
        }
        answer(payload, time)
      }
    }
  }

  /// Waits for bytes and tells when each message of so many was there, without any protocol.
  func receive(size: Int) {
    connection = accept(listener, nil, nil)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var held = 0
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      held += count
      let time = Peer.now()
      while held >= size {
        held -= size
        arrivals.append(time)
      }
    }
  }

  private func answer(_ payload: ArraySlice<UInt8>, _ time: Int64) {
    if payload.starts(with: "3\0".utf8) {
      arrivals.append(time)
      return
    }
    let fields = String(decoding: payload, as: UTF8.self).split(separator: "\0", omittingEmptySubsequences: false)
    switch fields.first {
    case "71": send(Peer.frame(["15", "1", "DU1"]) + Peer.frame(["9", "1", "1"]))
    case "5", "16": send(Peer.frame(["53", "1"]))
    case "99": send(Peer.frame(["102"]))
    case "7": send(Peer.frame(["55", "1", String(fields[2])]))
    case "1": streams.append(String(fields[2]))
    default: break
    }
  }

  private func ticks(from first: Int, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in first..<first + count {
      let stream = streams[number % streams.count]
      let price = "\(100 + number % 50).\(10 + number % 89)"
      bytes += Peer.frame(["1", "6", stream, number / streams.count % 2 == 0 ? "1" : "2", price, "300", "1"])
    }
    return bytes
  }

  private func send(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      done += count
    }
  }

  private static func frame(_ fields: [String]) -> [UInt8] {
    FrameSplitter.frame(Array(fields.map { "\($0)\0" }.joined().utf8))
  }
}

import Foundation
import Glibc
import TWSProtocol

/// A gateway that says what a test tells it to: it greets, opens sessions, answers requests by a function of the test, and sends
/// what the test gives it, whole or in pieces. It listens on 127.0.0.1 and serves one connection after the other.
final class ScriptedGateway: @unchecked Sendable {
  typealias Fields = [String]
  /// Fields of a request, its number first, to the messages that answer it.
  typealias Answers = @Sendable (Fields, ScriptedGateway) -> [Fields]

  let port: UInt16
  private let listener: Int32
  private let lock = NSLock()
  private var connection: Int32 = -1
  private var received: [(fields: Fields, time: Double)] = []
  private var answers: Answers
  private var isStopped = false
  private var refusals = 0
  private var opened = 0
  private var unanswered: Set<String> = []
  private let thread = DispatchSemaphore(value: 0)
  var accounts = "DU1234567,"
  var nextId = 1
  var serverVersion = 200
  /// Bytes of each write; 0: as they come.
  var piece = 0

  init(_ answers: @escaping Answers = { _, _ in [] }) throws {
    self.answers = answers
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0 && listen(descriptor, 8) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      accept()
      thread.signal()
    }
  }

  func stop() {
    lock.withLock { isStopped = true }
    drop()
    shutdown(listener, Int32(SHUT_RDWR))
    thread.wait()
    close(listener)
  }

  /// Ends the connection as a lost network does.
  func drop() { lock.withLock { if connection >= 0 { shutdown(connection, Int32(SHUT_RDWR)) } } }

  /// The next `count` sessions are refused because their client id is in use.
  func refuse(_ count: Int) { lock.withLock { refusals = count } }

  /// Sessions that were opened so far.
  var sessions: Int { lock.withLock { opened } }

  func answer(_ answers: @escaping Answers) { lock.withLock { self.answers = answers } }

  /// Requests that came, of one number or all.
  func requests(_ number: Int? = nil) -> [Fields] {
    lock.withLock { received.filter { number == nil || $0.fields[0] == "\(number ?? 0)" }.map(\.fields) }
  }

  var times: [Double] { lock.withLock { received.map(\.time) } }

  func send(_ messages: [Fields]) {
    // A message without fields stands for silence.
    for message in messages where !message.isEmpty {
      write(FrameSplitter.frame(Array(message.map { "\($0)\0" }.joined().utf8)))
    }
  }

  func send(_ message: String...) { send([message]) }

  /// Bytes as they are.
  func write(_ bytes: [UInt8]) {
    let (socket, size) = lock.withLock { (connection, piece) }
    guard socket >= 0 else { return }
    var start = 0
    while start < bytes.count {
      let end = size == 0 ? bytes.count : min(bytes.count, start + size)
      let count = bytes[start..<end].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      start += count
      if size > 0 { usleep(50) }
    }
  }

  private func accept() {
    while !lock.withLock({ isStopped }) {
      let socket = Glibc.accept(listener, nil, nil)
      guard socket >= 0 else { return }
      var one: Int32 = 1
      setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
      lock.withLock { connection = socket }
      serve(socket)
      lock.withLock { connection = -1 }
      close(socket)
    }
  }

  private func serve(_ socket: Int32) {
    var splitter = FrameSplitter()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var head = 4
    var isGreeted = false
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      var bytes = buffer[0..<count]
      if head > 0 {
        let skipped = min(head, bytes.count)
        bytes = bytes.dropFirst(skipped)
        head -= skipped
      }
      splitter.feed(bytes)
      while let payload = try? splitter.next() {
        if !isGreeted {
          isGreeted = true
          send("\(serverVersion)", "20261122 14:00:25 US/Eastern")
          continue
        }
        guard take(payload) else { return }
      }
    }
  }

  private func take(_ payload: ArraySlice<UInt8>) -> Bool {
    let fields = String(decoding: payload.dropLast(), as: UTF8.self).split(
      separator: "\0", omittingEmptySubsequences: false
    )
    .map(String.init)
    let (answers, isRefused) = lock.withLock {
      received.append((fields, ProcessInfo.processInfo.systemUptime))
      let isRefused = fields[0] == "71" && refusals > 0
      if isRefused { refusals -= 1 }
      if fields[0] == "71", !isRefused { opened += 1 }
      return (self.answers, isRefused)
    }
    if isRefused {
      send("4", "-1", "326", "Unable to connect as the client id is already in use.", "", "0")
      return false
    }
    if fields[0] == "71" {
      send([["15", "1", accounts], ["9", "1", "\(nextId)"]])
      send("4", "-1", "2104", "Market data farm connection is OK:usfarm", "", "0")
    }
    let own = answers(fields, self)
    send(own.isEmpty ? standard(fields) : own)
    return true
  }

  /// What a gateway with nothing in it says.
  private func standard(_ fields: Fields) -> [Fields] {
    switch fields[0] {
    case "5", "16": [["53", "1"]]
    case "99": [["102"]]
    case "7": [["55", "1", fields[2]]]
    case "61": [["62", "1"]]
    case "49": [["49", "1", "1764000000"]]
    case "62":
      ["NetLiquidation", "TotalCashValue", "BuyingPower"].map {
        ["63", "1", fields[2], "DU1234567", $0, "100000.50", "USD"]
      } + [["64", "1", fields[2]]]
    case "9": [ScriptedGateway.details(fields), ["52", "1", fields[2]]]
    default: []
    }
  }

  /// Contract details of the stock that a request names; its id is made of the symbol.
  static func details(_ request: Fields) -> Fields {
    let symbol = request[4]
    let conId = symbol.utf8.reduce(1000) { $0 * 31 % 900_000 + Int($1) }
    return [
      "10", request[2], symbol, "STK", "", "", "0", "", "SMART", "USD", symbol, "NMS", "NMS", "\(conId)", "0.01", "",
      "LMT,MKT", "SMART,ISLAND", "1", "0", "\(symbol) INC", "NASDAQ", "", "Technology", "Computers", "Computers",
      "US/Eastern", "20261123:0400-20261123:2000", "20261123:0930-20261123:1600", "", "0", "0", "1", "", "", "26,26",
      "", "COMMON", "0.0001", "0.0001", "100", "0",
    ]
  }
}

/// Waits until it is so, for at most some seconds.
func eventually(_ seconds: Double = 5, _ condition: () -> Bool) -> Bool {
  let deadline = ProcessInfo.processInfo.systemUptime + seconds
  while ProcessInfo.processInfo.systemUptime < deadline {
    if condition() { return true }
    usleep(2_000)
  }
  return condition()
}

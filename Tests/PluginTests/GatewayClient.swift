import Glibc
import TWSProtocol

/// A client of the gateway under test: one real socket on the loopback interface.
final class GatewayClient {
  let file: Int32
  private(set) var version = ServerVersion(200)
  private var splitter = FrameSplitter()
  /// Everything that came, in its order.
  private(set) var received: [Response] = []
  private(set) var isClosed = false
  /// What could not be read, or had fields left over.
  private(set) var faults: [String] = []
  private(set) var nextId: Int32 = 0

  /// Bytes of a frame that never became whole.
  var undecoded: Int { splitter.pending }

  struct Failure: Error, CustomStringConvertible { var description: String }

  /// Connects and greets; with a client id also starts.
  init(
    port: UInt16, clientId: Int32? = 1, versions: ClosedRange<Int> = ServerVersion.supported, greets: Bool = true
  ) throws {
    file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure(description: "port \(port): \(String(cString: strerror(errno)))") }
    guard greets else { return }
    try write(Greeting.bytes(versions: versions))
    let greeting = try nextGreeting()
    guard let agreed = greeting.version else { throw Failure(description: "version \(greeting.number)") }
    version = agreed
    guard let clientId else { return }
    try send(.startApi(clientId: clientId))
    _ = try wait("nextValidId") { if case .nextValidId(let id) = $0 { id } else { nil } }
    for case .nextValidId(let id) in received { nextId = id }
  }

  deinit { close(file) }

  func write(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      let n = bytes.withUnsafeBytes {
        Glibc.send(file, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      guard n > 0 else { throw Failure(description: "write: \(String(cString: strerror(errno)))") }
      done += n
    }
  }

  func send(_ request: Request) throws {
    guard let version else { return }
    try write(request.frame(version))
  }

  /// The next id for an order.
  func id() -> Int32 {
    defer { nextId += 1 }
    return nextId
  }

  func nextGreeting(seconds: Double = 5) throws -> ServerGreeting {
    let end = monotonic() + seconds
    while true {
      if let payload = try splitter.next() { return try ServerGreeting(payload) }
      guard monotonic() < end, !isClosed else { throw Failure(description: "no answer to the greeting") }
      fill(milliseconds: 20)
    }
  }

  /// Waits until what came holds something, and answers it; what was there before counts from `mark` on.
  @discardableResult
  func wait<Found>(
    _ what: String, from mark: Int = 0, seconds: Double = 10, _ find: (Response) -> Found?
  ) throws -> Found {
    let end = monotonic() + seconds
    var seen = mark
    while true {
      while seen < received.count {
        if let found = find(received[seen]) { return found }
        seen += 1
      }
      guard monotonic() < end else {
        throw Failure(description: "no \(what) in \(seconds) s; there came \(received[min(mark, received.count)...])")
      }
      guard !isClosed else { throw Failure(description: "closed before \(what)") }
      pump(milliseconds: 20)
    }
  }

  /// Takes what comes for a while.
  func pump(seconds: Double) {
    let end = monotonic() + seconds
    while monotonic() < end, !isClosed { pump(milliseconds: 10) }
  }

  /// Waits for the end of the connection.
  func waitForClose(seconds: Double = 5) -> Bool {
    pump(seconds: seconds)
    return isClosed
  }

  private func pump(milliseconds: Int32) {
    fill(milliseconds: milliseconds)
    guard let version else { return }
    do {
      while let payload = try splitter.next() {
        do {
          let message = try Response.receive(payload, version)
          if message.surplus > 0 { faults.append("\(message.response): \(message.surplus) fields too many") }
          received.append(message.response)
        } catch { faults.append("\(error) in \(String(decoding: payload, as: UTF8.self))") }
      }
    } catch { faults.append("\(error)") }
  }

  private func fill(milliseconds: Int32) {
    var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, milliseconds) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(file, &buffer, buffer.count)
    if count > 0 { splitter.feed(buffer[..<count]) } else { isClosed = true }
  }

  private func monotonic() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension GatewayClient {
  static func stock(_ symbol: String) -> Contract {
    var contract = Contract()
    (contract.symbol, contract.secType, contract.exchange, contract.currency) = (symbol, "STK", "SMART", "USD")
    return contract
  }

  static func order(
    _ action: String, _ quantity: String, _ type: String, limit: Double? = nil, stop: Double? = nil,
    tif: String = "DAY", ref: String = ""
  ) -> Order {
    var order = Order()
    (order.action, order.totalQuantity, order.orderType) = (action, WireDecimal(quantity), type)
    (order.lmtPrice, order.auxPrice, order.tif, order.orderRef) = (limit, stop, tif, ref)
    return order
  }

  /// Places an order under the next id, and answers that id.
  func place(_ symbol: String, _ order: Order) throws -> Int32 {
    let orderId = id()
    try send(.placeOrder(orderId: orderId, Self.stock(symbol), order))
    return orderId
  }

  @discardableResult
  func waitForStatus(_ orderId: Int32, _ status: String, from mark: Int = 0) throws -> OrderStatus {
    try wait("\(status) of \(orderId)", from: mark) {
      if case .orderStatus(let told) = $0, told.orderId == orderId, told.status == status { told } else { nil }
    }
  }

  @discardableResult
  func waitForError(_ reqId: Int32, _ code: Int32, from mark: Int = 0) throws -> ErrorMessage {
    try wait("error \(code) on \(reqId)", from: mark) {
      if case .error(let error) = $0, error.reqId == reqId, error.errorCode == code { error } else { nil }
    }
  }

  func executions(of orderId: Int32) -> [Execution] {
    received.compactMap {
      if case .execDetails(let details) = $0, details.execution.orderId == orderId { details.execution } else { nil }
    }
  }
}

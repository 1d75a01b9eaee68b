import AlphaLoopCore
import AlphaLoopRuntime
import Glibc

/// The simulated gateway (`alphaloop gateway`): a process of its own behind a TCP socket, which `broker.ibkr` speaks to.
/// Its book is read from the lines that it tells; its weather changes as orders come.
final class GatewayExchange: Counterparty {
  private let folder: String
  private let process: HostProcess
  private let port: Int
  private var known: BrokerBook
  private var offset = 0
  /// By the gateway's client and order number.
  private var places: [String: Int] = [:]
  private var moods = 0
  /// When what is held back is let go.
  private var release: Double?
  private(set) var lastMove = 0.0

  let line: String? = nil
  let pace = 0.025
  let days = 110
  // Below 50 messages a second, queries and orders together.
  let times = "settle_after: 100ms, retry_after: 100ms, reconcile_every: 400ms"
  let library = "{id: ibkr, path: libibkr.so, required: true, isolation: none}"
  var orders: Int { known.orders.count }

  /// Starts a gateway on a free port.
  ///
  /// - Throws: when it does not say within 20 s where it listens.
  init(folder: String, programs: String, seed: UInt64) throws {
    self.folder = folder
    known = BrokerBook()
    known.cash = 1_000_000 * fixedPointScale
    known.cashTolerance = 1000
    makeFolder("\(folder)/state")
    let words = [
      "\(programs)/alphaloop", "gateway", "--port", "0", "--json", "--account", HostFolder.account, "--seed", "\(seed)",
      "--book", "\(folder)/book", "--control", "\(folder)/weather", "--latency", "1", "--fill-gap", "4", "--fill-parts",
      "3", "--volatility", "0",
    ]
    process = try HostProcess(words, environment: ["PATH=/usr/bin:/bin"], output: "\(folder)/gateway")
    var port: Int?
    for _ in 0..<4000 where port == nil {
      port = Self.port(in: readFile("\(folder)/gateway") ?? [])
      if port == nil { usleep(5000) }
    }
    guard let port else {
      process.end()
      let said = readFile("\(folder)/gateway.err").map { String(decoding: $0, as: UTF8.self) } ?? ""
      throw Failure("the gateway does not listen: \(said)")
    }
    self.port = port
  }

  private static func port(in bytes: [UInt8]) -> Int? {
    guard let end = bytes.firstIndex(of: 10), let said = try? JSONValue.parse(Array(bytes[..<end])) else { return nil }
    return said["port"].flatMap { Int($0.text) }
  }

  var broker: String {
    "{plugin: broker.ibkr, answer_timeout: 1h, parameters: {port: \(port), state_folder: \(folder)/state, max_rate: 49, "
      + "request_timeout: 3}}"
  }

  func close() { process.end() }

  // MARK: the weather

  func step() throws {
    try read()
    let now = monotonic()
    if let due = release, due <= now {
      release = nil
      send("{\"do\":\"hold_fills\",\"on\":false}")
      send("{\"do\":\"ignore_cancels\",\"on\":false}")
    }
    guard known.orders.count / 4 > moods else { return }
    moods = known.orders.count / 4
    let isOn = moods / 6 % 2 == 0
    switch moods % 6 {
    case 1: send("{\"do\":\"reject\",\"times\":1,\"reason\":\"a test\"}")
    case 2, 4:
      send("{\"do\":\"hold_fills\"}")
      if moods % 12 == 4 { send("{\"do\":\"ignore_cancels\"}") }
      release = now + 0.25
    case 3: send("{\"do\":\"duplicate_status\",\"on\":\(isOn)}")
    case 5: send("{\"do\":\"reorder\",\"on\":\(isOn)}")
    default: send("{\"do\":\"execution_first\",\"on\":\(isOn)}")
    }
  }

  /// One command, its answer awaited.
  private func send(_ command: String) {
    let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { return }
    defer { Glibc.close(file) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array("\(folder)/weather".utf8)) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, size) == 0 }
    }
    guard isConnected else { return }
    let bytes = Array((command + "\n").utf8)
    guard Glibc.send(file, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
    var byte: UInt8 = 0
    while Glibc.read(file, &byte, 1) == 1, byte != 10 {}
  }

  // MARK: the book

  func book() throws -> BrokerBook {
    try read()
    return known
  }

  private func read() throws {
    guard let bytes = readFile("\(folder)/book"), bytes.count > offset else { return }
    let new = bytes[offset...]
    guard let end = new.lastIndex(of: 10) else { return }
    for line in new[..<end].split(separator: 10) { enter(try JSONValue.parse(Array(line))) }
    offset = end + 1
  }

  private func enter(_ line: JSONValue) {
    guard let event = line["event"]?.string else { return }
    if line["symbol"] != nil { lastMove = monotonic() }
    let number = "\(line["client"]?.text ?? "")/\(line["order"]?.text ?? "")"
    let isBuy = line["action"]?.string == "BUY"
    func signed(_ key: String) -> Int64 {
      let value = line[key]?.string.flatMap(fixedPoint) ?? 0
      return isBuy ? value : -value
    }
    func money(_ key: String) -> Int64 {
      Int64(((line[key].flatMap { Double($0.text) } ?? 0) * Double(fixedPointScale)).rounded())
    }
    switch event {
    case "place", "reject":
      if event == "place" { places[number] = known.orders.count }
      known.add(
        BrokerBook.Order(
          id: Self.id(line["ref"]?.string ?? ""), symbol: line["symbol"]?.string ?? "?", quantity: signed("quantity"),
          isWorking: event == "place", isRejected: event == "reject"))
    case "execution":
      guard let place = places[number] else { return }
      known.fill(
        BrokerBook.Execution(order: place, quantity: signed("shares"), price: money("price"), fee: money("commission")))
    case "cancelled", "inactive", "lost": if let place = places[number] { known.end(place) }
    default: return
    }
  }

  /// `AL` and 16 hexadecimal digits of the session, `-`, the number.
  private static func id(_ reference: String) -> OrderID? {
    let parts = reference.dropFirst(2).split(separator: "-")
    guard reference.hasPrefix("AL"), parts.count == 2, let session = UInt64(parts[0], radix: 16),
      let sequence = UInt64(parts[1])
    else { return nil }
    return OrderID(session: session, sequence: sequence)
  }
}

import CAlphaLoop
import Glibc
import IBKRClient
import TWSProtocol

// Speed of the client of TWS and IB Gateway on loopback; one JSON line a run.
//
//   ibkr-bench submit [ORDERS]    nanoseconds from the call of submit until a peer has read the order's bytes
//   ibkr-bench floor [MESSAGES]   the same with a bare send and a bare receiver
//   ibkr-bench ticks [SECONDS]    processor share and memory growth at 5,000 ticks a second over 100 subscriptions

let arguments = CommandLine.arguments
let amount = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0

func stop(_ message: String) -> Never {
  let line = Array("ibkr-bench: \(message)\n".utf8)
  _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  exit(2)
}

func gateway(_ port: UInt16) -> Gateway {
  var settings = GatewaySettings()
  settings.port = port
  settings.mode = .any
  // The limit of the live gateway would be what is measured.
  settings.maxRate = 200_000
  return Gateway(settings)
}

func listing(_ symbol: String) -> Listing {
  var contract = Contract()
  contract.symbol = symbol
  contract.secType = "STK"
  contract.exchange = "SMART"
  contract.currency = "USD"
  return Listing(symbol: symbol, currency: "USD", contract: contract)
}

func submit(_ orders: Int) throws {
  guard let peer = Peer() else { stop("no port") }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { raw in
      raw.map { Unmanaged<Peer>.fromOpaque($0).takeUnretainedValue().serve() }
      return nil
    }, Unmanaged.passUnretained(peer).toOpaque())
  let client = gateway(peer.port)
  try client.start()
  client.bind([listing("AAPL")])
  _ = try client.openOrders()
  _ = try client.executions(since: 0)
  var (calls, returns) = ([Int64](), [Int64]())
  for number in 0..<orders {
    var row = al_order_v1()
    row.id = al_order_id_v1(session: 0x1234_5678_9abc_def0, sequence: UInt64(number + 1))
    row.type = AL_ORDER_LIMIT
    row.quantity = 100 * AL_UNIT
    row.limit_price = 18_525_000_000 + Int64(number % 100) * 1_000_000
    var ack = al_ack_v1()
    calls.append(Peer.now())
    try withUnsafePointer(to: row) { order in
      try withUnsafeMutablePointer(to: &ack) {
        try client.submit(
          UnsafeBufferPointer(start: order, count: 1), UnsafeMutableBufferPointer(start: $0, count: 1))
      }
    }
    returns.append(Peer.now())
    guard ack.status == AL_AGAIN else { stop("order \(number) was refused with \(ack.status)") }
    usleep(500)
  }
  usleep(200_000)
  client.stop()
  pthread_join(thread, nil)
  guard peer.arrivals.count == orders else { stop("\(peer.arrivals.count) of \(orders) orders came") }
  let whole = zip(peer.arrivals, calls).map { $0 - $1 }.sorted()
  let own = zip(returns, calls).map { $0 - $1 }.sorted()
  func at(_ list: [Int64], _ share: Double) -> Double { Double(list[Int(Double(list.count - 1) * share)]) / 1000 }
  print(
    "{\"bench\":\"ibkr submit\",\"orders\":\(orders),\"to_bytes_p50_us\":\(at(whole, 0.5)),"
      + "\"to_bytes_p99_us\":\(at(whole, 0.99)),\"call_p50_us\":\(at(own, 0.5)),\"call_p99_us\":\(at(own, 0.99))}")
}

/// What the system alone needs: the same bytes by a bare send to a bare receiver.
func floor(_ messages: Int) {
  guard let peer = Peer() else { stop("no port") }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { raw in
      raw.map { Unmanaged<Peer>.fromOpaque($0).takeUnretainedValue().receive(size: 420) }
      return nil
    }, Unmanaged.passUnretained(peer).toOpaque())
  let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = peer.port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  let isMade = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  guard isMade else { stop("no connection") }
  var one: Int32 = 1
  setsockopt(made, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  let bytes = [UInt8](repeating: 65, count: 420)
  var calls: [Int64] = []
  for _ in 0..<messages {
    calls.append(Peer.now())
    _ = bytes.withUnsafeBytes { send(made, $0.baseAddress, $0.count, 0) }
    usleep(500)
  }
  usleep(100_000)
  close(made)
  pthread_join(thread, nil)
  let whole = zip(peer.arrivals, calls).map { $0 - $1 }.sorted()
  guard whole.count == messages else { stop("\(whole.count) of \(messages) messages came") }
  print(
    "{\"bench\":\"ibkr floor\",\"messages\":\(messages),\"to_bytes_p50_us\":\(Double(whole[messages / 2]) / 1000),"
      + "\"to_bytes_p99_us\":\(Double(whole[messages * 99 / 100]) / 1000)}")
}

/// Bytes of memory that are in use.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, 128, file) != nil else { return 0 }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

func processorSeconds() -> Double {
  var usage = rusage()
  getrusage(0, &usage)  // of this process, without its children
  let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
  return user + Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
}

/// Starts this program as the gateway, so that its work is not counted; the port comes through a pipe.
func spawnPeer() -> (process: pid_t, port: UInt16) {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { stop("no pipe") }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
  var process = pid_t()
  let words: [UnsafeMutablePointer<CChar>?] = [strdup(arguments[0]), strdup("peer"), nil]
  guard posix_spawn(&process, "/proc/self/exe", &actions, nil, words, environ) == 0 else { stop("no peer") }
  close(ends[1])
  var text = [UInt8](repeating: 0, count: 16)
  let count = read(ends[0], &text, 16)
  let digits = String(decoding: text.prefix(max(0, count)).filter { $0 != 10 }, as: UTF8.self)
  guard let port = UInt16(digits) else { stop("no port from the peer") }
  return (process, port)
}

final class Counter: @unchecked Sendable {
  var builder = QuoteBuilder(magnifier: 1, lot: 1)
  var quotes = 0
  func take(_ event: DataStream.Event) {
    switch event {
    case .message(let response): builder.take(response, now: Peer.now())
    case .pause: if builder.takeQuote() != nil { quotes += 1 }
    default: break
    }
  }
}

func ticks(_ seconds: Int) throws {
  let (process, port) = spawnPeer()
  defer { kill(process, SIGTERM) }
  let client = gateway(port)
  try client.start()
  let counters = (0..<100).map { _ in Counter() }
  for (index, counter) in counters.enumerated() {
    _ = client.subscribe(.marketData(listing("S\(index)").contract, MarketDataQuery()), counter.take)
  }
  sleep(2)
  let (memory, processor, time) = (residentBytes(), processorSeconds(), Peer.now())
  sleep(UInt32(seconds))
  let wall = Double(Peer.now() - time) / 1e9
  let share = (processorSeconds() - processor) / wall
  let growth = Double(residentBytes() - memory) / 1024
  client.stop()
  let quotes = counters.reduce(0) { $0 + $1.quotes }
  print(
    "{\"bench\":\"ibkr ticks\",\"seconds\":\(seconds),\"quotes\":\(quotes),\"processor_share\":\(share),"
      + "\"growth_kib\":\(growth)}")
}

do {
  switch arguments.dropFirst().first {
  case "submit": try submit(amount > 0 ? amount : 2_000)
  case "floor": floor(amount > 0 ? amount : 2_000)
  case "ticks": try ticks(amount > 0 ? amount : 10)
  case "peer":
    guard let peer = Peer() else { stop("no port") }
    let line = Array("\(peer.port)\n".utf8)
    _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    peer.serve(ticks: 5_000, subscriptions: 100)
  default: stop("submit [ORDERS] | floor [MESSAGES] | ticks [SECONDS]")
  }
} catch { stop("\(error)") }

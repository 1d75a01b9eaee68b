import AlphaLoopCore
import AlphaLoopRuntime
import Glibc
import PluginProbe

/// The fixture exchange `broker.desk`: its book is a file (`Tests/Fixtures/plugins/desk_book.h`). The market fills what
/// works in parts and late, and the exchange changes how it answers as orders come.
final class DeskExchange: Counterparty {
  private let path: String
  private let plugin: String
  private let seed: UInt64
  private var size: Int64 = -1
  private var known = BrokerBook()
  private var numbers: [Int64] = []
  private var due: [Int: Plan] = [:]
  private var moods = 0
  private(set) var lastMove = 0.0

  /// What the market does to an order that works.
  private struct Plan {
    /// Parts that are left to fill; the last one takes all that is left.
    var parts: Int
    var leaves: Bool
    var next: Double
  }

  init(folder: String, plugin: String, seed: UInt64) {
    path = "\(folder)/exchange"
    self.plugin = plugin
    self.seed = seed
  }

  var library: String { "{id: desk, path: \(plugin), isolation: none}" }
  var line: String? { path }
  let pace = 0.003
  let days = 85
  let times = "settle_after: 30ms, retry_after: 10ms, reconcile_every: 50ms"
  var broker: String {
    "{plugin: broker.desk, answer_timeout: 1h, parameters: {book: \(path), account: DU1, price: 100, "
      + "answer: again, fill: partial}}"
  }

  var orders: Int { known.orders.count }

  func close() {}

  // MARK: the market

  func step() throws {
    var info = stat()
    guard stat(path, &info) == 0 else { return }
    if Int64(info.st_size) != size { try read() }
    let now = monotonic()
    for (index, order) in known.orders.enumerated() where order.isWorking && due[index] == nil {
      var random = SeededRandom(seed: seed ^ UInt64(index) &* 0x9e37_79b9)
      let kind = random.next() % 8
      due[index] = Plan(parts: kind < 4 ? 1 : kind < 7 ? 2 : 1, leaves: kind == 7 || kind == 3, next: now + 0.003)
    }
    var lines = ""
    for (index, plan) in due where plan.parts > 0 && plan.next <= now && known.orders[index].isWorking {
      let order = known.orders[index]
      let rest = order.quantity - order.filled
      let isLast = plan.parts == 1 && !plan.leaves
      let quantity = isLast ? rest : rest / fixedPointScale / 2 * fixedPointScale
      due[index]?.parts -= 1
      due[index]?.next = now + 0.005
      guard quantity != 0 else { continue }
      let price = 100 * fixedPointScale + Int64(index % 7) * 1_000_000
      let execution = String(index * 16 + plan.parts, radix: 16)
      lines += "fill \(numbers[index]) f111 \(execution) \(quantity) \(price) 35000000 \(wall())\n"
    }
    lines += mood()
    if !lines.isEmpty { try append(lines) }
  }

  /// Every few orders it answers in another way.
  private func mood() -> String {
    guard known.orders.count / 4 > moods else { return "" }
    moods = known.orders.count / 4
    let answers = ["again", "ack", "timeout", "never"]
    let fills = ["partial", "none", "immediate"]
    // Never at once: an answer that says "cancelled" would overtake the fills before it, which are pushed.
    let cancels = ["again", "never", "timeout"]
    var lines = "set answer \(answers[moods % 4])\nset fill \(fills[moods % 3])\nset cancel \(cancels[moods / 2 % 3])\n"
    lines += "set duplicates \(moods % 2 == 0 ? "on" : "off")\n"
    if moods == 1 { lines += "set reject_every 7\nset lose_every 11\n" }
    return lines
  }

  /// Under the lock, and only where the order still works.
  private func append(_ lines: String) throws {
    let fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard fd >= 0 else { throw Failure("\(path): \(errorText())") }
    defer { Glibc.close(fd) }
    guard flock(fd, LOCK_EX) == 0 else { throw Failure("\(path): \(errorText())") }
    try read()
    let kept = lines.split(separator: "\n").filter { line in
      let words = line.split(separator: " ")
      guard words[0] == "fill", let bid = Int64(words[1]), let index = numbers.firstIndex(of: bid) else { return true }
      let order = known.orders[index]
      let quantity = Int64(words[4]) ?? 0
      return order.isWorking && quantity.magnitude <= (order.quantity - order.filled).magnitude
    }
    let bytes = Array(kept.map { $0 + "\n" }.joined().utf8)
    guard Glibc.write(fd, bytes, bytes.count) == bytes.count else { throw Failure("\(path): \(errorText())") }
    lastMove = monotonic()
  }

  private func wall() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  // MARK: the book

  func book() throws -> BrokerBook {
    try read()
    return known
  }

  private func read() throws {
    guard let bytes = readFile(path) else { throw Failure("\(path): \(errorText())") }
    size = Int64(bytes.count)
    var book = BrokerBook()
    numbers = []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      enter(line.split(separator: " ").map(String.init), &book)
    }
    known = book
  }

  private func enter(_ words: [String], _ book: inout BrokerBook) {
    func number(_ i: Int) -> Int64 { i < words.count ? Int64(words[i]) ?? 0 : 0 }
    func hexadecimal(_ i: Int) -> UInt64 { i < words.count ? UInt64(words[i], radix: 16) ?? 0 : 0 }
    let index = numbers.firstIndex(of: number(1))
    switch words.first {
    case "cash": book.cash += number(1)
    case "order", "reject", "lost":
      let id = OrderID(session: hexadecimal(2), sequence: UInt64(clamping: number(3)))
      numbers.append(number(1))
      let isWorking = words[0] == "order"
      book.add(
        BrokerBook.Order(
          id: id.session == 0 ? nil : id, symbol: words[4], quantity: number(5), isWorking: isWorking,
          isReceived: words[0] != "lost", isRejected: words[0] == "reject"))
    case "again": book.addRepeat(OrderID(session: hexadecimal(1), sequence: UInt64(clamping: number(2))))
    case "fill":
      guard let index else { return }
      book.fill(
        BrokerBook.Execution(
          order: index, quantity: number(4), price: number(5), fee: number(6)))
    case "cancel", "expire": if let index { book.end(index) }
    default: return
    }
  }
}

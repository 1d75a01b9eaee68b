import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// The book of the fixture exchange `broker.desk` (`Tests/Fixtures/plugins/desk_broker.c`), read from its lines and added to as
/// the exchange itself would. Quantities and prices are whole units here, 1e-8 in the file.
struct DeskBook {
  let path: String

  enum State: String { case working, filled, cancelled, rejected, expired, lost }

  struct Order: Equatable {
    var bid: Int64
    /// 0: of others.
    var session: UInt64
    var sequence: UInt64
    var symbol: String
    var quantity: Double
    var filled: Double = 0
    var limit: Double
    var state: State
    var reference: String
    /// How often its id came again.
    var repeats = 0
    var isOurs: Bool { session != 0 }
  }

  struct Fill: Equatable {
    var bid: Int64
    var quantity: Double
    var price: Double
  }

  /// Everything that the lines add up to.
  struct Contents {
    /// Every order that was sent, lost ones too.
    var orders: [Order] = []
    var fills: [Fill] = []
    var positions: [String: Double] = [:]
    var cancelsAsked = 0

    func order(_ session: UInt64, _ sequence: UInt64) -> Order? {
      orders.first { $0.session == session && $0.sequence == sequence && $0.state != .lost }
    }
    var working: [Order] { orders.filter { $0.state == .working } }
    var ours: [Order] { orders.filter(\.isOurs) }
  }

  private static let unit = Double(AL_UNIT)

  /// `Tests/Fixtures/plugins/desk_broker.c`, compiled.
  static func library() throws -> String { try WorkerFixture.library("desk_broker") }

  // MARK: reading

  var lines: [String] {
    (readFile(path).map { String(decoding: $0, as: UTF8.self) } ?? "").split(separator: "\n").map(String.init)
  }

  func contents() -> Contents {
    var contents = Contents()
    for line in lines { Self.fold(line.split(separator: " ").map(String.init), &contents) }
    return contents
  }

  private static func fold(_ words: [String], _ all: inout Contents) {
    func number(_ i: Int) -> Double { i < words.count ? (Double(words[i]) ?? 0) / unit : 0 }
    let bid = words.count > 1 ? Int64(words[1]) ?? 0 : 0
    let index = all.orders.firstIndex { $0.bid == bid }
    switch words.first {
    case "order", "reject", "lost":
      guard words.count > 12 else { return }
      let states: [String: State] = ["order": .working, "reject": .rejected, "lost": .lost]
      all.orders.append(
        Order(
          bid: bid, session: UInt64(words[2], radix: 16) ?? 0, sequence: UInt64(words[3]) ?? 0, symbol: words[4],
          quantity: number(5), limit: number(7), state: states[words[0]] ?? .lost, reference: words[12]))
    case "again":
      let session = UInt64(words[1], radix: 16)
      if let i = all.orders.firstIndex(where: { $0.session == session && String($0.sequence) == words[2] }) {
        all.orders[i].repeats += 1
      }
    case "fill":
      guard let index else { return }
      all.fills.append(Fill(bid: bid, quantity: number(4), price: number(5)))
      all.orders[index].filled += number(4)
      all.positions[all.orders[index].symbol, default: 0] += number(4)
      if all.orders[index].filled == all.orders[index].quantity, all.orders[index].state == .working {
        all.orders[index].state = .filled
      }
    case "position": all.positions[words[1], default: 0] += number(2)
    case "asked": all.cancelsAsked += 1
    case "cancel", "expire":
      guard let index, all.orders[index].state == .working else { return }
      all.orders[index].state = words[0] == "cancel" ? .cancelled : .expired
    case "replace":
      guard let index, all.orders[index].state == .working else { return }
      all.orders[index].quantity = number(2)
      all.orders[index].limit = number(3)
    default: return
    }
  }

  // MARK: writing

  /// Adds what `make` says of the book as it stands; nothing else is written meanwhile.
  func append(_ make: (Contents) -> [String]) throws {
    let fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    try #require(fd >= 0, "\(path): \(errorText())")
    defer { close(fd) }
    try #require(flock(fd, LOCK_EX) == 0)
    let bytes = Array(make(contents()).map { $0 + "\n" }.joined().utf8)
    let written = bytes.withUnsafeBytes { write(fd, $0.baseAddress, $0.count) }
    try #require(written == bytes.count)
  }

  /// How it behaves from here on; keys and values as `desk_broker.c` says.
  func set(_ key: String, _ value: String) throws { try append { _ in ["set \(key) \(value)"] } }

  private static func raw(_ value: Double) -> Int64 { Int64((value * unit).rounded()) }
  private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }

  /// Executes a part of a working order, or all that is left of it; whoever is connected hears of it.
  func fill(_ session: UInt64, _ sequence: UInt64, quantity: Double? = nil, price: Double = 100) throws {
    try append { all in
      guard let order = all.order(session, sequence), order.state == .working else { return [] }
      let part = quantity ?? order.quantity - order.filled
      return [
        "fill \(order.bid) de5c \(String(all.fills.count + 1, radix: 16)) \(Self.raw(part)) \(Self.raw(price)) 0 \(Self.now)"
      ]
    }
  }

  /// Another's order, working.
  func addOrderOfOthers(_ symbol: String, quantity: Double, limit: Double, reference: String = "MANUAL") throws {
    try append { all in
      [
        "order \(1001 + all.orders.count) 0 0 \(symbol) \(Self.raw(quantity)) 1 \(Self.raw(limit)) 0 1 \(Self.now) ack "
          + reference
      ]
    }
  }

  func addPosition(_ symbol: String, quantity: Double, cost: Double = 100) throws {
    try append { _ in ["position \(symbol) \(Self.raw(quantity)) \(Self.raw(cost))"] }
  }

  func addCash(_ amount: Double) throws { try append { _ in ["cash \(Self.raw(amount))"] } }

  func setPrice(_ symbol: String, _ price: Double) throws { try append { _ in ["price \(symbol) \(Self.raw(price))"] } }

  /// The exchange cancels by itself.
  func cancel(_ session: UInt64, _ sequence: UInt64) throws {
    try append { all in all.order(session, sequence).map { ["cancel \($0.bid) \(Self.now)"] } ?? [] }
  }

  /// - Parameters:
  ///   - layer: `AL_LAYER_*`.
  ///   - state: `AL_CONNECTION_*`.
  ///   - code: the broker's own number, as 1100.
  func connection(_ layer: Int64, _ state: UInt32, code: Int64 = 0) throws {
    try append { _ in ["connection \(layer) \(state) \(code) weather"] }
  }
}

/// A connection to the fixture exchange, as a host makes one.
final class DeskConnection {
  let instance: LoadedInstance
  private let table: UnsafePointer<al_broker_v1>
  private let heard = Heard()
  private let memory = HeapInputMemory()
  private let feed = UnsafeMutablePointer<al_report_feed_v1>.allocate(capacity: 1)

  init(_ book: String, symbols: [String] = ["AAA", "BBB"], parameters: [PluginParameter] = []) throws {
    let defaults = [
      PluginParameter("account", .text("DU1")), PluginParameter("answer", .text("again")),
      PluginParameter("book", .text(book)),
      PluginParameter("cancel", .text("again")), PluginParameter("cash", .number(1_000_000)),
      PluginParameter("client", .integer(1)), PluginParameter("fill", .text("immediate")),
      PluginParameter("price", .number(100)),
    ]
    let resolved = defaults.map { d in parameters.first { $0.name == d.name } ?? d }
    instance = try LoadedInstance(
      LoadedLibrary.load(DeskBook.library()), id: "broker.desk", name: "desk", parameters: resolved, inputs: 0,
      services: HostServices(mode: AL_MODE_PAPER, seed: 1))
    table = try #require(try instance.table(AL_INTERFACE_BROKER, al_broker_v1.self))
    let instruments = symbols.map { Instrument(symbol: $0) }
    let universe = BoundUniverse(Array(0..<UInt32(symbols.count)), of: instruments, memory: memory)
    feed.initialize(
      to: al_report_feed_v1(
        size: UInt32(MemoryLayout<al_report_feed_v1>.size), reserved: 0,
        ctx: Unmanaged.passUnretained(heard).toOpaque(),
        push: { ctx, rows, n in
          guard let ctx, let rows else { return AL_E_ARGUMENT }
          let heard = Unmanaged<Heard>.fromOpaque(ctx).takeUnretainedValue()
          heard.add((0..<Int(n)).map { Report(rows[$0]) })
          return AL_OK
        }))
    if let failure = check("desk", "bind", { table.pointee.bind(instance.context, universe.table, feed, $0) }) {
      throw failure
    }
    try instance.start()
  }

  deinit {
    instance.destroy()
    feed.deallocate()
  }

  struct Report {
    var row: al_report_v1
    var text: String
    var execution: [UInt64]
    init(_ row: al_report_v1) {
      self.row = row
      text = String(copying: al_str_v1(ptr: row.text, len: UInt64(row.text_len)))
      execution = [row.execution.0, row.execution.1]
    }
    var quantity: Double { Double(row.quantity) / Double(AL_UNIT) }
  }

  private final class Heard: @unchecked Sendable {
    private let lock = NSLock()
    private var reports: [Report] = []
    func add(_ more: [Report]) { lock.withLock { reports += more } }
    var all: [Report] { lock.withLock { reports } }
  }

  var reports: [Report] { heard.all }
  func kinds(_ sequence: UInt64) -> [UInt16] { reports.filter { $0.row.id.sequence == sequence }.map(\.row.kind) }

  /// False when it does not come true within 5 s.
  func wait(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1000 {
      if condition() { return true }
      usleep(5000)
    }
    return false
  }

  func waitForConnection() -> Bool {
    wait { reports.contains { $0.row.kind == AL_REPORT_CONNECTION && $0.row.broker_id == AL_LAYER_SUBSCRIPTION } }
  }

  static let session: UInt64 = 0xA1

  /// A limit order at 99.
  func submit(_ sequence: UInt64, _ units: Int64, instrument: UInt32 = 0) throws -> al_ack_v1 {
    var order = al_order_v1()
    order.id = al_order_id_v1(session: Self.session, sequence: sequence)
    order.instrument = instrument
    order.type = AL_ORDER_LIMIT
    order.limit_price = 99 * AL_UNIT
    order.quantity = units * AL_UNIT
    var ack = al_ack_v1()
    if let failure = check("desk", "submit", { table.pointee.submit(instance.context, &order, 1, &ack, $0) }) {
      throw failure
    }
    return ack
  }

  func cancel(_ session: UInt64, _ sequence: UInt64) throws -> al_ack_v1 {
    var id = al_order_id_v1(session: session, sequence: sequence)
    var ack = al_ack_v1()
    if let failure = check("desk", "cancel", { table.pointee.cancel(instance.context, &id, 1, &ack, $0) }) {
      throw failure
    }
    return ack
  }

  func openOrders() throws -> [Report] {
    try asked("open_orders") { table.pointee.open_orders(instance.context, $0, $1) }
  }

  func executions() throws -> [Report] {
    try asked("executions") { table.pointee.executions(instance.context, 0, $0, $1) }
  }

  private func asked(
    _ what: String, _ call: (UnsafeMutablePointer<al_reports_v1>, UnsafeMutablePointer<al_error_v1>) -> al_status
  ) throws -> [Report] {
    var rows = [al_report_v1](repeating: al_report_v1(), count: 64)
    return try rows.withUnsafeMutableBufferPointer { buffer in
      var out = al_reports_v1(
        size: UInt32(MemoryLayout<al_reports_v1>.size), cap: 64, len: 0, needed: 0, rows: buffer.baseAddress)
      if let failure = check("desk", what, { call(&out, $0) }) { throw failure }
      return buffer.prefix(Int(out.len)).map { Report($0) }
    }
  }

  func positions() throws -> [String: Double] {
    var rows = [al_holding_v1](repeating: al_holding_v1(), count: 64)
    return try rows.withUnsafeMutableBufferPointer { buffer in
      var out = al_holdings_v1(
        size: UInt32(MemoryLayout<al_holdings_v1>.size), cap: 64, len: 0, needed: 0, rows: buffer.baseAddress)
      if let failure = check("desk", "positions", { table.pointee.positions(instance.context, &out, $0) }) {
        throw failure
      }
      return Dictionary(
        buffer.prefix(Int(out.len)).map { (String(copying: $0.symbol), Double($0.quantity) / Double(AL_UNIT)) },
        uniquingKeysWith: +)
    }
  }

  func account() throws -> al_account_v1 {
    var account = al_account_v1()
    account.size = UInt32(MemoryLayout<al_account_v1>.size)
    if let failure = check("desk", "account", { table.pointee.account(instance.context, &account, $0) }) {
      throw failure
    }
    return account
  }
}

import CAlphaLoop
import Foundation
import TWSProtocol

@testable import IBKRClient

/// A report as a test reads it.
struct SeenReport: Equatable {
  var kind: UInt16
  var id: OrderKey
  var brokerId: Int64
  var execution: [UInt64]
  var quantity: Int64
  var price: Int64
  var fee: Int64
  var remaining: Int64
  var instrument: UInt32
  var code: Int32
  var text: String

  init(_ row: al_report_v1) {
    kind = row.kind
    id = OrderKey(row.id)
    brokerId = row.broker_id
    execution = [row.execution.0, row.execution.1]
    quantity = row.quantity
    price = row.price
    fee = row.fee
    remaining = row.remaining
    instrument = row.instrument
    code = row.code
    text = String(
      decoding: UnsafeRawBufferPointer(start: row.text, count: row.text == nil ? 0 : Int(row.text_len)), as: UTF8.self)
  }
}

/// What was pushed to the host.
final class Inbox: @unchecked Sendable {
  private let lock = NSLock()
  private var rows: [SeenReport] = []

  func push(_ reports: UnsafeBufferPointer<al_report_v1>) {
    let seen = reports.map(SeenReport.init)
    lock.withLock { rows += seen }
  }

  var all: [SeenReport] { lock.withLock { rows } }
  func all(_ kind: UInt16) -> [SeenReport] { all.filter { $0.kind == kind } }
  func states(_ layer: Int64) -> [Int32] { all(AL_REPORT_CONNECTION).filter { $0.brokerId == layer }.map(\.code) }
  func clear() { lock.withLock { rows.removeAll() } }
}

/// A client with one instrument or more, connected to a scripted gateway.
final class GatewayFixture {
  let server: ScriptedGateway
  let gateway: Gateway
  let inbox = Inbox()

  static func settings(_ port: UInt16) -> GatewaySettings {
    var settings = GatewaySettings()
    settings.port = port
    settings.clientId = 7
    settings.stepTimeout = 2
    settings.requestTimeout = 2
    settings.firstBackoff = 0.05
    settings.longestBackoff = 0.2
    settings.clientIdPause = 0.1
    settings.clientIdWait = 2
    settings.executionPatience = 0.2
    return settings
  }

  init(
    symbols: [String] = ["AAPL"], time: TimeSource = .system, isReconciled: Bool = true,
    _ change: (inout GatewaySettings) -> Void = { _ in }, answers: @escaping ScriptedGateway.Answers = { _, _ in [] }
  ) throws {
    server = try ScriptedGateway(answers)
    var settings = GatewayFixture.settings(server.port)
    change(&settings)
    gateway = Gateway(settings, time: time, seed: 1)
    do { try gateway.start() } catch {
      server.stop()
      throw error
    }
    gateway.bind(symbols.map(GatewayFixture.listing))
    gateway.awaitContracts(timeout: 2)
    gateway.deliver { [inbox] in inbox.push($0) }
    if isReconciled { try reconcile() }
  }

  deinit {
    gateway.stop()
    server.stop()
  }

  static func listing(_ symbol: String) -> Listing {
    var contract = Contract()
    contract.symbol = symbol
    contract.secType = "STK"
    contract.exchange = "SMART"
    contract.currency = "USD"
    return Listing(symbol: symbol, currency: "USD", contract: contract)
  }

  func reconcile() throws {
    _ = try gateway.openOrders()
    _ = try gateway.executions(since: 0)
  }

  func submit(_ orders: al_order_v1...) throws -> [al_ack_v1] {
    var acks = [al_ack_v1](repeating: al_ack_v1(), count: orders.count)
    try orders.withUnsafeBufferPointer { rows in
      try acks.withUnsafeMutableBufferPointer { try gateway.submit(rows, $0) }
    }
    return acks
  }

  func replace(_ order: al_order_v1) throws -> al_ack_v1 {
    var ack = al_ack_v1()
    try withUnsafePointer(to: order) { row in
      try withUnsafeMutablePointer(to: &ack) {
        try gateway.replace(
          UnsafeBufferPointer(start: row, count: 1), UnsafeMutableBufferPointer(start: $0, count: 1))
      }
    }
    return ack
  }

  func cancel(_ sequence: UInt64) throws -> al_ack_v1 {
    var ack = al_ack_v1()
    let id = GatewayFixture.id(sequence)
    try withUnsafePointer(to: id) { row in
      try withUnsafeMutablePointer(to: &ack) {
        try gateway.cancel(UnsafeBufferPointer(start: row, count: 1), UnsafeMutableBufferPointer(start: $0, count: 1))
      }
    }
    return ack
  }

  static let session: UInt64 = 0x0123_4567_89ab_cdef
  static func id(_ sequence: UInt64) -> al_order_id_v1 { al_order_id_v1(session: session, sequence: sequence) }
  static func reference(_ sequence: UInt64) -> String { "AL0123456789abcdef-\(sequence)" }

  /// A limit order over 100 at 185.25 by default.
  static func order(
    _ sequence: UInt64, quantity: Int64 = 100, limit: Double = 185.25, type: UInt8 = AL_ORDER_LIMIT
  ) -> al_order_v1 {
    var row = al_order_v1()
    row.id = id(sequence)
    row.type = type
    row.quantity = quantity * AL_UNIT
    row.limit_price = Int64((limit * 1e8).rounded())
    return row
  }
}

/// Messages of the gateway about one order, at server version 200.
enum GatewayMessages {
  static func status(
    _ orderId: Int, _ status: String, filled: Int = 0, remaining: Int = 100, permId: Int64 = 5001, client: Int = 7
  ) -> [String] {
    [
      "3", "\(orderId)", status, "\(filled)", "\(remaining)", "0.0", "\(permId)", "0", "0.0", "\(client)", "", "0.0",
    ]
  }

  static func execution(
    _ orderId: Int, _ execId: String, shares: Int = 100, price: Double = 185.25, sequence: UInt64?,
    side: String = "BOT",
    permId: Int64 = 5001, request: String = "-1", client: Int = 7, time: String = "20261124 10:00:00 US/Eastern"
  ) -> [String] {
    [
      "11", request, "\(orderId)", "265598", "AAPL", "STK", "", "0.0", "", "", "SMART", "USD", "AAPL", "NMS", execId,
      time, "DU1234567", "ISLAND", side, "\(shares)", "\(price)", "\(permId)", "\(client)", "0", "\(shares)",
      "\(price)",
      sequence.map(GatewayFixture.reference) ?? "", "", "", "", "2", "0", "",
    ]
  }

  static func commission(_ execId: String, _ amount: String = "1.05") -> [String] {
    ["59", "1", execId, amount, "USD", "1.7976931348623157E308", "1.7976931348623157E308", ""]
  }

  static func error(_ id: Int, _ code: Int, _ text: String) -> [String] { ["4", "\(id)", "\(code)", text, "", "0"] }
}

import AlphaLoopSDK
import CAlphaLoop
import Glibc
import IBKRClient
import TWSProtocol

/// The parameters of the connection, which both plugins of this library have.
enum ConnectionParameters {
  static let specs: [ParameterSpec] = [
    .text("host", default: "127.0.0.1", "Where TWS or IB Gateway runs; IBKR_HOST in the environment wins"),
    .integer(
      "port", default: 0, in: 0...65535, "0: 7497 paper, 7496 live (IB Gateway: 4002, 4001); IBKR_PORT wins"),
    .integer(
      "client_id", default: 1, in: 0...2_147_483_646,
      "Kept for ever: orders of another id can be seen but not changed; IBKR_CLIENT_ID wins"),
    .text("account", default: "", "The account to trade, such as DU1234567; empty: the first one reported"),
    .number("down_after", default: 60, in: 1...86_400, "Seconds of a lost connection after which an alarm is raised"),
    .number(
      "silence", default: 30, in: 1...3600, "Seconds without a message after which the gateway is asked for its time"),
    .number("request_timeout", default: 15, in: 1...600, "Seconds to wait for a whole answer"),
    .number("step_timeout", default: 10, in: 1...120, "Seconds to wait for each step of connecting"),
    .number(
      "client_id_wait", default: 20, in: 0...600, "Seconds that the start waits for a client id that is still in use"),
    .number(
      "stream_silence", default: 60, in: 1...3600,
      "Seconds after which a stream that does not resume behind a restored link is asked for again"),
    .integer("max_rate", default: 45, in: 4...49, "Messages a second; the gateway ends connections at 50"),
    .text("login_zone", default: "America/New_York", "Zone of the gateway's times that name none"),
    .path("state_folder", default: "", "Keeps the highest order id over restarts; empty: not kept"),
    .flag("sizes_in_lots", default: false, "The gateway sends sizes of US stocks in lots of 100"),
    .json("reset_windows", schema: resetSchema),
    .json("symbols", schema: symbolSchema),
  ]

  private static let resetSchema =
    "{\"type\":\"array\",\"default\":[],\"description\":\"When the broker resets its servers: nothing new is sent from a "
    + "minute before\",\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"days\",\"from\","
    + "\"to\",\"zone\"],\"properties\":{\"days\":{\"type\":\"array\",\"items\":{\"enum\":[\"Sun\",\"Mon\",\"Tue\","
    + "\"Wed\",\"Thu\",\"Fri\",\"Sat\"]}},\"from\":{\"type\":\"string\",\"description\":\"00:15\"},"
    + "\"to\":{\"type\":\"string\",\"description\":\"01:45; at or before from: on the next day\"},"
    + "\"zone\":{\"type\":\"string\",\"description\":\"America/New_York\"}}}}"

  private static let symbolSchema =
    "{\"type\":\"array\",\"default\":[],\"description\":\"Contracts of symbols that are no plain US stock; what is left "
    + "out is taken from the instrument\",\"items\":{\"type\":\"object\",\"additionalProperties\":false,"
    + "\"required\":[\"symbol\"],\"properties\":{\"symbol\":{\"type\":\"string\"},"
    + "\"conId\":{\"type\":\"integer\"},"
    + ContractOverride.texts.map { "\"\($0)\":{\"type\":\"string\"}" }.joined(separator: ",")
    + ",\"strike\":{\"type\":\"number\"}}}}"

  static func settings(_ setup: Setup) throws(PluginError) -> GatewaySettings {
    let p = setup.parameters
    var s = GatewaySettings()
    switch setup.host.mode {
    case AL_MODE_LIVE: s.mode = .live
    case AL_MODE_PAPER: s.mode = .paper
    default: s.mode = .any
    }
    s.host = try p.text("host")
    if let host = environment("IBKR_HOST") { s.host = host }
    var port = try p.integer("port")
    if let stated = try number("IBKR_PORT", in: 1...65535) { port = stated }
    s.port = UInt16(clamping: port == 0 ? (s.mode == .live ? 7496 : 7497) : port)
    s.clientId = Int32(clamping: try p.integer("client_id"))
    if let id = try number("IBKR_CLIENT_ID", in: 0...2_147_483_646) { s.clientId = Int32(clamping: id) }
    s.account = try p.text("account")
    s.downAfter = try p.number("down_after")
    s.silence = try p.number("silence")
    s.requestTimeout = try p.number("request_timeout")
    s.stepTimeout = try p.number("step_timeout")
    s.clientIdWait = try p.number("client_id_wait")
    s.streamSilence = try p.number("stream_silence")
    s.maxRate = try p.integer("max_rate")
    s.stateFolder = try p.text("state_folder")
    s.sizesInLots = try p.flag("sizes_in_lots")
    s.loginZone = try p.text("login_zone")
    guard TimeZoneTable(s.loginZone) != nil else {
      throw .configuration("login_zone: there is no time zone \"\(s.loginZone)\"")
    }
    for index in 0..<p.count("reset_windows") { s.resetWindows.append(try window(p, index)) }
    do throws(IBKRError) { try s.checkPort() } catch { throw .configuration(error.message) }
    return s
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  private static func number(_ name: String, in range: ClosedRange<Int>) throws(PluginError) -> Int? {
    guard let text = environment(name) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw .configuration("\(name) in the environment is \"\(text)\", which is no number of \(range)")
    }
    return value
  }

  private static func window(_ p: Parameters, _ index: Int) throws(PluginError) -> ResetWindow {
    let path = "reset_windows.\(index)"
    let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    var days: Set<Int> = []
    for day in 0..<p.count("\(path).days") {
      let name = try p.text("\(path).days.\(day)")
      guard let number = names.firstIndex(of: name) else { throw .configuration("\(path): there is no day \(name)") }
      days.insert(number)
    }
    func minutes(_ name: String) throws(PluginError) -> Int {
      let text = try p.text("\(path).\(name)")
      let parts = text.split(separator: ":").compactMap { Int($0) }
      guard parts.count == 2, (0...24).contains(parts[0]), (0..<60).contains(parts[1]) else {
        throw .configuration("\(path).\(name): \"\(text)\" is not a time of day such as 00:15")
      }
      return parts[0] * 60 + parts[1]
    }
    let zone = try p.text("\(path).zone")
    guard let table = TimeZoneTable(zone) else {
      throw .configuration("\(path).zone: there is no time zone \"\(zone)\"")
    }
    return ResetWindow(days: days, from: try minutes("from"), to: try minutes("to"), zone: table)
  }
}

/// What the manifest says of a symbol's contract.
struct ContractOverride {
  static let texts = [
    "secType", "exchange", "primaryExchange", "currency", "lastTradeDateOrContractMonth", "right", "multiplier",
    "localSymbol", "tradingClass", "contractSymbol",
  ]

  private var contract = Contract()

  /// By symbol.
  static func read(_ p: Parameters) throws(PluginError) -> [String: ContractOverride] {
    var list: [String: ContractOverride] = [:]
    for index in 0..<p.count("symbols") {
      let path = "symbols.\(index)"
      var made = ContractOverride()
      if case .integer(let id)? = p.values["\(path).conId"] { made.contract.conId = Int32(clamping: id) }
      if p.values["\(path).strike"] != nil { made.contract.strike = try p.number("\(path).strike") }
      for name in texts {
        guard case .text(let value)? = p.values["\(path).\(name)"] else { continue }
        made.set(name, value)
      }
      list[try p.text("\(path).symbol")] = made
    }
    return list
  }

  private mutating func set(_ name: String, _ value: String) {
    switch name {
    case "secType": contract.secType = value
    case "exchange": contract.exchange = value
    case "primaryExchange": contract.primaryExchange = value
    case "currency": contract.currency = value
    case "lastTradeDateOrContractMonth": contract.lastTradeDateOrContractMonth = value
    case "right": contract.right = value
    case "multiplier": contract.multiplier = value
    case "localSymbol": contract.localSymbol = value
    case "tradingClass": contract.tradingClass = value
    default: contract.symbol = value
    }
  }

  /// The contract of a symbol, with the usual values where nothing is said.
  static func listing(
    _ symbol: String, currency: String, asset: UInt32, _ overrides: [String: ContractOverride]
  ) -> Listing {
    var contract = overrides[symbol]?.contract ?? Contract()
    if contract.symbol.isEmpty, contract.conId == 0 { contract.symbol = symbol }
    if contract.secType.isEmpty, contract.conId == 0 { contract.secType = secType(asset) }
    if contract.currency.isEmpty { contract.currency = currency.isEmpty ? "USD" : currency }
    if contract.exchange.isEmpty {
      contract.exchange = ["CASH": "IDEALPRO", "CRYPTO": "PAXOS"][contract.secType] ?? "SMART"
    }
    return Listing(symbol: symbol, currency: contract.currency, contract: contract)
  }

  private static func secType(_ asset: UInt32) -> String {
    switch asset {
    case AL_ASSET_INDEX: "IND"
    case AL_ASSET_FX: "CASH"
    case AL_ASSET_CRYPTO: "CRYPTO"
    case AL_ASSET_FUTURE: "FUT"
    case AL_ASSET_OPTION: "OPT"
    default: "STK"
    }
  }
}

extension PluginError {
  /// What the client says, as the host's status.
  init(_ error: IBKRError) {
    let status =
      switch error.kind {
      case .unreachable, .disconnected, .clientIdInUse: AL_E_IO
      case .version: AL_E_UNSUPPORTED
      case .account: AL_E_AUTH
      case .notReady: AL_E_STATE
      case .timedOut: AL_E_TIMEOUT
      case .refused: AL_E_REJECTED
      case .invalid: AL_E_DATA
      case .stopped: AL_E_CANCELLED
      }
    self.init(status, error.message)
  }
}

import TWSProtocol

/// Something that goes to one connection.
enum Outgoing {
  case message(Response)
  case close
}

/// The gateway without its sockets: requests and the passage of time in, messages out. Everything happens on one thread,
/// and follows from the options, the requests and their times alone.
final class Core {
  let options: GatewayOptions
  let market: Market
  let account: AccountBook
  let book: BookWriter
  var now: Int64
  var schedule = Schedule()
  /// What is to be sent, in its order.
  var outgoing: [(connection: Int, what: Outgoing)] = []
  var sessions: [Int: ClientSession] = [:]
  var weather = Weather()

  var orders: [BookOrder] = []
  /// The newest order under a client's id.
  var byClient: [ClientOrder: BookOrder] = [:]
  var highestIds: [Int32: Int32] = [:]
  var executions: [BookExecution] = []
  var triggeredGroups: Set<String> = []
  var choices: SeededStream
  /// Symbols that somebody looks at, in the order in which they were first asked for.
  var active: [Instrument] = []
  let startedAt: Int64
  /// Commands that wait for an event, and what is to be done to sockets.
  var rules: [Command] = []
  var deeds: [Deed] = []

  init(_ options: GatewayOptions, market: Market, book: BookWriter, now: Int64) {
    (self.options, self.market, self.book, self.now, startedAt) = (options, market, book, now, now)
    account = AccountBook(name: options.account, cash: options.cash)
    choices = SeededStream(options.seed, "choices")
    scheduleQuotes()
    scheduleSeconds()
    book.listener = { [unowned self] in eventHappened($0) }
  }

  // MARK: Time

  /// Carries out what is due up to a time.
  func advance(to time: Int64) {
    while let (due, work) = schedule.due(time) {
      now = max(now, due)
      work()
    }
    now = max(now, time)
  }

  func after(milliseconds: Double, _ work: @escaping () -> Void) {
    schedule.add(at: now + Int64(milliseconds * 1_000_000), work)
  }

  var seconds: Int64 { now / CivilTime.nanoseconds }

  // MARK: Messages

  func send(_ session: ClientSession, _ response: Response) {
    outgoing.append((session.number, .message(response)))
  }

  /// To every started client; with a number, to that client only.
  func broadcast(_ response: Response, to clientId: Int32? = nil) {
    for session in startedSessions where clientId == nil || session.clientId == clientId { send(session, response) }
  }

  var startedSessions: [ClientSession] {
    sessions.values.filter { $0.clientId != nil }.sorted { $0.number < $1.number }
  }

  func session(of clientId: Int32) -> ClientSession? { sessions.values.first { $0.clientId == clientId } }

  func error(_ reqId: Int32, _ code: Int32, _ text: String, json: String = "") -> Response {
    var message = ErrorMessage()
    (message.reqId, message.errorCode, message.errorString) = (reqId, code, text)
    message.advancedOrderRejectJson = json
    message.errorTime = now / 1_000_000
    return .error(message)
  }

  func fail(_ session: ClientSession, _ reqId: Int32, _ code: Int32, _ text: String) {
    send(session, error(reqId, code, text))
  }

  // MARK: Connections

  func connected(_ number: Int, _ version: ServerVersion) { sessions[number] = ClientSession(number, version) }

  func disconnected(_ number: Int) {
    guard let session = sessions.removeValue(forKey: number), let clientId = session.clientId else { return }
    book.tell("disconnect", now) { $0.put("client", clientId) }
  }

  /// One request. What a client that has not started asks for is dropped, as the real gateway drops it.
  func handle(_ request: Request, from number: Int) {
    guard let session = sessions[number] else { return }
    if case .startApi(let clientId, _) = request { return start(session, clientId) }
    guard session.clientId != nil else { return }
    switch request {
    case .placeOrder(let orderId, let contract, let order): place(session, orderId, contract, order)
    case .cancelOrder(let orderId, _): cancel(session, orderId)
    case .reqGlobalCancel: cancelAll(session)
    case .reqOpenOrders: reportOpenOrders(session, ofAll: false)
    case .reqAllOpenOrders: reportOpenOrders(session, ofAll: true)
    case .reqAutoOpenOrders: break
    case .reqExecutions(let reqId, let filter): reportExecutions(session, reqId, filter)
    case .reqCompletedOrders: reportCompletedOrders(session)
    default: handleOther(request, session)
    }
  }

  private func start(_ session: ClientSession, _ clientId: Int32) {
    if weather.occupied.contains(clientId) || self.session(of: clientId) != nil {
      // The older connection stays.
      book.tell("refuse", now) { $0.put("client", clientId) }
      send(
        session, error(-1, 326, "Unable to connect as the client id is already in use. Retry with a unique client id."))
      outgoing.append((session.number, .close))
      return
    }
    session.clientId = clientId
    book.tell("connect", now) {
      $0.put("client", clientId)
      $0.put("version", session.version.number)
    }
    var accounts = ManagedAccounts()
    accounts.accountsList = options.account + ","
    send(session, .managedAccounts(accounts))
    send(session, .nextValidId(orderId: nextId(clientId)))
    if weather.isLinkDown {
      send(
        session,
        error(
          -1, 2110, "Connectivity between Trader Workstation and server is broken. It will be restored automatically."))
    }
    for (code, text) in [
      (2104, "Market data farm connection is OK:usfarm"), (2106, "HMDS data farm connection is OK:ushmds"),
      (2158, "Sec-def data farm connection is OK:secdefnj"),
    ] {
      send(session, error(-1, Int32(code), text))
    }
    for order in orders where order.clientId == clientId && order.isOpen {
      report(order, to: session)
    }
  }

  func nextId(_ clientId: Int32) -> Int32 { (highestIds[clientId] ?? 0) + 1 }
}

/// An order as its client names it.
struct ClientOrder: Hashable {
  var clientId: Int32
  var orderId: Int32
}

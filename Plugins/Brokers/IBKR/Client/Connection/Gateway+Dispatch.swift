import CAlphaLoop
import TWSProtocol

extension Gateway {
  /// Brings one message to those whom it concerns. What cannot be read ends neither the connection nor anything else; but
  /// where it was about an order, state was lost and the host has to reconcile.
  func dispatch(_ payload: ArraySlice<UInt8>, _ version: ServerVersion) {
    let response: Response
    do throws(WireError) {
      response = try Response.decode(payload, version)
    } catch {
      let id = Response.messageId(payload).map(String.init) ?? "?"
      log(.error, "message \(id) of the gateway cannot be read: \(error)")
      if Response.losesState(payload) { reconcile("a message about an order could not be read") }
      return
    }
    switch response {
    case .tickPrice, .tickSize, .tickByTick, .tickString, .tickGeneric, .realTimeBar, .marketDepth, .marketDepthL2,
      .tickOptionComputation, .historicalDataUpdate:
      if streams.offer(response) { return }
      inquiries.offer(response)
    case .error(let error): take(error)
    case .nextValidId(let id):
      if desk.offer(nextId: id) { log(.warning, "the gateway offers order id \(id), which was used already") }
    case .unknown(let id, _): log(.info, "message \(id) of the gateway is not known and was skipped")
    default:
      book(response)
      if !streams.offer(response) { inquiries.offer(response) }
    }
  }

  private func book(_ response: Response) {
    switch response {
    case .openOrder(let open): after(desk.apply { book, now, _ in book.apply(open, now: now) })
    case .orderStatus(let status): after(desk.apply { $0.apply(status, now: $1, monotonic: $2) })
    case .execDetails(let details): after(desk.apply { $0.apply(details, now: $1, monotonic: $2) })
    case .commissionReport(let report): after(desk.apply { book, now, _ in book.apply(report, now: now) })
    case .orderBound(let permId, let client, let orderId):
      log(.info, "order \(permId) is bound to order id \(orderId) of client \(client)")
    default: break
    }
  }

  func after(_ aftermath: OrderDesk.Aftermath) {
    for note in aftermath.notes { log(.warning, note) }
    if let reason = aftermath.wantsReconciliation { reconcile(reason) }
  }

  /// The host is told that the session is up once more, upon which it reconciles; at most once in five seconds.
  func reconcile(_ reason: String) {
    link.update { state in if state.reconcileReason == nil { state.reconcileReason = reason } }
  }

  // MARK: Errors

  private func take(_ error: ErrorMessage) {
    let text = "\(error.errorCode) \(error.errorString)"
    if error.reqId >= OrderIdSource.limit {
      if error.errorCode == 10197 {
        tell(.subscription, AL_CONNECTION_DEGRADED, code: 10197, "another session of this user takes the data")
      }
      if !streamFailed(error), !inquiries.offer(.error(error)) { log(.info, "request \(error.reqId): \(text)") }
      return
    }
    if error.reqId > 0 {
      // A preview is asked for under an order id.
      if inquiries.offer(.error(error)) { return }
      var isOurs = false
      let aftermath = desk.apply { book, now, _ in isOurs = book.apply(error, now: now) }
      after(aftermath)
      if !isOurs { log(.info, "order id \(error.reqId): \(text)") }
      return
    }
    inquiries.offer(.error(error))
    takeSystem(error.errorCode, error.errorString)
  }

  private func takeSystem(_ code: Int32, _ text: String) {
    switch code {
    case 1100, 2110:
      link.update { $0.isUpstreamDown = true }
      tellSessionDown(Int64(code), text)
    case 1101, 1102:
      link.update { $0.isUpstreamDown = false }
      if link.withLock({ $0.isReady && !$0.isInWindow }) { tellSessionUp(Int64(code), text) }
      if code == 1101 { streamsDataLost() } else { streamsToVerify(text) }
    case 1300: drop("the gateway moved: \(text)", port: Gateway.port(in: text))
    case 326, 504, 507: drop("\(code) \(text)")
    case 100:
      log(.error, "the gateway counts too many messages: \(text)")
      outbox.hold()
    case 2103, 2105, 2157: tellFarm(text, code, isBroken: true)
    case 2104, 2106, 2158, 2107, 2108: tellFarm(text, code, isBroken: false)
    default: log(code >= 2100 && code < 2200 ? .info : .warning, "gateway: \(code) \(text)")
    }
  }

  /// The last number of the text that is a port.
  static func port(in text: String) -> UInt16? {
    text.split { !$0.isNumber }.compactMap { UInt16($0) }.last { $0 > 1023 }
  }

  private func drop(_ reason: String, port: UInt16? = nil) {
    link.update { state in
      state.dropReason = reason
      guard let port else { return }
      var moved = settings
      moved.port = port
      // A port of the other mode is not followed.
      if (try? moved.checkPort()) != nil { state.port = port }
    }
  }

  private func tellFarm(_ text: String, _ code: Int32, isBroken: Bool) {
    let (state, wasDown) = link.update { state in
      let wasDown = state.health.states[.farm] == AL_CONNECTION_DOWN
      return (state.health.farm(text, isBroken: isBroken), wasDown)
    }
    tell(.farm, state, code: Int64(code), text)
    if wasDown, code == 2104 || code == 2106 { streamsToVerify(text) }
  }

  // MARK: Telling the host

  func tell(_ layer: Health.Layer, _ state: UInt32, code: Int64, _ text: String, isRepeated: Bool = false) {
    link.update { link in
      guard link.health.set(layer, state, text: text, now: time.monotonic(), isRepeated: isRepeated) else { return }
      reports.add(OrderReport(layer: layer.rawValue, state: state, code: code, ts: time.wall(), text: text))
    }
  }

  func tellSessionUp(_ code: Int64, _ text: String) {
    desk.sessionUp()
    tell(.session, AL_CONNECTION_UP, code: code, text, isRepeated: true)
  }

  func tellSessionDown(_ code: Int64, _ text: String) {
    desk.sessionDown(text)
    tell(.session, AL_CONNECTION_DOWN, code: code, text)
  }

  // MARK: Chores

  /// What has to be done again and again, connected or not.
  func chores() {
    let now = time.monotonic()
    guard now - pulse.lastChores > 100_000_000 else { return }
    pulse.lastChores = now
    checkWindow()
    let overdue = link.update { $0.health.overdue(now: now, limit: .seconds(settings.downAfter)) }
    for (layer, seconds) in overdue {
      let name = layer == .socket ? "connection to \(settings.host):\(settings.port)" : "session with the broker"
      let text = "ALARM: the \(name) has been down for \(seconds) s"
      log(.error, text)
      tell(layer, AL_CONNECTION_DOWN, code: 0, text, isRepeated: true)
    }
    guard isReady else { return }
    tellReconciliation(now)
    let aftermath = desk.chores(patience: .seconds(settings.executionPatience))
    if aftermath.missesExecutions {
      log(.warning, "statuses speak of executions that have not come; asking for them")
      _ = try? post(.reqExecutions(reqId: inquiries.nextId()))
    }
    if let problem = aftermath.problem { log(.error, problem) }
    streamChores()
  }

  private func checkWindow() {
    guard !settings.resetWindows.isEmpty else { return }
    let isNow = isInWindow
    let change = link.update { state -> (isReady: Bool, isUpstreamDown: Bool)? in
      guard state.isInWindow != isNow else { return nil }
      state.isInWindow = isNow
      return (state.isReady, state.isUpstreamDown)
    }
    guard let change, change.isReady else { return }
    if isNow {
      tellSessionDown(0, "the broker resets its servers; nothing new is sent until that is over")
    } else if !change.isUpstreamDown {
      tellSessionUp(0, "the time in which the broker resets its servers is over")
      streamsToVerify("reset window")
    }
  }

  private func tellReconciliation(_ now: Int64) {
    let reason = link.update { state -> String? in
      guard let reason = state.reconcileReason, now > state.reconcileAt, state.health.isUp(.session) else { return nil }
      state.reconcileReason = nil
      state.reconcileAt = now + 5_000_000_000
      return reason
    }
    guard let reason else { return }
    tell(.session, AL_CONNECTION_UP, code: 0, "please reconcile: \(reason)", isRepeated: true)
  }
}

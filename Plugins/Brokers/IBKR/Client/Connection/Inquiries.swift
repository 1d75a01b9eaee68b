import TWSProtocol

/// Questions under way. An answer is whole only with its end marker: one that fails, or does not end in time, is an error and
/// never an empty list.
final class Inquiries: @unchecked Sendable {
  typealias Taker = @Sendable (Response) -> Bool

  typealias Ending = @Sendable (Result<Void, IBKRError>) -> Void

  private struct Question {
    var take: Taker
    /// For one that nobody waits for.
    var ending: Ending?
    var outcome: Result<Void, IBKRError>?
  }

  private enum Place: Hashable {
    case id(Int32)
    case lane(Lane)
  }

  private struct State {
    var questions: [Place: Question] = [:]
    var isOpen = false
    var nextId = OrderIdSource.limit
  }

  private let monitor = Monitor(State())
  private let time: TimeSource

  init(time: TimeSource) { self.time = time }

  /// A request id that was not used on this connection.
  func nextId() -> Int32 {
    monitor.withLock { state in
      state.nextId = state.nextId == .max ? OrderIdSource.limit : state.nextId + 1
      return state.nextId
    }
  }

  func open() { monitor.update { $0.isOpen = true } }

  /// Fails every question: no answer comes any more.
  func close(_ error: IBKRError) {
    let places = monitor.update { state in
      state.isOpen = false
      return Array(state.questions.keys)
    }
    for place in places { settle(place, .failure(error)) }
  }

  /// Asks by id without waiting; `ending` is called once, on the gateway's thread. False: there is no connection, and it is
  /// not called.
  func begin(id: Int32, take: @escaping Taker, ending: @escaping Ending, send: () -> Bool) -> Bool {
    let isOpen = monitor.update { state in
      if state.isOpen { state.questions[.id(id)] = Question(take: take, ending: ending) }
      return state.isOpen
    }
    guard isOpen else { return false }
    if send() { return true }
    monitor.update { $0.questions[.id(id)] = nil }
    return false
  }

  /// Nobody waits for this question any more.
  func forget(id: Int32) { monitor.update { $0.questions[.id(id)] = nil } }

  private func settle(_ place: Place, _ outcome: Result<Void, IBKRError>) {
    let ending: Ending? = monitor.update { state in
      guard let question = state.questions[place], question.outcome == nil else { return nil }
      guard let ending = question.ending else {
        state.questions[place]?.outcome = outcome
        return nil
      }
      state.questions[place] = nil
      return ending
    }
    ending?(outcome)
  }

  /// Asks by id and waits for the whole answer.
  ///
  /// - Parameters:
  ///   - send: puts the request on its way; false: there is no connection.
  ///   - take: gets each message of the answer on the gateway's thread; true: that was the last.
  func ask(
    id: Int32, what: String, timeout: Double, send: () throws(IBKRError) -> Bool, take: @escaping Taker
  ) throws(IBKRError) {
    try ask(.id(id), what: what, timeout: timeout, send: send, take: take)
  }

  /// The same for a question without an id; another one in its lane is waited for.
  func ask(
    lane: Lane, what: String, timeout: Double, send: () throws(IBKRError) -> Bool, take: @escaping Taker
  ) throws(IBKRError) {
    try ask(.lane(lane), what: what, timeout: timeout, send: send, take: take)
  }

  private func ask(
    _ place: Place, what: String, timeout: Double, send: () throws(IBKRError) -> Bool, take: @escaping Taker
  ) throws(IBKRError) {
    let deadline = time.monotonic() + .seconds(timeout)
    let entered: Bool? = monitor.wait(until: deadline) { state in
      guard state.isOpen else { return false }
      guard state.questions[place] == nil else { return nil }
      state.questions[place] = Question(take: take)
      return true
    }
    guard let entered else { throw IBKRError(.timedOut, "\(what): an earlier question of this kind has no answer yet") }
    guard entered else { throw IBKRError(.notReady, "\(what): there is no session") }
    defer { monitor.update { $0.questions[place] = nil } }
    guard try send() else { throw IBKRError(.notReady, "\(what): there is no session") }
    let outcome = monitor.wait(until: deadline) { $0.questions[place]?.outcome }
    switch outcome {
    case .success: return
    case .failure(var error):
      error.message = "\(what): \(error.message)"
      throw error
    case nil: throw IBKRError(.timedOut, "\(what): no whole answer within \(timeout) s")
    }
  }

  /// Gives a message to the question that it answers. False: none does.
  @discardableResult
  func offer(_ response: Response) -> Bool {
    if case .error(let error) = response { return fail(error) }
    let place: Place
    if let id = response.requestId, id >= OrderIdSource.limit {
      place = .id(id)
    } else if case .openOrder(let open) = response, open.order.whatIf {
      place = .id(open.orderId)
    } else if let lane = response.lane {
      place = .lane(lane)
    } else {
      return false
    }
    guard let question = monitor.withLock({ $0.questions[place] }), question.outcome == nil else { return false }
    guard question.take(response) else { return true }
    settle(place, .success(()))
    return true
  }

  /// Numbers that come beside an answer and do not end it.
  static func isNotice(_ code: Int32) -> Bool {
    switch code {
    case 2100...2199, 10167, 10090: true
    default: false
    }
  }

  private func fail(_ error: ErrorMessage) -> Bool {
    guard !Inquiries.isNotice(error.errorCode) else { return false }
    let failure = IBKRError(.refused, code: error.errorCode, "\(error.errorCode) \(error.errorString)")
    let places: [Place] = monitor.withLock { state in
      if error.reqId > 0 {
        return state.questions[.id(error.reqId)] == nil ? [] : [.id(error.reqId)]
      }
      // What cannot be read or is not allowed comes back without an id where the question had none.
      guard error.reqId < 0, [320, 321, 322].contains(error.errorCode) else { return [] }
      return state.questions.keys.filter { if case .lane = $0 { true } else { false } }
    }
    for place in places { settle(place, .failure(failure)) }
    return !places.isEmpty
  }
}

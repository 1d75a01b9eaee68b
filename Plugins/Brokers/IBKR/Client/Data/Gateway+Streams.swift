import CAlphaLoop
import TWSProtocol

extension Gateway {
  /// Starts a stream; it is asked for now, or as soon as there is a session, and again after every loss.
  ///
  /// - Parameters:
  ///   - handler: called on the gateway's thread; must not block.
  public func subscribe(
    _ source: DataStream.Source, _ handler: @escaping @Sendable (DataStream.Event) -> Void
  ) -> DataStream {
    let stream = DataStream(source, handler)
    streams.add(stream)
    pumpStreams()
    return stream
  }

  public func unsubscribe(_ stream: DataStream) {
    if let id = streams.remove(stream) { _ = try? post(stream.cancellation(id)) }
    tellStreams("")
  }

  // MARK: What the connection tells

  func restoreAfterConnect() {
    resolveListings()
    if let type = link.withLock({ $0.marketDataType }) { _ = try? post(.reqMarketDataType(type)) }
    pumpStreams()
  }

  func streamsLost(_ reason: String) {
    streams.lost(reason)
    tellStreams(reason)
  }

  /// 1101: the gateway forgot them all.
  func streamsDataLost() {
    for (stream, id) in streams.askAgain("1101: data lost") { _ = try? post(stream.cancellation(id)) }
    pumpStreams()
  }

  func streamsToVerify(_ text: String) {
    streams.doubt(until: time.monotonic() + .seconds(settings.streamSilence))
  }

  func streamChores() {
    streams.tick()
    for (stream, id) in streams.silent(now: time.monotonic()) {
      log(.warning, "a stream is silent behind a restored link and is asked for again")
      _ = try? post(stream.cancellation(id))
    }
    pumpStreams()
  }

  /// Asks for those that wait. The pacing of all messages spreads them; history has limits of its own.
  func pumpStreams() {
    guard isReady else { return }
    let now = time.monotonic()
    var isChanged = false
    for stream in streams.due(now: now) {
      if let key = stream.historyKey {
        let delay = history.tryEnter(key)
        guard delay == 0 else {
          streams.postpone(stream, until: now + delay)
          continue
        }
      }
      let id = inquiries.nextId()
      guard streams.asked(stream, id: id) else { continue }
      stream.handler(.asked)
      isChanged = true
      do throws(IBKRError) {
        if try !post(stream.request(id)) { streams.postpone(stream, until: now) }
      } catch { streams.fail(stream, error) }
    }
    if isChanged { tellStreams("") }
  }

  /// What an error says about a stream. False: it belongs to none.
  func streamFailed(_ error: ErrorMessage) -> Bool {
    guard let stream = streams.stream(error.reqId) else { return false }
    let text = "\(error.errorCode) \(error.errorString)"
    let now = time.monotonic()
    switch StreamVerdict(code: error.errorCode, text: error.errorString) {
    case .notice:
      log(.info, "request \(error.reqId): \(text)")
      stream.handler(.message(.error(error)))
      return true
    case .again(let seconds):
      log(.warning, "a stream ended (\(text)) and is asked for again in \(seconds) s")
      _ = try? post(stream.cancellation(error.reqId))
      stream.handler(.lost(text))
      streams.postpone(stream, until: now + .seconds(seconds))
    case .failed:
      log(.error, "a stream cannot be had: \(text)")
      streams.fail(stream, IBKRError(.refused, code: error.errorCode, text))
    }
    tellStreams(text)
    return true
  }

  /// The health of the fourth layer: all that are wanted run, some, or none.
  func tellStreams(_ reason: String) {
    let (wanted, running) = streams.counts
    guard wanted > 0 || link.withLock({ $0.health.states[.subscription] != nil }) else { return }
    let state = running == wanted ? AL_CONNECTION_UP : running == 0 ? AL_CONNECTION_DOWN : AL_CONNECTION_DEGRADED
    tell(.subscription, state, code: 0, "\(running) of \(wanted) streams run\(reason.isEmpty ? "" : ": \(reason)")")
  }

  /// 1 live, 2 frozen, 3 delayed, 4 delayed and frozen; for streams that are asked for from now on, over reconnects too.
  public func setMarketDataType(_ type: Int32) throws(IBKRError) {
    link.update { $0.marketDataType = type }
    try post(.reqMarketDataType(type))
  }
}

/// What becomes of a stream after an error.
enum StreamVerdict: Equatable {
  case notice
  case again(seconds: Double)
  case failed

  init(code: Int32, text: String) {
    switch code {
    case 2100...2199, 10167, 10090, 316, 317: self = .notice
    case 10225: self = .again(seconds: 0)
    case 10182: self = .again(seconds: 5)
    case 420: self = .again(seconds: 15)
    case 101, 10190, 10197, 366: self = .again(seconds: 60)
    case 162, 165:
      let isPacing = text.lowercased().contains("pacing")
      let isLink = text.lowercased().contains("connect")
      self = isPacing ? .again(seconds: 15) : isLink ? .again(seconds: 5) : .failed
    default: self = .failed
    }
  }
}

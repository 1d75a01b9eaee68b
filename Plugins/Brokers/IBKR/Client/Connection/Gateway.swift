import CAlphaLoop
import TWSProtocol

/// One connection to TWS or IB Gateway under one client id, shared by everything in this process that uses that id. It is made
/// by `start`, and from then on comes back by itself after every loss until `stop`.
public final class Gateway: @unchecked Sendable {
  public enum LogLevel: Int32, Sendable {
    case debug = 0
    case info = 1
    case warning = 2
    case error = 3
  }
  public typealias Log = @Sendable (LogLevel, String) -> Void

  public let settings: GatewaySettings
  let time: TimeSource
  let outbox: Outbox
  let inquiries: Inquiries
  let desk: OrderDesk
  let reports: ReportQueue
  let streams: StreamTable
  let history: HistoryDesk
  let link: Monitor<LinkState>
  let log: Log
  /// Of the thread that reads; nobody else touches them.
  var backoff: Backoff
  var pulse = Pulse()
  private var worker: Worker?

  struct LinkState {
    var isRunning = false
    var isStopping = false
    var isReady = false
    var version: ServerVersion?
    var accounts: [String] = []
    var account = ""
    var port: UInt16
    var health = Health()
    /// The gateway has lost the broker's servers.
    var isUpstreamDown = false
    var isInWindow = false
    var reconcileReason: String?
    var reconcileAt: Int64 = 0
    /// The connection is to be ended and made again.
    var dropReason: String?
    /// Of market data, where it was ever set.
    var marketDataType: Int32?
  }

  /// Signs of life of the connection; monotonic times.
  struct Pulse {
    var lastHeard: Int64 = 0
    var askedAt: Int64 = 0
    var missed = 0
    var lastChores: Int64 = 0
  }

  public init(
    _ settings: GatewaySettings, time: TimeSource = .system, seed: UInt64 = 0, log: @escaping Log = { _, _ in }
  ) {
    self.settings = settings
    self.time = time
    self.log = log
    outbox = Outbox(rate: settings.maxRate, time: time)
    inquiries = Inquiries(time: time)
    reports = ReportQueue()
    desk = OrderDesk(settings: settings, outbox: outbox, reports: reports, time: time)
    streams = StreamTable(time: time)
    history = HistoryDesk(time: time)
    backoff = Backoff(first: settings.firstBackoff, longest: settings.longestBackoff, seed: seed)
    link = Monitor(LinkState(port: settings.port))
  }

  // MARK: Life

  /// Connects and returns when the session is ready.
  ///
  /// - Throws: where no gateway answers, or the wrong one; the text says what to do. Nothing runs then.
  public func start() throws(IBKRError) {
    try settings.checkPort()
    let isFresh = link.update { state in
      defer { state.isRunning = true }
      if !state.isRunning { state.isStopping = false }
      return !state.isRunning
    }
    guard isFresh else { return }
    outbox.start()
    reports.start()
    do throws(IBKRError) {
      let connection = try firstConnection()
      guard let worker = Worker({ [weak self] in self?.run(connection) }) else {
        end(connection, "the system gives no thread")
        throw IBKRError(.unreachable, "the system gives no thread")
      }
      self.worker = worker
    } catch {
      outbox.stop()
      reports.stop()
      link.update { $0.isRunning = false }
      throw error
    }
  }

  /// Ends the connection and joins every thread. Orders at the broker stay as they are.
  public func stop() {
    guard link.withLock({ $0.isRunning }) else { return }
    link.update { $0.isStopping = true }
    worker?.join()
    worker = nil
    outbox.stop()
    reports.stop()
    link.update { $0.isRunning = false }
  }

  /// One attempt, and more while the client id is held by an old connection.
  private func firstConnection() throws(IBKRError) -> Connection {
    let deadline = time.monotonic() + .seconds(settings.clientIdWait)
    while true {
      do throws(IBKRError) {
        return try connect()
      } catch {
        guard error.kind == .clientIdInUse, time.monotonic() + .seconds(settings.clientIdPause) < deadline else {
          throw explained(error)
        }
        log(.warning, "\(error.message); trying again in \(settings.clientIdPause) s")
        pause(settings.clientIdPause)
      }
    }
  }

  /// The error with what to do about it.
  func explained(_ error: IBKRError) -> IBKRError {
    var error = error
    let place = "\(settings.host):\(link.withLock { $0.port })"
    switch error.kind {
    case .unreachable: error.message = "no gateway at \(place) (\(error.message)): \(settings.advice)"
    case .clientIdInUse:
      error.message =
        "\(place): client id \(settings.clientId) is in use by another connection; end that one, or give "
        + "this one another id (orders of an id can be changed under that id only)"
    default: break
    }
    return error
  }

  /// Reads until the connection ends, and makes it again, until `stop`.
  private func run(_ first: Connection) {
    var connection: Connection? = first
    while !isStopping {
      if let open = connection {
        let reason = serve(open)
        end(open, reason)
        connection = nil
        if isStopping { return }
        log(.warning, "connection to \(settings.host):\(settings.port) lost: \(reason)")
      }
      do throws(IBKRError) {
        connection = try connect()
        backoff.reset()
      } catch {
        guard !isStopping else { return }
        let delay = error.kind == .clientIdInUse ? max(settings.clientIdPause, backoff.next()) : backoff.next()
        tell(.socket, AL_CONNECTION_DOWN, code: Int64(error.code), explained(error).message)
        log(.warning, "\(error.message); trying again in \(Int(delay * 10) / 10) s")
        pause(delay)
      }
    }
    if let open = connection { end(open, "stopped") }
  }

  var isStopping: Bool { link.withLock { $0.isStopping } }

  /// Waits and does the chores that do not need a connection.
  private func pause(_ seconds: Double) {
    let deadline = time.monotonic() + .seconds(seconds)
    while time.monotonic() < deadline, !isStopping {
      let step = min(deadline, time.monotonic() + 100_000_000)
      _ = link.wait(until: step) { $0.isStopping ? true : nil }
      chores()
    }
  }

  // MARK: What others ask

  public var isReady: Bool { link.withLock { $0.isReady } }
  /// The account in use; empty before the first session.
  public var account: String { link.withLock { $0.account } }
  public var accounts: [String] { link.withLock { $0.accounts } }
  public var serverVersion: Int? { link.withLock { $0.version?.number } }
  /// Messages that went to the gateway so far.
  public var messagesSent: Int { outbox.written }

  /// `AL_CONNECTION_*` of a layer, `AL_LAYER_*`; nil before the first word about it.
  public func state(ofLayer layer: Int64) -> UInt32? {
    Health.Layer(rawValue: layer).flatMap { layer in link.withLock { $0.health.states[layer] } }
  }

  /// Puts a request on its way; false: there is no session.
  @discardableResult
  func post(_ request: Request, _ priority: Outbox.Priority = .data) throws(IBKRError) -> Bool {
    guard let version = link.withLock({ $0.version }) else { return false }
    do throws(WireError) {
      return outbox.send(try request.frame(version), priority) != .refused
    } catch { throw IBKRError(error, in: "request") }
  }

  /// Where facts go from now on; nil: nowhere, they stay in the book. What is known of the connection is told first, and the
  /// host has to ask for orders and executions before anything is sent.
  public func deliver(to sink: (@Sendable (UnsafeBufferPointer<al_report_v1>) -> Void)?) {
    reports.setSink(sink)
    guard sink != nil else { return }
    link.update { state in
      for layer in Health.Layer.allCases {
        guard let value = state.health.states[layer] else { continue }
        if layer == .session, value == AL_CONNECTION_UP { desk.sessionUp() }
        reports.add(
          OrderReport(
            layer: layer.rawValue, state: value, code: 0, ts: time.wall(), text: state.health.texts[layer] ?? ""))
      }
    }
  }
}

import CAlphaLoop
import Glibc
import TWSProtocol

extension Gateway {
  /// A socket with a session on it.
  final class Connection: @unchecked Sendable {
    let socket: Socket
    let version: ServerVersion
    var frames: FrameSplitter

    init(_ socket: Socket, _ version: ServerVersion, _ frames: FrameSplitter) {
      self.socket = socket
      self.version = version
      self.frames = frames
    }
  }

  /// What the handshake waits for.
  struct Welcome {
    var nextId: Int32?
    var accounts: [String]?
  }

  /// Connects, greets, opens the session under our client id and waits until it is ready.
  func connect() throws(IBKRError) -> Connection {
    let port = link.update { state in
      state.isUpstreamDown = false
      state.dropReason = nil
      return state.port
    }
    let socket = try Socket.connect(
      host: settings.host, port: port, timeout: settings.stepTimeout, isCancelled: { isStopping })
    do throws(IBKRError) {
      return try shakeHands(socket)
    } catch {
      desk.connectionEnded("there is no session")
      link.update { $0.version = nil }
      socket.close()
      throw error
    }
  }

  private func shakeHands(_ socket: Socket) throws(IBKRError) -> Connection {
    var frames = FrameSplitter()
    try write(socket) { () throws(WireError) in try Greeting.bytes() }
    let payload = try nextFrame(socket, &frames, until: deadline, step: "its version")
    let greeting: ServerGreeting
    do throws(WireError) { greeting = try ServerGreeting(payload) } catch {
      throw IBKRError(.unreachable, "what listens there is no gateway: \(error)")
    }
    guard let version = greeting.version else {
      throw IBKRError(
        .version,
        "\(settings.host) speaks server version \(greeting.number), which is not supported; versions "
          + "\(ServerVersion.supported.lowerBound) to \(ServerVersion.supported.upperBound) are")
    }
    try write(socket) { () throws(WireError) in
      try Request.startApi(clientId: settings.clientId).frame(version)
    }
    link.update { $0.version = version }
    var welcome = Welcome()
    let limit = deadline
    while welcome.nextId == nil || welcome.accounts == nil {
      let payload = try nextFrame(socket, &frames, until: limit, step: "the next order id and the accounts")
      try welcome.take(payload, version, self)
    }
    try ready(socket, version, welcome)
    return Connection(socket, version, frames)
  }

  private var deadline: Int64 { time.monotonic() + .seconds(settings.stepTimeout) }

  private func write(_ socket: Socket, _ bytes: () throws(WireError) -> [UInt8]) throws(IBKRError) {
    let all: [UInt8]
    do throws(WireError) { all = try bytes() } catch { throw IBKRError(error, in: "handshake") }
    var done = 0
    while done < all.count {
      switch all[done...].withUnsafeBytes({ socket.write($0) }) {
      case .bytes(let count): done += count
      case .wouldBlock: _ = socket.wait(for: POLLOUT, milliseconds: 100)
      case .ended: throw IBKRError(.unreachable, code: 507, "the connection was closed in the handshake")
      }
    }
  }

  private func nextFrame(
    _ socket: Socket, _ frames: inout FrameSplitter, until limit: Int64, step: String
  ) throws(IBKRError) -> ArraySlice<UInt8> {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      do throws(WireError) { if let payload = try frames.next() { return payload } } catch {
        throw IBKRError(.unreachable, code: 507, "what listens there is no gateway: \(error)")
      }
      guard time.monotonic() < limit, !isStopping else {
        throw IBKRError(
          .unreachable, code: 504,
          "it took the connection but did not send \(step) within \(settings.stepTimeout) s; "
            + "it may be logging in or showing a dialog")
      }
      guard socket.wait(for: POLLIN, milliseconds: 50) else { continue }
      switch buffer.withUnsafeMutableBytes({ socket.read(into: $0) }) {
      case .bytes(let count): frames.feed(buffer[0..<count])
      case .wouldBlock: continue
      case .ended: throw IBKRError(.unreachable, code: 507, "the connection was closed in the handshake")
      }
    }
  }

  private func ready(_ socket: Socket, _ version: ServerVersion, _ welcome: Welcome) throws(IBKRError) {
    let accounts = welcome.accounts ?? []
    let account = try settings.chooseAccount(of: accounts)
    let wentBack = try desk.connectionReady(
      version: version, account: account, nextId: welcome.nextId ?? 1, folder: settings.stateFolder,
      clientId: settings.clientId)
    if wentBack { log(.warning, "the gateway offers order ids that were used already; ours go on above them") }
    pulse = Pulse()
    pulse.lastHeard = time.monotonic()
    outbox.begin(socket)
    inquiries.open()
    let isDown = link.update { state in
      state.isReady = true
      state.accounts = accounts
      state.account = account
      state.isInWindow = isInWindow
      state.health.forgetFarms()
      return state.isUpstreamDown || state.isInWindow
    }
    tell(
      .socket, AL_CONNECTION_UP, code: 0,
      "connected to \(settings.host):\(settings.port), server version \(version.number)")
    if isDown {
      tellSessionDown(0, "the gateway has no connection to the broker, or the broker resets its servers")
    } else {
      tellSessionUp(0, "session of \(account) is ready")
    }
    restoreAfterConnect()
  }

  var isInWindow: Bool {
    let now = time.wall()
    return settings.resetWindows.contains { $0.contains(now) }
  }

  // MARK: Serving

  /// Reads and books until the connection ends; gives the reason.
  func serve(_ connection: Connection) -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if isStopping { return "stopped" }
      if let reason = link.withLock({ $0.dropReason }) { return reason }
      do throws(WireError) {
        while let payload = try connection.frames.next() { dispatch(payload, connection.version) }
        streams.pause()
      } catch { return "bytes that are no messages: \(error)" }
      let isReadable = connection.socket.wait(for: POLLIN, milliseconds: 50)
      if isReadable {
        switch buffer.withUnsafeMutableBytes({ connection.socket.read(into: $0) }) {
        case .bytes(let count):
          pulse.lastHeard = time.monotonic()
          pulse.askedAt = 0
          pulse.missed = 0
          buffer.withUnsafeBytes { connection.frames.feed($0[0..<count]) }
        case .wouldBlock: break
        case .ended: return "the gateway closed the connection"
        }
      }
      chores()
      if !isAlive() { return "the gateway does not answer" }
    }
  }

  /// After silence the gateway is asked for its time; two missed answers end the connection.
  private func isAlive() -> Bool {
    let now = time.monotonic()
    let patience = min(settings.silence, 10)
    if pulse.askedAt == 0 {
      guard now - pulse.lastHeard > .seconds(settings.silence) else { return true }
    } else {
      guard now - pulse.askedAt > .seconds(patience) else { return true }
      pulse.missed += 1
      guard pulse.missed < 2 else { return false }
    }
    pulse.askedAt = now
    _ = try? post(.reqCurrentTime)
    return true
  }

  /// The connection is over: what waited is known not to have been sent, what was asked has no answer.
  func end(_ connection: Connection, _ reason: String) {
    let unsent = outbox.end()
    connection.socket.close()
    link.update { state in
      state.isReady = false
      state.version = nil
    }
    desk.connectionEnded("the connection to the gateway is lost (\(reason))")
    _ = desk.apply { book, now, _ in
      for entry in unsent {
        guard let tag = OrderTag(entry.tag) else { continue }
        for offset in 0..<Int32(entry.messages) {
          book.unsent(OrderTag(tag.kind, tag.alias + offset), now: now)
        }
      }
    }
    inquiries.close(IBKRError(.disconnected, code: 504, "the connection ended"))
    tell(.socket, AL_CONNECTION_DOWN, code: 504, reason)
    tellSessionDown(504, reason)
    streamsLost(reason)
  }
}

extension Gateway.Welcome {
  fileprivate mutating func take(
    _ payload: ArraySlice<UInt8>, _ version: ServerVersion, _ gateway: Gateway
  ) throws(IBKRError) {
    switch try? Response.decode(payload, version) {
    case .nextValidId(let id): nextId = id
    case .managedAccounts(let message): accounts = message.accounts
    case .error(let error) where error.errorCode == 326:
      throw IBKRError(.clientIdInUse, code: 326, error.errorString)
    default: gateway.dispatch(payload, version)
    }
  }
}

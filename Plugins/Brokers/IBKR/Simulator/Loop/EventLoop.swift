import Glibc
import TWSProtocol

/// The one thread of the gateway: waits for sockets and times, hands requests to the core, and sends what comes of them.
final class EventLoop {
  let options: GatewayOptions
  let core: Core
  let port: UInt16
  private let mailbox: Mailbox
  private var listener: Int32
  private var control: ControlSocket?
  var connections: [Int: Connection] = [:]
  private var connectionCount = 0
  private let startedAt = monotonicNow()
  private let simulatedStart: Int64
  /// The port is closed until this time of the machine's clock.
  private var reopensAt: Int64?
  private let newest: ServerVersion

  init(_ options: GatewayOptions, _ mailbox: Mailbox) throws(GatewayError) {
    self.options = options
    self.mailbox = mailbox
    guard let newest = ServerVersion(options.highestVersion) else {
      throw GatewayError("server version \(options.highestVersion): there is \(ServerVersion.supported)")
    }
    self.newest = newest
    let replays = try Replay.read(options.dataPath)
    let market = Market(seed: options.seed, replays: replays)
    simulatedStart = options.start ?? realNow()
    core = Core(options, market: market, book: try BookWriter(path: options.bookPath), now: simulatedStart)
    try core.scheduleWeather(options.weather)
    (listener, port) = try Sockets.listen(port: options.port)
    if let path = options.controlPath { control = try ControlSocket(path) }
  }

  deinit { if listener >= 0 { close(listener) } }

  private var simulatedNow: Int64 {
    simulatedStart + Int64(Double(monotonicNow() - startedAt) * options.speed)
  }

  /// Runs until the mailbox says to stop.
  func run() {
    while !mailbox.isStopping {
      wait()
      core.advance(to: simulatedNow)
      reopenIfDue()
      accept()
      readAll()
      for letter in mailbox.take() { letter.answer(core.command(letter.line)) }
      control?.serve { self.core.command($0) }
      carryOut()
      deliver()
      flushAll()
    }
    for letter in mailbox.take() { letter.answer(core.command(letter.line)) }
    // What was said last still goes out.
    flushAll()
    connections = [:]
  }

  // MARK: Waiting

  private func wait() {
    var files = [pollfd(fd: mailbox.signal.reading, events: Int16(POLLIN), revents: 0)]
    if listener >= 0 { files.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
    for file in control?.files ?? [] { files.append(pollfd(fd: file, events: Int16(POLLIN), revents: 0)) }
    let real = monotonicNow()
    for connection in connections.values {
      let isReady = connection.wantsToWrite && connection.waitsUntil(real) == nil
      files.append(
        pollfd(fd: connection.file, events: Int16(POLLIN) | (isReady ? Int16(POLLOUT) : 0), revents: 0))
    }
    let milliseconds = (max(0, min(untilNext(real), 500_000_000)) + 999_999) / 1_000_000
    _ = poll(&files, nfds_t(files.count), Int32(milliseconds))
    mailbox.signal.drain()
  }

  /// Nanoseconds until something is to be done without a byte coming in.
  private func untilNext(_ real: Int64) -> Int64 {
    var least = Int64.max
    if let next = core.schedule.next { least = Int64(Double(next - simulatedNow) / options.speed) + 1000 }
    for connection in connections.values { if let at = connection.waitsUntil(real) { least = min(least, at - real) } }
    if let reopensAt { least = min(least, reopensAt - real) }
    return least
  }

  // MARK: Connections

  private func accept() {
    guard listener >= 0 else { return }
    while let file = Sockets.accept(listener) {
      connectionCount += 1
      connections[connectionCount] = Connection(file, connectionCount)
    }
  }

  private func readAll() {
    for number in connections.keys.sorted() {
      guard let connection = connections[number] else { continue }
      let isAlive = connection.read { incoming in
        switch incoming {
        case .greeting(let greeting): return self.greet(connection, greeting)
        case .payload(let payload): return self.take(connection, payload)
        }
      }
      if !isAlive { drop(number) }
    }
  }

  private func greet(_ connection: Connection, _ greeting: ClientGreeting) -> Bool {
    guard let version = greeting.version(upTo: newest) else { return false }
    connection.version = version
    if core.weather.isSilent { return true }
    core.connected(connection.number, version)
    core.applyTransport(to: connection)
    let answer = ServerGreeting(number: version.number, clock: CivilTime.zoned(core.seconds))
    connection.queue(FrameSplitter.frame(answer.payload))
    return true
  }

  private func take(_ connection: Connection, _ payload: ArraySlice<UInt8>) -> Bool {
    guard let version = connection.version, !core.weather.isSilent else { return true }
    do throws(WireError) {
      core.handle(try Request.decode(payload, version), from: connection.number)
    } catch {
      // What cannot be read is told, and the connection stays.
      core.unreadable(connection.number, error)
    }
    return true
  }

  private func drop(_ number: Int) {
    connections[number] = nil
    core.disconnected(number)
  }

  // MARK: Sending

  private func deliver() {
    let outgoing = core.outgoing
    core.outgoing.removeAll(keepingCapacity: true)
    for (number, what) in outgoing {
      guard let connection = connections[number], let version = connection.version else { continue }
      switch what {
      case .message(let response):
        guard !core.weather.isSilent else { continue }
        // A message that the client's version does not have is none for it.
        if let frame = try? response.frame(version) { connection.queue(frame) }
      case .close: connection.closesAfterOutput = true
      }
    }
  }

  private func flushAll() {
    let real = monotonicNow()
    for number in connections.keys.sorted() {
      guard let connection = connections[number] else { continue }
      if connection.wantsToWrite || connection.closesAfterOutput {
        if !connection.flush(real) { drop(number) }
      }
    }
  }

  // MARK: What the weather does to sockets

  private func carryOut() {
    for deed in core.takeDeeds() {
      switch deed {
      case .drop(let clientId, let afterBytes):
        for number in connections.keys.sorted() where core.isClient(number, clientId) {
          if let afterBytes { connections[number]?.bytesToBreak = afterBytes } else { drop(number) }
        }
      case .transport: for connection in connections.values { core.applyTransport(to: connection) }
      case .closePort(let seconds):
        for number in connections.keys.sorted() { drop(number) }
        if listener >= 0 { close(listener) }
        listener = -1
        reopensAt = monotonicNow() + Int64(seconds * 1e9)
      }
    }
  }

  private func reopenIfDue() {
    guard let due = reopensAt, due <= monotonicNow() else { return }
    if let opened = try? Sockets.listen(port: port) {
      listener = opened.file
      reopensAt = nil
    } else {
      reopensAt = monotonicNow() + 50_000_000
    }
  }
}

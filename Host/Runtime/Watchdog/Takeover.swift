import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// One takeover: the host's end, the line to the broker, the cancels, the closing orders. It can be cut off at every point: the
/// next one begins from the top, with what the broker says then.
final class Takeover {
  private let watchdog: Watchdog
  private let journal: WatchdogJournal
  private let reading: HeartbeatReading
  private let beginning: WatchdogEntry.Beginning
  private let options: Watchdog.Options
  /// Sessions whose orders are ours.
  private var sessions: Set<UInt64>
  private let attempt: Int
  private var lastBooks: RecordedEvent.Reconciliation?
  private var asked: [OrderID: Int64] = [:]

  init(
    _ watchdog: Watchdog, _ journal: WatchdogJournal, _ reading: HeartbeatReading,
    _ beginning: WatchdogEntry.Beginning, ownSessions: [UInt64], attempt: Int
  ) {
    self.watchdog = watchdog
    self.journal = journal
    self.reading = reading
    self.beginning = beginning
    self.attempt = attempt
    options = watchdog.options
    sessions = Set(ownSessions + [beginning.session, reading.session]).subtracting([0])
  }

  func run() throws(HostError) -> Watchdog.Outcome {
    try note(
      .began(beginning),
      "the host \(reading.pid) of \(watchdog.what) is \(Self.words(beginning.condition, reading)): taking over")
    if let problem = try endHost() { return .unreachable(problem) }
    let lock = try AccountLock(
      journal: watchdog.journalPath, patience: options.patience, isStopping: options.isStopping,
      onWait: { options.log("another host is starting; waiting whether it stays") })
    guard let lock else { return try abandon() }
    defer { withExtendedLifetime(lock) {} }
    // Somebody may have started and ended meanwhile.
    guard try HeartbeatReading.read(journal: watchdog.journalPath)?.identity == reading.identity else {
      return try abandon()
    }
    guard let line = try makeLine() else { return try done("no session was ever recorded") }
    guard line.isConnected else { return try done("the broker is simulated: its orders ended with the host") }
    return try act(line)
  }

  private static func words(_ condition: HostCondition, _ reading: HeartbeatReading) -> String {
    switch condition {
    case .stale: "alive but its loop has not turned for \((al_monotonic_ns() - reading.beat) / 1_000_000) ms"
    case .stopped: "stopped"
    default: "dead"
    }
  }

  // MARK: steps

  /// Durable first, then said.
  private func note(_ entry: WatchdogEntry, _ text: String) throws(HostError) {
    try journal.append(entry)
    options.log(text)
  }

  private func say(_ text: String) throws(HostError) { try note(.said(text), text) }

  /// A death was found: the host is gone for good, or this ends it.
  private func endHost() throws(HostError) -> String? {
    let host = HostProcess(pid: reading.pid, start: reading.start)
    let isThere = reading.boot == HostProcess.bootID && host.state != .dead
    if isThere {
      try note(.ending(pid: reading.pid), "SIGKILL to the host \(reading.pid)")
      if let problem = options.end(host, options.patience) {
        try say("the host \(reading.pid) cannot be ended: \(problem)")
        return problem
      }
    }
    try note(.gone(pid: reading.pid), "the host \(reading.pid) is gone")
    return nil
  }

  private func abandon() throws(HostError) -> Watchdog.Outcome {
    try note(.ended(.abandoned), "another host has the account: its start settles what is left")
    return .handedOver
  }

  private func done(_ why: String) throws(HostError) -> Watchdog.Outcome {
    try note(.ended(.done), "done: \(why)")
    return .acted
  }

  // MARK: the line

  /// With the configuration and the builds that the session itself ran, whatever the files are by now; nil: there is none.
  private func makeLine() throws(HostError) -> BrokerLine? {
    guard access(watchdog.journalPath, F_OK) == 0 else { return nil }
    var found = try recorded()
    if found == nil { found = try present() }
    guard let (configuration, catalog) = found else { return nil }
    return try BrokerLine(
      configuration, catalog, mode: options.mode,
      log: { [options] in if $1 >= AL_LOG_WARNING { options.log("\($0): \($2)") } })
  }

  private func openJournal() throws(HostError) -> SessionJournal {
    try SessionJournal(
      path: watchdog.journalPath, mode: Names.mode(options.mode), account: options.account, isReadOnly: true)
  }

  /// Takes the session ids of the journal too.
  private func recorded() throws(HostError) -> (Configuration, PluginCatalog)? {
    do throws(HostError) {
      let journal = try openJournal()
      let all = try journal.sessions().map(\.session)
      sessions.formUnion(all)
      let header = try header(of: reading.session != 0 ? reading.session : all.last ?? 0, journal)
      let configuration = try configuration(header).trading(in: options.mode)
      let catalog = PluginCatalog(configuration, files: builds(header, configuration))
      guard let broker = configuration.instances(of: .broker).first, catalog.entry(offering: broker.plugin) != nil
      else {
        throw HostError(.data, "the broker's build of that session is not there any more")
      }
      return (configuration, catalog)
    } catch {
      try say(
        "what the session ran with cannot be found in its journal, the files of now are taken: \(error.message)")
      return nil
    }
  }

  private func header(of session: UInt64, _ journal: SessionJournal) throws(HostError) -> SessionHeader {
    var encoded: [UInt8]?
    try journal.rows(of: session) { if $0.kind == .header { encoded = $0.payload } }
    guard let header = encoded.flatMap({ SessionHeader(encoded: $0) }) else {
      throw HostError(.data, "session \(String(session, radix: 16)) has no header in it")
    }
    return header
  }

  private func configuration(_ header: SessionHeader) throws(HostError) -> Configuration {
    do {
      return try Configuration.load(from: ConfigurationSources(directory: header.directory, files: header.files))
    } catch {
      throw HostError(.data, "\(error)")
    }
  }

  /// Those that are still to be found; only the broker's is needed.
  private func builds(_ header: SessionHeader, _ configuration: Configuration) -> [String: String] {
    let store = LibraryStore(journals: parent(watchdog.journalPath))
    var files: [String: String] = [:]
    for (id, sha256) in header.libraries {
      if let place = try? store.find([id: sha256], configuration) { files.merge(place) { $1 } }
    }
    return files
  }

  private func present() throws(HostError) -> (Configuration, PluginCatalog) {
    let configuration = try watchdog.load()
    return (configuration, PluginCatalog(configuration))
  }

  /// The broker's first complete answer; nil: none came in time.
  private func connect(_ line: BrokerLine) throws(HostError) -> String? {
    let end = al_monotonic_ns() + options.brokerPatience
    var isOpen = false
    var problem = ""
    while true {
      watchdog.alive()
      if !isOpen {
        do {
          try line.open()
          isOpen = true
        } catch {
          problem = error.message
        }
      }
      if isOpen {
        try hear(line)
        if try ask(line) != nil { return nil }
        problem = lastProblem
        if working(line) != nil {
          try note(
            .connected(symbols: line.symbols), "connected to the broker, which tells of open orders only: \(problem)")
          return nil
        }
      }
      if al_monotonic_ns() > end || options.isStopping() { return problem }
      usleep(250_000)
    }
  }

  private var lastProblem = ""

  /// Facts that were pushed.
  private func hear(_ line: BrokerLine) throws(HostError) {
    let list = line.heard()
    guard !list.isEmpty else { return }
    try journal.append(.event(.reports(list)))
    for r in list { options.log(Self.words(r)) }
  }

  private static func words(_ r: RecordedEvent.Report) -> String {
    let order = "order \(String(r.session, radix: 16))/\(r.sequence)"
    switch r.kind {
    case AL_REPORT_CONNECTION:
      let number = r.quantity == 0 ? "" : " (\(r.quantity))"
      return "broker: \(Names.layer(r.brokerID)) is \(Names.connection(UInt32(bitPattern: r.code)))\(number): \(r.text)"
    case AL_REPORT_FILL: return "\(order): filled \(Quantity(raw: r.quantity)) at \(Price(raw: r.price))"
    case AL_REPORT_CANCELLED: return "\(order): cancelled"
    case AL_REPORT_CANCEL_REJECTED: return "\(order): the cancel was refused: \(r.text)"
    case AL_REPORT_REJECTED: return "\(order): rejected: \(r.text)"
    default: return "\(order): report \(r.kind)"
    }
  }

  /// The broker's books, kept when they say something new; nil: they were not told whole.
  private func ask(_ line: BrokerLine) throws(HostError) -> RecordedEvent.Reconciliation? {
    watchdog.alive()
    do {
      let policy = line.generation.configuration.manifest.connected?.settings(options.mode).external ?? .halt
      let (books, account) = try line.books(external: policy)
      guard account.isEmpty || account == options.account else {
        throw HostError(.broker, "the broker's account is \(account), not \(options.account): nothing was sent")
      }
      var same = books
      same.snapshot.time = lastBooks?.snapshot.time ?? 0
      if same != lastBooks {
        if lastBooks == nil, asked.isEmpty { try note(.connected(symbols: line.symbols), "connected to the broker") }
        try journal.append(.event(.reconciliation(books)))
      }
      lastBooks = books
      return books
    } catch let error as HostError {
      throw error
    } catch {
      lastProblem = "\(error)"
      return nil
    }
  }

  // MARK: at the broker

  private func act(_ line: BrokerLine) throws(HostError) -> Watchdog.Outcome {
    if let problem = try connect(line) {
      try say("the broker cannot be reached: \(problem)")
      return .unreachable(problem)
    }
    if let problem = try cancelAll(line) { return .unreachable(problem) }
    var closing = ""
    if watchdog.settings.policy == .flatten {
      let result = try flatten(line)
      if let problem = result.problem { return .unreachable(problem) }
      closing = result.text
    }
    for h in lastBooks?.snapshot.holdings ?? [] where h.quantity != 0 {
      options.log("the account holds \(Quantity(raw: h.quantity)) \(h.symbol)")
    }
    return try done("no order of ours works any more, \(asked.count) cancelled\(closing)")
  }

  private func isOurs(_ r: RecordedEvent.Report) -> Bool { sessions.contains(r.session) }

  /// Asks for open orders alone: what holds other answers up must not keep orders working.
  private func working(_ line: BrokerLine) -> [RecordedEvent.Report]? {
    watchdog.alive()
    do throws(LoadError) {
      return try line.working()
    } catch {
      lastProblem = "\(error)"
      return nil
    }
  }

  /// Cancels one by one, and asks until none works any more, and none shows up late.
  ///
  /// - Returns: why it is not so; nil: it is.
  private func cancelAll(_ line: BrokerLine) throws(HostError) -> String? {
    let end = al_monotonic_ns() + options.confirmPatience
    // Those of others only where it is known that this is the account.
    let others = watchdog.settings.cancelsOthers && lastBooks != nil
    var clearSince: Int64?
    var left: [RecordedEvent.Report] = []
    while true {
      try hear(line)
      if let orders = working(line) {
        left = orders.filter { isOurs($0) || others }
        if left.isEmpty {
          let since = clearSince ?? al_monotonic_ns()
          clearSince = since
          if al_monotonic_ns() - since >= options.settle { return try lookAgain(line) }
        } else {
          clearSince = nil
        }
        for order in left { try cancel(order, line) }
      }
      if al_monotonic_ns() > end || options.isStopping() {
        let problem = "\(left.count) orders still work at the broker\(lastProblem.isEmpty ? "" : ": \(lastProblem)")"
        try say(problem)
        return problem
      }
      usleep(50_000)
    }
  }

  /// The books after the cancels, for the host's next start.
  private func lookAgain(_ line: BrokerLine) throws(HostError) -> String? {
    let end = al_monotonic_ns() + options.confirmPatience
    lastProblem = ""
    repeat {
      try hear(line)
      if try ask(line) != nil { return nil }
      usleep(250_000)
    } while al_monotonic_ns() < end && !options.isStopping()
    try say("no order of ours works, but the broker's books cannot be read: \(lastProblem)")
    // Positions cannot be closed unseen.
    return watchdog.settings.policy == .flatten ? lastProblem : nil
  }

  private func cancel(_ order: RecordedEvent.Report, _ line: BrokerLine) throws(HostError) {
    let id = order.cancelID
    let now = al_monotonic_ns()
    if let before = asked[id], now - before < options.again { return }
    asked[id] = now
    let name = order.session == 0 ? "of others \(order.brokerID)" : "\(String(id.session, radix: 16))/\(id.sequence)"
    try note(.event(.cancels([id])), "cancel of order \(name) (\(order.text), \(Quantity(raw: order.remaining)) left)")
    let ack = line.cancel(id)
    try journal.append(.event(.cancelAcks([ack])))
    if ack.status < 0 { options.log("order \(name): the cancel was answered with \(statusName(ack.status))") }
    try hear(line)
  }

  // MARK: positions

  /// Closes our positions with market orders of this takeover's own session.
  private func flatten(_ line: BrokerLine) throws(HostError) -> (problem: String?, text: String) {
    guard let books = lastBooks else { return (nil, "") }
    let own: [Int64]
    do {
      own = try line.own(openJournal(), books)
    } catch {
      try say("positions are not closed: which of them are ours cannot be told: \(error.message)")
      return (nil, ", positions not closed")
    }
    var sequence: UInt64 = 0
    for (i, quantity) in own.enumerated() where quantity != 0 {
      sequence += 1
      var order = al_order_v1()
      order.id = al_order_id_v1(session: beginning.session, sequence: sequence)
      order.instrument = UInt32(i)
      order.type = AL_ORDER_MARKET
      order.time_in_force = AL_TIF_DAY
      order.quantity = -quantity
      order.decided_ns = al_realtime_ns()
      let intent = RecordedEvent.Intent(order: order, label: 0, shares: [])
      try note(
        .event(.intents([intent])),
        "closing \(Quantity(raw: quantity)) \(line.symbols[i]) with market order "
          + "\(String(beginning.session, radix: 16))/\(sequence)")
      let ack = line.submit(order)
      try journal.append(.event(.acks([ack])))
      if ack.status < 0 { options.log("order \(sequence): answered with \(statusName(ack.status))") }
      try hear(line)
    }
    guard sequence > 0 else { return (nil, ", no position of ours") }
    return try awaitFlat(line, own, sequence)
  }

  private func awaitFlat(
    _ line: BrokerLine, _ own: [Int64], _ count: UInt64
  ) throws(HostError) -> (problem: String?, text: String) {
    let end = al_monotonic_ns() + options.confirmPatience
    while true {
      try hear(line)
      if let books = try ask(line) {
        let filled = books.executions.filter { $0.kind == AL_REPORT_FILL && $0.session == beginning.session }
        let sum = filled.reduce(0) { $0 + $1.quantity.magnitude }
        if sum >= own.reduce(0, { $0 + $1.magnitude }) { return (nil, ", \(count) positions closed") }
      }
      if al_monotonic_ns() > end || options.isStopping() {
        // The market may be closed: the orders stay at the broker, and the host's next start finds them.
        try say("closing orders are not filled yet; they stay at the broker")
        return (nil, ", \(count) closing orders sent, not all filled")
      }
      usleep(50_000)
    }
  }
}

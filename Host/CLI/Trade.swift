import AlphaLoopRuntime
import ArgumentParser
import CAlphaLoop
import Glibc

struct Trade: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trade. Without a flag it is a simulation: the live loop, the simulated broker, replayed data.",
    discussion: """
      --paper and --live trade with `connected:` of alphaloop.yaml, each with a journal of its own. The start is the recovery
      path: the account is folded out of the journal, orders without an answer are of unknown fate, and nothing is sent before
      open orders, executions and positions of the broker agree with it. --live needs `live: allowed` in alphaloop.yaml and
      the account, given with --account or typed when asked. Where no broker answers, it says so and ends with 5.

      Between sessions the configuration and the plugin files are looked at again: what changed is taken over, or refused
      with the reason while the running generation goes on. `alphaloop reload` asks for it at once, SIGHUP for another try at
      the end of the session.
      SIGINT and SIGTERM stop in good order; a second one ends the process at once with 130 or 143, and what is in the
      journal stays.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "The paper account.") var paper = false
  @Flag(name: .long, help: "The live account: real money.") var live = false
  @Option(name: .long, help: "Sessions to trade at the end of the data.") var sessions = 1
  @Option(name: .long, help: "Seconds between two moments of the replayed data; 0: as fast as they are taken.")
  var pace = 0.0
  @Option(name: .long, help: "Account (default: SIM; for --paper `connected: account:` of alphaloop.yaml).")
  var account: String?
  @Option(name: .shortAndLong, help: "Write the HTML report to this file.") var output: String?
  @Flag(name: .long, help: "Print the final status as one JSON line.") var json = false

  func run() throws {
    if paper && live { throw HostError(.usage, "--paper and --live exclude each other") }
    guard sessions > 0, pace >= 0, pace <= 1e6 else {
      throw HostError(.usage, "--sessions is at least 1, --pace 0 to 1000000")
    }
    if let output { try checkWritable(output) }
    adoptCredentials(CredentialNames.settings)
    let mode = live ? AL_MODE_LIVE : paper ? AL_MODE_PAPER : AL_MODE_SIMULATION
    let written = try configurationOptions.load()
    let account = try account(written)
    try Account.check(account)
    let configuration = try written.trading(in: mode)
    let catalog = loadCatalog(configuration)
    var options = TradeSession.Options()
    options.sessions = sessions
    options.pace = Int64(pace * 1e9)
    options.account = account
    options.mode = mode
    if mode != AL_MODE_SIMULATION { options.title = live ? "Live session" : "Paper session" }
    options.log = { name, level, text in if level >= 2 { Console.warn("\(name): \(text)") } }
    options.onNotice = { Console.note($0) }
    options.apply(SampleFacts(configuration))
    let session = try TradeRun(configuration, catalog, options).run()
    defer { session.close() }
    let document = try session.finish()
    try finish(session, document, catalog)
    if session.engine.halt != .armed { throw ExitCode(HostError.Code.halted.rawValue) }
  }

  /// Whose money: for the live account it is said at each start.
  private func account(_ configuration: Configuration) throws -> String {
    if let account { return account }
    if !paper, !live { return "SIM" }
    if paper, let account = configuration.manifest.connected?.account { return account }
    if live, isatty(STDIN_FILENO) == 1 {
      Console.note("live trading, real money: type the account id to go on")
      if let typed = readLine(), !typed.isEmpty { return typed }
    }
    throw HostError(
      .usage,
      live
        ? "--live needs the account: --account ID"
        : "--paper needs the account: --account ID, or `connected: {account: ID}`")
  }

  private func finish(_ session: TradeSession, _ document: JSONValue, _ catalog: PluginCatalog) throws {
    if json { Console.out(session.status()) }
    if output != nil || !json {
      let answer = try JobRunner(catalog, warn: Console.warn).run(
        id: "service.report", verb: "report", input: document.canonicalBytes)
      if let output { try writeAtomically(answer.output, to: output) }
      if !json {
        Console.out(answer.text)
        if let output { Console.out("report: \(output)") }
        Console.out("session: \(session.sessionName)")
      }
    }
  }
}

/// Runs a session with its control socket and signals.
struct TradeRun {
  let configuration: Configuration
  let catalog: PluginCatalog
  let options: TradeSession.Options

  init(_ configuration: Configuration, _ catalog: PluginCatalog, _ options: TradeSession.Options) {
    self.configuration = configuration
    self.catalog = catalog
    self.options = options
  }

  func run() throws -> TradeSession {
    Signals.install()
    // The socket is the lock: nothing is written while another session of this mode and account runs.
    let inbox = Inbox<TradeEvent>(capacity: 1024)
    let journal = TradeSession.journalPath(
      configuration, mode: Names.mode(options.mode), account: options.account)
    makeFolder(parent(journal))
    let socket = try ControlSocket(path: journal + ".sock", inbox: inbox)
    defer { socket.close() }
    // A watchdog that has taken over finishes first: one line to the broker at a time.
    guard
      let lock = try AccountLock(
        journal: journal, patience: Self.watchdogPatience, isStopping: { Signals.wantsStop },
        onWait: { Console.note("the watchdog is at the broker for this account; waiting until it is done") })
    else { throw HostError(.failedCheck, "the watchdog is still at the broker for this account; see its log") }
    let heartbeat = try Heartbeat(journal: journal, notifier: ServiceNotifier())
    var options = options
    options.heartbeat = heartbeat
    do {
      let session = try withExtendedLifetime(lock) { try trade(options, inbox) }
      heartbeat.end()
      return session
    } catch {
      heartbeat.giveUp()
      throw error
    }
  }

  /// ns.
  private static let watchdogPatience: Int64 = 180_000_000_000

  private func trade(_ options: TradeSession.Options, _ inbox: Inbox<TradeEvent>) throws -> TradeSession {
    let session = try TradeSession(
      configuration, catalog: catalog, options: options, inbox: inbox, calendar: try SessionTimes(configuration).event)
    for absence in session.generation.absences { Console.warn("\(absence.instance) takes no part: \(absence.reason)") }
    try session.run(isStopping: { Signals.wantsStop }, wantsReload: { Signals.wantsReload })
    return session
  }
}

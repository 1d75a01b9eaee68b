import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// Watches the trade loop of one mode and account from a process of its own, and takes its place at the broker when it is dead,
/// stopped, or does not turn any more: it ends the host for good, cancels our working orders and, by policy, closes our
/// positions. It reads the sessions' journal and never writes it; what it does stands in a journal of its own before it is done
/// (``WatchdogJournal``), and the host folds that in at its next start.
public final class Watchdog {
  public struct Options: Sendable {
    public var mode = AL_MODE_SIMULATION
    public var account = "SIM"
    /// Between two looks, ns.
    public var period: Int64 = 200_000_000
    /// How long a killed process may take to be gone, and whoever starts in its place is waited for, ns.
    public var patience: Int64 = 10_000_000_000
    /// How long one takeover tries to reach the broker, ns.
    public var brokerPatience: Int64 = 60_000_000_000
    /// How long confirmations of cancels and closing orders are waited for, ns.
    public var confirmPatience: Int64 = 60_000_000_000
    /// An order that was on its way when the host ended shows within this time, ns.
    public var settle: Int64 = 1_000_000_000
    /// A cancel without effect is sent again after this time, ns.
    public var again: Int64 = 5_000_000_000
    /// Steps, one a line.
    public var log: @Sendable (String) -> Void = { _ in }
    public var isStopping: @Sendable () -> Bool = { false }
    /// Ends a process; what a test leaves out to see that it is needed.
    var end: @Sendable (HostProcess, Int64) -> String? = { $0.end(patience: $1) }
    public init() {}
  }

  public enum Outcome: Equatable, Sendable {
    /// Nothing had to be done.
    case well(HostCondition)
    /// The host is gone, and no order of ours works any more.
    case acted
    /// The host is gone, and another one has the account: its start settles what is left.
    case handedOver
    /// The host is gone, but the broker could not be reached, or does not confirm.
    case unreachable(String)
  }

  public let options: Options
  public let journalPath: String
  let load: () throws(HostError) -> Configuration
  private(set) var configuration: Configuration
  private let notifier = ServiceNotifier()
  private var watched = ""
  private var handled = ""
  private var lastLook: Int64 = 0
  private var troubles = 0

  /// - Parameter load: reads the configuration, resolved for the mode; asked again when another host starts.
  public init(options: Options, load: @escaping () throws(HostError) -> Configuration) throws(HostError) {
    self.options = options
    self.load = load
    configuration = try load()
    journalPath = TradeSession.journalPath(configuration, mode: Names.mode(options.mode), account: options.account)
    guard makeFolder(parent(journalPath)) else {
      throw HostError(.data, "\(parent(journalPath)): cannot be made: \(errorText())")
    }
  }

  var settings: WatchdogConfiguration { configuration.risk.watchdog }

  // MARK: looking

  /// Looks until a stop is asked for. A second watchdog of the same account stands by until the first has ended.
  public func run() throws(HostError) {
    let lock = try AccountLock(
      journal: journalPath, name: "watchdog.lock", patience: .max, isStopping: options.isStopping,
      onWait: { options.log("another watchdog is on duty for \(what); this one stands by") })
    guard lock != nil else { return }
    options.log("watching \(what), stale after \(settings.staleAfter), policy \(settings.policy.rawValue)")
    notifier?.send("READY=1\nSTATUS=watching \(what)")
    var pause: Int64 = 0
    while !options.isStopping() {
      notifier?.beat(at: al_monotonic_ns())
      if pause <= 0, let why = problemOfLook() {
        options.log("not finished, tried again in 5 s: \(why)")
        pause = 5_000_000_000
      }
      usleep(UInt32(options.period / 1000))
      pause -= options.period
    }
    notifier?.send("STOPPING=1")
  }

  /// A watch that ends at its first difficulty is none.
  private func problemOfLook() -> String? {
    do {
      if case .unreachable(let why) = try look() { return why }
      return nil
    } catch {
      return error.message
    }
  }

  /// One look for `--once`, and what it makes necessary.
  public func once() throws(HostError) -> Outcome {
    guard let lock = try AccountLock(journal: journalPath, name: "watchdog.lock", patience: 0) else {
      throw HostError(.usage, "a watchdog is on duty for \(what) already; leave it to that one")
    }
    return try withExtendedLifetime(lock) { () throws(HostError) in try look() }
  }

  var what: String { "\(Names.mode(options.mode)) \(options.account)" }

  /// Looks at the host, twice where something is wrong: a glitch is no reason to kill.
  func look() throws(HostError) -> Outcome {
    let now = al_monotonic_ns()
    // Whoever could not run itself cannot tell that another stood still: it gets its time first.
    let overslept = lastLook != 0 && now - lastLook > settings.staleAfter.nanoseconds / 2
    lastLook = now
    guard var reading = try HeartbeatReading.read(journal: journalPath) else { return .well(.absent) }
    if reading.identity == handled { return .well(.ended) }
    follow(reading)
    var condition = judge(reading)
    guard condition.needsTakeover else { return .well(condition) }
    if condition == .stale, overslept { return .well(.healthy) }
    usleep(500_000)
    lastLook = al_monotonic_ns()
    guard let second = try HeartbeatReading.read(journal: journalPath), second.identity == reading.identity else {
      return .well(.healthy)
    }
    let isMoving = second.turns != reading.turns
    reading = second
    condition = judge(reading)
    guard condition.needsTakeover, condition != .stale || !isMoving else { return .well(.healthy) }
    return try takeOver(reading, condition)
  }

  /// Whether the process lives and its loop turns.
  func judge(_ reading: HeartbeatReading) -> HostCondition {
    if reading.phase == .ended { return .ended }
    let isOurBoot = reading.boot == HostProcess.bootID
    switch isOurBoot ? HostProcess(pid: reading.pid, start: reading.start).state : .dead {
    // Nothing was sent yet by one that died on the way, and nothing was left to it.
    case .dead: return reading.phase == .starting ? .ended : .dead
    case _ where reading.phase == .starting: return .healthy
    case .stopped: return .stopped
    case .alive:
      // Until the loop turns there is history to go through.
      let limit = reading.phase == .recovering ? Self.startLimit : settings.staleAfter.nanoseconds
      return al_monotonic_ns() - reading.beat > limit ? .stale : .healthy
    }
  }

  private static let startLimit: Int64 = 300_000_000_000

  /// Another host may have started with other settings.
  private func follow(_ reading: HeartbeatReading) {
    if reading.identity == watched { return }
    if !watched.isEmpty {
      do { configuration = try load() } catch { options.log("the settings stay as they were: \(error)") }
    }
    watched = reading.identity
  }

  // MARK: the takeover

  private func takeOver(_ reading: HeartbeatReading, _ condition: HostCondition) throws(HostError) -> Outcome {
    let journal = try WatchdogJournal(beside: journalPath)
    let earlier = WatchdogTakeover.all(journal.rows)
    if earlier.contains(where: { $0.beginning.host == reading.identity && $0.ending == .done }) {
      handled = reading.identity
      return .well(.ended)
    }
    let session = FNV1a.hash(
      Array("watchdog/\(options.mode)/\(options.account)/\(reading.identity)/\(earlier.count)".utf8))
    let takeover = Takeover(
      self, journal, reading,
      WatchdogEntry.Beginning(
        session: session, hostSession: reading.session, host: reading.identity, condition: condition,
        policy: settings.policy),
      ownSessions: earlier.map(\.beginning.session), attempt: earlier.count { $0.beginning.host == reading.identity })
    let outcome = try takeover.run()
    if case .acted = outcome { handled = reading.identity }
    return outcome
  }

  func alive() { notifier?.beat(at: al_monotonic_ns()) }
}

import AlphaLoopRuntime
import ArgumentParser
import CAlphaLoop

struct WatchdogVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watchdog",
    abstract: "Watch a session from a process of its own, and take its place at the broker when it fails.",
    discussion: """
      A host that is dead, stopped, or whose trade loop has not turned for `watchdog: stale_after:` of risk.yaml is ended for
      good. Then the watchdog connects to the broker under the same identity, cancels our working orders one by one and, with
      `policy: flatten`, closes our positions. It never writes the sessions' journal: what it does stands in
      MODE-ACCOUNT.watchdog.db beside it, and the host folds that in at its next start. A session that ended in good order is
      left alone. A second watchdog stands by until the first ends.
      With --once: 0 all is well or another host has the account, 1 it acted and no order of ours works any more, 5 the broker cannot be reached or does not
      confirm.
      """)
  @OptionGroup var target: SessionTarget
  @Flag(name: .long, help: "Look once, act if needed, and end.") var once = false

  func run() throws {
    Signals.install()
    adoptCredentials(CredentialNames.settings)
    let account = try target.account
    try Account.check(account)
    var options = Watchdog.Options()
    options.mode = target.live ? AL_MODE_LIVE : target.paper ? AL_MODE_PAPER : AL_MODE_SIMULATION
    options.account = account
    options.log = { Console.note("watchdog: \($0)") }
    options.isStopping = { Signals.wantsStop }
    let (source, mode) = (target.configuration, options.mode)
    let watchdog = try Watchdog(options: options) { () throws(HostError) in
      do {
        return try source.load().trading(in: mode)
      } catch {
        throw error as? HostError ?? HostError(.configuration, "\(error)")
      }
    }
    if !once { return try watchdog.run() }
    switch try watchdog.once() {
    case .well(let condition): Console.note("watchdog: the host of \(target.mode) \(account) is \(condition)")
    case .handedOver: return
    case .acted: throw ExitCode(1)
    case .unreachable(let why): throw HostError(.broker, why)
    }
  }
}

/// What service managers may hand over as credentials.
enum CredentialNames {
  /// Where the gateway is. Secrets are not among them: those are given to the plugins they are granted to, one by one.
  static let settings = ["IBKR_HOST", "IBKR_PORT", "IBKR_CLIENT_ID"]
}

import AlphaLoopCore
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// A paper host on the fixture exchange and a watchdog, each a process of its own. Nothing that was started here is left.
final class WatchdogFixture {
  let connected: ConnectedFixture
  private var running: [AlphaLoopProcess.Running] = []

  var book: DeskBook { connected.book }
  var journal: String { connected.journal }

  /// - Parameter watchdog: of `watchdog:` in risk.yaml, after `stale_after: 1s`.
  init(_ parameters: String = "answer: again, fill: none", watchdog: String = "policy: cancel") throws {
    connected = try ConnectedFixture(parameters)
    connected.files.risk += "watchdog: {stale_after: 1s, \(watchdog)}\n"
    try connected.files.write()
  }

  deinit { for one in running where one.process.isRunning { one.send(SIGKILL) } }

  private var target: [String] { ["--config", "\(connected.files.folder)/config", "--paper", "--account", "DU1"] }

  /// Trades day after day until somebody ends it.
  func startHost(environment: [String: String] = [:]) throws -> AlphaLoopProcess.Running {
    let host = try AlphaLoopProcess.start(
      ["trade", "--sessions", "110", "--pace", "0.1", "--json"] + target, environment: environment)
    running.append(host)
    return host
  }

  func startWatchdog() throws -> AlphaLoopProcess.Running {
    let watchdog = try AlphaLoopProcess.start(["watchdog"] + target)
    running.append(watchdog)
    return watchdog
  }

  func once() throws -> AlphaLoopProcess.Ending { try AlphaLoopProcess.run(["watchdog", "--once"] + target) }

  /// A watchdog in this process, which waits a second at most.
  func inProcess(_ change: (inout Watchdog.Options) -> Void = { _ in }) throws -> Watchdog {
    var options = Watchdog.Options()
    options.mode = AL_MODE_PAPER
    options.account = "DU1"
    options.patience = 1_000_000_000
    options.brokerPatience = 1_000_000_000
    options.confirmPatience = 1_000_000_000
    options.settle = 200_000_000
    change(&options)
    let files = connected.files
    return try Watchdog(options: options) { () throws(HostError) in
      do {
        return try files.configuration().trading(in: AL_MODE_PAPER)
      } catch {
        throw HostError(.configuration, "\(error)")
      }
    }
  }

  func wait(_ seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if try condition() { return true }
      usleep(20_000)
    }
    return false
  }

  /// Until this many orders of ours work at the exchange.
  func waitForOrders(_ count: Int = 2) -> Bool { wait { ourWorking.count >= count } }

  /// Lifts the halt of a session that trades.
  func resume() throws {
    let isTrading = try wait {
      try HeartbeatReading.read(journal: journal).map { $0.phase == .trading && Self.isAlive($0) } ?? false
    }
    try #require(isTrading)
    let answer = try AlphaLoopProcess.run(["resume", "--reason", "looked"] + target)
    try #require(answer.code == 0, "\(answer.errors)")
  }

  /// Stops a host, and waits until all of it stands.
  func stop(_ host: AlphaLoopProcess.Running) throws {
    host.send(SIGSTOP)
    let pid = host.process.processIdentifier
    let start = try #require(HostProcess.start(of: pid))
    try #require(wait { HostProcess(pid: pid, start: start).state == .stopped })
  }

  private static func isAlive(_ reading: HeartbeatReading) -> Bool {
    HostProcess(pid: reading.pid, start: reading.start).state == .alive
  }

  /// Ends a host as a crash does, and waits until the kernel has done so.
  func kill(_ host: AlphaLoopProcess.Running) throws {
    host.send(SIGKILL)
    try #require(wait { !host.process.isRunning })
  }

  var ourWorking: [DeskBook.Order] { book.contents().working.filter(\.isOurs) }

  func takeovers() throws -> [WatchdogTakeover] { try WatchdogJournal.takeovers(beside: journal) }

  func waitForEnding(_ count: Int = 1) -> Bool {
    wait { ((try? takeovers()) ?? []).filter { $0.ending != nil }.count >= count }
  }

  static func isThere(_ process: AlphaLoopProcess.Running) -> Bool {
    HostProcess.start(of: process.process.processIdentifier) != nil && process.process.isRunning
  }
}

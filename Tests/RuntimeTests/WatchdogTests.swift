import AlphaLoopCore
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// Real host processes that fail, and what the watchdog leaves at the exchange.
@Suite("The watchdog", .serialized)
struct WatchdogTests {
  enum Failure: String, CaseIterable {
    case killed, stopped, hung

    func strike(_ host: AlphaLoopProcess.Running, _ fixture: WatchdogFixture) throws {
      switch self {
      case .killed: try fixture.kill(host)
      case .stopped: try fixture.stop(host)
      case .hung:
        // The trade loop waits in the broker's submit for ever.
        let sent = fixture.book.contents().ours.count
        try fixture.book.set("hang", "1")
        try #require(fixture.wait { fixture.book.contents().ours.count > sent })
      }
    }
  }

  @Test(
    "the host of a failed session is ended, its orders are cancelled, those of others stay", arguments: Failure.allCases
  )
  func takesOver(_ failure: Failure) throws {
    let fixture = try WatchdogFixture()
    let watchdog = try fixture.startWatchdog()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    try fixture.book.addOrderOfOthers("AAA", quantity: 7, limit: 50)
    try failure.strike(host, fixture)
    try #require(fixture.waitForEnding(), "\(watchdog.stop())")
    #expect(fixture.ourWorking.isEmpty)
    #expect(fixture.book.contents().working.map(\.reference) == ["MANUAL"])
    #expect(fixture.wait(2) { !WatchdogFixture.isThere(host) })

    let takeover = try #require(try fixture.takeovers().first)
    let expected: [Failure: HostCondition] = [.killed: .dead, .stopped: .stopped, .hung: .stale]
    #expect(takeover.beginning.condition == expected[failure])
    #expect(takeover.ending == .done)
    let cancelled = fixture.book.contents().ours.filter { $0.state == .cancelled }
    #expect(cancelled.count >= 2)
    #expect(Set(takeover.cancelled) == Set(cancelled.map { OrderID(session: $0.session, sequence: $0.sequence) }))
    #expect(takeover.unconfirmed.isEmpty && takeover.flattenOrders.isEmpty)
    let latch = try SessionJournal(path: fixture.journal, mode: "paper", account: "DU1", isReadOnly: true).latch()
    #expect(latch == nil, "the sessions' journal is the host's alone")
    #expect(watchdog.stop().code == 0)
  }

  @Test("a cancel is durable before it leaves")
  func intentFirst() throws {
    let fixture = try WatchdogFixture()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    try fixture.kill(host)
    let ended = try fixture.once()
    #expect(ended.code == 1, "\(ended.errors)")
    var intended: [OrderID: Int64] = [:]
    for row in try WatchdogJournal.entries(beside: fixture.journal) {
      if case .event(.cancels(let ids)) = row.entry { for id in ids { intended[id] = row.time } }
    }
    let contents = fixture.book.contents()
    let cancels = fixture.book.lines.map { $0.split(separator: " ") }.filter { $0.first == "cancel" }
    #expect(cancels.count >= 2)
    for cancel in cancels {
      let order = try #require(contents.orders.first { String($0.bid) == cancel[1] })
      let intent = try #require(intended[OrderID(session: order.session, sequence: order.sequence)])
      #expect(intent < Int64(cancel[2]) ?? 0)
    }
    // Nothing is left to do.
    #expect(try fixture.once().code == 0)
  }

  @Test("a healthy host is left alone, and so is one that ended in good order")
  func leavesAlone() throws {
    let fixture = try WatchdogFixture()
    let watchdog = try fixture.startWatchdog()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    let looker = try fixture.inProcess()
    for _ in 0..<50 {
      #expect(try looker.look() == .well(.healthy))
      usleep(60_000)
    }
    #expect(WatchdogFixture.isThere(host))
    #expect(!fixture.ourWorking.isEmpty)
    host.send(SIGTERM)
    #expect(host.end().code == 0)
    let left = fixture.ourWorking
    usleep(1_500_000)
    let ended = try #require(try HeartbeatReading.read(journal: fixture.journal))
    #expect(ended.phase == .ended)
    #expect(fixture.ourWorking == left)
    #expect(access(WatchdogJournal.path(beside: fixture.journal), F_OK) != 0, "nothing had to be written down")
    let errors = watchdog.stop().errors
    #expect(!errors.contains("taking over"), "\(errors)")
  }

  @Test("a watchdog that does not end the host gets nowhere: the line is still the host's")
  func endingIsNeeded() throws {
    let fixture = try WatchdogFixture()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    try fixture.stop(host)
    let working = fixture.ourWorking
    let toothless = try fixture.inProcess { $0.end = { _, _ in nil } }
    #expect(try toothless.once() != .acted)
    #expect(WatchdogFixture.isThere(host))
    #expect(fixture.ourWorking == working)
    // The same with the step in its place.
    #expect(try fixture.inProcess().once() == .acted)
    #expect(fixture.ourWorking.isEmpty)
  }

  @Test("by policy our positions are closed, and no more than ours")
  func flattens() throws {
    let fixture = try WatchdogFixture("answer: again, fill: partial", watchdog: "policy: flatten")
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders(1))
    // Somebody else's position in the same name.
    let symbol = try #require(fixture.ourWorking.first).symbol
    let sign = try #require(fixture.ourWorking.first).quantity > 0 ? 1.0 : -1.0
    try fixture.book.addPosition(symbol, quantity: sign * 3)
    try fixture.kill(host)
    try fixture.book.set("fill", "immediate")
    #expect(try fixture.inProcess().once() == .acted)
    let takeover = try #require(try fixture.takeovers().last)
    #expect(!takeover.flattenOrders.isEmpty)
    #expect(
      takeover.flattenOrders.allSatisfy { $0.id.session == takeover.beginning.session && $0.type == AL_ORDER_MARKET })
    #expect(fixture.ourWorking.isEmpty)
    #expect(fixture.book.contents().positions.filter { $0.value != 0 } == [symbol: sign * 3])
    #expect(takeover.holdings.filter { $0.quantity != 0 }.map(\.symbol) == [symbol])
    #expect(takeover.fills.contains { $0.session == takeover.beginning.session })
  }

  @Test("orders of others are cancelled only where global_cancel says so")
  func globalCancel() throws {
    let fixture = try WatchdogFixture(watchdog: "global_cancel: true")
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    try fixture.book.addOrderOfOthers("BBB", quantity: -4, limit: 150)
    try fixture.kill(host)
    #expect(try fixture.inProcess().once() == .acted)
    #expect(fixture.book.contents().working.isEmpty)
  }

  @Test("one watchdog is on duty; the next takes over from it, also in the middle of its work")
  func twoWatchdogs() throws {
    let fixture = try WatchdogFixture()
    let first = try fixture.startWatchdog()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    let refused = try fixture.once()
    #expect(refused.code == 2)
    #expect(refused.errors.contains("on duty"))
    let second = try fixture.startWatchdog()
    try fixture.book.set("cancel", "never")
    try fixture.kill(host)
    #expect(fixture.wait { fixture.book.contents().cancelsAsked > 0 })
    #expect(!fixture.ourWorking.isEmpty)
    first.send(SIGKILL)
    try fixture.book.set("cancel", "again")
    try #require(fixture.waitForEnding(), "\(second.stop())")
    #expect(fixture.ourWorking.isEmpty)
    #expect(try fixture.takeovers().map(\.ending) == [nil, .done])
    #expect(second.stop().errors.contains("stands by"))
  }

  @Test("a host that starts again and dies again is taken over from again; a broker out of reach is tried again")
  func again() throws {
    let fixture = try WatchdogFixture()
    let watchdog = try fixture.inProcess()
    for round in 1...2 {
      let host = try fixture.startHost()
      // What the watchdog did halts the next session until a person has looked.
      if round == 2 { try fixture.resume() }
      try #require(fixture.waitForOrders())
      try fixture.kill(host)
      if round == 2 {
        try fixture.book.connection(AL_LAYER_SESSION, AL_CONNECTION_DOWN, code: 1100)
        guard case .unreachable = try watchdog.look() else {
          Issue.record("there is no line")
          return
        }
        #expect(!fixture.ourWorking.isEmpty)
        try fixture.book.connection(AL_LAYER_SESSION, AL_CONNECTION_UP, code: 1102)
      }
      #expect(try watchdog.look() == .acted)
      #expect(fixture.ourWorking.isEmpty)
      #expect(try watchdog.look() == .well(.ended))
    }
    #expect(try fixture.takeovers().map(\.ending) == [.done, nil, .done])
  }

  @Test(
    "orders are cancelled though the broker does not tell its positions; closing those is tried again until it does")
  func halfAnswers() throws {
    let fixture = try WatchdogFixture("answer: again, fill: partial", watchdog: "policy: flatten")
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders(1))
    try fixture.book.set("query_timeout", "positions")
    try fixture.kill(host)
    try fixture.book.set("fill", "immediate")
    let watchdog = try fixture.inProcess()
    guard case .unreachable = try watchdog.look() else {
      Issue.record("positions were not told")
      return
    }
    #expect(fixture.ourWorking.isEmpty)
    #expect(fixture.book.contents().positions.contains { $0.value != 0 })
    try fixture.book.set("query_timeout", "none")
    #expect(try watchdog.look() == .acted)
    #expect(!fixture.book.contents().positions.contains { $0.value != 0 })
  }

  @Test("a host that is stopped for a moment only is left alone")
  func glitch() throws {
    let fixture = try WatchdogFixture()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders(1))
    let watchdog = try fixture.inProcess()
    try fixture.stop(host)
    let pid = host.process.processIdentifier
    Thread {
      usleep(200_000)
      Foundation.kill(pid, SIGCONT)
    }.start()
    #expect(try watchdog.look() == .well(.healthy))
    #expect(WatchdogFixture.isThere(host))
  }

  @Test("the session's own files count: what was written into them since does not stand in the way")
  func recordedConfiguration() throws {
    let fixture = try WatchdogFixture()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    let watchdog = try fixture.inProcess()
    try writeAtomically(Array("version: 9\n".utf8), to: "\(fixture.connected.files.folder)/config/alphaloop.yaml")
    try fixture.kill(host)
    #expect(try watchdog.look() == .acted)
    #expect(fixture.ourWorking.isEmpty)
    #expect(try fixture.takeovers().flatMap(\.notes).isEmpty)
  }

  @Test("a damaged journal keeps nobody from cancelling; positions whose owner it cannot tell are left and named")
  func damagedJournal() throws {
    let fixture = try WatchdogFixture("answer: again, fill: partial", watchdog: "policy: flatten")
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders(1))
    try fixture.kill(host)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    shell.arguments = [
      "python3", "-c",
      "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute('UPDATE journal SET time=time+1 WHERE seq=1'); "
        + "d.commit()", fixture.journal,
    ]
    try shell.run()
    shell.waitUntilExit()
    try #require(shell.terminationStatus == 0)
    let held = fixture.book.contents().positions
    #expect(try fixture.inProcess().once() == .acted)
    #expect(fixture.ourWorking.isEmpty)
    #expect(fixture.book.contents().positions == held)
    let notes = try fixture.takeovers().flatMap(\.notes)
    #expect(notes.contains { $0.contains("the files of now are taken") })
    #expect(notes.contains { $0.contains("positions are not closed") })
  }

  @Test("the orders of a simulated broker end with the host: it is ended, and nobody else is asked")
  func simulation() throws {
    let files = try SessionFixture()
    let target = ["--config", "\(files.folder)/config"]
    let host = try AlphaLoopProcess.start(["trade", "--sessions", "100", "--pace", "0.1", "--json"] + target)
    defer { if host.process.isRunning { host.send(SIGKILL) } }
    let journal = "\(files.folder)/journal/simulation-SIM.db"
    var isTrading = false
    for _ in 0..<500 where !isTrading {
      isTrading = try HeartbeatReading.read(journal: journal)?.phase == .trading
      usleep(20_000)
    }
    #expect(isTrading)
    #expect(try AlphaLoopProcess.run(["watchdog", "--once"] + target).code == 0)
    host.send(SIGSTOP)
    let ended = try AlphaLoopProcess.run(["watchdog", "--once"] + target)
    #expect(ended.code == 1, "\(ended.errors)")
    #expect(ended.errors.contains("the broker is simulated"))
    #expect(host.end().code == 128 + SIGKILL)
    #expect(try AlphaLoopProcess.run(["watchdog", "--once"] + target).code == 0)
  }

  @Test("the account's lock keeps a starting host and a watchdog apart")
  func interlock() throws {
    let fixture = try WatchdogFixture()
    let host = try fixture.startHost()
    try #require(fixture.waitForOrders())
    try fixture.kill(host)
    // Another host holds the account already, but does not show itself yet.
    var starting = try AccountLock(journal: fixture.journal, patience: 0)
    #expect(starting != nil)
    #expect(try fixture.inProcess().once() == .handedOver)
    #expect(try fixture.takeovers().map(\.ending) == [.abandoned])
    #expect(!fixture.ourWorking.isEmpty)
    withExtendedLifetime(starting) {}
    // It dies before it does.
    starting = nil
    #expect(try fixture.inProcess().once() == .acted)
    #expect(fixture.ourWorking.isEmpty)
  }
}

extension AlphaLoopProcess.Running {
  /// Asks it to end.
  func stop() -> AlphaLoopProcess.Ending {
    send(SIGTERM)
    return end()
  }
}

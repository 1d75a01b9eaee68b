import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("A worker that fails costs one evaluation, never the host", .serialized)
struct WorkerFaultTests {
  /// Runs `bars` bars with a fault at sequence 5.
  private func world(_ fixture: String, bars: Int = 12, _ change: (inout WorkerWorld.Setup) -> Void = { _ in }) throws
    -> WorkerWorld
  {
    var setup = try WorkerWorld.Setup(fixture, at: 5)
    change(&setup)
    let world = try WorkerWorld(setup, isolated: true)
    try world.start()
    world.run(bars)
    return world
  }

  /// One evaluation with this status, all others good, one restart.
  private func expectOneFault(_ world: WorkerWorld, _ status: al_status, bars: Int = 12, _ reason: String) throws {
    let bad = world.statuses.indices.filter { world.statuses[$0] != AL_OK }
    #expect(bad == [4], "\(world.statuses)")
    #expect(world.statuses.count == bars)
    if bad == [4] { #expect(world.statuses[4] == status) }
    let report = try world.worker.status
    #expect(report.state == .running)
    #expect(report.restarts == 1)
    #expect(report.faults.map(\.count) == [1])
    let told = report.faults.first?.reason ?? ""
    // The thread sanitizer catches the signal and leaves with 66.
    #expect(told.contains(reason) || (reason == "SIGSEGV" && told.contains("status 66")), "\(told)")
    #expect(world.answers[4].isEmpty)
    #expect(world.answers.last?.count == 5 * MemoryLayout<al_row_v1>.stride)
    #expect(world.refusals == [(status == AL_E_TIMEOUT ? OutputRefusal.late : .fault).rawValue: 1])
  }

  @Test("control: the same agent without a fault")
  func control() throws {
    let world = try world("steady")
    #expect(world.statuses.allSatisfy { $0 == AL_OK })
    let report = try world.worker.status
    #expect(report.restarts == 0)
    #expect(report.faults.isEmpty)
    #expect(report.process > 0)
    #expect(world.refusals.isEmpty)
  }

  @Test("a wild pointer")
  func wildPointer() throws { try expectOneFault(try world("wild_pointer"), AL_E_INTERNAL, "SIGSEGV") }

  @Test("a trap, with its last words")
  func trap() throws {
    try expectOneFault(
      try world("trap"), AL_E_INTERNAL, "its worker was ended by SIGILL (a trap): Fatal error: index out of range")
  }

  @Test("exit(0) in the middle of a call")
  func leaves() throws { try expectOneFault(try world("exit_zero"), AL_E_INTERNAL, "left with status 0") }

  @Test("rows written past the end of the buffer")
  func overrun() throws { try expectOneFault(try world("overrun"), AL_E_INTERNAL, "SIGSEGV") }

  @Test("inputs cannot be written to")
  func writesInput() throws { try expectOneFault(try world("writes_input"), AL_E_INTERNAL, "SIGSEGV") }

  @Test("more rows claimed than there is room for")
  func tooLong() throws { try expectOneFault(try world("too_long"), AL_E_INTERNAL, "rows where 6 fit") }

  @Test("nonsense all over the shared block")
  func scribbles() throws {
    try expectOneFault(try world("scribbles_block"), AL_E_INTERNAL, "broke the protocol (a turn that is nobody's)")
  }

  @Test("a forged answer of impossible length")
  func forges() throws { try expectOneFault(try world("forges_turn"), AL_E_INTERNAL, "rows where 6 fit") }

  @Test("no memory left: the limit ends it, not the machine")
  func memoryHog() throws {
    let world = try world("memory_hog") { setup in
      setup.deadline = 20_000_000_000
      setup.options.lockdown = LockdownPolicy(.computeOnly, limits: .init(addressSpaceGrowth: 64 << 20))
    }
    try expectOneFault(world, AL_E_INTERNAL, "SIGSEGV")
  }

  @Test("an endless loop is ended at its deadline of 50 ms")
  func hang() throws {
    let start = al_monotonic_ns()
    let world = try world("hang") { $0.deadline = 50_000_000 }
    let took = al_monotonic_ns() - start
    try expectOneFault(world, AL_E_TIMEOUT, "did not answer within 50 ms")
    #expect(took > 50_000_000)
    #expect(took < 5_000_000_000)
  }

  @Test("SIGKILL in the middle of a call ends the call at once")
  func killed() throws {
    let world = try WorkerWorld(try WorkerWorld.Setup("hang", at: 5), isolated: true)
    try world.start()
    let pid = try world.worker.status.process
    let killer = Thread {
      usleep(200_000)
      kill(pid, SIGKILL)
    }
    killer.start()
    let start = al_monotonic_ns()
    world.run(12)
    let took = al_monotonic_ns() - start
    // The deadline is 2 s; the kill comes after 0.2 s.
    #expect(took > 150_000_000)
    #expect(took < 1_500_000_000)
    try expectOneFault(world, AL_E_INTERNAL, "SIGKILL")
  }

  @Test("SIGKILL between two calls is a fault of the next")
  func killedBetween() throws {
    let world = try WorkerWorld(try WorkerWorld.Setup("steady"), isolated: true)
    try world.start()
    world.run(4)
    kill(try world.worker.status.process, SIGKILL)
    usleep(100_000)
    world.run(8)
    try expectOneFault(world, AL_E_INTERNAL, "SIGKILL")
  }

  @Test("a restarted worker goes on from the last saved state and its random streams")
  func restores() throws {
    let world = try world("wild_pointer", bars: 10) { $0.options.checkpointInterval = 2 }
    // Good calls 1 to 4 (saved after 2 and 4), the fifth lost, then five more: the count and the streams of nine calls.
    let undisturbed = try WorkerWorld(try WorkerWorld.Setup("steady"), isolated: true)
    try undisturbed.start()
    undisturbed.run(9)
    let (a, b) = (try world.outcome(), try undisturbed.outcome())
    #expect(a.state == b.state)
    #expect(a.streams == b.streams)
    // Control: without the save after the fourth call the count is another.
    let forgetful = try self.world("wild_pointer", bars: 10) { $0.options.checkpointInterval = 1000 }
    #expect(try forgetful.outcome().state != b.state)
  }

  @Test("faults again and again: pauses double, counted in evaluations, then it is given up; equal runs are equal")
  func givesUp() throws {
    var statuses: [[al_status]] = []
    for _ in 0..<2 {
      var setup = try WorkerWorld.Setup("wild_pointer", at: 1, every: true)
      setup.bars = 160
      let world = try WorkerWorld(setup, isolated: true)
      try world.start()
      world.run(160)
      statuses.append(world.statuses)
      let report = try world.worker.status
      // The first fault, then eight restarts after pauses of 0, 1, 2, 4, 8, 16, 32 and 64 evaluations.
      #expect(report.restarts == 8)
      #expect(report.skipped == 127)
      #expect(report.faults.map(\.count) == [9])
      #expect(report.process == 0)
      guard case .failed(let reason) = report.state else {
        Issue.record("\(report.state)")
        return
      }
      #expect(reason.contains("given up after 9 faults"))
      #expect(world.refusals[OutputRefusal.fault.rawValue] == 16, "the engine switches it off")
    }
    #expect(statuses[0] == statuses[1])
  }

  @Test("files and sockets are refused; control: without a lock-down both open")
  func lockdown() throws {
    func confidence(_ lockdown: LockdownPolicy?) throws -> Double {
      let world = try world("reaches_out", bars: 5) { $0.options.lockdown = lockdown }
      let row = world.answers[4].withUnsafeBytes { $0.loadUnaligned(as: al_row_v1.self) }
      #expect(row.value == 0.125)
      #expect((try world.worker.status.lockdown).contains(lockdown == nil ? "none" : "seccomp on"))
      return row.confidence
    }
    #expect(try confidence(.computeOnly) == 0)
    #expect(try confidence(nil) == 0.75)
  }

  @Test("a long call hears that the host wants to stop")
  func stopping() throws {
    let world = try WorkerWorld(try WorkerWorld.Setup("waits_for_stop", at: 5), isolated: true)
    try world.start()
    world.stopLater(100_000)
    world.run(12)
    #expect(world.statuses.allSatisfy { $0 == AL_OK })
    // Control: without the wish it runs into its deadline of 2 s.
    let deaf = try self.world("waits_for_stop") { $0.deadline = 200_000_000 }
    try expectOneFault(deaf, AL_E_TIMEOUT, "did not answer within 200 ms")
  }

  @Test("another program, or none, in the worker's place is an error with its reason")
  func wrongProgram() async throws {
    _ = try WorkerFixture.library("steady")
    await #expect(processExitsWith: .success) {
      let path = try WorkerFixture.product("momentum")
      setenv("ALPHALOOP_WORKER", "/bin/true", 1)
      let other = failure { try WorkerDescriber.standard.descriptors(of: path, deadline: 5_000_000_000) }
      #expect(other == "\(path): cannot be loaded in a worker: its worker left with status 0")
      setenv("ALPHALOOP_WORKER", "/no/such/worker", 1)
      let none = failure { try WorkerDescriber.standard.descriptors(of: path, deadline: 5_000_000_000) }
      #expect(none?.contains("/no/such/worker: the worker program cannot be run: No such file") == true)
    }
  }

  @Test("the last state is what a dead worker's agent gives up")
  func savesDead() throws {
    let world = try WorkerWorld(try WorkerWorld.Setup("steady"), isolated: true)
    try world.start()
    world.run(7)
    let state = try world.agent.save()
    kill(try world.worker.status.process, SIGKILL)
    usleep(100_000)
    world.run(1)
    #expect(try world.agent.save() == state)
    #expect(state == [7, 0, 0, 0, 0, 0, 0, 0])
  }
}

@Suite("Workers do not outlive their host")
struct WorkerLeakTests {
  private func isAlive(_ pid: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return !text.contains(") Z ")
  }

  private func endsSoon(_ pid: Int32) -> Bool {
    for _ in 0..<200 {
      if !isAlive(pid) { return true }
      usleep(10_000)
    }
    return false
  }

  @Test("destroying the agent ends its worker")
  func destroyed() throws {
    let world = try WorkerWorld(try WorkerWorld.Setup("steady"), isolated: true)
    try world.start()
    let pid = try world.worker.status.process
    #expect(isAlive(pid))
    try world.agent.stop()
    world.agent.destroy()
    #expect(endsSoon(pid))
    #expect(try world.worker.status.state == .destroyed)
  }

  @Test("so does letting go of it")
  func released() throws {
    var world: WorkerWorld? = try WorkerWorld(try WorkerWorld.Setup("steady"), isolated: true)
    let pid = try #require(try world?.worker.status.process)
    #expect(isAlive(pid))
    world = nil
    #expect(endsSoon(pid))
  }

  @Test("a killed host takes its workers along")
  func hostKilled() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("worker-leak-\(getpid())").path
    setenv("WORKER_LEAK_FILE", file, 1)
    _ = try WorkerFixture.library("steady")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let world = try WorkerWorld(try WorkerWorld.Setup("steady"), isolated: true)
      try world.start()
      let path = try #require(ProcessInfo.processInfo.environment["WORKER_LEAK_FILE"])
      try "\(try world.worker.status.process)".write(toFile: path, atomically: true, encoding: .utf8)
      kill(getpid(), SIGKILL)
    }
    let pid = try #require(Int32(try String(contentsOfFile: file, encoding: .utf8)))
    #expect(pid > 0)
    #expect(endsSoon(pid))
  }
}

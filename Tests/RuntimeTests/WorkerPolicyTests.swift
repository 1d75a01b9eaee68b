import AlphaLoopCore
import CAlphaLoop
import CSystem
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("A risk policy in a worker process", .serialized)
struct WorkerPolicyTests {
  /// What a run over 420 days of four names came to.
  private struct Outcome {
    var journal: [UInt8]
    var fills: UInt64
    var status: WorkerStatus?
    var log: [String]
  }

  private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [String] = []
    func append(_ text: String) { lock.withLock { list.append(text) } }
    var lines: [String] { lock.withLock { list } }
  }

  private let folder: WorkerRunFolder
  init() throws { folder = try WorkerRunFolder() }

  /// - Parameter isolation: of the policy's library; empty: what the host decides.
  private func run(
    _ isolation: String, library: String, policy: String, deadlines: String = ""
  ) throws -> Outcome {
    let placement = (isolation.isEmpty ? "" : ", isolation: \(isolation)") + deadlines
    let configuration = try folder.configuration(
      isolation: "none", libraries: "  - {id: sized, path: \(library)\(placement)}", policies: "  - \(policy)")
    let log = Log()
    let (run, journal) = try folder.run(configuration, "run") { name, _, text in log.append("\(name): \(text)") }
    defer { run.close() }
    let handle = try #require(run.generation.policy)
    #expect((handle is WorkerPolicy) == (isolation != "none"))
    return Outcome(
      journal: journal, fills: run.engine.counts.fills, status: (handle as? WorkerPolicy)?.status, log: log.lines)
  }

  private func fixture(_ isolation: String, at: Int = 0, every: Int = 0, how: Int = 0, deadlines: String = "") throws
    -> Outcome
  {
    try run(
      isolation, library: try WorkerFixture.library("failing_policy"),
      policy: "{plugin: fixture.failing_policy, id: sizer, parameters: {at: \(at), every: \(every), how: \(how)}}",
      deadlines: deadlines)
  }

  @Test("a first-party policy gives the same record, byte for byte, in the host and in a worker")
  func product() throws {
    let policy = "{plugin: policy.target_weight, id: sizer, parameters: {cap: 0.05}}"
    let host = try run("none", library: "libsizing.so", policy: policy)
    let worker = try run("process", library: "libsizing.so", policy: policy)
    #expect(host.fills > 10)
    #expect(worker.journal == host.journal)
    #expect(worker.status?.restarts == 0)
  }

  @Test("a policy from outside of the plugin folder runs in a worker, with the same record")
  func thirdParty() throws {
    let host = try fixture("none")
    let worker = try fixture("")
    #expect(host.fills > 10)
    #expect(worker.journal == host.journal)
    #expect(worker.log.isEmpty)
  }

  @Test("a crash costs one sizing: nothing goes through unsized, and the worker goes on from its saved state")
  func crashOnce() throws {
    let worker = try fixture("process", at: 300, how: 1)
    #expect(worker.fills > 10)
    #expect(worker.status?.restarts == 1)
    #expect(worker.status?.faults.map(\.count) == [1])
    #expect(worker.status?.faults.first?.reason.contains("SIGSEGV") == true)
    #expect(
      worker.log.last
        == "sizer: it sizes no targets; until it answers nothing is opened or enlarged, and positions are only closed")
  }

  @Test("a policy that crashes at every call opens nothing, in the host's words and records as one that answers errors")
  func crashForEver() throws {
    let errors = try fixture("none", at: 1, every: 1)
    let crashes = try fixture("process", at: 1, every: 1, how: 1)
    #expect(errors.fills == 0)
    #expect(errors.log.count == 1)
    #expect(errors.log.first?.hasPrefix("sizer: size_targets failed (internal); until it answers") == true)
    #expect(crashes.fills == 0)
    #expect(crashes.journal == errors.journal)
    #expect(crashes.status?.faults.map(\.count) == [9])
    #expect(
      crashes.log.contains { $0.hasPrefix("sizer: given up after 9 faults, the last: its worker was ended by SIGSEGV") }
    )
  }

  @Test("one that stops answering is ended at its deadline of 50 ms")
  func hang() throws {
    let start = al_monotonic_ns()
    let worker = try fixture("process", at: 300, how: 2, deadlines: ", deadlines: {call: 50ms}")
    #expect(al_monotonic_ns() - start < 10_000_000_000)
    #expect(worker.status?.faults.first?.reason == "it did not answer within 50 ms; its worker was ended")
    #expect(worker.status?.restarts == 1)
    #expect(worker.fills > 10)
  }

  @Test("a policy of an isolated library moves with a reload, and the new worker sizes from then on")
  func reload() throws {
    setenv("ALPHALOOP_WORKER", "\(executableFolder())/alphaloop-worker", 1)
    let fixture = try SessionFixture()
    fixture.policy = "{plugin: policy.fixed_quantity, id: sizer, parameters: {quantity: 10}}"
    fixture.isolation = "process"
    try fixture.write()
    var notices: [String] = []
    let session = try fixture.session(30) { notices.append($0) }
    let before = try #require(session.generation.policy as? WorkerPolicy)
    fixture.policy = "{plugin: policy.fixed_quantity, id: sizer, parameters: {quantity: 20}}"
    try fixture.write()
    try session.run()
    let after = try #require(session.generation.policy as? WorkerPolicy)
    #expect(session.generation.number == 2, "\(notices)")
    #expect(before !== after)
    #expect(before.status.state == .destroyed)
    #expect(after.status.state == .running)
    #expect(session.engine.counts.fills > 3)
    session.close()
  }
}

import AlphaLoopCore
import AlphaLoopLoader
import AlphaLoopYAML
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("A whole run with its agents in worker processes", .serialized)
struct WorkerRunTests {
  @Test("the record of the run has the same bytes wherever its agents run")
  func same() throws {
    let folder = try WorkerRunFolder()
    let host = try folder.run(try folder.configuration(isolation: "none"), "host")
    let worker = try folder.run(try folder.configuration(isolation: "process"), "worker")
    defer {
      host.run.close()
      worker.run.close()
    }
    #expect(worker.run.generation.agents.allSatisfy { $0 is WorkerAgent })
    #expect(worker.run.generation.agents.count == 2)
    #expect(host.run.generation.absences.isEmpty && worker.run.generation.absences.isEmpty)
    #expect(host.run.engine.counts.fills > 10)
    #expect(host.journal.count > 100_000)
    #expect(worker.journal == host.journal)
    #expect(worker.run.engine.equity == host.run.engine.equity)
    #expect(worker.run.sessionID == host.run.sessionID)
  }

  @Test("an isolated agent that crashes for ever leaves the others' run as it is without it")
  func crashing() throws {
    let folder = try WorkerRunFolder()
    let alone = try folder.run(try folder.configuration(isolation: "none"), "alone")
    let library = try WorkerFixture.library("wild_pointer")
    let configuration = try folder.configuration(
      isolation: "none", libraries: "  - {id: broken, path: \(library)}",
      agents: "  - {agent: fixture.wild_pointer, universe: all, parameters: {at: 1, every: 1}}")
    let with = try folder.run(configuration, "with")
    defer {
      alone.run.close()
      with.run.close()
    }
    let broken = try #require(with.run.generation.agents.last as? WorkerAgent)
    #expect(broken.status.faults.map(\.count) == [9])
    #expect(with.run.engine.counts.fills == alone.run.engine.counts.fills)
    #expect(with.journal != alone.journal)
    #expect(with.run.engine.equity == alone.run.engine.equity)
  }

  @Test("a policy sizes the same targets in a worker, and a dead one answers with an error")
  func policy() throws {
    let path = try WorkerFixture.product("sizing")
    let library = try LoadedLibrary.load(path)
    let descriptor = try #require(library.descriptor("policy.target_weight"))
    let parameters = [PluginParameter("cap", .number(0.05))]
    let host = try LoadedInstance(
      library, id: descriptor.id, name: "sizing", parameters: parameters, inputs: 0,
      services: HostServices(mode: AL_MODE_BACKTEST, seed: 1))
    try host.start()
    let worker = try WorkerPolicy(
      path: path, id: descriptor.id, name: "sizing", parameters: parameters, json: "{}",
      services: HostServices(mode: AL_MODE_BACKTEST, seed: 1), deadlines: PluginLibrary.Deadlines(),
      memory: try ArenaInputMemory(capacities: [1 << 30]))
    try worker.start()
    let function = try #require(try host.table(AL_INTERFACE_POLICY, al_policy_v1.self)?.pointee.size_targets)
    let inside = SizingPolicy(context: host.context, size: function)
    let (a, b) = (sizes(inside), sizes(worker.sizing))
    #expect(a.status == AL_OK && b.status == AL_OK)
    #expect(a.quantities == b.quantities)
    #expect(a.quantities.contains { $0 != 0 })
    kill(worker.status.process, SIGKILL)
    usleep(100_000)
    #expect(sizes(worker.sizing).status == AL_E_INTERNAL)
    #expect(sizes(worker.sizing).quantities == a.quantities, "a fresh worker goes on")
  }

  private func sizes(_ policy: SizingPolicy) -> (status: al_status, quantities: [Int64]) {
    var targets: [al_target_v1] = []
    for i in 0..<6 {
      var target = al_target_v1()
      target.instrument = UInt32(i)
      target.weight = 0.05 * Double(i - 2)
      target.confidence = 0.5
      target.volatility = 0.2
      target.price = Int64(10 + i) * AL_UNIT
      target.lot = AL_UNIT
      target.multiplier = AL_UNIT
      targets.append(target)
    }
    let status = targets.withUnsafeMutableBufferPointer { buffer in
      var sizing = al_sizing_v1(
        size: UInt32(MemoryLayout<al_sizing_v1>.size), n: 6, as_of_ns: 1, equity: 1_000_000 * AL_UNIT,
        cash: 1_000_000 * AL_UNIT, targets: buffer.baseAddress)
      return policy.size(policy.context, &sizing, nil)
    }
    return (status, targets.map(\.quantity))
  }
}

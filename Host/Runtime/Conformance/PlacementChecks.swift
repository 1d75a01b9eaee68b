import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc

/// An agent answers the same wherever the host runs it: here, through the host's own handles.
enum PlacementChecks {
  static let all: [Check] = [
    Check(
      "worker.equal", .agent, "the same bytes in a worker process under lock-down as in the host's",
      advice: "open no files or sockets while evaluating; keep no addresses of input between calls", equal)
  ]

  private static func equal(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    if !bench.subject.isDeterministic { throw .skip("the descriptor does not claim determinism") }
    let memory = try shared()
    let program = executableFolder() + "/alphaloop-worker"
    guard access(program, X_OK) == 0 else { throw .skip("\(program) is not there") }
    context.phase("evaluating in this process")
    let here = try answers(bench, memory, try inProcess(bench, context))
    context.phase("evaluating in a worker process")
    let there = try answers(bench, memory, try isolated(bench, context, memory))
    try AgentBench.same(here, there, "in a worker process")
    return "\(there.count) evaluations"
  }

  private static func shared() throws(Finding) -> ArenaInputMemory {
    do {
      return try ArenaInputMemory()
    } catch { throw .skip("no shared memory for a worker here: \(error)") }
  }

  private static func inProcess(_ bench: AgentBench, _ context: CheckContext) throws(Finding) -> any AgentHandle {
    do {
      return try InProcessAgent(
        try LoadedInstance(
          try LoadedLibrary.load(context.file), id: context.plugin, name: "validated",
          parameters: ParameterTable.flatten(bench.subject.defaults), json: bench.subject.defaults.canonicalText,
          inputs: bench.subject.inputs, services: services(context)))
    } catch { throw .fail("\(error)") }
  }

  private static func isolated(_ bench: AgentBench, _ context: CheckContext, _ memory: any InputMemory) throws(Finding)
    -> any AgentHandle
  {
    do {
      return try WorkerAgent(
        path: context.file, id: context.plugin, name: "validated",
        parameters: ParameterTable.flatten(bench.subject.defaults), json: bench.subject.defaults.canonicalText,
        inputs: bench.subject.inputs, services: services(context), deadlines: PluginLibrary.Deadlines(), memory: memory)
    } catch { throw .fail("\(error)") }
  }

  private static func services(_ context: CheckContext) -> HostServices {
    HostServices(mode: AL_MODE_VALIDATE, seed: context.seed)
  }

  /// What a handle answers over the market. Timers are left out: they are the engine's to fire.
  private static func answers(_ bench: AgentBench, _ memory: any InputMemory, _ agent: any AgentHandle) throws(Finding)
    -> [Answer]
  {
    let blocks = InputBlocks(.plain, shared: memory)
    let universe = UniverseMemory(bench.market, blocks: blocks)
    let capacity = Int(bench.subject.descriptor.max_rows) * bench.market.series.count + 1
    let rows = UnsafeMutablePointer<al_row_v1>.allocate(capacity: capacity)
    defer { rows.deallocate() }
    do {
      try agent.bind(UnsafePointer(universe.table))
      let panel = PanelMemory(
        bench.market, lookback: max(1, Int(agent.needs.lookback)), granted: bench.subject.inputs, options: .init(),
        blocks: blocks)
      try agent.start()
      var answers: [Answer] = []
      for (k, time) in bench.market.times.enumerated() {
        let cause = AgentRun.cause(at: k, agent.needs, universe: bench.market.series.count)
        if cause == 0 { continue }
        panel.fill(time, cause: cause, sequence: UInt64(answers.count))
        var output = al_output_v1(
          size: UInt32(MemoryLayout<al_output_v1>.size), cap: UInt32(capacity), len: 0, needed: 0, rows: rows)
        let status = agent.evaluate(agent.context, panel.input, &output)
        let count = Int(min(output.len, output.cap))
        answers.append(Answer(asOf: time, cause: cause, status: status, rows: (0..<count).map { rows[$0] }))
      }
      try agent.stop()
      agent.destroy()
      return withExtendedLifetime(universe) { answers }
    } catch { throw .fail("\(error)") }
  }
}

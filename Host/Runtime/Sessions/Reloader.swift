import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem

/// Hot reload between sessions. The whole new configuration is validated, every library looked at and loaded, every agent
/// made, bound, started and given its predecessor's state before anything of the running generation is touched.
struct Reloader {
  let settings: Generation.Options

  /// How long a reload took, ns.
  struct Times {
    /// Until everything of the new generation stood beside the old one.
    var load: Int64 = 0
    /// From the first state that was saved until the new generation had the engine.
    var change: Int64 = 0

    var text: String { "loaded in \(Self.milliseconds(load)), switched in \(Self.milliseconds(change))" }

    private static func milliseconds(_ ns: Int64) -> String {
      let text = String(ns / 1000 % 1000 + 1000).dropFirst()
      return "\(ns / 1_000_000).\(text) ms"
    }
  }

  /// Whether a YAML file or a plugin file is another than the generation was made from.
  ///
  /// - Parameter seen: digest of the files as they were looked at last; the same ones are no change again.
  func hasChanged(_ generation: Generation, since seen: inout String) -> Bool {
    let sources = ConfigurationSources(directory: generation.configuration.directory)
    var isOther = sources.files != generation.configuration.sources.files
    var all: [UInt8] = []
    for name in sources.files.keys.sorted() { all += sources.files[name] ?? [] }
    for entry in generation.catalog.entries {
      let digest = entry.digestNow()
      if digest != entry.sha256 { isOther = true }
      all += Array(digest.utf8)
    }
    let digest = ELFDigest.sha256(all)
    defer { seen = digest }
    return isOther && digest != seen
  }

  /// Generation N+1, switched to, and what waits for the next start; the caller retires N when nothing of its own holds on to
  /// it. Throws with N untouched.
  func next(after old: Generation, engine: Engine, memory: any InputMemory) throws(HostError) -> (
    generation: Generation, change: GenerationSwitch, times: Times, waiting: [String]
  ) {
    let start = al_monotonic_ns()
    let configuration: Configuration
    do {
      let sources = ConfigurationSources(directory: old.configuration.directory)
      let isSame = sources.issues.isEmpty && sources.files == old.written.sources.files
      configuration = isSame ? old.written : try Configuration.load(from: sources).trading(in: settings.mode)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    try checkUnchangeable(old.written, configuration)
    let catalog = PluginCatalog(configuration, reusing: old.catalog)
    let next = try Generation(number: old.number + 1, configuration, catalog: catalog, options: settings, reusing: old)
    let takeover = takeover(old, next, engine)
    let loaded = al_monotonic_ns()
    var states: [AgentMemory] = []
    try begin(next, after: old) { () throws(HostError) in
      states = try saved(takeover.moves)
      return states
    }
    apply(takeover, next, engine)
    let times = Times(load: loaded - start, change: al_monotonic_ns() - loaded)
    let waiting = waitingForStart(old, next)
    let change = GenerationSwitch(
      number: next.number, files: configuration.sources.files, decisionHash: next.configuration.decisionHash,
      libraries: next.deciding.digests, agents: engine.agentNames, states: states)
    return (next, change, times, waiting)
  }

  /// What changed and is not taken over while the session runs, a sentence each.
  private func waitingForStart(_ old: Generation, _ next: Generation) -> [String] {
    var list: [String] = []
    let name = ConfigurationSources.sessionsName
    if old.written.sources.files[name] != next.written.sources.files[name] {
      list.append("\(name) changed: the running session keeps its calendar; the change takes effect at the next start")
    }
    for kind in [PluginInstance.Kind.broker, .data, .store] {
      for instance in next.configuration.instances(of: kind) where instance.isEnabled {
        guard let before = old.catalog.entry(offering: instance.plugin),
          let after = next.catalog.entry(offering: instance.plugin), before.sha256 != after.sha256
        else { continue }
        list.append(
          "\(after.path) is another build: the \(kind.noun) \(instance.plugin) runs in the one that the session "
            + "started with; the new one takes effect at the next start")
      }
    }
    return list
  }

  /// The switch that a session recorded, made again.
  func repeating(
    _ change: GenerationSwitch, _ configuration: Configuration, _ catalog: PluginCatalog, after old: Generation,
    engine: Engine
  ) throws(HostError) -> Generation {
    let next = try Generation(number: old.number + 1, configuration, catalog: catalog, options: settings, reusing: old)
    let takeover = takeover(old, next, engine)
    try begin(next, after: old) { change.states }
    apply(takeover, next, engine)
    return next
  }

  /// All of a switch that can be known before, so that the engine waits as short as can be.
  private struct Takeover {
    var moves: [Move]
    var specs: [AgentSpec]
    var retired: Set<Int>
    var limits: Limits
    var allocation: AllocationSettings
  }

  private func takeover(_ old: Generation, _ next: Generation, _ engine: Engine) -> Takeover {
    let (specs, retired) = indexed(old: engine.agentSpecs, new: next)
    return Takeover(
      moves: moves(old, next), specs: specs, retired: retired,
      limits: Limits(next.configuration.risk, instruments: next.instruments),
      allocation: AllocationSettings(next.configuration.risk))
  }

  /// Gives the new agents their state and starts them.
  private func begin(
    _ next: Generation, after old: Generation, _ states: () throws(HostError) -> [AgentMemory]
  ) throws(HostError) {
    do {
      // State is restored before the start, as the life cycle of the header has it.
      for memory in try states() { try restore(memory, next) }
      try next.startAgents()
    } catch {
      next.discard(keeping: old)
      throw error
    }
  }

  private func apply(_ takeover: Takeover, _ next: Generation, _ engine: Engine) {
    engine.adopt(takeover.specs, retired: takeover.retired)
    engine.adopt(limits: takeover.limits, allocation: takeover.allocation, instruments: next.instruments)
    engine.adopt(answerTimeout: next.configuration.answerTimeout)
    next.attach(to: engine)
  }

  /// What an engine cannot change while it runs: the instruments, the account, the broker, the data.
  private func checkUnchangeable(_ old: Configuration, _ new: Configuration) throws(HostError) {
    func refuse(_ what: String) -> HostError {
      HostError(.configuration, "\(what) changed: that takes effect at the next start, not by a reload")
    }
    if old.instruments.map(\.symbol) != new.instruments.map(\.symbol) {
      throw refuse("universe.yaml (the list of instruments)")
    }
    if old.manifest.currency != new.manifest.currency { throw refuse("the currency") }
    func steps(_ c: Configuration) -> [[Int64]] {
      c.instruments.map { [$0.tick.units, $0.lot.units, $0.multiplier.units] }
    }
    if steps(old) != steps(new) { throw refuse("a tick, lot or multiplier") }
    if old.manifest.seed != new.manifest.seed || old.manifest.initialCash != new.manifest.initialCash {
      throw refuse("the seed or the initial cash")
    }
    for kind in [PluginInstance.Kind.broker, .data, .store] {
      let a = old.instances(of: kind).filter(\.isEnabled)
      let b = new.instances(of: kind).filter(\.isEnabled)
      if a.map(\.plugin) != b.map(\.plugin) { throw refuse("the \(kind.noun) plugin") }
      if a.map(\.parameters.value) != b.map(\.parameters.value) { throw refuse("the \(kind.noun)'s parameters") }
      if a.map(\.files) != b.map(\.files) { throw refuse("the \(kind.noun)'s files") }
    }
  }

  private typealias Move = (before: any StatefulHandle, after: any StatefulHandle)

  /// Agents, and the policy, that were made anew and exist in both generations.
  private func moves(_ old: Generation, _ new: Generation) -> [Move] {
    let made: [any StatefulHandle] = new.fresh + [new.policy].compactMap { $0 }
    return made.compactMap { after in
      guard let before = old.stateful(after.name), before !== after, before.descriptor.id == after.descriptor.id
      else { return nil }
      return (before, after)
    }
  }

  /// What they know, from before.
  private func saved(_ moves: [Move]) throws(HostError) -> [AgentMemory] {
    var states: [AgentMemory] = []
    for (before, agent) in moves {
      do {
        states.append(
          AgentMemory(
            agent.name, try before.save(), version: before.descriptor.stateVersion,
            streams: before.services.randomState))
      } catch {
        throw cannotMove(agent.name, error)
      }
    }
    return states
  }

  private func restore(_ memory: AgentMemory, _ new: Generation) throws(HostError) {
    guard let agent = new.stateful(memory.agent) else { return }
    do {
      try agent.restore(memory.state, version: memory.version)
      agent.services.randomState = memory.randomState
    } catch {
      throw cannotMove(agent.name, error)
    }
  }

  private func cannotMove(_ agent: String, _ error: LoadError) -> HostError {
    HostError(.configuration, "the state of '\(agent)' cannot move to its new build: \(error)")
  }

  /// The engine's indices: known names keep theirs, gone ones are retired, new ones come last.
  private func indexed(old specs: [AgentSpec], new generation: Generation) -> ([AgentSpec], Set<Int>) {
    let made = generation.specs()
    let index = Dictionary(made.enumerated().map { ($1.instance, $0) }, uniquingKeysWith: { first, _ in first })
    var list: [AgentSpec] = []
    var retired: Set<Int> = []
    var taken: Set<String> = []
    for (k, spec) in specs.enumerated() {
      if let next = index[spec.instance] {
        list.append(made[next])
        taken.insert(spec.instance)
      } else {
        list.append(spec)
        retired.insert(k)
      }
    }
    list.append(contentsOf: made.filter { !taken.contains($0.instance) })
    return (list, retired)
  }
}

extension [PluginCatalog.Entry] {
  /// Library id -> SHA-256.
  var digests: [String: String] {
    Dictionary(map { ($0.library.id, $0.sha256) }, uniquingKeysWith: { $1 })
  }
}

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

  /// Generation N+1, switched to; the caller retires N when nothing of its own holds on to it. Throws with N untouched.
  func next(after old: Generation, engine: Engine, memory: any InputMemory) throws(HostError) -> (
    generation: Generation, times: Times
  ) {
    let start = al_monotonic_ns()
    var times = Times()
    let configuration: Configuration
    do {
      let sources = ConfigurationSources(directory: old.configuration.directory)
      let isSame = sources.issues.isEmpty && sources.files == old.written.sources.files
      configuration = isSame ? old.written : try Configuration.load(from: sources)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    try checkUnchangeable(old.configuration, configuration)
    let catalog = PluginCatalog(configuration, reusing: old.catalog)
    let next = try Generation(number: old.number + 1, configuration, catalog: catalog, options: settings, reusing: old)
    // All that can be known before is, so that the engine waits as short as can be.
    let moves = moves(old, next)
    let (specs, retired) = indexed(old: engine.agentSpecs, new: next)
    let limits = Limits(next.configuration.risk, instruments: next.instruments)
    let allocation = AllocationSettings(next.configuration.risk)
    let loaded = al_monotonic_ns()
    times.load = loaded - start
    do {
      // State is restored before the start, as the life cycle of the header has it.
      try handOver(moves)
      try next.startAgents()
    } catch {
      next.discard(keeping: old)
      throw error
    }
    engine.adopt(specs, retired: retired)
    engine.adopt(limits: limits, allocation: allocation, instruments: next.instruments)
    next.attach(to: engine)
    times.change = al_monotonic_ns() - loaded
    return (next, times)
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
    for kind in [PluginInstance.Kind.broker, .data] {
      let a = old.instances(of: kind).map(\.plugin)
      let b = new.instances(of: kind).map(\.plugin)
      if a != b { throw refuse("the \(kind) plugin") }
    }
  }

  private typealias Move = (before: any AgentHandle, after: any AgentHandle)

  /// Agents that were made anew and exist in both generations.
  private func moves(_ old: Generation, _ new: Generation) -> [Move] {
    new.fresh.compactMap { agent in
      guard let before = old.agents.first(where: { $0.name == agent.name }), before !== agent,
        before.descriptor.id == agent.descriptor.id
      else { return nil }
      return (before, agent)
    }
  }

  /// They get the state they had.
  private func handOver(_ moves: [Move]) throws(HostError) {
    for (before, agent) in moves {
      do {
        let state = try before.save()
        try agent.restore(state, version: before.descriptor.stateVersion)
        agent.services.randomState = before.services.randomState
      } catch {
        throw HostError(.configuration, "the state of '\(agent.name)' cannot move to its new build: \(error)")
      }
    }
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

import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc

/// Hot reload between sessions. The whole new configuration is validated, every library looked at and loaded, every agent
/// made, bound, started and given its predecessor's state before anything of the running generation is touched.
struct Reloader {
  let settings: Generation.Options
  private let digests = DigestMemory()

  init(settings: Generation.Options) { self.settings = settings }

  /// Whether a YAML file or a plugin file is another than the generation was made from.
  ///
  /// - Parameter seen: digest of the files as they were looked at last; the same ones are no change again.
  func hasChanged(_ generation: Generation, since seen: inout String) -> Bool {
    let sources = ConfigurationSources(directory: generation.configuration.directory)
    var isOther = sources.files != generation.configuration.sources.files
    var all: [UInt8] = []
    for name in sources.files.keys.sorted() { all += sources.files[name] ?? [] }
    for entry in generation.catalog.entries {
      let digest = digests.digest(entry.path)
      if digest != entry.sha256 { isOther = true }
      all += Array(digest.utf8)
    }
    let digest = ELFDigest.sha256(all)
    defer { seen = digest }
    return isOther && digest != seen
  }

  /// Generation N+1, switched to; the caller retires N when nothing of its own holds on to it. Throws with N untouched.
  func next(after old: Generation, engine: Engine, memory: any InputMemory) throws(HostError) -> (
    Generation, GenerationSwitch
  ) {
    let configuration: Configuration
    do {
      configuration = try Configuration.load(directory: old.configuration.directory)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    try checkUnchangeable(old.configuration, configuration)
    let catalog = PluginCatalog(configuration, reusing: old.catalog)
    var states: [AgentMemory] = []
    let next = try make(configuration, catalog, after: old) { (next) throws(HostError) in
      states = try saved(old, next)
      return states
    }
    switchTo(next, engine)
    let change = GenerationSwitch(
      number: next.number, files: configuration.sources.files, decisionHash: next.configuration.decisionHash,
      libraries: next.deciding.digests, agents: engine.agentNames, states: states)
    return (next, change)
  }

  /// The switch that a session recorded, made again.
  func repeating(
    _ change: GenerationSwitch, _ configuration: Configuration, _ catalog: PluginCatalog, after old: Generation,
    engine: Engine
  ) throws(HostError) -> Generation {
    let next = try make(configuration, catalog, after: old) { _ in change.states }
    switchTo(next, engine)
    return next
  }

  /// Makes the generation, gives its new agents their state, and starts them.
  private func make(
    _ configuration: Configuration, _ catalog: PluginCatalog, after old: Generation,
    states: (Generation) throws(HostError) -> [AgentMemory]
  ) throws(HostError) -> Generation {
    let next = try Generation(number: old.number + 1, configuration, catalog: catalog, options: settings, reusing: old)
    do {
      // State is restored before the start, as the life cycle of the header has it.
      for memory in try states(next) { try restore(memory, next) }
      try next.startAgents()
    } catch {
      next.discard(keeping: old)
      throw error
    }
    return next
  }

  private func switchTo(_ next: Generation, _ engine: Engine) {
    let (specs, retired) = indexed(old: engine.agentSpecs, new: next)
    engine.adopt(specs, retired: retired)
    engine.adopt(
      limits: Limits(next.configuration.risk, instruments: next.instruments),
      allocation: AllocationSettings(next.configuration.risk), instruments: next.instruments)
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
    for kind in [PluginInstance.Kind.broker, .data] {
      let a = old.instances(of: kind).map(\.plugin)
      let b = new.instances(of: kind).map(\.plugin)
      if a != b { throw refuse("the \(kind) plugin") }
    }
  }

  /// The state of agents that exist in both generations and were made anew.
  private func saved(_ old: Generation, _ new: Generation) throws(HostError) -> [AgentMemory] {
    var states: [AgentMemory] = []
    for agent in new.agents {
      guard let before = old.agents.first(where: { $0.name == agent.name }), before !== agent,
        before.descriptor.id == agent.descriptor.id
      else { continue }
      do {
        let state = try before.save()
        states.append(
          AgentMemory(
            agent.name, state, version: before.descriptor.stateVersion, streams: before.services.randomState))
      } catch {
        throw cannotMove(agent.name, error)
      }
    }
    return states
  }

  private func restore(_ memory: AgentMemory, _ new: Generation) throws(HostError) {
    guard let agent = new.agents.first(where: { $0.name == memory.agent }) else { return }
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
    var list: [AgentSpec] = []
    var retired: Set<Int> = []
    var taken: Set<String> = []
    for (k, spec) in specs.enumerated() {
      if let next = made.first(where: { $0.instance == spec.instance }) {
        list.append(next)
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

/// SHA-256 of files, computed again only when a file is another or was written to.
private final class DigestMemory {
  private struct Known {
    var mark: [Int64]
    var digest: String
  }
  private var known: [String: Known] = [:]

  /// Empty when the file cannot be read.
  func digest(_ path: String) -> String {
    var info = stat()
    guard stat(path, &info) == 0 else { return "" }
    // Whoever writes to a file or puts another in its place moves its change time, which cannot be set back.
    let mark = [
      Int64(bitPattern: UInt64(info.st_dev)), Int64(bitPattern: UInt64(info.st_ino)), Int64(info.st_size),
      Int64(info.st_ctim.tv_sec), Int64(info.st_ctim.tv_nsec),
    ]
    if let before = known[path], before.mark == mark { return before.digest }
    let digest = readFile(path).map(ELFDigest.sha256) ?? ""
    // A file written to a moment ago may be written to again at the same time by the clock of the file system.
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    known[path] = now.tv_sec - info.st_ctim.tv_sec > 1 ? Known(mark: mark, digest: digest) : nil
    return digest
  }
}

import AlphaLoopCore
import AlphaLoopLoader
internal import AlphaLoopYAML
import CAlphaLoop

/// Makes the instances of a generation where their libraries run.
struct InstanceMaker {
  let options: Generation.Options
  /// Of the run.
  let seed: Int64
  /// The generation's number.
  let generation: Int

  /// - Parameter before: whose clock and callbacks go on to be used.
  func services(_ instance: PluginInstance, like before: HostServices? = nil) -> HostServices {
    var callbacks = HostServices.Callbacks()
    let name = instance.id
    let log = options.log
    callbacks.log = { level, text in log(name, level, text) }
    callbacks.isStopping = options.isStopping
    let granted = Set(instance.capabilities.compactMap { if case .secret(let name) = $0 { name } else { nil } })
    callbacks.secret = { granted.contains($0) ? Credentials.read($0) ?? environment($0) : nil }
    let own = FNV1a.hash(Array("\(seed)/\(name)".utf8))
    let services = HostServices(mode: options.mode, seed: own, callbacks: before?.callbacks ?? callbacks)
    if let before { services.clock = before.clock }
    return services
  }

  func loaded(_ instance: PluginInstance, _ library: LoadedLibrary, _ services: HostServices) throws(LoadError)
    -> LoadedInstance
  {
    try LoadedInstance(
      library, id: instance.plugin, name: instance.id, parameters: ParameterTable.flatten(instance.parameters.value),
      json: instance.parameters.value.canonicalText, inputs: instance.grant, services: services)
  }

  /// The agent, not bound yet; in a replay, one that follows the script.
  func agent(_ instance: PluginInstance, _ entry: PluginCatalog.Entry) throws(LoadError) -> any AgentHandle {
    guard let script = options.script else { return try agent(instance, entry, services(instance)) }
    return try ReplayedAgent(script) { (before) throws(LoadError) in
      try agent(instance, entry, services(instance, like: before))
    }
  }

  private func agent(
    _ instance: PluginInstance, _ entry: PluginCatalog.Entry, _ services: HostServices
  ) throws(LoadError) -> any AgentHandle {
    switch entry.state {
    case .loaded(let library): return try InProcessAgent(try loaded(instance, library, services))
    case .isolated:
      return try WorkerAgent(
        path: entry.file, id: instance.plugin, name: instance.id,
        parameters: ParameterTable.flatten(instance.parameters.value), json: instance.parameters.value.canonicalText,
        inputs: instance.grant, services: services, deadlines: deadlines(entry), memory: options.memory,
        sha256: entry.sha256, outcomes: options.outcomes)
    case .refused(let reason): throw LoadError(instance.id, reason)
    }
  }

  func policy(_ instance: PluginInstance, _ entry: PluginCatalog.Entry) throws(LoadError) -> any PolicyHandle {
    guard let script = options.script else { return try policy(instance, entry, services(instance)) }
    return try ReplayedPolicy(script, firstCall: firstCall) { (before) throws(LoadError) in
      try policy(instance, entry, services(instance, like: before))
    }
  }

  private func policy(
    _ instance: PluginInstance, _ entry: PluginCatalog.Entry, _ services: HostServices
  ) throws(LoadError) -> any PolicyHandle {
    switch entry.state {
    case .loaded(let library): return try InProcessPolicy(try loaded(instance, library, services))
    case .isolated:
      return try WorkerPolicy(
        path: entry.file, id: instance.plugin, name: instance.id,
        parameters: ParameterTable.flatten(instance.parameters.value), json: instance.parameters.value.canonicalText,
        inputs: instance.grant, services: services, deadlines: deadlines(entry), memory: options.memory,
        firstCall: firstCall, sha256: entry.sha256, outcomes: options.outcomes)
    case .refused(let reason): throw LoadError(instance.id, reason)
    }
  }

  /// The calls of a policy are counted from where its generation begins, so that no two of a session have one number.
  private var firstCall: UInt64 { UInt64(generation) << 48 }

  /// What came too late in the session is not called in its replay, and how fast that machine is decides nothing.
  private func deadlines(_ entry: PluginCatalog.Entry) -> PluginLibrary.Deadlines {
    var deadlines = entry.library.deadlines
    if options.script != nil { deadlines.call = max(deadlines.call, TimeSpan(nanoseconds: 60_000_000_000)) }
    return deadlines
  }
}

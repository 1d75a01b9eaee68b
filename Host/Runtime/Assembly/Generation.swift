import AlphaLoopCore
import AlphaLoopLoader
internal import AlphaLoopYAML
import CAlphaLoop

/// One generation of everything that a configuration names: libraries, instances, bound agents. A reload makes the next one
/// beside it.
public final class Generation {
  public let number: Int
  /// Parameters resolved, defaults in.
  public let configuration: Configuration
  /// As it was read: what a reload of the same files starts from.
  let written: Configuration
  public let catalog: PluginCatalog
  public let instruments: [Instrument]
  public private(set) var agents: [any AgentHandle] = []
  /// Those that this generation made; the others were there before.
  private(set) var fresh: [any AgentHandle] = []
  public private(set) var universes: [BoundUniverse] = []
  public private(set) var weights: [Double] = []
  public private(set) var grants: [UInt64] = []
  public private(set) var broker: LoadedInstance?
  public private(set) var policy: (any PolicyHandle)?
  public private(set) var sources: [(instance: LoadedInstance, configuration: PluginInstance)] = []
  public private(set) var services: [LoadedInstance] = []
  public private(set) var store: LoadedInstance?
  /// Instances that could not be made, with the reason; the others run.
  public private(set) var absences: [(instance: String, reason: String)] = []

  public struct Options {
    public var mode: UInt32
    public var memory: any InputMemory
    public var log: @Sendable (String, Int32, String) -> Void = { _, _, _ in }
    /// Only these agents take part; nil: all that are enabled.
    public var only: Set<String>?
    public var isStopping: @Sendable () -> Bool = { false }
    /// Told what came of calls to isolated agents for a reason outside of them.
    public var outcomes: OutcomeLog?
    /// A replay: what came of calls is taken from here, and only what decides is made.
    var script: OutcomeScript?
    public init(mode: UInt32, memory: any InputMemory) {
      self.mode = mode
      self.memory = memory
    }
  }

  /// - Throws: every error of the configuration and of required libraries at once.
  ///
  /// - Parameter old: instances of it that would come out the same are used again.
  public init(
    number: Int, _ configuration: Configuration, catalog: PluginCatalog, options: Options,
    reusing old: Generation? = nil
  ) throws(HostError) {
    self.number = number
    self.catalog = catalog
    let missing = catalog.missingRequired
    if !missing.isEmpty {
      throw HostError(
        .configuration, "required plugin libraries are missing:\n" + missing.map { "  \($0)" }.joined(separator: "\n"))
    }
    written = configuration
    self.configuration = try Self.checked(configuration, catalog)
    instruments = Self.instruments(configuration)
    isReplay = options.script != nil
    self.old = old
    try makeInstances(options)
    self.old = nil
  }

  /// What a connected broker told is in the recording: it is not asked again.
  private let isReplay: Bool
  /// The generation before, while this one is made.
  private var old: Generation?

  static func instruments(_ configuration: Configuration) -> [Instrument] {
    let tradable = Set(configuration.tradableSymbols)
    return configuration.instruments.map { i in
      Instrument(
        symbol: i.symbol, uid: FNV1a.hash(Array(i.symbol.utf8)), asset: i.kind.abi, currency: i.currency,
        venue: i.venue,
        calendar: i.calendar, sector: i.sector ?? "", tick: Price(raw: i.tick.units), lot: Quantity(raw: i.lot.units),
        multiplier: Quantity(raw: i.multiplier.units), isTradable: tradable.contains(i.symbol),
        isShortable: configuration.risk.shortLocate == .notRequired)
    }
  }

  private func makeInstances(_ options: Options) throws(HostError) {
    for instance in configuration.manifest.instances where instance.isEnabled {
      if instance.kind == .agent, let only = options.only, !only.contains(instance.id) { continue }
      if options.script != nil, !Self.decides(instance.kind) { continue }
      do {
        try make(instance, options)
      } catch {
        if Self.isEssential(instance.kind) { throw HostError(.configuration, "\(error)") }
        absences.append((instance.id, error.reason))
      }
    }
  }

  /// Plugin ids that nothing offers are mistakes when every library is there: all of them at once, with the nearest id.
  private static func refuseUnknown(_ configuration: Configuration, _ catalog: PluginCatalog) throws(HostError) {
    guard catalog.entries.allSatisfy({ $0.refusal == nil }) else { return }
    let known = catalog.entries.flatMap { $0.descriptors.map(\.id) }
    var lines: [String] = []
    for instance in configuration.manifest.instances
    where instance.isEnabled && catalog.entry(offering: instance.plugin) == nil {
      let advice = NearestWord.advice(for: instance.plugin, in: known, noun: "the loaded plugins are")
      lines.append("\(instance.location): no loaded library offers '\(instance.plugin)'; \(advice)")
    }
    if !lines.isEmpty { throw HostError(.configuration, lines.joined(separator: "\n")) }
  }

  /// The configuration with every parameter checked against its plugin's schema, defaults in.
  public static func checked(_ configuration: Configuration, _ catalog: PluginCatalog) throws(HostError)
    -> Configuration
  {
    try refuseUnknown(configuration, catalog)
    let unservable = catalog.unservable(configuration)
    if !unservable.isEmpty { throw HostError(.configuration, unservable.joined(separator: "\n")) }
    var schemas = ParameterSchemas()
    do {
      return try configuration.resolvingParameters { instance in
        catalog.descriptor(instance.plugin).map {
          schemas.resolve(instance.parameters, of: $0, instance: instance.id)
        }
      }
    } catch {
      throw HostError(.configuration, "\(error)")
    }
  }

  /// Without these there is nothing to run; agents and services may be absent.
  private static func isEssential(_ kind: PluginInstance.Kind) -> Bool {
    kind == .broker || kind == .data || kind == .policy
  }

  private static func decides(_ kind: PluginInstance.Kind) -> Bool { kind == .agent || isEssential(kind) }

  /// The libraries that decisions come from: those of the broker, the data, the policy and the agents that take part.
  var deciding: [PluginCatalog.Entry] {
    let names = Set(agents.map(\.name))
    var ids: Set<String> = []
    for instance in configuration.manifest.instances where instance.isEnabled && Self.decides(instance.kind) {
      if instance.kind == .agent, !names.contains(instance.id) { continue }
      if let entry = catalog.entry(offering: instance.plugin) { ids.insert(entry.library.id) }
    }
    return catalog.entries.filter { ids.contains($0.library.id) }
  }

  private func make(_ instance: PluginInstance, _ options: Options) throws(LoadError) {
    guard let entry = catalog.entry(offering: instance.plugin) else { throw absent(instance) }
    if takeOver(instance, entry) { return }
    let instance = configuration.locatingPaths(
      of: instance, schema: catalog.descriptor(instance.plugin)?.parameterSchema)
    let maker = InstanceMaker(options: options, seed: configuration.manifest.seed, generation: number)
    if instance.kind == .agent { return try bind(maker.agent(instance, entry), instance, options) }
    if instance.kind == .policy {
      policy = try maker.policy(instance, entry)
      return
    }
    let library = try hostLibrary(instance, entry, options)
    if instance.kind == .data, !instance.files.isEmpty { return try makeSources(instance, library, maker) }
    let made = try maker.loaded(instance, library, maker.services(instance))
    switch instance.kind {
    case .broker: broker = made
    case .data: sources.append((made, instance))
    case .service: services.append(made)
    case .store: store = made
    case .learner, .agent, .policy: made.destroy()
    }
  }

  private func hostLibrary(
    _ instance: PluginInstance, _ entry: PluginCatalog.Entry, _ options: Options
  ) throws(LoadError) -> LoadedLibrary {
    if case .loaded(let library) = entry.state { return library }
    guard let library = entry.hosted else { throw entry.unservable("'\(instance.id)' is a \(instance.kind.noun)") }
    if let warning = entry.hostWarning(instance.kind.noun) { options.log(instance.id, AL_LOG_WARNING, warning) }
    return library
  }

  /// One source a file: each gets its resolved path as the parameter `path`.
  private func makeSources(_ instance: PluginInstance, _ library: LoadedLibrary, _ maker: InstanceMaker)
    throws(LoadError)
  {
    for file in instance.files {
      var one = instance
      var parameters = instance.parameters.value.object ?? JSONObject()
      parameters["path"] = .string(configuration.resolve(path: file))
      one.parameters.value = .object(parameters)
      sources.append((try maker.loaded(one, library, maker.services(one)), instance))
    }
  }

  private func absent(_ instance: PluginInstance) -> LoadError {
    let refused = catalog.entries.compactMap { e in e.refusal.map { "\(e.path): \($0)" } }
    let hint =
      refused.isEmpty
      ? "add its library to alphaloop.yaml" : "libraries that were refused: " + refused.joined(separator: "; ")
    return LoadError("\(instance.location)", "no loaded library offers '\(instance.plugin)'; \(hint)")
  }

  private func bind(_ agent: any AgentHandle, _ instance: PluginInstance, _ options: Options) throws(LoadError) {
    let index = Dictionary(uniqueKeysWithValues: instruments.enumerated().map { ($1.symbol, UInt32($0)) })
    let members = instance.symbols.compactMap { index[$0] }
    if members.isEmpty { throw LoadError(instance.id, "its universe is empty; enable a sector or name symbols") }
    let universe = BoundUniverse(members, of: instruments, memory: options.memory)
    try agent.bind(universe.table)
    agents.append(agent)
    fresh.append(agent)
    universes.append(universe)
    weights.append(instance.weight)
    grants.append(instance.grant)
  }

  /// Uses the old generation's instance when library, deadlines, parameters, capabilities and universe are what they were.
  /// Broker, data and store always go on: a session cannot change them.
  private func takeOver(_ instance: PluginInstance, _ entry: PluginCatalog.Entry) -> Bool {
    guard let old else { return false }
    switch instance.kind {
    case .broker:
      broker = old.broker
      return true
    case .store:
      store = old.store
      return store != nil
    case .data:
      if sources.isEmpty { sources = old.sources }
      return true
    default: break
    }
    guard let before = old.configuration.manifest.instances.first(where: { $0.id == instance.id }), before.isEnabled,
      before.plugin == instance.plugin, before.parameters.value == instance.parameters.value,
      before.capabilities == instance.capabilities, before.symbols == instance.symbols,
      let library = old.catalog.entry(offering: instance.plugin), library.sha256 == entry.sha256,
      library.isIsolated == entry.isIsolated, library.library.deadlines == entry.library.deadlines
    else { return false }
    switch instance.kind {
    case .policy:
      policy = old.policy
      if policy != nil { reused.insert(instance.id) }
      return policy != nil
    case .service:
      guard let service = old.services.first(where: { $0.name == instance.id }) else { return false }
      services.append(service)
    case .agent:
      guard let k = old.agents.firstIndex(where: { $0.name == instance.id }) else { return false }
      agents.append(old.agents[k])
      universes.append(old.universes[k])
      weights.append(instance.weight)
      grants.append(instance.grant)
      reused.insert(instance.id)
    default: return false
    }
    return true
  }

  private var reused: Set<String> = []

  /// The agent or the policy of this name.
  func stateful(_ name: String) -> (any StatefulHandle)? {
    agents.first { $0.name == name } ?? (policy?.name == name ? policy : nil)
  }

  /// Starts the agents, services and policy that this generation made anew.
  func startAgents() throws(HostError) {
    do {
      for agent in fresh { try agent.start() }
      if let policy, !reused.contains(policy.name) { try policy.start() }
      for service in services where service.state == .created { try service.start() }
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    if let absence = absences.first { throw HostError(.configuration, "\(absence.instance): \(absence.reason)") }
  }

  /// Gives up a generation that was not switched to.
  func discard(keeping old: Generation) {
    for agent in fresh {
      try? agent.stop()
      agent.destroy()
    }
    for service in services where !old.services.contains(where: { $0 === service }) { service.destroy() }
    if let policy, policy !== old.policy { policy.destroy() }
  }

  /// Ends what the next generation does not use. Libraries stay mapped.
  func retire(keeping next: Generation) {
    for agent in agents where !next.reused.contains(agent.name) {
      try? agent.stop()
      agent.destroy()
    }
    for service in services where !next.services.contains(where: { $0 === service }) { service.destroy() }
    if let policy, policy !== next.policy { policy.destroy() }
  }

  /// Starts everything; agents that fail become absences.
  public func start() throws(HostError) {
    let isConnected = try isConnected
    if !isReplay || !isConnected { try startBroker() }
    do {
      for source in sources { try source.instance.start() }
      try policy?.start()
      try store?.start()
    } catch {
      throw refusal(error)
    }
    for service in services {
      do { try service.start() } catch { absences.append((service.name, error.reason)) }
    }
    var kept: [Int] = []
    for (k, agent) in agents.enumerated() {
      do {
        try agent.start()
        kept.append(k)
      } catch {
        absences.append((agent.name, error.reason))
      }
    }
    agents = kept.map { agents[$0] }
    universes = kept.map { universes[$0] }
    weights = kept.map { weights[$0] }
    grants = kept.map { grants[$0] }
  }

  /// A broker that cannot be reached is no mistake in a file, unless it says so.
  private func startBroker() throws(HostError) {
    do {
      try broker?.start()
    } catch {
      throw HostError(error.status == AL_E_CONFIG ? .configuration : .broker, "\(error)")
    }
  }

  /// Names the entry of the configuration, where what an instance works on can be changed.
  private func refusal(_ error: LoadError) -> HostError {
    let code = HostError.Code(error, otherwise: .configuration)
    let entry = configuration.manifest.instances.first { $0.id == error.subject }
    guard code == .data, let entry, entry.kind == .store else { return HostError(code, "\(error)") }
    return HostError(
      code,
      "\(error)\n\(entry.location): make its place writable, or give the store another with parameters: {path: ...}")
  }

  /// Stops everything in the opposite order; the first failure is told, the rest is stopped all the same.
  public func stop() -> [LoadError] {
    var failures: [LoadError] = []
    func attempt(_ body: () throws(LoadError) -> Void) {
      do { try body() } catch { failures.append(error) }
    }
    for agent in agents.reversed() { attempt { () throws(LoadError) in try agent.stop() } }
    for instance in services.reversed() + [store, broker].compactMap({ $0 }) {
      attempt { () throws(LoadError) in try instance.stop() }
    }
    if let policy { attempt { () throws(LoadError) in try policy.stop() } }
    for source in sources.reversed() { attempt { () throws(LoadError) in try source.instance.stop() } }
    return failures
  }

  /// Remembers a run's result in the store's table of runs. The journal is the record; this is for looking back quickly.
  func keepRun(_ session: String, _ summary: String) {
    guard let store, store.state == .started, let table = try? store.table(AL_INTERFACE_STORE, al_store_v1.self),
      let put = table.pointee.put
    else { return }
    CallMemory.with { memory in
      let failure = check(store.name, "put") {
        put(store.context, memory.string("runs"), memory.string(session), memory.string(summary), $0)
      }
      if let failure { store.services.callbacks.log(AL_LOG_WARNING, failure.description) }
    }
  }

  public func destroy() {
    for agent in agents { agent.destroy() }
    policy?.destroy()
    for instance in services + [store, broker].compactMap({ $0 }) + sources.map(\.instance) { instance.destroy() }
  }
}

extension PluginInstance {
  /// The capabilities as `AL_IN_*`. Own order updates need no grant: they are the agent's own doing.
  var grant: UInt64 {
    capabilities.reduce(AL_IN_ORDERS) { sum, capability in
      guard case .data(let kind) = capability else { return sum }
      return sum | kind.abi
    }
  }
}

extension Capability.DataCapability {
  var abi: UInt64 {
    switch self {
    case .bars: AL_IN_BARS
    case .quotes: AL_IN_QUOTES
    case .trades: AL_IN_TRADES
    case .fundamentals: AL_IN_FUNDAMENTALS
    case .macro: AL_IN_MACRO
    case .options: AL_IN_OPTIONS
    case .news: AL_IN_NEWS
    case .events: AL_IN_EVENTS
    case .portfolio: AL_IN_PORTFOLIO
    case .views: AL_IN_VIEWS
    }
  }
}

extension InstrumentKind {
  var abi: UInt32 {
    switch self {
    case .equity: AL_ASSET_EQUITY
    case .etf: AL_ASSET_ETF
    case .index: AL_ASSET_INDEX
    case .fx: AL_ASSET_FX
    case .crypto: AL_ASSET_CRYPTO
    case .future: AL_ASSET_FUTURE
    case .option: AL_ASSET_OPTION
    }
  }
}

public import AlphaLoopYAML

/// The whole configuration of a host: every file read, every value typed, every name resolved. Immutable; a change on
/// disk takes effect by loading another.
public struct Configuration: Sendable {
  /// The directory it came from; paths in it are relative to this.
  public let directory: String
  public private(set) var manifest: Manifest
  /// In the order of `universe.yaml`.
  public let instruments: [InstrumentConfiguration]
  /// In the order of their ids.
  public let sectors: [SectorConfiguration]
  public let risk: RiskConfiguration
  public let sessions: SessionsConfiguration
  /// The files it was read from, as they were.
  public let sources: ConfigurationSources

  /// Reads and validates `alphaloop.yaml`, `universe.yaml`, `risk.yaml`, `sessions.yaml` and `sectors/*.yaml`.
  ///
  /// - Throws: all errors of all files, sorted by place.
  public static func load(directory: String) throws(ConfigurationErrors) -> Configuration {
    try load(from: ConfigurationSources(directory: directory))
  }

  /// Validates files held in memory.
  public static func load(from sources: ConfigurationSources) throws(ConfigurationErrors) -> Configuration {
    let issues = IssueCollector()
    issues.report(contentsOf: sources.issues)
    func node(_ name: String) -> YAMLNode? {
      guard let bytes = sources.files[name] else {
        if !sources.issues.contains(where: { $0.location.file == sources.path(of: name) }) {
          issues.report(SourceLocation(file: sources.path(of: name), line: 1, column: 1), "is missing; create it")
        }
        return nil
      }
      do {
        return try YAMLNode.parse(bytes, file: sources.path(of: name))
      } catch {
        issues.report(contentsOf: error.issues)
        return nil
      }
    }
    let manifest = node(ConfigurationSources.manifestName).flatMap { ManifestReader.read($0, issues: issues) }
    let instruments = node(ConfigurationSources.universeName).flatMap { UniverseReader.read($0, issues: issues) }
    let risk = node(ConfigurationSources.riskName).map { RiskReader.read($0, issues: issues) }
    let sessions = node(ConfigurationSources.sessionsName).flatMap { SessionsReader.read($0, issues: issues) }
    let prefix = ConfigurationSources.sectorsName + "/"
    var sectors: [SectorConfiguration] = []
    for name in sources.files.keys.sorted() where name.hasPrefix(prefix) && name.hasSuffix(".yaml") {
      let id = String(name.dropFirst(prefix.count).dropLast(".yaml".count))
      if let sector = node(name).flatMap({ SectorReader.read($0, id: id, issues: issues) }) { sectors.append(sector) }
    }
    // Across files only where both sides could be read: a broken file would drown its real errors in unknown names.
    var resolved = manifest
    let check = ConfigurationCrossCheck(
      instruments: instruments, sectors: sectors,
      sectorIDs: sources.isListed
        ? sources.files.keys.filter { $0.hasPrefix(prefix) }.map {
          String($0.dropFirst(prefix.count).dropLast(".yaml".count))
        }.sorted() : nil, issues: issues)
    check.checkSectors()
    if let sessions { check.checkCalendars(sessions) }
    if let risk { check.checkSymbols(risk.symbols) }
    let instances = check.resolve((manifest?.instances ?? []) + sectors.flatMap(\.agents))
    resolved?.instances = instances
    try issues.throwIfAny()
    guard let resolved, let instruments, let risk, let sessions else {
      let place = SourceLocation(file: sources.path(of: ConfigurationSources.manifestName), line: 1, column: 1)
      throw ConfigurationErrors([ConfigurationIssue(place, "the configuration is incomplete")])
    }
    return Configuration(
      directory: sources.directory, manifest: resolved, instruments: instruments, sectors: sectors, risk: risk.risk,
      sessions: sessions, sources: sources)
  }

  /// Instruments orders may be sent for: tradable, and not of a disabled sector.
  public var tradableSymbols: [String] {
    let disabled = Set(sectors.filter { !$0.isEnabled }.flatMap(\.symbols))
    return instruments.filter { $0.isTradable && !disabled.contains($0.symbol) }.map(\.symbol)
  }

  /// The same configuration with some parameters of one instance set to other values.
  public func setting(_ parameters: JSONObject, of id: String) -> Configuration {
    var copy = self
    for (index, instance) in manifest.instances.enumerated() where instance.id == id {
      guard case .object(var values) = instance.parameters.value else { continue }
      for (name, value) in parameters.members { values[name] = value }
      copy.manifest.instances[index].parameters.value = .object(values)
    }
    return copy
  }

  /// The connected broker, and its data where it has some, in the place of those for simulations.
  func replacing(_ connected: ConnectedConfiguration) -> Configuration {
    var copy = self
    copy.manifest.instances.removeAll { $0.kind == .broker || $0.kind == .data && !connected.data.isEmpty }
    copy.manifest.instances.insert(contentsOf: connected.data + [connected.broker], at: 0)
    return copy
  }

  /// With its broker and nothing else that runs.
  func keepingBroker() -> Configuration {
    var copy = self
    copy.manifest.instances.removeAll { $0.kind != .broker }
    return copy
  }

  public func instances(of kind: PluginInstance.Kind) -> [PluginInstance] {
    manifest.instances.filter { $0.kind == kind }
  }

  /// How long the broker may take to answer, ns.
  public var answerTimeout: Int64 {
    (instances(of: .broker).first?.answerTimeout ?? PluginInstance.answerTimeout).nanoseconds
  }

  /// A path of the configuration as the process can open it.
  public func resolve(path: String) -> String {
    path.hasPrefix("/") || directory.isEmpty
      ? path : directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
  }

  /// The file of a library: a bare name lies in the plugin folder.
  public func path(of library: PluginLibrary) -> String {
    guard !library.path.contains("/") else { return resolve(path: library.path) }
    let folder = resolve(path: manifest.pluginFolder)
    return folder.hasSuffix("/") ? folder + library.path : "\(folder)/\(library.path)"
  }

  /// The outcome of checking one instance's parameters.
  public typealias ParameterCheck = (value: JSONValue, issues: [ConfigurationIssue])

  /// Checks the parameters of every enabled instance once the plugins' schemas are known, and puts the defaults in.
  ///
  /// ```swift
  /// let checked = try configuration.resolvingParameters { instance in
  ///   schemas[instance.plugin]?.resolve(instance.parameters, of: "'\(instance.id)'")
  /// }
  /// ```
  /// - Parameter check: the resolved parameters and what is wrong; nil leaves the instance as it is.
  /// - Throws: the issues of all instances.
  public func resolvingParameters(
    _ check: (PluginInstance) -> ParameterCheck?
  ) throws(ConfigurationErrors) -> Configuration {
    let issues = IssueCollector()
    var copy = self
    for (index, instance) in manifest.instances.enumerated() where instance.isEnabled {
      guard let outcome = check(instance) else { continue }
      copy.manifest.instances[index].parameters.value = outcome.value
      issues.report(contentsOf: outcome.issues)
    }
    try issues.throwIfAny()
    return copy
  }
}

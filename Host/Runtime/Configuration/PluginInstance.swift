public import AlphaLoopYAML

/// What a plugin instance may use of the host and the world. Nothing else is granted.
public enum Capability: Hashable, Sendable, CustomStringConvertible {
  /// A kind of data: the host hands it over.
  case data(DataCapability)
  /// Connections to one host and port.
  case network(host: String, port: UInt16)
  /// One named secret.
  case secret(String)

  public enum DataCapability: String, CaseIterable, Sendable {
    case bars, quotes, trades, fundamentals, macro, options, news, events, portfolio, views
  }

  public var description: String {
    switch self {
    case .data(let kind): kind.rawValue
    case .network(let host, let port): "network:\(host):\(port)"
    case .secret(let name): "secret:\(name)"
    }
  }

  /// Reads `bars`, `network:HOST:PORT` or `secret:NAME`.
  static var rule: YAMLRule<Capability> {
    YAMLRule<String>.text.mapping { text -> YAMLRuleOutcome<Capability> in
      if let kind = DataCapability(rawValue: text) { return .value(.data(kind)) }
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, parts[0] == "secret", !parts[1].isEmpty { return .value(.secret(parts[1])) }
      if parts.count == 2, parts[0] == "network", let colon = parts[1].lastIndex(of: ":") {
        let host = String(parts[1][..<colon])
        if !host.isEmpty, let port = UInt16(parts[1][parts[1].index(after: colon)...]), port > 0 {
          return .value(.network(host: host, port: port))
        }
      }
      let words = DataCapability.allCases.map(\.rawValue) + ["network:HOST:PORT", "secret:NAME"]
      let advice = NearestWord.advice(for: text, in: words, noun: "the capabilities are")
      return .refused("'\(text.prefix(60))' is not a capability; \(advice)")
    }
  }
}

/// Which instruments an agent sees.
public enum UniverseSelection: Hashable, Sendable {
  /// All symbols of the enabled sectors.
  case all
  case sector(String)
  /// In the order written.
  case symbols([String])
}

/// One use of a plugin's descriptor, with everything the configuration says about it.
public struct PluginInstance: Sendable {
  public enum Kind: String, CaseIterable, Sendable { case agent, policy, learner, service, data, broker, store }

  /// Unique among all instances; `energy/mom.tsmom` for an agent of a sector file that gives none.
  public var id: String
  public var kind: Kind
  /// The descriptor's id, `mom.tsmom`.
  public var plugin: String
  /// Why the instance takes no part; nil when it does.
  public var disabledReason: String?
  /// The sector file it comes from.
  public var sector: String?
  /// Agents only.
  public var universe: UniverseSelection?
  /// ``universe`` resolved, less the symbols of disabled sectors; in the order of `universe.yaml`. Empty but for agents.
  public var symbols: [String] = []
  /// As written, until ``Configuration/resolvingParameters(_:)`` has put the schema's defaults in.
  public var parameters: LocatedJSON
  /// Sorted, each once.
  public var capabilities: [Capability]
  /// Among the agents of its tier; agents only.
  public var weight = 1.0
  /// Data sources only: paths as written, relative to the configuration's directory.
  public var files: [String] = []
  /// Brokers only: how long a promised answer may take.
  public var answerTimeout: TimeSpan?
  public var location: SourceLocation

  public var isEnabled: Bool { disabledReason == nil }

  /// How long a broker's answer may take when the manifest does not say.
  static let answerTimeout = TimeSpan(nanoseconds: 10_000_000_000)

  var universeLocation: SourceLocation
  /// Where each symbol of an explicit universe is written.
  var symbolLocations: [Located<String>] = []
}

/// Reads the instances of the manifest and of sector files; all kinds share their keys.
struct InstanceReader {
  private enum AgentKey: String, CaseIterable { case id, agent, enabled, universe, parameters, capabilities, weight }
  private enum SectorAgentKey: String, CaseIterable { case id, agent, enabled, parameters, capabilities, weight }
  private enum PluginKey: String, CaseIterable { case id, plugin, enabled, parameters, capabilities }
  private enum BrokerKey: String, CaseIterable {
    case id, plugin, enabled, parameters, capabilities
    case answerTimeout = "answer_timeout"
  }
  private enum DataKey: String, CaseIterable { case id, plugin, enabled, files, parameters, capabilities }
  private enum SectorUniverseKey: String, CaseIterable { case sector }

  /// The data an agent is granted when its entry does not list capabilities.
  private static let agentDefault = [Capability.data(.bars)]

  static var agent: YAMLRule<PluginInstance> {
    .mapping("an agent", AgentKey.self) { reader in
      var instance = common(
        reader, .agent, plugin: .agent, id: .id, .enabled, .parameters, .capabilities, granted: agentDefault)
      let selection = reader.value(.universe, universe)
      instance?.universe = selection?.selection
      instance?.symbolLocations = selection?.symbols ?? []
      instance?.universeLocation = reader.location(of: .universe)
      instance?.weight = reader.value(.weight, .double(in: 0...1_000), default: 1)
      return instance
    }
  }

  static func agent(ofSector sector: String) -> YAMLRule<PluginInstance> {
    .mapping("an agent of a sector", SectorAgentKey.self) { reader in
      var instance = common(
        reader, .agent, plugin: .agent, id: .id, .enabled, .parameters, .capabilities, granted: agentDefault,
        idPrefix: sector + "/")
      instance?.sector = sector
      instance?.universe = .sector(sector)
      instance?.weight = reader.value(.weight, .double(in: 0...1_000), default: 1)
      return instance
    }
  }

  static func plugin(_ kind: PluginInstance.Kind, _ what: String) -> YAMLRule<PluginInstance> {
    .mapping(what, PluginKey.self) { reader in
      common(reader, kind, plugin: .plugin, id: .id, .enabled, .parameters, .capabilities, granted: [])
    }
  }

  static var broker: YAMLRule<PluginInstance> {
    .mapping("the broker", BrokerKey.self) { reader in
      var instance = common(
        reader, .broker, plugin: .plugin, id: .id, .enabled, .parameters, .capabilities, granted: [])
      let range = TimeSpan(nanoseconds: 1_000_000)...TimeSpan(nanoseconds: 3_600_000_000_000)
      instance?.answerTimeout = reader.value(
        .answerTimeout, .duration(in: range), default: PluginInstance.answerTimeout)
      return instance
    }
  }

  static var data: YAMLRule<PluginInstance> {
    .mapping("a data source", DataKey.self) { reader in
      var instance = common(reader, .data, plugin: .plugin, id: .id, .enabled, .parameters, .capabilities, granted: [])
      instance?.files = reader.value(.files, .list(of: .text), default: [])
      return instance
    }
  }

  private static func common<Keys: RawRepresentable<String> & CaseIterable>(
    _ reader: MappingReader<Keys>, _ kind: PluginInstance.Kind, plugin: Keys, id: Keys, _ enabled: Keys,
    _ parameters: Keys, _ capabilities: Keys, granted: [Capability], idPrefix: String = ""
  ) -> PluginInstance? {
    let descriptor = reader.value(plugin, .identifier)
    let name = reader.optional(id, .identifier)
    let isEnabled = reader.value(enabled, .bool, default: true)
    let values = readParameters(reader, parameters)
    let grants = reader.value(capabilities, .list(of: Capability.rule), default: granted)
    guard let descriptor, let values else { return nil }
    var unique: [Capability] = []
    for grant in grants.sorted(by: { $0.description < $1.description }) where unique.last != grant {
      unique.append(grant)
    }
    return PluginInstance(
      id: name ?? idPrefix + descriptor, kind: kind, plugin: descriptor,
      disabledReason: isEnabled ? nil : "enabled is false", parameters: values, capabilities: unique,
      location: reader.node(id)?.location ?? reader.location, universeLocation: reader.location)
  }

  private static func readParameters<Keys>(_ reader: MappingReader<Keys>, _ key: Keys) -> LocatedJSON? {
    guard let node = reader.node(key) else { return .empty(at: reader.location(of: key)) }
    guard case .mapping = node.content else {
      reader.issues.report(node.location, "expected parameters (a mapping of names to values), found \(node.summary)")
      return nil
    }
    return LocatedJSON(node, issues: reader.issues)
  }

  private static var universe: YAMLRule<(selection: UniverseSelection, symbols: [Located<String>])> {
    YAMLRule { node, issues in
      switch node.content {
      case .scalar(let scalar) where scalar.text == "all": return (.all, [])
      case .sequence:
        guard let symbols = YAMLRule.list(of: UniverseReader.symbol.located)(node, issues) else { return nil }
        if symbols.isEmpty { issues.report(node.location, "the universe is empty; list symbols, or write 'all'") }
        return (.symbols(symbols.map(\.value)), symbols)
      case .mapping:
        let reader = MappingReader<SectorUniverseKey>(node, what: "a universe", issues: issues)
        return reader?.value(.sector, .identifier).map { (.sector($0), []) }
      case .scalar:
        issues.report(
          node.location, "expected 'all', a list of symbols or '{sector: NAME}', found \(node.summary)")
        return nil
      }
    }
  }
}

internal import AlphaLoopYAML

/// One file of `sectors/`: a group of instruments with agents of its own, on or off by one word.
public struct SectorConfiguration: Sendable {
  /// The file's name without `.yaml`.
  public var id: String
  /// For people.
  public var name: String
  public var isEnabled: Bool
  /// In the order written.
  public var symbols: [String] { locatedSymbols.map(\.value) }

  var locatedSymbols: [Located<String>]
  var agents: [PluginInstance]
}

/// Reads a sector file.
struct SectorReader {
  private enum Key: String, CaseIterable { case name, enabled, symbols, agents }

  static func read(_ node: YAMLNode, id: String, issues: IssueCollector) -> SectorConfiguration? {
    guard let reader = MappingReader<Key>(node, what: "the sector '\(id)'", issues: issues) else { return nil }
    let name = reader.value(.name, .text)
    let isEnabled = reader.value(.enabled, .bool)
    let symbols = reader.value(.symbols, .list(of: UniverseReader.symbol.located))
    let agents = reader.value(.agents, .list(of: InstanceReader.agent(ofSector: id)), default: [])
    if isEnabled == true, symbols?.isEmpty == true, let place = reader.node(.symbols)?.location {
      issues.report(place, "the sector '\(id)' is enabled but has no symbols; list some, or write 'enabled: false'")
    }
    guard let name, let isEnabled, let symbols else { return nil }
    return SectorConfiguration(id: id, name: name, isEnabled: isEnabled, locatedSymbols: symbols, agents: agents)
  }
}

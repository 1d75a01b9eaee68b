public import AlphaLoopYAML

/// `alphaloop.yaml`: what is loaded and how a run starts.
public struct Manifest: Sendable {
  /// Seeds everything random.
  public var seed: Int64
  public var initialCash: FixedDecimal
  /// Of the account.
  public var currency: String
  /// The installation's own plugins; a library outside of it counts as third-party. As written.
  public var pluginFolder: String
  /// Where the journals are kept. As written.
  public var journal: String
  public var libraries: [PluginLibrary]
  /// Those of the manifest, in its order, then those of sector files, in the order of their names.
  public var instances: [PluginInstance]
  /// What paper and live trade with.
  public var connected: ConnectedConfiguration?
  /// Whether real money may be traded.
  public var isLiveAllowed = false
}

extension Manifest {
  /// The folder of the journals, as written, out of a manifest that may be broken elsewhere: the kill switch must work then.
  ///
  /// - Throws: when there is no such key, or its value is no text.
  public static func journal(in bytes: [UInt8], file: String) throws(ConfigurationErrors) -> String {
    let issues = IssueCollector()
    let node: YAMLNode
    if let whole = try? YAMLNode.parse(bytes, file: file) {
      node = whole
    } else {
      node = try YAMLNode.parse(entry("journal", of: bytes), file: file)
    }
    var folder: String?
    if case .mapping(let entries) = node.content, let entry = entries.first(where: { $0.key == "journal" }) {
      folder = YAMLRule.text(entry.value, issues)
    } else {
      issues.report(node.location, "the manifest needs the key 'journal'; add it")
    }
    try issues.throwIfAny()
    return folder ?? ""
  }

  /// One key at the margin and its value, at the lines where they stand; every other line is empty.
  private static func entry(_ key: String, of bytes: [UInt8]) -> [UInt8] {
    var isInside = false
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line -> [UInt8] in
      let isIndented = line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t")
      isInside = line.starts(with: Array("\(key):".utf8)) || isInside && isIndented
      return isInside ? Array(line) : []
    }
    return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }
}

/// One dynamic library of plugins.
public struct PluginLibrary: Sendable, Equatable {
  public enum Isolation: String, CaseIterable, Sendable {
    /// In the host process.
    case none
    /// In a worker process.
    case process
  }

  /// Times after which the host gives up on a call.
  public struct Deadlines: Sendable, Equatable {
    public var load = TimeSpan(nanoseconds: 5_000_000_000)
    public var start = TimeSpan(nanoseconds: 30_000_000_000)
    /// One batch.
    public var call = TimeSpan(nanoseconds: 1_000_000_000)
    public var stop = TimeSpan(nanoseconds: 5_000_000_000)
  }

  public var id: String
  /// As written: a bare file name lies in the plugin folder, any other path is relative to the configuration's directory.
  public var path: String
  /// The file's SHA-256, 64 lower-case hexadecimal digits, when it is pinned.
  public var sha256: String?
  /// Whether trading refuses to start without it.
  public var isRequired: Bool
  /// Nil: the host decides by where the library lies.
  public var isolation: Isolation?
  public var deadlines: Deadlines
  public var location: SourceLocation
}

/// Reads `alphaloop.yaml`.
struct ManifestReader {
  private enum Key: String, CaseIterable {
    case version, seed, currency, journal, libraries, data, broker, store, agents, policies, learners, services
    case connected, live
    case initialCash = "initial_cash"
    case pluginFolder = "plugin_folder"
  }
  private enum LibraryKey: String, CaseIterable { case id, path, sha256, required, isolation, deadlines }
  private enum LivePermission: String, CaseIterable, Sendable { case forbidden, allowed }
  private enum DeadlineKey: String, CaseIterable { case load, start, call, stop }

  static func read(_ node: YAMLNode, issues: IssueCollector) -> Manifest? {
    guard let reader = MappingReader<Key>(node, what: "the manifest", issues: issues) else { return nil }
    _ = reader.value(.version, .integer(in: 1...1))
    let seed = reader.value(.seed, .integer(in: 0 ... .max))
    let cash = reader.value(.initialCash, .decimal(in: FixedDecimal(units: 0)...FixedDecimal(units: .max)))
    let currency = reader.value(.currency, UniverseReader.currency)
    let pluginFolder = reader.value(.pluginFolder, .text)
    let journal = reader.value(.journal, .text)
    let libraries = reader.value(.libraries, .list(of: .mapping("a library", LibraryKey.self, library)))
    checkUnique(libraries ?? [], issues)
    var instances = reader.value(.data, .list(of: InstanceReader.data)) ?? []
    instances += reader.value(.broker, InstanceReader.broker).map { [$0] } ?? []
    instances += reader.value(.store, InstanceReader.plugin(.store, "the store")).map { [$0] } ?? []
    instances += reader.value(.agents, .list(of: InstanceReader.agent), default: [])
    let policies = reader.value(.policies, .list(of: InstanceReader.plugin(.policy, "a policy")), default: [])
    checkAlone(policies, issues)
    instances += policies
    instances += reader.value(.learners, .list(of: InstanceReader.plugin(.learner, "a learner")), default: [])
    instances += reader.value(.services, .list(of: InstanceReader.plugin(.service, "a service")), default: [])
    let connected = reader.optional(.connected, ConnectedConfiguration.rule)
    let live = reader.value(.live, YAMLRule<LivePermission>.choice, default: .forbidden)
    guard let seed, let cash, let currency, let pluginFolder, let journal, let libraries else { return nil }
    return Manifest(
      seed: seed, initialCash: cash, currency: currency, pluginFolder: pluginFolder, journal: journal,
      libraries: libraries, instances: instances, connected: connected, isLiveAllowed: live == .allowed)
  }

  private static func library(_ reader: MappingReader<LibraryKey>) -> PluginLibrary? {
    let id = reader.value(.id, .identifier)
    let path = reader.value(.path, .text)
    let digest = reader.optional(.sha256, sha256)
    let isRequired = reader.value(.required, .bool, default: false)
    let isolation = reader.optional(.isolation, YAMLRule<PluginLibrary.Isolation>.choice)
    let deadlines = reader.value(
      .deadlines, .mapping("the deadlines", DeadlineKey.self, deadlines), default: PluginLibrary.Deadlines())
    guard let id, let path else { return nil }
    return PluginLibrary(
      id: id, path: path, sha256: digest, isRequired: isRequired, isolation: isolation, deadlines: deadlines,
      location: reader.node(.id)?.location ?? reader.location)
  }

  private static func deadlines(_ reader: MappingReader<DeadlineKey>) -> PluginLibrary.Deadlines? {
    let positive = YAMLRule.duration(in: TimeSpan(nanoseconds: 1_000_000)...TimeSpan(nanoseconds: 3_600_000_000_000))
    var deadlines = PluginLibrary.Deadlines()
    deadlines.load = reader.value(.load, positive, default: deadlines.load)
    deadlines.start = reader.value(.start, positive, default: deadlines.start)
    deadlines.call = reader.value(.call, positive, default: deadlines.call)
    deadlines.stop = reader.value(.stop, positive, default: deadlines.stop)
    return deadlines
  }

  private static var sha256: YAMLRule<String> {
    YAMLRule { node, issues in
      // Sixty-four digits may happen to look like a number, so the scalar is taken as it is written.
      guard case .scalar(let scalar) = node.content, scalar.text.utf8.count == 64,
        scalar.text.utf8.allSatisfy({ byte in
          (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        })
      else {
        issues.report(
          node.location, "expected 64 lower-case hexadecimal digits, as 'sha256sum FILE' prints, found \(node.summary)")
        return nil
      }
      return scalar.text
    }
  }

  /// A run sizes by one policy: of two, one would be ignored.
  private static func checkAlone(_ policies: [PluginInstance], _ issues: IssueCollector) {
    let enabled = policies.filter(\.isEnabled)
    guard let first = enabled.first else { return }
    for policy in enabled.dropFirst() {
      issues.report(
        policy.location,
        "'\(policy.id)' is a second enabled policy beside '\(first.id)' at \(first.location), and only one can size the "
          + "orders; write 'enabled: false' for one of them")
    }
  }

  private static func checkUnique(_ libraries: [PluginLibrary], _ issues: IssueCollector) {
    var places: [String: SourceLocation] = [:]
    for library in libraries {
      if let earlier = places[library.id] {
        issues.report(library.location, "the library id '\(library.id)' is taken at \(earlier); choose another")
      } else {
        places[library.id] = library.location
      }
    }
  }
}

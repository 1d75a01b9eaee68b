import AlphaLoopLoader
internal import AlphaLoopYAML
import CAlphaLoop

/// The libraries of a manifest after the host looked at them: loaded, or refused with the reason.
public struct PluginCatalog: Sendable {
  public enum State: Sendable {
    case loaded(LoadedLibrary)
    /// Runs in worker processes; what it offers was told by one.
    case isolated([PluginDescriptor])
    case refused(String)
  }

  public struct Entry: Sendable {
    public var library: PluginLibrary
    /// As configured.
    public var path: String
    /// Where its bytes were read: `path`, but for a replay.
    public var file: String
    public var sha256: String
    public var toolchain: String
    public var state: State
    /// A third party's library in this process too, for what no worker serves (``PluginInstance/Kind/runsInWorkers``).
    public internal(set) var hosted: LoadedLibrary?
    /// Of the file when it was read.
    var identity: FileIdentity?
    /// C types that it brings along.
    var types: [ELFImportedType] = []

    /// Whether the file is still the one that was read. Reads it only when the file system cannot tell.
    func digestNow() -> String {
      if let identity, identity.isSurelyThat(of: path) { return sha256 }
      return readFile(path).map(ELFDigest.sha256) ?? ""
    }

    public var descriptors: [PluginDescriptor] {
      switch state {
      case .loaded(let library): library.descriptors
      case .isolated(let list): list
      case .refused: []
      }
    }
    public var refusal: String? { if case .refused(let reason) = state { reason } else { nil } }
    public var isIsolated: Bool { if case .isolated = state { true } else { false } }
    /// Where its code runs, in one word.
    public var placement: String { isIsolated ? hosted == nil ? "process" : "mixed" : "none" }

    /// What a person should know who uses a plugin of it that no worker serves; nil when it is the installation's own.
    func hostWarning(_ noun: String) -> String? {
      guard isIsolated else { return nil }
      return
        "it is a \(noun) of \(path), from outside of the plugin folder, and runs in the host process all the same: only "
        + "agents and policies have workers. If it crashes, the host ends. \(library.location): isolation: none says that "
        + "this is meant"
    }
  }

  public private(set) var entries: [Entry] = []
  /// The C types of the libraries in this process.
  private var known: Set<ELFImportedType> = []

  /// Looks at every library in the order of the manifest. One that cannot be used never keeps the others from loading.
  ///
  /// - Parameters:
  ///   - old: libraries of it whose file is the same are used as they are.
  ///   - files: library id -> where its bytes lie; a library that is not named takes no part. nil: all, where configured.
  public init(
    _ configuration: Configuration, reusing old: PluginCatalog? = nil, files: [String: String]? = nil,
    describe: Describer = WorkerDescriber.standard
  ) {
    for library in configuration.manifest.libraries {
      let path = configuration.path(of: library)
      let isIsolated = Self.isIsolated(library, path: path, configuration)
      var entry = Entry(
        library: library, path: path, file: path, sha256: "", toolchain: "", state: .refused("takes no part here"))
      if let files {
        guard let file = files[library.id] else {
          entry.library.isRequired = false
          entries.append(entry)
          continue
        }
        entry.file = file
      }
      do {
        if let before = old?.entries.first(where: { $0.path == path && $0.file == entry.file }), before.refusal == nil,
          before.isIsolated == isIsolated, library.sha256 == nil || library.sha256 == before.sha256,
          before.identity?.isSurelyThat(of: entry.file) ?? false
        {
          entry = before
          entry.library = library
        } else {
          try look(&entry, isIsolated, old, describe)
        }
        if isIsolated, library.isolation == nil, entry.hosted == nil, Self.needsHost(entry, configuration) {
          entry.hosted = try host(entry.file, pin: entry.sha256)
        }
        if !isIsolated || entry.hosted != nil { known.formUnion(entry.types) }
      } catch {
        entry.state = .refused(error.reason)
        if entry.sha256.isEmpty { entry.sha256 = readFile(entry.file).map(ELFDigest.sha256) ?? "" }
      }
      if let other = Self.duplicate(entry, in: entries) { entry.state = .refused(other) }
      entries.append(entry)
    }
  }

  /// Reads a library's file and takes it over from before, has it described, or maps it.
  private func look(_ entry: inout Entry, _ isIsolated: Bool, _ old: PluginCatalog?, _ describe: Describer)
    throws(LoadError)
  {
    let (file, library) = (entry.file, entry.library)
    entry.identity = FileIdentity(path: file)
    // Types of C collide within a process only.
    let inspection = try FileInspection(path: file, pin: library.sha256, known: isIsolated ? [] : known)
    entry.sha256 = inspection.sha256
    entry.toolchain = inspection.toolchain
    entry.types = inspection.importedTypes
    if let same = old?.entries.first(where: {
      $0.path == entry.path && $0.sha256 == inspection.sha256 && $0.refusal == nil
    }),
      same.isIsolated == isIsolated
    {
      entry.state = same.state
      entry.hosted = same.hosted
    } else if isIsolated {
      entry.state = .isolated(try describe.descriptors(of: file, deadline: library.deadlines.load.nanoseconds))
    } else {
      // The bytes that were looked at, whatever the file holds by now.
      entry.state = .loaded(try LoadedLibrary.load(file, contents: inspection.contents))
    }
  }

  /// What the manifest says; else a library outside the installation's own plugin folder is a third party's.
  public static func isIsolated(_ library: PluginLibrary, path: String, _ configuration: Configuration) -> Bool {
    switch library.isolation {
    case .process?: return true
    case PluginLibrary.Isolation.none?: return false
    case nil:
      guard library.path.contains("/") else { return false }
      let folder = configuration.resolve(path: configuration.manifest.pluginFolder)
      return canonicalPath(parent(path)) != canonicalPath(folder)
    }
  }

  /// An enabled instance of it is of a kind that no worker serves.
  private static func needsHost(_ entry: Entry, _ configuration: Configuration) -> Bool {
    configuration.manifest.instances.contains { instance in
      instance.isEnabled && !instance.kind.runsInWorkers && entry.descriptors.contains { $0.id == instance.plugin }
    }
  }

  private mutating func host(_ path: String, pin: String?) throws(LoadError) -> LoadedLibrary {
    let file = try FileInspection(path: path, pin: pin, known: known)
    let library = try LoadedLibrary.load(path, contents: file.contents)
    known.formUnion(file.importedTypes)
    return library
  }

  /// A library in this process for a job, which no worker serves.
  mutating func host(jobOf entry: Entry, id: String) throws(LoadError) -> LoadedLibrary {
    if case .loaded(let library) = entry.state { return library }
    if let library = entry.hosted { return library }
    if entry.library.isolation == .process { throw entry.unservable("'\(id)' is a job") }
    return try host(entry.file, pin: entry.sha256)
  }

  /// Everything of the configuration that is to run in a worker and cannot, one a line.
  func unservable(_ configuration: Configuration) -> [String] {
    configuration.manifest.instances.compactMap { instance in
      guard instance.isEnabled, !instance.kind.runsInWorkers, let entry = entry(offering: instance.plugin),
        entry.isIsolated, entry.hosted == nil
      else { return nil }
      return "\(entry.unservable("'\(instance.id)' (\(instance.location)) is a \(instance.kind.noun)"))"
    }
  }

  private static func duplicate(_ entry: Entry, in others: [Entry]) -> String? {
    for descriptor in entry.descriptors {
      if let other = others.first(where: { $0.descriptors.contains { $0.id == descriptor.id } }) {
        return "offers '\(descriptor.id)', which \(other.path) offers too; remove one of them from the manifest"
      }
    }
    return nil
  }

  public func entry(offering id: String) -> Entry? { entries.first { $0.descriptors.contains { $0.id == id } } }

  public func descriptor(_ id: String) -> PluginDescriptor? {
    entries.lazy.compactMap { $0.descriptors.first { $0.id == id } }.first
  }

  /// Refusals of libraries that the manifest marks as required.
  public var missingRequired: [String] {
    entries.filter { $0.library.isRequired }.compactMap { e in e.refusal.map { "\(e.path): \($0)" } }
  }
}

extension PluginCatalog.Entry {
  func unservable(_ what: String) -> LoadError {
    LoadError(
      "\(library.location)",
      "isolation: process is for agents and policies; \(what), which runs in the host process only. Write isolation: none "
        + "for the library '\(library.id)', or offer its agents and policies in a library of their own")
  }
}

extension PluginInstance.Kind {
  /// A worker serves these; the others need sockets, files or threads that its lock-down takes away.
  var runsInWorkers: Bool { self == .agent || self == .policy }

  var noun: String { self == .data ? "data source" : rawValue }
}

/// Tells what a library offers without running its code in this process.
public protocol Describer: Sendable {
  func descriptors(of path: String, deadline: Int64) throws(LoadError) -> [PluginDescriptor]
}

/// What the host reads from a plugin file before any code of it runs.
public struct FileInspection {
  public let sha256: String
  public let toolchain: String
  public let importedTypes: [ELFImportedType]
  /// What is mapped of the bytes that all of this was read from.
  public let contents: ArraySlice<UInt8>

  /// - Throws: the first reason why the file must not be loaded.
  public init(path: String, pin: String?, known: Set<ELFImportedType>) throws(LoadError) {
    do {
      let file = try ELFFile(path: path)
      sha256 = file.sha256
      contents = file.mappedContents
      if let pin, pin != file.sha256 {
        throw LoadError(
          path, "its SHA-256 is \(file.sha256), the manifest pins \(pin); update the pin if the file is meant")
      }
      guard let note = try file.pluginNote() else {
        throw LoadError(
          path, "has no ABI note (section .alphaloop.abi): it is no Alpha Loop plugin, or its link step drops the note")
      }
      toolchain = note.toolchain
      if note.abiMajor != AL_ABI_MAJOR {
        throw LoadError(
          path,
          "is built for ABI \(note.abiMajor).\(note.abiMinor), this host speaks \(AL_ABI_MAJOR).\(AL_ABI_MINOR); rebuild it"
        )
      }
      let exports = file.exportedSymbols.map(\.name)
      if exports != ["alphaloop_plugin_v1"] {
        throw LoadError(path, Self.wrongExports(exports))
      }
      importedTypes = try file.importedTypes()
      if let conflict = ELFImportedType.conflicts(of: importedTypes, with: known).first {
        throw LoadError(
          path, "its C type \(conflict) differs from the one already in this process; load it with isolation: process")
      }
    } catch let error as LoadError {
      throw error
    } catch let error as ELFError {
      throw LoadError(path, "\(error.reason)")
    } catch {
      throw LoadError(path, "\(error)")
    }
  }

  private static func wrongExports(_ exports: [String]) -> String {
    let others = exports.filter { $0 != "alphaloop_plugin_v1" }
    if others.count == exports.count { return "does not export alphaloop_plugin_v1" }
    return "exports \(others.count) symbols beside alphaloop_plugin_v1 (\(others.prefix(3).joined(separator: ", "))); "
      + "link it with the version script plugin.map"
  }
}

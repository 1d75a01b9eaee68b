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

    public var descriptors: [PluginDescriptor] {
      switch state {
      case .loaded(let library): library.descriptors
      case .isolated(let list): list
      case .refused: []
      }
    }
    public var refusal: String? { if case .refused(let reason) = state { reason } else { nil } }
    public var isIsolated: Bool { if case .isolated = state { true } else { false } }
  }

  public private(set) var entries: [Entry] = []

  /// Looks at every library in the order of the manifest. One that cannot be used never keeps the others from loading.
  ///
  /// - Parameters:
  ///   - old: libraries of it whose file is the same are used as they are.
  ///   - files: library id -> where its bytes lie; a library that is not named takes no part. nil: all, where configured.
  public init(
    _ configuration: Configuration, reusing old: PluginCatalog? = nil, files: [String: String]? = nil,
    describe: Describer = WorkerDescriber.standard
  ) {
    var known: [ELFImportedType] = []
    for library in configuration.manifest.libraries {
      let path = configuration.path(of: library)
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
        let isIsolated = Self.isIsolated(library, path: path, configuration)
        // Types of C collide within a process only.
        let file = try FileInspection(path: entry.file, pin: library.sha256, known: isIsolated ? [] : known)
        entry.sha256 = file.sha256
        entry.toolchain = file.toolchain
        if let same = old?.entries.first(where: { $0.path == path && $0.sha256 == file.sha256 && $0.refusal == nil }),
          same.isIsolated == isIsolated
        {
          entry.state = same.state
        } else if isIsolated {
          entry.state = .isolated(
            try describe.descriptors(of: entry.file, deadline: library.deadlines.load.nanoseconds))
        } else {
          entry.state = .loaded(try LoadedLibrary.load(entry.file))
          known.append(contentsOf: file.importedTypes)
        }
      } catch {
        entry.state = .refused(error.reason)
        if entry.sha256.isEmpty { entry.sha256 = readFile(entry.file).map(ELFDigest.sha256) ?? "" }
      }
      if let other = Self.duplicate(entry, in: entries) { entry.state = .refused(other) }
      entries.append(entry)
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

/// Tells what a library offers without running its code in this process.
public protocol Describer: Sendable {
  func descriptors(of path: String, deadline: Int64) throws(LoadError) -> [PluginDescriptor]
}

/// What the host reads from a plugin file before any code of it runs.
public struct FileInspection {
  public let sha256: String
  public let toolchain: String
  public let importedTypes: [ELFImportedType]

  /// - Throws: the first reason why the file must not be loaded.
  public init(path: String, pin: String?, known: [ELFImportedType]) throws(LoadError) {
    do {
      let file = try ELFFile(path: path)
      sha256 = file.sha256
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

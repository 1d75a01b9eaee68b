import CAlphaLoop
import CSystem
import Glibc

/// Why a library or an instance could not be used; names the file or the instance, what is wrong, and what to do.
public struct LoadError: Error, Sendable, CustomStringConvertible {
  public var subject: String
  public var reason: String
  /// The plugin's worker crashed, hung or broke the protocol: no refusal, but a fault of the code.
  public var isFault: Bool
  /// What the plugin answered; nil when it was not asked.
  public var status: al_status?
  public init(_ subject: String, _ reason: String, isFault: Bool = false, status: al_status? = nil) {
    self.subject = subject
    self.reason = reason
    self.isFault = isFault
    self.status = status
  }
  public var description: String { "\(subject): \(reason)" }
}

/// What a descriptor says, copied out of the library.
public struct PluginDescriptor: Sendable, Equatable {
  public var id: String
  public var name: String
  public var vendor: String
  public var version: String
  public var license: String
  public var summary: String
  public var family: String
  public var parameterSchema: String
  public var interfaces: [String]
  public var reasons: [String]
  public var estimates: [String]
  public var kinds: UInt32
  public var flags: UInt64
  public var inputs: UInt64
  public var outputs: UInt64
  public var tier: UInt32
  public var warmUp: UInt32
  public var maxRows: UInt32
  public var stateVersion: UInt32
  public var minStateVersion: UInt32

  /// nil when a mandatory text is NULL or the size is not this version's.
  init?(_ c: al_descriptor_v1) {
    guard c.size == UInt32(MemoryLayout<al_descriptor_v1>.size), let cID = c.id, let cName = c.name,
      let cVersion = c.version,
      let cSchema = c.parameters, c.max_rows <= 4096
    else { return nil }
    id = String(cString: cID)
    name = String(cString: cName)
    version = String(cString: cVersion)
    parameterSchema = String(cString: cSchema)
    vendor = c.vendor.map { String(cString: $0) } ?? ""
    license = c.license.map { String(cString: $0) } ?? ""
    summary = c.summary.map { String(cString: $0) } ?? ""
    family = c.family.map { String(cString: $0) } ?? ""
    interfaces = Self.list(c.interfaces)
    reasons = Self.list(c.reasons)
    estimates = Self.list(c.estimates)
    kinds = c.kinds
    flags = c.flags
    inputs = c.inputs
    outputs = c.outputs
    tier = c.tier
    warmUp = c.warm_up
    maxRows = c.max_rows
    stateVersion = c.state_version
    minStateVersion = c.min_state_version
  }

  private static func list(_ p: UnsafePointer<UnsafePointer<CChar>?>?) -> [String] {
    guard let p else { return [] }
    var all: [String] = []
    var i = 0
    while let text = p[i], i < 4096 {
      all.append(String(cString: text))
      i += 1
    }
    return all
  }
}

/// A shared library that is mapped and negotiated with. It is never unloaded: a Swift library registers its metadata with
/// the runtime for good, so an old generation is retired by leaving it mapped.
public final class LoadedLibrary: @unchecked Sendable {
  /// The file as configured; what is mapped is a private copy of it.
  public let path: String
  public let descriptors: [PluginDescriptor]
  let entry: UnsafePointer<al_entry_v1>

  /// An address in its code.
  let code: UnsafeRawPointer

  deinit { RetiredLibraries.add(containing: code) }

  private init(
    path: String, code: UnsafeRawPointer, entry: UnsafePointer<al_entry_v1>, descriptors: [PluginDescriptor]
  ) {
    self.path = path
    self.code = code
    self.entry = entry
    self.descriptors = descriptors
  }

  public func descriptor(_ id: String) -> PluginDescriptor? { descriptors.first { $0.id == id } }

  /// Copies the file under a name never used before, maps the copy, and negotiates.
  ///
  /// - Parameter contents: the file's bytes as they were inspected, those that are mapped; nil: it is read now.
  ///
  /// Overwriting a mapped file kills its user, and a path that was opened once gives the old code for ever: hence the copy.
  public static func load(_ path: String, contents: ArraySlice<UInt8>? = nil) throws(LoadError) -> LoadedLibrary {
    let copy = try privateCopy(of: path, contents, in: String(cString: al_temporary_folder()))
    let handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_NODELETE))
    let problem = handle == nil ? dlerror().map { String(cString: $0) } ?? "unknown" : ""
    unlink(copy)
    guard let handle else { throw LoadError(path, "cannot be loaded: \(problem.replacing(copy, with: path))") }
    guard let symbol = dlsym(handle, "alphaloop_plugin_v1") else {
      throw LoadError(
        path, "does not export alphaloop_plugin_v1: it is no Alpha Loop plugin, or its link step hides the entry")
    }
    typealias Entry = @convention(c) (UInt32, UInt32) -> UnsafePointer<al_entry_v1>?
    let entryPoint = unsafeBitCast(symbol, to: Entry.self)
    guard let entry = entryPoint(AL_ABI_MAJOR, AL_ABI_MINOR) else {
      throw LoadError(path, "refuses this host (ABI \(AL_ABI_MAJOR).\(AL_ABI_MINOR)); rebuild it against this SDK")
    }
    return LoadedLibrary(
      path: path, code: symbol, entry: entry, descriptors: try negotiate(path, entry.pointee))
  }

  private static func negotiate(_ path: String, _ entry: al_entry_v1) throws(LoadError) -> [PluginDescriptor] {
    guard entry.size == UInt32(MemoryLayout<al_entry_v1>.size) else {
      throw LoadError(
        path,
        "its entry has \(entry.size) bytes where ABI 1 has \(MemoryLayout<al_entry_v1>.size); rebuild it against this SDK"
      )
    }
    guard entry.abi_major == AL_ABI_MAJOR else {
      throw LoadError(path, "is built for ABI \(entry.abi_major), this host speaks \(AL_ABI_MAJOR)")
    }
    guard entry.min_host_minor <= AL_ABI_MINOR else {
      throw LoadError(path, "needs host ABI 1.\(entry.min_host_minor), this is 1.\(AL_ABI_MINOR); update the host")
    }
    guard entry.create != nil else { throw LoadError(path, "its entry has no create function") }
    guard entry.n_descriptors > 0, entry.n_descriptors <= 4096, let list = entry.descriptors else {
      throw LoadError(path, "offers no plugin (\(entry.n_descriptors) descriptors)")
    }
    var all: [PluginDescriptor] = []
    for i in 0..<Int(entry.n_descriptors) {
      guard let c = list[i], let d = PluginDescriptor(c.pointee) else {
        throw LoadError(path, "descriptor \(i) is NULL, of another size, or lacks id, name, version or parameters")
      }
      if all.contains(where: { $0.id == d.id }) { throw LoadError(path, "offers '\(d.id)' twice") }
      all.append(d)
    }
    return all
  }

  private static func privateCopy(of path: String, _ contents: ArraySlice<UInt8>?, in folder: String) throws(LoadError)
    -> String
  {
    var template = Array("\(folder)/alphaloop-XXXXXX.so".utf8CString)
    let target = mkstemps(&template, 3)
    guard target >= 0 else {
      throw LoadError(folder, "no place for a copy of \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(target) }
    let copy = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      if let contents { try write(contents, to: target, folder) } else { try copyFile(path, to: target, folder) }
    } catch {
      unlink(copy)
      throw error
    }
    fchmod(target, 0o500)
    return copy
  }

  private static func write(_ contents: ArraySlice<UInt8>, to target: Int32, _ folder: String) throws(LoadError) {
    var written = 0
    while written < contents.count {
      let n = contents.withUnsafeBytes {
        Glibc.write(target, $0.baseAddress.map { $0 + written }, contents.count - written)
      }
      guard n > 0 else { throw LoadError(folder, "cannot be written to: \(String(cString: strerror(errno)))") }
      written += n
    }
  }

  private static func copyFile(_ path: String, to target: Int32, _ folder: String) throws(LoadError) {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw LoadError(path, "cannot be read: \(String(cString: strerror(errno)))") }
    defer { close(source) }
    var info = stat()
    guard fstat(source, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { throw LoadError(path, "is not a file") }
    var left = Int(info.st_size)
    while left > 0 {
      let n = sendfile(target, source, nil, left)
      guard n > 0 else {
        throw LoadError(path, "cannot be copied to \(folder): \(String(cString: strerror(errno)))")
      }
      left -= n
    }
  }
}

public import AlphaLoopYAML

#if canImport(Glibc)
  import Glibc
#endif

/// The files of a configuration, read once: what is validated is what runs, whatever happens to the files meanwhile.
public struct ConfigurationSources: Sendable {
  /// The directory as the caller wrote it; messages carry it in front of each name.
  public var directory: String
  /// Contents by name relative to the directory, `sectors/energy.yaml`.
  public var files: [String: [UInt8]]
  /// What could not be read.
  public var issues: [ConfigurationIssue] = []

  public static let manifestName = "alphaloop.yaml"
  public static let universeName = "universe.yaml"
  public static let riskName = "risk.yaml"
  public static let sessionsName = "sessions.yaml"
  public static let sectorsName = "sectors"

  /// A configuration held in memory.
  public init(directory: String, files: [String: [UInt8]]) {
    self.directory = directory
    self.files = files
  }

  /// Reads the four files and the sector files of a directory.
  public init(directory: String) {
    self.init(directory: directory, files: [:])
    for name in [Self.manifestName, Self.universeName, Self.riskName, Self.sessionsName] { read(name) }
    let listing = Self.list(path(of: Self.sectorsName))
    guard let listing else {
      report(Self.sectorsName, "cannot be listed; create the folder, with one YAML file a sector")
      return
    }
    for name in listing.sorted() where !name.hasPrefix(".") {
      let full = "\(Self.sectorsName)/\(name)"
      if name.hasSuffix(".yaml") {
        read(full)
      } else if name.hasSuffix(".yml") {
        report(full, "sector files end in .yaml; rename it, or it would be ignored")
      }
    }
  }

  /// Whether the sector files could be found; without them nothing can be said of names of sectors.
  var isListed: Bool { !issues.contains { $0.location.file == path(of: Self.sectorsName) } }

  public func path(of name: String) -> String {
    directory.isEmpty ? name : directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
  }

  private mutating func report(_ name: String, _ message: String) {
    issues.append(ConfigurationIssue(SourceLocation(file: path(of: name), line: 1, column: 1), message))
  }

  private mutating func read(_ name: String) {
    switch Self.contents(of: path(of: name)) {
    case .success(let bytes): files[name] = bytes
    case .failure(let failure):
      let advice = failure.code == ENOENT ? "create it, or name another directory" : "put a readable file there"
      report(name, "cannot be read: \(String(cString: strerror(failure.code))); \(advice)")
    }
  }

  private struct Failure: Error {
    var code: Int32
  }

  /// One byte more than the YAML reader accepts, so that it is the one to refuse a file that is too large.
  private static let sizeLimit = YAMLLimits().bytes + 1

  private static func contents(of path: String) -> Result<[UInt8], Failure> {
    // Without O_NONBLOCK a pipe in the place of a file would hang the host.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(Failure(code: errno)) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < sizeLimit {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .failure(Failure(code: errno)) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return .success(bytes)
  }

  private static func list(_ path: String) -> [String]? {
    guard let handle = opendir(path) else { return nil }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names
  }
}

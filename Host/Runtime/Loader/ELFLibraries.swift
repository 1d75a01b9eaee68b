import CSystem

/// Where the libraries a plugin needs would come from, by the rules of ld.so(8), without loading anything.
///
/// `LD_LIBRARY_PATH` is left out on purpose: a plugin must load without it.
public struct ELFLibrarySearch: Sendable {
  /// Names (SONAME) of the libraries that are in the process already; these are not searched for again.
  public var loaded: Set<String>
  private let cache: [String: [String]]

  private static let standardFolders = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]

  /// - Parameters:
  ///   - loaded: names of libraries the host has loaded.
  ///   - cachePath: the loader's cache; a missing or damaged one leaves the standard folders.
  public init(loaded: Set<String> = [], cachePath: String = "/etc/ld.so.cache") {
    self.loaded = loaded
    cache = (try? ELFLibraryCache.read(cachePath)) ?? [:]
  }

  /// The needed libraries that would not be found, in the order of the file.
  public func missing(from file: ELFFile) -> [String] {
    file.dynamic.needed.filter { location(of: $0, for: file) == nil }
  }

  /// Where a needed library would be found: its path, or its name when it is loaded already.
  public func location(of library: String, for file: ELFFile) -> String? {
    if loaded.contains(library) { return library }
    if library.contains("/") { return Self.isForThisMachine(library) ? library : nil }
    // The older list counts only when there is no newer one.
    let folders = (file.dynamic.runpath.isEmpty ? file.dynamic.rpath : file.dynamic.runpath).map {
      Self.expanded($0, origin: Self.folder(of: file.file))
    }
    let candidates =
      folders.map { $0 + "/" + library } + (cache[library] ?? []) + Self.standardFolders.map { $0 + "/" + library }
    return candidates.first(where: Self.isForThisMachine)
  }

  private static func expanded(_ folder: String, origin: String) -> String {
    for form in ["${ORIGIN}", "$ORIGIN"] where folder.hasPrefix(form) {
      return origin + folder.dropFirst(form.count)
    }
    return folder
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A shared object of another machine on the way is passed over, as the loader does. Only the header is read.
  private static func isForThisMachine(_ path: String) -> Bool {
    let descriptor = path.withCString { al_open_read($0) }
    guard descriptor >= 0 else { return false }
    defer { al_close(descriptor) }
    var head = [UInt8](repeating: 0, count: Int(ELFHeader.size))
    let got = head.withUnsafeMutableBytes { al_read_at(descriptor, $0.baseAddress, $0.count, 0) }
    guard got == head.count else { return false }
    return (try? ELFHeader(ELFBytes(storage: head))) != nil
  }
}

/// The cache of ldconfig(8), "new" format: a header of 48 bytes, entries of 24 bytes (flags, name, path, OS version,
/// hardware capabilities), then strings; offsets count from the header.
private enum ELFLibraryCache {
  private static let magic = Array("glibc-ld.so.cache1.1".utf8)

  static func read(_ path: String) throws(ELFError) -> [String: [String]] {
    do {
      return try parse(ELFBytes(storage: ELFFile.contents(of: path)))
    } catch {
      throw ELFError(file: path, reason: error)
    }
  }

  private static func parse(_ bytes: ELFBytes) throws(ELFError.Reason) -> [String: [String]] {
    let what = "the library cache"
    guard bytes.storage.starts(with: magic) else { throw .malformed(what: what, detail: "an unknown format") }
    let count = UInt64(try bytes.load(UInt32.self, at: 20, of: what))
    _ = try bytes.range(at: 48, count: count * 24, of: what)
    var found: [String: [String]] = [:]
    for index in 0..<count {
      let entry = 48 + index * 24
      let name = UInt64(try bytes.load(UInt32.self, at: entry + 4, of: what))
      let path = UInt64(try bytes.load(UInt32.self, at: entry + 8, of: what))
      found[try bytes.string(at: name, before: bytes.count, of: what), default: []]
        .append(try bytes.string(at: path, before: bytes.count, of: what))
    }
    return found
  }
}

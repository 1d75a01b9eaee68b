import Glibc

/// Writes a file so that after a crash or power failure its name shows either the old bytes or all the new ones.
///
/// The bytes go to a temporary name in the same directory, are synced, renamed into place, and the directory is synced,
/// because a rename is durable only once its directory is.
public struct DurableFileWriter: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  private var checksum = CRC32C()
  /// Bytes written so far.
  public private(set) var count = 0

  /// What the finished file holds.
  public struct Receipt: Equatable, Sendable {
    public let byteCount: Int
    public let crc32c: UInt32
  }

  public init(path: String) throws(FileError) {
    self.path = path
    // Names that another writer, or one that died, has taken are passed by.
    for attempt in 0..<1_000 {
      let name = "\(path).\(getpid()).\(attempt).partial"
      let opened = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if opened < 0 && errno == EEXIST { continue }
      guard opened >= 0 else { throw .last("create", name) }
      temporaryPath = name
      descriptor = opened
      return
    }
    throw FileError(operation: "find a free temporary name beside it", path: path, code: EEXIST)
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unlink(temporaryPath)
    }
  }

  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    checksum.update(bytes)
    var done = 0
    while done < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if written < 0 {
        if errno == EINTR { continue }
        throw .last("write", temporaryPath)
      }
      done += written
    }
    count += bytes.count
  }

  /// Syncs, renames and syncs the directory; without this call the temporary file is removed.
  public consuming func commit() throws(FileError) -> Receipt {
    guard fsync(descriptor) == 0 else { throw .last("sync", temporaryPath) }
    guard rename(temporaryPath, path) == 0 else { throw .last("rename to \(path)", temporaryPath) }
    close(descriptor)
    descriptor = -1
    try syncDirectory(of: path)
    return Receipt(byteCount: count, crc32c: checksum.value)
  }
}

/// The directory part of a path; "." when there is none.
public func directory(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Makes the names in the directory of `path` durable.
public func syncDirectory(of path: String) throws(FileError) {
  let name = directory(of: path)
  let descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .last("open", name) }
  defer { close(descriptor) }
  guard fsync(descriptor) == 0 else { throw .last("sync the directory", name) }
}

/// Creates a directory and its missing parents, each made durable in its own parent.
public func createDirectories(_ path: String) throws(FileError) {
  if mkdir(path, 0o755) == 0 { return try syncDirectory(of: path) }
  switch errno {
  case EEXIST:
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw FileError(operation: "create the directory", path: path, code: ENOTDIR)
    }
  case ENOENT where directory(of: path) != path:
    try createDirectories(directory(of: path))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .last("create the directory", path) }
    try syncDirectory(of: path)
  default: throw .last("create the directory", path)
  }
}

/// The names in a directory, sorted by their bytes, without "." and "..".
public func directoryEntries(_ path: String) throws(FileError) -> [String] {
  guard let stream = opendir(path) else { throw .last("list the directory", path) }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

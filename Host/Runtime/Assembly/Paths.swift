import Glibc

/// The folder of a path.
public func parent(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The path without links and dots; as given when it does not exist.
public func canonicalPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// The folder of the running executable.
public func executableFolder() -> String { parent(canonicalPath("/proc/self/exe")) }

/// A whole file; nil when it cannot be read, with errno set.
public func readFile(_ path: String) -> [UInt8]? {
  let fd = open(path, O_RDONLY | O_CLOEXEC)
  guard fd >= 0 else { return nil }
  defer { close(fd) }
  var bytes: [UInt8] = []
  var info = stat()
  if fstat(fd, &info) == 0, info.st_mode & S_IFMT == S_IFREG { bytes.reserveCapacity(Int(info.st_size)) }
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let n = read(fd, &chunk, chunk.count)
    if n == 0 { return bytes }
    if n < 0 { return nil }
    bytes.append(contentsOf: chunk[0..<n])
  }
}

public func errorText() -> String { String(cString: strerror(errno)) }

/// Creates a folder and those above it.
@discardableResult public func makeFolder(_ path: String) -> Bool {
  if mkdir(path, 0o755) == 0 || errno == EEXIST { return true }
  if errno == ENOENT, parent(path) != path, makeFolder(parent(path)) {
    return mkdir(path, 0o755) == 0 || errno == EEXIST
  }
  return false
}

/// Finds out before a long run whether ``writeAtomically(_:to:)`` will be able to write there.
public func checkWritable(_ path: String) throws(HostError) {
  var info = stat()
  if stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR {
    throw HostError(.data, "\(path): is a folder; name a file in it")
  }
  guard makeFolder(parent(path)) else { throw HostError(.data, "\(parent(path)): cannot be made: \(errorText())") }
  let temporary = "\(path).\(getpid()).new"
  let fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard fd >= 0 else { throw HostError(.data, "\(path): cannot be written: \(errorText())") }
  close(fd)
  unlink(temporary)
}

/// Writes a file so that a reader sees the old or the new one, never half of it.
public func writeAtomically(_ bytes: [UInt8], to path: String) throws(HostError) {
  guard makeFolder(parent(path)) else { throw HostError(.data, "\(parent(path)): cannot be made: \(errorText())") }
  let temporary = "\(path).\(getpid()).new"
  let fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard fd >= 0 else { throw HostError(.data, "\(path): cannot be written: \(errorText())") }
  var written = 0
  while written < bytes.count {
    let n = bytes.withUnsafeBytes { write(fd, $0.baseAddress.map { $0 + written }, bytes.count - written) }
    if n <= 0 {
      let problem = errorText()
      close(fd)
      unlink(temporary)
      throw HostError(.data, "\(path): cannot be written: \(problem)")
    }
    written += n
  }
  let synced = fsync(fd) == 0
  close(fd)
  guard synced, rename(temporary, path) == 0 else {
    let problem = errorText()
    unlink(temporary)
    throw HostError(.data, "\(path): cannot be written: \(problem)")
  }
}

import AlphaLoopSDK
import Glibc

/// A file that only grows. Closed when it goes.
final class AppendFile {
  private let path: String
  private let descriptor: Int32

  init(_ path: String) throws(PluginError) {
    self.path = path
    Self.makeFolders(of: path)
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure("open", path) }
  }

  deinit { close(descriptor) }

  /// The folders above the file; what cannot be made is told when the file is opened.
  private static func makeFolders(of path: String) {
    for (i, character) in path.enumerated() where character == "/" && i > 0 { mkdir(String(path.prefix(i)), 0o755) }
  }

  private static func failure(_ what: String, _ path: String) -> PluginError {
    .io("cannot \(what) '\(path)': \(String(cString: strerror(errno)))")
  }

  /// Takes the whole text or throws.
  func write(_ text: String) throws(PluginError) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let n = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw Self.failure("write", path) }
      done += n
    }
  }

  /// On the disk when it returns. Pipes and terminals cannot be synced and need not be.
  func sync() throws(PluginError) {
    if fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS { throw Self.failure("sync", path) }
  }
}

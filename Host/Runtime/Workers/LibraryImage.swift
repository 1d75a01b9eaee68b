import AlphaLoopLoader
import CSystem
import Glibc

/// The bytes of a plugin library as they were when it was first looked at.
final class LibraryImage {
  let path: String
  let descriptor: Int32

  /// - Parameter sha256: that the bytes must have; nil: any.
  init(path: String, sha256: String? = nil) throws(LoadError) {
    guard let bytes = readFile(path) else { throw LoadError(path, "cannot be read: \(errorText())") }
    if let sha256, ELFDigest.sha256(bytes) != sha256 {
      throw LoadError(path, "was replaced while it was being loaded; load it again")
    }
    let file = "alphaloop-library".withCString { al_memory_file($0, UInt64(bytes.count)) }
    guard file >= 0 else { throw LoadError(path, "no memory for a copy: \(String(cString: strerror(-file)))") }
    var written = 0
    while written < bytes.count {
      let n = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress.map { $0 + written }, bytes.count - written, off_t(written))
      }
      guard n > 0 else {
        let problem = errorText()
        al_close(file)
        throw LoadError(path, "cannot be copied: \(problem)")
      }
      written += n
    }
    // The worker inherits the descriptor and must not be able to change what a restart runs.
    let sealed = al_memory_file_forbid_new_writers(file)
    guard sealed == 0 else {
      al_close(file)
      throw LoadError(path, "its copy cannot be sealed: \(String(cString: strerror(-sealed)))")
    }
    self.path = path
    descriptor = file
  }

  deinit { al_close(descriptor) }
}

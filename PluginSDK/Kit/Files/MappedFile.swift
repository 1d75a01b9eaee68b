import Glibc

/// The bytes of a regular file, mapped read-only for as long as this object lives.
///
/// The mapping shows the file as it is: a file that another process shortens while it is mapped ends the reader with
/// SIGBUS, which is why segments are immutable and replaced by rename.
public final class MappedFile: @unchecked Sendable {
  // Unchecked because of the pointer: the memory is mapped read-only and never changes hands.
  public let path: String
  /// Valid while this object lives.
  public let bytes: UnsafeRawBufferPointer

  /// - Throws: `FileError` when the file cannot be opened or is not a regular file (`EINVAL`, `EISDIR`).
  public init(path: String) throws(FileError) {
    // A FIFO must not hold the reader until somebody writes.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last("read the size", path) }
    let type = status.st_mode & S_IFMT
    guard type == S_IFREG else {
      let what = type == S_IFDIR ? "a directory" : type == S_IFIFO ? "a pipe" : "a device"
      throw FileError(
        operation: "read \(what) (write what it holds to a regular file and name that)", path: path,
        code: type == S_IFDIR ? EISDIR : EINVAL)
    }
    self.path = path
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw .last("map", path)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
  }
}

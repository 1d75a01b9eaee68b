import Glibc

/// A call to the operating system that failed on a file, told so that a person can act on it.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was being done, as a verb phrase: "open", "rename to bars.arrow".
  public let operation: String
  public let path: String
  /// The operating system's error number.
  public let code: Int32

  public init(operation: String, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The failure that `errno` names at this moment.
  public static func last(_ operation: String, _ path: String) -> FileError {
    FileError(operation: operation, path: path, code: errno)
  }

  public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
  public var isMissing: Bool { code == ENOENT }

  public var description: String {
    "\(path): cannot \(operation): \(String(cString: strerror(code)))"
  }
}

import AlphaLoopLoader
import CAlphaLoop

/// Why a verb ends: its exit code and a text that says what to do.
public struct HostError: Error, Sendable, CustomStringConvertible {
  /// The stable exit codes of every verb.
  public enum Code: Int32, Sendable {
    case failedCheck = 1
    case usage = 2
    case configuration = 3
    case data = 4
    case broker = 5
    case halted = 6
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

extension HostError.Code {
  /// By what a plugin answered, where that tells whose matter it is.
  init(_ error: LoadError, otherwise: HostError.Code) {
    switch error.status {
    case AL_E_DATA?, AL_E_IO?: self = .data
    case AL_E_CONFIG?: self = .configuration
    default: self = otherwise
    }
  }
}

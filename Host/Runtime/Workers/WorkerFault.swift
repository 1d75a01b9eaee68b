import CAlphaLoop
import Glibc

/// Why a worker did not answer. The process is gone in every case.
public enum WorkerFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Ended by a signal; with the last words on its standard error.
  case signal(Int32, String)
  case exit(Int32, String)
  /// Ended by the host: no answer within the deadline, ns.
  case deadline(Int64)
  /// Ended by the host: its control block holds what no worker writes.
  case garbage(String)
  /// Ended by the host: it starts no more with what it started with before.
  case refusal(String)

  public var description: String {
    switch self {
    case .signal(let signal, let words):
      "its worker was ended by \(Self.signalName(signal))\(words.isEmpty ? "" : ": \(words)")"
    case .exit(let code, let words): "its worker left with status \(code)\(words.isEmpty ? "" : ": \(words)")"
    case .deadline(let limit): "it did not answer within \(Self.text(limit)); its worker was ended"
    case .refusal(let why): "it could not be started again: \(why)"
    case .garbage(let what): "its worker broke the protocol (\(what)) and was ended"
    }
  }

  /// The status that the engine sees.
  var status: al_status { if case .deadline = self { AL_E_TIMEOUT } else { AL_E_INTERNAL } }

  private static func text(_ nanoseconds: Int64) -> String {
    nanoseconds % 1_000_000 == 0 ? "\(nanoseconds / 1_000_000) ms" : "\(nanoseconds) ns"
  }

  private static func signalName(_ signal: Int32) -> String {
    switch signal {
    case SIGSEGV: "SIGSEGV (a wild pointer)"
    case SIGBUS: "SIGBUS"
    case SIGILL: "SIGILL (a trap)"
    case SIGTRAP: "SIGTRAP (a trap)"
    case SIGABRT: "SIGABRT"
    case SIGFPE: "SIGFPE"
    case SIGKILL: "SIGKILL"
    case SIGXCPU: "SIGXCPU (its processor time)"
    default: "signal \(signal)"
    }
  }
}

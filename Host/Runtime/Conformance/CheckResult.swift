/// How a check ended.
public enum CheckStatus: String, Sendable, CaseIterable {
  case pass, fail, warn, skip
  /// The plugin ended the process of the check: by a signal, or by leaving.
  case crashed
  /// It did not answer within the time limit.
  case hung

  public var isFailure: Bool { self == .fail || self == .crashed || self == .hung }
}

/// One check of one file or of one plugin in it.
public struct CheckResult: Sendable {
  /// `group.name`, stable.
  public var check: String
  /// The plugin's id; "" for a check of the file or library.
  public var plugin: String
  public var status: CheckStatus
  /// What was seen; may be empty for a pass.
  public var reason: String
  /// What to do about it; empty unless it failed or warns.
  public var advice: String
  public var milliseconds: Int
  public var seed: UInt64

  public var group: String { String(check.prefix { $0 != "." }) }

  /// What `--reproduce` takes to run this check again, alone.
  public var reproduction: String { "\(seed)/\(check)\(plugin.isEmpty ? "" : ":\(plugin)")" }
}

/// Why a check did not pass; thrown by its body.
struct Finding: Error {
  var status: CheckStatus
  var reason: String

  static func fail(_ reason: String) -> Finding { Finding(status: .fail, reason: reason) }
  static func warn(_ reason: String) -> Finding { Finding(status: .warn, reason: reason) }
  static func skip(_ reason: String) -> Finding { Finding(status: .skip, reason: reason) }
}

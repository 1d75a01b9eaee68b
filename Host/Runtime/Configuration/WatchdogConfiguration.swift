public import AlphaLoopYAML

/// `watchdog:` of `risk.yaml`: when `alphaloop watchdog` takes over from a host, and what it does at the broker then.
public struct WatchdogConfiguration: Sendable, Equatable {
  public enum Policy: String, CaseIterable, Sendable {
    /// Working orders of ours.
    case cancel
    /// As cancel, and positions of ours are closed at the market.
    case flatten
  }

  /// How long the trade loop may give no sign of life.
  public var staleAfter = TimeSpan(nanoseconds: 30_000_000_000)
  public var policy = Policy.cancel
  /// Orders of others on the account are cancelled too.
  public var cancelsOthers = false

  public init() {}

  private enum Key: String, CaseIterable {
    case policy
    case staleAfter = "stale_after"
    case globalCancel = "global_cancel"
  }

  static var rule: YAMLRule<WatchdogConfiguration> {
    .mapping("the watchdog", Key.self) { reader in
      var watchdog = WatchdogConfiguration()
      // The loop beats every 200 ms: less than a few beats is no silence.
      let span = YAMLRule.duration(in: TimeSpan(nanoseconds: 1_000_000_000)...TimeSpan(nanoseconds: 3_600_000_000_000))
      watchdog.staleAfter = reader.value(.staleAfter, span, default: watchdog.staleAfter)
      watchdog.policy = reader.value(.policy, .choice, default: watchdog.policy)
      watchdog.cancelsOthers = reader.value(.globalCancel, .bool, default: watchdog.cancelsOthers)
      return watchdog
    }
  }
}

public import AlphaLoopCore
public import AlphaLoopYAML
import CAlphaLoop

/// `connected:` of the manifest: what `--paper` and `--live` trade with, in the place of `broker:` and `data:`.
public struct ConnectedConfiguration: Sendable {
  public var broker: PluginInstance
  /// Empty: the sources of `data:`.
  public var data: [PluginInstance]
  /// The paper account, for when none is named on the command line.
  public var account: String?
  /// nil: by the mode.
  public var external: ExternalPolicy?
  public var settleAfter = TimeSpan(nanoseconds: 10_000_000_000)
  public var reconcileEvery = TimeSpan(nanoseconds: 60_000_000_000)
  public var retryAfter = TimeSpan(nanoseconds: 1_000_000_000)
  public var downAfter = TimeSpan(nanoseconds: 60_000_000_000)
  /// Length of the bars that live sources are asked for.
  public var bars = TimeSpan(nanoseconds: 60_000_000_000)

  func settings(_ mode: UInt32) -> ConnectedSettings {
    var settings = ConnectedSettings()
    settings.external = external ?? (mode == AL_MODE_LIVE ? .halt : .ignore)
    settings.settleAfter = settleAfter.nanoseconds
    settings.every = reconcileEvery.nanoseconds
    settings.retryAfter = retryAfter.nanoseconds
    settings.downAfter = downAfter.nanoseconds
    return settings
  }
}

/// Times of a connected session, ns.
struct ConnectedSettings: Equatable {
  var external = ExternalPolicy.halt
  /// An order that the broker does not name this long after it came up never arrived.
  var settleAfter: Int64 = 10_000_000_000
  var every: Int64 = 60_000_000_000
  var retryAfter: Int64 = 1_000_000_000
  /// A line that is down for longer is told as an alarm.
  var downAfter: Int64 = 60_000_000_000
}

extension ConnectedConfiguration {
  private enum Key: String, CaseIterable {
    case broker, data, account, external, bars
    case settleAfter = "settle_after"
    case reconcileEvery = "reconcile_every"
    case retryAfter = "retry_after"
    case downAfter = "down_after"
  }

  static var rule: YAMLRule<ConnectedConfiguration> {
    .mapping("the connected broker", Key.self) { reader in
      let broker = reader.value(.broker, InstanceReader.broker)
      let data = reader.value(.data, .list(of: InstanceReader.data), default: [])
      let account = reader.optional(.account, .text)
      let external = reader.optional(.external, YAMLRule<ExternalPolicy>.choice)
      let span = YAMLRule.duration(in: TimeSpan(nanoseconds: 1_000_000)...TimeSpan(nanoseconds: 86_400_000_000_000))
      guard let broker else { return nil }
      var all = ConnectedConfiguration(broker: broker, data: data, account: account, external: external)
      all.settleAfter = reader.value(.settleAfter, span, default: all.settleAfter)
      all.reconcileEvery = reader.value(.reconcileEvery, span, default: all.reconcileEvery)
      all.retryAfter = reader.value(.retryAfter, span, default: all.retryAfter)
      all.downAfter = reader.value(.downAfter, span, default: all.downAfter)
      all.bars = reader.value(.bars, span, default: all.bars)
      return all
    }
  }
}

extension Configuration {
  /// The configuration that a mode trades with: in paper and live the connected broker and its data.
  ///
  /// - Throws: when the manifest names none, or does not allow the mode.
  public func trading(in mode: UInt32) throws(HostError) -> Configuration {
    guard mode == AL_MODE_PAPER || mode == AL_MODE_LIVE else { return self }
    let name = mode == AL_MODE_LIVE ? "live" : "paper"
    guard let connected = manifest.connected else {
      throw HostError(
        .configuration,
        "--\(name) needs a broker: name it as `connected: {broker: {plugin: broker.ibkr}}` in alphaloop.yaml")
    }
    if mode == AL_MODE_LIVE, !manifest.isLiveAllowed {
      throw HostError(
        .configuration, "--live is not allowed here: real money is traded only with `live: allowed` in alphaloop.yaml")
    }
    return replacing(connected)
  }
}

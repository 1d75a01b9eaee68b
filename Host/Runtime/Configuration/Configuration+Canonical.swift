internal import AlphaLoopYAML

extension Configuration {
  /// The whole configuration as one line of canonical JSON (RFC 8785): the same for every way of writing it.
  public var canonicalText: String { canonical(withPlacement: true).canonicalText }

  /// FNV-1a of ``canonicalText``: tells whether two configurations are the same.
  public var hash: UInt64 { FNV1a.hash(canonical(withPlacement: true).canonicalBytes) }

  /// FNV-1a of what can change a decision: all of ``canonicalText`` but where libraries, journal and plugin folder lie, and
  /// how libraries are pinned, isolated and timed, and the watchdog. A run in worker processes has the decision hash of one in the host.
  public var decisionHash: UInt64 { FNV1a.hash(canonical(withPlacement: false).canonicalBytes) }

  private func canonical(withPlacement: Bool) -> JSONValue {
    var manifestObject: JSONObject = [
      "seed": .integer(manifest.seed), "initial_cash": manifest.initialCash.json,
      "currency": .string(manifest.currency),
      "libraries": .array(manifest.libraries.map { $0.json(withPlacement: withPlacement) }),
      "instances": .array(manifest.instances.map(\.json)),
    ]
    if withPlacement {
      manifestObject["journal"] = .string(manifest.journal)
      manifestObject["plugin_folder"] = .string(manifest.pluginFolder)
    }
    var all: JSONObject = [
      "version": 1, "manifest": .object(manifestObject), "universe": .array(instruments.map(\.json)),
      "sectors": .array(sectors.map(\.json)), "risk": risk.json, "sessions": sessions.json,
    ]
    if withPlacement { all["watchdog"] = risk.watchdog.json }
    return .object(all)
  }
}

/// Fowler-Noll-Vo hash, variant 1a, 64 bits (IETF draft-eastlake-fnv, section 2): stable across machines and releases,
/// which Swift's own hashing is not. Not a protection against forgery.
enum FNV1a {
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }
}

extension FixedDecimal {
  var json: JSONValue { JSONNumber(description).map { .number($0) } ?? .string(description) }
}

extension Optional where Wrapped == String {
  fileprivate var json: JSONValue { map { .string($0) } ?? .null }
}

extension PluginLibrary {
  fileprivate func json(withPlacement: Bool) -> JSONValue {
    var object: JSONObject = ["id": .string(id), "required": .bool(isRequired)]
    if withPlacement {
      object["path"] = .string(path)
      object["sha256"] = sha256.json
      object["isolation"] = (isolation?.rawValue).json
      object["deadlines"] = [
        "load": .integer(deadlines.load.nanoseconds), "start": .integer(deadlines.start.nanoseconds),
        "call": .integer(deadlines.call.nanoseconds), "stop": .integer(deadlines.stop.nanoseconds),
      ]
    }
    return .object(object)
  }
}

extension PluginInstance {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "id": .string(id), "kind": .string(kind.rawValue), "plugin": .string(plugin), "enabled": .bool(isEnabled),
      "symbols": .array(symbols.map { .string($0) }), "parameters": parameters.value,
      "capabilities": .array(capabilities.map { .string($0.description) }),
      "weight": JSONNumber(weight).map { .number($0) } ?? .null, "files": .array(files.map { .string($0) }),
    ]
    if let answerTimeout { object["answer_timeout"] = .integer(answerTimeout.nanoseconds) }
    return .object(object)
  }
}

extension InstrumentConfiguration {
  fileprivate var json: JSONValue {
    [
      "symbol": .string(symbol), "kind": .string(kind.rawValue), "currency": .string(currency), "tick": tick.json,
      "lot": lot.json, "multiplier": multiplier.json, "venue": .string(venue), "calendar": .string(calendar),
      "sector": sector.json, "tradable": .bool(isTradable), "underlying": (contract?.underlying).json,
      "expiry": (contract?.expiry.description).json, "strike": contract?.strike?.json ?? .null,
      "right": (contract?.right?.rawValue).json,
    ]
  }
}

extension SectorConfiguration {
  fileprivate var json: JSONValue {
    [
      "id": .string(id), "name": .string(name), "enabled": .bool(isEnabled),
      "symbols": .array(symbols.map { .string($0) }),
    ]
  }
}

extension RiskConfiguration {
  fileprivate var json: JSONValue {
    var actions = JSONObject()
    for trigger in HaltTrigger.allCases { actions[trigger.rawValue] = (halts[trigger]?.rawValue).json }
    return [
      "daily_loss": dailyLoss.json, "drawdown": drawdown.json,
      "max_positions": maxPositions.map { .integer(Int64($0)) } ?? .null, "max_position": maxPosition.json,
      "max_order": maxOrder.json, "max_order_quantity": maxOrderQuantity.json, "kelly_fraction": kellyFraction.json,
      "sector_exposure": sectorExposure.json, "gross_exposure": grossExposure.json, "net_exposure": netExposure.json,
      "price_collar": priceCollar.json, "stale_quote": staleQuote.json,
      "duplicate_order_window": duplicateOrderWindow.json, "order_rate": orderRate.json,
      "message_rate": messageRate.json, "buying_power": buyingPower.json,
      "restricted": .array(restricted.map { .string($0) }), "short_locate": .string(shortLocate.rawValue),
      "reject_burst": rejectBurst.json, "circuit_breaker": circuitBreaker.json,
      "pending_exposure": .string(pendingExposure.rawValue),
      "halts": .object(actions),
    ]
  }
}

extension WatchdogConfiguration {
  fileprivate var json: JSONValue {
    [
      "stale_after": .integer(staleAfter.nanoseconds), "policy": .string(policy.rawValue),
      "global_cancel": .bool(cancelsOthers),
    ]
  }
}

extension RiskConfiguration.Bound {
  fileprivate var json: JSONValue {
    switch self {
    case .none: .null
    case .ofEquity(let share): share.json
    case .amount(let amount): ["amount": amount.json]
    }
  }
}

extension FixedDecimal? {
  fileprivate var json: JSONValue { map(\.json) ?? .null }
}

extension TimeSpan? {
  fileprivate var json: JSONValue { map { .integer($0.nanoseconds) } ?? .null }
}

extension RiskConfiguration.CircuitBreaker? {
  fileprivate var json: JSONValue {
    map { ["symbol": .string($0.symbol), "levels": .array($0.levels.map(\.json))] } ?? .null
  }
}

extension RiskConfiguration.Rate? {
  fileprivate var json: JSONValue {
    map { ["count": .integer(Int64($0.count)), "per": .integer($0.span.nanoseconds)] } ?? .null
  }
}

extension SessionsConfiguration {
  fileprivate var json: JSONValue {
    var times = JSONObject()
    for phase in Phase.allCases { times[phase.rawValue] = (phases[phase]?.description).json }
    var limits = JSONObject()
    for deadline in Deadline.allCases { limits[deadline.rawValue] = (deadlines[deadline]?.description).json }
    return [
      "calendar": .string(calendar.id), "calendars": .array(calendars.map(\.json)), "phases": .object(times),
      "deadlines": .object(limits),
    ]
  }
}

extension SessionsConfiguration.Calendar {
  fileprivate var json: JSONValue {
    let source: JSONValue
    switch holidays {
    case .rules: source = "rules"
    case .none: source = "none"
    case .file(let path): source = ["file": .string(path)]
    }
    return [
      "id": .string(id), "time_zone": .string(timeZone), "days": .array(days.map { .string($0.rawValue) }),
      "open": .string(open.description), "close": .string(close.description),
      "early_close": (earlyClose?.description).json, "holidays": source,
    ]
  }
}

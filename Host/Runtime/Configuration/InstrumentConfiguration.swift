public import AlphaLoopYAML

/// The kinds of instrument, in the words of every surface.
public enum InstrumentKind: String, CaseIterable, Sendable {
  case equity, etf, index, fx, crypto, future, option

  var isDerivative: Bool { self == .future || self == .option }
}

/// One instrument of `universe.yaml`.
public struct InstrumentConfiguration: Sendable {
  public var symbol: String
  public var kind: InstrumentKind
  /// ISO 4217, or the quote asset of a crypto pair.
  public var currency: String
  /// The smallest price step, in units of 1e-8 of the currency.
  public var tick: FixedDecimal
  /// The smallest quantity step.
  public var lot: FixedDecimal
  /// Money per price point and unit of quantity: 1 for shares, 100 for a US equity option.
  public var multiplier: FixedDecimal
  public var venue: String
  /// The id of a calendar in `sessions.yaml`.
  public var calendar: String
  public var sector: String?
  /// Whether orders may be sent; never for an index.
  public var isTradable: Bool
  public var contract: DerivativeContract?
  public var location: SourceLocation
  var sectorLocation: SourceLocation
  var calendarLocation: SourceLocation
}

/// What makes a future or an option the one it is.
public struct DerivativeContract: Sendable {
  public enum Right: String, CaseIterable, Sendable { case call, put }

  public var underlying: String
  public var expiry: CalendarDate
  /// Options only.
  public var strike: FixedDecimal?
  public var right: Right?
}

/// Reads `universe.yaml`.
struct UniverseReader {
  private enum Key: String, CaseIterable { case defaults, instruments }
  private enum DefaultKey: String, CaseIterable {
    case kind, currency, tick, lot, multiplier, venue, calendar, tradable
  }
  private enum InstrumentKey: String, CaseIterable {
    case symbol, kind, currency, tick, lot, multiplier, venue, calendar, sector, tradable, underlying, expiry, strike,
      right
  }

  private struct Defaults {
    var kind: InstrumentKind?
    var currency: String?
    var tick: FixedDecimal?
    var lot = FixedDecimal(units: FixedDecimal.unitsPerOne)
    var multiplier = FixedDecimal(units: FixedDecimal.unitsPerOne)
    var venue: String?
    var calendar: Located<String>?
    var isTradable: Bool?
    /// Something above the instruments is wrong and reported, so what they lack may be its consequence.
    var isBroken = false
  }

  private static var positive: YAMLRule<FixedDecimal> {
    .decimal(in: FixedDecimal(units: 1)...FixedDecimal(units: .max))
  }

  static var currency: YAMLRule<String> {
    YAMLRule<String>.text.mapping { text -> YAMLRuleOutcome<String> in
      let isCode = text.utf8.allSatisfy { byte in
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
      guard isCode, (3...8).contains(text.utf8.count) else {
        return .refused("'\(text.prefix(20))' is not a currency code; write one such as USD")
      }
      return .value(text)
    }
  }

  /// A symbol: visible ASCII without spaces, commas or backslashes, up to 32 characters.
  static var symbol: YAMLRule<String> {
    YAMLRule<String>.text.mapping { text -> YAMLRuleOutcome<String> in
      let isPlain = text.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\\")
      }
      guard isPlain, text.utf8.count <= 32 else {
        return .refused("'\(text.prefix(40))' is not a symbol; use up to 32 visible ASCII characters without spaces")
      }
      return .value(text)
    }
  }

  static func read(_ node: YAMLNode, issues: IssueCollector) -> [InstrumentConfiguration]? {
    let issuesBefore = issues.issues.count
    guard let reader = MappingReader<Key>(node, what: "the universe", issues: issues) else { return nil }
    var defaults = reader.value(
      .defaults, .mapping("the defaults of the universe", DefaultKey.self) { readDefaults($0) }, default: Defaults())
    defaults.isBroken = issues.issues.count > issuesBefore
    let rule = YAMLRule<[InstrumentConfiguration]>.list(
      of: .mapping("an instrument", InstrumentKey.self) { readInstrument($0, defaults: defaults) })
    guard let instruments = reader.value(.instruments, rule) else { return nil }
    if instruments.isEmpty, let written = reader.node(.instruments), case .sequence(let items) = written.content,
      items.isEmpty
    {
      issues.report(written.location, "the universe has no instrument; list at least one")
    }
    checkUnique(instruments, issues)
    return instruments
  }

  private static func readDefaults(_ reader: MappingReader<DefaultKey>) -> Defaults {
    var defaults = Defaults()
    defaults.kind = reader.optional(.kind, .choice)
    defaults.currency = reader.optional(.currency, currency)
    defaults.tick = reader.optional(.tick, positive)
    defaults.lot = reader.value(.lot, positive, default: defaults.lot)
    defaults.multiplier = reader.value(.multiplier, positive, default: defaults.multiplier)
    defaults.venue = reader.optional(.venue, .identifier)
    defaults.calendar = reader.optional(.calendar, YAMLRule.identifier.located)
    defaults.isTradable = reader.optional(.tradable, .bool)
    return defaults
  }

  /// An instrument with a symbol is returned even where the rest is wrong, with stand-ins, so that other files that name
  /// it are not reported too; a configuration with a report is never used.
  private static func readInstrument(
    _ reader: MappingReader<InstrumentKey>, defaults: Defaults
  ) -> InstrumentConfiguration? {
    func value<Value>(_ key: InstrumentKey, _ rule: YAMLRule<Value>, _ fallback: Value?) -> Value? {
      if let fallback { return reader.value(key, rule, default: fallback) }
      return defaults.isBroken ? reader.optional(key, rule) : reader.value(key, rule)
    }
    let symbol = reader.value(.symbol, Self.symbol)
    let kind = value(.kind, .choice, defaults.kind)
    let currency = value(.currency, Self.currency, defaults.currency)
    let tick = value(.tick, positive, defaults.tick)
    let lot = reader.value(.lot, positive, default: defaults.lot)
    let multiplier = reader.value(.multiplier, positive, default: defaults.multiplier)
    let venue = value(.venue, .identifier, defaults.venue)
    let calendar = value(.calendar, YAMLRule.identifier.located, defaults.calendar)
    let sector = reader.optional(.sector, .identifier)
    let isTradable = reader.optional(.tradable, .bool)
    if kind == .index, isTradable == true {
      reader.issues.report(reader.location(of: .tradable), "an index cannot be traded; write 'tradable: false'")
    }
    let contract = kind.flatMap { readContract(reader, kind: $0) }
    guard let symbol else { return nil }
    return InstrumentConfiguration(
      symbol: symbol, kind: kind ?? .equity, currency: currency ?? "", tick: tick ?? lot, lot: lot,
      multiplier: multiplier, venue: venue ?? "", calendar: calendar?.value ?? "", sector: sector,
      isTradable: kind != .index && (isTradable ?? defaults.isTradable ?? true), contract: contract,
      location: reader.node(.symbol)?.location ?? reader.location,
      sectorLocation: reader.node(.sector)?.location ?? reader.location,
      calendarLocation: calendar?.location ?? reader.location)
  }

  private static func readContract(_ reader: MappingReader<InstrumentKey>, kind: InstrumentKind) -> DerivativeContract?
  {
    guard kind.isDerivative else {
      for key in [InstrumentKey.underlying, .expiry, .strike, .right] where reader.has(key) {
        reader.issues.report(
          reader.location(of: key), "'\(key.rawValue)' belongs to a future or an option, not to kind \(kind); remove it"
        )
      }
      return nil
    }
    let underlying = reader.value(.underlying, Self.symbol)
    let expiry = reader.value(.expiry, .date)
    var strike: FixedDecimal?
    var right: DerivativeContract.Right?
    if kind == .option {
      strike = reader.value(.strike, positive)
      right = reader.value(.right, .choice)
    } else {
      for key in [InstrumentKey.strike, .right] where reader.has(key) {
        reader.issues.report(reader.location(of: key), "a future has no '\(key.rawValue)'; remove it")
      }
    }
    guard let underlying, let expiry else { return nil }
    return DerivativeContract(underlying: underlying, expiry: expiry, strike: strike, right: right)
  }

  private static func checkUnique(_ instruments: [InstrumentConfiguration], _ issues: IssueCollector) {
    var places: [String: SourceLocation] = [:]
    for instrument in instruments {
      if let earlier = places[instrument.symbol] {
        issues.report(
          instrument.location, "'\(instrument.symbol)' is already an instrument at \(earlier); keep one of the two")
      } else {
        places[instrument.symbol] = instrument.location
      }
    }
    let symbols = instruments.map(\.symbol)
    for instrument in instruments {
      guard let underlying = instrument.contract?.underlying, places[underlying] == nil else { continue }
      let advice = NearestWord.advice(for: underlying, in: symbols, noun: "the symbols are")
      issues.report(
        instrument.location,
        "the underlying '\(underlying)' of '\(instrument.symbol)' is not in the universe; \(advice)")
    }
  }
}

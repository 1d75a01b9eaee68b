public import AlphaLoopYAML

/// `risk.yaml`: the hard limits, how working orders count, and what a breach does.
public struct RiskConfiguration: Sendable, Equatable {
  /// How orders that may still fill count towards the limits.
  public enum PendingExposure: String, CaseIterable, Sendable {
    /// Each order on its own side, none netted: what could happen.
    case worstCase = "worst_case"
    /// Positions only.
    case committed
  }

  public enum HaltAction: String, CaseIterable, Sendable {
    /// No new risk.
    case pause
    /// No new risk, and working orders are cancelled.
    case halt
    /// As halt, and positions are closed.
    case flatten
  }

  public enum HaltTrigger: String, CaseIterable, Sendable {
    case dailyLoss = "daily_loss"
    case drawdown
    case circuitBreaker = "circuit_breaker"
    case staleData = "stale_data"
    case rejectBurst = "reject_burst"
    case reconciliation
    case `operator`
  }

  public enum ShortLocate: String, CaseIterable, Sendable {
    /// A short sale needs a locate.
    case required
    case notRequired = "not_required"
    /// No short sale at all.
    case forbidden
  }

  /// At most `count` events in any `span`.
  public struct Rate: Sendable, Equatable {
    public var count: Int
    public var span: TimeSpan
  }

  /// The reference whose fall against its last close raises ``HaltTrigger/circuitBreaker``, and the levels, rising.
  public struct CircuitBreaker: Sendable, Equatable {
    public var symbol: String
    /// Those of NYSE Rule 7.12 when not written.
    public var levels: [FixedDecimal] = [.percent(7), .percent(13), .percent(20)]
  }

  /// A bound on money.
  public enum Bound: Sendable, Equatable {
    case none
    case ofEquity(FixedDecimal)
    case amount(FixedDecimal)

    static func percent(_ value: Int64) -> Bound { .ofEquity(.percent(value)) }

    /// The bound as a fraction of an equity; nil when there is none, or it is an amount.
    var share: FixedDecimal? { if case .ofEquity(let share) = self { share } else { nil } }
  }

  /// Loss of the day, marked to market, as a fraction of equity at the start of the day; nil: no limit, here and below.
  public var dailyLoss: FixedDecimal? = .percent(2)
  /// Fall of equity from its peak, as a fraction of the peak.
  public var drawdown: FixedDecimal? = .percent(10)
  public var maxPositions: Int? = 20
  /// One position's value.
  public var maxPosition = Bound.percent(5)
  /// One order's value, and its size in units.
  public var maxOrder = Bound.none
  public var maxOrderQuantity: FixedDecimal?
  /// The part of the full Kelly bet taken; 0.25 is quarter Kelly.
  public var kellyFraction = FixedDecimal.percent(25)
  public var sectorExposure = Bound.percent(30)
  public var grossExposure = Bound.percent(100)
  public var netExposure = Bound.percent(100)
  /// Distance of a limit price from the last price, as a fraction of the last price.
  public var priceCollar: FixedDecimal? = .percent(5)
  /// The age beyond which a price may not be traded on.
  public var staleQuote: TimeSpan? = TimeSpan(nanoseconds: 60_000_000_000)
  /// Two equal orders closer than this are one order sent twice.
  public var duplicateOrderWindow: TimeSpan? = TimeSpan(nanoseconds: 1_000_000_000)
  public var orderRate: Rate? = Rate(count: 10, span: TimeSpan(nanoseconds: 1_000_000_000))
  public var messageRate: Rate? = Rate(count: 40, span: TimeSpan(nanoseconds: 1_000_000_000))
  /// The part of the account's buying power that orders may use.
  public var buyingPower: FixedDecimal? = .percent(100)
  /// Symbols that may not be traded, sorted.
  public var restricted: [String] = []
  public var shortLocate = ShortLocate.required
  /// Rejects that trigger ``HaltTrigger/rejectBurst``.
  public var rejectBurst: Rate? = Rate(count: 5, span: TimeSpan(nanoseconds: 60_000_000_000))
  /// Nil: market-wide falls are not watched.
  public var circuitBreaker: CircuitBreaker?
  public var pendingExposure = PendingExposure.worstCase
  /// Every trigger has an action.
  public var halts: [HaltTrigger: HaltAction] = [
    .dailyLoss: .halt, .drawdown: .flatten, .circuitBreaker: .pause, .staleData: .pause, .rejectBurst: .halt,
    .reconciliation: .halt, .operator: .halt,
  ]

  public var watchdog = WatchdogConfiguration()

  /// The mission's limits.
  public init() {}

  /// What is said where ``circuitBreaker`` is nil.
  public static let noCircuitBreaker =
    "risk.yaml names no reference (limits: circuit_breaker: {symbol: ...}): market-wide circuit breakers are not watched"
}

extension FixedDecimal {
  static func percent(_ value: Int64) -> FixedDecimal { FixedDecimal(units: value * (unitsPerOne / 100)) }
}

/// Reads `risk.yaml`.
struct RiskReader {
  private enum Key: String, CaseIterable {
    case limits, halts, watchdog
    case pendingExposure = "pending_exposure"
  }
  private enum LimitKey: String, CaseIterable {
    case drawdown, restricted
    case dailyLoss = "daily_loss"
    case maxPositions = "max_positions"
    case maxPosition = "max_position"
    case maxOrder = "max_order"
    case maxOrderQuantity = "max_order_quantity"
    case kellyFraction = "kelly_fraction"
    case sectorExposure = "sector_exposure"
    case grossExposure = "gross_exposure"
    case netExposure = "net_exposure"
    case priceCollar = "price_collar"
    case staleQuote = "stale_quote"
    case duplicateOrderWindow = "duplicate_order_window"
    case orderRate = "order_rate"
    case messageRate = "message_rate"
    case buyingPower = "buying_power"
    case shortLocate = "short_locate"
    case rejectBurst = "reject_burst"
    case circuitBreaker = "circuit_breaker"
  }
  private enum BreakerKey: String, CaseIterable { case symbol, levels }
  private enum RateKey: String, CaseIterable { case count, per }
  private enum AmountKey: String, CaseIterable { case amount }

  /// - Returns: the limits, and every symbol that they name.
  static func read(_ node: YAMLNode, issues: IssueCollector) -> (risk: RiskConfiguration, symbols: [Located<String>]) {
    var risk = RiskConfiguration()
    var symbols: [Located<String>] = []
    guard let reader = MappingReader<Key>(node, what: "the risk file", issues: issues) else { return (risk, []) }
    if let node = reader.node(.limits) {
      if let limits = MappingReader<LimitKey>(node, what: "the limits", issues: issues) {
        symbols = readLimits(limits, into: &risk)
      }
    } else {
      _ = reader.value(.limits, .node)
    }
    risk.pendingExposure = reader.value(.pendingExposure, .choice, default: risk.pendingExposure)
    if let node = reader.node(.halts),
      let halts = MappingReader<RiskConfiguration.HaltTrigger>(node, what: "the halts", issues: issues)
    {
      for trigger in RiskConfiguration.HaltTrigger.allCases {
        if let action = halts.optional(trigger, YAMLRule<RiskConfiguration.HaltAction>.choice) {
          risk.halts[trigger] = action
        }
      }
    }
    risk.watchdog = reader.value(.watchdog, WatchdogConfiguration.rule, default: risk.watchdog)
    return (risk, symbols)
  }

  private static func readLimits(
    _ reader: MappingReader<LimitKey>, into risk: inout RiskConfiguration
  ) -> [Located<String>] {
    let whole = YAMLRule.percentage(in: .percent(0) ... .percent(100))
    // Exposure may exceed equity with margin; beyond a hundredfold it is a typing mistake.
    let levered = YAMLRule.percentage(in: .percent(0) ... .percent(10_000))
    risk.dailyLoss = reader.value(.dailyLoss, .orNone(whole), default: risk.dailyLoss)
    risk.drawdown = reader.value(.drawdown, .orNone(whole), default: risk.drawdown)
    let most = risk.maxPositions.map { Int64($0) }
    risk.maxPositions = reader.value(.maxPositions, .orNone(.integer(in: 0...100_000)), default: most).map { Int($0) }
    risk.maxPosition = reader.value(.maxPosition, bound(levered), default: risk.maxPosition)
    risk.maxOrder = reader.value(.maxOrder, bound(levered), default: risk.maxOrder)
    risk.maxOrderQuantity = reader.value(.maxOrderQuantity, .orNone(.decimal(in: amounts)), default: nil)
    risk.kellyFraction = reader.value(.kellyFraction, whole, default: risk.kellyFraction)
    risk.sectorExposure = reader.value(.sectorExposure, bound(levered), default: risk.sectorExposure)
    risk.grossExposure = reader.value(.grossExposure, bound(levered), default: risk.grossExposure)
    risk.netExposure = reader.value(.netExposure, bound(levered), default: risk.netExposure)
    risk.priceCollar = reader.value(.priceCollar, .orNone(whole), default: risk.priceCollar)
    risk.staleQuote = reader.value(.staleQuote, .orNone(.duration()), default: risk.staleQuote)
    risk.duplicateOrderWindow = reader.value(
      .duplicateOrderWindow, .orNone(.duration()), default: risk.duplicateOrderWindow)
    risk.orderRate = reader.value(.orderRate, .orNone(rate), default: risk.orderRate)
    risk.messageRate = reader.value(.messageRate, .orNone(rate), default: risk.messageRate)
    risk.rejectBurst = reader.value(.rejectBurst, .orNone(rate), default: risk.rejectBurst)
    risk.buyingPower = reader.value(.buyingPower, .orNone(whole), default: risk.buyingPower)
    risk.shortLocate = reader.value(.shortLocate, .choice, default: risk.shortLocate)
    if isAbove(risk.netExposure, risk.grossExposure), reader.has(.netExposure) {
      reader.issues.report(
        reader.location(of: .netExposure), "net_exposure is above gross_exposure, which it can never exceed; lower it")
    }
    let restricted = reader.value(.restricted, .list(of: UniverseReader.symbol.located), default: [])
    risk.restricted = Set(restricted.map(\.value)).sorted()
    let breaker = reader.value(.circuitBreaker, .orNone(breaker), default: nil)
    risk.circuitBreaker = breaker.map { RiskConfiguration.CircuitBreaker(symbol: $0.symbol.value, levels: $0.levels) }
    return restricted + (breaker.map { [$0.symbol] } ?? [])
  }

  private static var breaker: YAMLRule<(symbol: Located<String>, levels: [FixedDecimal])> {
    .mapping("a circuit breaker", BreakerKey.self) { reader in
      let share = YAMLRule.percentage(in: .percent(0) ... .percent(100))
      let symbol = reader.value(.symbol, UniverseReader.symbol.located)
      let usual = RiskConfiguration.CircuitBreaker(symbol: "").levels
      let levels = reader.value(.levels, .list(of: share), default: usual)
      let isRising =
        !levels.isEmpty && levels[0] > .percent(0) && zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
      if !isRising {
        reader.issues.report(
          reader.location(of: .levels), "the levels must rise from above 0 %, as in [7 %, 13 %, 20 %]; correct them")
      }
      return symbol.map { ($0, levels) }
    }
  }

  private static let amounts = FixedDecimal(units: 0)...FixedDecimal(units: .max)

  /// Both of one kind; a share and an amount cannot be compared before there is an equity.
  private static func isAbove(_ net: RiskConfiguration.Bound, _ gross: RiskConfiguration.Bound) -> Bool {
    switch (net, gross) {
    case (.ofEquity(let a), .ofEquity(let b)), (.amount(let a), .amount(let b)): a > b
    default: false
    }
  }

  /// A share of equity, `{amount: 550000}`, or `none`.
  private static func bound(_ share: YAMLRule<FixedDecimal>) -> YAMLRule<RiskConfiguration.Bound> {
    YAMLRule { node, issues in
      if case .mapping = node.content {
        guard let reader = MappingReader<AmountKey>(node, what: "an amount of money", issues: issues) else {
          return nil
        }
        return reader.value(.amount, .decimal(in: amounts)).map { .amount($0) }
      }
      return YAMLRule.orNone(share)(node, issues).map { $0.map { .ofEquity($0) } ?? .none }
    }
  }

  private static var rate: YAMLRule<RiskConfiguration.Rate> {
    .mapping("a rate", RateKey.self) { reader in
      let count = reader.value(.count, .integer(in: 1...1_000_000_000))
      let shortest = TimeSpan(nanoseconds: 1_000_000)
      let span = reader.value(.per, .duration(in: shortest...TimeSpan(nanoseconds: .max)))
      guard let count, let span else { return nil }
      return RiskConfiguration.Rate(count: Int(count), span: span)
    }
  }
}

/// A bound on money: none, an amount, or a share of equity in parts per million.
public enum MoneyLimit: Equatable, Sendable {
  case none
  case money(Money)
  case ofEquity(ppm: Int64)
}

/// At most `count` in any window of `window` nanoseconds.
public struct RateLimit: Equatable, Sendable {
  public var count: Int
  public var window: Int64
  public init(count: Int, window: Int64) {
    self.count = count
    self.window = window
  }
}

/// The market-wide circuit breaker: levels of the reference's fall against its close of the session before.
public struct CircuitBreaker: Equatable, Sendable {
  /// Engine index of the reference.
  public var instrument: UInt32
  /// Rising, parts per million.
  public var levelsPPM: [Int64]

  public init(instrument: UInt32, levelsPPM: [Int64]) {
    self.instrument = instrument
    self.levelsPPM = levelsPPM
  }
}

/// How working orders count as exposure. `unknown` orders always count at their worst.
public enum PendingExposure: UInt8, Equatable, Sendable {
  /// As if only the orders that make it larger fill.
  case worstCase
  /// As if every working order fills.
  case committed
}

/// The hard limits, as configured in risk.yaml. The defaults are the mission's.
public struct Limits: Equatable, Sendable {
  public var maxPosition = MoneyLimit.ofEquity(ppm: 50_000)
  public var maxPositions = 20
  public var maxOrder = MoneyLimit.none
  /// Largest order in units, nil: none.
  public var maxOrderQuantity: Quantity?
  public var maxGross = MoneyLimit.ofEquity(ppm: 1_000_000)
  public var maxNet = MoneyLimit.ofEquity(ppm: 1_000_000)
  public var maxSector = MoneyLimit.none
  /// Largest distance of a limit price from the last price, ppm; 0: none.
  public var priceCollarPPM: Int64 = 100_000
  /// Oldest price an order may be based on, ns; 0: any.
  public var staleAfter: Int64 = 0
  /// Two equal orders within this time are one too many, ns; 0: no check.
  public var duplicateWithin: Int64 = 0
  public var orderRate: RateLimit?
  public var messageRate: RateLimit?
  /// Most that positions and orders may be worth, ppm of equity; 0: no check.
  public var buyingPowerPPM: Int64 = 1_000_000
  /// Engine indices that may not be traded.
  public var restricted: Set<UInt32> = []
  public var requiresLocate = true
  public var pendingExposure = PendingExposure.worstCase

  /// Loss of a day against its starting equity, and fall from the peak, ppm; 0: never trips.
  public var dailyLossPPM: Int64 = 20_000
  public var drawdownPPM: Int64 = 100_000
  public var dailyLossAction = HaltState.halted
  public var drawdownAction = HaltState.flattening
  /// Broker rejects within the window that trip; nil: never.
  public var rejectBurst: RateLimit?
  public var rejectBurstAction = HaltState.paused
  /// What is done when a name at risk has had no price for longer than `staleAfter`.
  public var staleDataAction = HaltState.paused
  /// nil: market-wide falls are not watched.
  public var circuitBreaker: CircuitBreaker?
  public var circuitBreakerAction = HaltState.paused
  /// What is done when the broker's word and ours differ.
  public var reconciliationAction = HaltState.halted
  /// What a person's plain halt does.
  public var operatorAction = HaltState.halted

  public init() {}
}

/// The kill switch. Ordered: it only ever moves up by itself, and down by `resume` alone.
public enum HaltState: UInt8, Comparable, Sendable, BitwiseCopyable, CaseIterable {
  case armed = 0
  /// No new risk.
  case paused = 1
  /// Working orders cancelled.
  case halted = 2
  case flattening = 3
  case flat = 4

  public static func < (a: HaltState, b: HaltState) -> Bool { a.rawValue < b.rawValue }
}

/// What moved the kill switch. The raw values are journalled: never renumber.
public enum HaltTrigger: UInt16, Sendable, BitwiseCopyable, CaseIterable {
  case operatorRequest = 1
  case dailyLoss = 2
  case drawdown = 3
  case rejectBurst = 4
  case staleData = 5
  case reconciliation = 6
  case agentRequest = 7
  case journalFailure = 8
  case brokerLost = 9
  case lateFill = 10
  case flattened = 11
  case resumed = 12
  case circuitBreaker = 13
  /// The clock on the wall went back: nothing that goes by time can be trusted.
  case clock = 14
  /// What happens is not taken in as fast as it comes.
  case stalled = 15
  /// A watchdog took the host's place at the broker.
  case watchdog = 16
}

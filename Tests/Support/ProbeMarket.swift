import CAlphaLoop

/// Nanoseconds and dates for tests.
public enum Clock {
  public static let second: Int64 = 1_000_000_000
  public static let minute = 60 * second
  public static let hour = 60 * minute
  public static let day = 24 * hour

  /// 21:00 UTC of `count` weekdays, the first on or after `startDay` (days since 1970-01-01; 16436 is 2015-01-01).
  public static func weekdays(_ count: Int, startDay: Int64 = 16436) -> [Int64] {
    var out: [Int64] = []
    var date = startDay
    while out.count < count {
      // 1970-01-01 was a Thursday.
      if (date + 3) % 7 < 5 { out.append(date * day + 21 * hour) }
      date += 1
    }
    return out
  }
}

public struct ProbeBar: Sendable, Equatable {
  public var time: Int64
  public var open: Double
  public var high: Double
  public var low: Double
  public var close: Double
  public var volume: Double

  public init(time: Int64, open: Double, high: Double, low: Double, close: Double, volume: Double = 1e6) {
    self.time = time
    self.open = open
    self.high = high
    self.low = low
    self.close = close
    self.volume = volume
  }

  /// Open, high, low and close all at `close`.
  public init(time: Int64, close: Double, volume: Double = 1e6) {
    self.init(time: time, open: close, high: close, low: close, close: close, volume: volume)
  }
}

/// One instrument with its bars; `columns` says which the agent gets (the others are NULL).
public struct ProbeInstrument: Sendable {
  public var symbol: String
  public var bars: [ProbeBar]
  public var columns: UInt32
  public var sector = ""
  public var currency = "USD"
  public var asset = AL_ASSET_EQUITY
  public var flags = AL_INSTRUMENT_TRADABLE | AL_INSTRUMENT_SHORTABLE
  public var multiplier = AL_UNIT
  public var tick: Int64 = 1_000_000
  public var lot = AL_UNIT
  public var uid: UInt64?

  public static let allColumns =
    AL_COLUMN_OPEN | AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE | AL_COLUMN_VOLUME

  public init(_ symbol: String, bars: [ProbeBar], columns: UInt32 = ProbeInstrument.allColumns) {
    self.symbol = symbol
    self.bars = bars
    self.columns = columns
  }

  /// A close-only series on weekdays.
  public init(_ symbol: String, closes: [Double], startDay: Int64 = 16436) {
    let times = Clock.weekdays(closes.count, startDay: startDay)
    self.init(symbol, bars: zip(times, closes).map { ProbeBar(time: $0, close: $1) }, columns: AL_COLUMN_CLOSE)
  }
}

/// A published value; `instrument` is the universe index (ignored for macro).
public struct ProbeFact: Sendable {
  public var instrument: Int
  public var name: String
  public var period: Int64
  public var known: Int64
  public var value: Double

  public init(instrument: Int = 0, _ name: String, period: Int64, known: Int64, value: Double) {
    self.instrument = instrument
    self.name = name
    self.period = period
    self.known = known
    self.value = value
  }
}

public struct ProbePosition: Sendable {
  public var quantity: Int64 = 0
  public var averageCost: Int64 = 0
  public var last: Int64 = 0
  public var realised: Int64 = 0
  public var unrealised: Int64 = 0
  public var fees: Int64 = 0
  public init() {}
}

/// The account as of a time; amounts in 1e-8 units. Positions missing at the end are flat.
public struct ProbePortfolio: Sendable {
  public var equity: Int64
  public var cash: Int64
  public var peakEquity: Int64
  public var dayStartEquity: Int64
  public var initialCash: Int64
  public var gross: Int64 = 0
  public var net: Int64 = 0
  public var halt = AL_HALT_ARMED
  public var positions: [ProbePosition] = []

  /// Everything in cash, in whole units of money.
  public init(cash: Int64) {
    equity = cash * AL_UNIT
    self.cash = equity
    peakEquity = equity
    dayStartEquity = equity
    initialCash = equity
  }
}

/// Another agent: its record, and its rows as of a time.
public struct ProbeRecord: Sendable {
  public var instance: String
  public var id: String
  public var tier = AL_TIER_SENIOR
  public var wins: UInt32 = 0
  public var losses: UInt32 = 0
  public var weight = 1.0
  public var sumWin = 0.0
  public var sumLoss = 0.0
  public var lastReturn = Double.nan
  public var realised: Int64 = 0
  public var unrealised: Int64 = 0
  public var fees: Int64 = 0
  public var rows: [ProbeRow] = []

  public init(_ instance: String, id: String) {
    self.instance = instance
    self.id = id
  }
}

/// Everything an agent may be shown. A capability whose source is nil is NULL in the input, and is not granted.
public struct ProbeMarket: Sendable {
  public var instruments: [ProbeInstrument]
  public var macro: [ProbeFact]?
  public var fundamentals: [ProbeFact]?
  public var quotes: (@Sendable (Int64) -> [al_quote_v1])?
  public var portfolio: (@Sendable (Int64) -> ProbePortfolio)?
  public var views: (@Sendable (Int64) -> [ProbeRecord])?
  public var work: (@Sendable (Int64) -> [al_work_v1])?
  public var orderUpdates: (@Sendable (Int64) -> [al_order_update_v1])?
  public var session: (@Sendable (Int64) -> al_session_v1?)?
  /// As-of times without bars (timers, order events) and the cause of each.
  public var extraTimes: [(time: Int64, cause: UInt32)] = []
  public var grantsBars = true

  public init(_ instruments: [ProbeInstrument]) { self.instruments = instruments }

  /// `AL_IN_*` of the sources that exist.
  public var grants: UInt64 {
    var mask: UInt64 = grantsBars ? AL_IN_BARS : 0
    if macro != nil { mask |= AL_IN_MACRO }
    if fundamentals != nil { mask |= AL_IN_FUNDAMENTALS }
    if quotes != nil { mask |= AL_IN_QUOTES }
    if portfolio != nil { mask |= AL_IN_PORTFOLIO }
    if views != nil { mask |= AL_IN_VIEWS }
    if work != nil || orderUpdates != nil { mask |= AL_IN_ORDERS }
    return mask
  }

  /// Every time of a bar, ascending, once.
  public var barTimes: [Int64] { Array(Set(instruments.flatMap { $0.bars.map(\.time) })).sorted() }
}

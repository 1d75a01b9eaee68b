import TWSProtocol

/// A length of bars as the gateway names it.
public struct BarLength: Sendable, Equatable {
  public let nanoseconds: Int64
  /// "1 min".
  public let setting: String
  /// The longest stretch of one request, in seconds, that the gateway answers for such bars.
  let reach: Int64

  /// nil for a length that the gateway does not make.
  public init?(nanoseconds: Int64) {
    guard let known = BarLength.table.first(where: { $0.0 * 1_000_000_000 == nanoseconds }) else { return nil }
    self.nanoseconds = nanoseconds
    setting = known.1
    reach = known.2
  }

  public static let day = 86_400 * Int64(1_000_000_000)
  var isDaily: Bool { nanoseconds >= BarLength.day }

  private static let table: [(Int64, String, Int64)] = [
    (1, "1 secs", 1_800), (5, "5 secs", 3_600), (10, "10 secs", 14_400), (15, "15 secs", 14_400),
    (30, "30 secs", 28_800),
    (60, "1 min", 86_400), (120, "2 mins", 172_800), (180, "3 mins", 604_800), (300, "5 mins", 604_800),
    (600, "10 mins", 604_800), (900, "15 mins", 604_800), (1_200, "20 mins", 604_800), (1_800, "30 mins", 2_592_000),
    (3_600, "1 hour", 2_592_000), (7_200, "2 hours", 2_592_000), (10_800, "3 hours", 2_592_000),
    (14_400, "4 hours", 2_592_000), (28_800, "8 hours", 2_592_000), (86_400, "1 day", 31_536_000),
    (604_800, "1W", 157_680_000), (2_592_000, "1M", 157_680_000),
  ]

  /// A duration that covers so many seconds; at most the reach.
  func duration(seconds: Int64) -> String {
    let seconds = min(max(seconds, 1), reach)
    if seconds <= 86_400, !isDaily { return "\(max(seconds, nanoseconds / 1_000_000_000)) S" }
    let days = (seconds + 86_399) / 86_400
    if days <= 360 { return "\(max(days, 1)) D" }
    return "\((days + 364) / 365) Y"
  }
}

/// A bar with the moment it was known, in 1e-8 units.
public struct KnownBar: Sendable, Equatable {
  public var ts: Int64
  public var open: Int64
  public var high: Int64
  public var low: Int64
  public var close: Int64
  public var volume: Int64
}

/// Reads bars of the gateway, which are named by their start, and stamps them with the moment they are known.
public struct BarReader: Sendable {
  public var length: BarLength
  public var magnifier = 1.0
  /// When a day is over: its close, in seconds after midnight, and the zone of that.
  public var dailyClose: Int64 = 57_600
  public var dailyZone = TimeZoneTable.utc

  public init(_ length: BarLength) { self.length = length }

  /// The start of a bar, ns UTC; for days the midnight before it.
  func start(_ bar: Bar) -> Int64? {
    if bar.date.utf8.count == 8, let day = ServerTime.day(bar.date.utf8) {
      return dailyZone.utc(ofLocal: day * 86_400) * 1_000_000_000
    }
    return ServerTime.parse(bar.date, loginZone: dailyZone)
  }

  /// nil for a bar that cannot be read.
  func read(_ bar: Bar) -> KnownBar? {
    guard let start = start(bar), let open = price(bar.open), let high = price(bar.high), let low = price(bar.low),
      let close = price(bar.close), high >= low
    else { return nil }
    let ts = length.isDaily ? known(day: bar) ?? start + length.nanoseconds : start + length.nanoseconds
    let volume = bar.volume.flatMap { $0.mantissa < 0 ? nil : FixedPoint.units($0) } ?? 0
    return KnownBar(ts: ts, open: open, high: high, low: low, close: close, volume: volume)
  }

  private func known(day bar: Bar) -> Int64? {
    guard let day = ServerTime.day(bar.date.utf8.prefix(8)), length.nanoseconds == BarLength.day else { return nil }
    return dailyZone.utc(ofLocal: day * 86_400 + dailyClose) * 1_000_000_000
  }

  private func price(_ number: Double) -> Int64? { number.isFinite ? FixedPoint.units(number / magnifier) : nil }

  /// All of a stretch, by rising times, each time once; and how many could not be read. A bar that another one follows is
  /// known at the latest when that one begins.
  func read(_ bars: [Bar]) -> (bars: [KnownBar], bad: Int) {
    var rows: [(start: Int64, bar: KnownBar)] = []
    for bar in bars { if let start = start(bar), let row = read(bar) { rows.append((start, row)) } }
    rows.sort { $0.start < $1.start }
    var list: [KnownBar] = []
    for index in rows.indices {
      var row = rows[index].bar
      if index + 1 < rows.count {
        if rows[index + 1].start == rows[index].start { continue }
        if !length.isDaily { row.ts = min(row.ts, rows[index + 1].start) }
      }
      list.append(row)
    }
    return (list, bars.count - rows.count)
  }
}

/// Bars of a stream with updates: one is given out when it is final, in order and once, whatever is repeated after a gap.
public struct LiveBars: Sendable {
  let reader: BarReader
  /// The newest that was given out.
  public private(set) var last: Int64
  private var forming: (start: Int64, bar: Bar)?
  private var past: [Bar] = []

  /// A bar without a newer one after it is taken for final so long after its end.
  static let grace: Int64 = 2_000_000_000

  public init(_ reader: BarReader, after time: Int64) {
    self.reader = reader
    last = time
  }

  /// How far a new request has to reach back, so that nothing is missing since the last bar.
  public func duration(now: Int64) -> String {
    reader.length.duration(seconds: (max(now - last, 0) + 3 * reader.length.nanoseconds) / 1_000_000_000)
  }

  /// Bars that became final by this message.
  public mutating func take(_ response: Response) -> [KnownBar] {
    switch response {
    case .historicalData(let part):
      past += part.bars
      return part.end == nil ? [] : backfill()
    case .historicalDataEnd: return backfill()
    case .historicalDataUpdate(_, let bar): return update(bar)
    default: return []
    }
  }

  /// What is known of the past: all but the newest bar, which may still grow.
  private mutating func backfill() -> [KnownBar] {
    defer { past.removeAll() }
    guard let newest = past.compactMap({ bar in reader.start(bar).map { ($0, bar) } }).max(by: { $0.0 < $1.0 }) else {
      return []
    }
    let old = reader.read(past).bars.filter { $0.ts > last && $0.ts <= max(newest.0, last) }
    let isNew = forming.map { newest.0 >= $0.start } ?? true
    if isNew { forming = newest }
    return give(old)
  }

  private mutating func update(_ bar: Bar) -> [KnownBar] {
    guard let start = reader.start(bar) else { return [] }
    defer { if forming.map({ start >= $0.start }) ?? true { forming = (start, bar) } }
    guard let known = forming, start > known.start, var final = reader.read(known.bar) else { return [] }
    if !reader.length.isDaily { final.ts = min(final.ts, start) }
    return give([final])
  }

  /// The newest bar, once its end is past and nothing newer came.
  public mutating func expire(now: Int64) -> [KnownBar] {
    guard let known = forming, let final = reader.read(known.bar), now > final.ts + LiveBars.grace else { return [] }
    return give([final])
  }

  private mutating func give(_ bars: [KnownBar]) -> [KnownBar] {
    let new = bars.filter { $0.ts > last }
    if let newest = new.last { last = newest.ts }
    return new
  }
}

import AlphaLoopCore
import CAlphaLoop

/// One instrument's bars as they were read, in time order.
public struct BarSeries {
  public var ts: [Int64] = []
  public var open: [Int64] = []
  public var high: [Int64] = []
  public var low: [Int64] = []
  public var close: [Int64] = []
  public var volume: [Int64] = []
  /// `AL_COLUMN_*`.
  public var columns: UInt32 = AL_COLUMN_CLOSE

  public init() {}

  /// Appends rows of a plugin's batch that belong to `index` of its query.
  mutating func append(_ bars: al_bars_v1, _ row: Int) {
    ts.append(bars.ts[row])
    close.append(bars.close[row])
    if let p = bars.open { open.append(p[row]) }
    if let p = bars.high { high.append(p[row]) }
    if let p = bars.low { low.append(p[row]) }
    if let p = bars.volume { volume.append(p[row]) }
  }

  /// Appends consecutive rows of one instrument at once.
  mutating func append(_ bars: al_bars_v1, _ range: Range<Int>) {
    func take(_ target: inout [Int64], _ p: UnsafePointer<Int64>?) {
      if let p { target.append(contentsOf: UnsafeBufferPointer(start: p + range.lowerBound, count: range.count)) }
    }
    take(&ts, bars.ts)
    take(&close, bars.close)
    take(&open, bars.open)
    take(&high, bars.high)
    take(&low, bars.low)
    take(&volume, bars.volume)
  }
}

/// Merges series into one time-major feed: the engine then reads memory front to back.
public struct FeedBuilder {
  public static let day: Int64 = 86_400_000_000_000

  /// - Parameters:
  ///   - series: by engine index; empty ones are legal.
  ///   - needsOHLV: also keep open, high, low and volume where there are any.
  /// - Returns: nil when no series has a row.
  public static func build(_ series: [BarSeries]) -> MarketFeed? {
    let times = mergedTimes(series)
    guard !times.isEmpty else { return nil }
    let isDense = series.allSatisfy { $0.ts.count == times.count }
    let available = series.map(\.columns)
    let columns = available.reduce(0, |)
    let memory = FeedMemory(
      rows: series.reduce(0) { $0 + $1.ts.count }, batches: times.count, columns: columns, isDense: isDense)
    for (i, time) in times.enumerated() { memory.ts[i] = time }
    isDense ? memory.fillDense(series) : memory.fillSparse(series, times)
    memory.setFlags(times, series)
    return memory.feed(instruments: series.count, available: available)
  }

  private static func mergedTimes(_ series: [BarSeries]) -> [Int64] {
    guard let longest = series.max(by: { $0.ts.count < $1.ts.count }) else { return [] }
    if series.allSatisfy({ $0.ts == longest.ts }) { return longest.ts }
    var all: [Int64] = []
    all.reserveCapacity(series.reduce(0) { $0 + $1.ts.count })
    for s in series { all.append(contentsOf: s.ts) }
    all.sort()
    var unique: [Int64] = []
    for t in all where unique.last != t { unique.append(t) }
    return unique
  }
}

/// The memory of a feed while it is built; handed to the feed at the end.
private final class FeedMemory {
  let ts: UnsafeMutablePointer<Int64>
  let flags: UnsafeMutablePointer<UInt8>
  var firstRows: UnsafeMutablePointer<Int>?
  var instruments: UnsafeMutablePointer<UInt32>?
  var columns: [UInt32: UnsafeMutablePointer<Int64>] = [:]
  let rows: Int
  let batches: Int

  init(rows: Int, batches: Int, columns bits: UInt32, isDense: Bool) {
    self.rows = rows
    self.batches = batches
    ts = .allocate(capacity: batches)
    flags = .allocate(capacity: batches)
    flags.initialize(repeating: 0, count: batches)
    for bit in [AL_COLUMN_OPEN, AL_COLUMN_HIGH, AL_COLUMN_LOW, AL_COLUMN_CLOSE, AL_COLUMN_VOLUME] where bits & bit != 0
    {
      columns[bit] = .allocate(capacity: rows)
    }
    if !isDense {
      firstRows = .allocate(capacity: batches + 1)
      instruments = .allocate(capacity: rows)
    }
  }

  private func pairs(_ s: BarSeries) -> [(UnsafeMutablePointer<Int64>, [Int64])] {
    let all: [(UInt32, [Int64])] = [
      (AL_COLUMN_OPEN, s.open), (AL_COLUMN_HIGH, s.high), (AL_COLUMN_LOW, s.low), (AL_COLUMN_CLOSE, s.close),
      (AL_COLUMN_VOLUME, s.volume),
    ]
    return all.compactMap { bit, values in columns[bit].map { ($0, values) } }
  }

  func fillDense(_ series: [BarSeries]) {
    let n = series.count
    for (i, s) in series.enumerated() {
      for (target, source) in pairs(s) {
        source.withUnsafeBufferPointer { values in
          if values.isEmpty {
            for t in 0..<batches { target[t * n + i] = .min }
          } else {
            for t in 0..<batches { target[t * n + i] = values[t] }
          }
        }
      }
    }
  }

  func fillSparse(_ series: [BarSeries], _ times: [Int64]) {
    guard let firstRows, let instruments else { return }
    var next = Array(repeating: 0, count: series.count)
    let targets = series.map(pairs)
    var row = 0
    for (b, time) in times.enumerated() {
      firstRows[b] = row
      for (i, s) in series.enumerated() where next[i] < s.ts.count && s.ts[next[i]] == time {
        instruments[row] = UInt32(i)
        for (target, source) in targets[i] { target[row] = source.isEmpty ? .min : source[next[i]] }
        next[i] += 1
        row += 1
      }
    }
    firstRows[times.count] = row
  }

  /// A session is a UTC date of the bars: the first batch of a date opens it, the last closes it.
  func setFlags(_ times: [Int64], _ series: [BarSeries]) {
    for b in 0..<batches {
      let date = times[b] / FeedBuilder.day
      if b == 0 || times[b - 1] / FeedBuilder.day != date { flags[b] |= UInt8(AL_MARKET_SESSION_OPENS) }
      if b == batches - 1 || times[b + 1] / FeedBuilder.day != date { flags[b] |= UInt8(AL_MARKET_SESSION_CLOSES) }
    }
  }

  func feed(instruments n: Int, available: [UInt32]) -> MarketFeed {
    let close = columns[AL_COLUMN_CLOSE] ?? .allocate(capacity: 1)
    let body = BarColumns(
      open: columns[AL_COLUMN_OPEN].map { UnsafePointer($0) }, high: columns[AL_COLUMN_HIGH].map { UnsafePointer($0) },
      low: columns[AL_COLUMN_LOW].map { UnsafePointer($0) }, close: UnsafePointer(close),
      volume: columns[AL_COLUMN_VOLUME].map { UnsafePointer($0) }, instruments: instruments.map { UnsafePointer($0) })
    return MarketFeed(
      instruments: n, batches: batches, rows: rows, ts: UnsafePointer(ts),
      firstRows: firstRows.map { UnsafePointer($0) },
      flags: UnsafePointer(flags), columns: body, available: available, digest: digest(),
      release: { [self] in free() })
  }

  /// FNV-1a over the words of all columns.
  private func digest() -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ p: UnsafeMutablePointer<Int64>, _ n: Int) {
      var h = hash
      for i in 0..<n { h = (h ^ UInt64(bitPattern: p[i])) &* 0x0000_0100_0000_01b3 }
      hash = h
    }
    mix(ts, batches)
    for bit in columns.keys.sorted() { if let p = columns[bit] { mix(p, rows) } }
    return String(hash, radix: 16)
  }

  private func free() {
    ts.deallocate()
    flags.deallocate()
    firstRows?.deallocate()
    instruments?.deallocate()
    for p in columns.values { p.deallocate() }
  }
}

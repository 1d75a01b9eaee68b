import AlphaLoopArrow
import Glibc

/// An immutable file of bars, as the catalogue knows it.
public struct Segment: Equatable, Sendable {
  public let key: SeriesKey
  /// Below the store's directory.
  public let path: String
  /// Times of the first and last bar, nanoseconds UTC.
  public let first: Int64
  public let last: Int64
  public let rowCount: Int
  public let columns: BarRowColumns
  public let crc32c: UInt32
  /// Counts up with every file that replaces older ones of its series; the higher one is newer.
  public let revision: Int64
  /// Which corrections the prices carry; "raw" for none.
  public let adjustment: String
  /// When the file was written, microseconds UTC.
  public let fetchedAt: Int64
}

/// The form of a segment on disk.
enum SegmentFile {
  /// Writes rows that have been checked; the file is durable on return.
  static func write(
    _ rows: BarRows, key: SeriesKey, revision: Int64, adjustment: String, fetchedAt: Int64, root: String
  ) throws -> Segment {
    guard let first = rows.timestamps.first, let last = rows.timestamps.last else {
      throw StoreError.rows(key: key, problem: "a segment needs at least one row")
    }
    let name = revision == 0 ? "" : ".\(revision)"
    let path = "\(key.directory)/\(instant(first))-\(instant(last))\(name).arrow"
    let microseconds = rows.timestamps.map { $0 / 1_000 }
    let doubles = rows.present.map { (BarRowColumns.named[$0].name, rows.values[$0].map(FixedPoint.double)) }
    let receipt = try microseconds.withUnsafeBufferPointer { times in
      try withPointers(doubles[...]) { columns in
        try ArrowFileWriter.write(
          path: "\(root)/\(path)", columns: [ArrowColumn(name: "ts", int64: times)] + columns,
          metadata: [
            ArrowMetadata("source", key.source), ArrowMetadata("symbol", key.symbol),
            ArrowMetadata("timeframe", key.timeframe), ArrowMetadata("interval_ns", String(key.interval)),
            ArrowMetadata("adjustment", adjustment), ArrowMetadata("price_unit", "1"),
            ArrowMetadata("time_unit", "microseconds UTC"), ArrowMetadata("revision", String(revision)),
          ])
      }
    }
    return Segment(
      key: key, path: path, first: first, last: last, rowCount: rows.count, columns: rows.columns,
      crc32c: receipt.crc32c, revision: revision, adjustment: adjustment, fetchedAt: fetchedAt)
  }

  /// Lends all columns at once.
  private static func withPointers<Value>(
    _ columns: ArraySlice<(String, [Double])>, _ lent: [ArrowColumn] = [], _ body: ([ArrowColumn]) throws -> Value
  ) throws -> Value {
    guard let (name, values) = columns.first else { return try body(lent) }
    return try values.withUnsafeBufferPointer { pointer in
      try withPointers(columns.dropFirst(), lent + [ArrowColumn(name: name, float64: pointer)], body)
    }
  }

  /// The rows of a catalogued segment with `from <= ts < to`, after its checksum and its description have been checked.
  static func read(_ segment: Segment, root: String, from: Int64, to: Int64) throws -> BarRows {
    let file = try ArrowFile(path: "\(root)/\(segment.path)", expectedCRC32C: segment.crc32c)
    return try withExtendedLifetime(file) {
      let times = try file.int64("ts")
      guard file.rowCount == segment.rowCount, let first = times.first, let last = times.last,
        nanoseconds(first) == segment.first, nanoseconds(last) == segment.last
      else { throw StoreError.segment(path: file.path, problem: "the file is not the one the catalogue describes") }
      let lower = partition(times) { $0 >= from }
      let upper = to == .max ? times.count : max(lower, partition(times) { $0 >= to })
      let timestamps = try rising(times[lower..<upper], file.path)
      var values = [[Int64]](repeating: [], count: 5)
      for (index, named) in BarRowColumns.named.enumerated() where segment.columns.contains(named.column) {
        let doubles = try file.float64(named.name)[lower..<upper]
        values[index] = try fixed(doubles, named.name, file.path)
      }
      return BarRows(columns: segment.columns, timestamps: timestamps, values: values)
    }
  }

  /// Describes a file that no catalogue knows, from its own contents.
  static func describe(_ path: String, root: String, fetchedAt: Int64) throws -> Segment {
    let file = try ArrowFile(path: "\(root)/\(path)")
    func entry(_ name: String) throws -> String {
      guard let value = file.metadata(name) else {
        throw StoreError.segment(path: file.path, problem: "the metadata lacks \(name)")
      }
      return value
    }
    guard let interval = Int64(try entry("interval_ns")), let revision = Int64(try entry("revision")) else {
      throw StoreError.segment(path: file.path, problem: "interval_ns or revision is no number")
    }
    let key = SeriesKey(source: try entry("source"), symbol: try entry("symbol"), interval: interval)
    guard path.hasPrefix(key.directory + "/") else {
      throw StoreError.segment(path: file.path, problem: "the file belongs into \(key.directory)")
    }
    let times = try file.int64("ts")
    _ = try rising(times[...], file.path)
    guard let first = times.first, let last = times.last, let start = nanoseconds(first), let end = nanoseconds(last)
    else { throw StoreError.segment(path: file.path, problem: "the file has no rows") }
    var columns: BarRowColumns = []
    for named in BarRowColumns.named where file.columns.contains(where: { $0.name == named.name }) {
      _ = try file.float64(named.name)
      columns.insert(named.column)
    }
    return Segment(
      key: key, path: path, first: start, last: end, rowCount: file.rowCount, columns: columns,
      crc32c: file.crc32c(), revision: revision, adjustment: try entry("adjustment"), fetchedAt: fetchedAt)
  }

  private static func nanoseconds(_ microseconds: Int64) -> Int64? {
    let (value, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
    return overflow ? nil : value
  }

  /// The first place whose time satisfies `isBeyond`; times rise.
  private static func partition(_ times: UnsafeBufferPointer<Int64>, _ isBeyond: (Int64) -> Bool) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(nanoseconds(times[middle]) ?? .max) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private static func rising(_ times: Slice<UnsafeBufferPointer<Int64>>, _ path: String) throws -> [Int64] {
    let times = UnsafeBufferPointer(rebasing: times)
    return try [Int64](unsafeUninitializedCapacity: times.count) { values, count in
      var previous = Int64.min
      for index in times.indices {
        guard let value = nanoseconds(times[index]), value > previous else {
          throw StoreError.segment(path: path, problem: "its times do not rise")
        }
        previous = value
        values.initializeElement(at: index, to: value)
      }
      count = times.count
    }
  }

  private static func fixed(
    _ doubles: Slice<UnsafeBufferPointer<Double>>, _ name: String, _ path: String
  ) throws -> [Int64] {
    let doubles = UnsafeBufferPointer(rebasing: doubles)
    return try [Int64](unsafeUninitializedCapacity: doubles.count) { values, count in
      for index in doubles.indices {
        guard let value = FixedPoint.parse(doubles[index]) else {
          throw StoreError.segment(
            path: path, problem: "the column \(name) holds \(doubles[index]), which is no price or volume")
        }
        values.initializeElement(at: index, to: value)
      }
      count = doubles.count
    }
  }

  /// A time for a file name: "20161230T210000Z", with microseconds where they are not zero.
  private static func instant(_ nanoseconds: Int64) -> String {
    let microseconds = nanoseconds / 1_000
    let seconds = (microseconds - (((microseconds % 1_000_000) + 1_000_000) % 1_000_000)) / 1_000_000
    let fraction = microseconds - seconds * 1_000_000
    var clock = time_t(seconds)
    var date = tm()
    gmtime_r(&clock, &date)
    func pad(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let day = pad(Int64(date.tm_year) + 1900, 4) + pad(Int64(date.tm_mon) + 1, 2) + pad(Int64(date.tm_mday), 2)
    let time = pad(Int64(date.tm_hour), 2) + pad(Int64(date.tm_min), 2) + pad(Int64(date.tm_sec), 2)
    let part = fraction == 0 ? "" : "." + pad(fraction, 6)
    return day + "T" + time + part + "Z"
  }
}

/// The columns that rows of bars may have. The values are those of `AL_COLUMN_*` in the C ABI.
public struct BarRowColumns: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let open = BarRowColumns(rawValue: 1)
  public static let high = BarRowColumns(rawValue: 2)
  public static let low = BarRowColumns(rawValue: 4)
  public static let close = BarRowColumns(rawValue: 8)
  public static let volume = BarRowColumns(rawValue: 16)
  public static let all: BarRowColumns = [.open, .high, .low, .close, .volume]

  /// Each column with the name it has in segments and tables.
  static let named: [(name: String, column: BarRowColumns)] = [
    ("open", .open), ("high", .high), ("low", .low), ("close", .close), ("volume", .volume),
  ]

  var names: String {
    BarRowColumns.named.filter { contains($0.column) }.map(\.name).joined(separator: ", ")
  }
}

/// Bars of one series as columns, oldest first, times strictly rising.
public struct BarRows: Equatable, Sendable {
  /// Nanoseconds UTC, whole microseconds.
  public var timestamps: [Int64]
  public let columns: BarRowColumns
  /// The columns in the order open, high, low, close, volume, in units of 1e-8; those absent are empty.
  var values: [[Int64]]

  /// - Parameter columns: which of the five are given; the others stay empty.
  public init(
    timestamps: [Int64] = [], columns: BarRowColumns, open: [Int64] = [], high: [Int64] = [], low: [Int64] = [],
    close: [Int64] = [], volume: [Int64] = []
  ) {
    self.timestamps = timestamps
    self.columns = columns
    values = [open, high, low, close, volume]
  }

  init(columns: BarRowColumns, timestamps: [Int64], values: [[Int64]]) {
    self.timestamps = timestamps
    self.columns = columns
    self.values = values
  }

  public var count: Int { timestamps.count }
  public var open: [Int64] { values[0] }
  public var high: [Int64] { values[1] }
  public var low: [Int64] { values[2] }
  public var close: [Int64] { values[3] }
  public var volume: [Int64] { values[4] }

  /// The places of the columns that are present, in `values` and in `BarRowColumns.named`.
  var present: [Int] { (0..<5).filter { columns.contains(BarRowColumns.named[$0].column) } }

  /// What makes these rows unfit to be stored, or nil.
  var problem: String? {
    for index in 0..<5 {
      let name = BarRowColumns.named[index].name
      let expected = columns.contains(BarRowColumns.named[index].column) ? count : 0
      if values[index].count != expected { return "\(values[index].count) values of \(name), expected \(expected)" }
    }
    if columns.isEmpty { return "no columns" }
    for index in timestamps.indices {
      if timestamps[index] % 1_000 != 0 { return "time \(timestamps[index]) ns is not a whole microsecond" }
      if index > 0, timestamps[index] <= timestamps[index - 1] {
        return "times must rise, but \(timestamps[index]) follows \(timestamps[index - 1])"
      }
    }
    for index in present where index < 4 {
      for value in values[index] where FixedPoint.parse(FixedPoint.double(value)) != value {
        return "the price \(value)e-8 has more digits than a segment's float64 keeps"
      }
    }
    return nil
  }

  /// These rows with those of `newer` put in; where both have a time, the newer row wins. Both have the same columns.
  func merged(with newer: BarRows) -> BarRows {
    guard let last = timestamps.last, let first = newer.timestamps.first else { return count == 0 ? newer : self }
    var merged = self
    if last < first {
      merged.timestamps += newer.timestamps
      for column in present { merged.values[column] += newer.values[column] }
      return merged
    }
    merged = BarRows(columns: columns, timestamps: [], values: Array(repeating: [], count: 5))
    var (old, new) = (0, 0)
    while old < count || new < newer.count {
      if new == newer.count || (old < count && timestamps[old] < newer.timestamps[new]) {
        merged.append(row: old, of: self)
        old += 1
      } else {
        if old < count, timestamps[old] == newer.timestamps[new] { old += 1 }
        merged.append(row: new, of: newer)
        new += 1
      }
    }
    return merged
  }

  private mutating func append(row: Int, of other: BarRows) {
    timestamps.append(other.timestamps[row])
    for column in present { values[column].append(other.values[column][row]) }
  }
}

/// The way between units of 1e-8 and the float64 of a segment.
enum FixedPoint {
  /// The double nearest to the decimal number, for whole numbers of any size and for others below 2^53 units.
  static func double(_ value: Int64) -> Double {
    let (whole, rest) = value.quotientAndRemainder(dividingBy: 100_000_000)
    return rest == 0 ? Double(whole) : Double(value) / 1e8
  }

  /// Half to even; nil when it is no number or does not fit.
  @inline(__always)
  static func parse(_ value: Double) -> Int64? {
    let scaled = value * 1e8
    // From 2^52 to 2^53 the doubles are the whole numbers; adding 1.5 * 2^52 therefore rounds half to even and leaves
    // the integer in the low bits, without a call into the mathematics library for each price.
    let shift = 0x1.8p52
    if abs(scaled) < 0x1p51 {
      return Int64(bitPattern: (scaled + shift).bitPattern) &- Int64(bitPattern: shift.bitPattern)
    }
    // Large numbers are mostly volumes, and whole: their product with 1e8 needs more bits than a double has.
    let whole = value.rounded(.towardZero)
    guard let units = Int64(exactly: whole) else { return nil }
    let (product, isTooLarge) = units.multipliedReportingOverflow(by: 100_000_000)
    let rest = Int64(((value - whole) * 1e8).rounded(.toNearestOrEven))
    let (sum, overflows) = product.addingReportingOverflow(rest)
    return isTooLarge || overflows ? nil : sum
  }
}

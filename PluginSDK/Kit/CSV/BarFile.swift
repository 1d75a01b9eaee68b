import AlphaLoopFiles

/// The bars of one symbol as columns, oldest first, times strictly rising.
public struct BarSeries: Equatable, Sendable {
  public let symbol: String
  /// Nanoseconds UTC of the moment each bar is known.
  public internal(set) var timestamps: [Int64] = []
  /// Prices in units of 1e-8. A column that the file does not have is empty, and `BarFile.columns` lacks it.
  public internal(set) var open: [Int64] = []
  public internal(set) var high: [Int64] = []
  public internal(set) var low: [Int64] = []
  public internal(set) var close: [Int64] = []
  /// Volume in units of 1e-8.
  public internal(set) var volume: [Int64] = []

  public var count: Int { timestamps.count }
}

/// The columns a file of bars may have beside its times and closes.
public struct BarColumns: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let open = BarColumns(rawValue: 1)
  public static let high = BarColumns(rawValue: 2)
  public static let low = BarColumns(rawValue: 4)
  public static let volume = BarColumns(rawValue: 8)
}

/// How a file of bars is read.
public struct BarFileOptions: Equatable, Sendable {
  public enum Layout: String, Equatable, Sendable, CaseIterable {
    /// Wide when the header has a time and no close, else long.
    case automatic
    /// A row a bar.
    case long
    /// A row a time and a column a symbol, holding closes; an empty field means no bar.
    case wide
  }

  public var csv: CSVOptions
  public var layout: Layout
  /// The file's own names of columns, by role (`time`, `symbol`, `open`, `high`, `low`, `close`, `volume`). An empty name
  /// leaves the column out. Roles not listed are found by their usual names.
  public var columns: [String: String]
  /// The symbol of a file without a symbol column; without it, the file's name up to its first point.
  public var symbol: String?

  public init(
    csv: CSVOptions = CSVOptions(), layout: Layout = .automatic, columns: [String: String] = [:],
    symbol: String? = nil
  ) {
    self.csv = csv
    self.layout = layout
    self.columns = columns
    self.symbol = symbol
  }
}

/// Bars read from a delimited text file, one or many symbols.
///
/// ```swift
/// let file = try BarFile.read(path: "prices.csv")
/// for series in file.series { print(series.symbol, series.count) }
/// ```
public struct BarFile: Equatable, Sendable {
  public let path: String
  public let layout: BarFileOptions.Layout
  public let columns: BarColumns
  /// Sorted by the bytes of the symbol.
  public let series: [BarSeries]
  public let badRows: BadRows

  public var barCount: Int { series.reduce(0) { $0 + $1.count } }

  /// - Throws: `FileError` or `CSVError`.
  public static func read(path: String, options: BarFileOptions = BarFileOptions()) throws -> BarFile {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) { try BarFile(file.bytes, path: path, options: options) }
  }

  /// Reads bytes that are already in memory; `path` is named in errors and may give the symbol.
  public init(
    _ bytes: UnsafeRawBufferPointer, path: String, options: BarFileOptions = BarFileOptions()
  ) throws(CSVError) {
    let records = try CSVRecords(bytes: bytes, path: path, options: options.csv)
    let header = try BarHeader(records, options)
    var reader = BarReader(records: records, header: header)
    switch header.layout {
    case .wide: reader.readWide()
    case .long, .automatic: reader.readLong(symbol: options.symbol ?? BarFile.stem(of: path))
    }
    self.path = path
    layout = header.layout
    columns = header.columns
    series = reader.series.sorted { $0.symbol.utf8.lexicographicallyPrecedes($1.symbol.utf8) }
    badRows = try reader.records.acceptedBadRows()
  }

  private static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    return String(name.prefix { $0 != "." })
  }
}

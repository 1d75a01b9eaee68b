import AlphaLoopFiles

/// A column that a table is expected to have.
public struct CSVColumn: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case text
    /// Correctly rounded doubles; an empty field, where allowed, is NaN.
    case number
    /// Nanoseconds UTC; an empty field, where allowed, is `CSVTable.noTime`.
    case timestamp
  }

  public var name: String
  /// Other names the header may use; case never counts.
  public var aliases: [String]
  public var kind: Kind
  public var isRequired: Bool
  public var allowsEmpty: Bool

  public init(
    _ name: String, _ kind: Kind, aliases: [String] = [], isRequired: Bool = true, allowsEmpty: Bool = false
  ) {
    self.name = name
    self.aliases = aliases
    self.kind = kind
    self.isRequired = isRequired
    self.allowsEmpty = allowsEmpty
  }
}

/// A file read into typed columns: fundamentals, macro series, news, quotes, whatever has named columns.
///
/// ```swift
/// let macro = try CSVTable.read(path: "macro.csv", columns: [
///   CSVColumn("series", .text), CSVColumn("date", .timestamp), CSVColumn("value", .number),
/// ])
/// let values = macro.numbers("value")
/// ```
public struct CSVTable: Sendable {
  /// What an empty timestamp reads as.
  public static let noTime = Int64.min

  enum Values {
    case text([String])
    case number([Double])
    case timestamp([Int64])
  }

  public let path: String
  /// The line of the file each row stands on.
  public private(set) var lines: [Int] = []
  /// Columns of the file that nobody asked for, in file order.
  public let ignoredColumns: [String]
  public private(set) var badRows = BadRows()
  private var values: [(name: String, values: Values)] = []
  private let places: [(name: String, place: Int)]

  public var rowCount: Int { lines.count }

  /// - Throws: `FileError` or `CSVError`.
  public static func read(path: String, columns: [CSVColumn], options: CSVOptions = CSVOptions()) throws -> CSVTable {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) { try CSVTable(file.bytes, path: path, columns: columns, options: options) }
  }

  /// Reads bytes that are already in memory; `path` is only named in errors.
  public init(
    _ bytes: UnsafeRawBufferPointer, path: String, columns: [CSVColumn], options: CSVOptions = CSVOptions()
  ) throws(CSVError) {
    var records = try CSVRecords(bytes: bytes, path: path, options: options)
    var places: [(column: CSVColumn, place: Int)] = []
    for column in columns {
      if let place = try records.index(ofAny: [column.name] + column.aliases) {
        places.append((column, place))
      } else if column.isRequired {
        throw .header(path: path, problem: "no column \(column.name); the header has \(records.headerList)")
      }
    }
    self.path = path
    self.places = places.map { ($0.column.name, $0.place) }
    ignoredColumns = records.header.enumerated().compactMap { index, name in
      places.contains { $0.place == index } ? nil : name
    }
    var builders = places.map { ColumnBuilder(column: $0.column, place: $0.place) }
    var times = TimestampReader(options.time)
    rows: while records.next() {
      for index in builders.indices {
        if let reason = builders[index].read(records, &times) {
          records.reject(builders[index].place, reason)
          for other in builders.indices { builders[other].truncate(to: lines.count) }
          continue rows
        }
      }
      lines.append(records.scanner.line)
    }
    values = builders.map { ($0.column.name, $0.values) }
    badRows = try records.acceptedBadRows()
  }

  /// Whether the file has the column; only optional columns may be absent.
  public func has(_ name: String) -> Bool { values.contains { $0.name == name } }

  /// Where the file has the column, from 1; 0 when it is absent.
  public func position(of name: String) -> Int { places.first { $0.name == name }.map { $0.place + 1 } ?? 0 }

  /// The texts of a column, or nil when it is absent or of another kind.
  public func texts(_ name: String) -> [String]? {
    if case .text(let values)? = values.first(where: { $0.name == name })?.values { values } else { nil }
  }

  public func numbers(_ name: String) -> [Double]? {
    if case .number(let values)? = values.first(where: { $0.name == name })?.values { values } else { nil }
  }

  /// Nanoseconds UTC.
  public func timestamps(_ name: String) -> [Int64]? {
    if case .timestamp(let values)? = values.first(where: { $0.name == name })?.values { values } else { nil }
  }
}

/// Collects one column of a table.
private struct ColumnBuilder {
  let column: CSVColumn
  let place: Int
  private var texts: [String] = []
  private var numbers: [Double] = []
  private var timestamps: [Int64] = []

  init(column: CSVColumn, place: Int) {
    self.column = column
    self.place = place
  }

  var values: CSVTable.Values {
    switch column.kind {
    case .text: .text(texts)
    case .number: .number(numbers)
    case .timestamp: .timestamp(timestamps)
    }
  }

  /// Reads the current record's field; the reason when it is at fault.
  mutating func read(_ records: CSVRecords, _ times: inout TimestampReader) -> BadRow.Reason? {
    let field = records.field(place)
    if field.isEmpty && !column.allowsEmpty { return .missing }
    switch column.kind {
    case .text: texts.append(records.text(place))
    case .number:
      if field.isEmpty {
        numbers.append(.nan)
      } else {
        guard let number = DecimalNumber(field) else { return CSVRecords.numberFault(field) }
        let value = number.double(field)
        guard value.isFinite else { return .notFinite }
        numbers.append(value)
      }
    case .timestamp:
      if field.isEmpty {
        timestamps.append(CSVTable.noTime)
      } else {
        guard let time = times.read(field) else { return .notATime }
        timestamps.append(time)
      }
    }
    return nil
  }

  mutating func truncate(to count: Int) {
    if texts.count > count { texts.removeLast() }
    if numbers.count > count { numbers.removeLast() }
    if timestamps.count > count { timestamps.removeLast() }
  }
}

import AlphaLoopCSV
import AlphaLoopFiles

/// One CSV file of the folder, with the rows that were refused so far.
struct EvaluationTable {
  let path: String
  private let table: CSVTable
  /// The same rows with a date read as 00:00 UTC: for the columns that name a day rather than a moment.
  private let dates: CSVTable?
  private let faults: EvaluationFaults

  /// - Parameters:
  ///   - columns: in the order in which they are checked.
  ///   - dates: those among them that name a day.
  /// - Throws: when there is no such table in the file at all; bad rows go to `faults`.
  init(
    path: String, columns: [CSVColumn], dates: [String] = [], faults: EvaluationFaults
  ) throws(HostError) {
    self.path = path
    self.faults = faults
    var options = CSVOptions(onBadRow: .skip, maximumReported: EvaluationFaults.shown)
    do {
      table = try CSVTable.read(path: path, columns: columns, options: options)
      options.time = TimestampFormat(dateSecondOfDay: 0, dateZone: .utc)
      self.dates = dates.isEmpty ? nil : try CSVTable.read(path: path, columns: columns, options: options)
    } catch {
      throw HostError(.data, "\(error)")
    }
    faults.add(table.badRows, path: path)
  }

  var rowCount: Int { table.rowCount }
  func has(_ name: String) -> Bool { table.has(name) }

  /// Texts; empty ones where the file lacks the column.
  func texts(_ name: String) -> [String] { table.texts(name) ?? Array(repeating: "", count: rowCount) }

  /// Numbers; NaN where a field is empty or the file lacks the column.
  func numbers(_ name: String) -> [Double] { table.numbers(name) ?? Array(repeating: .nan, count: rowCount) }

  /// Moments; a date alone is 16:00 in New York. `CSVTable.noTime` where a field is empty or the file lacks the column.
  func moments(_ name: String) -> [Int64] {
    table.timestamps(name) ?? Array(repeating: CSVTable.noTime, count: rowCount)
  }

  /// Days; a date alone is 00:00 UTC.
  func days(_ name: String) -> [Int64] {
    (dates ?? table).timestamps(name) ?? Array(repeating: CSVTable.noTime, count: rowCount)
  }

  /// Refuses a row.
  func refuse(_ row: Int, _ column: String, _ problem: String) {
    let position = table.position(of: column)
    let name = position > 0 ? "(\(column)): " : ""
    faults.add(
      EvaluationFaults.Fault(path: path, line: table.lines[row], column: position, problem: name + problem))
  }
}

extension CSVColumn {
  static let symbol = CSVColumn("symbol", .text, aliases: ["ticker"], isRequired: false, allowsEmpty: true)
  static let moment = CSVColumn("timestamp", .timestamp, aliases: ["datetime", "date", "time", "ts"])
  static let known = CSVColumn("known", .timestamp)

  static func optionalNumber(_ name: String, aliases: [String] = []) -> CSVColumn {
    CSVColumn(name, .number, aliases: aliases, isRequired: false, allowsEmpty: true)
  }

  static func optionalText(_ name: String, aliases: [String] = []) -> CSVColumn {
    CSVColumn(name, .text, aliases: aliases, isRequired: false, allowsEmpty: true)
  }
}

/// Why the store refused, beside the failures of files, segments and the database.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(path: String)
  case schema(path: String, found: Int64, expected: Int64)
  case rows(key: SeriesKey, problem: String)
  case columns(key: SeriesKey, stored: String, given: String)
  /// A segment is not what the catalogue says.
  case segment(path: String, problem: String)

  public var description: String {
    switch self {
    case .missing(let path): "\(path): there is no store here; open it for writing once to create it"
    case .schema(let path, let found, let expected):
      "\(path): schema version \(found), this program knows \(expected); use the program that wrote it, or migrate it"
    case .rows(let key, let problem): "\(key): rows cannot be stored: \(problem)"
    case .columns(let key, let stored, let given):
      "\(key): the series has the columns \(stored), the rows have \(given); store them under another source"
    case .segment(let path, let problem): "\(path): \(problem); fetch the data again, or rebuild the catalogue"
    }
  }
}

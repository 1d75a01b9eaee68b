/// A record that was not loaded, and why.
public struct BadRow: Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case notANumber, notFinite, missing, tooLarge
    case notATime
    case nonPositivePrice, negativeVolume
    case highBelowLow, outsideRange
    case duplicateTimestamp, outOfOrder
    case columnCount(expected: Int, found: Int)
    case unterminatedQuote, textAfterQuote
  }

  /// The line of the file, from 1, on which the record starts.
  public let line: Int
  /// The column, from 1; 0 when the whole record is meant.
  public let column: Int
  /// The column's name in the header.
  public let name: String
  /// The text that was found there.
  public let text: String
  public let reason: Reason

  public var description: String {
    column > 0 ? "line \(line), column \(column) \(problem)" : "line \(line): \(problem)"
  }

  /// What is wrong, without the place.
  public var problem: String { column > 0 ? "(\(name)): \"\(text)\": \(explanation)" : explanation }

  private var explanation: String {
    switch reason {
    case .notANumber: "is not a number"
    case .notFinite: "is not a finite number"
    case .missing: "holds no value"
    case .tooLarge: "is larger than a fixed-point number of 8 decimals can hold (about 92 billion)"
    case .notATime: "is not a time in the expected notation"
    case .nonPositivePrice: "a price must be above zero"
    case .negativeVolume: "a volume must not be negative"
    case .highBelowLow: "the high is below the low"
    case .outsideRange: "lies outside the bar's low and high"
    case .duplicateTimestamp: "the same time stands on an earlier row of this symbol"
    case .outOfOrder: "is earlier than the row before it of this symbol; sort the file by time"
    case .columnCount(let expected, let found):
      "\(found) \(found == 1 ? "field" : "fields") where the header has \(expected)"
    case .unterminatedQuote: "a quoted field is never closed"
    case .textAfterQuote: "text follows a closing quote; double the quotes inside a quoted field"
    }
  }
}

/// The rows of a file that cannot be loaded.
public struct BadRows: Equatable, Sendable {
  public internal(set) var count = 0
  /// The first of them, as many as the options ask for.
  public internal(set) var first: [BadRow] = []

  /// One row a line, and how many more there are.
  public var list: String {
    let more = count > first.count ? ["and \(count - first.count) more"] : []
    return (first.map(\.description) + more).joined(separator: "\n  ")
  }
}

/// Why a file could not be loaded.
public enum CSVError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty(path: String)
  /// The header does not fit; the text says how.
  case header(path: String, problem: String)
  case badRows(path: String, rows: BadRows)

  public var description: String {
    switch self {
    case .empty(let path): "\(path): the file has no header line"
    case .header(let path, let problem): "\(path):1: \(problem)"
    case .badRows(let path, let rows):
      "\(path): \(rows.count == 1 ? "one bad row" : "\(rows.count) bad rows"); the rest loads if bad rows may be skipped"
        + "\n  \(rows.list)"
    }
  }
}

/// What is common to every kind of file.
public struct CSVOptions: Equatable, Sendable {
  public enum BadRowPolicy: String, Equatable, Sendable, CaseIterable {
    /// A file with bad rows is refused with an error that names them.
    case fail
    /// Bad rows are left out, counted and reported.
    case skip
  }

  public var delimiter: UInt8
  public var time: TimestampFormat
  public var onBadRow: BadRowPolicy
  /// How many bad rows are kept for the report.
  public var maximumReported: Int

  public init(
    delimiter: UInt8 = UInt8(ascii: ","), time: TimestampFormat = TimestampFormat(), onBadRow: BadRowPolicy = .fail,
    maximumReported: Int = 20
  ) {
    self.delimiter = delimiter
    self.time = time
    self.onBadRow = onBadRow
    self.maximumReported = maximumReported
  }
}

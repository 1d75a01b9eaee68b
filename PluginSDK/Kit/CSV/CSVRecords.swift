import AlphaLoopFiles

/// The records of a file under its header, with the bookkeeping of bad rows.
struct CSVRecords {
  let path: String
  let header: [String]
  let options: CSVOptions
  private var badRows = BadRows()
  private(set) var scanner: CSVScanner

  /// - Parameter path: named in errors only.
  init(bytes: UnsafeRawBufferPointer, path: String, options: CSVOptions) throws(CSVError) {
    self.path = path
    self.options = options
    scanner = CSVScanner(bytes: bytes, delimiter: options.delimiter)
    let hasHeader: Bool
    do { hasHeader = try scanner.next() } catch {
      throw .header(path: path, problem: "the header line has unbalanced quotes")
    }
    guard hasHeader else { throw .empty(path: path) }
    header = scanner.fields.map { [scanner] in scanner.text(of: $0) }
  }

  /// Advances to the next record that has as many fields as the header.
  mutating func next() -> Bool {
    while true {
      do {
        guard try scanner.next() else { return false }
      } catch {
        switch error {
        case .unterminatedQuote(let line): reject(line: line, reason: .unterminatedQuote)
        case .textAfterQuote(let line): reject(line: line, reason: .textAfterQuote)
        }
        continue
      }
      if scanner.fields.count == header.count { return true }
      reject(
        line: scanner.line, reason: .columnCount(expected: header.count, found: scanner.fields.count))
    }
  }

  @inline(__always)
  func field(_ index: Int) -> UnsafeRawBufferPointer { scanner.trimmed(scanner.fields[index]) }

  func text(_ index: Int) -> String { scanner.text(of: scanner.fields[index]) }

  /// Takes note of a fault in a field of the current record.
  mutating func reject(_ index: Int, _ reason: BadRow.Reason) {
    reject(
      BadRow(line: scanner.line, column: index + 1, name: header[index], text: text(index), reason: reason))
  }

  private mutating func reject(line: Int, reason: BadRow.Reason) {
    reject(BadRow(line: line, column: 0, name: "", text: "", reason: reason))
  }

  /// The rows to be left out, once all records are read.
  /// - Throws: when there are some and the options do not allow it.
  func acceptedBadRows() throws(CSVError) -> BadRows {
    guard badRows.count == 0 || options.onBadRow == .skip else { throw .badRows(path: path, rows: badRows) }
    return badRows
  }

  private mutating func reject(_ row: BadRow) {
    badRows.count += 1
    if badRows.first.count < options.maximumReported { badRows.first.append(row) }
  }

  /// Why a text that is no number is none.
  static func numberFault(_ text: UnsafeRawBufferPointer) -> BadRow.Reason {
    if text.isEmpty { return .missing }
    let lowered = text.map { $0 | 0x20 }
    let unsigned = lowered.first == UInt8(ascii: "-") ? lowered.dropFirst() : lowered[...]
    let names = ["nan", "inf", "infinity", "null", "na", "n/a", "none"]
    return names.contains { unsigned.elementsEqual($0.utf8) } ? .notFinite : .notANumber
  }
}

extension CSVRecords {
  /// The header's names for a message.
  var headerList: String { header.joined(separator: ", ") }

  /// The place of the first of `names` that the header holds, without regard to case.
  /// - Throws: `CSVError.header` when it stands there twice.
  func index(ofAny names: [String]) throws(CSVError) -> Int? {
    for name in names {
      let places = header.indices.filter { header[$0].lowercased() == name.lowercased() }
      guard places.count <= 1 else { throw .header(path: path, problem: "two columns are called \(name)") }
      if let place = places.first { return place }
    }
    return nil
  }
}

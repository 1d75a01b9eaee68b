import AlphaLoopCSV

/// Rows that cannot be used, over all files of a folder.
final class EvaluationFaults {
  /// One row, by `file:line:column`.
  struct Fault {
    var path: String
    var line: Int
    var column: Int
    var problem: String

    var text: String { "\(path):\(line)\(column > 0 ? ":\(column)" : ""): \(problem)" }
  }

  private(set) var list: [Fault] = []
  private(set) var count = 0
  /// How many are kept to be shown.
  static let shown = 20

  func add(_ fault: Fault) {
    count += 1
    list.append(fault)
  }

  /// Takes over what the reader of a file left out.
  func add(_ rows: BadRows, path: String) {
    count += rows.count - rows.first.count
    for row in rows.first { add(Fault(path: path, line: row.line, column: row.column, problem: row.problem)) }
  }

  var text: String {
    var lines = list.prefix(Self.shown).map(\.text)
    if count > lines.count { lines.append("and \(count - lines.count) more bad rows") }
    return lines.joined(separator: "\n")
  }
}

import AlphaLoopCSV
import AlphaLoopCore
import CAlphaLoop

extension EvaluationFolder {
  /// Bars by symbol. Rows may stand in any order; a file of one column a symbol holds closes.
  static func readBars(
    _ path: String, symbol: String, _ faults: EvaluationFaults
  ) throws(HostError) -> [String: EvaluationBars] {
    if try isWide(path) { return try readWideBars(path, symbol: symbol, faults) }
    let table = try EvaluationTable(
      path: path,
      columns: [
        .symbol, .moment, .optionalNumber("open"), .optionalNumber("high"), .optionalNumber("low"),
        CSVColumn("close", .number, aliases: ["adj close", "adj_close"], allowsEmpty: true), .optionalNumber("volume"),
      ], faults: faults)
    let names = ["open", "high", "low", "close", "volume"]
    let columns = names.map { table.numbers($0) }
    let times = table.moments("timestamp")
    let symbols = table.texts("symbol").map { $0.isEmpty ? symbol : $0 }
    var rows: [String: [Int]] = [:]
    for row in 0..<table.rowCount where isBar(row, columns, names, table) {
      rows[symbols[row], default: []].append(row)
    }
    return rows.mapValues { rows in
      var ordered: [Int] = []
      for row in rows.sorted(by: { (times[$0], $0) < (times[$1], $1) }) {
        if let last = ordered.last, times[last] == times[row] {
          table.refuse(row, "timestamp", "the same time stands on an earlier row of this symbol")
        } else {
          ordered.append(row)
        }
      }
      // A column without any value is one that the series does not have.
      func column(_ k: Int) -> [Double]? {
        let values = ordered.map { columns[k][$0] }
        return values.contains { !$0.isNaN } ? values : nil
      }
      return EvaluationBars(
        times: ordered.map { times[$0] }, open: column(0), high: column(1), low: column(2), close: column(3),
        volume: column(4))
    }
  }

  private static func isBar(_ row: Int, _ columns: [[Double]], _ names: [String], _ table: EvaluationTable) -> Bool {
    for k in 0..<4 where columns[k][row] <= 0 {
      table.refuse(row, names[k], "\(columns[k][row]): a price must be above zero")
      return false
    }
    if columns[4][row] < 0 {
      table.refuse(row, "volume", "\(columns[4][row]): a volume must not be negative")
      return false
    }
    let (high, low) = (columns[1][row], columns[2][row])
    if high < low {
      table.refuse(row, "high", "the high \(high) is below the low \(low)")
      return false
    }
    for k in [0, 3] where columns[k][row] > high || columns[k][row] < low {
      table.refuse(row, names[k], "\(columns[k][row]) lies outside the bar's low and high")
      return false
    }
    return true
  }

  private static func isWide(_ path: String) throws(HostError) -> Bool {
    do {
      _ = try CSVTable.read(
        path: path, columns: [CSVColumn("close", .text, aliases: ["adj close", "adj_close"], allowsEmpty: true)],
        options: CSVOptions(onBadRow: .skip))
      return false
    } catch CSVError.header {
      return true
    } catch {
      throw HostError(.data, "\(error)")
    }
  }

  private static func readWideBars(
    _ path: String, symbol: String, _ faults: EvaluationFaults
  ) throws(HostError) -> [String: EvaluationBars] {
    let file: BarFile
    do {
      let csv = CSVOptions(onBadRow: .skip, maximumReported: EvaluationFaults.shown)
      file = try BarFile.read(path: path, options: BarFileOptions(csv: csv, symbol: symbol))
    } catch {
      throw HostError(.data, "\(error)")
    }
    faults.add(file.badRows, path: path)
    var bars: [String: EvaluationBars] = [:]
    for series in file.series {
      bars[series.symbol] = EvaluationBars(
        times: series.timestamps, close: series.close.map { Double($0) / Double(fixedPointScale) })
    }
    return bars
  }
}

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

  static func readQuotes(
    _ path: String, symbol: String, _ faults: EvaluationFaults
  ) throws(HostError) -> [EvaluationQuote] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        .symbol, .moment, CSVColumn("bid", .number, allowsEmpty: true), CSVColumn("ask", .number, allowsEmpty: true),
        .optionalNumber("bid_size"), .optionalNumber("ask_size"),
      ], faults: faults)
    let (symbols, times) = (table.texts("symbol"), table.moments("timestamp"))
    let (bids, asks) = (table.numbers("bid"), table.numbers("ask"))
    let (bidSizes, askSizes) = (table.numbers("bid_size"), table.numbers("ask_size"))
    return (0..<table.rowCount).compactMap { row in
      for (name, size) in [("bid_size", bidSizes[row]), ("ask_size", askSizes[row])] where size < 0 {
        table.refuse(row, name, "\(size): a size must not be negative")
        return nil
      }
      return EvaluationQuote(
        symbol: symbols[row].isEmpty ? symbol : symbols[row],
        row: al_quote_v1(
          ts: times[row], bid: bids[row], ask: asks[row], bid_size: bidSizes[row], ask_size: askSizes[row]))
    }
  }

  static func readTrades(
    _ path: String, symbol: String, _ faults: EvaluationFaults
  ) throws(HostError) -> [EvaluationTrade] {
    let table = try EvaluationTable(
      path: path,
      columns: [.symbol, .moment, CSVColumn("price", .number), CSVColumn("size", .number, aliases: ["quantity"])],
      faults: faults)
    let (symbols, times) = (table.texts("symbol"), table.moments("timestamp"))
    let (prices, sizes) = (table.numbers("price"), table.numbers("size"))
    return (0..<table.rowCount).compactMap { row in
      guard sizes[row] >= 0 else {
        table.refuse(row, "size", "\(sizes[row]): a size must not be negative")
        return nil
      }
      return EvaluationTrade(
        symbol: symbols[row].isEmpty ? symbol : symbols[row],
        row: al_trade_v1(ts: times[row], instrument: 0, flags: 0, price: prices[row], size: sizes[row]))
    }
  }

  static func readOptions(
    _ path: String, symbol: String, _ faults: EvaluationFaults
  ) throws(HostError) -> [EvaluationOption] {
    let values = ["bid", "ask", "last", "implied_volatility", "open_interest", "volume"]
    let table = try EvaluationTable(
      path: path,
      columns: [
        .optionalText("underlying", aliases: ["symbol"]), .moment, CSVColumn("expiry", .timestamp),
        CSVColumn("strike", .number), CSVColumn("right", .text),
      ] + values.map { .optionalNumber($0) }, faults: faults)
    let (underlyings, times) = (table.texts("underlying"), table.moments("timestamp"))
    let (expiries, strikes, rights) = (table.moments("expiry"), table.numbers("strike"), table.texts("right"))
    let numbers = values.map { table.numbers($0) }
    return (0..<table.rowCount).compactMap { row in
      guard strikes[row] > 0 else {
        table.refuse(row, "strike", "\(strikes[row]): a strike must be above zero")
        return nil
      }
      let right: UInt32
      switch rights[row].lowercased() {
      case "call", "c": right = AL_RIGHT_CALL
      case "put", "p": right = AL_RIGHT_PUT
      default:
        table.refuse(row, "right", word(rights[row], ["call", "put"]))
        return nil
      }
      let option = al_option_v1(
        underlying: 0, right: right, ts: times[row], expiry_ns: expiries[row], strike: strikes[row],
        bid: numbers[0][row], ask: numbers[1][row], last: numbers[2][row], implied_volatility: numbers[3][row],
        open_interest: numbers[4][row], volume: numbers[5][row])
      return EvaluationOption(underlying: underlyings[row].isEmpty ? symbol : underlyings[row], row: option)
    }
  }
}

import Glibc

/// Reads the records of a file of bars into one series a symbol.
struct BarReader {
  private(set) var records: CSVRecords
  private(set) var series: [BarSeries] = []
  private let header: BarHeader
  private var times: TimestampReader
  private var symbols: [[UInt8]] = []
  private var indexOfSymbol: [[UInt8]: Int] = [:]
  private var lastSymbol = -1

  init(records: CSVRecords, header: BarHeader) {
    self.records = records
    self.header = header
    times = TimestampReader(records.options.time)
  }

  // MARK: A row a bar

  /// - Parameter symbol: for a file without a symbol column.
  mutating func readLong(symbol: String) {
    if header.symbol == nil {
      series.append(BarSeries(symbol: symbol))
      lastSymbol = 0
    }
    while records.next() {
      if let (column, reason) = readBar() { records.reject(column, reason) }
    }
  }

  /// A column of the record at fault, and what is wrong with it.
  private typealias Fault = (column: Int, reason: BadRow.Reason)

  private mutating func readBar() -> Fault? {
    guard let time = times.read(records.field(header.time)) else {
      return (header.time, records.field(header.time).isEmpty ? .missing : .notATime)
    }
    guard let closeColumn = header.close else { return nil }
    var bar = Bar()
    if let fault = price(closeColumn, &bar.close) { return fault }
    if let column = header.open, let fault = price(column, &bar.open) { return fault }
    if let column = header.high, let fault = price(column, &bar.high) { return fault }
    if let column = header.low, let fault = price(column, &bar.low) { return fault }
    if let column = header.volume, let fault = volume(column, &bar.volume) { return fault }
    if let fault = rangeFault(bar, closeColumn) { return fault }
    if let column = header.symbol {
      guard let index = symbolIndex(records.field(column)) else { return (column, .missing) }
      lastSymbol = index
    }
    if let last = series[lastSymbol].timestamps.last, time <= last {
      return (header.time, time == last ? .duplicateTimestamp : .outOfOrder)
    }
    append(bar, at: time, to: lastSymbol)
    return nil
  }

  private struct Bar { var open: Int64 = 0, high: Int64 = 0, low: Int64 = 0, close: Int64 = 0, volume: Int64 = 0 }

  @inline(__always)
  private mutating func append(_ bar: Bar, at time: Int64, to index: Int) {
    series[index].timestamps.append(time)
    series[index].close.append(bar.close)
    if header.open != nil { series[index].open.append(bar.open) }
    if header.high != nil { series[index].high.append(bar.high) }
    if header.low != nil { series[index].low.append(bar.low) }
    if header.volume != nil { series[index].volume.append(bar.volume) }
  }

  @inline(__always)
  private func price(_ column: Int, _ value: inout Int64) -> Fault? {
    let field = records.field(column)
    guard let number = DecimalNumber(field) else { return (column, CSVRecords.numberFault(field)) }
    guard let price = number.fixedPoint else { return (column, .tooLarge) }
    guard price > 0 else { return (column, .nonPositivePrice) }
    value = price
    return nil
  }

  @inline(__always)
  private func volume(_ column: Int, _ value: inout Int64) -> Fault? {
    let field = records.field(column)
    guard let number = DecimalNumber(field) else { return (column, CSVRecords.numberFault(field)) }
    guard let volume = number.fixedPoint else { return (column, .tooLarge) }
    guard volume >= 0 else { return (column, .negativeVolume) }
    value = volume
    return nil
  }

  @inline(__always)
  private func rangeFault(_ bar: Bar, _ close: Int) -> Fault? {
    if let high = header.high {
      if header.low != nil, bar.high < bar.low { return (high, .highBelowLow) }
      if bar.close > bar.high { return (close, .outsideRange) }
      if let open = header.open, bar.open > bar.high { return (open, .outsideRange) }
    }
    if header.low != nil {
      if bar.close < bar.low { return (close, .outsideRange) }
      if let open = header.open, bar.open < bar.low { return (open, .outsideRange) }
    }
    return nil
  }

  /// The series of a symbol, made when it is new; nil for an empty symbol.
  private mutating func symbolIndex(_ field: UnsafeRawBufferPointer) -> Int? {
    guard !field.isEmpty else { return nil }
    if lastSymbol >= 0 {
      // Files sorted by symbol repeat it, files sorted by time cycle through them in one order.
      if isSame(field, symbols[lastSymbol]) { return lastSymbol }
      let next = lastSymbol + 1 == symbols.count ? 0 : lastSymbol + 1
      if isSame(field, symbols[next]) { return next }
    }
    let bytes = Array(field)
    if let known = indexOfSymbol[bytes] { return known }
    indexOfSymbol[bytes] = symbols.count
    symbols.append(bytes)
    series.append(BarSeries(symbol: String(decoding: bytes, as: UTF8.self)))
    return symbols.count - 1
  }

  private func isSame(_ field: UnsafeRawBufferPointer, _ symbol: [UInt8]) -> Bool {
    guard field.count == symbol.count, let start = field.baseAddress else { return false }
    return memcmp(symbol, start, symbol.count) == 0
  }

  // MARK: A column a symbol

  mutating func readWide() {
    series = header.symbolColumns.map { BarSeries(symbol: records.header[$0]) }
    var previous: Int64?
    var row = [Int64](repeating: 0, count: series.count)
    while records.next() {
      if let (column, reason) = readWideRow(&row, &previous) { records.reject(column, reason) }
    }
  }

  /// A row is taken whole or not at all, so that a symbol never lacks a time because of another's mistake unseen.
  private mutating func readWideRow(_ row: inout [Int64], _ previous: inout Int64?) -> Fault? {
    guard let time = times.read(records.field(header.time)) else {
      return (header.time, records.field(header.time).isEmpty ? .missing : .notATime)
    }
    if let last = previous, time <= last { return (header.time, time == last ? .duplicateTimestamp : .outOfOrder) }
    for (index, column) in header.symbolColumns.enumerated() {
      row[index] = 0
      if records.field(column).isEmpty { continue }
      if let fault = price(column, &row[index]) { return fault }
    }
    previous = time
    for index in row.indices where row[index] != 0 {
      series[index].timestamps.append(time)
      series[index].close.append(row[index])
    }
    return nil
  }
}

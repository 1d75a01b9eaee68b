/// Where a file of bars keeps what.
struct BarHeader {
  enum Role: String, CaseIterable {
    case time, symbol, open, high, low, close, volume

    /// The usual names, the preferred first: raw closes come before adjusted ones.
    var aliases: [String] {
      switch self {
      case .time: ["timestamp", "datetime", "date", "time", "ts"]
      case .symbol: ["symbol", "ticker"]
      case .open: ["open", "o"]
      case .high: ["high", "h"]
      case .low: ["low", "l"]
      case .close: ["close", "c", "adj close", "adj_close"]
      case .volume: ["volume", "v"]
      }
    }
  }

  let layout: BarFileOptions.Layout
  let time: Int
  let symbol: Int?
  let open: Int?
  let high: Int?
  let low: Int?
  /// Absent in the wide layout.
  let close: Int?
  let volume: Int?
  /// The columns of the wide layout that hold symbols.
  let symbolColumns: [Int]

  var columns: BarColumns {
    var columns: BarColumns = []
    if open != nil { columns.insert(.open) }
    if high != nil { columns.insert(.high) }
    if low != nil { columns.insert(.low) }
    if volume != nil { columns.insert(.volume) }
    return columns
  }

  init(_ records: CSVRecords, _ options: BarFileOptions) throws(CSVError) {
    try BarHeader.checkRoles(options.columns, records.path)
    guard let time = try BarHeader.find(.time, records, options) else {
      throw .header(path: records.path, problem: "no time column; the header has \(records.headerList)")
    }
    self.time = time
    let foundClose = try BarHeader.find(.close, records, options)
    let isWide =
      switch options.layout {
      case .wide: true
      case .long: false
      case .automatic: foundClose == nil
      }
    if isWide {
      layout = .wide
      symbolColumns = records.header.indices.filter { $0 != time }
      (symbol, open, high, low, close, volume) = (nil, nil, nil, nil, nil, nil)
      try BarHeader.checkSymbols(symbolColumns, records)
      return
    }
    guard let foundClose else {
      throw .header(path: records.path, problem: "no close column; the header has \(records.headerList)")
    }
    layout = .long
    symbolColumns = []
    close = foundClose
    symbol = try BarHeader.find(.symbol, records, options)
    open = try BarHeader.find(.open, records, options)
    high = try BarHeader.find(.high, records, options)
    low = try BarHeader.find(.low, records, options)
    volume = try BarHeader.find(.volume, records, options)
  }

  private static func checkRoles(_ columns: [String: String], _ path: String) throws(CSVError) {
    for role in columns.keys.sorted() where Role(rawValue: role) == nil {
      let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
      throw .header(path: path, problem: "unknown column role \(role); the roles are \(roles)")
    }
  }

  private static func find(
    _ role: Role, _ records: CSVRecords, _ options: BarFileOptions
  ) throws(CSVError) -> Int? {
    guard let given = options.columns[role.rawValue] else {
      // C, V, O and the like are tickers too: in capitals they count as prices only when all four stand there.
      let isFull = ["O", "H", "L", "C"].allSatisfy(records.header.contains)
      let names = role.aliases.filter { $0.count > 1 || isFull || records.header.contains($0) }
      return try records.index(ofAny: names)
    }
    if given.isEmpty { return nil }
    guard let place = try records.index(ofAny: [given]) else {
      throw .header(
        path: records.path,
        problem: "no column \(given), which is to hold the \(role.rawValue); the header has \(records.headerList)")
    }
    return place
  }

  private static func checkSymbols(_ columns: [Int], _ records: CSVRecords) throws(CSVError) {
    guard !columns.isEmpty else { throw .header(path: records.path, problem: "no close column and no symbol column") }
    // A row a bar without a close would otherwise load as symbols called "open" and "volume".
    let reserved = Role.allCases.flatMap(\.aliases).filter { $0.count > 1 }
    var seen: Set<String> = []
    for column in columns {
      let name = records.header[column]
      if reserved.contains(name.lowercased()) {
        throw .header(
          path: records.path, problem: "no close column beside \(name); the header has \(records.headerList)")
      }
      guard !name.isEmpty else { throw .header(path: records.path, problem: "column \(column + 1) has no name") }
      guard seen.insert(name).inserted else {
        throw .header(path: records.path, problem: "two columns are called \(name)")
      }
    }
  }
}

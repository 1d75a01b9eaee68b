import AlphaLoopCSV
import AlphaLoopCore
internal import AlphaLoopYAML
import CAlphaLoop

extension EvaluationFolder {
  private static let assets: [(name: String, value: UInt32)] = [
    ("equity", AL_ASSET_EQUITY), ("etf", AL_ASSET_ETF), ("index", AL_ASSET_INDEX), ("fx", AL_ASSET_FX),
    ("crypto", AL_ASSET_CRYPTO), ("future", AL_ASSET_FUTURE), ("option", AL_ASSET_OPTION),
  ]

  /// The instruments in the order of the file.
  static func readUniverse(_ path: String, _ faults: EvaluationFaults) throws(HostError) -> [Instrument] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        CSVColumn("symbol", .text, aliases: ["ticker"]), .optionalText("sector"), .optionalText("asset"),
        .optionalText("tick"), .optionalText("lot"), .optionalText("multiplier"), .optionalText("tradable"),
        .optionalText("shortable"), .optionalText("currency"),
      ], faults: faults)
    let columns = ["symbol", "sector", "asset", "tick", "lot", "multiplier", "tradable", "shortable", "currency"]
    let texts = columns.map { table.texts($0) }
    var instruments: [Instrument] = []
    var seen: Set<String> = []
    for row in 0..<table.rowCount {
      var cells: [String: String] = [:]
      for (name, column) in zip(columns, texts) { cells[name] = column[row] }
      guard let instrument = instrument(cells, row, table) else { continue }
      guard seen.insert(instrument.symbol).inserted else {
        table.refuse(row, "symbol", "\(instrument.symbol) stands on an earlier row too; name it once")
        continue
      }
      instruments.append(instrument)
    }
    return instruments
  }

  private static func instrument(_ cells: [String: String], _ row: Int, _ table: EvaluationTable) -> Instrument? {
    var made = instrument(cells["symbol"] ?? "")
    made.sector = cells["sector"] ?? ""
    if let currency = cells["currency"], !currency.isEmpty { made.currency = currency }
    func amount(_ name: String, _ value: inout Int64) -> Bool {
      guard let text = cells[name], !text.isEmpty else { return true }
      guard let quantity = Quantity(text), quantity.raw > 0 else {
        table.refuse(row, name, "\"\(text)\" is no number above 0 with at most 8 decimals")
        return false
      }
      value = quantity.raw
      return true
    }
    func flag(_ name: String, _ value: inout Bool) -> Bool {
      switch cells[name]?.lowercased() ?? "" {
      case "": return true
      case "1", "true", "yes": value = true
      case "0", "false", "no": value = false
      default:
        table.refuse(row, name, "\"\(cells[name] ?? "")\" is neither true nor false")
        return false
      }
      return true
    }
    if let asset = cells["asset"], !asset.isEmpty {
      guard let known = assets.first(where: { $0.name == asset.lowercased() }) else {
        table.refuse(row, "asset", word(asset, assets.map(\.name)))
        return nil
      }
      made.asset = known.value
      if known.value == AL_ASSET_INDEX { made.isTradable = false }
    }
    var (tick, lot, multiplier) = (made.tick.raw, made.lot.raw, made.multiplier.raw)
    guard amount("tick", &tick), amount("lot", &lot), amount("multiplier", &multiplier),
      flag("tradable", &made.isTradable), flag("shortable", &made.isShortable)
    else { return nil }
    made.tick = Price(raw: tick)
    made.lot = Quantity(raw: lot)
    made.multiplier = Quantity(raw: multiplier)
    return made
  }

  /// What is wrong with a word that is none of a list.
  static func word(_ text: String, _ known: [String]) -> String {
    "\"\(text)\" is not known; \(NearestWord.advice(for: text, in: known, noun: "write one of"))"
  }
}

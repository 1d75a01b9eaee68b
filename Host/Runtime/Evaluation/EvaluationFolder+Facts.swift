import AlphaLoopCSV
import CAlphaLoop

extension EvaluationFolder {
  static func readFundamentals(
    _ path: String, symbol: String, _ faults: EvaluationFaults
  ) throws(HostError) -> [EvaluationFact] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        .symbol, CSVColumn("field", .text), CSVColumn("period", .timestamp), .known, CSVColumn("value", .number),
      ], dates: ["period"], faults: faults)
    let (symbols, fields, values) = (table.texts("symbol"), table.texts("field"), table.numbers("value"))
    let (periods, known) = (table.days("period"), table.moments("known"))
    return (0..<table.rowCount).map { row in
      EvaluationFact(
        subject: symbols[row].isEmpty ? symbol : symbols[row], name: fields[row], period: periods[row],
        known: known[row], value: values[row])
    }
  }

  static func readMacro(_ path: String, _ faults: EvaluationFaults) throws(HostError) -> [EvaluationFact] {
    let table = try EvaluationTable(
      path: path,
      columns: [CSVColumn("series", .text), CSVColumn("date", .timestamp), .known, CSVColumn("value", .number)],
      dates: ["date"], faults: faults)
    let (series, values) = (table.texts("series"), table.numbers("value"))
    let (dates, known) = (table.days("date"), table.moments("known"))
    return (0..<table.rowCount).map { row in
      EvaluationFact(subject: "", name: series[row], period: dates[row], known: known[row], value: values[row])
    }
  }

  static func readNews(_ path: String, _ faults: EvaluationFaults) throws(HostError) -> [EvaluationNews] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        .symbol, CSVColumn("published", .timestamp), .known, CSVColumn("headline", .text, allowsEmpty: true),
        .optionalText("body"), .optionalText("source"), .optionalNumber("sentiment"), .optionalText("id"),
      ], faults: faults)
    let (symbols, headlines, bodies) = (table.texts("symbol"), table.texts("headline"), table.texts("body"))
    let (sources, ids, sentiments) = (table.texts("source"), table.texts("id"), table.numbers("sentiment"))
    let (published, known) = (table.moments("published"), table.moments("known"))
    return (0..<table.rowCount).map { row in
      EvaluationNews(
        symbol: symbols[row], published: published[row], known: known[row], headline: headlines[row], body: bodies[row],
        source: sources[row], sentiment: sentiments[row], id: ids[row])
    }
  }

  private static let eventKinds: [(name: String, value: UInt32)] = [
    ("earnings", AL_EVENT_EARNINGS), ("dividend", AL_EVENT_DIVIDEND), ("split", AL_EVENT_SPLIT),
    ("filing", AL_EVENT_FILING), ("insider_trade", AL_EVENT_INSIDER_TRADE), ("rename", AL_EVENT_RENAME),
    ("delisting", AL_EVENT_DELISTING), ("trading_halt", AL_EVENT_TRADING_HALT),
    ("trading_resume", AL_EVENT_TRADING_RESUME), ("other", AL_EVENT_OTHER),
  ]

  static func readEvents(_ path: String, _ faults: EvaluationFaults) throws(HostError) -> [EvaluationEvent] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        .symbol, CSVColumn("kind", .text), CSVColumn("date", .timestamp), .known, .optionalNumber("value"),
        .optionalNumber("value2"), .optionalText("subject"), .optionalText("text"),
      ], dates: ["date"], faults: faults)
    let (symbols, kinds, subjects) = (table.texts("symbol"), table.texts("kind"), table.texts("subject"))
    let (texts, values, seconds) = (table.texts("text"), table.numbers("value"), table.numbers("value2"))
    let (dates, known) = (table.days("date"), table.moments("known"))
    return (0..<table.rowCount).compactMap { row in
      guard let kind = eventKinds.first(where: { $0.name == kinds[row].lowercased() }) else {
        table.refuse(row, "kind", word(kinds[row], eventKinds.map(\.name)))
        return nil
      }
      return EvaluationEvent(
        symbol: symbols[row], kind: kind.value, date: dates[row], known: known[row], value: values[row],
        value2: seconds[row], subject: subjects[row], text: texts[row])
    }
  }
}

import AlphaLoopCSV
import CAlphaLoop

extension EvaluationFolder {
  private static let viewKinds: [(name: String, value: UInt16)] = [
    ("view", AL_ROW_VIEW), ("weight", AL_ROW_WEIGHT), ("quantity", AL_ROW_QUANTITY), ("estimate", AL_ROW_ESTIMATE),
    ("abstain", AL_ROW_ABSTAIN),
  ]

  static func readViews(_ path: String, _ faults: EvaluationFaults) throws(HostError) -> [EvaluationView] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        CSVColumn("as_of", .timestamp), CSVColumn("agent", .text, allowsEmpty: true), .symbol, CSVColumn("kind", .text),
        .optionalNumber("value"), .optionalNumber("confidence"), .optionalNumber("horizon", aliases: ["horizon_ns"]),
        .optionalText("name"),
      ], faults: faults)
    let (times, agents, symbols) = (table.moments("as_of"), table.texts("agent"), table.texts("symbol"))
    let (kinds, values, confidences) = (table.texts("kind"), table.numbers("value"), table.numbers("confidence"))
    let (horizons, names) = (table.numbers("horizon"), table.texts("name"))
    return (0..<table.rowCount).compactMap { row in
      guard let kind = viewKinds.first(where: { $0.name == kinds[row].lowercased() })?.value else {
        table.refuse(row, "kind", word(kinds[row], viewKinds.map(\.name)))
        return nil
      }
      guard kind == AL_ROW_ABSTAIN || !values[row].isNaN else {
        table.refuse(row, "value", "a \(kinds[row]) needs a value")
        return nil
      }
      guard kind == AL_ROW_ESTIMATE || kind == AL_ROW_ABSTAIN || !symbols[row].isEmpty else {
        table.refuse(row, "symbol", "a \(kinds[row]) needs a symbol")
        return nil
      }
      guard abs(values[row]) < 9e10 || kind != AL_ROW_QUANTITY else {
        table.refuse(row, "value", "\(values[row]) is larger than a quantity can be (about 92 billion)")
        return nil
      }
      return EvaluationView(
        asOf: times[row], agent: agents[row], symbol: symbols[row], kind: kind, value: values[row],
        confidence: confidences[row].isNaN ? 1 : confidences[row],
        horizon: horizons[row].isNaN ? 0 : Int64(exactly: horizons[row].rounded()) ?? .max, name: names[row])
    }
  }

  private static let tiers: [(name: String, value: UInt32)] = [
    ("executive", AL_TIER_EXECUTIVE), ("senior", AL_TIER_SENIOR), ("junior", AL_TIER_JUNIOR),
  ]

  static func readRecords(_ path: String, _ faults: EvaluationFaults) throws(HostError) -> [EvaluationRecord] {
    let table = try EvaluationTable(
      path: path,
      columns: [
        CSVColumn("as_of", .timestamp), CSVColumn("agent", .text), .optionalText("id"), .optionalText("tier"),
        .optionalNumber("weight"), .optionalNumber("wins"), .optionalNumber("losses"), .optionalNumber("sum_win"),
        .optionalNumber("sum_loss"), .optionalNumber("last_return"),
      ], faults: faults)
    let (times, agents, ids, tiers) = (
      table.moments("as_of"), table.texts("agent"), table.texts("id"), table.texts("tier")
    )
    let (weights, returns) = (table.numbers("weight"), table.numbers("last_return"))
    let (wins, losses) = (table.numbers("wins"), table.numbers("losses"))
    let (sumWins, sumLosses) = (table.numbers("sum_win"), table.numbers("sum_loss"))
    return (0..<table.rowCount).compactMap { row in
      let tier = tiers[row].isEmpty ? "senior" : tiers[row].lowercased()
      guard let tier = Self.tiers.first(where: { $0.name == tier })?.value else {
        table.refuse(row, "tier", word(tiers[row], Self.tiers.map(\.name)))
        return nil
      }
      for (name, count) in [("wins", wins[row]), ("losses", losses[row])] {
        guard count.isNaN || UInt32(exactly: count) != nil else {
          table.refuse(row, name, "\(count) is no count")
          return nil
        }
      }
      func given(_ value: Double, _ otherwise: Double) -> Double { value.isNaN ? otherwise : value }
      return EvaluationRecord(
        asOf: times[row], agent: agents[row], id: ids[row].isEmpty ? agents[row] : ids[row], tier: tier,
        weight: given(weights[row], 1), wins: UInt32(given(wins[row], 0)), losses: UInt32(given(losses[row], 0)),
        sumWin: given(sumWins[row], 0), sumLoss: given(sumLosses[row], 0), lastReturn: returns[row])
    }
  }
}

import AlphaLoopKit
import AlphaLoopSDK

/// Turns one value a name into views by rank, with the value beside each as estimate 0.
struct PanelRanking {
  /// To be appended to the parameters of a descriptor, beside "horizon_days".
  static let parameters: [ParameterSpec] = [
    .integer("minimum_names", default: 2, in: 2...100_000, "names that must be readable for anyone to be answered")
  ]
  static let reasons = ["the cross-section has fewer names than minimum_names"]

  private let minimumNames: Int
  private let horizon: Int64
  private var section: CrossSection

  init(_ setup: Setup) throws(PluginError) {
    minimumNames = try setup.parameters.integer("minimum_names")
    horizon = Int64(try setup.parameters.number("horizon_days") * 86_400e9)
    section = CrossSection(capacity: setup.universe.count)
  }

  mutating func removeAll() { section.removeAll() }
  mutating func add(_ instrument: Int, _ value: Double) { section.add(instrument, value) }

  /// A view and an estimate for every name added; abstentions where there are too few names, or all are equal.
  mutating func answer(_ output: inout Output) {
    section.rank()
    guard section.count >= minimumNames, !section.isFlat else {
      let reason = section.count < minimumNames ? Reason.custom(0) : .degenerate
      for k in 0..<section.count { output.abstain(section.member(k), reason) }
      return
    }
    let breadth = 1 - 1 / Double(section.count).squareRoot()
    for k in 0..<section.count {
      output.view(section.member(k), score: section.centeredRank(k), confidence: breadth, horizon: horizon)
      output.estimate(section.member(k), label: 0, section.value(k))
    }
  }
}

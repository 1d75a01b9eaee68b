import AlphaLoopSDK
import CAlphaLoop

/// Benchmark agent: 12-1 momentum, the best names at equal weight, once a month, at half size in a drawdown.
struct MomentumTop20: Agent {
  static let descriptor = Descriptor(
    id: "bench.momentum_top20", name: "12-1 momentum top 20 (benchmark)",
    summary:
      "The 20 names with the highest 12-1 month return, equal weight, monthly; half size in a drawdown above 10 %",
    family: "Benchmark", tier: .senior, inputs: [.bars, .portfolio], outputs: .quantity,
    parameters: [
      .integer("names", default: 20, in: 1...1000, "names held"),
      .number("gross", default: 0.98, in: 0...1, "sum of weights"),
      .number("drawdown", default: 0.10, in: 0...1, "drawdown above which half the weight is held"),
    ])

  private let names: Int
  private let gross: Double
  private let drawdown: Double
  private var targets: [Int64]
  private var scores: [(score: Double, index: Int)] = []

  init(_ setup: Setup) throws(PluginError) {
    names = try setup.parameters.integer("names")
    gross = try setup.parameters.number("gross")
    drawdown = try setup.parameters.number("drawdown")
    targets = Array(repeating: 0, count: setup.universe.count)
    scores.reserveCapacity(setup.universe.count)
  }

  var needs: Needs { Needs(lookback: 253) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let portfolio = input.portfolio else { return output.abstain(nil, .missingCapability) }
    guard Self.isMonthEnd(input.asOf, next: input.session?.next_date_ns ?? 0) else { return }
    scores.removeAll(keepingCapacity: true)
    for i in 0..<input.count {
      guard let close = input.window(i)?.close, close.count >= 253 else { continue }
      scores.append((close[ago: 21] / close[ago: 252], i))
    }
    if scores.isEmpty { return output.abstain(nil, .warmUp) }
    scores.sort { $0.score == $1.score ? $0.index < $1.index : $0.score > $1.score }
    // Whole micro-units of money, as the reference computes.
    let equity = Double(portfolio.raw.equity / 100) * 1e-6
    let fall = 1 - Double(portfolio.raw.equity) / Double(portfolio.raw.peak_equity)
    let weight = (fall > drawdown ? gross / 2 : gross) / Double(names)
    for i in targets.indices { targets[i] = 0 }
    for entry in scores.prefix(names) {
      guard let close = input.window(entry.index)?.close else { continue }
      targets[entry.index] = Int64((weight * equity / close.last).rounded(.down)) * AL_UNIT
    }
    for i in targets.indices where targets[i] != portfolio.position(i).committed { output.quantity(i, targets[i]) }
  }

  /// True when the next trading day, or the next weekday where no calendar is known, lies in another month.
  static func isMonthEnd(_ now: Int64, next: Int64) -> Bool {
    let day: Int64 = 86_400_000_000_000
    var following = next
    if following == 0 {
      let today = now / day
      // 1970-01-01 was a Thursday.
      let weekday = (today + 3) % 7
      following = (today + (weekday >= 4 ? 7 - weekday : 1)) * day
    }
    return month(now / day) != month(following / day)
  }

  /// Month 0-11 of a day since 1970, proleptic Gregorian.
  private static func month(_ days: Int64) -> Int64 {
    let z = days + 719_468
    let era = z / 146_097
    let doe = z - era * 146_097
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
    return (5 * doy + 2) / 153
  }
}

import AlphaLoopSDK
import CAlphaLoop

/// Bets in proportion to the edge that the agents behind a view have shown.
/// Kelly (1956): f = (p b - q) / b, p the share of wins, b mean win over mean loss; Thorp (2006) on betting a fraction of
/// it; Baker, McHale (2013), "Optimal betting under parameter uncertainty", on shrinking it while p is not well known.
///
/// For an instrument, over the agents k with a view (vote weight v, confidence c, score s):
/// - aggregate = sum(v c s) / sum(v): its sign is the direction, its size the confidence of the bet.
/// - Each agent that agrees with the direction has a record of n = wins + losses. p is the mean of a Beta posterior whose
///   prior is worth `prior_trades` trades at break-even, p* = 1 / (1 + b): p = (wins + prior p*) / (n + prior). So f is the
///   record's own Kelly fraction times n / (n + prior): fewer trades, smaller bets, and no edge is no bet.
///   While a mean win or a mean loss is missing, b is 1; b is held within [1/10, 10].
/// - Before it has `trial_trades` an agent is also given trial_fraction (1 - n / trial_trades), else nobody would ever get a
///   record. That is the prior's whole bet when there is no record at all.
/// - f is the mean over these agents by v c |s|.
///
/// Rows: weight = direction * min(cap, fraction * max(0, f) * confidence) of every instrument with a view; a score of 0
/// says "be flat" and gets 0, and so does a short without a locate. Instruments without a view abstain with no signal, those
/// that are not tradable as not applicable.
struct Kelly: Agent {
  static let descriptor = Descriptor(
    id: "risk.kelly", name: "Fractional Kelly",
    summary: "Weights from a quarter of the shrunk Kelly fraction (Kelly 1956; Thorp 2006; Baker, McHale 2013)",
    family: "Risk", tier: .senior, inputs: .views, outputs: .weight,
    parameters: [
      .number("fraction", default: 0.25, in: 0.01...1, "part of the full Kelly bet"),
      .number("cap", default: 0.05, in: 0.001...1, "largest absolute weight"),
      .number("prior_trades", default: 20, in: 0...10_000, "trades at break-even that the prior is worth"),
      .number("trial_fraction", default: 0.06, in: 0...1, "full Kelly bet of an agent without any record"),
      .integer("trial_trades", default: 20, in: 1...10_000, "closed trades after which the record alone counts"),
      .flag("require_locate", default: true, "no short weight where the instrument has no locate"),
    ])

  /// What the views of one instrument add up to.
  private struct Sums {
    var votes = 0.0
    var score = 0.0
    /// Strength of the longs and of the shorts, and the same times each agent's f.
    var long = 0.0
    var short = 0.0
    var longBet = 0.0
    var shortBet = 0.0
    var hasView = false
    var isBroken = false
  }

  private let fraction: Double
  private let cap: Double
  private let prior: Double
  private let trialFraction: Double
  private let trialTrades: Double
  private let isTradable: [Bool]
  private let isShortable: [Bool]
  private var sums: [Sums]

  init(_ setup: Setup) throws(PluginError) {
    let p = setup.parameters
    fraction = try p.number("fraction")
    cap = try p.number("cap")
    prior = try p.number("prior_trades")
    trialFraction = try p.number("trial_fraction")
    trialTrades = Double(try p.integer("trial_trades"))
    isTradable = setup.universe.map(\.isTradable)
    let requiresLocate = try p.flag("require_locate")
    isShortable = setup.universe.map { $0.isShortable || !requiresLocate }
    sums = Array(repeating: Sums(), count: setup.universe.count)
  }

  var needs: Needs { Needs(lookback: 1, warmUp: 0, columns: 0) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let views = input.views else { return output.abstain(nil, .missingCapability) }
    for i in sums.indices { sums[i] = Sums() }
    let records = views.records
    var agent = AL_NONE
    var bet = 0.0
    for view in views.rows where view.row.kind == AL_ROW_VIEW && Int(view.agent) < records.count {
      guard Int(view.row.instrument) < sums.count else { continue }
      if view.agent != agent {
        agent = view.agent
        bet = self.bet(records[Int(agent)])
      }
      add(view.row, weight: records[Int(agent)].weight, bet: bet)
    }
    for i in sums.indices { answer(i, &output) }
  }

  private mutating func add(_ row: al_row_v1, weight: Double, bet: Double) {
    let i = Int(row.instrument)
    let strength = weight * row.confidence * row.value
    sums[i].hasView = true
    guard strength.isFinite, weight >= 0, row.confidence >= 0 else {
      sums[i].isBroken = true
      return
    }
    sums[i].votes += weight
    sums[i].score += strength
    if strength > 0 {
      sums[i].long += strength
      sums[i].longBet += strength * bet
    } else {
      sums[i].short -= strength
      sums[i].shortBet -= strength * bet
    }
  }

  /// The shrunk full Kelly fraction of an agent; may be below 0.
  private func bet(_ record: al_agent_record_v1) -> Double {
    let wins = Double(record.wins)
    let losses = Double(record.losses)
    let n = wins + losses
    let trial = trialFraction * max(0, 1 - n / trialTrades)
    guard n > 0 else { return trial }
    let payoff = (record.sum_win / wins) / (record.sum_loss / losses)
    let b = payoff.isFinite && payoff > 0 ? max(0.1, min(10, payoff)) : 1
    let p = (wins + prior / (1 + b)) / (n + prior)
    return (p * b - (1 - p)) / b + trial
  }

  private func answer(_ i: Int, _ output: inout Output) {
    let s = sums[i]
    guard isTradable[i] else { return output.abstain(i, .notApplicable) }
    guard s.hasView else { return output.abstain(i, .noSignal) }
    guard !s.isBroken else { return output.abstain(i, .invalidData) }
    guard s.votes > 0, s.score > 0 || (s.score < 0 && isShortable[i]) else { return output.weight(i, 0) }
    let f = s.score > 0 ? s.longBet / s.long : s.shortBet / s.short
    // p at break-even leaves a rounding error of the last digit, which is no edge.
    guard f > 1e-12 else { return output.weight(i, 0) }
    let confidence = min(1, abs(s.score) / s.votes)
    let weight = min(cap, fraction * f * confidence)
    output.weight(i, s.score > 0 ? weight : -weight, confidence: confidence)
  }
}

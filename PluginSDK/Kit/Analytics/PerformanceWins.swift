import Glibc

extension Performance {
  /// The share of positive among non-zero outcomes.
  public static func winRate(_ outcomes: [Double]) -> Metric {
    .ratio(
      Double(outcomes.count { $0 > 0 }), Double(outcomes.count { $0 != 0 }), zero: "nothing was won or lost")
  }

  /// The mean of the positive outcomes.
  public static func averageWin(_ outcomes: [Double]) -> Metric {
    let wins = outcomes.filter { $0 > 0 }
    return wins.isEmpty ? .undefined("nothing was won") : Statistics.mean(wins)
  }

  /// The mean of the negative outcomes, negative.
  public static func averageLoss(_ outcomes: [Double]) -> Metric {
    let losses = outcomes.filter { $0 < 0 }
    return losses.isEmpty ? .undefined("nothing was lost") : Statistics.mean(losses)
  }

  /// The mean win over the magnitude of the mean loss.
  public static func payoff(_ outcomes: [Double]) -> Metric {
    averageWin(outcomes).flatMap { win in averageLoss(outcomes).map { win / -$0 } }
  }

  /// The sum of the wins over the magnitude of the sum of the losses.
  public static func profitFactor(_ outcomes: [Double]) -> Metric {
    .ratio(sum(outcomes.filter { $0 > 0 }), -sum(outcomes.filter { $0 < 0 }), zero: "nothing was lost")
  }

  /// The longest run of positive outcomes; a zero ends a run.
  public static func consecutiveWins(_ outcomes: [Double]) -> Int { longestRun(outcomes) { $0 > 0 } }

  /// The longest run of negative outcomes; a zero ends a run.
  public static func consecutiveLosses(_ outcomes: [Double]) -> Int { longestRun(outcomes) { $0 < 0 } }

  private static func longestRun(_ outcomes: [Double], where belongs: (Double) -> Bool) -> Int {
    var longest = 0
    var run = 0
    for outcome in outcomes {
      run = belongs(outcome) ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }

  /// The growth-optimal fraction for a bet with this win rate and payoff (Kelly 1956): p - (1 - p) / payoff. Negative: do not bet.
  public static func kelly(_ outcomes: [Double]) -> Metric {
    payoff(outcomes).flatMap { payoff in
      winRate(outcomes).flatMap { .ratio($0 * payoff - (1 - $0), payoff, zero: "nothing was won") }
    }
  }

  /// Gambler's ruin in the form the quantstats tearsheet prints: ((1 - w) / (1 + w))^n, w the win rate of n outcomes. It ignores
  /// the sizes of wins and losses.
  public static func riskOfRuin(_ outcomes: [Double]) -> Metric {
    winRate(outcomes).map { pow((1 - $0) / (1 + $0), Double(outcomes.count)) }
  }
}

extension Performance {
  /// Value at risk of one period if returns were normal: mean + z(1 - confidence) standard deviations; a loss is negative.
  public static func normalValueAtRisk(_ returns: [Double], confidence: Double = 0.95) -> Metric {
    Statistics.standardDeviation(returns).flatMap { deviation in
      Statistics.normalQuantile(1 - confidence).flatMap { z in Statistics.mean(returns).map { $0 + z * deviation } }
    }
  }

  /// Value at risk of one period from the record itself: the (1 - confidence) quantile; needs 20 returns at 95 %.
  public static func historicalValueAtRisk(_ returns: [Double], confidence: Double = 0.95) -> Metric {
    let needed = Int((1 / (1 - confidence)).rounded())
    guard returns.count >= needed else { return .undefined("fewer than \(needed) returns") }
    return Statistics.quantile(returns, 1 - confidence)
  }

  /// Expected shortfall (Acerbi and Tasche 2002): the mean of the returns at or below the historical value at risk.
  public static func conditionalValueAtRisk(_ returns: [Double], confidence: Double = 0.95) -> Metric {
    historicalValueAtRisk(returns, confidence: confidence).flatMap { limit in
      Statistics.mean(returns.filter { $0 <= limit })
    }
  }

  /// The 95 % quantile over the magnitude of the 5 % quantile.
  public static func tailRatio(_ returns: [Double]) -> Metric {
    guard returns.count >= 20 else { return .undefined("fewer than 20 returns") }
    return Statistics.quantile(returns, 0.95).flatMap { upper in
      Statistics.quantile(returns, 0.05).flatMap { .ratio(upper, abs($0), zero: "the 5 % quantile is zero") }
    }
  }

  /// How far the best percent stands out: the 99 % quantile over the mean gain. Flat periods do not count as gains
  /// (quantstats counts them).
  public static func outlierWinRatio(_ returns: [Double]) -> Metric {
    outlier(returns, 0.99, of: returns.filter { $0 > 0 }, missing: "no return was positive")
  }

  /// How far the worst percent stands out: the 1 % quantile over the mean loss.
  public static func outlierLossRatio(_ returns: [Double]) -> Metric {
    outlier(returns, 0.01, of: returns.filter { $0 < 0 }, missing: "no return was negative")
  }

  private static func outlier(
    _ returns: [Double], _ probability: Double, of side: [Double], missing: String
  ) -> Metric {
    guard returns.count >= 100 else { return .undefined("fewer than 100 returns") }
    guard !side.isEmpty else { return .undefined(missing) }
    return Statistics.quantile(returns, probability).flatMap { quantile in
      Statistics.mean(side).flatMap { .ratio(quantile, $0, zero: missing) }
    }
  }
}

/// How much a run traded and how much it held.
public enum TradingActivity {
  /// Half of all traded value over mean equity and years: how often the book turned over in a year.
  ///
  /// - Parameters:
  ///   - tradedValue: purchases plus sales, account currency.
  ///   - equity: one value a period.
  public static func turnover(tradedValue: Double, equity: [Double], periodsPerYear: Double) -> Metric {
    Statistics.mean(equity).flatMap { mean in
      guard mean > 0 else { return .undefined("mean equity is not positive") }
      return .value(tradedValue / 2 / mean * periodsPerYear / Double(equity.count))
    }
  }

  /// The mean of exposure over equity, observation by observation; those with equity of zero or below are left out.
  public static func meanLeverage(exposure: [Double], equity: [Double]) -> Metric {
    let ratios = leverage(exposure: exposure, equity: equity)
    return ratios.isEmpty ? .undefined("equity was never positive") : Statistics.mean(ratios)
  }

  /// The largest exposure over equity.
  public static func maximumLeverage(exposure: [Double], equity: [Double]) -> Metric {
    leverage(exposure: exposure, equity: equity).max().map { .value($0) } ?? .undefined("equity was never positive")
  }

  private static func leverage(exposure: [Double], equity: [Double]) -> [Double] {
    zip(exposure, equity).compactMap { $1 > 0 ? $0 / $1 : nil }
  }

  /// The share of observations with any exposure.
  public static func timeInMarket(grossExposure: [Double]) -> Metric {
    .ratio(Double(grossExposure.count { $0 != 0 }), Double(grossExposure.count), zero: "no exposure was recorded")
  }
}

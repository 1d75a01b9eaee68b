/// What Interactive Brokers charges for United States shares and funds, and what passes through it.
///
/// Source: Interactive Brokers, "Commissions: Stocks, ETFs and Warrants", IBKR Pro, United States, fixed and tiered pricing.
/// Not simulated: exchange rebates by venue (one rate for taking and one for adding liquidity stands for all), the
/// consolidated audit trail fee. All money in 1e-8 dollars.
struct FeeSchedule {
  /// Fixed: a share, at least an order, at most a share of the order's value (ppm).
  var perShare: Int64 = 500_000
  var minimum: Int64 = 100_000_000
  var maximumShare: Int64 = 10_000
  /// Tiered only.
  var clearingPerShare: Int64 = 20_000
  /// The clearing fee is at most this share of the trade's value, ppm.
  var clearingMaximum: Int64 = 5_000
  var exchangeTaking: Int64 = 300_000
  var exchangeAdding: Int64 = 0
  /// Of the commission: NYSE 0.000175, FINRA 0.00056, in ppm.
  var passThrough: Int64 = 735
  /// -1: the dated tables.
  var section31: Int64 = -1
  var tradingActivity: Int64 = -1
  var tradingActivityCap: Int64 = -1

  /// Monthly volume in shares up to which each rate holds, on the margin.
  static let tierCount = 5
  @inline(__always) static func tier(_ i: Int) -> (upTo: Int64, rate: Int64) {
    switch i {
    case 0: (300_000 * Fixed.unit, 350_000)
    case 1: (3_000_000 * Fixed.unit, 200_000)
    case 2: (20_000_000 * Fixed.unit, 150_000)
    case 3: (100_000_000 * Fixed.unit, 100_000)
    default: (.max, 50_000)
    }
  }

  /// Commission of `quantity` shares when `before` were traded this month already.
  static func tiered(_ quantity: Int64, before: Int64) -> Int64 {
    var sum: Int64 = 0
    var left = quantity
    var at = before
    for i in 0..<tierCount where left > 0 {
      let (upTo, rate) = tier(i)
      guard at < upTo else { continue }
      let part = min(left, upTo - at)
      sum = Fixed.add(sum, perShare(rate, part))
      left -= part
      at = Fixed.add(at, part)
    }
    return sum
  }

  static func perShare(_ rate: Int64, _ quantity: Int64) -> Int64 {
    Fixed.scaled(rate, quantity, over: Fixed.unit) ?? .max
  }

  /// SEC and FINRA fees of one execution of a seller.
  func regulatory(_ quantity: Int64, _ value: Int64, _ time: Int64) -> Int64 {
    let day = Calendar.day(of: time)
    let sales = section31 >= 0 ? section31 : RegulatoryRates.inForce(RegulatoryRates.section31, day).rate.rate
    let activity = RegulatoryRates.inForce(RegulatoryRates.tradingActivity, day).rate
    let rate = tradingActivity >= 0 ? tradingActivity : activity.rate
    let cap = tradingActivityCap >= 0 ? tradingActivityCap : activity.cap
    let toSEC = Fixed.scaled(value, sales, over: Fixed.million * Fixed.unit) ?? .max
    return Fixed.add(toSEC, min(Self.perShare(rate, quantity), cap))
  }
}

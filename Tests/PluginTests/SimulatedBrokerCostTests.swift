import CAlphaLoop
import Testing

/// One order of one fill and what it must cost, by hand from the schedule named.
struct FeeCase: CustomTestStringConvertible, Sendable {
  var name: String
  var commission: String
  var quantity: Double
  var price: Double
  /// Days since 1970-01-01.
  var day: Int64
  var fee: Double
  var isResting = false
  var testDescription: String { name }
}

/// 2023-06-15, 2024-06-03, 2025-06-02: days since 1970-01-01 (19,523 = 53 years x 365 + 13 leap days + 165).
private let in2023: Int64 = 19_523
private let in2024: Int64 = 19_877
private let in2025: Int64 = 20_241
private let dayLength: Int64 = 86_400_000_000_000

private let feeCases: [FeeCase] = [
  // 0.005 x 500 = 2.50
  FeeCase(name: "fixed: per share", commission: "ibkr_fixed", quantity: 500, price: 50, day: in2023, fee: 2.5),
  FeeCase(name: "fixed: the minimum", commission: "ibkr_fixed", quantity: 100, price: 50, day: in2023, fee: 1),
  // 10 x 0.20 = 2.00; 1 % is 0.02, below the minimum of 1.00 (the broker's own example)
  FeeCase(
    name: "fixed: the maximum is below the minimum", commission: "ibkr_fixed", quantity: 10, price: 0.2, day: in2023,
    fee: 0.02),
  // Interactive Brokers' published comparison of 2023: sell 200,000 at 5: 1,000 + 8.00 + 7.27
  FeeCase(
    name: "fixed: a sale of 200,000 in 2023", commission: "ibkr_fixed", quantity: -200_000, price: 5, day: in2023,
    fee: 1015.27),
  // The same page, 30,000,000 at 5: 150,000 + 1,200 + 7.27
  FeeCase(
    name: "fixed: a sale of 30,000,000 in 2023", commission: "ibkr_fixed", quantity: -30_000_000, price: 5,
    day: in2023, fee: 151_207.27),
  // The same page, tiered: 700 + 600 + 40 + 8 + 0.392 + 0.1225 + 7.27; the page rounds each to cents: 1,355.78
  FeeCase(
    name: "tiered: a sale of 200,000 in 2023", commission: "ibkr_tiered", quantity: -200_000, price: 5, day: in2023,
    fee: 1355.7845),
  // 1,050 + 5,400 + 25,500 + 10,000 = 41,950; + 90,000 + 6,000 + 1,200 + 23.492 + 7.34125 + 7.27
  FeeCase(
    name: "tiered: a sale of 30,000,000 in 2023 through four tiers", commission: "ibkr_tiered", quantity: -30_000_000,
    price: 5, day: in2023, fee: 139_188.10325),
  // 0.35 + clearing 0.02 + exchange 0.30 + 0.35 x 0.000735 = 0.67025725
  FeeCase(
    name: "tiered: a purchase of 100 pays the minimum and no regulator", commission: "ibkr_tiered", quantity: 100,
    price: 50, day: in2023, fee: 0.670_257_25),
  // A resting limit order adds liquidity: no exchange fee by default.
  FeeCase(
    name: "tiered: a resting order pays no exchange fee", commission: "ibkr_tiered", quantity: 100, price: 50,
    day: in2023, fee: 0.370_257_25, isResting: true),
  // 1.00 + 100 x 100 x 27.80e-6 = 0.278 + 100 x 0.000166 = 0.0166
  FeeCase(name: "a sale in 2024", commission: "ibkr_fixed", quantity: -100, price: 100, day: in2024, fee: 1.2946),
  // From 2025-05-14 the SEC fee is 0.
  FeeCase(name: "a sale in 2025", commission: "ibkr_fixed", quantity: -100, price: 100, day: in2025, fee: 1.0166),
  // 12.3456 x 100 = 1,234.56; one basis point
  FeeCase(name: "one basis point", commission: "bps", quantity: -100, price: 12.34, day: in2025, fee: 0.1234),
  FeeCase(name: "none", commission: "none", quantity: 100, price: 12.34, day: in2025, fee: 0),
]

@Suite("broker.simulated: what a trade costs")
struct SimulatedBrokerCostTests {
  @Test("commission and fees", arguments: feeCases)
  func fees(_ example: FeeCase) throws {
    let broker = try BrokerSubject(["commission": example.commission, "cash": 1e9])
    let start = example.day * dayLength
    try broker.submit(
      example.isResting
        ? .test(1, AL_ORDER_LIMIT, example.quantity, limit: example.price, at: start)
        : .test(1, AL_ORDER_MARKET, example.quantity, at: start))
    let p = example.price
    let fill = try broker.advance(TestBar(p, p, p, p), at: start + 3600_000_000_000)
    #expect(fill.map(\.fee) == [fixed(example.fee)])
    #expect(try broker.account().cash == fixed(1e9) - fixed(example.quantity * p) - fixed(example.fee))
  }

  @Test("partial fills of one order share minimum and maximum")
  func partialFills() throws {
    // 150 shares in fills of 100 and 50: 0.5 -> minimum 1.00; then 0.75 in all is still 1.00, so the second fill is free.
    let broker = try BrokerSubject(["commission": "ibkr_fixed", "participation": 0.1])
    try broker.submit(.test(1, AL_ORDER_MARKET, 150), .test(2, AL_ORDER_MARKET, -300))
    let first = try broker.advance(TestBar(50, 50, 50, 50, volume: 1000), at: 1)
    let second = try broker.advance(TestBar(50, 50, 50, 50, volume: 1000), at: 2)
    let third = try broker.advance(TestBar(50, 50, 50, 50, volume: 1000), at: 3)
    #expect((first + second).filter { $0.sequence == 1 }.map(\.fee) == [fixed(1), 0])
    // 300 sold: 1.00, 0, then 1.50 in all; the regulators take theirs of each fill (1970: the first rows of the tables):
    // 5,000 x 19.20e-6 = 0.096, 100 x 0.00009 = 0.009.
    #expect(
      (first + second + third).filter { $0.sequence == 2 }.map(\.fee) == [fixed(1.105), fixed(0.105), fixed(0.605)])
  }

  @Test("the volume tier of a month is filled by earlier orders and empty again in the next month")
  func monthlyVolume() throws {
    let broker = try BrokerSubject([
      "commission": "ibkr_tiered", "cash": 1e9, "clearing_per_share": 0, "exchange_taking": 0,
    ])
    let may = Int64(19_508) * dayLength  // 2023-05-31
    var fees: [Int64] = []
    for (i, time) in [may, may + 1, may + 2 * dayLength].enumerated() {
      try broker.submit(.test(UInt64(i + 1), AL_ORDER_MARKET, 300_000, at: time))
      fees += try broker.advance(TestBar(5, 5, 5, 5), at: time + 1).map(\.fee)
    }
    // 300,000 x 0.0035 = 1,050; 300,000 x 0.002 = 600; each x 1.000735
    #expect(fees == [fixed(1050.77175), fixed(600.441), fixed(1050.77175)])
  }

  @Test("regulatory rates can be set by hand")
  func overrides() throws {
    let broker = try BrokerSubject([
      "commission": "ibkr_fixed", "section31_per_million": 10, "trading_activity_per_share": 0.001,
      "trading_activity_maximum": 0.05,
    ])
    try broker.submit(.test(1, AL_ORDER_MARKET, -100))
    // 1.00 + 10,000 x 10e-6 + min(0.10, 0.05)
    #expect(try broker.advance(TestBar(100, 100, 100, 100), at: 1).map(\.fee) == [fixed(1.15)])
  }

  static let spreads: [([String: any Sendable], Double, Double, Double)] = [
    // parameters, price of a buy at 100, of a sale at 100, of a limit sale at 101
    (["spread": "fixed", "half_spread": 0.02], 100.02, 99.98, 101),
    (["spread": "bps", "half_spread_bps": 5], 100.05, 99.95, 101),
    (["slippage": "bps", "slippage_bps": 2.5], 100.025, 99.975, 101),
    (["slippage": "bps", "slippage_bps": 10, "spread": "fixed", "half_spread": 0.01], 100.11, 99.89, 101),
    // high - low = 2, 0.6005612043932249 x 2 = 1.2011224..., sqrt(100 / 10,000) = 0.1: 0.12011224087865, rounded up
    (["slippage": "square_root"], 100.120_112_25, 99.879_887_75, 101),
    (["slippage": "square_root", "impact_coefficient": 0.5], 100.060_056_13, 99.939_943_87, 101),
  ]

  @Test(
    "market orders pay half the spread and the slippage, resting limit orders neither", arguments: 0..<spreads.count)
  func liquidity(_ i: Int) throws {
    let (parameters, buy, sale, limit) = Self.spreads[i]
    let broker = try BrokerSubject(parameters)
    try broker.submit(
      .test(1, AL_ORDER_MARKET, 100), .test(2, AL_ORDER_MARKET, -100), .test(3, AL_ORDER_LIMIT, -100, limit: 101))
    let fills = try broker.advance(TestBar(100, 101, 99, 100, volume: 10_000), at: 1)
    #expect(fills.map(\.price) == [fixed(buy), fixed(sale), fixed(limit)])
  }

  @Test("a stop pays them from its stop price")
  func stopPays() throws {
    let broker = try BrokerSubject(["spread": "fixed", "half_spread": 0.02])
    try broker.submit(
      .test(1, AL_ORDER_STOP, -10, stop: 99), .test(2, AL_ORDER_STOP_LIMIT, 10, limit: 101.01, stop: 101))
    // 101 + 0.02 is above the limit, and the close does not come back to it: nothing for order 2 in this bar.
    let reports = try broker.advance(TestBar(100, 102, 98, 101.5), at: 1)
    #expect(reports.map(\.description) == ["1 triggered", "1 fill -10 @ 98.98", "2 triggered"])
  }

  @Test("with spread: quotes a market order crosses the quoted spread, and the fixed one where there is no quote")
  func quotes() throws {
    let broker = try BrokerSubject(["spread": "quotes", "half_spread": 0.5])
    let bar = TestBar(100, 101, 99, 100)
    try broker.submit(.test(1, AL_ORDER_MARKET, 1))
    let quote = al_quote_v1(ts: 1, bid: 99.97, ask: 100.03, bid_size: 1, ask_size: 1)
    #expect(try broker.advance([bar], at: 1, quotes: [quote]).map(\.price) == [fixed(100.03)])
    try broker.submit(.test(2, AL_ORDER_MARKET, -1, at: 1))
    #expect(try broker.advance([bar], at: 2).map(\.price) == [fixed(99.5)])
  }

  @Test("a notional that does not come out whole is rounded half to even")
  func rounding() throws {
    // 0.00000001 x 0.5 = 0.5e-8 -> 0; 0.00000003 x 0.5 = 1.5e-8 -> 2e-8
    let pair = BrokerSubject.Instrument(
      symbol: "XY", asset: AL_ASSET_CRYPTO, tick: 1, lot: fixed(0.5), multiplier: fixed(1))
    let broker = try BrokerSubject(["cash": 1], [pair])
    try broker.submit(.test(1, AL_ORDER_MARKET, 0.5))
    try broker.advance(TestBar(1e-8, 1e-8, 1e-8, 1e-8), at: 1)
    #expect(try broker.account().cash == fixed(1))
    try broker.submit(.test(2, AL_ORDER_MARKET, 0.5, at: 1))
    try broker.advance(TestBar(3e-8, 3e-8, 3e-8, 3e-8), at: 2)
    #expect(try broker.account().cash == fixed(1) - 2)
  }

  @Test("a contract's multiplier scales its money")
  func multiplier() throws {
    let future = BrokerSubject.Instrument(
      symbol: "ES", asset: AL_ASSET_FUTURE, tick: fixed(0.25), lot: fixed(1), multiplier: fixed(50))
    let broker = try BrokerSubject(["commission": "bps"], [future])
    try broker.submit(.test(1, AL_ORDER_MARKET, -2))
    // 2 x 4,000 x 50 = 400,000; one basis point 40
    #expect(try broker.advance(TestBar(4000, 4000, 4000, 4010), at: 1).map(\.fee) == [fixed(40)])
    let account = try broker.account()
    #expect(account.cash == fixed(1_399_960))
    #expect(account.equity == fixed(1_399_960 - 401_000))
  }
}

import AlphaLoopSDK
import CAlphaLoop

extension SimulatedBroker {
  static let descriptor = Descriptor(
    id: "broker.simulated", name: "Simulated broker",
    summary: "Matches orders against bars with spread, slippage, volume cap, commissions, latency, rejects and halts",
    parameters: accountParameters + fillParameters + commissionParameters)

  private static let accountParameters: [ParameterSpec] = [
    .number("cash", default: 1_000_000, in: 0...1e10, "Cash at the start, in the account's currency"),
    .text("currency", default: "USD", "Currency of the account; every tradable instrument is priced in it"),
    .text("account", default: "SIM", "Account name, at most 24 bytes"),
    .integer("seed", default: 0, in: 0...Int(Int32.max), "Seed of random rejects; 0: from the run's seed"),
    .integer(
      "execution_history", default: 8192, in: 0...1 << 24,
      "Fills kept for reconciliation, 0 or a power of two; asking further back is an error"),
  ]

  private static let fillParameters: [ParameterSpec] = [
    .choice(
      "fill", default: "next_open", of: ["next_open", "same_close"],
      "Market orders fill at the next open, or at the close they were decided on"),
    .integer("latency_ns", default: 0, in: 0...86_400_000_000_000, "From submission to acceptance, nanoseconds"),
    .number(
      "participation", default: 0, in: 0...1,
      "Most of a bar's volume that one side of our orders takes, as a share; 0: no cap"),
    .choice(
      "spread", default: "none", of: ["none", "fixed", "bps", "quotes"],
      "Half-spread that market orders pay: half_spread, half_spread_bps, or from the quotes (half_spread without one)"),
    .number("half_spread", default: 0, in: 0...1e6, "Half the spread in money per unit"),
    .number("half_spread_bps", default: 0, in: 0...5000, "Half the spread in basis points of price"),
    .choice(
      "slippage", default: "none", of: ["none", "bps", "square_root"],
      "none, slippage_bps, or impact_coefficient x sigma x sqrt(quantity / volume) (slippage_bps without a volume)"),
    .number("slippage_bps", default: 0, in: 0...5000, "Basis points of price"),
    .number("impact_coefficient", default: 1, in: 0...100, "Of the square-root model"),
    .number(
      "impact_volatility", default: 0.01, in: 0...1, "Sigma as a share of price for series without high and low"),
    .number("reject_probability", default: 0, in: 0...1, "Of an order being rejected at random"),
    .json(
      "halts",
      schema: "{\"type\":\"array\",\"default\":[],\"description\":\"No trading in bars stamped after from, up to to\","
        + "\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"symbol\",\"from\",\"to\"],"
        + "\"properties\":{\"symbol\":{\"type\":\"string\"},"
        + "\"from\":{\"type\":\"string\",\"description\":\"UTC, 2024-03-18T14:30:00Z\"},"
        + "\"to\":{\"type\":\"string\",\"description\":\"UTC, 2024-03-18T14:35:00Z\"}}}}"),
  ]

  private static let commissionParameters: [ParameterSpec] = [
    .choice(
      "commission", default: "none", of: ["none", "bps", "ibkr_fixed", "ibkr_tiered"],
      "None, commission_bps of notional, or Interactive Brokers' schedules for shares with regulatory fees on sales"),
    .number("commission_bps", default: 1, in: 0...1000, "Basis points of notional, truncated to 1e-8"),
    .number("commission_per_share", default: 0.005, in: 0...100, "ibkr_fixed: a share"),
    .number("commission_minimum", default: -1, in: -1...1000, "An order; -1: 1.00 fixed, 0.35 tiered"),
    .number("commission_maximum", default: 0.01, in: 0...1, "Most of an order's value, as a share"),
    .number("clearing_per_share", default: 0.0002, in: 0...1, "ibkr_tiered: NSCC and DTC, at most 0.5 % of the value"),
    .number("exchange_taking", default: 0.003, in: 0...1, "ibkr_tiered: exchange fee a share that takes liquidity"),
    .number(
      "exchange_adding", default: 0, in: -1...1, "ibkr_tiered: the same for resting limit orders; below 0 a rebate"),
    .number(
      "section31_per_million", default: -1, in: -1...1000, "SEC fee per million of sales; -1: by date from the table"),
    .number(
      "trading_activity_per_share", default: -1, in: -1...1, "FINRA fee a share sold; -1: by date from the table"),
    .number("trading_activity_maximum", default: -1, in: -1...1000, "Most a trade; -1: by date from the table"),
  ]
}

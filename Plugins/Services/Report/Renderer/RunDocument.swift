/// Everything a report says about one run, as read from the run document.
///
/// The run document is one JSON object (UTF-8). `Tests/Fixtures/report/run.json` is a complete example. Rules:
/// - Times are integers, nanoseconds UTC. Money, prices and quantities are **decimal strings** with at most 8 decimals
///   (`"-1234.5"`), exact; they are in `currency` unless said otherwise. Ratios and weights are JSON numbers.
/// - Every key below is required unless marked `?`; an unknown key is an error. Lists may be empty and keep their order.
///
/// | key | value |
/// |---|---|
/// | `format` | `"alphaloop.run/1"` |
/// | `title` | text |
/// | `mode` | `backtest`, `simulation`, `replay`, `paper` or `live` |
/// | `synthetic` | boolean; true prints SYNTHETIC on every surface |
/// | `notices` | `[text]`: what a reader must know before believing a number |
/// | `sources` | `[{name, licence, detail?}]`: the data and its licence |
/// | `session`, `configurationHash` | text |
/// | `seed` | integer or text (an unsigned 64-bit seed does not fit a JSON integer everywhere) |
/// | `period` | `{from, to}`: times |
/// | `currency` | ISO 4217 code |
/// | `periodsPerYear` | integer, 252 for exchange days, 365 for round-the-clock markets |
/// | `riskFreeRate`? | number a year, 0 when absent |
/// | `trials`? | `{count, sharpeVariance}`: strategies tried before this one and the variance of their Sharpe ratios of one period, for the deflated Sharpe ratio |
/// | `initialCash` | decimal above 0 |
/// | `equity` | `[[time, equity, cash, grossExposure, netExposure, positions]]`, times not descending; positions is an integer |
/// | `benchmark`? | `{name, rows: [[time, value]]}`, values above 0 |
/// | `fills` | `[{time, instrument, quantity, price, fee, notional?, agents: [{agent, share}]}]`: quantity signed (sale negative), notional the traded value in `currency` when it is not quantity x price (multiplier, FX), shares fractions of the fill |
/// | `trades` | closed round trips `[{agent, instrument, quantity, opened, closed, entryPrice, exitPrice, profit, fees}]`: quantity signed (short negative), profit net of fees |
/// | `agents` | `[{agent, tier, family, realised, unrealised, fees, views, abstentions, refusals, weight?}]`: abstentions and refusals are objects `{reason: count}`, weight a number |
/// | `instruments` | `[{instrument, quantity, realised, unrealised, fees}]`: quantity held at the end; realised and unrealised before fees, here and in `agents` |
/// | `halts` | `[{time, trigger, from, to, actor, reason, numbers}]`: numbers is an object `{name: text}` |
/// | `denials` | `[{time, instrument, agent, reason, numbers}]`: every order the gate denied |
/// | `faults` | `[{time, last?, count?, plugin, agent?, kind, detail}]`: the first time, the last, how often |
public struct RunDocument: Sendable {
  enum Mode: String, CaseIterable {
    case backtest, simulation, replay, paper, live
  }

  struct Source {
    var name: String
    var licence: String
    var detail: String
  }

  struct Trials {
    var count: Int
    var sharpeVariance: Double
  }

  struct EquityRow {
    var time: Int64
    var equity: FixedDecimal
    var cash: FixedDecimal
    var grossExposure: FixedDecimal
    var netExposure: FixedDecimal
    var positions: Int
  }

  struct Benchmark {
    var name: String
    var times: [Int64]
    var values: [Double]
  }

  struct Share {
    var agent: String
    var share: Double
  }

  struct Fill {
    var time: Int64
    var instrument: String
    var quantity: FixedDecimal
    var price: FixedDecimal
    var fee: FixedDecimal
    var notional: FixedDecimal
    var agents: [Share]
  }

  struct Trade {
    var agent: String
    var instrument: String
    var quantity: FixedDecimal
    var opened: Int64
    var closed: Int64
    var entryPrice: FixedDecimal
    var exitPrice: FixedDecimal
    var profit: FixedDecimal
    var fees: FixedDecimal
  }

  struct ReasonCount {
    var reason: String
    var count: Int
  }

  struct Agent: ProfitAndLoss {
    var agent: String
    var tier: String
    var family: String
    var realised: FixedDecimal
    var unrealised: FixedDecimal
    var fees: FixedDecimal
    var views: Int
    var abstentions: [ReasonCount]
    var refusals: [ReasonCount]
    var weight: Double?
  }

  struct Instrument: ProfitAndLoss {
    var instrument: String
    var quantity: FixedDecimal
    var realised: FixedDecimal
    var unrealised: FixedDecimal
    var fees: FixedDecimal
  }

  struct Number {
    var name: String
    var text: String
  }

  struct Halt {
    var time: Int64
    var trigger: String
    var from: String
    var to: String
    var actor: String
    var reason: String
    var numbers: [Number]
  }

  struct Denial {
    var time: Int64
    var instrument: String
    var agent: String
    var reason: String
    var numbers: [Number]
  }

  struct Fault {
    var time: Int64
    var last: Int64
    var count: Int
    var plugin: String
    var agent: String
    var kind: String
    var detail: String
  }

  var title: String
  var mode: Mode
  var isSynthetic: Bool
  var notices: [String]
  var sources: [Source]
  var session: String
  var configurationHash: String
  var seed: String
  var from: Int64
  var to: Int64
  var currency: String
  var periodsPerYear: Double
  var riskFreeRate: Double
  var trials: Trials?
  var initialCash: FixedDecimal
  var equity: [EquityRow]
  var benchmark: Benchmark?
  var fills: [Fill]
  var trades: [Trade]
  var agents: [Agent]
  var instruments: [Instrument]
  var halts: [Halt]
  var denials: [Denial]
  var faults: [Fault]

  var faultCount: Int { faults.reduce(0) { $0 + $1.count } }
}

/// What an agent or an instrument brought in.
protocol ProfitAndLoss {
  var realised: FixedDecimal { get }
  var unrealised: FixedDecimal { get }
  var fees: FixedDecimal { get }
}

extension ProfitAndLoss {
  /// Realised and unrealised less fees.
  var total: FixedDecimal { realised + unrealised + FixedDecimal(units: 0 &- fees.units) }
}

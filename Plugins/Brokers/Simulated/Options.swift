import AlphaLoopSDK
import CAlphaLoop

/// The parameters of an instance, checked and in the venue's units.
struct Options {
  var settings = Settings()
  var fees = FeeSchedule()
  var cash: Int64
  var currency: String
  var account: String
  /// 0: from the run's seed.
  var seed: Int
  private var halts: [(symbol: String, halt: TradingHalt)] = []

  init(_ parameters: Parameters) throws(PluginError) {
    cash = try Self.money(parameters, "cash")
    currency = try parameters.text("currency")
    account = try parameters.text("account")
    seed = try parameters.integer("seed")
    guard currency.utf8.count <= 8, !currency.isEmpty else {
      throw .configuration("parameter 'currency' is '\(currency)'; give a code of 1 to 8 letters, such as USD")
    }
    guard account.utf8.count <= 24 else {
      throw .configuration("parameter 'account' has \(account.utf8.count) bytes; the most is 24")
    }
    try readFills(parameters)
    try readCommission(parameters)
    try readHalts(parameters)
  }

  private mutating func readFills(_ parameters: Parameters) throws(PluginError) {
    settings.fillsAtSameClose = try parameters.text("fill") == "same_close"
    settings.latency = Int64(try parameters.integer("latency_ns"))
    settings.participation = try Self.ppm(parameters, "participation", per: 1)
    settings.spread =
      switch try parameters.text("spread") {
      case "fixed": .fixed
      case "bps": .proportional
      case "quotes": .quotes
      default: .none
      }
    settings.halfSpread = try Self.money(parameters, "half_spread")
    settings.halfSpreadShare = try Self.ppm(parameters, "half_spread_bps", per: 10_000)
    settings.slippage =
      switch try parameters.text("slippage") {
      case "bps": .proportional
      case "square_root": .squareRoot
      default: .none
      }
    settings.slippageShare = try Self.ppm(parameters, "slippage_bps", per: 10_000)
    settings.impactCoefficient = try parameters.number("impact_coefficient")
    settings.impactVolatility = try parameters.number("impact_volatility")
    settings.rejectProbability = try parameters.number("reject_probability")
    let history = try parameters.integer("execution_history")
    guard history == 0 || history & (history - 1) == 0 else {
      throw .configuration("parameter 'execution_history' is \(history); give 0 or a power of two")
    }
    settings.executionHistory = history
  }

  private mutating func readCommission(_ parameters: Parameters) throws(PluginError) {
    let kind = try parameters.text("commission")
    settings.commission =
      switch kind {
      case "bps": .proportional
      case "ibkr_fixed": .fixed
      case "ibkr_tiered": .tiered
      default: .none
      }
    settings.commissionShare = Share(ppm: try Self.ppm(parameters, "commission_bps", per: 10_000))
    fees.perShare = try Self.money(parameters, "commission_per_share")
    fees.minimum = try Self.money(parameters, "commission_minimum")
    if fees.minimum < 0 { fees.minimum = kind == "ibkr_tiered" ? 35_000_000 : 100_000_000 }
    fees.maximumShare = try Self.ppm(parameters, "commission_maximum", per: 1)
    fees.clearingPerShare = try Self.money(parameters, "clearing_per_share")
    fees.exchangeTaking = try Self.money(parameters, "exchange_taking")
    fees.exchangeAdding = try Self.money(parameters, "exchange_adding")
    fees.section31 = max(-1, try Self.money(parameters, "section31_per_million"))
    fees.tradingActivity = max(-1, try Self.money(parameters, "trading_activity_per_share"))
    fees.tradingActivityCap = max(-1, try Self.money(parameters, "trading_activity_maximum"))
  }

  private mutating func readHalts(_ parameters: Parameters) throws(PluginError) {
    for i in 0..<parameters.count("halts") {
      let symbol = try parameters.text("halts.\(i).symbol")
      let from = try Self.time(parameters, "halts.\(i).from")
      let to = try Self.time(parameters, "halts.\(i).to")
      guard from < to else {
        throw .configuration("parameter 'halts.\(i)': 'to' is not later than 'from'; swap or correct them")
      }
      halts.append((symbol, TradingHalt(from: from, to: to)))
    }
  }

  // MARK: against a universe

  /// One account in one currency; the share schedules price shares only.
  func check(_ universe: [Instrument]) throws(PluginError) {
    for instrument in universe where instrument.isTradable && instrument.asset != AL_ASSET_INDEX {
      guard instrument.currency.isEmpty || instrument.currency == currency else {
        throw .configuration(
          "the account is in \(currency) but \(instrument.symbol) trades in \(instrument.currency); "
            + "set the parameter 'currency', or give each currency a broker instance of its own")
      }
      let isShare = instrument.asset == AL_ASSET_EQUITY || instrument.asset == AL_ASSET_ETF
      guard isShare || settings.commission == .none || settings.commission == .proportional else {
        throw .configuration(
          "commission 'ibkr_fixed' and 'ibkr_tiered' are for shares and funds, and \(instrument.symbol) is neither; "
            + "use 'bps' or 'none'")
      }
      guard instrument.multiplier > 0 else {
        throw .configuration("the multiplier of \(instrument.symbol) is \(instrument.multiplier); it must be above 0")
      }
    }
  }

  func books(_ universe: [Instrument]) throws(PluginError) -> (books: [Book], halts: [TradingHalt]) {
    for (symbol, _) in halts where !universe.contains(where: { $0.symbol == symbol }) {
      throw .configuration("parameter 'halts' names \(symbol), which is not in the universe; correct the symbol")
    }
    var books: [Book] = []
    var flat: [TradingHalt] = []
    for instrument in universe {
      var marks: UInt32 = 0
      if instrument.isTradable && instrument.asset != AL_ASSET_INDEX { marks |= Book.tradable }
      if instrument.isShortable { marks |= Book.shortable }
      let own = halts.filter { $0.symbol == instrument.symbol }
      var book = Book(
        marks: marks, multiplier: instrument.multiplier, lot: Divisor(instrument.lot), tick: Divisor(instrument.tick))
      book.firstHalt = flat.count
      book.haltCount = own.count
      flat.append(contentsOf: own.map(\.halt))
      books.append(book)
    }
    return (books, flat)
  }

  // MARK: units

  private static func money(_ parameters: Parameters, _ name: String) throws(PluginError) -> Int64 {
    let value = try parameters.number(name)
    guard let exact = Int64(exactly: (value * 1e8).rounded(.toNearestOrEven)) else {
      throw .configuration("parameter '\(name)' is \(value); an amount lies within 92 billion either way")
    }
    return exact
  }

  /// A share as whole parts per million; finer ones are refused, not rounded.
  private static func ppm(_ parameters: Parameters, _ name: String, per whole: Double) throws(PluginError) -> Int64 {
    let value = try parameters.number(name)
    let scaled = value * (1e6 / whole)
    guard let exact = Int64(exactly: scaled.rounded()), abs(scaled - scaled.rounded()) < 1e-6 else {
      throw .configuration("parameter '\(name)' is \(value); the finest step is \(whole / 1e6)")
    }
    return exact
  }

  /// "2024-03-18T14:30:00Z", nothing else.
  private static func time(_ parameters: Parameters, _ name: String) throws(PluginError) -> Int64 {
    let text = try parameters.text(name)
    let pattern = Array("0000-00-00T00:00:00Z".utf8)
    let bytes = Array(text.utf8)
    var numbers: [Int64] = [0]
    var fits = bytes.count == pattern.count
    for (byte, wanted) in zip(bytes, pattern) {
      if wanted == UInt8(ascii: "0") {
        fits = fits && byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int64(byte) - 48
      } else {
        fits = fits && byte == wanted
        numbers.append(0)
      }
    }
    guard fits, numbers.count == 7, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24,
      numbers[4] < 60, numbers[5] < 60, (1970...2200).contains(numbers[0])
    else {
      throw .configuration("parameter '\(name)' is '\(text)'; give a time in UTC such as 2024-03-18T14:30:00Z")
    }
    let seconds = numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    return Calendar.days(numbers[0], numbers[1], numbers[2]) * Calendar.dayLength + seconds * 1_000_000_000
  }
}

import TWSProtocol

/// The stocks that can be asked for: a few with their well-known numbers, and any other symbol with a number that follows
/// from its name.
final class Market {
  let seed: UInt64
  private(set) var bySymbol: [String: Instrument] = [:]
  private(set) var byConId: [Int32: Instrument] = [:]
  private let replays: [String: [Double]]

  static let known: [(symbol: String, conId: Int32, name: String, exchange: String, price: Double)] = [
    ("AAPL", 265_598, "APPLE INC", "NASDAQ", 187.35), ("MSFT", 272_093, "MICROSOFT CORP", "NASDAQ", 415.2),
    ("AMZN", 3_691_937, "AMAZON.COM INC", "NASDAQ", 178.4), ("GOOG", 208_813_720, "ALPHABET INC-CL C", "NASDAQ", 164.1),
    ("META", 107_113_386, "META PLATFORMS INC-CLASS A", "NASDAQ", 505.3),
    ("NVDA", 4_815_747, "NVIDIA CORP", "NASDAQ", 121.7), ("TSLA", 76_792_991, "TESLA INC", "NASDAQ", 251.3),
    ("IBM", 8_314, "INTL BUSINESS MACHINES CORP", "NYSE", 192.2),
    ("JPM", 1_520_593, "JPMORGAN CHASE & CO", "NYSE", 205.6),
    ("KO", 8_894, "COCA-COLA CO/THE", "NYSE", 62.4), ("XOM", 13_977, "EXXON MOBIL CORP", "NYSE", 114.9),
    ("SPY", 756_733, "SPDR S&P 500 ETF TRUST", "ARCA", 548.8),
    ("QQQ", 320_227_571, "INVESCO QQQ TRUST SERIES 1", "NASDAQ", 472.5),
  ]

  init(seed: UInt64, replays: [String: [Double]] = [:]) {
    (self.seed, self.replays) = (seed, replays)
    for entry in Self.known { add(entry.symbol, entry.conId, entry.name, entry.exchange, entry.price) }
    for symbol in replays.keys.sorted() { _ = instrument(symbol) }
  }

  /// The stock of a symbol; nil for text that is none.
  func instrument(_ symbol: String) -> Instrument? {
    if let known = bySymbol[symbol] { return known }
    guard (1...12).contains(symbol.utf8.count), symbol.utf8.allSatisfy(Self.isOfSymbol) else { return nil }
    var stream = SeededStream(0, symbol)
    var conId = Int32(500_000_000 + stream.below(400_000_000))
    while byConId[conId] != nil { conId += 1 }
    let price = 20 + stream.unit() * 280
    return add(symbol, conId, "\(symbol) CORP", stream.below(2) == 0 ? "NYSE" : "NASDAQ", price)
  }

  /// The stock that a contract names, by its number or its symbol; nil: there is none, or it is of another kind.
  func instrument(of contract: Contract) -> Instrument? {
    if contract.conId != 0 { return byConId[contract.conId] }
    guard contract.secType == "STK", contract.currency.isEmpty || contract.currency == "USD" else { return nil }
    return instrument(contract.symbol.isEmpty ? contract.localSymbol : contract.symbol)
  }

  @discardableResult
  private func add(_ symbol: String, _ conId: Int32, _ name: String, _ exchange: String, _ price: Double) -> Instrument
  {
    let rows = replays[symbol] ?? []
    let made = Instrument(
      symbol, conId: conId, name: name, exchange: exchange, base: rows.first ?? price, seed: seed)
    made.replay = rows
    bySymbol[symbol] = made
    byConId[conId] = made
    return made
  }

  private static func isOfSymbol(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
      UInt8(ascii: " "), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

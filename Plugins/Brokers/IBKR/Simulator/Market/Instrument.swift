import TWSProtocol

/// One stock of the simulated market: who it is, its quote, and its day.
final class Instrument {
  let symbol: String
  let conId: Int32
  let name: String
  let primaryExchange: String
  /// Prices live on this grid.
  let tick = 0.01
  /// What the price history and the walk start from.
  let base: Double
  var walk: SeededStream
  /// Steps of the walk that were done.
  var step = 0

  var middle: Double
  var bid = 0.0
  var ask = 0.0
  var last: Double
  var bidSize = 100
  var askSize = 100
  var lastSize = 100
  var volume = 0
  var open: Double
  var high: Double
  var low: Double
  let close: Double
  /// Rows of a file to replay, and the next one.
  var replay: [Double] = []

  init(_ symbol: String, conId: Int32, name: String, exchange: String, base: Double, seed: UInt64) {
    (self.symbol, self.conId, self.name, primaryExchange) = (symbol, conId, name, exchange)
    let start = Self.onGrid(base, 0.01)
    walk = SeededStream(seed, "walk \(symbol)")
    (self.base, middle, last, open, high, low) = (start, start, start, start, start, start)
    close = Self.onGrid(base * (0.99 + walk.unit() * 0.02), 0.01)
    spreadAround(start)
  }

  /// One step: the middle moves, and sometimes a trade happens. True: one did.
  func advance(volatility: Double) -> Bool {
    step += 1
    var target = middle
    if !replay.isEmpty {
      target = replay[min(step - 1, replay.count - 1)]
    } else if volatility > 0 {
      target = middle * (1 + walk.deviate() * 0.000_15 * volatility)
    }
    move(to: target)
    bidSize = 100 * (1 + walk.below(9))
    askSize = 100 * (1 + walk.below(9))
    let chance = walk.below(3)
    guard chance > 0 else { return false }
    trade(at: chance == 1 ? bid : ask, 1 + walk.below(400))
    return true
  }

  /// Puts the quote around a price; the next steps go on from there.
  func move(to price: Double) {
    middle = max(price, 2 * tick)
    spreadAround(middle)
  }

  func trade(at price: Double, _ size: Int) {
    (last, lastSize) = (price, size)
    volume += size
    high = max(high, price)
    low = min(low, price)
  }

  private func spreadAround(_ price: Double) {
    let half = max(1, Int((price * 0.000_05 / tick).rounded()))
    bid = Self.onGrid(price - Double(half) * tick, tick)
    ask = Self.onGrid(bid + Double(2 * half) * tick, tick)
  }

  /// The nearest price on the grid, without the dust of binary fractions.
  static func onGrid(_ price: Double, _ tick: Double) -> Double {
    let steps = (price / tick).rounded()
    return (steps / (1 / tick).rounded())
  }

  var contract: Contract {
    var contract = Contract()
    contract.conId = conId
    contract.symbol = symbol
    contract.secType = "STK"
    contract.exchange = "SMART"
    contract.primaryExchange = primaryExchange
    contract.currency = "USD"
    contract.localSymbol = symbol
    contract.tradingClass = primaryExchange == "NASDAQ" ? "NMS" : symbol
    return contract
  }
}

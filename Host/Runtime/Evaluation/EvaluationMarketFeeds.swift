import AlphaLoopCore
import CAlphaLoop

/// The newest quote of each instrument.
final class QuoteFeed: EvaluationFeed {
  private let rows: [(instrument: Int, row: al_quote_v1)]
  private let quotes: UnsafeMutablePointer<al_quote_v1>
  private let list: UnsafeMutablePointer<UnsafePointer<al_quote_v1>?>
  private var next = 0

  init(_ quotes: [EvaluationQuote], index: [String: UInt32], count: Int, memory: any InputMemory) {
    rows = quotes.enumerated().compactMap { k, quote in index[quote.symbol].map { (k, Int($0), quote.row) } }
      .sorted { ($0.2.ts, $0.0) < ($1.2.ts, $1.0) }.map { ($0.1, $0.2) }
    let block = memory.array(al_quote_v1.self, count: count)
    self.quotes = block
    list = memory.array((0..<count).map { UnsafePointer(block + $0) })
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    while next < rows.count, rows[next].row.ts <= time {
      quotes[rows[next].instrument] = rows[next].row
      next += 1
    }
    input.quotes = UnsafePointer(list)
  }
}

/// The trades since the last evaluation.
final class TradeFeed: EvaluationFeed {
  private let rows: [al_trade_v1]
  private let block: UnsafeMutablePointer<al_trade_v1>
  private var next = 0

  init(_ trades: [EvaluationTrade], index: [String: UInt32], memory: any InputMemory) {
    let known = trades.enumerated().compactMap { k, trade in
      index[trade.symbol].map { instrument in
        var row = trade.row
        row.instrument = instrument
        return (k, row)
      }
    }
    rows = known.sorted { ($0.1.ts, $0.1.instrument, $0.0) < ($1.1.ts, $1.1.instrument, $1.0) }.map(\.1)
    block = memory.array(al_trade_v1.self, count: rows.count)
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    input.trades = UnsafePointer(block + next)
    let first = next
    while next < rows.count, rows[next].ts <= time {
      block[next] = rows[next]
      next += 1
    }
    input.n_trades = UInt32(next - first)
  }
}

/// The newest row of every contract that has not expired.
final class OptionFeed: EvaluationFeed {
  private let rows: [(contract: Int, row: al_option_v1)]
  /// By underlying, expiry, strike, right.
  private var contracts: [al_option_v1?]
  private let block: UnsafeMutablePointer<al_option_v1>
  private var next = 0

  private struct Key: Hashable, Comparable {
    var underlying: UInt32
    var expiry: Int64
    var strike: Double
    var right: UInt32
    static func < (a: Key, b: Key) -> Bool {
      (a.underlying, a.expiry, a.strike, a.right) < (b.underlying, b.expiry, b.strike, b.right)
    }
  }

  init(_ options: [EvaluationOption], index: [String: UInt32], memory: any InputMemory) {
    let known = options.compactMap { option in
      index[option.underlying].map { underlying in
        var row = option.row
        row.underlying = underlying
        return row
      }
    }
    func key(_ row: al_option_v1) -> Key {
      Key(underlying: row.underlying, expiry: row.expiry_ns, strike: row.strike, right: row.right)
    }
    let keys = Set(known.map(key)).sorted()
    let place = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
    rows = known.enumerated().sorted { ($0.element.ts, $0.offset) < ($1.element.ts, $1.offset) }
      .compactMap { item in place[key(item.element)].map { ($0, item.element) } }
    contracts = Array(repeating: nil, count: keys.count)
    block = memory.array(al_option_v1.self, count: keys.count)
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    while next < rows.count, rows[next].row.ts <= time {
      contracts[rows[next].contract] = rows[next].row
      next += 1
    }
    var n = 0
    for case let row? in contracts where row.expiry_ns >= time {
      block[n] = row
      n += 1
    }
    input.options = UnsafePointer(block)
    input.n_options = UInt32(n)
  }
}

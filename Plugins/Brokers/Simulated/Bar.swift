import AlphaLoopSDK
import CAlphaLoop

/// One row of the market. A series without opens has its close in their place: everything then happens at the close.
struct Bar {
  var open: Int64
  var high: Int64
  var low: Int64
  var close: Int64
  /// -1: the series has no volume.
  var volume: Int64
  var hasRange: Bool
}

/// The market of one as-of time.
struct Pass {
  let asOf: Int64
  let flags: UInt32
  /// The second pass of a batch: only market orders, at the close.
  let isSecond: Bool
  let rows: Int
  let instruments: UnsafePointer<UInt32>?
  let open: UnsafePointer<Int64>?
  let high: UnsafePointer<Int64>?
  let low: UnsafePointer<Int64>?
  let close: UnsafePointer<Int64>
  let volume: UnsafePointer<Int64>?
  let quotes: UnsafePointer<UnsafePointer<al_quote_v1>?>?

  /// Nil when there are no rows that could trade.
  @inline(__always) init?(_ market: UnsafePointer<al_market_v1>) {
    let bars = market.pointee.bars
    guard let close = bars.close else { return nil }
    asOf = market.pointee.as_of_ns
    flags = market.pointee.session_flags
    isSecond = flags & AL_MARKET_SAME_CLOSE != 0
    rows = Int(truncatingIfNeeded: bars.n)
    instruments = bars.instrument
    let hasOpen = flags & AL_MARKET_CLOSE_ONLY == 0
    open = hasOpen ? bars.open : nil
    high = hasOpen && bars.open != nil ? bars.high : nil
    low = hasOpen && bars.open != nil ? bars.low : nil
    self.close = close
    volume = bars.volume
    quotes = market.pointee.quotes
  }

  @inline(__always) func has(_ flag: UInt32) -> Bool { flags & flag != 0 }

  /// The row of an instrument, -1 when it has none.
  @inline(__always) func row(of instrument: UInt32) -> Int {
    let guess = Int(instrument)
    guard let instruments else { return guess < rows ? guess : -1 }
    if guess < rows && instruments[guess] == instrument { return guess }
    return search(instruments, instrument)
  }

  @inline(never) private func search(_ instruments: UnsafePointer<UInt32>, _ instrument: UInt32) -> Int {
    var low = 0
    var high = rows
    while low < high {
      let middle = (low + high) / 2
      if instruments[middle] < instrument { low = middle + 1 } else { high = middle }
    }
    return low < rows && instruments[low] == instrument ? low : -1
  }

  /// Nil where the row has no close. A missing open, high or low (0 or below) is taken from what is there.
  @inline(__always) func bar(_ row: Int) -> Bar? {
    let close = close[row]
    guard close > 0 else { return nil }
    var bar = Bar(open: close, high: close, low: close, close: close, volume: volume?[row] ?? -1, hasRange: false)
    guard let open else { return bar }
    let first = open[row]
    guard first > 0 else { return bar }
    bar.open = first
    let top = high?[row] ?? 0
    let bottom = low?[row] ?? 0
    bar.high = top > 0 ? top : max(first, close)
    bar.low = bottom > 0 ? bottom : min(first, close)
    bar.hasRange = top > 0 && bottom > 0
    return bar
  }
}

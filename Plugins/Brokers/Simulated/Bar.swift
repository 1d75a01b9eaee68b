import AlphaLoopSDK
import CAlphaLoop

/// One row of the market. A series without opens has its close in their place: everything then happens at the close.
struct Bar {
  let open: Int64
  let close: Int64
  private let row: Int
  private let highs: UnsafePointer<Int64>?
  private let lows: UnsafePointer<Int64>?
  private let volumes: UnsafePointer<Int64>?

  /// Nil where the row has no close. A missing open, high or low (0 or below) is taken from what is there.
  @inline(__always) init?(_ pass: Pass, _ row: Int) {
    let close = pass.close[row]
    guard close > 0 else { return nil }
    let first = pass.open?[row] ?? 0
    self.close = close
    self.row = row
    open = first > 0 ? first : close
    highs = first > 0 ? pass.high : nil
    lows = first > 0 ? pass.low : nil
    volumes = pass.volume
  }

  var high: Int64 { given(highs) ?? max(open, close) }
  var low: Int64 { given(lows) ?? min(open, close) }
  var hasRange: Bool { given(highs) != nil && given(lows) != nil }
  /// -1: the series has no volume.
  var volume: Int64 { volumes?[row] ?? -1 }

  @inline(__always) private func given(_ column: UnsafePointer<Int64>?) -> Int64? {
    guard let value = column?[row], value > 0 else { return nil }
    return value
  }
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
}

import CAlphaLoop

/// Columns of bars in fixed point (1e-8), rows in time-major order. A missing column is nil, a missing value Int64.min.
public struct BarColumns {
  public var open: UnsafePointer<Int64>?
  public var high: UnsafePointer<Int64>?
  public var low: UnsafePointer<Int64>?
  public var close: UnsafePointer<Int64>
  public var volume: UnsafePointer<Int64>?
  /// Instrument of each row; nil: every batch holds every instrument, in order.
  public var instruments: UnsafePointer<UInt32>?

  public init(
    open: UnsafePointer<Int64>?, high: UnsafePointer<Int64>?, low: UnsafePointer<Int64>?, close: UnsafePointer<Int64>,
    volume: UnsafePointer<Int64>?, instruments: UnsafePointer<UInt32>?
  ) {
    self.open = open
    self.high = high
    self.low = low
    self.close = close
    self.volume = volume
    self.instruments = instruments
  }
}

/// All bars of one moment: one event for the engine. Rows are sorted by instrument.
public struct BarBatch {
  public var ts: Int64
  public var columns: BarColumns
  public var firstRow: Int
  public var count: Int
  /// `AL_MARKET_*`: session opens, closes, close-only.
  public var flags: UInt32

  public init(ts: Int64, columns: BarColumns, firstRow: Int, count: Int, flags: UInt32) {
    self.ts = ts
    self.columns = columns
    self.firstRow = firstRow
    self.count = count
    self.flags = flags
  }
}

/// A whole history of bars, time-major, in memory that its owner keeps alive; shared by any number of runs.
public final class MarketFeed: @unchecked Sendable {
  public let instruments: Int
  public let batches: Int
  public let rows: Int
  /// Time of each batch, ns UTC, rising.
  public let ts: UnsafePointer<Int64>
  /// First row of each batch, batches + 1 entries; nil when every batch holds `instruments` rows.
  public let firstRows: UnsafePointer<Int>?
  /// `AL_MARKET_*` of each batch.
  public let flags: UnsafePointer<UInt8>
  public let columns: BarColumns
  /// `AL_COLUMN_*` that each instrument's series has.
  public let available: [UInt32]
  /// A digest of everything above, in hexadecimal: what a replay compares.
  public let digest: String
  /// Everything was known before this time.
  public var end: Int64 { batches > 0 ? ts[batches - 1] + 1 : 0 }
  private let release: () -> Void

  public init(
    instruments: Int, batches: Int, rows: Int, ts: UnsafePointer<Int64>, firstRows: UnsafePointer<Int>?,
    flags: UnsafePointer<UInt8>, columns: BarColumns, available: [UInt32], digest: String,
    release: @escaping () -> Void
  ) {
    self.instruments = instruments
    self.batches = batches
    self.rows = rows
    self.ts = ts
    self.firstRows = firstRows
    self.flags = flags
    self.columns = columns
    self.available = available
    self.digest = digest
    self.release = release
  }

  deinit { release() }

  /// Batch `index` as an event.
  @inline(__always)
  public func batch(_ index: Int) -> BarBatch {
    let first = firstRows.map { $0[index] } ?? index &* instruments
    let count = firstRows.map { $0[index &+ 1] &- first } ?? instruments
    return BarBatch(ts: ts[index], columns: columns, firstRow: first, count: count, flags: UInt32(flags[index]))
  }
}

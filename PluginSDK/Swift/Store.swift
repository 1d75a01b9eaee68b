import CAlphaLoop

/// Keeps bars as immutable segments, and small values by key.
public protocol Store: Plugin, ~Copyable {
  /// Inserts or replaces rows by (series, ts); they are durable when it returns. Sealed rows become a segment.
  mutating func write(_ rows: al_bars_v1, to series: Series, seal: Bool) throws(PluginError)
  /// Rows with from <= ts < to (0: no bound), verified. The columns live as long as the lease.
  mutating func read(_ series: Series, from: Int64, to: Int64) throws(PluginError) -> BarsLease
  /// Sorted by source, symbol, interval, first.
  mutating func segments() throws(PluginError) -> [Segment]
  /// Stores a value, nil deletes; durable when it returns.
  mutating func put(_ value: [UInt8]?, table: String, key: String) throws(PluginError)
  mutating func get(table: String, key: String) throws(PluginError) -> [UInt8]?
  /// Keys with the prefix in byte order; `visit` gives false to end.
  mutating func scan(table: String, prefix: String, _ visit: (_ key: String, _ value: [UInt8]) -> Bool)
    throws(PluginError)
  /// Throws `PluginError.data` that names a damaged segment.
  mutating func verify(_ progress: WorkProgress) throws(PluginError)
}

/// Names one series of bars.
public struct Series: Sendable, Hashable {
  public var source: String
  public var symbol: String
  /// Length of a bar in ns.
  public var interval: Int64

  public init(source: String, symbol: String, interval: Int64) {
    self.source = source
    self.symbol = symbol
    self.interval = interval
  }

  init(_ c: al_series_v1) {
    self.init(source: String(c.source), symbol: String(c.symbol), interval: c.interval_ns)
  }
}

public struct Segment: Sendable, Equatable {
  public var series: Series
  /// First and last ts, ns UTC.
  public var first: Int64
  public var last: Int64
  public var rows: UInt64
  public var crc32c: UInt32
  public var isSealed: Bool
  /// "" when it is not a file.
  public var path: String

  public init(series: Series, first: Int64, last: Int64, rows: UInt64, crc32c: UInt32, isSealed: Bool, path: String) {
    self.series = series
    self.first = first
    self.last = last
    self.rows = rows
    self.crc32c = crc32c
    self.isSealed = isSealed
    self.path = path
  }
}

/// Bars on loan to the host. A subclass frees the memory behind `bars` when it goes; that may be on any thread.
open class BarsLease {
  public let bars: al_bars_v1
  public init(_ bars: al_bars_v1) { self.bars = bars }
}

extension PluginKind where P: Store & ~Copyable {
  public static var store: PluginKind {
    PluginKind(
      mask: AL_KIND_STORE, interface: "alphaloop.store/1", table: UnsafeRawPointer(Tables.store)
    ) { box, plugin in box.store = StoreOf(plugin) }
  }
}

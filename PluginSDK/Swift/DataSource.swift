import CAlphaLoop

/// Gives history by query and, where it has a live side, pushes new rows to a feed.
public protocol DataSource: Plugin, ~Copyable {
  /// What can be asked for, `AL_DATA_*`.
  static var kinds: [UInt32] { get }
  /// Whether `subscribe` works.
  static var isLive: Bool { get }
  mutating func open(_ query: Query) throws(PluginError) -> any DataCursor
  /// Pushes new rows to `feed` until the subscription is cancelled. The feed works until `cancel` returns.
  mutating func subscribe(_ query: Query, _ feed: Feed) throws(PluginError) -> Subscription
}

extension DataSource where Self: ~Copyable {
  public static var isLive: Bool { false }
  public mutating func subscribe(_ query: Query, _ feed: Feed) throws(PluginError) -> Subscription {
    throw PluginError(AL_E_UNSUPPORTED, "this source has no live side")
  }
}

/// An answer under way, batch by batch. Closing it ends its life.
public protocol DataCursor: AnyObject {
  /// Fills the batch, which comes empty; false when there is no more. Rows are sorted by known time within and across
  /// batches. What was put in lives until the next call.
  func next(_ batch: DataBatch) throws(PluginError) -> Bool
}

/// A live subscription; a subclass ends its work in `cancel`, after which nothing is pushed.
open class Subscription {
  public init() {}
  open func cancel() throws(PluginError) {}
}

/// What to read.
public struct Query: Sendable {
  /// `AL_DATA_*`.
  public var kind: UInt32
  /// From this time on, ns UTC.
  public var from: Int64
  /// Before this time; 0 is no bound.
  public var to: Int64
  /// Length of a bar in ns; 0: as stored.
  public var interval: Int64
  /// Row instruments are indices into these. Empty asks for every symbol there is: the batch names them.
  public var symbols: [String]
  /// Of the source's own, a JSON object; "" when none.
  public var options: String

  public init(
    kind: UInt32, from: Int64 = 0, to: Int64 = 0, interval: Int64 = 0, symbols: [String] = [], options: String = ""
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.interval = interval
    self.symbols = symbols
    self.options = options
  }

  init(_ c: al_query_v1) throws(PluginError) {
    self.init(kind: c.kind, from: c.from_ns, to: c.to_ns, interval: c.interval_ns, options: String(c.options_json))
    guard c.n_symbols == 0 || c.symbols != nil else {
      throw PluginError(AL_E_ARGUMENT, "a query for \(c.n_symbols) symbols names none")
    }
    symbols = (0..<Int(c.n_symbols)).map { String(c.symbols[$0]) }
  }
}

/// Where a live source pushes, from any of its threads.
public struct Feed: @unchecked Sendable {
  private let c: UnsafePointer<al_feed_v1>
  init(_ c: UnsafePointer<al_feed_v1>) { self.c = c }

  /// False when the inbox is full: the batch was dropped and counted, and may be pushed again.
  public func push(_ batch: DataBatch) throws(PluginError) -> Bool {
    var out = al_batch_v1()
    batch.fill(&out)
    switch c.pointee.push(c.pointee.ctx, &out) {
    case AL_OK: return true
    case AL_AGAIN: return false
    case let status: throw PluginError(status, "the host did not take a batch of \(out.n_rows) rows")
    }
  }

  /// - Parameters:
  ///   - state: `AL_CONNECTION_*`.
  public func health(_ state: UInt32, _ text: String) {
    withABIString(text) { c.pointee.health(c.pointee.ctx, state, $0) }
  }
}

extension PluginKind where P: DataSource & ~Copyable {
  public static var dataSource: PluginKind {
    PluginKind(
      mask: AL_KIND_DATA_SOURCE, interface: "alphaloop.data/1",
      table: UnsafeRawPointer(Tables.data(P.kinds, isLive: P.isLive))
    ) { box, plugin in box.data = DataOf(plugin) }
  }
}

class DataFace {
  func open(_ query: Query) throws(PluginError) -> any DataCursor { throw .state("not a data source") }
  func subscribe(_ query: Query, _ feed: Feed) throws(PluginError) -> Subscription { throw .state("not a data source") }
}

final class DataOf<P: DataSource & ~Copyable>: DataFace {
  private let plugin: UnsafeMutablePointer<P>
  init(_ plugin: UnsafeMutablePointer<P>) { self.plugin = plugin }

  override func open(_ query: Query) throws(PluginError) -> any DataCursor {
    guard P.kinds.contains(query.kind) else {
      throw PluginError(AL_E_UNSUPPORTED, "data of kind \(query.kind) cannot be queried here; there is \(P.kinds)")
    }
    return try plugin.pointee.open(query)
  }
  override func subscribe(_ query: Query, _ feed: Feed) throws(PluginError) -> Subscription {
    try plugin.pointee.subscribe(query, feed)
  }
}

/// A cursor and the memory of its newest batch.
final class OpenCursor {
  let cursor: any DataCursor
  let batch: DataBatch
  var isAtEnd = false

  init(_ cursor: any DataCursor, _ query: Query) {
    self.cursor = cursor
    batch = DataBatch(kind: query.kind, instruments: query.symbols.count)
  }

  func next(_ out: inout al_batch_v1) throws(PluginError) -> al_status {
    batch.removeAll()
    guard !isAtEnd else { return AL_DONE }
    isAtEnd = try !cursor.next(batch)
    // What a cursor says with its last word (a fault of the last line) is told all the same.
    guard !isAtEnd || batch.count > 0 || batch.faultCount > 0 else { return AL_DONE }
    batch.fill(&out)
    return AL_OK
  }
}

extension Tables {
  static func data(_ kinds: [UInt32], isLive: Bool) -> UnsafePointer<al_data_v1> {
    var table = al_data_v1()
    table.size = UInt32(MemoryLayout<al_data_v1>.size)
    table.kinds = kinds.reduce(0) { $0 | (1 << $1) }
    table.open = { ctx, query, cursor, err in
      guard let query, let cursor else { return AL_E_ARGUMENT }
      return hosted(ctx, err) { (box) throws(PluginError) in
        guard let face = box.data else { return AL_E_UNSUPPORTED }
        let asked = try Query(query.pointee)
        cursor.pointee = Unmanaged.passRetained(OpenCursor(try face.open(asked), asked)).toOpaque()
        return AL_OK
      }
    }
    table.next = { ctx, cursor, out, err in
      guard let cursor, let out else { return AL_E_ARGUMENT }
      return hosted(ctx, err) { (_) throws(PluginError) in
        try Unmanaged<OpenCursor>.fromOpaque(cursor).takeUnretainedValue().next(&out.pointee)
      }
    }
    table.close = { _, cursor in
      guard let cursor else { return }
      Unmanaged<OpenCursor>.fromOpaque(cursor).release()
    }
    if isLive { addLive(to: &table) }
    return make(table)
  }

  private static func addLive(to table: inout al_data_v1) {
    table.subscribe = { ctx, query, feed, subscription, err in
      guard let query, let feed, let subscription else { return AL_E_ARGUMENT }
      return hosted(ctx, err) { (box) throws(PluginError) in
        guard let face = box.data else { return AL_E_UNSUPPORTED }
        let live = try face.subscribe(try Query(query.pointee), Feed(feed))
        subscription.pointee = Unmanaged.passRetained(live).toOpaque()
        return AL_OK
      }
    }
    table.unsubscribe = { ctx, subscription, err in
      guard let subscription else { return AL_E_ARGUMENT }
      return hosted(ctx, err, needsStart: false) { (_) throws(PluginError) in
        try Unmanaged<Subscription>.fromOpaque(subscription).takeRetainedValue().cancel()
        return AL_OK
      }
    }
  }
}

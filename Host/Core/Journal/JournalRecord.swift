/// One line of a run's record: 32 bytes, fixed, little-endian in memory and on disk. What happened is `kind`; the meaning
/// of the other fields is that of the kind.
@frozen public struct JournalRecord: Sendable, BitwiseCopyable, Equatable {
  public var a: UInt64
  public var b: Int64
  public var c: Int64
  /// Instrument or agent.
  public var subject: UInt32
  public var kind: Kind
  public var state: UInt8
  public var code: UInt16

  public enum Kind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Moves the clock. b: time ns UTC, c: equity.
    case time = 1
    /// An order was asked for. a: sequence, b: quantity, c: limit or 0; state: order type; code: time in force.
    case intent = 2
    /// The agents behind the order before: a: sequence, b: weight; subject: agent.
    case owner = 3
    /// An order changed. a: sequence, b: filled quantity, c: reserved quantity; state: OrderState; code: fact.
    case order = 4
    /// An execution was booked. a: sequence, b: quantity, c: price.
    case fill = 5
    /// Fee of the fill before. a: sequence, c: money.
    case fee = 6
    /// The gate said no. a: sequence, b: the limit, c: what it would have been; code: AL_DENY_*.
    case denial = 7
    /// The kill switch moved. b: trigger's limit, c: its value; state: HaltState; code: HaltTrigger.
    case halt = 8
    /// An agent answered. subject: agent << 16 | instrument in its universe; b: value bits, c: confidence bits or quantity.
    case output = 9
    /// An output was refused. subject: agent; code: OutputRefusal.
    case refusal = 10
    /// A decision was taken at this time. a: number, b: equity, c: gross exposure.
    case decision = 11
    /// A broker fact that fits no order, or cannot happen. a: sequence or broker id; code: AL_REPORT_*.
    case anomaly = 12
    /// A broker's later word on an execution of an order; the fills and fees after it are what it changed. a: sequence; b, c:
    /// the quantity and price that it has now, or b: its fee; code: AL_REPORT_CORRECTION or AL_REPORT_FEE.
    case ledger = 13
    /// A session began or ended. b: date ns; state: 1 open, 2 close.
    case session = 14
    /// A layer of the broker's connection changed. subject: AL_LAYER_*; state: AL_CONNECTION_*; a: 1 nothing is sent; b: the
    /// broker's own number.
    case connection = 15
    /// Our books were compared with the broker's. subject: orders told, a: executions told, b: differences to look at again,
    /// c: differences that halt; state: 0 agreed, 1 again, 2 halted.
    case reconciliation = 16
    /// A weight was settled for an instrument, before its sizing. a: bits of the weight with all multipliers; b: price; c: equity.
    case allocation = 17
    /// A quantity is wanted of an instrument. b: in all; c: what is held or on its way.
    case sizing = 18
    /// A limit that the order after its intent passed or failed. a: sequence; b: the limit, c: the value; code: AL_DENY_*.
    case check = 19
  }

  @inlinable @inline(__always)
  public init(
    _ kind: Kind, subject: UInt32 = 0, state: UInt8 = 0, code: UInt16 = 0, a: UInt64 = 0, b: Int64 = 0, c: Int64 = 0
  ) {
    self.a = a
    self.b = b
    self.c = c
    self.subject = subject
    self.kind = kind
    self.state = state
    self.code = code
  }
}

/// Takes full blocks of records off the engine's hands. Called on the engine's thread; must not keep the block unless it
/// gives another one back.
public protocol JournalSink: AnyObject {
  /// Receives `count` records and gives the block to fill next, of the same capacity.
  func take(_ block: UnsafeMutablePointer<JournalRecord>, count: Int) -> UnsafeMutablePointer<JournalRecord>
}

/// The engine's end of the journal: a cursor into a block, outside of any object so that writing a record is a store and
/// an increment.
@frozen public struct JournalCursor {
  public static let blockCapacity = 16384
  @usableFromInline var next: UnsafeMutablePointer<JournalRecord>
  @usableFromInline var end: UnsafeMutablePointer<JournalRecord>
  @usableFromInline var start: UnsafeMutablePointer<JournalRecord>
  @usableFromInline var sink: Unmanaged<AnyObject>
  public internal(set) var written: UInt64 = 0

  /// The sink must outlive the cursor.
  public init(sink: any JournalSink, block: UnsafeMutablePointer<JournalRecord>) {
    start = block
    next = block
    end = block + Self.blockCapacity
    self.sink = Unmanaged.passUnretained(sink)
  }

  @inline(__always) public mutating func write(_ record: JournalRecord) {
    next.pointee = record
    next += 1
    if next == end { flush() }
  }

  /// Hands what is there to the sink.
  @inline(never) public mutating func flush() {
    let count = next - start
    guard count > 0, let sink = sink.takeUnretainedValue() as? any JournalSink else { return }
    written += UInt64(count)
    start = sink.take(start, count: count)
    next = start
    end = start + Self.blockCapacity
  }
}

/// Keeps nothing: for runs whose record nobody asked for.
public final class DiscardingJournal: JournalSink {
  public let block = UnsafeMutablePointer<JournalRecord>.allocate(capacity: JournalCursor.blockCapacity)
  public init() {}
  deinit { block.deallocate() }
  public func take(_ block: UnsafeMutablePointer<JournalRecord>, count: Int) -> UnsafeMutablePointer<JournalRecord> {
    block
  }
}

/// Keeps everything in memory: short sessions, replays and tests.
public final class MemoryJournal: JournalSink {
  public let block = UnsafeMutablePointer<JournalRecord>.allocate(capacity: JournalCursor.blockCapacity)
  public private(set) var records: [JournalRecord] = []
  public init() {}
  deinit { block.deallocate() }
  public func take(_ block: UnsafeMutablePointer<JournalRecord>, count: Int) -> UnsafeMutablePointer<JournalRecord> {
    records.append(contentsOf: UnsafeBufferPointer(start: block, count: count))
    return block
  }
}

/// Collects the records of each event until the driver takes them.
public final class EventJournal: JournalSink {
  public let block = UnsafeMutablePointer<JournalRecord>.allocate(capacity: JournalCursor.blockCapacity)
  private var pending: [JournalRecord] = []
  public init() {}
  deinit { block.deallocate() }

  public func take(_ block: UnsafeMutablePointer<JournalRecord>, count: Int) -> UnsafeMutablePointer<JournalRecord> {
    pending.append(contentsOf: UnsafeBufferPointer(start: block, count: count))
    return block
  }

  /// The records since the last call. Flush the cursor before.
  public func drain() -> [JournalRecord] {
    defer { pending.removeAll(keepingCapacity: true) }
    return pending
  }
}

import AlphaLoopCore
import CAlphaLoop

/// One input of an engine as a session keeps it. With the configuration and the data that a session names, the inputs are
/// all that a replay needs.
public enum RecordedEvent: Equatable, Sendable {
  /// Batches `first ..< last` of the session's feed were processed with trading off.
  case warmUp(first: Int, last: Int)
  /// A batch, by value: time, flags, and its rows.
  case bars(BarsEvent)
  /// The broker's direct answers to the commands of the event before.
  case acks([Ack])
  case cancelAcks([Ack])
  case reports([Report])
  /// The trading session that as-of times belong to.
  case session(SessionEvent)
  case halt(state: UInt8, actor: String, reason: String)
  case resume(actor: String, reason: String)
  /// What follows was decided by another generation.
  case reload(GenerationSwitch)
  /// Batches `first ..< last` of the session's feed were traded with the simulated broker: a backtest.
  case backtest(first: Int, last: Int)
  /// The kill switch stood here when the session began: a halt outlives a restart.
  case latch(state: UInt8)
  /// What came of one call within the event before, for a reason outside of the plugin.
  case outcome(CallOutcome)
  /// Time went on without data, to the time of the row.
  case clock
  /// Orders that are sent after this is durable: what a later start knows of them. Connected brokers only.
  case intents([Intent])
  /// Cancels that are sent after this is durable.
  case cancels([OrderID])
  /// The account is what the journal's rows up to this one make it.
  case fold(last: Int64)
  /// What a watchdog did in the host's place, up to this row of its journal, under a session id of its own.
  case watchdog(last: Int64, session: UInt64, facts: [WatchdogFact])
  /// The host itself saw a reason to stop: the clock, a loop that cannot keep up.
  case trip(state: UInt8, trigger: UInt16, value: Int64, reason: String)
  /// The broker's books, and what our own were compared with.
  case reconciliation(Reconciliation)

  public struct BarsEvent: Equatable, Sendable {
    public var ts: Int64
    public var flags: UInt32
    public var instruments: [UInt32]
    public var columns: UInt32
    public var open: [Int64]
    public var high: [Int64]
    public var low: [Int64]
    public var close: [Int64]
    public var volume: [Int64]
  }

  public struct Ack: Equatable, Sendable {
    public var status: Int32
    public var code: Int32
    public var brokerID: Int64
  }

  public struct Report: Equatable, Sendable {
    public var session: UInt64
    public var sequence: UInt64
    public var ts: Int64
    public var brokerID: Int64
    public var execution: [UInt64]
    public var quantity: Int64
    public var price: Int64
    public var fee: Int64
    public var remaining: Int64
    public var instrument: UInt32
    public var kind: UInt16
    public var code: Int32
    public var text: String
  }

  public struct SessionEvent: Equatable, Sendable {
    public var earlyClose: UInt32
    public var date: Int64
    public var open: Int64
    public var close: Int64
    public var previousDate: Int64
    public var nextDate: Int64
  }
}

/// Little-endian fields, one after the other.
struct EventWriter {
  private(set) var bytes: [UInt8] = []
  mutating func put<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  mutating func put(_ text: String) {
    put(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }
  mutating func put<T: FixedWidthInteger>(_ values: [T]) {
    put(UInt32(values.count))
    for value in values { put(value) }
  }
}

/// Reads what `EventWriter` wrote; nil past the end.
struct EventReader {
  private let bytes: [UInt8]
  private var position = 0
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func get<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
    let size = MemoryLayout<T>.size
    guard bytes.count - position >= size else { return nil }
    var value = T.zero
    withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes[position..<position + size]) }
    position += size
    return T(littleEndian: value)
  }

  mutating func text() -> String? {
    guard let n: UInt32 = get(), bytes.count - position >= Int(n) else { return nil }
    defer { position += Int(n) }
    return String(decoding: bytes[position..<position + Int(n)], as: UTF8.self)
  }

  mutating func list<T: FixedWidthInteger>(_ type: T.Type = T.self) -> [T]? {
    guard let n: UInt32 = get(), (bytes.count - position) / MemoryLayout<T>.size >= Int(n) else { return nil }
    var values: [T] = []
    values.reserveCapacity(Int(n))
    for _ in 0..<n {
      guard let value: T = get() else { return nil }
      values.append(value)
    }
    return values
  }

  var isAtEnd: Bool { position == bytes.count }
}

extension RecordedEvent {
  public var encoded: [UInt8] {
    var w = EventWriter()
    switch self {
    case .warmUp(let first, let last):
      w.put(UInt8(1))
      w.put(Int64(first))
      w.put(Int64(last))
    case .bars(let b):
      w.put(UInt8(2))
      w.put(b.ts)
      w.put(b.flags)
      w.put(b.columns)
      w.put(b.instruments)
      for column in [b.open, b.high, b.low, b.close, b.volume] { w.put(column) }
    case .acks(let list), .cancelAcks(let list):
      if case .acks = self { w.put(UInt8(3)) } else { w.put(UInt8(4)) }
      w.put(UInt32(list.count))
      for a in list {
        w.put(a.status)
        w.put(a.code)
        w.put(a.brokerID)
      }
    case .reports(let list):
      w.put(UInt8(5))
      w.put(UInt32(list.count))
      for r in list { Self.put(r, &w) }
    case .session(let s):
      w.put(UInt8(6))
      w.put(s.earlyClose)
      for value in [s.date, s.open, s.close, s.previousDate, s.nextDate] { w.put(value) }
    case .halt(let state, let actor, let reason):
      w.put(UInt8(7))
      w.put(state)
      w.put(actor)
      w.put(reason)
    case .resume(let actor, let reason):
      w.put(UInt8(8))
      w.put(actor)
      w.put(reason)
    case .reload(let change):
      w.put(UInt8(9))
      w.put(change)
    case .backtest(let first, let last):
      w.put(UInt8(10))
      w.put(Int64(first))
      w.put(Int64(last))
    case .latch(let state):
      w.put(UInt8(11))
      w.put(state)
    case .outcome(let outcome):
      w.put(UInt8(13))
      w.put(outcome)
    case .clock: w.put(UInt8(12))
    case .intents(let list):
      w.put(UInt8(14))
      w.put(UInt32(list.count))
      for intent in list { w.put(intent) }
    case .cancels(let ids):
      w.put(UInt8(15))
      w.put(ids.flatMap { [$0.session, $0.sequence] })
    case .fold(let last):
      w.put(UInt8(16))
      w.put(last)
    case .reconciliation(let r):
      w.put(UInt8(17))
      w.put(r)
    case .watchdog(let last, let session, let facts):
      w.put(UInt8(19))
      w.put(last)
      w.put(session)
      w.put(UInt32(facts.count))
      for fact in facts {
        w.put(fact.time)
        w.put(fact.event.encoded)
      }
    case .trip(let state, let trigger, let value, let reason):
      w.put(UInt8(18))
      w.put(state)
      w.put(trigger)
      w.put(value)
      w.put(reason)
    }
    return w.bytes
  }

  static func put(_ r: Report, _ w: inout EventWriter) {
    w.put(r.session)
    w.put(r.sequence)
    w.put(r.ts)
    w.put(r.brokerID)
    w.put(r.execution)
    for value in [r.quantity, r.price, r.fee, r.remaining] { w.put(value) }
    w.put(r.instrument)
    w.put(r.kind)
    w.put(r.code)
    w.put(r.text)
  }

  /// nil when the bytes are no event.
  public init?(encoded: [UInt8]) {
    var r = EventReader(encoded)
    guard let tag: UInt8 = r.get(), let event = Self.read(tag, &r), r.isAtEnd else { return nil }
    self = event
  }

  private static func read(_ tag: UInt8, _ r: inout EventReader) -> RecordedEvent? {
    switch tag {
    case 1:
      guard let first: Int64 = r.get(), let last: Int64 = r.get() else { return nil }
      return .warmUp(first: Int(first), last: Int(last))
    case 2: return readBars(&r).map { .bars($0) }
    case 3: return readAcks(&r).map { .acks($0) }
    case 4: return readAcks(&r).map { .cancelAcks($0) }
    case 5: return readReports(&r).map { .reports($0) }
    case 6:
      guard let early: UInt32 = r.get(), let date: Int64 = r.get(), let open: Int64 = r.get(),
        let close: Int64 = r.get(),
        let previous: Int64 = r.get(), let next: Int64 = r.get()
      else { return nil }
      return .session(
        SessionEvent(earlyClose: early, date: date, open: open, close: close, previousDate: previous, nextDate: next))
    case 7:
      guard let state: UInt8 = r.get(), let actor = r.text(), let reason = r.text() else { return nil }
      return .halt(state: state, actor: actor, reason: reason)
    case 8:
      guard let actor = r.text(), let reason = r.text() else { return nil }
      return .resume(actor: actor, reason: reason)
    case 9: return r.generationSwitch().map { .reload($0) }
    case 10:
      guard let first: Int64 = r.get(), let last: Int64 = r.get() else { return nil }
      return .backtest(first: Int(first), last: Int(last))
    case 11: return r.get(UInt8.self).map { .latch(state: $0) }
    case 13: return r.outcome().map { .outcome($0) }
    case 12: return .clock
    case 14: return r.intents().map { .intents($0) }
    case 15:
      guard let words = r.list(UInt64.self), words.count % 2 == 0 else { return nil }
      return .cancels(
        stride(from: 0, to: words.count, by: 2).map { OrderID(session: words[$0], sequence: words[$0 + 1]) })
    case 16: return r.get(Int64.self).map { .fold(last: $0) }
    case 17: return r.reconciliation().map { .reconciliation($0) }
    case 19: return r.watchdog()
    case 18:
      guard let state: UInt8 = r.get(), let trigger: UInt16 = r.get(), let value: Int64 = r.get(), let reason = r.text()
      else { return nil }
      return .trip(state: state, trigger: trigger, value: value, reason: reason)
    default: return nil
    }
  }

  private static func readBars(_ r: inout EventReader) -> BarsEvent? {
    guard let ts: Int64 = r.get(), let flags: UInt32 = r.get(), let columns: UInt32 = r.get(),
      let instruments = r.list(UInt32.self), let open = r.list(Int64.self), let high = r.list(Int64.self),
      let low = r.list(Int64.self), let close = r.list(Int64.self), let volume = r.list(Int64.self),
      close.count == instruments.count
    else { return nil }
    return BarsEvent(
      ts: ts, flags: flags, instruments: instruments, columns: columns, open: open, high: high, low: low, close: close,
      volume: volume)
  }

  private static func readAcks(_ r: inout EventReader) -> [Ack]? {
    guard let n: UInt32 = r.get() else { return nil }
    var list: [Ack] = []
    for _ in 0..<n {
      guard let status: Int32 = r.get(), let code: Int32 = r.get(), let id: Int64 = r.get() else { return nil }
      list.append(Ack(status: status, code: code, brokerID: id))
    }
    return list
  }

  static func readReports(_ r: inout EventReader) -> [Report]? {
    guard let n: UInt32 = r.get() else { return nil }
    var list: [Report] = []
    for _ in 0..<n {
      guard let session: UInt64 = r.get(), let sequence: UInt64 = r.get(), let ts: Int64 = r.get(),
        let id: Int64 = r.get(),
        let execution = r.list(UInt64.self), let quantity: Int64 = r.get(), let price: Int64 = r.get(),
        let fee: Int64 = r.get(), let remaining: Int64 = r.get(), let instrument: UInt32 = r.get(),
        let kind: UInt16 = r.get(), let code: Int32 = r.get(), let text = r.text()
      else { return nil }
      list.append(
        Report(
          session: session, sequence: sequence, ts: ts, brokerID: id, execution: execution, quantity: quantity,
          price: price,
          fee: fee, remaining: remaining, instrument: instrument, kind: kind, code: code, text: text))
    }
    return list
  }
}

extension RecordedEvent.Report {
  init(_ c: al_report_v1) {
    self.init(
      session: c.id.session, sequence: c.id.sequence, ts: c.ts, brokerID: c.broker_id,
      execution: [c.execution.0, c.execution.1], quantity: c.quantity, price: c.price, fee: c.fee,
      remaining: c.remaining,
      instrument: c.instrument, kind: c.kind, code: c.code,
      text: c.text.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: Int(c.text_len)), as: UTF8.self) }
        ?? "")
  }

  /// Without the text: the engine does not read it.
  var c: al_report_v1 {
    al_report_v1(
      id: al_order_id_v1(session: session, sequence: sequence), ts: ts, broker_id: brokerID,
      execution: (execution.first ?? 0, execution.dropFirst().first ?? 0), quantity: quantity, price: price, fee: fee,
      remaining: remaining, instrument: instrument, kind: kind, reserved: 0, code: code, text_len: 0, text: nil)
  }
}

extension RecordedEvent.BarsEvent {
  /// Copies a batch of a feed.
  package init(_ batch: BarBatch) {
    let range = batch.firstRow..<batch.firstRow + batch.count
    func copy(_ p: UnsafePointer<Int64>?) -> [Int64] { p.map { p in range.map { p[$0] } } ?? [] }
    let c = batch.columns
    self.init(
      ts: batch.ts, flags: batch.flags,
      instruments: c.instruments.map { p in range.map { p[$0] } } ?? (0..<UInt32(batch.count)).map { $0 },
      columns: (c.open == nil ? 0 : AL_COLUMN_OPEN) | (c.high == nil ? 0 : AL_COLUMN_HIGH)
        | (c.low == nil ? 0 : AL_COLUMN_LOW)
        | AL_COLUMN_CLOSE | (c.volume == nil ? 0 : AL_COLUMN_VOLUME),
      open: copy(c.open), high: copy(c.high), low: copy(c.low), close: copy(c.close), volume: copy(c.volume))
  }

  /// Calls `body` with the batch in memory that lives as long as the call.
  func withBatch<R>(_ body: (BarBatch) throws -> R) rethrows -> R {
    try instruments.withUnsafeBufferPointer { i in
      try open.withUnsafeBufferPointer { o in
        try high.withUnsafeBufferPointer { h in
          try low.withUnsafeBufferPointer { l in
            try close.withUnsafeBufferPointer { c in
              try volume.withUnsafeBufferPointer { v in
                func column(_ p: UnsafeBufferPointer<Int64>) -> UnsafePointer<Int64>? {
                  p.isEmpty ? nil : p.baseAddress
                }
                guard let close = c.baseAddress else {
                  return try body(Self.empty(ts, flags))
                }
                let columns = BarColumns(
                  open: column(o), high: column(h), low: column(l), close: close, volume: column(v),
                  instruments: i.baseAddress)
                return try body(BarBatch(ts: ts, columns: columns, firstRow: 0, count: instruments.count, flags: flags))
              }
            }
          }
        }
      }
    }
  }

  nonisolated(unsafe) private static let nothing = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
  private static func empty(_ ts: Int64, _ flags: UInt32) -> BarBatch {
    let columns = BarColumns(
      open: nil, high: nil, low: nil, close: UnsafePointer(nothing), volume: nil, instruments: nil)
    return BarBatch(ts: ts, columns: columns, firstRow: 0, count: 0, flags: flags)
  }
}

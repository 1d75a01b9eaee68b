import CAlphaLoop

/// Why an agent has nothing to say, or refuses; `AL_REASON_*`.
public struct Reason: RawRepresentable, Sendable, Equatable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public static var warmUp: Reason { Reason(rawValue: AL_REASON_WARM_UP) }
  @inlinable public static var missingCapability: Reason { Reason(rawValue: AL_REASON_MISSING_CAPABILITY) }
  @inlinable public static var stale: Reason { Reason(rawValue: AL_REASON_STALE) }
  @inlinable public static var invalidData: Reason { Reason(rawValue: AL_REASON_INVALID_DATA) }
  @inlinable public static var zeroVolume: Reason { Reason(rawValue: AL_REASON_ZERO_VOLUME) }
  @inlinable public static var noSignal: Reason { Reason(rawValue: AL_REASON_NO_SIGNAL) }
  @inlinable public static var degenerate: Reason { Reason(rawValue: AL_REASON_DEGENERATE) }
  @inlinable public static var notApplicable: Reason { Reason(rawValue: AL_REASON_NOT_APPLICABLE) }
  /// Entry `index` of the descriptor's reasons.
  @inlinable public static func custom(_ index: Int) -> Reason { Reason(rawValue: AL_REASON_CUSTOM + UInt32(index)) }
}

/// A child order as an agent asks for it. Quantities and prices in 1e-8 units, quantity signed.
public struct OrderRequest: Sendable {
  public var instrument: Int
  public var quantity: Int64
  public var type: UInt8
  public var timeInForce: UInt8
  public var limitPrice: Int64
  public var stopPrice: Int64
  /// Release time, ns UTC; 0 now.
  public var release: Int64
  /// The agent's own tag; comes back in order updates.
  public var label: UInt32

  public init(
    instrument: Int, quantity: Int64, type: UInt8 = AL_ORDER_MARKET, timeInForce: UInt8 = AL_TIF_DAY,
    limitPrice: Int64 = 0,
    stopPrice: Int64 = 0, release: Int64 = 0, label: UInt32 = 0
  ) {
    self.instrument = instrument
    self.quantity = quantity
    self.type = type
    self.timeInForce = timeInForce
    self.limitPrice = limitPrice
    self.stopPrice = stopPrice
    self.release = release
    self.label = label
  }
}

/// Writes answers into the host's buffer. Rows beyond its room are counted, never written.
public struct Output: ~Copyable {
  @usableFromInline let c: UnsafeMutablePointer<al_output_v1>
  @inlinable @inline(__always) init(_ c: UnsafeMutablePointer<al_output_v1>) { self.c = c }

  @inlinable @inline(__always) public mutating func append(_ row: al_row_v1) {
    let n = c.pointee.len
    if n < c.pointee.cap {
      c.pointee.rows[Int(n)] = row
      c.pointee.len = n &+ 1
    } else {
      c.pointee.needed &+= 1
    }
  }

  @inlinable static func row(_ kind: UInt16, _ instrument: UInt32) -> al_row_v1 {
    al_row_v1(
      kind: kind, order_type: 0, time_in_force: 0, instrument: instrument, reason: 0, label: 0, value: 0, confidence: 0,
      time_ns: 0, quantity: 0, limit_price: 0, stop_price: 0)
  }

  /// A signed view: score in [-1, 1], confidence in [0, 1], horizon in ns.
  @inlinable @inline(__always) public mutating func view(
    _ instrument: Int, score: Double, confidence: Double, horizon: Int64
  ) {
    var r = Self.row(AL_ROW_VIEW, UInt32(truncatingIfNeeded: instrument))
    r.value = score
    r.confidence = confidence
    r.time_ns = horizon
    append(r)
  }

  /// A target weight of equity, signed.
  @inlinable @inline(__always) public mutating func weight(_ instrument: Int, _ weight: Double, confidence: Double = 1)
  {
    var r = Self.row(AL_ROW_WEIGHT, UInt32(truncatingIfNeeded: instrument))
    r.value = weight
    r.confidence = confidence
    append(r)
  }

  /// A target position, signed, 1e-8 units.
  @inlinable @inline(__always) public mutating func quantity(_ instrument: Int, _ quantity: Int64) {
    var r = Self.row(AL_ROW_QUANTITY, UInt32(truncatingIfNeeded: instrument))
    r.quantity = quantity
    append(r)
  }

  /// An exposure multiplier in [0, 1]; instrument nil is the whole book.
  @inlinable @inline(__always) public mutating func multiplier(_ instrument: Int? = nil, _ value: Double) {
    var r = Self.row(AL_ROW_MULTIPLIER, instrument.map { UInt32(truncatingIfNeeded: $0) } ?? AL_NONE)
    r.value = value
    append(r)
  }

  /// Refuses new risk in an instrument, or in all (nil).
  @inlinable @inline(__always) public mutating func veto(_ instrument: Int?, _ reason: Reason, value: Double = 0) {
    var r = Self.row(AL_ROW_VETO, instrument.map { UInt32(truncatingIfNeeded: $0) } ?? AL_NONE)
    r.reason = reason.rawValue
    r.value = value
    append(r)
  }

  /// An estimate that later stages read; label indexes the descriptor's estimates.
  @inlinable @inline(__always) public mutating func estimate(_ instrument: Int?, label: Int, _ value: Double) {
    var r = Self.row(AL_ROW_ESTIMATE, instrument.map { UInt32(truncatingIfNeeded: $0) } ?? AL_NONE)
    r.label = UInt32(truncatingIfNeeded: label)
    r.value = value
    append(r)
  }

  /// Nothing to say about an instrument (nil: about any), and why. Not a score of 0.
  @inlinable @inline(__always) public mutating func abstain(_ instrument: Int? = nil, _ reason: Reason) {
    var r = Self.row(AL_ROW_ABSTAIN, instrument.map { UInt32(truncatingIfNeeded: $0) } ?? AL_NONE)
    r.reason = reason.rawValue
    append(r)
  }

  /// The vote weight of another agent, by its index in the views' records.
  @inlinable @inline(__always) public mutating func agentWeight(_ agent: Int, _ weight: Double) {
    var r = Self.row(AL_ROW_AGENT_WEIGHT, UInt32(truncatingIfNeeded: agent))
    r.value = weight
    append(r)
  }

  /// Asks the host to tighten the kill switch to `AL_HALT_*`.
  @inlinable @inline(__always) public mutating func halt(_ state: UInt32, _ reason: Reason) {
    var r = Self.row(AL_ROW_HALT, AL_NONE)
    r.label = state
    r.reason = reason.rawValue
    append(r)
  }

  @inlinable @inline(__always) public mutating func order(_ o: OrderRequest) {
    var r = Self.row(AL_ROW_ORDER, UInt32(truncatingIfNeeded: o.instrument))
    r.order_type = o.type
    r.time_in_force = o.timeInForce
    r.quantity = o.quantity
    r.limit_price = o.limitPrice
    r.stop_price = o.stopPrice
    r.time_ns = o.release
    r.label = o.label
    append(r)
  }
}

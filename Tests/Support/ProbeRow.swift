import CAlphaLoop

/// An answer of an agent. `instrument` -1 stands for `AL_NONE`.
public struct ProbeRow: Sendable, Equatable, CustomStringConvertible {
  public var kind: UInt16
  public var instrument: Int
  public var reason: UInt32 = 0
  public var label = 0
  public var value = 0.0
  public var confidence = 0.0
  public var time: Int64 = 0
  public var quantity: Int64 = 0
  public var limitPrice: Int64 = 0
  public var stopPrice: Int64 = 0
  public var orderType: UInt8 = 0
  public var timeInForce: UInt8 = 0

  public init(kind: UInt16, instrument: Int) {
    self.kind = kind
    self.instrument = instrument
  }

  public static func view(_ instrument: Int, _ score: Double, confidence: Double = 1, horizon: Int64 = 0) -> Self {
    var row = Self(kind: AL_ROW_VIEW, instrument: instrument)
    row.value = score
    row.confidence = confidence
    row.time = horizon
    return row
  }

  public static func abstain(_ instrument: Int, _ reason: UInt32) -> Self {
    var row = Self(kind: AL_ROW_ABSTAIN, instrument: instrument)
    row.reason = reason
    return row
  }

  init(_ c: al_row_v1) {
    kind = c.kind
    instrument = c.instrument == AL_NONE ? -1 : Int(c.instrument)
    reason = c.reason
    label = Int(c.label)
    value = c.value
    confidence = c.confidence
    time = c.time_ns
    quantity = c.quantity
    limitPrice = c.limit_price
    stopPrice = c.stop_price
    orderType = c.order_type
    timeInForce = c.time_in_force
  }

  var c: al_row_v1 {
    al_row_v1(
      kind: kind, order_type: orderType, time_in_force: timeInForce,
      instrument: instrument < 0 ? AL_NONE : UInt32(instrument), reason: reason, label: UInt32(label), value: value,
      confidence: confidence, time_ns: time, quantity: quantity, limit_price: limitPrice, stop_price: stopPrice)
  }

  public var description: String {
    switch kind {
    case AL_ROW_VIEW: "view(\(instrument), \(value), confidence \(confidence))"
    case AL_ROW_ABSTAIN: "abstain(\(instrument), reason \(reason))"
    case AL_ROW_ESTIMATE: "estimate(\(instrument), label \(label), \(value))"
    default: "row(kind \(kind), \(instrument), reason \(reason), label \(label), value \(value), quantity \(quantity))"
    }
  }
}

/// What an agent answered at one as-of time.
public struct ProbeAnswer: Sendable, Equatable, CustomStringConvertible {
  public var asOf: Int64
  public var status: al_status
  public var rows: [ProbeRow]
  /// The rows as they stand in memory.
  public var bytes: [UInt8]

  public var description: String { "at \(asOf), status \(status): \(rows)" }

  public func view(_ instrument: Int) -> ProbeRow? {
    rows.first { $0.kind == AL_ROW_VIEW && $0.instrument == instrument }
  }

  /// The reason of the abstention for an instrument, or for the whole universe.
  public func abstention(_ instrument: Int) -> UInt32? {
    rows.first { $0.kind == AL_ROW_ABSTAIN && ($0.instrument == instrument || $0.instrument == -1) }?.reason
  }

  public func estimate(_ instrument: Int, _ label: Int = 0) -> Double? {
    rows.first { $0.kind == AL_ROW_ESTIMATE && $0.instrument == instrument && $0.label == label }?.value
  }
}

import AlphaLoopCore
import CAlphaLoop

/// Keeps what a report needs of a run: the equity curve, fills, round trips, denials, halts, refusals.
public final class RunRecorder: EngineObserver {
  public struct Trade {
    public var agent: Int
    public var instrument: UInt32
    public var quantity: Int64
    public var opened: Int64
    public var closed: Int64
    public var entry: Int64
    public var exit: Int64
    public var profit: Int64
    public var fees: Int64
  }

  /// Outputs of an agent that were refused for one reason, those of the warm-up too.
  public struct Fault {
    public var first: Int64
    public var last: Int64
    public var count: Int
    public var agent: Int
    public var kind: String
  }

  public private(set) var fills: [FillEvent] = []
  public private(set) var denials: [DenialEvent] = []
  public private(set) var halts: [HaltEvent] = []
  public private(set) var faults: [Fault] = []
  public private(set) var equity: [EquityPoint] = []
  public private(set) var trades: [Trade] = []
  /// Open lots by (agent, instrument).
  private var lots: [UInt64: Lot] = [:]
  private let multipliers: [Int64]
  private unowned let engine: Engine

  private struct Lot {
    var quantity: Int64 = 0
    var cost: Int128 = 0
    var fees: Int64 = 0
    var opened: Int64 = 0
  }

  public init(_ engine: Engine) {
    self.engine = engine
    multipliers = engine.settings.instruments.map(\.multiplier.raw)
  }

  public func filled(_ event: FillEvent) {
    fills.append(event)
    let shares = engine.ledger.ownership.shares(of: event.owner)
    let total = shares.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return }
    for share in shares {
      let part = Int64(Int128(event.quantity) * Int128(share.weight) / Int128(total))
      let fee = Int64(Int128(event.fee) * Int128(share.weight) / Int128(total))
      if part != 0 { book(part, fee, event, Int(share.agent)) }
    }
  }

  /// Average-cost lots: a fill against the lot closes its part as one round trip.
  private func book(_ quantity: Int64, _ fee: Int64, _ event: FillEvent, _ agent: Int) {
    let key = UInt64(agent) << 32 | UInt64(event.instrument)
    var lot = lots[key] ?? Lot()
    var rest = quantity
    var restFee = fee
    if lot.quantity != 0, (lot.quantity > 0) != (quantity > 0) {
      let closing = min(abs(quantity), abs(lot.quantity)) * (quantity > 0 ? 1 : -1)
      let closingFee = Int64(Int128(fee) * Int128(closing) / Int128(quantity))
      close(&lot, closing, closingFee, event, agent)
      rest -= closing
      restFee -= closingFee
    }
    if rest != 0 {
      if lot.quantity == 0 { lot = Lot(opened: event.time) }
      lot.quantity += rest
      lot.cost += Int128(rest) * Int128(event.price)
      lot.fees += restFee
    }
    lots[key] = lot.quantity == 0 ? nil : lot
  }

  private func close(_ lot: inout Lot, _ closing: Int64, _ fee: Int64, _ event: FillEvent, _ agent: Int) {
    let part = lot.cost * Int128(-closing) / Int128(lot.quantity)
    let entryFees = Int64(Int128(lot.fees) * Int128(-closing) / Int128(lot.quantity))
    let multiplier = Int128(multipliers[Int(event.instrument)])
    let scale = Int128(fixedPointScale)
    let gross = (Int128(-closing) * Int128(event.price) - part) / scale * multiplier / scale
    trades.append(
      Trade(
        agent: agent, instrument: event.instrument, quantity: -closing, opened: lot.opened, closed: event.time,
        entry: Int64(clamping: part / Int128(-closing)), exit: event.price,
        profit: Int64(clamping: gross) - fee - entryFees, fees: fee + entryFees))
    lot.cost -= part
    lot.fees -= entryFees
    lot.quantity += closing
  }

  public func denied(_ event: DenialEvent) { denials.append(event) }
  public func halted(_ event: HaltEvent) { halts.append(event) }
  public func refused(agent: Int, refusal: OutputRefusal, time: Int64) {
    let kind = refusal.name
    if let k = faults.firstIndex(where: { $0.agent == agent && $0.kind == kind }) {
      faults[k].last = time
      faults[k].count += 1
    } else {
      faults.append(Fault(first: time, last: time, count: 1, agent: agent, kind: kind))
    }
  }

  /// Adds the present state to the equity curve.
  public func sample(_ time: Int64) {
    let point = EquityPoint(
      time: time, equity: engine.equity.raw, cash: engine.cash.raw, gross: engine.grossExposure,
      net: engine.netExposure,
      names: engine.openNames)
    if equity.last?.time == time { equity[equity.count - 1] = point } else { equity.append(point) }
  }
}

extension OutputRefusal {
  public var name: String {
    switch self {
    case .unknownInstrument: "unknown instrument"
    case .notFinite: "not a finite number"
    case .outOfRange: "out of range"
    case .undeclaredKind: "undeclared output kind"
    case .tooManyRows: "too many rows"
    case .fault: "fault"
    case .late: "late"
    case .widensRisk: "multiplier above 1"
    case .beyondWork: "more than it was to work"
    }
  }
}

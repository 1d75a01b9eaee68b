import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("Whatever numbers come from outside, the books stay whole")
struct ForeignNumberTests {
  private struct Dice {
    var random: SplitMix64
    mutating func roll(_ n: Int) -> Int { Int.random(in: 0..<n, using: &random) }
    mutating func pick<T>(_ list: [T]) -> T { list[roll(list.count)] }
  }

  private static let quantities: [Int64] = [
    0, 1, -1, fixedPointScale, 10 * fixedPointScale, -10 * fixedPointScale, 123_456_789, -fixedPointScale / 2,
    .max / 2, -(.max / 2), .max, .min, .min + 1, 1 << 61, -(1 << 61),
  ]
  private static let prices: [Int64] = [
    0, 1, fixedPointScale, 100 * fixedPointScale, 101 * fixedPointScale, -5 * fixedPointScale, 1 << 40, 1 << 61, .max,
    .min, .max / 2,
  ]
  private static let fees: [Int64] = [0, 0, 0, 1, -1, fixedPointScale, .max, .min, .max / 2, -(1 << 62)]

  private static var limited: Limits {
    var limits = Limits()
    limits.reconciliationAction = .armed
    limits.dailyLossAction = .paused
    limits.maxSector = .ofEquity(ppm: 300_000)
    limits.maxOrder = .ofEquity(ppm: 100_000)
    limits.pendingExposure = .committed
    return limits
  }

  /// What an agent may answer: the largest numbers too.
  private func row(_ dice: inout Dice) -> al_row_v1 {
    var row = al_row_v1()
    row.kind = dice.pick([AL_ROW_QUANTITY, AL_ROW_ORDER, AL_ROW_WEIGHT])
    row.instrument = UInt32(dice.roll(3))
    row.quantity = dice.pick(Self.quantities)
    row.value = dice.pick([0, 1, -1, 10, -10, 0.05])
    row.confidence = 1
    row.order_type = dice.pick([AL_ORDER_MARKET, AL_ORDER_LIMIT, AL_ORDER_STOP])
    row.limit_price = dice.pick(Self.prices)
    row.stop_price = dice.pick(Self.prices)
    row.time_ns = dice.pick([0, 0, 30, 50, .max, .min])
    return row
  }

  private func expectWhole(_ rig: EngineRig, _ seed: UInt64) {
    let equity = rig.engine.ledger.recomputedEquity()
    #expect(equity == rig.engine.equity, "seed \(seed)")
    for i in 0..<3 as Range<UInt32> {
      let position = rig.engine.ledger.position(i)
      var (quantity, fees, result) = (Int128(0), Int128(0), Int128(0))
      for agent in rig.engine.ledger.agentPositions(of: i) {
        quantity += Int128(agent.quantity.raw)
        fees += Int128(agent.fees.raw)
        result += Int128(agent.realised.raw) - Int128(agent.holding.cost.raw)
      }
      #expect(quantity == Int128(position.quantity.raw), "seed \(seed)")
      #expect(fees == Int128(position.fees.raw), "seed \(seed)")
      #expect(result == Int128(position.realised.raw) - Int128(position.holding.cost.raw), "seed \(seed)")
    }
  }

  @Test("reports and prices of any size in any order", arguments: 0..<400 as Range<UInt64>)
  func anything(seed: UInt64) throws {
    var dice = Dice(random: SplitMix64(seed: seed))
    let multiplier = dice.pick([fixedPointScale, 50 * fixedPointScale, 12_345_678])
    let rig = try EngineRig(
      instruments: [
        Instrument(symbol: "A", isShortable: true), Instrument(symbol: "B"),
        Instrument(symbol: "C", multiplier: Quantity(raw: multiplier)),
      ], limits: dice.roll(2) == 0 ? .open { $0.reconciliationAction = .armed } : Self.limited,
      outputs: dice.pick([AL_OUT_QUANTITY | AL_OUT_ORDER, AL_OUT_WEIGHT | AL_OUT_ORDER]), worker: dice.roll(2) == 0)
    rig.panel(1, [100, 100, 100])
    let shares = [Ownership.Share(agent: 0, weight: 1), Ownership.Share(agent: 1, weight: 2)]
    let both = rig.engine.ledger.ownership.owner(of: shares)
    let group = try #require(both)
    var time: Int64 = 2
    for step in 0..<60 {
      time += 1
      switch dice.roll(14) {
      case 0...1:
        var row = al_order_v1()
        row.instrument = UInt32(dice.roll(3))
        row.quantity = dice.pick(Self.quantities.filter { $0 != 0 && $0.magnitude <= UInt64(Int64.max / 2) })
        row.type = AL_ORDER_LIMIT
        row.limit_price = dice.pick(Self.prices)
        rig.engine.request(row, owner: dice.roll(2) == 0 ? .agent(0) : group, label: 0)
        rig.answer(dice.pick([AL_OK, AL_AGAIN, AL_E_TIMEOUT]))
      case 2...3:
        rig.script.rows[rig.script.call] = (0..<dice.roll(4)).map { _ in row(&dice) }
        var closes = (0..<3).map { _ in dice.pick(Self.prices) }
        if dice.roll(2) == 0 { closes = [100, 100, 100].map { $0 * fixedPointScale } }
        closes.withUnsafeBufferPointer { p in
          guard let base = p.baseAddress else { return }
          let columns = BarColumns(open: nil, high: nil, low: nil, close: base, volume: nil, instruments: nil)
          rig.engine.process(BarBatch(ts: time, columns: columns, firstRow: 0, count: 3, flags: 0))
        }
        rig.answer(AL_OK)
        rig.answerCancels(AL_OK)
      case 4:
        if dice.roll(4) == 0 {
          rig.engine.setHalt(dice.pick([.paused, .halted, .flattening]), .operatorRequest, limit: 0, value: 0)
        } else {
          rig.engine.resume(actor: "", reason: "")
        }
        rig.engine.advance(to: time)
        rig.answer(AL_OK)
        rig.answerCancels(AL_AGAIN)
      default:
        let kind = dice.pick([
          AL_REPORT_FILL, AL_REPORT_FILL, AL_REPORT_FILL, AL_REPORT_CORRECTION, AL_REPORT_CORRECTION, AL_REPORT_FEE,
          AL_REPORT_CANCELLED, AL_REPORT_EXPIRED, AL_REPORT_REPLACED, AL_REPORT_WORKING,
        ])
        let isLarge = dice.roll(3) == 0
        let (quantity, price, fee) = (dice.pick(Self.quantities), dice.pick(Self.prices), dice.pick(Self.fees))
        let small = Int64(dice.roll(20) - 10) * fixedPointScale / Int64(1 + dice.roll(3))
        let order = UInt64(dice.roll(6))
        let execution = UInt64(dice.roll(8))
        rig.report(kind, order, at: time) {
          $0.instrument = UInt32(dice.roll(4))
          $0.ts = dice.pick([0, 1, 2, .min, .max])
          $0.execution = (0, execution)
          $0.quantity = isLarge ? quantity : small
          $0.price = isLarge ? price : 100 * fixedPointScale
          $0.fee = isLarge ? fee : small / 1000
        }
      }
      expectWhole(rig, seed &* 1000 &+ UInt64(step))
    }
  }
}

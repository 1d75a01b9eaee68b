import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("A child order meets every limit at its release")
struct ReleaseTests {
  private func rig(
    _ limits: Limits = .open(), outputs: UInt64 = AL_OUT_ORDER | AL_OUT_VETO | AL_OUT_QUANTITY
  ) throws -> EngineRig {
    try EngineRig(instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: limits, outputs: outputs)
  }

  /// Second 1 decides to buy 10 A at second 11; prices stay at 100.
  private func scheduled(_ limits: Limits = .open(), limit: Int64 = 0) throws -> EngineRig {
    let rig = try rig(limits)
    var child = EngineRig.limitOrder(0, 10, at: limit)
    if limit == 0 { child.order_type = AL_ORDER_MARKET }
    child.time_ns = seconds(11)
    rig.script.rows[0] = [child]
    rig.panel(seconds(1), [100, 100], flags: AL_MARKET_SESSION_OPENS)
    #expect(!rig.engine.hasCommands)
    return rig
  }

  @Test("what nothing stops leaves at its time, with or without bars then")
  func control() throws {
    let rig = try scheduled()
    rig.panel(seconds(11) - 1, [100, 100])
    #expect(!rig.engine.hasCommands)
    rig.panel(seconds(11), [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [10 * fixedPointScale])
    #expect(rig.denials().isEmpty)

    let quiet = try scheduled()
    quiet.engine.advance(to: seconds(11))
    #expect(quiet.engine.pendingCommands.count == 1)
  }

  @Test("a pause between the decision and the release denies it; a halt takes it back")
  func halts() throws {
    let paused = try scheduled()
    paused.engine.setHalt(.paused, .operatorRequest, limit: 0, value: 0)
    paused.panel(seconds(11), [100, 100])
    #expect(!paused.engine.hasCommands)
    #expect(paused.denials() == [AL_DENY_HALTED])
    #expect(paused.state(1) == .denied)

    let halted = try scheduled()
    halted.engine.setHalt(.halted, .operatorRequest, limit: 0, value: 0)
    halted.engine.resume(actor: "test", reason: "test")
    halted.panel(seconds(11), [100, 100])
    #expect(!halted.engine.hasCommands)
    #expect(halted.engine.counts.orders == 0)
  }

  @Test("limits that came between: each is the reason")
  func limits() throws {
    let changes: [(UInt16, (inout Limits) -> Void)] = [
      (AL_DENY_RESTRICTED, { $0.restricted = [0] }),
      (AL_DENY_POSITION_SIZE, { $0.maxPosition = .money(Money(raw: 999 * fixedPointScale)) }),
      (AL_DENY_GROSS, { $0.maxGross = .money(Money(raw: 999 * fixedPointScale)) }),
      (AL_DENY_ORDER_SIZE, { $0.maxOrderQuantity = Quantity(raw: 9 * fixedPointScale) }),
    ]
    for (reason, change) in changes {
      let rig = try scheduled()
      rig.engine.adopt(limits: .open(change), allocation: .init(), instruments: rig.engine.settings.instruments)
      rig.panel(seconds(11), [100, 100])
      #expect(rig.denials() == [reason])
      #expect(!rig.engine.hasCommands)
    }
  }

  @Test("a veto that comes with the panel of the release")
  func veto() throws {
    let rig = try scheduled()
    var veto = al_row_v1()
    veto.kind = AL_ROW_VETO
    veto.instrument = 0
    veto.reason = 7
    rig.script.rows[1] = [veto]
    rig.panel(seconds(11), [100, 100])
    #expect(rig.denials() == [AL_DENY_VETO])
  }

  @Test("the price of the release counts, not the one before it")
  func collar() throws {
    let near = try scheduled(.open { $0.priceCollarPPM = 50_000 }, limit: 96)
    near.panel(seconds(11), [100, 100])
    #expect(near.engine.pendingCommands.count == 1)
    let far = try scheduled(.open { $0.priceCollarPPM = 50_000 }, limit: 96)
    far.panel(seconds(11), [110, 100])
    #expect(far.denials() == [AL_DENY_PRICE_COLLAR])
    // And a price of this very moment is not a stale one.
    let fresh = try scheduled(.open { $0.staleAfter = seconds(5) })
    fresh.panel(seconds(11), [100, 100])
    #expect(fresh.engine.pendingCommands.count == 1)
    let stale = try scheduled(.open { $0.staleAfter = seconds(5) })
    stale.prices(seconds(11), [1: 100])
    #expect(stale.denials() == [AL_DENY_STALE_QUOTE])
  }

  /// Second 1 puts all of 10,000 into A, which may lose 2 % a day, and decides to buy 1 B at second 11.
  private func invested() throws -> EngineRig {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open { $0.dailyLossPPM = 20_000 },
      cash: 10_000)
    var child = EngineRig.limitOrder(1, 1, at: 100)
    child.time_ns = seconds(11)
    rig.script.rows[0] = [EngineRig.quantity(0, 100), child]
    rig.panel(seconds(1), [100, 100], flags: AL_MARKET_SESSION_OPENS)
    rig.accept()
    return rig
  }

  @Test("a loss that trips at the moment of the release stops it", arguments: [98, 99] as [Int64])
  func tripAtOnce(price: Int64) throws {
    let rig = try invested()
    rig.fill(1, 0, 100, at: 100)
    rig.panel(seconds(11), [price, 100])
    #expect(rig.engine.halt == (price == 98 ? .halted : .armed))
    #expect(rig.engine.pendingCommands.count == (price == 98 ? 0 : 1))
  }

  @Test("a loss that a fill or a fee brought between bars stops a release without a bar", arguments: [true, false])
  func tripBetweenBars(fee: Bool) throws {
    let rig = try invested()
    rig.fill(1, 0, 100, at: fee ? 100 : 102)
    if fee {
      rig.report(AL_REPORT_FEE, 1, at: seconds(2)) {
        $0.execution = (1, 1)
        $0.fee = 200 * fixedPointScale
      }
    }
    rig.engine.advance(to: seconds(11))
    #expect(rig.engine.halt == .halted)
    #expect(!rig.engine.hasCommands)
  }

  @Test(
    "an order that passed before the loss of the same moment was seen is taken back", arguments: [98, 99] as [Int64])
  func recall(price: Int64) throws {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open { $0.dailyLossPPM = 20_000 },
      cash: 10_000)
    rig.script.rows[0] = [EngineRig.quantity(0, 100)]
    rig.panel(seconds(1), [100, 100], flags: AL_MARKET_SESSION_OPENS)
    rig.accept()
    rig.fill(1, 0, 100, at: 100)
    // A timer fires before the prices of its moment are in: one order adds risk, one closes some.
    #expect(rig.engine.addTimer(agent: 0, at: seconds(2), token: 1))
    rig.script.rows[1] = [EngineRig.limitOrder(1, 1, at: 100), EngineRig.limitOrder(0, -40, at: 90)]
    rig.panel(seconds(2), [price, 100])
    let left = rig.engine.pendingCommands.map(\.quantity)
    #expect(left == (price == 98 ? [-40 * fixedPointScale] : [1 * fixedPointScale, -40 * fixedPointScale]))
    #expect(rig.denials() == (price == 98 ? [AL_DENY_HALTED] : []))
    #expect(rig.state(2) == (price == 98 ? .denied : .intended))
    #expect(rig.engine.machine.pool.books[1].reservedBuy.raw == (price == 98 ? 0 : fixedPointScale))
  }

  // MARK: quantities that an agent works

  private static func weight(_ value: Double) -> al_row_v1 {
    var row = al_row_v1()
    row.kind = AL_ROW_WEIGHT
    row.value = value
    row.confidence = 1
    return row
  }

  /// 50 A held at 100, and a worker that does half of a quantity at once and half 10 s later; no short sale is refused.
  private func working() throws -> EngineRig {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A", isShortable: true), Instrument(symbol: "B")], limits: .open(),
      cash: 100_000, outputs: AL_OUT_WEIGHT | AL_OUT_ORDER, worker: true)
    rig.script.rows[0] = [Self.weight(0.05)]
    rig.panel(seconds(1), [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [25 * fixedPointScale])
    rig.accept()
    rig.fill(1, 0, 25, at: 100)
    rig.panel(seconds(11), [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [25 * fixedPointScale])
    rig.accept()
    rig.fill(2, 0, 25, at: 100)
    return rig
  }

  @Test("a child that was to close never opens the other side", arguments: [25, 10, 0] as [Int64])
  func reduceOnly(sold: Int64) throws {
    let rig = try working()
    rig.script.rows[rig.script.call] = [Self.weight(0)]
    rig.panel(seconds(12), [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-25 * fixedPointScale])
    #expect(rig.engine.pendingCommands.first?.flags == AL_ORDER_REDUCE_ONLY)
    rig.accept()
    rig.fill(3, 0, -25, at: 100)
    // Of the other 25, some went another way meanwhile; without a price of A nothing is decided anew.
    rig.engine.settings.limits.reconciliationAction = .armed
    if sold > 0 { rig.fill(3, 0, -sold, at: 100) }
    rig.prices(seconds(22), [1: 100])
    let expected: [Int64] = sold == 25 ? [] : [-(25 - sold) * fixedPointScale]
    #expect(rig.engine.pendingCommands.map(\.quantity) == expected)
    #expect(rig.denials() == (sold == 25 ? [AL_DENY_INVALID] : []))
  }

  @Test("nor does one that leaves at once, from a worker that does twice what it is asked")
  func reduceOnlyAtOnce() throws {
    let rig = try working()
    var specs = rig.engine.agentSpecs
    specs[1].evaluate = { _, input, output in
      guard let input, let output, let work = input.pointee.work else { return AL_E_ARGUMENT }
      for row in 0..<2 {
        output.pointee.rows[row] = al_row_v1()
        output.pointee.rows[row].kind = AL_ROW_ORDER
        output.pointee.rows[row].instrument = work.pointee.instrument
        output.pointee.rows[row].quantity = work.pointee.remaining
      }
      output.pointee.len = 2
      return AL_OK
    }
    rig.engine.adopt(specs, retired: [])
    rig.script.rows[rig.script.call] = [Self.weight(0)]
    rig.panel(seconds(12), [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-50 * fixedPointScale])
    #expect(rig.denials().isEmpty)
    #expect(rig.engine.agentStates[1].refusals == [OutputRefusal.beyondWork.rawValue: 1])
  }

  @Test("a worker opens no more than it was given, on no other side, and in no other name")
  func beyondWork() throws {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A", isShortable: true), Instrument(symbol: "B")], limits: .open(),
      cash: 100_000, outputs: AL_OUT_WEIGHT | AL_OUT_ORDER, worker: true)
    var specs = rig.engine.agentSpecs
    specs[1].evaluate = { _, input, output in
      guard let input, let output, let work = input.pointee.work else { return AL_E_ARGUMENT }
      let whole = work.pointee.remaining
      let later = input.pointee.as_of_ns + seconds(10)
      let rows: [(UInt32, Int64, Int64)] = [
        (0, 2 * whole, 0), (0, -whole, 0), (1, whole, 0), (0, whole / 2, 0), (0, whole / 2, later), (0, 1, later),
      ]
      for (k, row) in rows.enumerated() {
        output.pointee.rows[k] = al_row_v1()
        output.pointee.rows[k].kind = AL_ROW_ORDER
        output.pointee.rows[k].instrument = row.0
        output.pointee.rows[k].quantity = row.1
        output.pointee.rows[k].time_ns = row.2
      }
      output.pointee.len = UInt32(rows.count)
      return AL_OK
    }
    specs[1].maxRows = 6
    rig.engine.adopt(specs, retired: [])
    rig.script.rows[0] = [Self.weight(0.05)]
    rig.panel(seconds(1), [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [25 * fixedPointScale])
    #expect(rig.engine.work.waiting(0) == 25 * fixedPointScale)
    #expect(rig.engine.agentStates[1].refusals == [OutputRefusal.beyondWork.rawValue: 4])
  }

  @Test("closing and opening are two works, and what waits is counted once")
  func flip() throws {
    let rig = try working()
    rig.script.rows[rig.script.call] = [Self.weight(-0.05)]
    rig.panel(seconds(12), [100, 100])
    // Half of each at once: 25 of the 50 to close, 25 of the 50 to sell short.
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-25 * fixedPointScale, -25 * fixedPointScale])
    #expect(rig.engine.work.waiting(0) == -50 * fixedPointScale)
    rig.accept()
    rig.fill(3, 0, -25, at: 100)
    rig.fill(4, 0, -25, at: 100)
    rig.panel(seconds(13), [100, 100])
    #expect(!rig.engine.hasCommands)
  }

  @Test("a target that turns takes back what waits before it trades the other way")
  func turn() throws {
    let rig = try working()
    rig.script.rows[rig.script.call] = [Self.weight(0.02)]
    rig.panel(seconds(12), [100, 100])
    #expect(rig.engine.work.waiting(0) == -15 * fixedPointScale)
    rig.accept()
    rig.fill(3, 0, -15, at: 100)
    rig.script.rows[rig.script.call] = [Self.weight(0.035)]
    rig.panel(seconds(13), [100, 100])
    #expect(rig.engine.work.waiting(0) == 0)
    #expect(!rig.engine.hasCommands)
  }
}

import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("What stands goes on when another generation takes over")
struct ReloadTests {
  private static let pair = [Instrument(symbol: "A", sector: "s"), Instrument(symbol: "B", sector: "s")]

  private static func row(_ kind: UInt16, _ change: (inout al_row_v1) -> Void) -> al_row_v1 {
    var row = al_row_v1()
    row.kind = kind
    row.confidence = 1
    change(&row)
    return row
  }

  /// Another generation in which the agent reads more history, so that all of its tables are new.
  private func reload(_ rig: EngineRig, lookback: UInt32 = 9, _ change: (inout AgentSpec) -> Void = { _ in }) {
    var specs = rig.engine.agentSpecs
    specs[0].needs.lookback = lookback
    change(&specs[0])
    rig.engine.adopt(specs, retired: [])
  }

  @Test("a standing veto goes on barring", arguments: [0, AL_NONE], [4, 9] as [UInt32])
  func veto(instrument: UInt32, lookback: UInt32) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_VETO | AL_OUT_QUANTITY)
    rig.script.rows[0] = [Self.row(AL_ROW_VETO) { ($0.instrument, $0.reason) = (instrument, 7) }]
    rig.script.rows[1] = [EngineRig.quantity(0, 10)]
    rig.panel(1, [100, 100])
    reload(rig, lookback: lookback)
    rig.panel(2, [100, 100])
    #expect(rig.denials() == [AL_DENY_VETO])
  }

  @Test("a veto stays with its instrument when the universe of its agent changes")
  func vetoOfAnotherUniverse() throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_VETO | AL_OUT_QUANTITY)
    rig.script.rows[0] = [Self.row(AL_ROW_VETO) { ($0.instrument, $0.reason) = (0, 7) }]
    rig.script.rows[1] = [EngineRig.quantity(0, 10), EngineRig.quantity(1, 10)]
    rig.panel(1, [100, 100])
    reload(rig) { $0.universe = [1, 0] }
    rig.panel(2, [100, 100])
    #expect(rig.denials() == [AL_DENY_VETO])
    #expect(rig.engine.pendingCommands.map(\.instrument) == [1])
  }

  @Test("another kind of agent under the same name has said nothing yet", arguments: [4, 9] as [UInt32])
  func vetoOfAnotherKind(lookback: UInt32) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_VETO | AL_OUT_QUANTITY)
    rig.script.rows[0] = [Self.row(AL_ROW_VETO) { ($0.instrument, $0.reason) = (0, 7) }]
    rig.script.rows[1] = [EngineRig.quantity(0, 10)]
    rig.panel(1, [100, 100])
    reload(rig, lookback: lookback) { $0.descriptorID = "test.other" }
    rig.panel(2, [100, 100])
    #expect(rig.denials().isEmpty)
  }

  @Test("a standing multiplier goes on scaling", arguments: [0, AL_NONE])
  func multiplier(instrument: UInt32) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_MULTIPLIER | AL_OUT_QUANTITY)
    rig.script.rows[0] = [Self.row(AL_ROW_MULTIPLIER) { ($0.instrument, $0.value) = (instrument, 0.5) }]
    rig.script.rows[1] = [EngineRig.quantity(0, 10)]
    rig.panel(1, [100, 100])
    reload(rig)
    rig.panel(2, [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [5 * fixedPointScale])
  }

  @Test("a weight that nobody took back is not traded away")
  func weight() throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_WEIGHT)
    rig.script.rows[0] = [Self.row(AL_ROW_WEIGHT) { $0.value = 0.05 }]
    rig.panel(1, [100, 100])
    rig.accept()
    rig.fill(1, 0, 500, at: 100)
    reload(rig)
    rig.panel(2, [100, 100])
    #expect(!rig.engine.hasCommands)
  }

  @Test("the vote weight that another agent gave stays, unless the manifest gives another", arguments: [1.0, 0.8])
  func voteWeight(manifest: Double) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_AGENT_WEIGHT)
    rig.script.rows[0] = [Self.row(AL_ROW_AGENT_WEIGHT) { $0.value = 0.25 }]
    rig.panel(1, [100, 100])
    reload(rig) { $0.weight = manifest }
    #expect(rig.engine.agentStates[0].weight == (manifest == 1 ? 0.25 : 0.8))
  }

  @Test("children that wait leave at their time; a retired agent's do not")
  func children() throws {
    for isRetired in [false, true] {
      let rig = try EngineRig(instruments: Self.pair, limits: .open())
      var child = EngineRig.limitOrder(0, 10, at: 100)
      child.time_ns = seconds(11)
      rig.script.rows[0] = [child]
      rig.panel(seconds(1), [100, 100])
      rig.engine.adopt(rig.engine.agentSpecs, retired: isRetired ? [0] : [])
      rig.panel(seconds(11), [100, 100])
      #expect(rig.engine.pendingCommands.map(\.quantity) == (isRetired ? [] : [10 * fixedPointScale]))
    }
  }

  @Test("a retired agent's targets are closed once, not again at every reload")
  func retiredOnce() throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open())
    rig.script.rows[0] = [EngineRig.quantity(0, 10)]
    rig.panel(1, [100, 100])
    rig.accept()
    rig.fill(1, 0, 10, at: 100)
    var specs = rig.engine.agentSpecs
    specs.append(specs[0])
    rig.engine.adopt(specs, retired: [0])
    rig.panel(2, [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-10 * fixedPointScale])
    rig.accept()
    rig.fill(2, 0, -10, at: 100)
    // The next one wants some of A by an order of its own.
    rig.script.rows[2] = [EngineRig.limitOrder(0, 7, at: 100)]
    rig.panel(3, [100, 100])
    rig.accept()
    rig.fill(3, 0, 7, at: 100)
    rig.engine.adopt(rig.engine.agentSpecs, retired: [0])
    rig.panel(4, [100, 100])
    #expect(!rig.engine.hasCommands)
  }

  @Test(
    "targets stay with their names when the universe changes, the rest is withdrawn", arguments: [1, 2])
  func targetsOfAnotherUniverse(speakers: Int) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open())
    var specs = rig.engine.agentSpecs
    for k in 1..<speakers {
      specs.append(specs[0])
      specs[k].instance = "other"
    }
    rig.engine.adopt(specs, retired: [])
    for k in 0..<speakers { rig.script.rows[k] = [EngineRig.quantity(0, 10), EngineRig.quantity(1, 20)] }
    rig.panel(1, [100, 100])
    rig.accept()
    rig.fill(1, 0, Int64(10 * speakers), at: 100)
    rig.fill(2, 1, Int64(20 * speakers), at: 100)
    reload(rig) { $0.universe = [1] }
    rig.panel(2, [100, 100])
    #expect(rig.engine.pendingCommands.map(\.instrument) == [0])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-10 * fixedPointScale])
  }

  @Test("a build with more names of estimates may use them")
  func estimates() throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), outputs: AL_OUT_ESTIMATE)
    reload(rig, lookback: 4) { $0.estimates = ["one", "two"] }
    rig.script.rows[0] = [Self.row(AL_ROW_ESTIMATE) { $0.label = 1 }]
    rig.panel(1, [100, 100])
    #expect(rig.engine.agentStates[0].refusals.isEmpty)
  }

  @Test("an agent misses no update of its orders", arguments: [4, 9] as [UInt32])
  func updates(lookback: UInt32) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open(), inputs: AL_IN_BARS | AL_IN_ORDERS)
    rig.script.rows[0] = [EngineRig.quantity(0, 10)]
    rig.panel(1, [100, 100])
    rig.accept()
    rig.fill(1, 0, 10, at: 100)
    let before = rig.engine.slots[0].input.pointee.n_order_updates
    #expect(before > 0)
    reload(rig, lookback: lookback)
    #expect(rig.engine.slots[0].input.pointee.n_order_updates == before)
    #expect(rig.engine.slots[0].input.pointee.order_updates[Int(before) - 1].last_quantity == 10 * fixedPointScale)
  }

  @Test(
    "a limit on sectors that comes with a reload counts what is held, at the prices after it", arguments: [100, 110])
  func sector(price: Int64) throws {
    let rig = try EngineRig(instruments: Self.pair, limits: .open())
    rig.script.rows[0] = [EngineRig.quantity(0, 500)]
    rig.script.rows[1] = [EngineRig.quantity(1, 1)]
    rig.panel(1, [100, 100])
    rig.accept()
    rig.fill(1, 0, 500, at: 100)
    let most = Money(raw: 500 * price * fixedPointScale)
    rig.engine.adopt(
      limits: .open { $0.maxSector = .money(most) }, allocation: .init(), instruments: rig.engine.settings.instruments)
    rig.panel(2, [price, 100])
    #expect(rig.denials() == [AL_DENY_SECTOR])
  }

  @Test("a name that moves into a sector counts there")
  func sectorOfAnother() throws {
    let limits = Limits.open { $0.maxSector = .money(Money(raw: 50_000 * fixedPointScale)) }
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A", sector: "t"), Instrument(symbol: "B", sector: "s")], limits: limits)
    rig.script.rows[0] = [EngineRig.quantity(0, 500)]
    rig.script.rows[1] = [EngineRig.quantity(1, 1)]
    rig.panel(1, [100, 100])
    rig.accept()
    rig.fill(1, 0, 500, at: 100)
    rig.engine.adopt(limits: limits, allocation: .init(), instruments: Self.pair)
    rig.panel(2, [100, 100])
    #expect(rig.denials() == [AL_DENY_SECTOR])
  }

  @Test("rejects before a reload count towards the burst")
  func rejects() throws {
    let limits = Limits.open { $0.rejectBurst = RateLimit(count: 2, window: seconds(60)) }
    let rig = try EngineRig(instruments: Self.pair, limits: limits)
    for (i, units) in [10, 20].enumerated() {
      rig.script.rows[i] = [EngineRig.quantity(0, Int64(units))]
      rig.panel(seconds(Int64(i) + 1), [100, 100])
      rig.answer(AL_E_REJECTED)
      if i == 0 {
        rig.engine.adopt(limits: limits, allocation: .init(), instruments: rig.engine.settings.instruments)
      }
    }
    #expect(rig.engine.halt == .paused)
  }
}

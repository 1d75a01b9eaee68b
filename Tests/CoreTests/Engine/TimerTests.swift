import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("What an agent asks for when its timer fires")
struct TimerTests {
  @Test("a quantity is traded in that moment, where all agents look at single bars", arguments: [true, false])
  func barsOnly(withBar: Bool) throws {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A")], limits: .open(), triggers: AL_CAUSE_BAR | AL_CAUSE_TIMER)
    rig.panel(1, [100])
    #expect(rig.engine.addTimer(agent: 0, at: 2, token: 1))
    rig.script.rows[1] = [EngineRig.quantity(0, 10)]
    if withBar { rig.panel(2, [100]) } else { rig.engine.advance(to: 2) }
    #expect(rig.engine.pendingCommands.map(\.quantity) == [10 * fixedPointScale])
  }
}

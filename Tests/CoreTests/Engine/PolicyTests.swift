import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("Sizing while the risk policy does not answer")
struct PolicyTests {
  @Test(
    "nothing is opened or enlarged; what is held can be left",
    arguments: [
      // asked for, held, committed, wanted
      (100, 0, 0, 0), (-100, 0, 0, 0), (100, 0, 40, 40), (0, 0, 40, 40),
      (200, 100, 100, 100), (60, 100, 100, 100), (0, 100, 100, 0), (-50, 100, 100, 0),
      (0, -100, -100, 0), (80, -100, -100, 0), (-200, -100, -100, -100),
      // A buy of 50 on its way stays; only the 100 that are held are sold.
      (0, 100, 150, 50),
      // A sale of 30, or of everything, on its way already.
      (0, 100, 70, 0), (0, 100, 0, 0), (-10, 100, 0, 0),
    ] as [(Int64, Int64, Int64, Int64)])
  func unsized(asked: Int64, held: Int64, committed: Int64, wanted: Int64) {
    #expect(Engine.unsized(asked, held: held, committed: committed) == wanted)
  }

  /// Answers what is asked, or an error with a far larger quantity left behind.
  private final class Sizer {
    var isBroken = false
    var policy: SizingPolicy {
      SizingPolicy(context: Unmanaged.passUnretained(self).toOpaque()) { context, sizing, _ in
        guard let context, let sizing else { return AL_E_ARGUMENT }
        let me = Unmanaged<Sizer>.fromOpaque(context).takeUnretainedValue()
        if me.isBroken { sizing.pointee.targets?.pointee.quantity = 900 * fixedPointScale }
        return me.isBroken ? AL_E_INTERNAL : AL_OK
      }
    }
  }

  @Test("an agent's targets, with a policy that fails in the middle")
  func engine() throws {
    var limits = Limits()
    limits.requiresLocate = false
    let rig = try EngineRig(instruments: [Instrument(symbol: "A")], limits: limits)
    let sizer = Sizer()
    rig.engine.policy = sizer.policy
    for (call, target) in [100, 200, 50, -30, 80].enumerated() {
      rig.script.rows[call] = [EngineRig.quantity(0, Int64(target))]
    }
    func orders(_ time: Int64) -> [Int64] {
      rig.panel(time, [100])
      let list = rig.engine.pendingCommands.map { $0.quantity / fixedPointScale }
      rig.accept()
      return list
    }
    #expect(orders(1) == [100])
    rig.fill(1, 0, 100, at: 100)
    sizer.isBroken = true
    #expect(orders(2) == [])
    #expect(orders(3) == [])
    #expect(orders(4) == [-100])
    rig.fill(2, 0, -100, at: 100)
    #expect(orders(5) == [])
    sizer.isBroken = false
    rig.script.rows[5] = [EngineRig.quantity(0, 80)]
    #expect(orders(6) == [80])
  }

  @Test("children that wait are on their way too: a policy that fails does not take them back")
  func waiting() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A")], limits: .open(), worker: true)
    let sizer = Sizer()
    rig.engine.policy = sizer.policy
    rig.script.rows = [0: [EngineRig.quantity(0, 50)], 2: [EngineRig.quantity(0, 10)], 3: [EngineRig.quantity(0, 10)]]
    rig.panel(seconds(1), [100])
    rig.accept()
    rig.fill(1, 0, 25, at: 100)
    rig.panel(seconds(11), [100])
    rig.accept()
    rig.fill(2, 0, 25, at: 100)
    rig.panel(seconds(12), [100])
    rig.accept()
    rig.fill(3, 0, -20, at: 100)
    #expect(rig.engine.work.waiting(0) == -20 * fixedPointScale)
    sizer.isBroken = true
    rig.panel(seconds(13), [100])
    #expect(rig.engine.work.waiting(0) == -20 * fixedPointScale)
    #expect(!rig.engine.hasCommands)
  }
}

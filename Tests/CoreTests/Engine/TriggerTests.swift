import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("Triggers of the kill switch do what is configured")
struct TriggerTests {
  private static let actions: [HaltState] = [.paused, .halted, .flattening]
  private static let day = seconds(86_400)

  private func rig(_ change: (inout Limits) -> Void) throws -> EngineRig {
    try EngineRig(
      instruments: [Instrument(symbol: "A"), Instrument(symbol: "B"), Instrument(symbol: "X", isTradable: false)],
      limits: .open(change))
  }

  /// `units` of A at 100, bought at second 1.
  private func holding(_ units: Int64 = 10, _ change: (inout Limits) -> Void) throws -> EngineRig {
    let rig = try rig(change)
    rig.script.rows[0] = [EngineRig.quantity(0, units)]
    rig.panel(seconds(1), [100, 100, 1000])
    rig.accept()
    rig.fill(1, 0, units, at: 100)
    return rig
  }

  // MARK: reconciliation

  @Test("a fill of no order of ours", arguments: actions)
  func unknownFill(action: HaltState) throws {
    let rig = try holding { $0.reconciliationAction = action }
    #expect(rig.engine.halt == .armed)
    rig.fill(99, 1, 5, at: 100)
    #expect(rig.engine.halt == action)
    #expect(rig.trips().map(\.code) == [HaltTrigger.reconciliation.rawValue])
  }

  @Test("a fill after the end, and one too many", arguments: actions)
  func unexpectedFill(action: HaltState) throws {
    let rig = try holding { $0.reconciliationAction = action }
    rig.fill(1, 0, 1, at: 100)
    #expect(rig.engine.halt == action)
    #expect(rig.trips().map(\.code) == [HaltTrigger.lateFill.rawValue])
    #expect(rig.engine.ledger.positions[0].quantity.raw == 11 * fixedPointScale)
  }

  @Test("what the books cannot take halts at least", arguments: zip(actions, [HaltState.halted, .halted, .flattening]))
  func overflow(action: HaltState, expected: HaltState) throws {
    let rig = try rig { $0.reconciliationAction = action }
    rig.script.rows[0] = [EngineRig.quantity(0, 40_000_000_000)]
    rig.panel(seconds(1), [1, 1, 1])
    rig.accept()
    rig.fill(1, 0, 40_000_000_000, at: 2)
    #expect(rig.engine.halt == .armed)
    rig.fill(1, 0, 40_000_000_000, at: 2)
    #expect(rig.engine.halt == expected)
  }

  // MARK: stale data

  @Test("a held name without a price for longer than the limit, and not sooner", arguments: actions)
  func staleHeld(action: HaltState) throws {
    let rig = try holding {
      $0.staleAfter = seconds(30)
      $0.staleDataAction = action
    }
    rig.prices(seconds(31), [1: 100])
    #expect(rig.engine.halt == .armed)
    rig.prices(seconds(31) + 1, [1: 100])
    #expect(rig.engine.halt == action)
    let trips = rig.trips()
    #expect(trips.map(\.code) == [HaltTrigger.staleData.rawValue])
    #expect(trips.map(\.b) == [seconds(30)] && trips.map(\.c) == [seconds(30) + 1])
  }

  @Test("no trip: a price comes, nothing is held, no limit is set, or it is this very bar that ends a gap of all")
  func staleControls() throws {
    let fed = try holding { $0.staleAfter = seconds(30) }
    for s in 2...200 { fed.prices(seconds(Int64(s)), s % 30 == 0 ? [0: 100, 1: 100] : [1: 100]) }
    #expect(fed.engine.halt == .armed)

    let other = try rig { $0.staleAfter = seconds(30) }
    other.panel(seconds(1), [100, 100, 100])
    other.prices(seconds(1000), [1: 100])
    #expect(other.engine.halt == .armed)

    let sold = try holding { $0.staleAfter = seconds(30) }
    sold.script.rows[1] = [EngineRig.quantity(0, 0)]
    sold.panel(seconds(2), [100, 100, 1000])
    sold.accept()
    sold.fill(2, 0, -10, at: 100)
    sold.prices(seconds(1000), [1: 100])
    #expect(sold.engine.halt == .armed)

    let unlimited = try holding { $0.staleAfter = 0 }
    unlimited.prices(seconds(100_000), [1: 100])
    #expect(unlimited.engine.halt == .armed)

    let gap = try holding { $0.staleAfter = seconds(30) }
    gap.panel(seconds(100_000), [100, 100, 1000])
    #expect(gap.engine.halt == .armed)
  }

  @Test("a working order is at risk too, also one that was opened on an older price than the last look")
  func staleWorking() throws {
    let rig = try rig { $0.staleAfter = seconds(30) }
    rig.script.rows[0] = [EngineRig.limitOrder(1, 1, at: 90)]
    rig.script.rows[1] = [EngineRig.limitOrder(0, 1, at: 90)]
    rig.panel(seconds(1), [100, 100, 1000])
    rig.accept()
    rig.prices(seconds(21), [1: 100])
    rig.accept()
    // A has its price from second 1; B, at risk for longer, from second 31.
    rig.prices(seconds(31), [1: 100])
    #expect(rig.engine.halt == .armed)
    rig.prices(seconds(32), [1: 100])
    #expect(rig.engine.halt == .paused)
  }

  @Test("time without bars counts within the session; the night does not, for a limit shorter than the session")
  func staleNight() throws {
    let rig = try holding { $0.staleAfter = seconds(30) }
    func open(_ day: Int64) {
      rig.engine.session.pointee.open_ns = day * Self.day
      rig.engine.session.pointee.close_ns = day * Self.day + seconds(3600)
    }
    open(0)
    rig.prices(seconds(3600), [0: 100])
    rig.engine.advance(to: seconds(40_000))
    #expect(rig.engine.halt == .armed)
    open(1)
    rig.prices(Self.day + seconds(5), [1: 100], flags: AL_MARKET_SESSION_OPENS)
    rig.engine.advance(to: Self.day + seconds(30))
    #expect(rig.engine.halt == .armed)
    rig.engine.advance(to: Self.day + seconds(31))
    #expect(rig.engine.halt == .paused)
  }

  @Test("after a resume silence counts anew")
  func staleResume() throws {
    let rig = try holding { $0.staleAfter = seconds(30) }
    rig.prices(seconds(50), [1: 100])
    #expect(rig.engine.halt == .paused)
    rig.engine.resume(actor: "test", reason: "test")
    rig.prices(seconds(80), [1: 100])
    #expect(rig.engine.halt == .armed)
    rig.prices(seconds(81), [1: 100])
    #expect(rig.engine.halt == .paused)
  }

  // MARK: circuit breaker

  private static let breaker = CircuitBreaker(instrument: 2, levelsPPM: [70_000, 130_000, 200_000])

  @Test("the reference falls by a level against its close before the session, and not by less", arguments: actions)
  func breaker(action: HaltState) throws {
    let rig = try rig {
      $0.circuitBreaker = Self.breaker
      $0.circuitBreakerAction = action
    }
    rig.panel(seconds(1), [100, 100, 900], flags: AL_MARKET_SESSION_OPENS)
    rig.panel(seconds(2), [100, 100, 1000])
    rig.panel(Self.day, [100, 100, 950], flags: AL_MARKET_SESSION_OPENS)
    rig.panel(Self.day + 1, [100, 100, 931])
    #expect(rig.engine.halt == .armed)
    rig.panel(Self.day + 2, [100, 100, 930])
    // Nothing is held, so that flattening is done at once.
    #expect(rig.engine.halt == (action == .flattening ? .flat : action))
    let trip = rig.trips().first
    #expect(trip?.code == HaltTrigger.circuitBreaker.rawValue && trip?.state == action.rawValue)
    #expect(trip?.b == 70_000 && trip?.c == 70_000)
  }

  @Test("each level once a day, the deepest of several, and all of them again on the next day")
  func breakerLevels() throws {
    let rig = try rig { $0.circuitBreaker = Self.breaker }
    rig.panel(seconds(1), [100, 100, 1000])
    rig.panel(Self.day, [100, 100, 920], flags: AL_MARKET_SESSION_OPENS)
    rig.engine.resume(actor: "test", reason: "test")
    rig.panel(Self.day + 1, [100, 100, 900])
    rig.panel(Self.day + 2, [100, 100, 990])
    rig.panel(Self.day + 3, [100, 100, 880])
    #expect(rig.engine.halt == .armed)
    rig.panel(Self.day + 4, [100, 100, 800])
    #expect(rig.engine.halt == .paused)
    rig.engine.resume(actor: "test", reason: "test")
    rig.panel(Self.day + 5, [100, 100, 500])
    #expect(rig.engine.halt == .armed)
    rig.panel(2 * Self.day, [100, 100, 464], flags: AL_MARKET_SESSION_OPENS)
    #expect(rig.trips().filter { $0.state != 0 }.map(\.b) == [70_000, 200_000, 70_000])
  }

  @Test("a level that the history of the same day had passed already is raised once trading starts")
  func breakerAfterWarmUp() throws {
    let rig = try rig { $0.circuitBreaker = Self.breaker }
    rig.engine.isTrading = false
    rig.panel(seconds(1), [100, 100, 1000])
    rig.panel(seconds(2), [100, 100, 900], flags: AL_MARKET_SESSION_OPENS)
    #expect(rig.engine.halt == .armed)
    rig.engine.isTrading = true
    rig.engine.finishWarmUp()
    rig.panel(seconds(3), [100, 100, 900])
    #expect(rig.engine.halt == .paused)
  }

  @Test("without a reference, before a close of it is known, or with another name falling, nothing is raised")
  func breakerControls() throws {
    let without = try rig { _ in }
    without.panel(seconds(1), [100, 100, 1000])
    without.panel(Self.day, [100, 100, 100], flags: AL_MARKET_SESSION_OPENS)
    #expect(without.engine.halt == .armed)

    let first = try rig { $0.circuitBreaker = Self.breaker }
    first.panel(seconds(1), [100, 100, 1000], flags: AL_MARKET_SESSION_OPENS)
    first.panel(seconds(2), [100, 100, 500])
    #expect(first.engine.halt == .armed)

    let other = try rig { $0.circuitBreaker = Self.breaker }
    other.panel(seconds(1), [100, 100, 1000])
    other.panel(Self.day, [10, 10, 1000], flags: AL_MARKET_SESSION_OPENS)
    #expect(other.engine.halt == .armed)
  }

  @Test("new limits take over: another reference counts from the next session on")
  func reload() throws {
    let rig = try rig { $0.circuitBreaker = Self.breaker }
    rig.panel(seconds(1), [100, 100, 1000])
    rig.panel(Self.day, [100, 100, 1000], flags: AL_MARKET_SESSION_OPENS)
    var limits = rig.engine.settings.limits
    limits.circuitBreaker?.instrument = 1
    rig.engine.adopt(limits: limits, allocation: .init(), instruments: rig.engine.settings.instruments)
    rig.panel(Self.day + 1, [100, 50, 500])
    #expect(rig.engine.halt == .armed)
    rig.panel(2 * Self.day, [100, 46, 500], flags: AL_MARKET_SESSION_OPENS)
    #expect(rig.engine.halt == .paused)
  }
}

import CAlphaLoop
import Testing

@testable import AlphaLoopCore

@Suite("The gate checks every order against every hard limit")
struct GateTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var limits: Limits
    /// Wanted units by instrument; both trade at 100.
    var wanted: [Int64]
    var reasons: [UInt16]
  }

  static let cases: [Case] = [
    Case(description: "nothing set", limits: .open(), wanted: [500, -500], reasons: []),
    Case(
      description: "5.00 % of a million is 500 at 100", limits: .open { $0.maxPosition = .ofEquity(ppm: 50_000) },
      wanted: [500, 0], reasons: []),
    Case(
      description: "501 is 5.01 %", limits: .open { $0.maxPosition = .ofEquity(ppm: 50_000) }, wanted: [501, 0],
      reasons: [AL_DENY_POSITION_SIZE]),
    Case(
      description: "the second name of one", limits: .open { $0.maxPositions = 1 }, wanted: [1, 1],
      reasons: [AL_DENY_POSITION_COUNT]),
    Case(
      description: "gross counts both sides",
      limits: .open { $0.maxGross = .money(Money(raw: 99_999 * fixedPointScale)) },
      wanted: [500, -500], reasons: [AL_DENY_GROSS]),
    Case(
      description: "net lets the sides offset",
      limits: .open { $0.maxNet = .money(Money(raw: 50_000 * fixedPointScale)) },
      wanted: [500, -500], reasons: []),
    Case(
      description: "net of one side", limits: .open { $0.maxNet = .money(Money(raw: 50_000 * fixedPointScale)) },
      wanted: [500, 1], reasons: [AL_DENY_NET]),
    Case(
      description: "both are of one sector",
      limits: .open { $0.maxSector = .money(Money(raw: 50_000 * fixedPointScale)) },
      wanted: [500, 1], reasons: [AL_DENY_SECTOR]),
    Case(
      description: "an order's own size", limits: .open { $0.maxOrder = .money(Money(raw: 10_000 * fixedPointScale)) },
      wanted: [101, 100], reasons: [AL_DENY_ORDER_SIZE]),
    Case(
      description: "a restricted name", limits: .open { $0.restricted = [1] }, wanted: [1, 1],
      reasons: [AL_DENY_RESTRICTED]),
    Case(
      description: "two orders at once where one is allowed",
      limits: .open { $0.orderRate = RateLimit(count: 1, window: 1_000_000_000) }, wanted: [1, 1],
      reasons: [AL_DENY_ORDER_RATE]),
    Case(
      description: "more than the money there is", limits: .open { $0.buyingPowerPPM = 1_000_000 },
      wanted: [9_000, 1_001],
      reasons: [AL_DENY_BUYING_POWER]),
  ]

  @Test("the right reason, and none where the limit is just met", arguments: cases)
  func reason(_ c: Case) throws {
    let names = [Instrument(symbol: "A", sector: "s"), Instrument(symbol: "B", sector: "s")]
    let rig = try EngineRig(instruments: names, limits: c.limits)
    rig.script.rows[0] = c.wanted.enumerated().filter { $0.element != 0 }.map {
      EngineRig.quantity(UInt32($0.offset), $0.element)
    }
    rig.panel(1, [100, 100])
    #expect(rig.denials() == c.reasons)
  }

  @Test("an unlocated short is refused, a located one is not")
  func locate() throws {
    for isShortable in [false, true] {
      let rig = try EngineRig(instruments: [Instrument(symbol: "A", isShortable: isShortable)], limits: .open())
      rig.script.rows[0] = [EngineRig.quantity(0, -1)]
      rig.panel(1, [100])
      #expect(rig.denials() == (isShortable ? [] : [AL_DENY_LOCATE]))
    }
  }

  @Test("working orders count at their worst: a second order cannot use what a first may still take")
  func worstCase() throws {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A")], limits: .open { $0.maxPosition = .ofEquity(ppm: 50_000) })
    rig.script.rows[0] = [EngineRig.limitOrder(0, 300, at: 99)]
    rig.script.rows[1] = [EngineRig.limitOrder(0, 201, at: 98)]
    rig.panel(1, [100])
    rig.accept()
    rig.panel(2, [100])
    #expect(rig.denials() == [AL_DENY_POSITION_SIZE])
  }

  @Test("a price outside the collar is refused")
  func collar() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A")], limits: .open { $0.priceCollarPPM = 50_000 })
    rig.script.rows[0] = [EngineRig.limitOrder(0, 1, at: 95), EngineRig.limitOrder(0, 1, at: 94)]
    rig.panel(1, [100])
    #expect(rig.denials() == [AL_DENY_PRICE_COLLAR])
  }

  @Test("the sums kept along the way are those of a gate that starts from the account as it is", arguments: 0..<40)
  func sums(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let instruments = [
      Instrument(symbol: "A", sector: "s"), Instrument(symbol: "B", sector: "t"),
      Instrument(symbol: "C", sector: "s", multiplier: Quantity(raw: 50 * fixedPointScale)),
      Instrument(symbol: "D", sector: "t", multiplier: Quantity(raw: fixedPointScale / 4)),
    ]
    let rig = try EngineRig(instruments: instruments, limits: .open(), cash: 100_000_000, worker: seed % 2 == 0)
    var live: [UInt64: (instrument: UInt32, left: Int64)] = [:]
    var execution: UInt64 = 0
    for step in 1...80 as ClosedRange<Int64> {
      let i = UInt32.random(in: 0..<4, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0...1:
        rig.script.rows[rig.script.call] = [
          EngineRig.quantity(i, Int64.random(in: -50...50, using: &random)),
          EngineRig.limitOrder((i + 1) % 4, Int64.random(in: 1...9, using: &random), at: 90),
        ]
        rig.panel(seconds(step), (0..<4).map { _ in Int64.random(in: 80...120, using: &random) })
        for order in rig.engine.pendingCommands { live[order.id.sequence] = (order.instrument, order.quantity) }
        rig.answer([AL_OK, AL_AGAIN, AL_E_TIMEOUT, AL_E_REJECTED].randomElement(using: &random) ?? AL_OK)
      case 2: rig.prices(seconds(step), [i: Int64.random(in: 80...120, using: &random)])
      case 3...4:
        guard let (sequence, order) = live.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { break }
        execution += 1
        rig.report(AL_REPORT_FILL, sequence, at: seconds(step)) {
          $0.execution = (5, execution)
          $0.quantity = order.left / Int64.random(in: 1...3, using: &random)
          $0.price = 100 * fixedPointScale
          live[sequence]?.left -= $0.quantity
        }
        if live[sequence]?.left == 0 { live[sequence] = nil }
        if execution > 2, Int.random(in: 0..<4, using: &random) == 0 {
          rig.report(AL_REPORT_CORRECTION, 0, at: seconds(step)) {
            $0.id = al_order_id_v1()
            $0.execution = (5, execution - 1)
            $0.quantity = Int64.random(in: -3...3, using: &random) * fixedPointScale
            $0.price = 99 * fixedPointScale
          }
        }
      default:
        let most = Money(raw: 100_000_000 * fixedPointScale)
        let isLimited = Bool.random(using: &random)
        rig.engine.adopt(
          limits: .open { $0.maxSector = isLimited ? .money(most) : .none }, allocation: .init(),
          instruments: instruments)
      }
      rig.engine.resume(actor: "", reason: "")
      var fresh = Gate(instruments: instruments, limits: rig.engine.settings.limits)
      defer { fresh.deallocate() }
      for i in 0..<4 {
        let last = rig.engine.gate.exposures[i].last
        if last > 0 { fresh.mark(i, last, 1) }
        fresh.update(
          i, position: rig.engine.ledger.positions[i].holding.quantity.raw, book: rig.engine.machine.pool.books + i)
      }
      let (gate, sums) = (rig.engine.gate, fresh)
      #expect(gate.gross == sums.gross && gate.net == sums.net && gate.names == sums.names, "step \(step)")
      if gate.limits.maxSector != .none {
        for s in 0..<2 { #expect(gate.sectors[s] == sums.sectors[s], "step \(step)") }
      }
    }
  }

  @Test(
    "an order at work in a name whose price is absurd counts as more than any limit, until the price is one again",
    arguments: [
      (Limits.open { $0.maxGross = .money(Money(raw: 90_000 * fixedPointScale)) }, AL_DENY_GROSS),
      (Limits.open { $0.maxNet = .money(Money(raw: 90_000 * fixedPointScale)) }, AL_DENY_NET),
      (Limits.open { $0.maxSector = .money(Money(raw: 90_000 * fixedPointScale)) }, AL_DENY_SECTOR),
    ])
  func absurdPrice(limits: Limits, reason: UInt16) throws {
    let rig = try EngineRig(instruments: ["A", "B"].map { Instrument(symbol: $0) }, limits: limits)
    rig.script.rows = [
      0: [EngineRig.limitOrder(0, 100, at: 100)], 1: [EngineRig.limitOrder(1, 10, at: 100)],
      2: [EngineRig.limitOrder(1, 10, at: 100)], 3: [EngineRig.limitOrder(1, 1000, at: 100)],
    ]
    rig.panel(1, [100, 100])
    rig.accept()
    #expect(rig.denials().isEmpty)
    // 100 x 1e9 does not fit 64 bits of 1e-8: a sum that wrapped round would be below every limit.
    rig.panel(2, [1_000_000_000, 100])
    #expect(rig.denials() == [reason])
    rig.panel(3, [100, 100])
    rig.accept()
    #expect(rig.denials().isEmpty)
    #expect(rig.engine.grossExposure == 11_000 * fixedPointScale)
    rig.panel(4, [100, 100])
    #expect(rig.denials() == [reason])
  }
}

@Suite("The kill switch is a latch")
struct LatchTests {
  @Test("98.01 of 100 trades on, 98.00 halts; orders that only reduce still pass")
  func dailyLoss() throws {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A")], limits: .open { $0.dailyLossPPM = 20_000 }, cash: 10_000)
    rig.script.rows[0] = [EngineRig.quantity(0, 100)]
    rig.panel(1, [100], flags: AL_MARKET_SESSION_OPENS)
    rig.accept()
    rig.fill(1, 0, 100, at: 100)
    rig.panel(2, [99])
    #expect(rig.engine.halt == .armed)
    rig.script.rows[2] = [EngineRig.quantity(0, 101)]
    rig.panel(3, [98])
    #expect(rig.engine.halt == .halted)
    rig.script.rows[3] = [EngineRig.quantity(0, 102)]
    rig.script.rows[4] = [EngineRig.quantity(0, 50)]
    rig.panel(4, [98])
    #expect(rig.denials().last == AL_DENY_HALTED)
    let before = rig.engine.counts.denials
    rig.panel(5, [98])
    #expect(rig.engine.counts.denials == before)
    #expect(rig.engine.pendingCommands.count == 1)
  }

  @Test("a new day does not re-arm; resume does")
  func resume() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A")], limits: .open())
    rig.engine.setHalt(.halted, .operatorRequest, limit: 0, value: 0, actor: "test", reason: "test")
    rig.panel(1, [100], flags: AL_MARKET_SESSION_OPENS)
    rig.panel(86_400_000_000_000, [100], flags: AL_MARKET_SESSION_OPENS)
    #expect(rig.engine.halt == .halted)
    rig.engine.setHalt(.paused, .operatorRequest, limit: 0, value: 0)
    #expect(rig.engine.halt == .halted)
    rig.engine.resume(actor: "test", reason: "test")
    #expect(rig.engine.halt == .armed)
  }

  @Test("the drawdown flattens: every position is closed and the switch rests at flat")
  func flatten() throws {
    let rig = try EngineRig(
      instruments: [Instrument(symbol: "A")], limits: .open { $0.drawdownPPM = 100_000 }, cash: 10_000)
    rig.script.rows[0] = [EngineRig.quantity(0, 100)]
    rig.panel(1, [100])
    rig.accept()
    rig.fill(1, 0, 100, at: 100)
    rig.panel(2, [90])
    #expect(rig.engine.halt == .flattening)
    let closing = rig.engine.pendingCommands
    #expect(closing.count == 1)
    #expect(closing.first?.quantity == -100 * fixedPointScale)
    let sequence = closing.first?.id.sequence ?? 0
    rig.accept()
    rig.fill(sequence, 0, -100, at: 90)
    rig.panel(3, [90])
    #expect(rig.engine.halt == .flat)
    #expect(rig.engine.equity == rig.engine.cash)
  }

  @Test("a fill that comes after the flattening has ended is closed too")
  func lateAfterFlat() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open())
    rig.script.rows[0] = [EngineRig.limitOrder(0, 10, at: 100)]
    rig.panel(1, [100, 100])
    rig.accept()
    rig.engine.setHalt(.flattening, .operatorRequest, limit: 0, value: 0)
    rig.panel(2, [100, 100])
    rig.answerCancels(AL_OK)
    rig.panel(3, [100, 100])
    #expect(rig.engine.halt == .flat)
    // It crossed the cancel.
    rig.fill(1, 0, 10, at: 100)
    rig.panel(4, [100, 100])
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-10 * fixedPointScale])
    rig.accept()
    rig.panel(5, [100, 100])
    #expect(!rig.engine.hasCommands && !rig.engine.hasCancels)
    rig.fill(2, 0, -10, at: 100)
    rig.panel(6, [100, 100])
    #expect(rig.engine.halt == .flat)
    #expect(!rig.engine.hasCommands)
  }

  @Test("a flattening leaves a position that never had a price")
  func flattenWithoutPrice() throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A"), Instrument(symbol: "B")], limits: .open())
    rig.prices(1, [0: 100])
    let fill = try #require(
      Fill(
        execution: ExecutionID(high: 1, low: 1), quantity: Quantity(raw: 5 * fixedPointScale),
        price: Price(raw: 100 * fixedPointScale), fee: .zero))
    let isBooked = rig.engine.ledger.book(fill, instrument: 1, owner: .agent(0))
    #expect(isBooked)
    rig.engine.setHalt(.flattening, .operatorRequest, limit: 0, value: 0)
    rig.engine.pursueHalt(1)
    #expect(rig.engine.pendingCommands.map(\.quantity) == [-5 * fixedPointScale])
    #expect(rig.denials().isEmpty)
  }

  @Test("a fill beyond all measure halts, and is no crash", arguments: [Int64.min, .min + 1, .max])
  func foreignQuantity(quantity: Int64) throws {
    let rig = try EngineRig(instruments: [Instrument(symbol: "A")], limits: .open())
    rig.script.rows[0] = [EngineRig.quantity(0, 10)]
    rig.panel(seconds(1), [1])
    rig.accept()
    rig.report(AL_REPORT_FILL, 1, at: seconds(2)) {
      $0.execution = (9, 9)
      $0.quantity = quantity
    }
    #expect(rig.engine.halt == .halted)
    rig.panel(seconds(3), [1])
    rig.engine.setHalt(.flattening, .operatorRequest, limit: 0, value: 0)
    rig.panel(seconds(4), [1])
    #expect(rig.engine.halt >= .flattening)
  }
}

@Suite("What an agent answers is checked before it counts")
struct AnswerTests {
  @Test("a bad row is refused with its reason, a good one beside it counts")
  func refusals() throws {
    func row(_ change: (inout al_row_v1) -> Void) -> al_row_v1 {
      var row = EngineRig.quantity(0, 1)
      change(&row)
      return row
    }
    let cases: [(al_row_v1, OutputRefusal)] = [
      (row { $0.instrument = 9 }, .unknownInstrument), (row { $0.value = .nan }, .notFinite),
      (row { $0.confidence = .infinity }, .notFinite), (row { $0.kind = AL_ROW_VIEW }, .undeclaredKind),
      (row { $0.kind = 77 }, .undeclaredKind),
    ]
    for (bad, refusal) in cases {
      let rig = try EngineRig(instruments: [Instrument(symbol: "A")], limits: .open())
      rig.script.rows[0] = [bad, EngineRig.quantity(0, 5)]
      rig.panel(1, [100])
      #expect(rig.engine.agentStates[0].refusals == [refusal.rawValue: 1])
      #expect(rig.engine.pendingCommands.first?.quantity == 5 * fixedPointScale)
    }
  }
}

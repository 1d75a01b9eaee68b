import CAlphaLoop

@testable import AlphaLoopCore

/// Random orders, prices and broker facts through the whole engine, each decision of the gate compared with ``LimitModel``.
struct LimitTorture {
  struct Counts {
    var orders = 0
    var accepted = 0
    var denied: [UInt16: Int] = [:]
    /// An order that went out although the model says that a limit does not hold with it.
    var breaches = 0
    /// A denial whose reason the model does not see, or of an order that only reduces, for a reason of risk.
    var wrongReasons = 0
    var first: String?

    mutating func fail(_ breach: Bool, _ text: @autoclosure () -> String) {
      if breach { breaches += 1 } else { wrongReasons += 1 }
      if first == nil { first = text() }
    }
  }

  private static let reasonsOfRisk: Set<UInt16> = [
    AL_DENY_HALTED, AL_DENY_UNKNOWN_WORKING, AL_DENY_RESTRICTED, AL_DENY_ORDER_SIZE, AL_DENY_LOCATE,
    AL_DENY_POSITION_COUNT, AL_DENY_POSITION_SIZE, AL_DENY_GROSS, AL_DENY_BUYING_POWER, AL_DENY_SECTOR, AL_DENY_NET,
  ]
  private static let cash: Int64 = 100_000

  private var dice: SplitMix64
  private let seed: UInt64
  private let rig: EngineRig
  private var model: LimitModel
  private var orders: [UInt64: LimitModel.Wish] = [:]

  /// - Parameter told: what the model believes the limits to be; the engine has the random ones.
  init(seed: UInt64, told: (Limits) -> Limits = { $0 }) throws {
    self.seed = seed
    dice = SplitMix64(seed: seed)
    let instruments = Self.instruments(&dice)
    let limits = Self.limits(&dice)
    rig = try EngineRig(instruments: instruments, limits: limits, cash: Self.cash)
    rig.engine.adopt(answerTimeout: seconds(5))
    rig.engine.settings.recordsOutputs = true
    model = LimitModel(instruments, told(limits), cash: Self.cash * fixedPointScale)
  }

  private static func instruments(_ dice: inout SplitMix64) -> [Instrument] {
    (0..<4).map { k in
      Instrument(
        symbol: "\(k)", sector: k < 2 ? "a" : "b",
        multiplier: Quantity(raw: Int.random(in: 0..<4, using: &dice) == 0 ? 10 * fixedPointScale : fixedPointScale),
        isTradable: Int.random(in: 0..<12, using: &dice) > 0, isShortable: Int.random(in: 0..<4, using: &dice) > 0)
    }
  }

  private static func limits(_ dice: inout SplitMix64) -> Limits {
    func one(in n: Int) -> Bool { Int.random(in: 0..<n, using: &dice) == 0 }
    func bound(_ ppm: ClosedRange<Int64>) -> MoneyLimit {
      if one(in: 3) { return .none }
      let share = Int64.random(in: ppm, using: &dice)
      return one(in: 2) ? .ofEquity(ppm: share) : .money(Money(raw: cash * fixedPointScale / 1_000_000 * share))
    }
    return .open {
      $0.maxPosition = bound(20_000...400_000)
      $0.maxPositions = one(in: 3) ? 2 : 1000
      $0.maxOrder = bound(10_000...300_000)
      if one(in: 4) { $0.maxOrderQuantity = Quantity(raw: Int64.random(in: 5...300, using: &dice) * fixedPointScale) }
      $0.maxGross = bound(100_000...1_000_000)
      $0.maxNet = bound(50_000...600_000)
      $0.maxSector = bound(50_000...500_000)
      if one(in: 2) { $0.priceCollarPPM = Int64.random(in: 20_000...200_000, using: &dice) }
      if one(in: 3) {
        $0.staleAfter = seconds(Int64.random(in: 1...8, using: &dice)) + 500_000_000
        $0.staleDataAction = .armed
      }
      if one(in: 3) { $0.duplicateWithin = seconds(Int64.random(in: 1...6, using: &dice)) - 500_000_000 }
      if one(in: 4) { $0.orderRate = RateLimit(count: Int.random(in: 1...4, using: &dice), window: seconds(4) - 1) }
      if one(in: 6) { $0.messageRate = RateLimit(count: Int.random(in: 1...5, using: &dice), window: seconds(4) - 1) }
      if one(in: 2) { $0.buyingPowerPPM = Int64.random(in: 100_000...900_000, using: &dice) }
      if one(in: 4) { $0.restricted = [1] }
      $0.requiresLocate = !one(in: 3)
      $0.pendingExposure = one(in: 4) ? .committed : .worstCase
      if one(in: 4) { $0.dailyLossPPM = 50_000 }
      if one(in: 4) { $0.drawdownPPM = 80_000 }
    }
  }

  private mutating func roll(_ n: Int) -> Int { Int.random(in: 0..<n, using: &dice) }

  mutating func run(steps: Int, _ counts: inout Counts) {
    for step in 0..<steps {
      model.now += seconds(Int64(1 + roll(4)))
      if roll(60) == 0 {
        rig.engine.setHalt(roll(2) == 0 ? .paused : .halted, .operatorRequest, limit: 0, value: 0, actor: "torture")
      }
      script(step)
      prices()
      compare(&counts)
      answer()
      facts()
      learn()
    }
  }

  /// What the agent asks for at the next panel: now and then the same again.
  private mutating func script(_ step: Int) {
    if roll(4) == 0, let again = rig.script.rows[rig.script.call - 1] {
      rig.script.rows[rig.script.call] = again
      return
    }
    rig.script.rows[rig.script.call] = (0..<roll(4)).map { _ in
      let i = UInt32(roll(4))
      let units = Int64((1 + roll(120)) * (roll(2) == 0 ? 1 : -1))
      guard roll(3) > 0 else { return EngineRig.quantity(i, units) }
      var row = EngineRig.limitOrder(
        i, units, at: Int64(max(1, Int(model.prices[Int(i)] / fixedPointScale) + roll(21) - 10)))
      if roll(2) == 0 { (row.order_type, row.limit_price) = (AL_ORDER_MARKET, 0) }
      return row
    }
  }

  private mutating func prices() {
    var closes: [UInt32: Int64] = [:]
    for i in 0..<4 where roll(4) > 0 {
      let last = model.prices[i] / fixedPointScale
      closes[UInt32(i)] = last == 0 ? Int64(20 + roll(180)) : max(1, last + Int64(roll(15) - 7))
    }
    if closes.isEmpty { closes[0] = max(model.prices[0] / fixedPointScale, 1) }
    for (i, price) in closes {
      model.prices[Int(i)] = price * fixedPointScale
      model.priceTimes[Int(i)] = model.now
    }
    rig.prices(model.now, closes)
    // When an answer is overdue is another test's matter; that it bars the name is this one's.
    for sequence in model.open.keys { model.open[sequence]?.isUnknown = rig.state(sequence) == .unknown }
  }

  /// Each order that the engine asked for since the last look, in its order.
  private mutating func compare(_ counts: inout Counts) {
    rig.engine.journal.flush()
    let records = rig.journal.drain()
    let flags = Dictionary(uniqueKeysWithValues: rig.engine.pendingCommands.map { ($0.id.sequence, $0.flags) })
    model.cancels += rig.engine.pendingCancels.map { _ in model.now }
    let denials = Dictionary(
      uniqueKeysWithValues: records.filter { $0.kind == .denial }.map { ($0.a, $0.code) })
    compareNumbers(records, &counts)
    for record in records {
      if record.kind == .halt, let state = HaltState(rawValue: record.state) { model.halt = state }
      guard record.kind == .intent else { continue }
      counts.orders += 1
      var wish = LimitModel.Wish(
        instrument: Int(record.subject), quantity: record.b, limit: record.c, type: record.state, flags: nil)
      if let reason = denials[record.a] {
        counts.denied[reason, default: 0] += 1
        checkDenial(reason, wish, &counts)
      } else {
        counts.accepted += 1
        wish.flags = flags[record.a]
        checkAccepted(wish, &counts)
        orders[record.a] = wish
        model.open[record.a] = LimitModel.Open(instrument: wish.instrument, left: wish.quantity)
        model.sent.append(
          LimitModel.Sent(
            time: model.now, instrument: wish.instrument, quantity: wish.quantity, limit: wish.limit, type: wish.type,
            flags: wish.flags ?? 0))
      }
    }
  }

  /// A denial's numbers stand among those of the checks that were written down before it.
  private func compareNumbers(_ records: [JournalRecord], _ counts: inout Counts) {
    for denial in records where denial.kind == .denial && Self.numbered.contains(denial.code) {
      let told = records.contains {
        $0.kind == .check && $0.a == denial.a && $0.code == denial.code && $0.b == denial.b && $0.c == denial.c
      }
      if !told { counts.fail(false, "seed \(seed): reason \(denial.code) has other numbers than its check") }
    }
  }

  private static let numbered: Set<UInt16> = [
    AL_DENY_POSITION_SIZE, AL_DENY_POSITION_COUNT, AL_DENY_GROSS, AL_DENY_NET, AL_DENY_SECTOR, AL_DENY_BUYING_POWER,
    AL_DENY_STALE_QUOTE, AL_DENY_PRICE_COLLAR, AL_DENY_ORDER_SIZE,
  ]

  private func checkDenial(_ reason: UInt16, _ wish: LimitModel.Wish, _ counts: inout Counts) {
    let seen = model.formBreaches(wish, sure: false).union(model.riskBreaches(wish))
    if !seen.contains(reason) {
      counts.fail(false, "seed \(seed): reason \(reason) of \(wish) is none of \(seen.sorted())")
    } else if Self.reasonsOfRisk.contains(reason), model.onlyReduces(wish) {
      counts.fail(false, "seed \(seed): reason \(reason) bars the way out: \(wish)")
    }
  }

  private func checkAccepted(_ wish: LimitModel.Wish, _ counts: inout Counts) {
    if model.halt >= .flattening, model.onlyReduces(wish) { return }
    var broken = model.formBreaches(wish, sure: true)
    if model.addsRisk(wish) { broken.formUnion(model.riskBreaches(wish)) }
    if !broken.isEmpty { counts.fail(true, "seed \(seed): \(wish) breaches \(broken.sorted())") }
  }

  // MARK: the broker

  private mutating func answer() {
    let waiting = rig.engine.pendingCommands.count
    for k in 0..<waiting {
      let status = [AL_OK, AL_OK, AL_OK, AL_AGAIN, AL_E_REJECTED][roll(5)]
      rig.engine.ackBuffer[k] = al_ack_v1(status: status, code: 0, broker_id: 0)
    }
    if waiting > 0 { rig.engine.applyAcks() }
    if rig.engine.hasCancels { rig.answerCancels(AL_OK) }
  }

  private mutating func facts() {
    for sequence in model.open.keys.sorted() where roll(3) == 0 {
      guard let order = model.open[sequence], rig.state(sequence)?.isTerminal == false else { continue }
      switch roll(4) {
      case 0: rig.report(AL_REPORT_CANCELLED, sequence, at: model.now)
      case 1: rig.report(AL_REPORT_ACCEPTED, sequence, at: model.now)
      default:
        let units = Int64(1 + roll(Int(order.left.magnitude) / Int(fixedPointScale))) * order.left.signum()
        let price = max(1, model.prices[order.instrument] / fixedPointScale)
        rig.fill(sequence, UInt32(order.instrument), units, at: price)
        model.positions[order.instrument] += units * fixedPointScale
        let multiplier = Int128(model.instruments[order.instrument].multiplier.raw / fixedPointScale)
        model.cash -= Int128(units) * Int128(price) * multiplier * Int128(fixedPointScale)
        model.open[sequence]?.left -= units * fixedPointScale
      }
    }
  }

  /// What is over needs no room any more; the broker said so.
  private mutating func learn() {
    for (sequence, order) in model.open where order.left == 0 || rig.state(sequence)?.isTerminal ?? true {
      model.open[sequence] = nil
    }
    rig.engine.journal.flush()
    for record in rig.journal.drain() where record.kind == .halt {
      if let state = HaltState(rawValue: record.state) { model.halt = state }
    }
  }
}

import CAlphaLoop

/// An agent with a market that suits it: long enough to warm up, of the rhythm it speaks at, of a universe it accepts.
struct AgentBench {
  let subject: Subject
  let market: SyntheticMarket
  let needs: al_needs_v1
  /// What it answers over the market.
  let answers: [Answer]

  static let universe = 6
  private static let longestMarket = 3000

  init(_ context: CheckContext, instruments: Int = universe) throws(Finding) {
    subject = try context.subject()
    context.phase("binding")
    let (n, needs) = try Self.accepted(subject, instruments, context.seed)
    self.needs = needs
    let bars = min(Self.longestMarket, Int(max(needs.warm_up, needs.lookback)) + 40)
    let daily = SyntheticMarket(instruments: n, bars: bars, rhythm: .daily, seed: context.seed)
    context.phase("evaluating a daily market")
    let first = try Self.run(subject, daily)
    if !first.contains(where: \.isTalking) {
      let halfHour = SyntheticMarket(instruments: n, bars: max(bars, 13 * 25), rhythm: .halfHour, seed: context.seed)
      context.phase("evaluating an intraday market")
      let second = try Self.run(subject, halfHour)
      if second.contains(where: \.isTalking) {
        (market, answers) = (halfHour, second)
        return
      }
    }
    (market, answers) = (daily, first)
  }

  /// The universe it takes: as many instruments as asked for, or one.
  private static func accepted(_ subject: Subject, _ instruments: Int, _ seed: UInt64) throws(Finding)
    -> (Int, al_needs_v1)
  {
    let refusal: Finding
    do {
      let needs = try needs(subject, instruments, seed)
      if needs.triggers & AL_CAUSE_BAR == 0 || instruments == 1 { return (instruments, needs) }
      refusal = .fail("asks for AL_CAUSE_BAR with a universe of \(instruments)")
    } catch {
      refusal = error
    }
    guard instruments > 1, let needs = try? needs(subject, 1, seed) else { throw refusal }
    return (1, needs)
  }

  private static func needs(_ subject: Subject, _ instruments: Int, _ seed: UInt64) throws(Finding) -> al_needs_v1 {
    let run = try AgentRun(subject, SyntheticMarket(instruments: instruments, bars: 1, seed: seed))
    defer { run.instance.destroy() }
    guard run.needs.lookback <= 10_000_000 else {
      throw .fail("asks for \(run.needs.lookback) rows of history; the host keeps at most 10000000")
    }
    return run.needs
  }

  /// A new instance over the whole market.
  static func run(_ subject: Subject, _ market: SyntheticMarket, _ options: AgentRun.Options = .init()) throws(Finding)
    -> [Answer]
  {
    let run = try AgentRun(subject, market, options)
    try run.start()
    let answers = try run.run()
    try run.end()
    return answers
  }

  func run(_ options: AgentRun.Options = .init(), _ other: SyntheticMarket? = nil) throws(Finding) -> [Answer] {
    try Self.run(subject, other ?? market, options)
  }

  /// A new instance that sees the whole history and is evaluated over its last bars only.
  func last(_ options: AgentRun.Options = .init(), _ other: SyntheticMarket? = nil) throws(Finding) -> [Answer] {
    let market = other ?? market
    let run = try AgentRun(subject, market, options)
    try run.start()
    let answers = try run.run(max(0, market.times.count - 45)..<market.times.count)
    try run.end()
    return answers
  }

  /// Where the answers become interesting: past the warm-up.
  var warmed: Range<Int> { min(market.times.count - 1, Int(max(needs.warm_up, needs.lookback)))..<market.times.count }

  /// Throws the first difference between two lists of answers.
  static func same(_ a: [Answer], _ b: [Answer], _ what: String) throws(Finding) {
    guard a.count == b.count else { throw .fail("\(what): \(b.count) evaluations instead of \(a.count)") }
    for (k, (x, y)) in zip(a, b).enumerated() where x != y {
      throw .fail("\(what): evaluation \(k) (as of \(x.asOf)) answers \(difference(x, y))")
    }
  }

  private static func difference(_ a: Answer, _ b: Answer) -> String {
    if a.status != b.status { return "status \(b.status) instead of \(a.status)" }
    if a.rows.count != b.rows.count { return "\(b.rows.count) rows instead of \(a.rows.count)" }
    for (x, y) in zip(a.rows, b.rows) {
      let same = withUnsafeBytes(of: x) { left in withUnsafeBytes(of: y) { left.elementsEqual($0) } }
      if !same {
        return
          "kind \(y.kind), instrument \(y.instrument), value \(y.value) instead of kind \(x.kind), value \(x.value)"
      }
    }
    return "otherwise"
  }
}

/// What a row must be, by the descriptor and agent.h.
struct RowRules {
  let descriptor: al_descriptor_v1
  let instruments: Int
  let agents: Int

  init(_ subject: Subject, _ market: SyntheticMarket) {
    descriptor = subject.descriptor
    instruments = market.series.count
    agents = 3
  }

  /// Throws the first answer that breaks a rule.
  func check(_ answers: [Answer], _ what: String = "") throws(Finding) {
    for answer in answers {
      let place = "\(what.isEmpty ? "" : what + ": ")as of \(answer.asOf)"
      guard answer.status == AL_OK else { throw .fail("\(place) evaluate answers status \(answer.status)") }
      for row in answer.rows { if let problem = problem(row) { throw .fail("\(place): \(problem)") } }
      for i in 0..<UInt32(instruments) {
        let own = answer.rows.lazy.filter { $0.instrument == i }.count
        if own > Int(descriptor.max_rows) {
          throw .fail(
            "\(place): \(own) rows of instrument \(i), the descriptor promises at most \(descriptor.max_rows)")
        }
      }
    }
  }

  private static let forAll = [AL_ROW_MULTIPLIER, AL_ROW_VETO, AL_ROW_ESTIMATE, AL_ROW_ABSTAIN, AL_ROW_HALT]

  func problem(_ row: al_row_v1) -> String? {
    guard (AL_ROW_VIEW...AL_ROW_HALT).contains(row.kind) else { return "a row of the unknown kind \(row.kind)" }
    if row.kind != AL_ROW_ABSTAIN, descriptor.outputs & 1 << UInt64(row.kind) == 0 {
      return "a row of kind \(row.kind), which the descriptor does not declare"
    }
    let limit = row.kind == AL_ROW_AGENT_WEIGHT ? agents : instruments
    let mayBeAll = Self.forAll.contains(row.kind) && row.instrument == AL_NONE
    if Int(row.instrument) >= limit, !mayBeAll {
      return "a row of instrument \(row.instrument) in a universe of \(limit)"
    }
    return numberProblem(row) ?? wordProblem(row)
  }

  private func numberProblem(_ row: al_row_v1) -> String? {
    guard row.value.isFinite else {
      return "a value that is no finite number (\(row.value)) in a row of kind \(row.kind)"
    }
    guard (0...1).contains(row.confidence) else { return "confidence \(row.confidence) is outside [0, 1]" }
    if row.kind == AL_ROW_VIEW, !(-1...1).contains(row.value) { return "score \(row.value) is outside [-1, 1]" }
    if row.kind == AL_ROW_MULTIPLIER || row.kind == AL_ROW_AGENT_WEIGHT, !(0...1).contains(row.value) {
      return "value \(row.value) of kind \(row.kind) is outside [0, 1]"
    }
    return nil
  }

  private func wordProblem(_ row: al_row_v1) -> String? {
    if row.kind == AL_ROW_ABSTAIN || row.kind == AL_ROW_VETO {
      let custom = cList(descriptor.reasons).count
      let isNamed =
        row.reason >= AL_REASON_CUSTOM
        ? Int(row.reason - AL_REASON_CUSTOM) < custom
        : (AL_REASON_WARM_UP...AL_REASON_NOT_APPLICABLE).contains(row.reason)
      if !isNamed { return "reason \(row.reason), which neither agent.h nor the descriptor names" }
    }
    if row.kind == AL_ROW_ESTIMATE, Int(row.label) >= cList(descriptor.estimates).count {
      return "estimate \(row.label), which the descriptor does not name"
    }
    if row.kind == AL_ROW_HALT, row.label > AL_HALT_FLAT { return "halt \(row.label) is no AL_HALT_*" }
    if row.kind == AL_ROW_ORDER {
      if row.order_type > AL_ORDER_LIMIT_ON_CLOSE || row.time_in_force > AL_TIF_GTD {
        return "an order of an unknown type"
      }
      if row.quantity == 0 { return "an order of quantity 0" }
    }
    return nil
  }
}

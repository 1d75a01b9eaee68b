import CAlphaLoop
import CSystem

/// The hot path of agents: what they answer, whatever they are shown.
enum AgentChecks {
  static let all: [Check] = [
    Check(
      "agent.bind", .agent, "asks for history, columns and causes that the host can serve",
      advice:
        "fill al_needs_v1: triggers, lookback of at least 1 for bars, columns; AL_CAUSE_BAR only with one instrument",
      bind),
    Check(
      "agent.rows", .agent, "every row is legal: finite, in range, of a known instrument and a declared kind",
      advice: "clamp scores, check instrument indices, abstain instead of answering with NaN", rows),
    Check(
      "agent.no-bars", .agent, "answers before any instrument has a bar",
      advice: "look at window->count before reading; abstain with AL_REASON_WARM_UP", noBars),
    Check(
      "agent.capacity", .agent, "a short output changes nothing and says what it needs; the repeat answers the same",
      advice: "check output->cap before touching state or rows; set needed, return AL_E_CAPACITY", capacity),
    Check(
      "agent.bad-values", .agent, "survives NaN, infinities, zero and negative prices, and zero volume",
      advice: "abstain with AL_REASON_INVALID_DATA or AL_REASON_ZERO_VOLUME", badValues),
    Check(
      "agent.columns", .agent, "survives series without some columns, or without any",
      advice: "check each column for NULL; abstain with AL_REASON_MISSING_CAPABILITY", columns),
    Check(
      "agent.holes", .agent, "survives missing bars, late starts and early ends",
      advice: "use each window's own ts and count; instruments do not share rows", holes),
    Check(
      "agent.single", .agent, "works on a universe of one",
      advice: "abstain where the idea needs more instruments; never divide by n - 1 unchecked", single),
    Check(
      "agent.order", .agent, "the order of the universe does not matter",
      advice: "break ties by something else than the index", order),
    Check(
      "agent.capabilities", .agent, "survives every input that is not granted",
      advice: "check each pointer of al_input_v1 for NULL", capabilities),
    Check(
      "agent.guards", .agent, "reads and writes nothing outside of what it was handed",
      advice: "stay in [first, first + count) of each column and below output->cap; never write to input", guards),
    Check(
      "agent.allocations", .agent, "allocates nothing per evaluation",
      advice: "allocate in bind or start; build with optimisation", allocations),
    Check(
      "agent.speed", .agent, "time per instrument and evaluation",
      advice: "keep running sums instead of going over the whole window; build with optimisation", speed),
  ]

  private static func bind(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let needs = bench.needs
    let size = UInt32(MemoryLayout<al_needs_v1>.size)
    guard needs.size == size else { throw .fail("bind changed needs.size to \(needs.size)") }
    guard needs.triggers != 0, needs.triggers & ~0xFF == 0 else {
      throw .fail(
        "triggers 0x\(String(needs.triggers, radix: 16)) is not a mask of AL_CAUSE_*, or empty: it is never evaluated")
    }
    guard needs.columns & ~SyntheticMarket.allColumns == 0 else { throw .fail("columns has unknown bits") }
    if bench.subject.inputs & AL_IN_BARS != 0, needs.columns != 0, needs.lookback == 0 {
      throw .fail("reads columns of bars with a lookback of 0")
    }
    let declared = bench.subject.descriptor.warm_up
    if needs.warm_up != declared {
      throw .warn("warms up for \(needs.warm_up) bars with default parameters, the descriptor says \(declared)")
    }
    return "lookback \(needs.lookback), warm-up \(needs.warm_up)"
  }

  private static func rows(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    try RowRules(bench.subject, bench.market).check(bench.answers)
    guard bench.answers.contains(where: \.isTalking) else {
      throw .warn("nothing but abstentions over \(bench.market.times.count) generated bars (\(reasons(bench.answers)))")
    }
    let all = bench.answers.reduce(0) { $0 + $1.rows.count }
    return "\(all) rows at \(bench.answers.count) evaluations"
  }

  private static func reasons(_ answers: [Answer]) -> String {
    var counts: [UInt32: Int] = [:]
    for row in answers.suffix(20).flatMap(\.rows) { counts[row.reason, default: 0] += 1 }
    return "of late: "
      + counts.sorted { $0.key < $1.key }.map { "reason \($0.key) x \($0.value)" }.joined(separator: ", ")
  }

  private static func noBars(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let rules = RowRules(bench.subject, bench.market)
    var early = bench.market
    early.times = Array(early.times.prefix(3))
    let empty = early.changing { series in (series.times, series.bars) = ([], []) }
    context.phase("evaluating without any bar")
    let answers = try bench.run(.init(), empty)
    try rules.check(answers, "no bars")
    let barsOnly = bench.subject.inputs == AL_IN_BARS
    if barsOnly, let first = answers.first(where: \.isTalking) {
      throw .fail("as of \(first.asOf) it answers although no instrument has a bar")
    }
    context.phase("evaluating the first bars")
    try rules.check(try bench.run(.init(), early), "first bars")
    return ""
  }

  private static func capacity(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let run = try AgentRun(bench.subject, bench.market)
    try run.start()
    let last = bench.market.times.count - 5
    var answers = try run.run(0..<last)
    for k in last..<bench.market.times.count {
      let expected = bench.answers.count > answers.count ? bench.answers[answers.count] : nil
      guard let expected, expected.asOf == bench.market.times[k] else { break }
      answers.append(try squeeze(run, expected, context))
    }
    try AgentBench.same(Array(bench.answers.prefix(answers.count)), answers, "after calls with too little room")
    try run.end()
    return ""
  }

  /// The same evaluation with no room, one row short, and exactly enough.
  private static func squeeze(_ run: AgentRun, _ expected: Answer, _ context: CheckContext) throws(Finding) -> Answer {
    run.instance.host.now = expected.asOf
    run.panel.fill(expected.asOf, cause: expected.cause, sequence: run.evaluations)
    let mark: UInt8 = 0xA5
    let bytes = run.capacity * MemoryLayout<al_row_v1>.stride
    let raw = UnsafeMutableRawBufferPointer(start: run.output.pointee.rows, count: bytes)
    var room = 0
    while true {
      for i in 0..<bytes { raw[i] = mark }
      context.phase("evaluating with room for \(room) rows")
      run.output.pointee.cap = UInt32(room)
      let answer = try run.call(expected.cause)
      if answer.status == AL_OK { return answer }
      guard answer.status == AL_E_CAPACITY else { throw .fail("with room for \(room) rows: status \(answer.status)") }
      let needed = Int(run.output.pointee.needed)
      guard needed > room else { throw .fail("with room for \(room) rows it needs \(needed)") }
      guard needed <= run.capacity else {
        throw .fail("needs \(needed) rows, max_rows promises at most \(run.capacity)")
      }
      guard raw.allSatisfy({ $0 == mark }) else { throw .fail("writes rows although it answers AL_E_CAPACITY") }
      guard run.output.pointee.len == 0 else { throw .fail("sets len with AL_E_CAPACITY") }
      room = room < needed - 1 ? needed - 1 : needed
    }
  }

  private static func badValues(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let rules = RowRules(bench.subject, bench.market)
    let values = [Double.nan, .infinity, -.infinity, 0, -1, 9e10, 1e-8]
    for (k, value) in values.enumerated() {
      var generator = context.random(UInt64(k) + 3)
      let broken = bench.market.changing { series in
        for row in series.bars.indices.suffix(30) where generator.below(4) == 0 {
          switch generator.below(5) {
          case 0: series.bars[row].open = value
          case 1: series.bars[row].high = value
          case 2: series.bars[row].low = value
          case 3: series.bars[row].close = value
          default: series.bars[row].volume = value
          }
        }
        // The newest close is always broken once: it is the one that everything reads.
        series.bars[series.bars.count - 1 - generator.below(3)].close = value
      }
      context.phase("evaluating bars with \(value)")
      try rules.check(try bench.last(.init(), broken), "with \(value) in bars")
    }
    context.phase("evaluating bars without volume")
    let silent = bench.market.changing { s in for i in s.bars.indices.suffix(20) { s.bars[i].volume = 0 } }
    try rules.check(try bench.last(.init(), silent), "with volume 0")
    context.phase("evaluating a market that never moves")
    let flat = bench.market.changing { s in
      for i in s.bars.indices { s.bars[i] = SyntheticMarket.Bar(open: 50, high: 50, low: 50, close: 50, volume: 100) }
    }
    try rules.check(try bench.last(.init(), flat), "with prices that never move")
    return ""
  }

  private static func columns(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let rules = RowRules(bench.subject, bench.market)
    let all = SyntheticMarket.allColumns
    let sets =
      [AL_COLUMN_CLOSE, 0] + (0..<5).map { all & ~(1 << UInt32($0)) }
    for set in sets {
      context.phase("evaluating with columns 0x\(String(set, radix: 16))")
      let other = bench.market.changing { $0.columns = set }
      try rules.check(try bench.last(.init(), other), "with columns 0x\(String(set, radix: 16))")
    }
    return ""
  }

  private static func holes(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    var generator = context.random(11)
    let n = bench.market.times.count
    let broken = bench.market.changing { series in
      let late = series.key == 1 ? n / 2 : 0
      let early = series.key == 2 ? n - 10 : n
      var kept: (times: [Int64], bars: [SyntheticMarket.Bar]) = ([], [])
      for row in series.bars.indices where row >= late && row < early && generator.below(5) > 0 {
        kept.times.append(series.times[row])
        kept.bars.append(generator.below(20) == 0 ? .missing : series.bars[row])
      }
      (series.times, series.bars) = kept
    }
    context.phase("evaluating a market with holes")
    try RowRules(bench.subject, bench.market).check(try bench.last(.init(), broken), "with holes")
    return ""
  }

  private static func single(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context, instruments: 1)
    try RowRules(bench.subject, bench.market).check(bench.answers, "one instrument")
    return ""
  }

  private static func order(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let n = bench.market.series.count
    if n == 1 { throw .skip("its universe is one instrument") }
    guard bench.subject.inputs & ~AL_IN_BARS == 0 else {
      throw .skip("it reads inputs beside bars, which name instruments by their index")
    }
    context.phase("evaluating the universe in reverse")
    var reversed = bench.market
    reversed.series.reverse()
    let answers = try bench.run(.init(), reversed).map { answer in
      var answer = answer
      for i in answer.rows.indices where Int(answer.rows[i].instrument) < n {
        answer.rows[i].instrument = UInt32(n - 1) - answer.rows[i].instrument
      }
      return answer
    }
    for (a, b) in zip(bench.answers, answers) where !close(a, b) {
      throw .warn("as of \(a.asOf) it answers otherwise when the universe is in reverse")
    }
    return ""
  }

  /// Equal rows in any order, values within what another order of summing may change.
  private static func close(_ a: Answer, _ b: Answer) -> Bool {
    func sorted(_ rows: [al_row_v1]) -> [al_row_v1] {
      rows.sorted { ($0.instrument, $0.kind, $0.label) < ($1.instrument, $1.kind, $1.label) }
    }
    let (x, y) = (sorted(a.rows), sorted(b.rows))
    return x.count == y.count
      && zip(x, y).allSatisfy { p, q in
        p.instrument == q.instrument && p.kind == q.kind && p.reason == q.reason && p.quantity == q.quantity
          && abs(p.value - q.value) <= 1e-6 * max(1, abs(p.value)) && abs(p.confidence - q.confidence) <= 1e-6
      }
  }

  private static func capabilities(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let rules = RowRules(bench.subject, bench.market)
    var sets = (0..<11).map { UInt64(1) << UInt64($0) }.filter { bench.subject.inputs & $0 != 0 }
    if sets.count > 1 { sets.append(bench.subject.inputs) }
    for withheld in sets {
      context.phase("evaluating without inputs 0x\(String(withheld, radix: 16))")
      var options = AgentRun.Options()
      options.withheld = withheld
      try rules.check(try bench.last(options), "without inputs 0x\(String(withheld, radix: 16))")
    }
    return "\(sets.count) sets"
  }

  private static func guards(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context, instruments: 3)
    for (placement, name) in [(InputBlocks.Placement.endsAtGuard, "behind"), (.startsAtGuard, "before")] {
      context.phase("evaluating with a guard page \(name) every buffer")
      var options = AgentRun.Options()
      options.placement = placement
      try AgentBench.same(bench.answers, try bench.run(options), "with guard pages \(name) every buffer")
    }
    return ""
  }

  private static func allocations(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let slots = al_imports_hook()
    guard slots > 0 else { throw .skip("the allocator's import slots cannot be counted here (\(slots))") }
    context.phase("counting allocations")
    var options = AgentRun.Options()
    options.countsAllocations = true
    let answers = try bench.run(options).suffix(20)
    let busy = answers.filter { $0.allocations > 0 }
    if let worst = busy.max(by: { $0.allocations < $1.allocations }) {
      throw .fail(
        "\(busy.count) of the last \(answers.count) evaluations call the allocator, up to \(worst.allocations) times")
    }
    return ""
  }

  private static func speed(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let run = try AgentRun(bench.subject, bench.market)
    try run.start()
    let all = bench.market.times.indices
    _ = try run.run(0..<all.upperBound - 20)
    var spent: [Int64] = []
    for k in all.suffix(20) {
      let time = bench.market.times[k]
      run.panel.fill(time, cause: AL_CAUSE_PANEL & bench.needs.triggers, sequence: run.evaluations)
      run.output.pointee.cap = UInt32(run.capacity)
      let before = al_monotonic_ns()
      _ = try run.call(AL_CAUSE_PANEL)
      spent.append(al_monotonic_ns() - before)
    }
    try run.end()
    let median = spent.sorted()[spent.count / 2] / Int64(bench.market.series.count)
    if median > 200_000 { throw .warn("\(median) ns per instrument and evaluation") }
    return "\(median) ns per instrument and evaluation (median of \(spent.count))"
  }
}

import CAlphaLoop
import CSystem
import Glibc

/// The same inputs give the same bytes; the future and the forgotten past give nothing.
enum DeterminismChecks {
  static let all: [Check] = [
    Check(
      "determinism.repeat", .agent, "two instances answer the same bytes",
      advice: "initialise every variable; keep no state outside of the instance", repeated),
    Check(
      "determinism.environment", .agent, "the same bytes in another process, time zone, locale and address space",
      advice: "never order by address or hash; take nothing from the environment", environment),
    Check(
      "determinism.clock", .agent, "the same bytes under another wall clock",
      advice: "use input->as_of_ns or host->now, never a clock", clock),
    Check(
      "lookahead.future", .agent, "another future, or none, leaves every past answer as it was",
      advice: "read rows below first + count only; nothing behind them is known yet", future),
    Check(
      "lookahead.history", .agent, "history older than the lookback changes nothing",
      advice: "use the last `lookback` rows, never all of them; or ask for a longer lookback", history),
  ]

  /// The pseudo-plugin parameter through which the environment check asks another process for its answers.
  private static func claimed(_ bench: AgentBench) throws(Finding) {
    if !bench.subject.isDeterministic { throw .skip("the descriptor does not claim determinism") }
  }

  private static func repeated(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    try claimed(bench)
    context.phase("evaluating a second instance")
    try AgentBench.same(bench.answers, try bench.run(), "a second instance")
    // Something between the two moves what the allocator hands out.
    let moved = (0..<64).map { malloc(24 + $0 * 40) }
    try AgentBench.same(bench.answers, try bench.run(), "a third instance at other addresses")
    for block in moved { free(block) }
    return "\(bench.answers.count) evaluations"
  }

  /// One line an evaluation: as-of time and a hash of the rows.
  static func trace(_ context: CheckContext) throws(Finding) {
    let blocks = (0..<context.random(5).bytesSkew).map { malloc(64 + 16 * $0) }
    let bench = try AgentBench(context)
    for answer in bench.answers {
      context.reporter.say("trace", "\(answer.asOf) \(answer.status) \(FNV.hash(answer.bytes))")
    }
    for block in blocks { free(block) }
  }

  private static func environment(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    try claimed(bench)
    if context.executable.isEmpty { throw .skip("no program to start another process with") }
    let expected = bench.answers.map { "\($0.asOf) \($0.status) \(FNV.hash($0.bytes))" }
    let variants: [(name: String, environment: [(name: String, value: String)])] = [
      (
        "a process in Kathmandu, in Turkish",
        [("TZ", "Asia/Kathmandu"), ("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8")]
      ),
      (
        "a process whose fresh memory is filled",
        [
          ("TZ", "UTC"), ("MALLOC_PERTURB_", "91"), ("HOME", "/"), ("USER", "nobody"),
          ("SWIFT_DETERMINISTIC_HASHING", "1"),
        ]
      ),
    ]
    for variant in variants {
      context.phase("running \(variant.name)")
      let process = try CheckProcess(
        context.executable, CheckRunner.arguments(context.file, CheckRunner.traceCheck, context.plugin, context.seed),
        environment: variant.environment, seconds: 30)
      let ending = process.finish()
      let lines = ending.transcript.facts.filter { $0.word == "trace" }.map(\.text)
      if lines.isEmpty { throw .fail("\(variant.name): \(ending.verdict.reason)") }
      guard lines.count == expected.count else {
        throw .fail("\(variant.name): \(lines.count) evaluations instead of \(expected.count)")
      }
      if let k = lines.indices.first(where: { lines[$0] != expected[$0] }) {
        throw .fail("\(variant.name): evaluation \(k) (as of \(bench.answers[k].asOf)) answers other bytes")
      }
    }
    return "\(variants.count) processes"
  }

  private static func clock(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    try claimed(bench)
    let slots = al_imports_hook()
    guard slots > 0 else { throw .skip("the clock's import slots cannot be reached here (\(slots))") }
    for days in [Int64(401), -3000] {
      al_clock_shift(days * 86_400 + 12_345)
      defer { al_clock_shift(0) }
      context.phase("evaluating under a clock \(days) days off")
      try AgentBench.same(bench.answers, try bench.run(), "under a clock \(days) days off")
    }
    return ""
  }

  private static func future(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    context.phase("evaluating with other memory behind the windows")
    var options = AgentRun.Options()
    options.windows.noise = 77
    try AgentBench.same(bench.answers, try bench.run(options), "with other bytes behind the window")
    options.windows.showsFuture = true
    try AgentBench.same(bench.answers, try bench.run(options), "with the coming bars behind the window")
    var generator = context.random(21)
    for _ in 0..<3 {
      let cut = bench.warmed.lowerBound + generator.below(bench.warmed.count)
      let time = bench.market.times[cut]
      let other = bench.market.changing { series in
        for row in series.bars.indices where series.times[row] > time {
          let price = 1 + 500 * generator.uniform()
          series.bars[row] = SyntheticMarket.Bar(
            open: price, high: price * 1.1, low: price * 0.9, close: price * 1.05, volume: 1000 * generator.uniform())
        }
      }
      context.phase("evaluating with another future after bar \(cut)")
      let past = bench.answers.filter { $0.asOf <= time }
      try AgentBench.same(past, try bench.run(options, other).filter { $0.asOf <= time }, "with another future")
      var cutMarket = bench.market
      cutMarket.times = Array(cutMarket.times.prefix(cut + 1))
      try AgentBench.same(past, try bench.run(.init(), cutMarket).filter { $0.asOf <= time }, "without a future")
    }
    return ""
  }

  private static func history(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    context.phase("evaluating with older history in sight")
    for rows in [1, 50] {
      var options = AgentRun.Options()
      options.windows.extraRows = rows
      try AgentBench.same(bench.answers, try bench.run(options), "with \(rows) more rows of history in sight")
    }
    return ""
  }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): names bytes in a line of text.
enum FNV {
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}

extension SeededGenerator {
  /// How many blocks to take from the allocator first, so that later ones lie elsewhere.
  fileprivate var bytesSkew: Int {
    var copy = self
    return 17 + copy.below(40)
  }
}

import CAlphaLoop

/// Legal calls in an order that nobody thought of.
enum FuzzChecks {
  static let all: [Check] = [
    Check(
      "fuzz.calls", .agent,
      "any legal sequence of stop, start, save, restore and evaluate answers as an uninterrupted run",
      advice: "reproduce with the seed; state must survive stop and start, and save must change nothing", calls)
  ]

  private static func calls(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    if !bench.subject.isDeterministic { throw .skip("the descriptor does not claim determinism") }
    var generator = context.random(61)
    var run = try AgentRun(bench.subject, bench.market)
    try run.start()
    var answers: [Answer] = []
    var k = 0
    var steps: [String] = []
    while k < bench.market.times.count {
      switch generator.below(8) {
      case 0:
        steps.append("stop, start")
        try run.instance.stop()
        try run.instance.start()
      case 1:
        steps.append("save")
        guard try run.save() == run.save() else { throw .fail("two saves in a row differ") }
      case 2:
        steps.append("move")
        run = try move(run, answered: answers.count, next: k, bench)
      default:
        let count = min(1 + generator.below(1 + bench.market.times.count / 10), bench.market.times.count - k)
        steps.append("\(count) bars")
        context.phase("after \(steps.suffix(6).joined(separator: ", "))")
        answers += try run.run(k..<k + count)
        k += count
      }
    }
    try run.end()
    try AgentBench.same(bench.answers, answers, "after \(steps.suffix(8).joined(separator: ", "))")
    return "\(steps.count) steps"
  }

  /// The state in a new instance, the old one destroyed.
  private static func move(_ run: AgentRun, answered: Int, next: Int, _ bench: AgentBench) throws(Finding) -> AgentRun {
    let state = try run.save()
    let other = try AgentRun(bench.subject, bench.market)
    let answer = try other.restore(state, chunk: 13)
    if answer.isFailure { throw .fail("refuses its own state: \(answer.description)") }
    other.instance.host.takeOver(from: run.instance.host)
    try run.end()
    try other.start()
    if next > 0 { other.panel.fill(bench.market.times[next - 1], cause: 0, sequence: 0) }
    _ = try other.run(0..<0, from: UInt64(answered))
    return other
  }
}

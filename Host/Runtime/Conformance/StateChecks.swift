import AlphaLoopLoader
import CAlphaLoop

/// State is what a new instance needs to go on as if nothing had happened.
enum StateChecks {
  static let all: [Check] = [
    Check(
      "state.round-trip", .agent, "save, restore, save gives the same bytes",
      advice: "save every field in a fixed order; write no padding and no addresses", roundTrip),
    Check(
      "state.resume", .agent, "a restored instance goes on as one that never stopped",
      advice: "save everything that later answers depend on", resume),
    Check(
      "state.chunks", .agent, "restores from a stream that gives a few bytes at a time",
      advice: "read until read() gives 0; short reads are normal", chunks),
    Check(
      "state.broken", .agent, "refuses broken, foreign and newer state, and stays as it was",
      advice: "check length, version and content first; answer AL_E_DATA and change nothing", broken),
  ]

  private static func cuts(_ bench: AgentBench, _ context: CheckContext) -> [Int] {
    var generator = context.random(31)
    let n = bench.market.times.count
    return [1, n / 2, bench.warmed.lowerBound + generator.below(bench.warmed.count), 1 + generator.below(n - 1)]
  }

  /// An instance that has answered up to a bar, and what it saved.
  private static func saved(_ bench: AgentBench, _ cut: Int) throws(Finding) -> (
    run: AgentRun, answers: Int, state: [UInt8]
  ) {
    let run = try AgentRun(bench.subject, bench.market)
    try run.start()
    let answers = try run.run(0..<cut).count
    return (run, answers, try run.save())
  }

  private static func roundTrip(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    var largest = 0
    for cut in cuts(bench, context) {
      context.phase("saving after \(cut) bars")
      let (run, _, state) = try saved(bench, cut)
      guard try run.save() == state else { throw .fail("two saves after \(cut) bars give other bytes") }
      let other = try AgentRun(bench.subject, bench.market)
      context.phase("restoring \(state.count) bytes")
      let answer = try other.restore(state)
      if answer.isFailure { throw .fail("refuses its own state after \(cut) bars: \(answer.description)") }
      guard try other.save() == state else { throw .fail("after \(cut) bars save, restore, save gives other bytes") }
      other.instance.destroy()
      try run.end()
      largest = max(largest, state.count)
    }
    return "up to \(largest) bytes"
  }

  private static func resume(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    for cut in cuts(bench, context) {
      context.phase("saving after \(cut) bars")
      let (run, answered, state) = try saved(bench, cut)
      let other = try AgentRun(bench.subject, bench.market)
      context.phase("restoring \(state.count) bytes")
      let answer = try other.restore(state)
      if answer.isFailure { throw .fail("refuses its own state after \(cut) bars: \(answer.description)") }
      other.instance.host.takeOver(from: run.instance.host)
      try other.start()
      context.phase("going on after \(cut) bars")
      // A host that restarts shows the windows as they were.
      if cut > 0 { other.panel.fill(bench.market.times[cut - 1], cause: 0, sequence: 0) }
      let rest = try other.run(cut..<bench.market.times.count, from: UInt64(answered))
      try AgentBench.same(Array(bench.answers.dropFirst(answered)), rest, "resumed after \(cut) bars")
      try other.end()
      try run.end()
    }
    return ""
  }

  private static func chunks(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let (run, _, state) = try saved(bench, bench.market.times.count - 1)
    for chunk in [1, 997] {
      context.phase("restoring \(chunk) bytes at a time")
      let other = try AgentRun(bench.subject, bench.market)
      let answer = try other.restore(state, chunk: chunk)
      if answer.isFailure { throw .fail("reads of \(chunk) bytes: \(answer.description)") }
      guard try other.save() == state else { throw .fail("reads of \(chunk) bytes restore something else") }
      other.instance.destroy()
    }
    try run.end()
    return "\(state.count) bytes"
  }

  private static func broken(_ context: CheckContext) throws(Finding) -> String {
    let bench = try AgentBench(context)
    let (run, _, state) = try saved(bench, bench.market.times.count - 1)
    try run.end()
    let version = bench.subject.descriptor.state_version
    var generator = context.random(41)
    var cases: [(name: String, bytes: [UInt8], version: UInt32)] = [
      ("1 MB of noise", generator.bytes(1 << 20), version), ("a newer version", state, version + 1),
      ("a version from long ago", state, bench.subject.descriptor.min_state_version &- 1),
      ("one byte too many", state + [0], version),
    ]
    if !state.isEmpty {
      cases += [("nothing", [], version), ("half of it", Array(state.prefix(state.count / 2)), version)]
      cases.append(("all but a byte", Array(state.dropLast()), version))
      cases.append(("nothing but 0xFF", [UInt8](repeating: 0xFF, count: 2 * state.count + 7), version))
    }
    for c in cases where c.version != version || c.bytes != state {
      context.phase("restoring \(c.name)")
      let victim = try AgentRun(bench.subject, bench.market)
      let before = try victim.save()
      let answer = try victim.restore(c.bytes, version: c.version)
      guard answer.isFailure else {
        throw .fail("accepts \(c.name) (\(c.bytes.count) bytes, version \(c.version)) as its state")
      }
      if answer.text.isEmpty { throw .fail("refuses \(c.name) without a text") }
      guard try victim.save() == before else { throw .fail("refuses \(c.name) and is not as it was") }
      try victim.start()
      context.phase("evaluating after a refused restore")
      try AgentBench.same(bench.answers, try victim.run(), "after it refused \(c.name)")
      try victim.end()
    }
    return "\(cases.count) cases"
  }
}

import CAlphaLoop
import CSystem

/// Policies turn weights into quantities, and may only tighten.
enum PolicyChecks {
  private static let policy = Check.Scope.plugin(kinds: AL_KIND_POLICY)
  static let all: [Check] = [
    Check(
      "policy.tightens", policy, "a quantity target only comes closer to zero or to the position held",
      advice: "with is_quantity 1 keep quantity between what came in and zero or `held`", tightens),
    Check(
      "policy.weights", policy, "a weight becomes a quantity of its sign, in whole lots; no number, no order",
      advice: "keep the sign of the weight, floor to the lot, keep the position where weight or price is no number",
      weights),
    Check(
      "policy.repeat", policy, "the same targets give the same quantities, without allocating",
      advice: "compute from the targets and parameters alone, in the caller's memory", repeated),
  ]

  private static func run(_ instance: Instance, _ targets: [al_target_v1], equity: Int64) throws(Finding)
    -> [al_target_v1]
  {
    let table = try instance.table(AL_INTERFACE_POLICY, al_policy_v1.self)
    guard let size = table.size_targets else { throw .fail("size_targets is NULL") }
    let blocks = InputBlocks(.endsAtGuard)
    let rows = blocks.allocate(al_target_v1.self, targets.count, "the targets", isOutput: true)
    for (i, target) in targets.enumerated() { (rows + i).initialize(to: target) }
    var sizing = al_sizing_v1(
      size: UInt32(MemoryLayout<al_sizing_v1>.size), n: UInt32(targets.count), as_of_ns: 0, equity: equity,
      cash: equity,
      targets: rows)
    let answer = try reply("size_targets") { size(instance.c.ctx, &sizing, $0) }
    if answer.isFailure { throw .fail("size_targets fails: \(answer.description)") }
    let out = targets.indices.map { rows[$0] }
    for (a, b) in zip(targets, out) where a.instrument != b.instrument || a.held != b.held || a.price != b.price {
      throw .fail("size_targets changes something else than quantity and reason")
    }
    return withExtendedLifetime(blocks) { out }
  }

  private static func target(_ i: Int, _ generator: inout SeededGenerator) -> al_target_v1 {
    var t = al_target_v1()
    t.instrument = UInt32(i)
    t.weight = 2 * generator.uniform() - 1
    t.confidence = generator.uniform()
    t.volatility = 0.1 + 0.3 * generator.uniform()
    t.price = Int64(1 + generator.below(500)) * AL_UNIT
    t.lot = AL_UNIT
    t.multiplier = AL_UNIT
    t.held = Int64(generator.below(200) - 100) * AL_UNIT
    t.committed = t.held
    return t
  }

  private static let equity = 1_000_000 * AL_UNIT

  private static func started(_ context: CheckContext) throws(Finding) -> Instance {
    let instance = try context.subject().make()
    try instance.start()
    return instance
  }

  private static func tightens(_ context: CheckContext) throws(Finding) -> String {
    let instance = try started(context)
    var generator = context.random(71)
    for round in 0..<50 {
      let targets = (0..<8).map { i in
        var t = target(i, &generator)
        t.is_quantity = 1
        t.quantity = Int64(generator.below(2000) - 1000) * AL_UNIT
        return t
      }
      context.phase("sizing quantity targets, round \(round)")
      for (a, b) in zip(targets, try run(instance, targets, equity: equity)) {
        let (low, high) = (min(0, a.quantity, a.held), max(0, a.quantity, a.held))
        guard (low...high).contains(b.quantity) else {
          throw .fail(
            "a target of \(FixedText.units(a.quantity)) with \(FixedText.units(a.held)) held becomes \(FixedText.units(b.quantity)): it enlarges"
          )
        }
      }
    }
    try instance.stop()
    instance.destroy()
    return ""
  }

  private static func weights(_ context: CheckContext) throws(Finding) -> String {
    let instance = try started(context)
    var generator = context.random(72)
    for round in 0..<50 {
      var targets = (0..<8).map { target($0, &generator) }
      targets[1].weight = 0
      targets[2].lot = 7 * AL_UNIT
      targets[3].volatility = .nan
      targets[4].weight = .nan
      targets[5].price = 0
      targets[6].weight = .infinity
      context.phase("sizing weights, round \(round)")
      for (k, (a, b)) in zip(targets, try run(instance, targets, equity: equity)).enumerated() {
        let isHeld = b.quantity == a.held
        if k >= 4, k != 7, !isHeld, b.quantity != 0, !(a.weight.isFinite && k == 5) {
          throw .fail(
            "a weight of \(a.weight) at price \(FixedText.units(a.price)) becomes \(FixedText.units(b.quantity))")
        }
        guard a.weight.isFinite else { continue }
        let isSigned = b.quantity == 0 || (b.quantity > 0) == (a.weight > 0)
        guard isHeld || isSigned && (a.weight != 0 || b.quantity == 0) else {
          throw .fail(
            "a weight of \(a.weight) with \(FixedText.units(a.held)) held becomes \(FixedText.units(b.quantity))")
        }
        guard isHeld || b.quantity % a.lot == 0 else {
          throw .fail("\(FixedText.units(b.quantity)) is no whole number of lots of \(FixedText.units(a.lot))")
        }
      }
    }
    try instance.stop()
    instance.destroy()
    return ""
  }

  private static func repeated(_ context: CheckContext) throws(Finding) -> String {
    let (a, b) = (try started(context), try started(context))
    var generator = context.random(73)
    let targets = (0..<30).map { target($0, &generator) }
    let first = try run(a, targets, equity: equity)
    guard
      zip(first, try run(b, targets, equity: equity)).allSatisfy({
        $0.quantity == $1.quantity && $0.reason == $1.reason
      })
    else { throw .fail("a second instance sizes the same targets otherwise") }
    _ = try run(a, [], equity: equity)
    return ""
  }
}

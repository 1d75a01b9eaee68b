import CAlphaLoop
import CSystem
import Glibc

/// The life cycle of instances, of every kind.
enum LifeChecks {
  static let all: [Check] = [
    Check(
      "life.cycle", .everyPlugin, "starts, stops and starts again",
      advice: "make stop undo what start did, and nothing more", cycle),
    Check(
      "life.unstarted", .everyPlugin,
      "can be destroyed without a start, stopped without a start, and after a failed start",
      advice: "let stop and destroy look at what exists; a second start answers AL_E_STATE", unstarted),
    Check(
      "life.errors", .everyPlugin, "error texts stay in their buffer, also in one of no bytes",
      advice: "never write more than err->cap bytes; set len to what was written", errors),
    Check(
      "life.threads", .everyPlugin, "no thread is left after stop, and none runs undeclared",
      advice: "join every thread in stop; declare AL_FLAG_THREADS", threads),
    Check(
      "life.late", .everyPlugin, "no call to the host after stop returned",
      advice: "join threads and cancel timers before stop returns", late),
  ]

  private static func cycle(_ context: CheckContext) throws(Finding) -> String {
    let prepared = try PreparedInstance(try context.subject())
    let instance = prepared.instance
    for round in 1...3 {
      context.phase("starting for the \(round). time")
      try instance.start()
      context.phase("stopping for the \(round). time")
      try instance.stop()
    }
    context.phase("destroying")
    instance.destroy()
    return withExtendedLifetime(prepared) { "" }
  }

  private static func unstarted(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    context.phase("destroying what was only created")
    try subject.make().destroy()
    context.phase("stopping what was never started")
    let stopped = try PreparedInstance(subject)
    _ = try stopped.instance.tryStop()
    stopped.instance.destroy()
    context.phase("starting without bind")
    let unbound = try subject.make()
    let answer = try unbound.tryStart()
    if !answer.isFailure { _ = try unbound.tryStop() }
    unbound.destroy()
    context.phase("starting twice")
    let twice = try PreparedInstance(subject)
    try twice.instance.start()
    let second = try twice.instance.tryStart()
    context.phase("stopping after a second start")
    try twice.instance.stop()
    twice.instance.destroy()
    if !second.isFailure { throw .warn("a second start without a stop is answered with success") }
    return withExtendedLifetime((stopped, twice)) { "" }
  }

  private static func errors(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    guard let create = subject.entry.create else { throw .fail("create is NULL") }
    let memory = CArguments()
    for capacity in [0, 1, 7, 64] {
      context.phase("failing with room for an error of \(capacity) bytes")
      let host = ValidatorHost(seed: context.seed)
      var out = al_instance_v1()
      out.size = UInt32(MemoryLayout<al_instance_v1>.size)
      var args = al_create_v1()
      args.size = UInt32(MemoryLayout<al_create_v1>.size)
      args.id = memory.text("no.such_plugin_with_a_long_name_to_be_put_into_the_text")
      args.instance = memory.text("validated")
      args.parameters_json = memory.text("{}")
      let answer = try reply("create", capacity: capacity) { create(host.table, &args, &out, $0) }
      guard answer.isFailure else { throw .fail("create makes an instance of an id it does not have") }
    }
    return withExtendedLifetime(memory) { "" }
  }

  private static func threads(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    let before = al_thread_count(0)
    let prepared = try PreparedInstance(subject)
    context.phase("starting")
    try prepared.instance.start()
    usleep(20_000)
    let during = al_thread_count(0) - before
    context.phase("stopping")
    let began = al_monotonic_ns()
    try prepared.instance.stop()
    let took = (al_monotonic_ns() - began) / 1_000_000
    let after = settled(before) - before
    context.phase("destroying")
    prepared.instance.destroy()
    if after > 0 { throw .fail("\(after) threads are left after stop") }
    if during > 0, subject.descriptor.flags & AL_FLAG_THREADS == 0 {
      throw .fail("runs \(during) threads and does not declare AL_FLAG_THREADS")
    }
    if took > 2000 { throw .warn("stop took \(took) ms") }
    return withExtendedLifetime(prepared) { during > 0 ? "\(during) threads while started" : "" }
  }

  /// A joined thread is gone from /proc a moment later.
  private static func settled(_ expected: Int32) -> Int32 {
    for _ in 0..<20 where al_thread_count(0) > expected { usleep(5000) }
    return al_thread_count(0)
  }

  private static func late(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    let prepared = try PreparedInstance(subject)
    let instance = prepared.instance
    instance.host.keepForever()
    try instance.start()
    if subject.isKind(AL_KIND_AGENT) { try evaluateOnce(prepared, subject, context) }
    context.phase("stopping")
    try instance.stop()
    usleep(60_000)
    context.phase("destroying")
    instance.destroy()
    let calls = instance.host.lateCalls
    if !calls.isEmpty {
      throw .fail("\(calls.count) calls to the host after stop returned, the first to \(calls[0])")
    }
    return withExtendedLifetime(prepared) { "" }
  }

  /// Some plugins begin to work with their first evaluation.
  private static func evaluateOnce(_ prepared: PreparedInstance, _ subject: Subject, _ context: CheckContext)
    throws(Finding)
  {
    context.phase("evaluating before stop")
    let run = try AgentRun(subject, SyntheticMarket(instruments: 1, bars: 3, seed: context.seed))
    run.instance.host.keepForever()
    try run.start()
    _ = try run.run()
    try run.instance.stop()
    usleep(60_000)
    let calls = run.instance.host.lateCalls
    run.instance.destroy()
    if !calls.isEmpty { throw .fail("\(calls.count) calls to the host after stop returned, the first to \(calls[0])") }
  }
}

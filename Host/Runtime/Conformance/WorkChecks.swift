import AlphaLoopLoader
import CAlphaLoop
import Glibc

/// Jobs and services: long work under a verb, and listeners.
enum WorkChecks {
  static let all: [Check] = [
    Check(
      "job.input", .plugin(kinds: AL_KIND_JOB), "an empty or broken document is an error with a text",
      advice: "check the input before working on it; answer AL_E_DATA and say where", jobInput),
    Check(
      "job.stopping", .plugin(kinds: AL_KIND_JOB), "returns soon when the host wants to stop",
      advice: "poll host->stopping in every loop; answer AL_E_CANCELLED", jobStopping),
    Check(
      "service.notices", .plugin(kinds: AL_KIND_SERVICE), "takes every kind of notice, none, and word of lost ones",
      advice: "accept n of 0 and kinds you did not ask for; text may be empty", notices),
  ]

  private struct JobRun {
    var reply: Reply
    var output: [UInt8]
  }

  private static func run(_ instance: Instance, verb: String, input: String) throws(Finding) -> JobRun {
    let table = try instance.table(AL_INTERFACE_JOB, al_job_v1.self)
    guard let run = table.run else { throw .fail("run is NULL") }
    let (output, text, memory) = (ByteCollector(), ByteCollector(), CArguments())
    var job = al_job_run_v1()
    job.size = UInt32(MemoryLayout<al_job_run_v1>.size)
    job.verb = memory.text(verb)
    job.arguments_json = memory.text("{}")
    job.input = memory.text(input)
    var progress = al_progress_v1(
      size: UInt32(MemoryLayout<al_progress_v1>.size), reserved: 0, ctx: nil, report: { _, _, _, _ in })
    var (outputSink, textSink) = (output.sink, text.sink)
    let answer = try reply("run") { error in
      withUnsafePointer(to: &progress) { progress in
        withUnsafePointer(to: &outputSink) { outputSink in
          withUnsafePointer(to: &textSink) { textSink in
            (job.progress, job.output, job.text) = (progress, outputSink, textSink)
            return run(instance.c.ctx, &job, error)
          }
        }
      }
    }
    return withExtendedLifetime((output, text, memory)) { JobRun(reply: answer, output: output.bytes) }
  }

  private static func started(_ context: CheckContext) throws(Finding) -> (Instance, [String]) {
    let instance = try context.subject().make()
    try instance.start()
    let verbs = cList(try instance.table(AL_INTERFACE_JOB, al_job_v1.self).verbs)
    if verbs.isEmpty { throw .fail("the job names no verb") }
    return (instance, verbs)
  }

  private static func jobInput(_ context: CheckContext) throws(Finding) -> String {
    let (instance, verbs) = try started(context)
    var generator = context.random(91)
    let noise = String(decoding: generator.bytes(500), as: UTF8.self)
    for verb in verbs {
      for input in ["", "{", "{}", "[]", "null", noise] {
        context.phase("running '\(verb)' on '\(input.prefix(20))'")
        let run = try run(instance, verb: verb, input: input)
        if run.reply.isFailure, run.reply.text.isEmpty { throw .fail("'\(verb)' refuses a document without a text") }
      }
      guard try run(instance, verb: verb, input: "{").reply.isFailure else {
        throw .warn("'\(verb)' accepts a cut-off document")
      }
    }
    guard try run(instance, verb: "no such verb", input: "").reply.isFailure else {
      throw .fail("runs a verb it does not have")
    }
    try instance.stop()
    instance.destroy()
    return verbs.joined(separator: " ")
  }

  private static func jobStopping(_ context: CheckContext) throws(Finding) -> String {
    let (instance, verbs) = try started(context)
    instance.host.isStopping = true
    for verb in verbs {
      context.phase("running '\(verb)' while the host stops")
      _ = try run(instance, verb: verb, input: "")
    }
    try instance.stop()
    instance.destroy()
    return ""
  }

  private static func notices(_ context: CheckContext) throws(Finding) -> String {
    let instance = try context.subject().make()
    try instance.start()
    let table = try instance.table(AL_INTERFACE_SERVICE, al_service_v1.self)
    guard let take = table.on_notices else { throw .fail("on_notices is NULL") }
    let memory = CArguments()
    let all = (0..<40).map { k -> al_notice_v1 in
      var n = al_notice_v1()
      n.sequence = UInt64(k)
      n.ts = BrokerBench.time(k)
      n.kind = UInt32(1 + k % 10)
      n.instrument = k % 3 == 0 ? AL_NONE : UInt32(k)
      n.agent = AL_NONE
      (n.a, n.b, n.c) = (.max, .min, 0)
      n.text = k % 2 == 0 ? al_str_v1(ptr: nil, len: 0) : memory.text("quote \" and \u{1F680}\n")
      return n
    }
    for (rows, lost) in [(all, UInt64(0)), ([], 5), (Array(all.prefix(1)), .max)] {
      context.phase("sending \(rows.count) notices, \(lost) lost")
      let answer = try reply("on_notices") { take(instance.c.ctx, rows, UInt32(rows.count), lost, $0) }
      if answer.isFailure { throw .fail("on_notices fails: \(answer.description)") }
    }
    try instance.stop()
    instance.destroy()
    return withExtendedLifetime(memory) { "" }
  }
}

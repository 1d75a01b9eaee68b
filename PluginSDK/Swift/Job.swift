import CAlphaLoop

/// Long work under a verb of the command line.
public protocol Job: Plugin, ~Copyable {
  /// The verbs it answers ("report").
  static var verbs: [String] { get }
  /// Polls `host.isStopping` and then throws `AL_E_CANCELLED`, leaving nothing half-done.
  mutating func run(_ run: JobRun) throws(PluginError)
}

/// What one run of a job has to work with. Valid during `run`.
public struct JobRun {
  public let verb: String
  /// A JSON object.
  public let arguments: String
  /// The document to work on; "" when there is none.
  public let input: String
  public let progress: WorkProgress
  /// The result; the host puts it in its place when `run` returns without an error.
  public let output: Sink
  /// What a person reads on the terminal.
  public let text: Sink

  init(_ c: al_job_run_v1) {
    verb = String(c.verb)
    arguments = String(c.arguments_json)
    input = String(c.input)
    progress = WorkProgress(c.progress)
    output = Sink(c.output, "output")
    text = Sink(c.text, "text")
  }
}

extension PluginKind where P: Job & ~Copyable {
  public static var job: PluginKind {
    PluginKind(
      mask: AL_KIND_JOB, interface: "alphaloop.job/1", table: UnsafeRawPointer(Tables.job(P.verbs))
    ) { box, plugin in box.job = JobOf(plugin) }
  }
}

class JobFace {
  func run(_ run: JobRun) throws(PluginError) {}
}

final class JobOf<P: Job & ~Copyable>: JobFace {
  private let plugin: UnsafeMutablePointer<P>
  init(_ plugin: UnsafeMutablePointer<P>) { self.plugin = plugin }

  override func run(_ run: JobRun) throws(PluginError) {
    guard P.verbs.contains(run.verb) else {
      throw PluginError(AL_E_ARGUMENT, "no verb '\(run.verb)'; there is \(P.verbs.joined(separator: ", "))")
    }
    try plugin.pointee.run(run)
  }
}

extension Tables {
  static func job(_ verbs: [String]) -> UnsafePointer<al_job_v1> {
    make(
      al_job_v1(
        size: UInt32(MemoryLayout<al_job_v1>.size), reserved: 0, verbs: immortal(list: verbs),
        run: { ctx, run, err in
          guard let run else { return AL_E_ARGUMENT }
          return hosted(ctx, err) { (box) throws(PluginError) in
            guard let face = box.job else { return AL_E_UNSUPPORTED }
            try face.run(JobRun(run.pointee))
            return AL_OK
          }
        }))
  }
}

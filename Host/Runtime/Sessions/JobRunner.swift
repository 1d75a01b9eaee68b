import AlphaLoopLoader
import CAlphaLoop

/// Runs a job plugin under one of its verbs.
public struct JobRunner {
  private let catalog: PluginCatalog
  private let warn: (String) -> Void

  /// - Parameter warn: hears that a third party's job runs in this process.
  public init(_ catalog: PluginCatalog, warn: @escaping (String) -> Void = { _ in }) {
    self.catalog = catalog
    self.warn = warn
  }

  public struct Answer {
    public var output: [UInt8]
    public var text: String
  }

  /// - Throws: when no loaded library offers the job, or the job fails.
  public func run(
    id: String, verb: String, arguments: String = "{}", input: [UInt8],
    isStopping: @escaping @Sendable () -> Bool = { false }
  ) throws(HostError) -> Answer {
    guard let entry = catalog.entry(offering: id) else {
      throw HostError(.configuration, "no loaded library offers '\(id)'; add it to alphaloop.yaml")
    }
    let library: LoadedLibrary
    do {
      var all = catalog
      library = try all.host(jobOf: entry, id: id)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    if let warning = entry.hostWarning("job") { warn("\(id): \(warning)") }
    return try Self.run(library, id: id, verb: verb, arguments: arguments, input: input, isStopping: isStopping)
  }

  /// Runs a job of one of the installation's own libraries, without a configuration.
  ///
  /// - Parameters:
  ///   - file: name of the library, beside the executable or where ALPHALOOP_PLUGINS says.
  ///   - hear: is told what the job says to a person at the moment that it says it.
  public static func run(
    own file: String, id: String, verb: String, arguments: String, isStopping: @escaping @Sendable () -> Bool,
    hear: @escaping (String) -> Void
  ) throws(HostError) -> Answer {
    let path = "\(AdHocConfiguration.folder())/\(file)"
    let library: LoadedLibrary
    do {
      library = try LoadedLibrary.load(path)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    return try run(
      library, id: id, verb: verb, arguments: arguments, input: [], isStopping: isStopping, hear: hear)
  }

  private static func run(
    _ library: LoadedLibrary, id: String, verb: String, arguments: String, input: [UInt8],
    isStopping: @escaping @Sendable () -> Bool, hear: ((String) -> Void)? = nil
  ) throws(HostError) -> Answer {
    do throws(LoadError) {
      var callbacks = HostServices.Callbacks()
      callbacks.isStopping = isStopping
      let services = HostServices(mode: AL_MODE_BACKTEST, seed: 0, callbacks: callbacks)
      let job = try LoadedInstance(library, id: id, name: id, inputs: 0, services: services)
      defer { job.destroy() }
      guard let table = try job.table(AL_INTERFACE_JOB, al_job_v1.self), let run = table.pointee.run else {
        throw LoadError(id, "answers no \(AL_INTERFACE_JOB)")
      }
      try job.start()
      let output = ByteCollector()
      let text = ByteCollector(hear: hear)
      var outputSink = output.sink
      var textSink = text.sink
      var progress = al_progress_v1(
        size: UInt32(MemoryLayout<al_progress_v1>.size), reserved: 0, ctx: nil, report: { _, _, _, _ in })
      var failure: LoadError?
      CallMemory.with { memory in
        let document = memory.array(input)
        document.withMemoryRebound(to: CChar.self, capacity: max(input.count, 1)) { bytes in
          withUnsafePointer(to: &progress) { p in
            withUnsafePointer(to: &outputSink) { o in
              withUnsafePointer(to: &textSink) { t in
                var call = al_job_run_v1(
                  size: UInt32(MemoryLayout<al_job_run_v1>.size), reserved: 0, verb: memory.string(verb),
                  arguments_json: memory.string(arguments), input: al_str_v1(ptr: bytes, len: UInt64(input.count)),
                  progress: p, output: o, text: t)
                failure = check(id, verb) { run(job.context, &call, $0) }
              }
            }
          }
        }
      }
      if let failure { throw failure }
      try job.stop()
      return Answer(output: output.bytes, text: String(decoding: text.bytes, as: UTF8.self))
    } catch {
      throw HostError(HostError.Code(error, otherwise: .failedCheck), "\(error)")
    }
  }
}

import AlphaLoopRuntime
import ArgumentParser
import Glibc

struct PluginValidate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check that a plugin file keeps its side of the boundary.",
    discussion: """
      Every check runs in a process of its own with a time limit; the plugin may crash, hang or leave, the rest goes on.
      A check passes, fails, warns, is skipped (does not apply), crashed (the signal is named) or hung.
      Exit code: 0 when nothing failed, crashed or hung, 1 otherwise, 2 for wrong usage.

      --json prints one object: file, seed (text), passed (bool), counts {pass, fail, warn, skip, crashed, hung},
      milliseconds, plugins [{id, version, kinds}], checks [{check, plugin ("" for the file), status, reason, advice,
      milliseconds, reproduce}]. The order is stable.

      --reproduce SEED/CHECK or SEED/CHECK:ID runs that one check again, as printed after a failure.
      --list prints every check with what it promises.
      """)

  @Argument(help: "The shared library.") var file: String?
  @Flag(name: .long, help: "Print one JSON object.") var json = false
  @Flag(name: .long, help: "Show the notes of passed checks too.") var verbose = false
  @Option(name: .long, help: "Seed of everything drawn.") var seed: UInt64 = 1
  @Option(name: .long, help: "Only this check or group; may be repeated.") var check: [String] = []
  @Option(name: .long, help: "Only this plugin of the library.") var plugin: String?
  @Option(name: .long, help: "Run one check again: SEED/CHECK or SEED/CHECK:ID.") var reproduce: String?
  @Option(name: .long, help: "Parameters as a JSON object, over the defaults.") var params = ""
  @Flag(name: .long, help: "Run in this process, for a debugger: a crash ends it.") var inProcess = false
  @Option(name: .long, help: "Seconds a check may take.") var timeLimit = 20.0
  @Option(name: .long, help: "Checks at the same time.") var parallel = 2
  @Flag(name: .long, help: "List the checks and end.") var list = false

  func validate() throws {
    if file == nil, !list { throw ValidationError("name the plugin file to validate") }
    if timeLimit <= 0 { throw ValidationError("--time-limit needs a number of seconds above 0") }
    for name in check where !Self.isKnown(name) {
      throw ValidationError("no check or group '\(name)'; see alphaloop plugin validate --list")
    }
  }

  private static func isKnown(_ name: String) -> Bool {
    CheckCatalog.descriptions.contains { $0.id == name || $0.id.hasPrefix(name + ".") || $0.id.hasPrefix(name + "-") }
  }

  func run() throws {
    guard let file else {
      for d in CheckCatalog.descriptions { print("\(d.id)\n    \(d.promise)") }
      return
    }
    guard access(file, R_OK) == 0 else {
      throw HostError(.usage, "\(file): cannot be read: \(String(cString: strerror(errno)))")
    }
    var options = Conformance.Options(executable: "/proc/self/exe")
    options.seed = seed
    options.only = check
    options.plugin = plugin
    options.timeLimit = timeLimit
    options.parallel = parallel
    options.inProcess = inProcess
    options.parameters = params
    if let reproduce {
      guard options.reproduce(reproduce) else {
        throw HostError(
          .usage, "--reproduce takes SEED/CHECK or SEED/CHECK:ID as printed after a failure, not '\(reproduce)'")
      }
    }
    let report = Conformance(file: file, options: options).run()
    print(json ? report.json : report.text(verbose: verbose || reproduce != nil))
    if report.results.isEmpty { throw HostError(.usage, "\(file): no check applies; see --list and --plugin") }
    let failed = report.failures.count
    if failed > 0 { throw HostError(.failedCheck, "\(file): \(failed) of \(report.results.count) checks failed") }
  }
}

/// One check in a process of its own; only `plugin validate` calls it.
struct PluginValidateOne: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "validate-one", shouldDisplay: false)

  @Argument var file: String
  @Argument var check: String
  @Argument var id: String
  @Argument var seed: UInt64

  func run() throws {
    guard CheckRunner.main(file: file, check: check, plugin: id, seed: seed, executable: "/proc/self/exe") else {
      throw HostError(.usage, "no check '\(check)'; see alphaloop plugin validate --list")
    }
    // Left at once: a plugin's own exit handlers and statics are no part of the check.
    _exit(0)
  }
}

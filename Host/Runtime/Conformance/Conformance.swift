import CSystem
import Glibc

/// `alphaloop plugin validate`: runs the checks of a plugin file and collects what they found.
///
/// Nothing of the file runs in this process (unless asked to): every check is a process of its own with a time limit, so a
/// plugin that crashes, hangs or leaves takes one check down and no more.
public struct Conformance {
  public struct Options: Sendable {
    /// The program that knows `plugin validate-one`.
    public var executable: String
    public var seed: UInt64 = 1
    /// Only checks with these ids, groups, or id prefixes; empty: all.
    public var only: [String] = []
    /// Only this plugin of the library; nil: all.
    public var plugin: String?
    /// Seconds a check may take.
    public var timeLimit = 20.0
    /// Checks that run at the same time.
    public var parallel = 2
    /// Runs everything in this process, for a debugger: a crash then ends it.
    public var inProcess = false
    /// Parameters as a JSON object, over the defaults; "" for none.
    public var parameters = ""

    public init(executable: String) { self.executable = executable }
  }

  /// One plugin that the library offers.
  public struct Offer: Sendable {
    public var id: String
    public var kinds: UInt32
    public var version: String
  }

  public let file: String
  public let options: Options

  public init(file: String, options: Options) {
    self.file = canonicalPath(file)
    self.options = options
  }

  /// Runs all checks that apply. Never throws for what the plugin does.
  public func run() -> ConformanceReport {
    let started = al_monotonic_ns()
    let offers = offered()
    let jobs = plan(offers)
    let results = run(jobs)
    return ConformanceReport(
      file: file, seed: options.seed, plugins: offers, results: results,
      milliseconds: Int((al_monotonic_ns() - started) / 1_000_000))
  }

  /// What is no ELF file for this machine fails every other check for the same reason: it is said once.
  private func run(_ jobs: [Job]) -> [CheckResult] {
    guard let first = jobs.first, first.check.id == FileChecks.elf.id else { return runAll(jobs) }
    let elf = runAll([first])
    guard elf.contains(where: { $0.status == .fail }) else { return elf + runAll(Array(jobs.dropFirst())) }
    return elf + jobs.dropFirst().map { result($0, (.skip, "needs \(first.check.id)"), 0) }
  }

  private func runAll(_ jobs: [Job]) -> [CheckResult] {
    options.inProcess ? jobs.map(runHere) : runInProcesses(jobs)
  }

  private struct Job {
    var check: Check
    var plugin: String
  }

  private func plan(_ offers: [Offer]) -> [Job] {
    let checks = CheckCatalog.all.filter { check in
      options.only.isEmpty
        || options.only.contains { check.id == $0 || check.id.hasPrefix($0 + ".") || check.id.hasPrefix($0 + "-") }
    }
    let ofFile = options.plugin == nil ? checks.filter(\.isOfFile).map { Job(check: $0, plugin: "") } : []
    let plugins = offers.filter { options.plugin == nil || $0.id == options.plugin }
    return ofFile
      + plugins.flatMap { offer in
        checks.filter { $0.applies(to: offer.kinds) }.map { Job(check: $0, plugin: offer.id) }
      }
  }

  /// What the library says it offers, asked in a process of its own; empty when it does not come back.
  private func offered() -> [Offer] {
    let transcript: CheckTranscript
    if options.inProcess {
      let reporter = CheckReporter(descriptor: -1)
      CheckRunner.describe(file: file, reporter: reporter)
      transcript = CheckTranscript(reporter.lines.joined(separator: "\n"))
    } else {
      guard let process = try? start(check: CheckRunner.describeCheck, plugin: "-", folder: "") else { return [] }
      transcript = process.finish().transcript
    }
    return transcript.facts.filter { $0.word == "plugin" }.compactMap { fact in
      let words = fact.text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard words.count == 3, let kinds = UInt32(words[0]) else { return nil }
      return Offer(id: words[2], kinds: kinds, version: words[1])
    }
  }

  private func start(check: String, plugin: String, folder: String) throws(Finding) -> CheckProcess {
    try CheckProcess(
      options.executable, CheckRunner.arguments(file, check, plugin, options.seed),
      environment: [(CheckRunner.folderVariable, folder), (CheckRunner.parametersVariable, options.parameters)],
      seconds: options.timeLimit)
  }

  private func runInProcesses(_ jobs: [Job]) -> [CheckResult] {
    var results = [CheckResult?](repeating: nil, count: jobs.count)
    let folder: CheckFolder
    do {
      folder = try CheckFolder()
    } catch {
      return jobs.map { result($0, (error.status, error.reason), 0) }
    }
    var running: [(index: Int, process: CheckProcess)] = []
    var next = 0
    while next < jobs.count || !running.isEmpty {
      while next < jobs.count, running.count < max(1, options.parallel) {
        do {
          let job = jobs[next]
          running.append((next, try start(check: job.check.id, plugin: job.plugin, folder: folder.make(String(next)))))
        } catch {
          results[next] = result(jobs[next], (error.status, error.reason), 0)
        }
        next += 1
      }
      if !running.isEmpty { CheckProcess.wait(for: running.map(\.process)) }
      running.removeAll { index, process in
        guard let ending = process.step() else { return false }
        results[index] = result(jobs[index], ending.verdict, ending.milliseconds)
        return true
      }
    }
    return results.compactMap { $0 }
  }

  private func runHere(_ job: Job) -> CheckResult {
    let started = al_monotonic_ns()
    let reporter = CheckReporter(descriptor: -1)
    CheckRunner.run(
      job.check, file: file, plugin: job.plugin, seed: options.seed, reporter: reporter, executable: options.executable)
    let verdict = CheckTranscript(reporter.lines.joined(separator: "\n")).result ?? (.fail, "the check said nothing")
    return result(job, verdict, Int((al_monotonic_ns() - started) / 1_000_000))
  }

  private func result(_ job: Job, _ verdict: (status: CheckStatus, reason: String), _ milliseconds: Int) -> CheckResult
  {
    let needsAdvice = verdict.status.isFailure || verdict.status == .warn
    return CheckResult(
      check: job.check.id, plugin: job.plugin, status: verdict.status, reason: verdict.reason,
      advice: needsAdvice ? job.check.advice : "", milliseconds: milliseconds, seed: options.seed)
  }
}

extension Conformance.Options {
  /// Reads `SEED/CHECK` or `SEED/CHECK:ID`; false when it is neither.
  public mutating func reproduce(_ text: String) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let number = UInt64(parts[0]) else { return false }
    let name = parts[1].split(separator: ":", maxSplits: 1).map(String.init)
    guard let first = name.first, CheckCatalog.check(first) != nil else { return false }
    seed = number
    only = [first]
    plugin = name.count > 1 ? name[1] : nil
    return true
  }
}

import AlphaLoopRuntime
import ArgumentParser
import Glibc

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check what a run needs: configuration, plugins, data, journal, worker.")
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "Print JSON.") var json = false

  struct Finding {
    var name: String
    var isGood: Bool
    var text: String
  }

  func run() throws {
    var findings: [Finding] = []
    do {
      let configuration = try configurationOptions.load()
      findings.append(Finding(name: "configuration", isGood: true, text: "\(configurationOptions.directory) is valid"))
      check(configuration, &findings)
    } catch let error as HostError {
      findings.append(Finding(name: "configuration", isGood: false, text: error.message))
    }
    if json {
      let list = findings.map { f -> JSONValue in
        ["check": .string(f.name), "ok": .bool(f.isGood), "text": .string(f.text)]
      }
      Console.out(JSONValue.array(list).text)
    } else {
      for f in findings { Console.out("\(f.isGood ? "ok     " : "FAILED ") \(f.name): \(f.text)") }
    }
    if findings.contains(where: { !$0.isGood }) { throw ExitCode(1) }
  }

  private static func placement(_ entry: PluginCatalog.Entry) -> String {
    guard entry.isIsolated else { return "" }
    return entry.hosted == nil
      ? ", in worker processes" : ", agents and policies in worker processes, what else it offers in the host process"
  }

  private func check(_ configuration: Configuration, _ findings: inout [Finding]) {
    let catalog = PluginCatalog(configuration)
    for e in catalog.entries {
      findings.append(
        Finding(
          name: "plugin \(e.library.id)", isGood: e.refusal == nil,
          text: e.refusal
            ?? "\(e.descriptors.count) plugins, \(e.toolchain)\(Self.placement(e))"))
    }
    do {
      _ = try Generation.checked(configuration, catalog)
      _ = try SessionTimes(configuration)
      findings.append(Finding(name: "plugins and parameters", isGood: true, text: "all known and valid"))
    } catch {
      findings.append(Finding(name: "plugins and parameters", isGood: false, text: error.message))
    }
    for instance in configuration.instances(of: .data) where instance.isEnabled {
      for file in instance.files {
        let path = configuration.resolve(path: file)
        let isThere = access(path, R_OK) == 0
        findings.append(
          Finding(
            name: "data \(instance.id)", isGood: isThere,
            text: isThere ? path : "\(path): \(errorText()); scripts/quickstart fetches the sample"))
      }
    }
    let facts = SampleFacts(configuration)
    if !facts.sources.isEmpty, !facts.isSynthetic {
      let problem = SampleData.problem(root: parent(canonicalPath(configuration.directory)))
      findings.append(Finding(name: "sample data", isGood: problem == nil, text: problem ?? "whole"))
    }
    let breaker = configuration.risk.circuitBreaker
    findings.append(
      Finding(
        name: "circuit breaker", isGood: true,
        text: breaker.map { "watches \($0.symbol)" } ?? RiskConfiguration.noCircuitBreaker))
    let folder = configuration.resolve(path: configuration.manifest.journal)
    makeFolder(folder)
    let canWrite = access(folder, W_OK) == 0
    findings.append(
      Finding(
        name: "journal", isGood: canWrite, text: canWrite ? folder : "\(folder): \(errorText()); make it writable"))
    let worker = "\(executableFolder())/alphaloop-worker"
    let hasWorker = access(worker, X_OK) == 0
    findings.append(
      Finding(
        name: "worker", isGood: hasWorker,
        text: hasWorker ? worker : "\(worker) is missing; build the product alphaloop-worker"))
  }
}

import CRecordingVFS
import Foundation

/// Many seeds, some of them twice, and those with something built in that must be found.
struct SimulateTorture {
  var seed: UInt64 = 1
  var runs = 1000
  /// Seeds tried for each built-in bug, at most.
  var tries = 60
  var isVerbose = false
  var onlyBug: String?

  struct Report: Encodable {
    var torture = "simulate"
    var seed: UInt64
    var seeds = 0
    var steps = 0
    var orders = 0
    var fills = 0
    var corrections = 0
    var cancels = 0
    var commands = 0
    var starts = 0
    var crashes = 0
    var powerCuts = 0
    var reconciliations = 0
    var halts = 0
    var folds = 0
    var replays = 0
    var faults: [String: Int] = [:]
    var violations = 0
    /// The first seed with one, and what it was.
    var first: String?
    /// Seeds that were run twice, and those that did not give the same.
    var repeated = 0
    var unlike = 0
    var hash = ""
    /// Built-in bug -> the first seed that found it.
    var controls: [String: UInt64] = [:]
    var missed: [String] = []
    var passed = false
  }

  let plugins: String
  let puppet: String

  init(plugins: String, puppet: String) {
    self.plugins = plugins
    self.puppet = puppet
  }

  func run() throws -> Report {
    guard rv_install() == 0 else { throw Failure("the recording file system cannot be installed") }
    let base = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    let folder = "\(base)/simulate-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let simulation = Simulation(
      market: try Market(folder: folder, plugins: plugins, puppet: puppet), puppet: Puppet(),
      log: isVerbose ? { print($0) } : nil)
    var report = Report(seed: seed)
    var counts = Counts()
    var hash: UInt64 = 0
    for k in 0..<UInt64(runs) {
      let outcome = try simulation.run(seed: seed &+ k, bug: onlyBug.flatMap(Line.Bug.init), replays: k % 20 == 0)
      report.seeds += 1
      counts.add(outcome.counts)
      hash = (hash ^ outcome.hash) &* 0x0000_0100_0000_01b3
      report.violations += outcome.violations.count
      if isVerbose { print("seed \(outcome.seed) \(outcome.hash) \(outcome.counts.steps)") }
      if let violation = outcome.violations.first {
        if report.first == nil { report.first = "seed \(outcome.seed): \(violation)" }
        for violation in outcome.violations {
          FileHandle.standardError.write(Data("seed \(outcome.seed): \(violation)\n".utf8))
        }
      }
      if k % 25 == 7 {
        report.repeated += 1
        if try simulation.run(seed: seed &+ k, replays: false).hash != outcome.hash { report.unlike += 1 }
      }
    }
    try control(simulation, &report)
    report.take(counts)
    report.hash = String(hash, radix: 16)
    report.passed = report.violations == 0 && report.unlike == 0 && report.missed.isEmpty && counts.orders > 0
    return report
  }

  private func control(_ simulation: Simulation, _ report: inout Report) throws {
    for bug in Line.Bug.allCases where tries > 0 {
      for k in 0..<UInt64(tries) where report.controls[bug.rawValue] == nil {
        if try !simulation.run(seed: seed &+ k, bug: bug).violations.isEmpty {
          report.controls[bug.rawValue] = seed &+ k
        }
      }
      if report.controls[bug.rawValue] == nil { report.missed.append(bug.rawValue) }
    }
  }
}

extension SimulateTorture.Report {
  mutating func take(_ c: Counts) {
    (steps, orders, fills, corrections, cancels) = (c.steps, c.orders, c.fills, c.corrections, c.cancels)
    (commands, starts, crashes, powerCuts) = (c.commands, c.starts, c.crashes, c.powerCuts)
    (reconciliations, halts, folds, replays) = (c.reconciliations, c.halts, c.folds, c.replays)
    faults = c.faults
  }
}

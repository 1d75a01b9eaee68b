import AlphaLoopCore
import AlphaLoopRuntime
import Foundation
import PluginProbe

/// Kills a host at every boundary of a session: the calls by which it writes its journal and speaks with its broker. A life a
/// boundary and way to die; life 2k dies after call k + 1, life 2k + 1 in the middle of it.
struct CrashTorture {
  var seed: UInt64 = 1
  /// nil: all; else so many spread evenly, or from `from` on one after the other.
  var lives: Int?
  var from: Int?
  /// Only these of all.
  var how: CrashPoint.How?
  /// Lives at the same time.
  var parallel = 12
  var controlLives = 8
  /// The folder of a life that failed is kept.
  var keeps = false

  func run(interposer: String, broker: Life.Broker) throws -> CrashReport {
    let begin = monotonic()
    let root = try Self.makeRoot()
    var tools = Life.Tools(
      programs: executableFolder(), interposer: interposer, broker: broker, root: root, seed: seed)
    var report = CrashReport(broker: broker.name, seed: seed)
    let whole = try wholeSession(tools, &report)
    let numbers = self.numbers(boundaries: whole.log.count)
    let tally = Tally(report)
    try tally.run(numbers, parallel: parallel) { index in
      let life = self.life(index, tools, boundaries: whole.log.count)
      return (life, try life.run())
    } after: { life, result in
      if result.findings.isEmpty || !keeps { try? FileManager.default.removeItem(atPath: life.path) }
    }
    report = tally.report
    tools.isControl = true
    let control = Tally(CrashReport(broker: broker.name, seed: seed), tells: false)
    try control.run(Array(0..<controlLives), parallel: parallel) { index in
      let life = controlLife(index, tools)
      return (life, try life.run())
    } after: { life, _ in
      try? FileManager.default.removeItem(atPath: life.path)
    }
    report.control.lives = control.report.lives
    report.control.caught = control.report.failedLives
    let isKept = keeps && report.failedLives > 0
    if !isKept { try? FileManager.default.removeItem(atPath: root) }
    if isKept { note("the folders of the failed lives are in \(root)") }
    if let life = report.firstLife {
      note("again: scripts/torture crash --broker \(broker.name) --seed \(seed) --from \(life) --lives 1 --keep")
    }
    report.seconds = ((monotonic() - begin) * 10).rounded() / 10
    report.judge()
    return report
  }

  // MARK: lives

  /// Nobody is killed: how many boundaries there are, and that the comparison notices changes to its books.
  private func wholeSession(_ tools: Life.Tools, _ report: inout CrashReport) throws -> Life.Result {
    var life = Life(tools, name: "whole")
    life.isReplayed = true
    let result = try life.run()
    for kind in CrashPoint.Kind.allCases { report.boundaries[kind.name] = result.log.kinds[kind.rawValue] }
    report.count(result, -1)
    report.sessionOrders = result.firstOrders
    report.lives = 0
    for change in BookChange.allCases {
      report.control.changes += 1
      if change.isNoticed(in: result) {
        report.control.noticed += 1
      } else {
        note("a change is not noticed: \(change)")
      }
    }
    if result.findings.isEmpty || !keeps { try? FileManager.default.removeItem(atPath: life.path) }
    return result
  }

  private func numbers(boundaries: Int) -> [Int] {
    if let from { return Array(from..<from + (lives ?? max(0, 2 * boundaries - from))) }
    let all = (0..<2 * boundaries).filter { how == nil || how == Self.how($0) }
    guard let lives, lives < all.count else { return all }
    let shift = Int(seed % UInt64(max(1, all.count / lives)))
    return (0..<lives).map { all[($0 * all.count / lives + shift) % all.count] }
  }

  private func life(_ index: Int, _ tools: Life.Tools, boundaries: Int) -> Life {
    var life = Life(tools, name: "life-\(index)")
    var random = SeededRandom(seed: seed ^ UInt64(index) &* 0x2545_f491_4f6c_dd1d)
    life.points = [CrashPoint(number: index / 2 + 1, how: Self.how(index))]
    if random.next() % 4 == 0 {
      // The successor's recovery has the most to lose at its start.
      let limit = random.next() % 2 == 0 ? 60 : UInt64(max(boundaries, 1))
      life.points.append(
        CrashPoint(number: 1 + Int(random.next() % limit), how: random.next() % 2 == 0 ? .after : .middle))
    }
    life.isTurned = random.next() % 2 == 0
    life.isReplayed = random.next() % 16 == 0
    return life
  }

  private static func how(_ index: Int) -> CrashPoint.How { index % 2 == 0 ? .after : .middle }

  private func controlLife(_ index: Int, _ tools: Life.Tools) -> Life {
    var life = Life(tools, name: "control-\(index)")
    life.points = [CrashPoint(number: 1 + index, how: .after, only: [.brokerSend], isOfOrders: true)]
    return life
  }

  private static func makeRoot() throws -> String {
    let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
    var template = Array("\(base)/alphaloop-crash-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("\(base): \(errorText())") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

func note(_ text: String) { FileHandle.standardError.write(Data("torture: \(text)\n".utf8)) }

/// Counts lives that run at the same time.
final class Tally: @unchecked Sendable {
  private let lock = NSLock()
  private var left: [Int] = []
  private var problem: (any Error)?
  private(set) var report: CrashReport

  /// What is found is told at once.
  private let tells: Bool

  init(_ report: CrashReport, tells: Bool = true) {
    self.report = report
    self.tells = tells
  }

  func run(
    _ numbers: [Int], parallel: Int, _ body: (Int) throws -> (Life, Life.Result), after: (Life, Life.Result) -> Void
  ) throws {
    left = numbers.reversed()
    withoutActuallyEscaping(body) { body in
      withoutActuallyEscaping(after) { after in
        let work = Work(body: body, after: after)
        DispatchQueue.concurrentPerform(iterations: parallel) { _ in self.take(work) }
      }
    }
    if let problem { throw problem }
  }

  private struct Work: @unchecked Sendable {
    var body: (Int) throws -> (Life, Life.Result)
    var after: (Life, Life.Result) -> Void
  }

  private func take(_ work: Work) {
    while let index = lock.withLock({ problem == nil ? left.popLast() : nil }) {
      do {
        let (life, result) = try work.body(index)
        lock.withLock {
          report.count(result, index)
          for text in result.findings.all where tells { note("\(life.name): \(text)") }
        }
        work.after(life, result)
      } catch {
        lock.withLock { problem = error }
      }
    }
  }
}

import AlphaLoopLoader
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// A folder of files for one evaluation, removed with the object.
final class EvaluationSample {
  let path: String

  init(_ files: [String: String]) throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("evaluation-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What one evaluation said and logged.
struct EvaluationAnswer {
  var lines: [String]
  var log: [String]
  var notes: [String]
  var refusals: Int
  var skippedRows: Int

  /// The log from one as-of line to the next; the part before the first is element 0.
  var looks: [[String]] {
    log.reduce(into: [[]]) { looks, line in
      if line.hasPrefix("at ") { looks.append([]) }
      looks[looks.count - 1].append(line)
    }
  }
}

enum EvaluationFixture {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/plugins")

  /// `eyes.c`, compiled once a run: logs all that it is shown.
  private static let eyes = Result<String, Error> {
    let header = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("PluginSDK/include")
    let target = FileManager.default.temporaryDirectory.appendingPathComponent("eyes-\(getpid()).so").path
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "cc", "-std=c11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-I", header.path, "-o", target,
      folder.appendingPathComponent("eyes.c").path,
    ]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "eyes.c does not compile")
    return target
  }

  /// Evaluates an agent of `eyes.c`, or of a library of this package.
  static func run(
    _ id: String, of product: String? = nil, _ files: [String: String], parameters: String = "{}",
    change: (inout AgentEvaluation.Options) -> Void = { _ in }
  ) throws -> EvaluationAnswer {
    let sample = try EvaluationSample(files)
    let log = Log()
    var options = AgentEvaluation.Options(id: id, data: sample.path)
    options.library = try product.map { try WorkerFixture.product($0) } ?? eyes.get()
    options.parameters = try JSONValue.parse(parameters)
    options.log = { _, text in log.lines.append(text) }
    change(&options)
    let evaluation = try AgentEvaluation(options)
    var lines: [String] = []
    try evaluation.run { lines.append($0.json) }
    return EvaluationAnswer(
      lines: lines, log: log.lines, notes: evaluation.notes, refusals: evaluation.refusals,
      skippedRows: evaluation.skippedRows)
  }

  /// The error of an evaluation that must not come about.
  static func failure(
    _ id: String, of product: String? = nil, _ files: [String: String], parameters: String = "{}",
    change: (inout AgentEvaluation.Options) -> Void = { _ in }
  ) throws -> HostError {
    let error = #expect(throws: HostError.self) {
      try run(id, of: product, files, parameters: parameters, change: change)
    }
    return try #require(error)
  }

  /// Used by one evaluation at a time, on its thread.
  private final class Log: @unchecked Sendable { var lines: [String] = [] }
}

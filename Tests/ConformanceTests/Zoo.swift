import AlphaLoopRuntime
import Foundation

/// The misbehaving plugins under Tests/Fixtures/zoo, compiled on demand with the system's C compiler.
enum Zoo {
  static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/zoo")
  private static let include = sources.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appendingPathComponent("PluginSDK/include")
  private static let folder: URL = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-zoo-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }()

  /// The program beside the test executable, and the plugins of this package.
  static let products: URL = {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
    return URL(fileURLWithPath: executable).deletingLastPathComponent()
  }()
  static let program = products.appendingPathComponent("alphaloop").path

  struct CompilerError: Error, CustomStringConvertible { var description: String }

  /// Compiles one source file, named without its extension, and gives the library's path.
  static func library(_ name: String, flags: [String] = []) throws -> String {
    let isCPlusPlus = FileManager.default.fileExists(atPath: sources.appendingPathComponent(name + ".cpp").path)
    let source = sources.appendingPathComponent(name + (isCPlusPlus ? ".cpp" : ".c")).path
    let target = folder.appendingPathComponent("\(name)-\(UUID().uuidString.prefix(8)).so").path
    let run = try execute(
      "/usr/bin/env",
      [
        isCPlusPlus ? "c++" : "cc", isCPlusPlus ? "-std=c++17" : "-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra",
        "-Wno-array-bounds", "-Wno-stringop-overflow", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,noexecstack",
        "-I", include.path, "-o", target, source,
      ] + flags + ["-lm", "-lpthread"])
    guard run.code == 0 else { throw CompilerError(description: "\(name): \(run.errors)") }
    return target
  }

  /// Runs a program to its end.
  static func execute(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String, errors: String)
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: text, as: UTF8.self), String(decoding: complaint, as: UTF8.self)
    )
  }

  /// Validates a file, each check in a process of its own.
  static func validate(
    _ file: String, only: [String] = [], plugin: String? = nil, seconds: Double = 60, seed: UInt64 = 1
  ) -> ConformanceReport {
    var options = Conformance.Options(executable: program)
    options.only = only
    options.plugin = plugin
    options.timeLimit = seconds
    options.seed = seed
    return Conformance(file: file, options: options).run()
  }
}

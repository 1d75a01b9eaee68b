import Foundation

@testable import AlphaLoopRuntime

/// The program itself, as a person runs it.
enum AlphaLoopProcess {
  struct Ending {
    /// Exit code; of a process that a signal ended, 128 and the signal.
    var code: Int32
    var output: String
    var errors: String
  }

  /// One that runs. What it writes is small enough to wait in its pipes.
  struct Running {
    let process: Process
    fileprivate let output = Pipe()
    fileprivate let errors = Pipe()

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func end() -> Ending {
      let text = output.fileHandleForReading.readDataToEndOfFile()
      let problems = errors.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return Ending(
        code: process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0),
        output: String(decoding: text, as: UTF8.self), errors: String(decoding: problems, as: UTF8.self))
    }
  }

  static func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
    let running = Running(process: Process())
    running.process.executableURL = URL(fileURLWithPath: "\(executableFolder())/alphaloop")
    running.process.arguments = arguments
    running.process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    running.process.standardOutput = running.output
    running.process.standardError = running.errors
    try running.process.run()
    return running
  }

  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Ending {
    try start(arguments, environment: environment).end()
  }
}

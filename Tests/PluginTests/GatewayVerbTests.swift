import Foundation
import TWSProtocol
import Testing

@testable import AlphaLoopRuntime

/// `alphaloop gateway` as a process of its own.
@Suite struct GatewayVerbTests {
  private func program(_ arguments: [String]) throws -> (process: Process, output: Pipe, errors: Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(executableFolder())/alphaloop")
    process.arguments = ["gateway"] + arguments
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    return (process, output, errors)
  }

  private func wait(_ process: Process) -> Int32 {
    for _ in 0..<500 where process.isRunning { usleep(10_000) }
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      return -1
    }
    return process.terminationStatus
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func itListensTellsItsBookAndEnds(signal: Int32) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("verb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let book = folder.appendingPathComponent("book").path
    let weather = folder.appendingPathComponent("weather").path
    try #"{"do":"notice","code":1,"text":"from the file","at":0.2}"#.write(
      toFile: weather, atomically: true, encoding: .utf8)
    let (process, output, _) = try program([
      "--port", "0", "--json", "--account", "DU7654321", "--seed", "4", "--book", book, "--weather", weather,
      "--control", folder.appendingPathComponent("control").path,
    ])
    let line = output.fileHandleForReading.availableData
    let told = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
    #expect(told["gateway"] as? String == "listening" && told["account"] as? String == "DU7654321")
    #expect(told["pid"] as? Int == Int(process.processIdentifier))
    let client = try GatewayClient(port: UInt16(try #require(told["port"] as? Int)))
    try client.waitForError(-1, 1)
    let orderId = try client.place("AAPL", GatewayClient.order("BUY", "10", "MKT"))
    try client.waitForStatus(orderId, "Filled")
    kill(process.processIdentifier, signal)
    #expect(wait(process) == 0)
    #expect(client.waitForClose(seconds: 2))
    #expect(try String(contentsOfFile: book, encoding: .utf8).contains("\"event\":\"filled\""))
    // The socket of the control channel is gone with it.
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("control").path))
  }

  @Test func whatItCannotDoItSays() throws {
    for arguments in [
      ["--port", "0", "--weather", "/nonexistent"], ["--port", "0", "--speed", "0"],
      ["--port", "0", "--data", "/nonexistent"],
      ["--port", "0", "--book", "/nonexistent/book"], ["--port", "0", "--server-version", "201"], ["--port", "70000"],
    ] {
      let (process, _, errors) = try program(arguments)
      #expect(wait(process) != 0, "\(arguments)")
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      #expect(!text.isEmpty, "\(arguments)")
    }
  }
}

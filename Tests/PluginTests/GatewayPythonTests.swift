import Foundation
import TWSSimulator
import Testing

/// The published Python clients in an environment of their own, outside of the project.
enum PythonClients {
  enum State: Sendable {
    case ready(python: String)
    /// The package index cannot be reached: the only reason to leave these tests out.
    case unreachable(String)
    case broken(String)
  }

  static let packages = ["ibapi-latest==10.51.1", "ib_async==2.1.0"]

  static let state: State = {
    let caches = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"
    let folder = "\(caches)/alphaloop-tests/ibkr-clients-\(packages.joined(separator: "-"))"
    let python = "\(folder)/bin/python"
    if isInstalled(python) { return .ready(python: python) }
    // Made beside its place and then moved there: two runs at once do not see half of it.
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let made = try run("python3", ["-m", "venv", folder])
      guard made.status == 0 else { return .broken("venv: \(made.output)") }
      let got = try run(
        python, ["-m", "pip", "install", "--disable-pip-version-check", "--quiet"] + packages, seconds: 240)
      if got.status != 0 {
        let isAway = ["connection broken by", "Name or service not known", "Network is unreachable", "ConnectTimeout"]
          .contains { got.output.contains($0) }
        return isAway ? .unreachable(got.output) : .broken("pip: \(got.output)")
      }
    } catch { return .broken("\(error)") }
    return isInstalled(python) ? .ready(python: python) : .broken("the packages cannot be imported")
  }()

  static var isReachable: Bool { if case .unreachable = state { false } else { true } }

  static func python() throws -> String {
    guard case .ready(let python) = state else { throw GatewayClient.Failure(description: "\(state)") }
    return python
  }

  private static func isInstalled(_ python: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: python)
      && (try? run(python, ["-c", "import ibapi.client, ib_async"]))?.status == 0
  }

  static var scripts: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/clients").path
  }

  /// A program whose output goes to a file: a pipe would stay open in whatever else is started meanwhile.
  final class Program {
    private let process = Process()
    private let file: String

    init(_ program: String, _ arguments: [String], patience: Double = 8) throws {
      file = FileManager.default.temporaryDirectory.appendingPathComponent("client-\(UUID().uuidString)").path
      guard FileManager.default.createFile(atPath: file, contents: nil), let handle = FileHandle(forWritingAtPath: file)
      else { throw GatewayClient.Failure(description: "no file for output") }
      process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
      process.arguments = program.contains("/") ? arguments : [program] + arguments
      var environment = ProcessInfo.processInfo.environment
      environment["PYTHONDONTWRITEBYTECODE"] = "1"
      environment["SESSION_PATIENCE"] = "\(patience)"
      process.environment = environment
      (process.standardOutput, process.standardError) = (handle, handle)
      try process.run()
    }

    deinit { try? FileManager.default.removeItem(atPath: file) }

    var output: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    /// Its exit status; nil: it was ended after so many seconds.
    func wait(seconds: Double) -> Int32? {
      let end = Date().addingTimeInterval(seconds)
      while process.isRunning, Date() < end { usleep(20_000) }
      guard process.isRunning else { return process.terminationStatus }
      stop()
      return nil
    }

    func stop() { kill(process.processIdentifier, SIGKILL) }
  }

  static func run(
    _ program: String, _ arguments: [String], patience: Double = 8, seconds: Double = 60
  ) throws -> (status: Int32, output: String) {
    let made = try Program(program, arguments, patience: patience)
    let status = made.wait(seconds: seconds)
    return (status ?? -1, made.output + (status == nil ? "\nended after \(seconds) s" : ""))
  }
}

@Suite(.serialized, .enabled(if: PythonClients.isReachable, "the Python package index cannot be reached"))
struct GatewayPythonTests {
  private static let steps = [
    "handshake", "accounts", "contracts", "history", "streaming", "orders", "refusals", "bracket and oca", "reconnect",
  ]

  /// A gateway in which ten seconds pass in one, with its control channel.
  private func withGateway(_ body: (Gateway, String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = GatewayOptions()
    options.speed = 10
    options.controlPath = folder.appendingPathComponent("control").path
    let gateway = try Gateway(options)
    defer { gateway.stop() }
    try body(gateway, options.controlPath ?? "")
  }

  /// The last line of a session that went through every step says so; nothing else is a session.
  private func completed(_ output: String) throws -> (client: String, steps: [String])? {
    let lines = output.split(separator: "\n").filter { $0.hasPrefix("{\"client\"") }
    guard let last = lines.last else { return nil }
    let object = try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any]
    guard object?["session"] as? String == "complete", let steps = object?["steps"] as? [String] else { return nil }
    return (object?["client"] as? String ?? "", steps)
  }

  @Test(arguments: [("official_session.py", "ibapi", 200), ("ib_async_session.py", "ib_async", 178)])
  func aPublishedClientCompletesItsSession(script: String, client: String, version: Int) throws {
    let python = try PythonClients.python()
    try withGateway { gateway, control in
      let arguments = ["\(PythonClients.scripts)/\(script)", "\(gateway.port)", control]
      let (status, output) = try PythonClients.run(python, arguments)
      #expect(status == 0, "\(output)")
      let session = try #require(try completed(output), "\(output)")
      #expect(session.client == client && session.steps == Self.steps)
      #expect(output.contains("\"step\": \"handshake\", \"version\": \(version)"), "\(output)")
      // The gateway's own book agrees that there were orders, trades and a reconnect of this client.
      let book = gateway.command(#"{"do":"book"}"#)
      #expect(book.components(separatedBy: "\"execution\":").count > 8, "\(book)")
    }
  }

  /// The same sessions where one field of one kind of message is missing.
  @Test(arguments: [
    ("official_session.py", "5", 20), ("official_session.py", "11", 14), ("ib_async_session.py", "3", 4),
  ])
  func aSessionFailsWhereAFieldIsMissing(script: String, message: String, field: Int) throws {
    let python = try PythonClients.python()
    try withGateway { gateway, control in
      let proxy = try PythonClients.Program(
        python, ["\(PythonClients.scripts)/dropping_proxy.py", "\(gateway.port)", message, "\(field)"])
      defer { proxy.stop() }
      for _ in 0..<500 where !proxy.output.hasSuffix("\n") { usleep(10_000) }
      let port = try #require(Int(proxy.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(proxy.output)")
      let (status, output) = try PythonClients.run(
        python, ["\(PythonClients.scripts)/\(script)", "\(port)", control], patience: 2)
      #expect(status != 0 && output.contains("\"failed\""), "\(output)")
      #expect(try completed(output) == nil)
      // It did connect: what failed is not the way to the gateway.
      #expect(output.contains("\"step\": \"handshake\""), "\(output)")
    }
  }
}

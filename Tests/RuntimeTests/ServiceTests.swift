import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// The host as a service: what it tells the service manager, and the units in `config/systemd`.
@Suite("Running as a service", .serialized)
struct ServiceTests {
  /// A socket as the service manager has it.
  final class Listener {
    let path: String
    private let fd: Int32

    init(_ folder: String) throws {
      path = "\(folder)/notify"
      fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(bound == 0, "\(errorText())")
    }

    deinit { close(fd) }

    /// The datagrams so far.
    func heard() -> [String] {
      var all: [String] = []
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let n = recv(fd, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if n <= 0 { return all }
        all.append(String(decoding: bytes[0..<n], as: UTF8.self))
      }
    }
  }

  @Test("a host says when its loop turns, that it goes on turning, and that it stops; a stopped one falls silent")
  func notifies() throws {
    let fixture = try WatchdogFixture()
    let listener = try Listener(fixture.connected.files.folder)
    let host = try fixture.startHost(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "200000"])
    try #require(fixture.waitForOrders())
    usleep(500_000)
    let first = listener.heard()
    #expect(first.first?.hasPrefix("READY=1\nSTATUS=trading, session ") == true)
    #expect(first.count { $0 == "WATCHDOG=1" } >= 3)
    host.send(SIGSTOP)
    usleep(100_000)
    _ = listener.heard()
    usleep(500_000)
    #expect(listener.heard().isEmpty)
    host.send(SIGCONT)
    host.send(SIGTERM)
    #expect(host.end().code == 0)
    #expect(listener.heard().last == "STOPPING=1")
  }

  private static let units = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("config/systemd")
  private static let analyze = "/usr/bin/systemd-analyze"
  private static var hasAnalyze: Bool { access(analyze, X_OK) == 0 }

  /// What systemd says of the units, for a program that is there, under the name of an instance.
  private func verify(_ change: (String) -> String = { $0 }) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-units-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = ["alphaloop-trade", "alphaloop-watchdog"]
    for name in names {
      let unit = try String(contentsOf: Self.units.appendingPathComponent("\(name)@.service"), encoding: .utf8)
      let text = change(unit).replacingOccurrences(of: "/opt/alphaloop/bin/alphaloop", with: "/bin/true")
      try text.write(to: folder.appendingPathComponent("\(name)@paper.service"), atomically: true, encoding: .utf8)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.analyze)
    process.arguments = ["verify", "--man=no"] + names.map { "\(folder.path)/\($0)@paper.service" }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  @Test("systemd finds nothing wrong in the units", .enabled(if: hasAnalyze, "there is no systemd-analyze here"))
  func units() throws {
    #expect(try verify() == "")
    let broken = try verify { $0.replacingOccurrences(of: "ProtectSystem=", with: "ProtectSystm=") }
    #expect(broken.contains("ProtectSystm"))
  }

  /// `MemoryDenyWriteExecute=` for a command: the kernel's own switch for it, where there is one (prctl 65).
  private func runWithoutExecutableMemory(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "python3", "-c",
        """
        import ctypes, os, sys
        if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0: sys.exit(77)
        os.execv(sys.argv[1], sys.argv[1:])
        """,
      ] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test("plugins are loaded and traded with where no memory can be made executable", arguments: ["none", "process"])
  func memoryDenyWriteExecute(_ isolation: String) throws {
    let mapsBoth = ["/usr/bin/python3", "-c", "import mmap; mmap.mmap(-1, 4096, prot=7)"]
    let control = try runWithoutExecutableMemory(mapsBoth)
    if control == 77 { return }
    #expect(control != 0, "memory that is written and executed is what must not be had")
    let fixture = try SessionFixture()
    fixture.isolation = isolation
    try fixture.write()
    let trade = ["trade", "--config", "\(fixture.folder)/config", "--sessions", "3", "--json"]
    #expect(try runWithoutExecutableMemory(["\(executableFolder())/alphaloop"] + trade) == 0)
  }

  @Test("settings and secrets are taken from the credentials of the service")
  func credentials() throws {
    let fixture = try SessionFixture()
    try writeAtomically(Array("7497\n".utf8), to: "\(fixture.folder)/credentials/fixture_port")
    setenv("CREDENTIALS_DIRECTORY", "\(fixture.folder)/credentials", 1)
    defer { unsetenv("CREDENTIALS_DIRECTORY") }
    #expect(Credentials.read("FIXTURE_PORT") == "7497")
    #expect(Credentials.read("FIXTURE_HOST") == nil)
    #expect(Credentials.read("../bars.csv") == nil)
    adoptCredentials(["FIXTURE_PORT", "FIXTURE_HOST"])
    defer { unsetenv("FIXTURE_PORT") }
    #expect(environment("FIXTURE_PORT") == "7497" && environment("FIXTURE_HOST") == nil)
  }
}

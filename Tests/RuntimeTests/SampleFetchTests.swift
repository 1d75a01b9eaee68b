import Foundation
import Testing

/// Runs `scripts/fetch-sample-data.py` with a stand-in for pip, so that what a network may do can be shown without one.
@Suite("Fetching the sample data")
struct SampleFetchTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "alphaloop-fetch-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/modules/pip", withIntermediateDirectories: true)
  }

  private func remove() { try? FileManager.default.removeItem(atPath: folder) }

  private func fetch(pip: String, _ arguments: String...) throws -> (status: Int32, error: String) {
    try pip.write(toFile: folder + "/modules/pip/__main__.py", atomically: true, encoding: .utf8)
    try "".write(toFile: folder + "/modules/pip/__init__.py", atomically: true, encoding: .utf8)
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../scripts/fetch-sample-data.py").standardizedFileURL.path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script, "--into", folder + "/sample"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": folder + "/modules"]) { $1 }
    let error = Pipe()
    process.standardError = error
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/sample/\(name)") }

  private static let savesA = """
    import sys
    folder = sys.argv[sys.argv.index("--dest") + 1]
    open(folder + "/skfolio-1.12.2-py3-none-any.whl", "wb").write(
    """

  @Test("a wheel with other bytes than the pinned ones is not used, and nothing is written")
  func wrongWheel() throws {
    defer { remove() }
    let result = try fetch(pip: Self.savesA + "b'PK cut off')\n")
    #expect(result.status == 4)
    // sha256sum of the ten bytes above begins so.
    #expect(result.error.contains("skfolio-1.12.2-py3-none-any.whl: its SHA-256 is fde8f5711e865280"))
    #expect(!isThere("large_caps_daily_close.csv") && !isThere("SHA256SUMS"))
  }

  @Test("without a network the cause is named in one line")
  func noNetwork() throws {
    defer { remove() }
    let pip = """
      import sys
      print("WARNING: Retrying after connection broken by 'no route to host'", file=sys.stderr)
      sys.exit("ERROR: No matching distribution found")
      """
    let result = try fetch(pip: pip)
    #expect(result.status == 4)
    #expect(result.error == "sample data: skfolio==1.12.2: pip cannot download it: 'no route to host'\n")
  }

  @Test("a check names every file that is missing or truncated, and fetches nothing")
  func check() throws {
    defer { remove() }
    try FileManager.default.createDirectory(atPath: folder + "/sample", withIntermediateDirectories: true)
    try "symbol,date".write(toFile: folder + "/sample/sp500_daily.csv", atomically: true, encoding: .utf8)
    let result = try fetch(pip: "import os; os._exit(9)", "--check")
    #expect(result.status == 4)
    #expect(result.error.contains("large_caps_daily_close.csv: not here"))
    #expect(result.error.contains("sp500_daily.csv: truncated or changed"))
  }
}

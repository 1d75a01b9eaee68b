import Foundation
import PluginProbe

/// A program that ran to its end.
struct Finished {
  var status: Int32
  var output: String
}

/// The repository, as far as a test that builds things needs it.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func run(_ program: String, _ arguments: [String], in folder: URL? = nil, _ variables: [String: String] = [:])
    throws -> Finished
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Finished(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
  }

  static func has(_ program: String) -> Bool {
    (try? run("sh", ["-c", "command -v \(program)"]))?.status == 0
  }
}

/// A bench outside the repository: a copy of PluginSDK/ alone, and a plugin made from each template, as `plugin new` does.
final class Workshop: @unchecked Sendable {
  static let shared = Result { try Workshop() }

  let folder: URL
  let sdk: URL
  private let lock = NSLock()
  private var built: [String: URL] = [:]

  private init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-templates-\(UUID().uuidString)")
    sdk = folder.appendingPathComponent("SDK")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: Repository.root.appendingPathComponent("PluginSDK"), to: sdk)

    Cleaner.remove(folder)
  }

  /// A fresh plugin from a template. Each test that changes it takes a name of its own.
  func make(_ language: String, name: String) throws -> URL {
    let place = folder.appendingPathComponent(name)
    try FileManager.default.copyItem(at: sdk.appendingPathComponent("Templates/\(language)"), to: place)
    let walker = FileManager.default.enumerator(at: place, includingPropertiesForKeys: [.isRegularFileKey])
    for case let file as URL in walker ?? .init()
    where try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
      let text = try String(contentsOf: file, encoding: .utf8)
      let filled = text.replacingOccurrences(of: "__NAME__", with: name).replacingOccurrences(
        of: "__ID__", with: "acme.cross")
      guard filled != text else { continue }
      // In place: build.sh keeps its mode.
      let handle = try FileHandle(forWritingTo: file)
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(filled.utf8))
      try handle.close()
    }
    return place
  }

  func build(_ place: URL) throws -> Finished {
    try Repository.run("./build.sh", [], in: place, ["ALPHALOOP_SDK": sdk.path])
  }

  /// The sample of a language, built once.
  func sample(_ language: String) throws -> URL {
    lock.lock()
    defer { lock.unlock() }
    if let file = built[language] { return file }
    let name = "sample-\(language)"
    let place = try make(language, name: name)
    let result = try build(place)
    guard result.status == 0 else { throw Broken("\(language): \(result.output)") }
    let file = place.appendingPathComponent("build/lib\(name).so")
    built[language] = file
    return file
  }

  func subject(_ language: String, _ parameters: [String: Any]) throws -> AgentSubject {
    let file = try sample(language)
    return AgentSubject(
      try ProbeLibrary(file: file, product: "sample-\(language)"), "acme.cross", parameters: parameters)
  }
}

/// Removes folders when the tests end.
private enum Cleaner {
  nonisolated(unsafe) private static var folders: [URL] = []

  static func remove(_ folder: URL) {
    if folders.isEmpty {
      atexit { for folder in Cleaner.folders { try? FileManager.default.removeItem(at: folder) } }
    }
    folders.append(folder)
  }
}

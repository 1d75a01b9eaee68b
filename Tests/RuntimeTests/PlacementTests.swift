import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("Plugins of kinds that no worker serves", .serialized)
struct PlacementTests {
  private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [String] = []
    func append(_ text: String) { lock.withLock { list.append(text) } }
    var lines: [String] { lock.withLock { list } }
  }

  private let folder: WorkerRunFolder
  /// A first-party service as a third party would bring it.
  private let service: String

  init() throws {
    folder = try WorkerRunFolder()
    service = "\(folder.path)/libeventlog.so"
    try FileManager.default.copyItem(atPath: try WorkerFixture.product("eventlog"), toPath: service)
  }

  private func configuration(_ isolation: String, library: String? = nil) throws -> Configuration {
    try folder.configuration(
      isolation: "none", libraries: "  - {id: events, path: \(library ?? service)\(isolation)}",
      policies:
        "  []\nservices:\n  - {plugin: service.eventlog, id: told, parameters: {path: \(folder.path)/events.jsonl}}")
  }

  @Test("a third party's service runs in the host process and says so; what placement it has is told")
  func warned() throws {
    let configuration = try configuration("")
    let catalog = PluginCatalog(configuration)
    let entry = try #require(catalog.entry(offering: "service.eventlog"))
    #expect(entry.placement == "mixed")
    let log = Log()
    let (run, _) = try folder.run(configuration, "run") { name, level, text in log.append("\(level) \(name): \(text)") }
    defer { run.close() }
    #expect(run.generation.services.map(\.name) == ["told"])
    #expect(log.lines.count == 1)
    let line = log.lines.first ?? ""
    #expect(line.hasPrefix("\(AL_LOG_WARNING) told: it is a service of \(service), from outside of the plugin folder"))
    #expect(line.contains("/alphaloop.yaml:12:10: isolation: none says that this is meant"), "\(line)")
  }

  @Test("isolation: none, and a library of the plugin folder, say nothing")
  func accepted() throws {
    for (isolation, library) in [(", isolation: none", service), ("", "libeventlog.so")] {
      let log = Log()
      let (run, _) = try folder.run(try configuration(isolation, library: library), "run") { _, _, text in
        log.append(text)
      }
      defer { run.close() }
      #expect(run.generation.services.count == 1)
      #expect(log.lines.isEmpty)
    }
  }

  @Test("isolation: process is a configuration error with its place")
  func refused() throws {
    let configuration = try configuration(", isolation: process")
    let error = try #require(
      #expect(throws: HostError.self) { try folder.run(configuration, "run") })
    #expect(error.code == .configuration)
    #expect(
      error.message.hasPrefix(
        "\(folder.path)/alphaloop.yaml:12:10: isolation: process is for agents and policies; 'told' (\(folder.path)/alphaloop.yaml:23:"
      ),
      "\(error.message)")
    #expect(error.message.contains("is a service, which runs in the host process only"))
    #expect(error.message.contains("Write isolation: none for the library 'events'"))
  }

  @Test("a job of a third party runs, with a warning; one that is to be isolated is refused")
  func job() throws {
    let library = "\(folder.path)/libreport.so"
    try FileManager.default.copyItem(atPath: try WorkerFixture.product("report"), toPath: library)
    func run(_ isolation: String, _ warnings: Log) throws -> JobRunner.Answer {
      let configuration = try folder.configuration(
        isolation: "none", libraries: "  - {id: report, path: \(library)\(isolation)}")
      return try JobRunner(PluginCatalog(configuration), warn: warnings.append).run(
        id: "service.report", verb: "report", input: [])
    }
    let log = Log()
    // The empty document is the job's own complaint: it ran.
    let ran = #expect(throws: HostError.self) { try run("", log) }
    #expect(ran?.code == .data)
    #expect(log.lines.first?.hasPrefix("service.report: it is a job of \(library)") == true)
    let refused = #expect(throws: HostError.self) { try run(", isolation: process", log) }
    #expect(refused?.code == .configuration)
    #expect(refused?.message.contains("/alphaloop.yaml:12:10: isolation: process is for agents") == true)
  }
}

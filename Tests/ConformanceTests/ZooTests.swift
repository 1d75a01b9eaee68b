import AlphaLoopRuntime
import Foundation
import Testing

@Suite("Misbehaving plugins are caught, each by the right check")
struct ZooTests {
  @Test("caught with the right reason while the validator lives", arguments: ZooCase.all)
  func caught(_ c: ZooCase) throws {
    let file = try Zoo.library(c.plugin, flags: c.flags)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let report = Zoo.validate(file, only: [c.check], seconds: c.seconds)
    let result = try #require(report.results.first, "\(c.check) did not run")
    #expect(result.check == c.check)
    #expect(result.status == c.status, "\(result.reason)")
    #expect(result.reason.contains(c.reason), "\(result.reason)")
    #expect(!result.advice.isEmpty)
  }

  @Test("every plugin of the zoo is in the table or is a control")
  func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Zoo.sources.path)
    let plugins = files.filter { $0.hasSuffix(".c") || $0.hasSuffix(".cpp") }.map { $0.prefix { $0 != "." } }.map(
      String.init)
    let named = Set(ZooCase.all.map(\.plugin) + ["good", "good_policy", "good_broker"])
    #expect(Set(plugins) == named)
    #expect(named.count >= 23)
  }

  @Test("well-behaved plugins in C pass everything", arguments: ["good", "good_policy", "good_broker"])
  func controls(_ name: String) throws {
    let file = try Zoo.library(name)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let report = Zoo.validate(file)
    #expect(report.failures.isEmpty, "\(report.text())")
    #expect(report.count(.warn) == 0, "\(report.text())")
    #expect(report.count(.pass) >= 26)
  }

  @Test("a plugin that crashes in evaluate fails the checks that evaluate, and passes the others")
  func survives() throws {
    let file = try Zoo.library("crash_evaluate")
    defer { try? FileManager.default.removeItem(atPath: file) }
    let report = Zoo.validate(file, only: ["file", "load", "descriptor", "create", "life", "agent"])
    let groups = Set(report.failures.map(\.group))
    #expect(groups.contains("agent"))
    #expect(groups.isDisjoint(with: ["file", "load", "descriptor", "life"]))
    #expect(report.results.allSatisfy { $0.status != .hung })
    #expect(report.plugins.map(\.id) == ["zoo.agent"])
  }
}

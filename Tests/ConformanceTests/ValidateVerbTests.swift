import AlphaLoopRuntime
import Foundation
import Testing

@Suite("alphaloop plugin validate")
struct ValidateVerbTests {
  private func validate(_ arguments: [String]) throws -> (code: Int32, output: String, errors: String) {
    try Zoo.execute(Zoo.program, ["plugin", "validate"] + arguments)
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("leaves with 0 when nothing failed, 1 when something did, 2 when used wrongly")
  func exitCodes() throws {
    let (good, bad) = (try Zoo.library("good"), try Zoo.library("nan_score"))
    #expect(try validate([good, "--check", "agent.rows"]).code == 0)
    #expect(try validate([bad, "--check", "agent.rows"]).code == 1)
    #expect(try validate([]).code == 2)
    #expect(try validate([good, "--check", "agent.nonsense"]).code == 2)
    #expect(try validate(["/no/such/plugin.so"]).code == 2)
    #expect(try validate([good, "--reproduce", "agent.rows"]).code == 2)
    #expect(try validate([good, "--time-limit", "0"]).code == 2)
  }

  @Test("a file that is no plugin fails with the reason, whatever it is")
  func foreignFiles() throws {
    let text = try validate(["/etc/passwd", "--check", "file.elf"])
    #expect(text.code == 1)
    #expect(text.output.contains("is not an ELF file"))
    let program = try validate([Zoo.program, "--check", "file.exports"])
    #expect(program.code == 1)
  }

  @Test("what is no ELF file is said once; the checks that need one are skipped")
  func noELF() throws {
    for arguments in [[], ["--in-process"], ["--check", "file", "--check", "load"]] {
      let run = try validate(["/etc/passwd", "--json"] + arguments)
      #expect(run.code == 1)
      let checks = try #require(try json(run.output)["checks"] as? [[String: Any]])
      #expect(checks.count > 8)
      for (k, check) in checks.enumerated() {
        #expect(check["status"] as? String == (k == 0 ? "fail" : "skip"))
        #expect((check["reason"] as? String)?.contains("is not an ELF file") == (k == 0))
      }
    }
  }

  @Test("the JSON object has the documented keys, and its counts are those of its checks")
  func document() throws {
    let bad = try Zoo.library("nan_score")
    let object = try json(
      try validate([bad, "--json", "--check", "agent.rows", "--check", "file", "--seed", "9"]).output)
    #expect(Set(object.keys) == ["file", "seed", "passed", "counts", "milliseconds", "plugins", "checks"])
    #expect(object["passed"] as? Bool == false)
    #expect(object["seed"] as? String == "9")
    let checks = try #require(object["checks"] as? [[String: Any]])
    let counts = try #require(object["counts"] as? [String: Int])
    #expect(Set(counts.keys) == ["pass", "fail", "warn", "skip", "crashed", "hung"])
    for (status, count) in counts { #expect(checks.filter { $0["status"] as? String == status }.count == count) }
    let failed = try #require(checks.first { $0["status"] as? String == "fail" })
    #expect(Set(failed.keys) == ["check", "plugin", "status", "reason", "advice", "milliseconds", "reproduce"])
    #expect(failed["reproduce"] as? String == "9/agent.rows:zoo.agent")
    #expect(checks.allSatisfy { ($0["advice"] as? String == "") == ($0["status"] as? String == "pass") })
  }

  @Test("a failure is reproduced alone, with its seed and the same reason")
  func reproduction() throws {
    let bad = try Zoo.library("nan_score")
    let first = try json(try validate([bad, "--json", "--check", "agent.rows", "--seed", "77"]).output)
    let failed = try #require((first["checks"] as? [[String: Any]])?.first)
    let name = try #require(failed["reproduce"] as? String)
    let again = try json(try validate([bad, "--json", "--reproduce", name]).output)
    let checks = try #require(again["checks"] as? [[String: Any]])
    #expect(checks.count == 1)
    #expect(again["seed"] as? String == "77")
    #expect(checks[0]["reason"] as? String == failed["reason"] as? String)
  }

  @Test("in its own process it finds the same")
  func inProcess() throws {
    for (name, code) in [("good", Int32(0)), ("score_range", 1)] {
      let run = try validate([try Zoo.library(name), "--in-process", "--check", "agent.rows", "--json"])
      #expect(run.code == code)
      #expect(try json(run.output)["passed"] as? Bool == (code == 0))
    }
  }

  @Test("every check is listed once, with a group, a promise and advice")
  func list() throws {
    let all = CheckCatalog.descriptions
    #expect(Set(all.map(\.id)).count == all.count)
    #expect(all.count >= 60)
    #expect(all.allSatisfy { $0.id.contains(".") && !$0.promise.isEmpty && !$0.advice.isEmpty })
    let run = try validate(["--list"])
    #expect(run.code == 0)
    #expect(all.allSatisfy { run.output.contains($0.id) })
  }

  @Test("nothing is left in the temporary folder, also after crashes")
  func cleansUp() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("validate-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let bad = try Zoo.library("crash_evaluate")
    let run = try Zoo.execute(
      "/usr/bin/env", ["TMPDIR=\(folder.path)", Zoo.program, "plugin", "validate", bad, "--check", "agent.rows"])
    #expect(run.code == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}

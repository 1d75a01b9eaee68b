import Foundation
import Testing

@Suite("The public headers")
struct HeaderTests {
  static let include = Repository.root.appendingPathComponent("PluginSDK/include")
  static let headers =
    ["alphaloop.h"]
    + ((try? FileManager.default.contentsOfDirectory(atPath: include.appendingPathComponent("alphaloop").path)) ?? [])
    .filter { $0.hasSuffix(".h") }.sorted().map { "alphaloop/\($0)" }

  /// A folder with a file of that text, for the time of the body.
  func withFile<R>(_ name: String, _ text: String, _ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try text.write(to: file, atomically: true, encoding: .utf8)
    return try body(file)
  }

  @Test("each header compiles alone and twice as C11 and as C++17, pedantically", arguments: headers)
  func compiles(header: String) throws {
    #expect(Self.headers.count > 10)
    let text = "#include <\(header)>\n#include <\(header)>\nint main(void) { return 0; }\n"
    let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", Self.include.path]
    let c = try withFile("one.c", text) { try Repository.run("gcc", ["-std=c11"] + strict + [$0.path]) }
    #expect(c.status == 0, "\(c.output)")
    let cpp = try withFile("one.cpp", text) { try Repository.run("g++", ["-std=c++17"] + strict + [$0.path]) }
    #expect(cpp.status == 0, "\(cpp.output)")
  }

  @Test("the compilers would say if a header were wrong")
  func control() throws {
    let text = "#include <alphaloop.h>\nal_row_v1 row = {.kind = AL_ROW_VIEW, .scored = 1};\n"
    let c = try withFile("one.c", text) {
      try Repository.run("gcc", ["-std=c11", "-fsyntax-only", "-I", Self.include.path, $0.path])
    }
    #expect(c.status != 0)
  }

  @Test("Swift imports structs, constants and function pointers of every header")
  func swift() throws {
    let text = """
      import CAlphaLoop
      let row = al_row_v1(kind: AL_ROW_VIEW, order_type: 0, time_in_force: 0, instrument: AL_NONE, reason: 0, label: 0,
        value: 0, confidence: 0, time_ns: 0, quantity: AL_UNIT, limit_price: 0, stop_price: 0)
      let entry: @convention(c) (UInt32, UInt32) -> UnsafePointer<al_entry_v1>? = alphaloop_plugin_v1
      let flags: UInt64 = AL_IN_VIEWS | AL_FLAG_NETWORK
      let tables = (al_agent_v1(), al_broker_v1(), al_data_v1(), al_store_v1(), al_policy_v1(), al_learner_v1(),
        al_job_v1(), al_service_v1(), al_state_v1(), al_host_v1())
      """
    let result = try withFile("one.swift", text) {
      try Repository.run("swiftc", ["-typecheck", "-I", Self.include.path, $0.path])
    }
    #expect(result.status == 0, "\(result.output)")
  }
}

@Suite("The ABI gate", .enabled(if: Repository.has("abidiff"), "apt-get install abigail-tools"))
struct ABIGateTests {
  let script = Repository.root.appendingPathComponent("scripts/check-abi").path

  @Test("the headers are those of the baseline")
  func same() throws {
    let result = try Repository.run(script, [])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test(
    "a change of any tag or constant is found and named",
    arguments: [
      ("agent.h", "  uint32_t lookback;", "  int32_t lookback;", "lookback"),
      ("agent.h", "  uint32_t warm_up;", "  uint32_t warmup;", "warm_up"),
      ("market.h", "  double bid;\n  double ask;", "  double ask;\n  double bid;", "al_quote_v1"),
      ("order.h", "  int64_t cash;\n", "  int64_t cash;\n  int64_t margin;\n", "al_portfolio_v1"),
      ("broker.h", "const al_order_id_v1 *ids, uint32_t n", "const al_order_id_v1 *ids, uint64_t n", "cancel"),
      ("plugin.h", "AL_KIND_JOB ((uint32_t)64)", "AL_KIND_JOB ((uint32_t)65)", "AL_KIND_JOB"),
      ("job.h", "#define AL_INTERFACE_JOB \"alphaloop.job/1\"\n", "", "AL_INTERFACE_JOB"),
      (
        "job.h", "/* What a run may use",
        "typedef struct al_extra_v1 {\n  int64_t a;\n} al_extra_v1;\n/* What a run may use",
        "al_extra_v1"
      ),
    ])
  func changed(header: String, from: String, to: String, named: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: HeaderTests.include, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("alphaloop/\(header)")
    let text = try String(contentsOf: file, encoding: .utf8)
    let edited = text.replacingOccurrences(of: from, with: to)
    try #require(edited != text)
    try edited.write(to: file, atomically: true, encoding: .utf8)
    let result = try Repository.run(script, ["--headers", folder.path])
    #expect(result.status == 1, "\(result.output)")
    #expect(result.output.contains(named), "\(result.output)")
  }
}

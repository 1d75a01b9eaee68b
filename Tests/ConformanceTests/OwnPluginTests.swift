import AlphaLoopRuntime
import Foundation
import Testing

@Suite("Our own plugins pass the checks that everybody's must")
struct OwnPluginTests {
  /// Debug builds of Swift allocate where optimised ones do not; the count is a release build's business.
  #if DEBUG
    static let groups = [
      "file", "load", "descriptor", "create", "life", "agent.bind", "agent.rows", "agent.no-bars", "agent.capacity",
      "agent.bad-values", "agent.columns", "agent.holes", "agent.single", "agent.capabilities", "agent.guards",
      "determinism.repeat", "lookahead", "state", "broker", "policy", "learner", "data", "store", "job", "service",
      "worker",
    ]
  #else
    static let groups: [String] = []
  #endif

  @Test(
    "no check fails",
    arguments: [
      ("desk", nil), ("risk", nil), ("simulated", nil), ("sizing", nil), ("eventlog", nil), ("ridge", nil),
      ("sqlitestore", nil), ("files", nil), ("report", nil), ("bench", nil), ("ibkrgateway", nil),
      ("momentum", "mom.tsmom"), ("momentum", "mom.donchian"), ("momentum", "mom.intraday"),
      ("arbitrage", "arb.xs_reversal"), ("executive", "exec.hedge_vote"),
    ] as [(String, String?)])
  func passes(_ product: String, _ plugin: String?) throws {
    let file = Zoo.products.appendingPathComponent("lib\(product).so").path
    let report = Zoo.validate(file, only: Self.groups, plugin: plugin)
    #expect(report.failures.isEmpty, "\(report.text())")
    #expect(report.count(.pass) >= 15, "\(report.text())")
  }
}

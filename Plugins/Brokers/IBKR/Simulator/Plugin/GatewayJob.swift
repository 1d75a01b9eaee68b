import AlphaLoopSDK
import CAlphaLoop
import TWSSimulator

@c(alphaloop_register)
public func registerPlugins() { Library.add(job: GatewayJob.self) }

/// Runs a simulated gateway until the host is to stop.
struct GatewayJob: Job {
  static let descriptor = Descriptor(
    id: "broker.ibkr.gateway", name: "Simulated IB Gateway",
    summary: "A server of the TWS protocol with a market and an order book of its own, for tests and demos")
  static let verbs = ["gateway"]

  private let host: Host

  init(_ setup: Setup) throws(PluginError) { host = setup.host }

  mutating func run(_ run: JobRun) throws(PluginError) {}
}

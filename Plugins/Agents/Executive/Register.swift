import AlphaLoopSDK

/// The executive library: agents that weigh other agents, read the regime and refuse.
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: HedgeVote.self)
  Library.add(agent: RegimeSwitching.self)
  Library.add(agent: Compliance.self)
}
